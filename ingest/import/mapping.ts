import { z } from 'zod'
import { LIFECYCLES, OUTCOME_STATUSES } from '../../model/event.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import { isCanonical } from '../../model/vocabulary.ts'
import type { FileEvent, FileObject, FileProblem, Scalar } from './record.ts'
import { parseTime, TIME_FORMATS, type TimeFormat } from './times.ts'

const column = z.string().min(1).max(200)

/** Formats that `sightline import` reads. */
export const FORMATS = ['xes', 'ocel2-json', 'ocel2-xml', 'ocel2-sqlite', 'ocel1-json', 'csv', 'cloudevents'] as const
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number]

/** What one activity of a source means. Without `activity` it has no canonical name, only what else is said of it. */
export const ActivityMapping = z.strictObject({
  activity: z.string().refine(isCanonical, 'is no canonical activity').optional(),
  step: z.string().max(200).optional(),
  lifecycle: z.enum(LIFECYCLES).optional(),
  outcome: z.strictObject({ status: z.enum(OUTCOME_STATUSES), code: z.string().max(200).optional() }).optional(),
  waits_on: z
    .strictObject({
      kind: z.enum(['person', 'supplier', 'system']),
      id: z.string().optional(),
      column: column.optional(),
      step: z.string().optional(),
    })
    .optional(),
})
/** What one activity of a source means. */
export type ActivityMapping = z.output<typeof ActivityMapping>

/**
 * How records of a source become events: data, versioned, testable. Columns are those of a CSV file, keys of a XES log or
 * attributes of an OCEL event; `case` stands for the case of a record, wherever the file keeps it.
 */
export const Mapping = z.strictObject({
  name: z.string().min(1).max(100),
  version: z.int().min(1),
  title: z.string().max(200).optional(),
  format: z.enum(FORMATS).optional(),
  case: z.strictObject({ column, type: column }).optional(),
  /** Further objects: `split` takes a list in one field apart, `before` keeps what stands before the last such character. */
  objects: z
    .array(
      z.strictObject({
        type: column,
        column,
        split: z.string().length(1).optional(),
        before: z.string().length(1).optional(),
        qualifier: z.string().max(200).optional(),
      }),
    )
    .default([]),
  /** Names of object types: theirs to ours. */
  types: z.record(z.string(), column).default({}),
  activity: z.strictObject({ column }),
  time: z.strictObject({ column, format: z.enum(TIME_FORMATS).optional(), zone: z.string().max(60).optional() }),
  end: z.strictObject({ column }).optional(),
  id: z.strictObject({ column }).optional(),
  /** `states` turns their words into ours; words that it lacks are kept as the attribute `lifecycle`. */
  lifecycle: z.strictObject({ column, states: z.record(z.string(), z.enum(LIFECYCLES)).default({}) }).optional(),
  /** `systems` are ids, or beginnings of ids that end in `*`, of actors that are no people; `nobody` are ids that mean none. */
  actor: z
    .strictObject({
      column,
      kind: z.enum(['human', 'system', 'ai_agent']).default('human'),
      systems: z.array(z.string()).default([]),
      nobody: z.array(z.string()).default([]),
    })
    .optional(),
  /** Their attribute to ours; `null` leaves it out. What is not named keeps its name. */
  attributes: z.record(z.string(), column.nullable()).default({}),
  activities: z.record(z.string(), ActivityMapping).default({}),
  money: z
    .strictObject({ amount: column, currency: z.union([z.string().regex(/^[A-Z]{3}$/u), z.strictObject({ column })]) })
    .optional(),
  due: column.optional(),
})
/** How records of a source become events. */
export type Mapping = z.output<typeof Mapping>

/** What {@link toCloudEvents} needs besides the record and the mapping. */
export type EventContext = {
  /** CloudEvents source, such as `/import/log.xes`. */
  source: string
  format: TimeFormat
  zone: string
  /** Swap day and month back in every time, on the text as written. */
  swapped?: boolean
  /** Attributes of objects that this event brings, by `type/id`. */
  objectAttributes?: Record<string, Record<string, Scalar>>
}

/** An event as a file names it, in the form of CloudEvents. */
export type ImportedEvent = Record<string, unknown>

/** XES words for the states of an activity. */
export const XES_STATES: Record<string, (typeof LIFECYCLES)[number]> = {
  schedule: 'scheduled',
  assign: 'scheduled',
  start: 'started',
  complete: 'completed',
  suspend: 'suspended',
  resume: 'resumed',
  ate_abort: 'cancelled',
  pi_abort: 'cancelled',
  withdraw: 'cancelled',
  autoskip: 'cancelled',
  manualskip: 'cancelled',
}

/** The objects of a record under a mapping, each once, the case first. */
export function objectsOf(record: FileEvent, mapping: Mapping): FileObject[] {
  const found = new Map<string, FileObject>()
  const add = (type: string, id: string, qualifier?: string): void => {
    const name = (mapping.types[type] ?? type).replaceAll('/', '_')
    const key = `${name}/${id}`
    if (id !== '' && !found.has(key)) found.set(key, { type: name, id, ...(qualifier === undefined ? {} : { qualifier }) })
  }
  if (record.case !== undefined) add(mapping.case?.type ?? 'case', record.case)
  for (const object of record.objects ?? []) add(object.type, object.id, object.qualifier)
  for (const object of mapping.objects) {
    // Lists were taken apart by the reader where it could; attributes of other formats are taken apart here.
    const text = textOf(valueOf(record, object.column, mapping) ?? record.context?.[object.column] ?? null)
    if (text === '') continue
    for (const part of object.split === undefined ? [text] : text.split(object.split)) {
      const cut = object.before === undefined ? -1 : part.lastIndexOf(object.before)
      add(object.type, (cut === -1 ? part : part.slice(0, cut)).trim(), object.qualifier)
    }
  }
  return [...found.values()]
}

/**
 * Turns a record into one event, or into two where it has a start and an end: a `started` one and a `completed` one that
 * `completes` it. Ids come from the file, else from the first object and the ordinal, so that a second import gives the same ones.
 *
 * A record without an object or without a time that can be read comes out as it is: the server refuses it and keeps it.
 */
export function toCloudEvents(record: FileEvent, mapping: Mapping, context: EventContext): ImportedEvent[] {
  if (record.cloudEvent !== undefined) return [fromCloudEvent(record, record.cloudEvent, context)]
  const instant = readTime(record.time, context)
  const end = record.end === undefined ? null : readTime(record.end, context)
  const objects = objectsOf(record, mapping)
  const first = objects[0]
  const known = mapping.activities[record.activity]
  const id = record.id ?? `${first?.id ?? ''}#${record.ordinal}`
  const lifecycle = known?.lifecycle ?? (record.lifecycle === undefined ? undefined : mapping.lifecycle?.states[record.lifecycle])
  const data: Record<string, unknown> = { seq: record.ordinal * 2, objects, activity: record.activity }
  if (known?.activity !== undefined) data['canonical'] = known.activity
  if (known?.step !== undefined) data['step'] = known.step
  if (known?.outcome !== undefined) data['outcome'] = known.outcome
  const actor = actorOf(record, mapping)
  if (actor !== null) data['actor'] = actor
  const waits = known?.waits_on
  if (waits !== undefined) {
    const on = waits.column === undefined ? (waits.id ?? '') : textOf(valueOf(record, waits.column, mapping))
    data['waits_on'] = {
      kind: waits.kind,
      id: on === '' ? 'unknown' : on,
      ...(waits.step === undefined ? {} : { step: waits.step }),
    }
  }
  const money = moneyOf(record, mapping)
  if (money !== null) data['money'] = money
  if (mapping.due !== undefined) {
    const due = readTime(textOf(valueOf(record, mapping.due, mapping)), context)
    if (due !== null) data['due_at'] = instantToIso(due)
  }
  const attributes = renamed(record.attributes, mapping)
  if (record.lifecycle !== undefined && lifecycle === undefined) attributes['lifecycle'] ??= record.lifecycle
  if (Object.keys(attributes).length > 0) data['attributes'] = attributes
  const state: Record<string, Record<string, Scalar>> = { ...context.objectAttributes }
  if (record.caseAttributes !== undefined && first !== undefined) {
    const values = renamed(record.caseAttributes, mapping)
    if (Object.keys(values).length > 0) state[`${first.type}/${first.id}`] = { ...state[`${first.type}/${first.id}`], ...values }
  }
  const event = (suffix: string, time: string, more: Record<string, unknown>): ImportedEvent => ({
    specversion: '1.0',
    id: `${id}${suffix}`,
    source: context.source,
    type: known?.activity ?? record.activity,
    time,
    ...(first === undefined ? {} : { subject: `${first.type}/${first.id}` }),
    data: { ...data, ...more },
  })
  const bring = Object.keys(state).length > 0 ? { object_attributes: state } : {}
  if (instant === null) {
    if (end === null) return [event('', record.time.slice(0, 40), bring)]
    return [event('', instantToIso(end), { lifecycle: 'completed', ...bring })]
  }
  if (end === null) {
    const only = mapping.end === undefined ? lifecycle : 'started'
    return [event('', instantToIso(instant), { ...(only === undefined ? {} : { lifecycle: only }), ...bring })]
  }
  return [
    event('', instantToIso(instant), { lifecycle: 'started', ...bring }),
    event('/end', instantToIso(end), { seq: record.ordinal * 2 + 1, lifecycle: 'completed', completes: id }),
  ]
}

/** What stands in for a record that is no event, so that the server refuses it and keeps it: it has no time and no object. */
export function unreadableEvent(problem: FileProblem, source: string): ImportedEvent {
  return {
    specversion: '1.0',
    id: `#${problem.ordinal}`,
    source,
    type: problem.code,
    time: '',
    data: { seq: problem.ordinal * 2, attributes: { problem: problem.message } },
  }
}

function fromCloudEvent(record: FileEvent, event: Record<string, unknown>, context: EventContext): ImportedEvent {
  const data =
    typeof event['data'] === 'object' && event['data'] !== null ? (event['data'] as Record<string, unknown>) : undefined
  const placed =
    data?.['seq'] !== undefined || event['sequence'] !== undefined
      ? event
      : // Beside what the producer said, not in it: a copy by another way says the same.
        { ...event, sequence: String(record.ordinal * 2) }
  if (context.swapped !== true) return placed
  const instant = readTime(record.time, context)
  return instant === null ? placed : { ...placed, time: instantToIso(instant) }
}

function readTime(text: string, context: EventContext): Instant | null {
  return text === '' ? null : parseTime(text, context.format, context.zone, context.swapped === true)
}

function valueOf(record: FileEvent, name: string, mapping: Mapping): Scalar {
  if (mapping.case !== undefined && (name === 'case' || name === mapping.case.column) && record.case !== undefined)
    return record.case
  return record.attributes[name] ?? record.caseAttributes?.[name] ?? null
}

function textOf(value: Scalar): string {
  return value === null ? '' : String(value)
}

function actorOf(record: FileEvent, mapping: Mapping): { id: string; kind: string } | null {
  if (mapping.actor === undefined) return null
  const id = textOf(valueOf(record, mapping.actor.column, mapping))
  if (id === '' || mapping.actor.nobody.includes(id)) return null
  const system = mapping.actor.systems.some((entry) => (entry.endsWith('*') ? id.startsWith(entry.slice(0, -1)) : id === entry))
  return { id, kind: system ? 'system' : mapping.actor.kind }
}

const AMOUNT = /^[+-]?\d{1,14}(?:\.\d+)?$/u

function moneyOf(record: FileEvent, mapping: Mapping): { amount: string; currency: string } | null {
  if (mapping.money === undefined) return null
  const amount = textOf(valueOf(record, mapping.money.amount, mapping))
  const { currency } = mapping.money
  const code = typeof currency === 'string' ? currency : textOf(valueOf(record, currency.column, mapping))
  return AMOUNT.test(amount) && /^[A-Z]{3}$/u.test(code) ? { amount, currency: code } : null
}

function renamed(attributes: Record<string, Scalar>, mapping: Mapping): Record<string, Scalar> {
  const result: Record<string, Scalar> = {}
  for (const [name, value] of Object.entries(attributes)) {
    const ours = Object.hasOwn(mapping.attributes, name) ? mapping.attributes[name] : name
    if (ours != null && value !== null && value !== '' && !isActor(name, mapping)) result[ours] = value
  }
  return result
}

function isActor(name: string, mapping: Mapping): boolean {
  return mapping.actor?.column === name
}
