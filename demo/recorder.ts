import type { Shift } from './calendar.ts'
import { promisesOf } from './deadlines.ts'
import type { Attempt } from './outages.ts'
import { CONTROLS, type ControlId } from './controls.ts'
import type { Disturbance } from './world.ts'
import {
  type Blocker,
  chargeIntervals,
  type Path,
  type TruthDocument,
  type TruthException,
  type TruthOperation,
} from './truth.ts'

export type ObjectRef = { type: string; id: string; qualifier?: string }
export type Actor = { id: string; kind: 'human' | 'system' | 'ai_agent'; on_behalf_of?: string }
export type Attributes = Record<string, string | number | boolean>

/** What an event carries beside its objects; the parts of "One event, whole". */
export type Detail = {
  lifecycle?: 'scheduled' | 'started' | 'completed'
  completes?: string
  step?: string
  waits_on?: { kind: 'person' | 'supplier' | 'system'; id: string; step: string }
  actor?: Actor
  workflow_run?: string
  outcome?: {
    status: 'ok' | 'rejected' | 'failed' | 'timeout' | 'cancelled'
    code?: string
    message?: string
    retryable?: boolean
  }
  exception?: { id: string; state: 'raised' | 'assigned' | 'parked' | 'resolved'; caused_by: string | null }
  operation?: { id: string; attempt: number }
  policy?: { id: string; version: string; decision: 'passed' | 'violated' | 'waived' }
  money?: { amount: string; currency: string }
  line?: { quantity: string; unit_price: string; uom: string }
  due_at?: string
  terms?: { days: number; discount?: string; until?: string }
  ai?: {
    model: string
    version: string
    input_ref: string
    kind: string
    confidence: number
    reviewer?: string
    decision?: string
  }
  object_attributes?: Record<string, Attributes>
  attributes?: Attributes
}

/** A CloudEvent of the demo, ready for `JSON.stringify`. */
export type DemoEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: string
  time: string
  subject: string
  traceparent?: string
  data: Detail & { seq: number; objects: readonly ObjectRef[]; system: string; system_class: string }
}

/** Where an event comes from. */
export type System = { id: string; class: string; source: string }

/** A document that is being simulated, with what is true of it so far. */
export type Doc = {
  type: string
  id: string
  first: number
  last: number
  blockers: Blocker[]
  exceptions: TruthException[]
  violations: { control_id: ControlId; at: number; evident: number; version: string; reported: boolean }[]
  operations: TruthOperation[]
  incidents: Set<string>
  milestones: Map<string, number>
  attributes: Attributes
  path?: Path
  due?: number
  paid?: number
}

type Draft = {
  at: number
  order: number
  type: string
  objects: readonly ObjectRef[]
  system: System
  detail: Detail
  main: Doc
  docs: readonly Doc[]
  trace: string
}

/** Collects the events of one chain of documents and what is true of them. */
export type Recorder = {
  readonly chain: string
  doc(type: string, id: string, attributes: Attributes): Doc
  /** Records an event on `docs` (the first one leads) and on further objects in front of or behind them; returns its draft id. */
  emit(
    at: number,
    type: string,
    docs: readonly Doc[],
    system: System,
    detail: Detail,
    more?: readonly ObjectRef[],
    trace?: string,
  ): string
  block(docs: readonly Doc[], blocker: Blocker): void
  /** Working hours of the site. */
  shift: Shift
  /** Notes an attempt of an operation. */
  attempted(
    docs: readonly Doc[],
    call: { system: System; id: string },
    at: number,
    failure: { category: string; cause: Disturbance | null } | null,
  ): void
  attempts(): readonly Attempt[]
  /** The events in `(from, to]` in order of time, of a chain that still lived at `since`; none of one that had ended by then. */
  events(from: number, to: number, since: number): DemoEvent[]
  /** What is true of the documents; suppliers are none, many chains touch them. */
  truth(tenant: string, since: number): TruthDocument[]
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** A recorder for the chain with this id, which is part of the id of each of its events. */
export function createRecorder(chain: string): Recorder {
  const docs: Doc[] = []
  const drafts: Draft[] = []
  const attempts: Attempt[] = []
  return {
    chain,
    doc(type, id, attributes) {
      const doc: Doc = {
        type,
        id,
        first: Infinity,
        last: -Infinity,
        blockers: [],
        exceptions: [],
        violations: [],
        operations: [],
        incidents: new Set(),
        milestones: new Map(),
        attributes,
      }
      docs.push(doc)
      return doc
    },
    emit(instant, type, touched, system, detail, more = [], trace = '') {
      const main = touched[0]
      if (main === undefined) throw new RangeError(`${type} touches no document`)
      const at = Math.round(instant)
      const objects: ObjectRef[] = more.filter((one) => one.type === 'approval')
      for (const doc of touched) {
        objects.push({ type: doc.type, id: doc.id })
        if (at < doc.first) doc.first = at
        if (at > doc.last) doc.last = at
        const known = doc.milestones.get(type)
        if (known === undefined || at < known) doc.milestones.set(type, at)
      }
      for (const one of more) if (one.type !== 'approval') objects.push(one)
      drafts.push({ at, order: drafts.length, type, objects, system, detail, main, docs: touched, trace })
      return `${chain}-${drafts.length - 1}`
    },
    block(blocked, blocker) {
      const whole = { ...blocker, from: Math.round(blocker.from), to: Math.round(blocker.to) }
      for (const doc of blocked) doc.blockers.push(whole)
    },
    shift: { offset_h: 0 },
    attempted(some, { system, id }, at, failure) {
      const cause = failure?.cause ?? null
      if (cause?.story === true) for (const doc of some) doc.incidents.add(cause.id)
      attempts.push({
        at: Math.round(at),
        system: system.id,
        operation: id,
        ok: failure === null,
        category: failure?.category ?? '',
        cause: cause === null ? null : { id: cause.id, story: cause.story },
        documents: failure === null ? [] : some.map((doc) => `${doc.type}/${doc.id}`),
      })
    },
    attempts: () => attempts,
    events(from, to, since) {
      const wanted: DemoEvent[] = []
      if (!docs.some((doc) => doc.last >= since)) return wanted
      drafts.sort((a, b) => a.at - b.at || a.order - b.order)
      for (const [seq, draft] of drafts.entries()) {
        if (draft.at <= from) continue
        if (draft.at > to) break
        wanted.push(eventOf(draft, chain, seq))
      }
      return wanted
    },
    truth(tenant, since) {
      if (!docs.some((doc) => doc.last >= since)) return []
      return docs
        .filter((doc) => doc.last >= doc.first && doc.type !== 'supplier')
        .map((doc) => truthOf(tenant, doc, clocksOf(doc, drafts, docs, this.shift)))
    },
  }
}

function eventOf(draft: Draft, chain: string, seq: number): DemoEvent {
  const { detail, main, system } = draft
  const event: DemoEvent = {
    specversion: '1.0',
    id: `${chain}-${draft.order}`,
    source: system.source,
    type: draft.type,
    time: iso(draft.at),
    subject: main.id,
    data: {
      seq,
      objects: draft.objects,
      system: system.id,
      system_class: system.class,
      ...detail,
      attributes: detail.attributes === undefined ? main.attributes : { ...main.attributes, ...detail.attributes },
    },
  }
  if (draft.trace !== '') event.traceparent = draft.trace
  return event
}

/** The promises on a document, told from what is recorded of it. */
function clocksOf(doc: Doc, drafts: readonly Draft[], docs: readonly Doc[], shift: Shift): TruthDocument['clocks'] {
  const deeds = drafts
    .filter((draft) => draft.docs.includes(doc))
    .toSorted((a, b) => a.at - b.at || a.order - b.order)
    .map((draft) => ({
      at: draft.at,
      type: draft.type,
      approval: (draft.main === doc ? draft.objects.find((one) => one.type === 'approval')?.id : null) ?? null,
      exception: draft.detail.exception?.id ?? null,
    }))
  const exceptions = new Map(docs.flatMap((one) => one.exceptions.map((exception) => [exception.id, exception] as const)))
  const { type, id, due } = doc
  return promisesOf({ type, id, exceptions, ...(due === undefined ? {} : { due }) }, deeds, shift).map((one) => ({
    sla: one.sla,
    object: one.object,
    subject: one.subject,
    started_at: iso(one.from),
    deadline_at: iso(one.deadline),
    ended_at: one.ended === null ? null : iso(one.ended),
    met: one.ended === null || one.cancelled ? null : one.ended <= one.deadline,
  }))
}

function truthOf(tenant: string, doc: Doc, clocks: TruthDocument['clocks']): TruthDocument {
  const truth: TruthDocument = {
    tenant,
    type: doc.type,
    id: doc.id,
    first_at: iso(doc.first),
    last_at: iso(doc.last),
    intervals: chargeIntervals(doc.first, doc.last, doc.blockers).map((one) => ({
      ...one,
      from: iso(one.from),
      to: iso(one.to),
    })),
    exceptions: doc.exceptions,
    violations: doc.violations.map(({ control_id, at, evident, version, reported }) => {
      const { policy, severity, control } = CONTROLS[control_id]
      return { control_id, policy, version, at: iso(at), evident_at: iso(evident), severity, control, reported }
    }),
    operations: doc.operations,
    clocks,
    incidents: [...doc.incidents],
    milestones: Object.fromEntries([...doc.milestones].map(([activity, at]) => [activity, iso(at)])),
  }
  if (doc.path !== undefined) truth.path = doc.path
  if (doc.due !== undefined) truth.due_at = iso(doc.due)
  if (doc.paid !== undefined) truth.paid_at = iso(doc.paid)
  if (doc.due !== undefined && doc.paid !== undefined) truth.late = doc.paid > doc.due
  return truth
}
