import { z } from 'zod'
import { INSTANT_MAX, INSTANT_MIN, type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { DIMENSIONS } from '../model/vocabulary.ts'
import { SightlineError } from '../platform/errors.ts'
import { objectCalls } from './calls.ts'
import type { Query, TenantReader } from './run.ts'

/** Events of one document that are read and shown; the earliest ones where it has more. */
export const TIMELINE_EVENTS = 5000
const RELATED_OBJECTS = 200

const SEARCH = {
  name: 'read/object-search',
  params: z.object({
    type: z.string(),
    q: z.string(),
    after_us: z.string(),
    after_id: z.string(),
    since: z.string(),
    until: z.string(),
    limit: z.number(),
  }),
  row: z.object({
    id: z.string(),
    events: z.number(),
    first_at: z.string(),
    last_at: z.string(),
    last_us: z.number(),
    last_activity: z.string(),
    last_supplier: z.string(),
    last_entity: z.string(),
    business_exceptions: z.number(),
    technical_failures: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const texts = z.array(z.string())

const HISTORY = {
  name: 'read/object-history',
  params: z.object({ type: z.string(), id: z.string(), limit: z.number() }),
  row: z.object({
    known_us: z.number(),
    kind: z.enum(['kpi', 'clock', 'delay', 'violation']),
    name: z.string(),
    subject: z.string(),
    before_state: z.string(),
    before_value: z.number().nullable(),
    after_state: z.string(),
    after_value: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const TIMELINE = {
  name: 'read/object-timeline',
  params: z.object({ type: z.string(), id: z.string(), limit: z.number() }),
  row: z.object({
    event_id: z.string(),
    content: z.string(),
    occurred_at: z.string(),
    received_at: z.string(),
    is_step: z.boolean(),
    completes_id: z.string().nullable(),
    live: z.boolean(),
    activity: z.string(),
    source_activity: z.string(),
    mapped: z.boolean(),
    source: z.string(),
    step: z.string(),
    lifecycle: z.string(),
    system: z.string(),
    waits_kind: z.string(),
    waits_id: z.string(),
    waits_step: z.string(),
    actor_id: z.string(),
    actor_kind: z.string(),
    on_behalf_of: z.string(),
    workflow_run: z.string(),
    status: z.string(),
    code: z.string(),
    exception_id: z.string(),
    exception_state: z.string(),
    exception_caused_by: z.string(),
    operation_id: z.string(),
    attempt: z.number(),
    policy_id: z.string(),
    policy_version: z.string(),
    policy_decision: z.string(),
    amount_text: z.string().nullable(),
    currency: z.string(),
    due_at: z.string().nullable(),
    dimensions: texts,
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const DETAILS = {
  name: 'read/object-details',
  params: z.object({ ids: z.array(z.string()), from: z.string(), to: z.string() }),
  row: z.object({
    event_id: z.string(),
    content: z.string(),
    object_types: texts,
    object_ids: texts,
    object_qualifiers: texts,
    message: z.string(),
    class: z.enum(['business', 'technical', 'unknown', 'none']),
    category: z.string(),
    reaction: z.string(),
    confidence: z.number(),
    rule_version: z.string(),
    evidence: texts,
    corrects_id: z.string().nullable(),
    trace_id: z.string(),
    ai: z.string(),
    line: z.string(),
    terms: z.string(),
    attributes: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type TimelineRow = z.output<typeof TIMELINE.row> & z.output<typeof DETAILS.row>

const ATTRIBUTES = {
  name: 'read/object-attributes',
  params: z.object({ type: z.string(), id: z.string() }),
  row: z.object({ name: z.string(), latest: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Above every instant that the store keeps: where the first page begins. */
const BEFORE_ALL = '9223372036854775807'
const RECENT_US = 30 * 86_400e6
const CURSOR = /^(-?\d{1,18})\/([\s\S]+)$/u

/**
 * Objects of one type whose id contains `q` (letter case ignored), the latest active first.
 *
 * @returns a page and `next`, the cursor (`after`) of the page behind it, null on the last one
 * @throws SightlineError `parameter_invalid` for a cursor that is none of ours
 */
export async function searchObjects(
  reader: TenantReader,
  type: string,
  query: { q?: string | undefined; limit: number; after?: string | undefined; now: Instant },
) {
  const cursor = query.after === undefined ? ['', BEFORE_ALL, ''] : CURSOR.exec(query.after)
  if (cursor === null)
    throw new SightlineError('parameter_invalid', 'after: is not the `next` of a page before.', {
      next: 'Ask without it for the first page.',
    })
  const [, afterUs = BEFORE_ALL, afterId = ''] = cursor
  const until = Math.min(Math.max(Number(afterUs), INSTANT_MIN), INSTANT_MAX)
  const read = (since: Instant) =>
    reader.rows(SEARCH, {
      type,
      q: query.q ?? '',
      after_us: afterUs,
      after_id: afterId,
      since: instantToClickHouse(since),
      until: instantToClickHouse(until),
      limit: query.limit + 1,
    })
  // Most pages are filled by the last weeks; those alone are read first.
  const recent = query.q === undefined ? await read(Math.min(until, query.now) - RECENT_US) : []
  const rows = recent.length > query.limit ? recent : await read(INSTANT_MIN)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    type,
    objects: page.map((row) => ({
      id: row.id,
      events: row.events,
      first_at: row.first_at,
      last_at: row.last_at,
      last_activity: row.last_activity,
      supplier: row.last_supplier,
      entity: row.last_entity,
      business_exceptions: row.business_exceptions,
      technical_failures: row.technical_failures,
    })),
    next: rows.length > query.limit && last !== undefined ? `${last.last_us}/${last.id}` : null,
  }
}

/**
 * One document: its events in the order (occurred_at, seq, place), latest attributes, what blocks it, open exceptions, and the
 * objects that share events with it. Events that a correction replaced are listed as `superseded` and count nowhere. An activity with
 * a start and an end is one event with `ended_at`, and shows the outcome of its end. At most {@link TIMELINE_EVENTS} events.
 *
 * @throws SightlineError `not_found` when no event names the object
 */
export async function objectTimeline(reader: TenantReader, type: string, id: string) {
  const [rows, calls, attributes] = await Promise.all([
    timelineOf(reader, type, id),
    objectCalls(reader, type, id),
    reader.rows(ATTRIBUTES, { type, id }),
  ])
  const live = rows.filter((row) => row.live)
  const [first, last] = [live[0], live.at(-1)]
  if (first === undefined || last === undefined)
    throw new SightlineError('not_found', `No event names ${type.slice(0, 80)} "${id.slice(0, 80)}".`)
  const ends = endings(rows)
  const listed = rows.filter((row) => row.completes_id === null || !ends.has(row.completes_id))
  return {
    type,
    id,
    first_at: first.occurred_at,
    last_at: last.occurred_at,
    duration_s: (instant(last.occurred_at) - instant(first.occurred_at)) / 1e6,
    attributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute.latest])),
    blocked_by: blockingOperations(live),
    open_exceptions: openExceptions(live),
    related: relatedObjects(live, type, id),
    events: listed.map((row) => timelineEvent(row, ends.get(row.event_id) ?? ends.get(row.corrects_id ?? ''))),
    calls,
  }
}

/** The events of a document with everything that is kept of each. */
async function timelineOf(reader: TenantReader, type: string, id: string) {
  const events = await reader.rows(TIMELINE, { type, id, limit: TIMELINE_EVENTS })
  const [first, last] = [events[0], events.at(-1)]
  if (first === undefined || last === undefined) return []
  const details = await reader.rows(DETAILS, {
    ids: events.map((row) => row.event_id),
    from: instantToClickHouse(instant(first.occurred_at)),
    to: instantToClickHouse(instant(last.occurred_at)),
  })
  const byContent = new Map(details.map((one) => [`${one.event_id} ${one.content}`, one]))
  return events.flatMap((row) => {
    const one = byContent.get(`${row.event_id} ${row.content}`)
    return one === undefined ? [] : [{ ...row, ...one }]
  })
}

/** The live completing twin of each started event that is on the timeline, by the started event's id. */
function endings(rows: readonly TimelineRow[]): Map<string, TimelineRow> {
  const known = new Set(rows.map((row) => row.event_id))
  const ends = new Map<string, TimelineRow>()
  for (const row of rows)
    if (row.live && row.completes_id !== null && known.has(row.completes_id)) ends.set(row.completes_id, row)
  return ends
}

function timelineEvent(row: TimelineRow, end: TimelineRow | undefined) {
  const outcome = end !== undefined && row.status === '' && row.class === 'none' ? end : row
  const told = (field: 'exception_id' | 'operation_id' | 'policy_id') => (row[field] === '' ? (end ?? row) : row)
  const [exception, operation, policy] = [told('exception_id'), told('operation_id'), told('policy_id')]
  const money = row.amount_text === null ? (end ?? row) : row
  return {
    event_id: row.event_id,
    occurred_at: row.occurred_at,
    ended_at: end?.occurred_at ?? null,
    received_at: row.received_at,
    activity: row.activity,
    source_activity: row.source_activity,
    mapped: row.mapped,
    source: row.source,
    step: row.step,
    lifecycle: row.lifecycle,
    system: row.system,
    actor: { id: row.actor_id, kind: row.actor_kind, on_behalf_of: row.on_behalf_of },
    outcome: { status: outcome.status, code: outcome.code, message: outcome.message },
    classification: {
      class: outcome.class,
      category: outcome.category,
      reaction: outcome.reaction,
      confidence: outcome.confidence,
      rule_version: outcome.rule_version,
      evidence: outcome.evidence,
    },
    exception:
      exception.exception_id === ''
        ? null
        : { id: exception.exception_id, state: exception.exception_state, caused_by: exception.exception_caused_by },
    operation: operation.operation_id === '' ? null : { id: operation.operation_id, attempt: operation.attempt },
    policy:
      policy.policy_id === '' ? null : { id: policy.policy_id, version: policy.policy_version, decision: policy.policy_decision },
    money: money.amount_text === null ? null : { amount: money.amount_text, currency: money.currency },
    due_at: row.due_at,
    waits_on: row.waits_kind === '' ? null : { kind: row.waits_kind, id: row.waits_id, step: row.waits_step },
    objects: objectsOf(row),
    trace_id: row.trace_id,
    ai: row.ai === '' ? null : record(row.ai),
    attributes: attributesOf(row),
    corrects: row.corrects_id,
    superseded: !row.live,
  }
}

function attributesOf(row: TimelineRow): Record<string, unknown> {
  const dimensions = DIMENSIONS.slice(0, row.dimensions.length).map((name, at) => [name, row.dimensions[at] ?? ''] as const)
  return {
    ...Object.fromEntries(dimensions.filter(([, value]) => value !== '')),
    ...record(row.attributes),
    ...(row.line === '' ? {} : { line: record(row.line) }),
    ...(row.terms === '' ? {} : { terms: record(row.terms) }),
    ...(row.workflow_run === '' ? {} : { workflow_run: row.workflow_run }),
  }
}

function objectsOf(row: TimelineRow): { type: string; id: string; qualifier: string }[] {
  return row.object_types.map((type, at) => ({ type, id: row.object_ids[at] ?? '', qualifier: row.object_qualifiers[at] ?? '' }))
}

/**
 * Operations whose last result is a technical failure. One that was given up blocks until the next step of the document, however
 * that came about.
 */
function blockingOperations(live: readonly TimelineRow[]) {
  type Failing = { system: string; category: string; since: string; attempts: Set<number>; abandoned: boolean }
  const blocking = new Map<string, Failing>()
  for (const row of live) {
    if (isStep(row)) for (const [id, open] of blocking) if (open.abandoned) blocking.delete(id)
    if (row.operation_id === '') continue
    if (row.class === 'technical') {
      const open = blocking.get(row.operation_id) ?? {
        system: row.system,
        category: row.category,
        since: row.occurred_at,
        attempts: new Set<number>(),
        abandoned: false,
      }
      open.attempts.add(row.attempt)
      open.abandoned = row.activity === 'operation.abandoned'
      blocking.set(row.operation_id, open)
    } else if (isResult(row)) {
      blocking.delete(row.operation_id)
    }
  }
  return [...blocking].map(([operation_id, { system, category, since, attempts }]) => ({
    operation_id,
    system,
    category,
    since,
    attempts: attempts.size,
  }))
}

/** Whether an event is a step of the document itself: of no operation, exception or policy. */
function isStep(row: TimelineRow): boolean {
  return row.class === 'none' && row.operation_id === '' && row.exception_id === '' && row.policy_id === ''
}

/** Whether an event of an operation says how an attempt ended. */
function isResult(row: TimelineRow): boolean {
  return (
    row.class !== 'none' ||
    (row.activity !== 'operation.attempted' &&
      row.activity !== 'operation.abandoned' &&
      row.lifecycle !== 'scheduled' &&
      row.lifecycle !== 'started')
  )
}

/** Exceptions that were raised and not resolved since, with the class they were raised with. */
function openExceptions(live: readonly TimelineRow[]) {
  const open = new Map<string, { exception_id: string; category: string; class: string; since: string }>()
  for (const row of live) {
    if (row.exception_id === '') continue
    if (row.exception_state === 'resolved') open.delete(row.exception_id)
    else if (row.class !== 'none' && !open.has(row.exception_id))
      open.set(row.exception_id, {
        exception_id: row.exception_id,
        category: row.category,
        class: row.class,
        since: row.occurred_at,
      })
  }
  return [...open.values()]
}

/** Objects that live events name together with this one, most events first. */
function relatedObjects(live: readonly TimelineRow[], type: string, id: string) {
  const related = new Map<string, { type: string; id: string; events: number }>()
  for (const row of live)
    for (const object of objectsOf(row)) {
      if (object.type === type && object.id === id) continue
      const key = `${object.type}/${object.id}`
      const known = related.get(key)
      if (known === undefined) related.set(key, { type: object.type, id: object.id, events: 1 })
      else known.events++
    }
  return [...related.values()]
    .toSorted((a, b) => b.events - a.events || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.id < b.id ? -1 : 1))
    .slice(0, RELATED_OBJECTS)
}

function record(json: string): Record<string, unknown> {
  const value: unknown = json === '' ? {} : JSON.parse(json)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function instant(text: string): Instant {
  const read = instantFromIso(text)
  if (read === null) throw new Error(`"${text}" is not an instant`)
  return read
}

/** Changes of answers that one page of a document's history holds. */
const HISTORY_ROWS = 2000

/**
 * What was known of a document when: each change of its contributions to KPIs, its clocks, where its time went and what controls find on it,
 * old and new side by side, the newest first. What one run computed carries one instant.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function objectHistory(reader: TenantReader, type: string, id: string) {
  const rows = await reader.rows(HISTORY, { type, id, limit: HISTORY_ROWS })
  const changes = rows.map(({ known_us, kind, name, subject, before_state, before_value, after_state, after_value }) => ({
    known_since: instantToIso(known_us),
    kind,
    name,
    subject,
    before: before_state === '' ? null : { state: before_state, value: before_value },
    after: { state: after_state, value: after_value },
  }))
  return { type, id, changes }
}
