import type { FileEvent } from './record.ts'
import { type Format, Mapping, XES_STATES } from './mapping.ts'
import { guessTimeFormat, type TimeFormat } from './times.ts'

/** What a guess rests on: for CSV the header and the first rows, for other formats their first events. */
export type Sample = { header: string[]; rows: string[][] } | { events: FileEvent[] }

/** A guessed mapping; `null` with the reasons where the columns do not say what they are. */
export type Guess = { mapping: Mapping | null; timeFormat: TimeFormat; reasons: string[] }

/** Object type of a log that knows no object types. */
export const DEFAULT_TYPE = 'case'

const CASE = [
  'case:concept:name',
  'case_id',
  'caseid',
  'case id',
  'case',
  'case key',
  'case_key',
  'trace_id',
  'trace id',
  'trace',
  'process_instance_id',
  'process instance id',
  'instance_id',
  'processinstanceid',
  '_case_key',
  'ocel:oid',
]
const ACTIVITY = [
  'concept:name',
  'activity',
  'activity_name',
  'activity name',
  'activityname',
  '_activity',
  'ocel:activity',
  'task',
  'task_name',
  'event',
  'event_name',
  'event name',
  'eventname',
  'event_type',
  'event type',
  'step',
  'operation',
  'action',
  'type',
  'ocel:type',
  'status',
]
const TIME = [
  'time:timestamp',
  'timestamp',
  'ocel:timestamp',
  'time',
  'event_time',
  'event time',
  'eventtime',
  'occurred_at',
  'datetime',
  'date_time',
  'date',
  'created_at',
  'event_date',
]
const START = [
  'start_timestamp',
  'start_time',
  'start time',
  'starttime',
  'start timestamp',
  'started_at',
  'start',
  'start_date',
  'start date',
  'begin',
]
const END = [
  'end_timestamp',
  'end_time',
  'end time',
  'endtime',
  'complete timestamp',
  'complete_timestamp',
  'complete_time',
  'end timestamp',
  'completed_at',
  'completion_time',
  'ended_at',
  'end',
  'end_date',
  'finish_time',
  'finish',
]
const ACTOR = ['org:resource', 'resource', 'user', 'actor', 'performer', 'agent', 'employee', 'username', 'user_id', 'role']
const ID = ['identity:id', 'event_id', 'eventid', 'event id', 'ocel:eid', 'ocel:id', 'id', '_eventid']
const LIFECYCLE = ['lifecycle:transition', 'lifecycle', 'transition']
const DUE = ['due_at', 'due_date', 'due date', 'deadline', 'due', 'sla_due', 'case:deadline', 'case:due_date']

const base = (name: string, rest: Record<string, unknown>): Mapping => Mapping.parse({ name, version: 1, ...rest })

/** Guesses how a log is to be read, and says why. */
export function guessMapping(sample: Sample, format: Format, fileName: string): Guess {
  return 'header' in sample ? guessCsv(sample.header, sample.rows, fileName) : guessEvents(sample.events, format, fileName)
}

function guessEvents(events: FileEvent[], format: Format, fileName: string): Guess {
  const reasons: string[] = []
  const time = guessTimeFormat(events.map((event) => event.time))
  if (time !== null && time.format !== 'iso') reasons.push(time.reason)
  const timeFormat = time?.format ?? 'iso'
  if (format !== 'xes') {
    reasons.push(
      format === 'cloudevents'
        ? 'events are CloudEvents and are taken as they are'
        : 'object types and activities are taken as the file names them',
    )
    return {
      mapping: base(fileName, { format, activity: { column: 'type' }, time: { column: 'time' }, id: { column: 'id' } }),
      timeFormat,
      reasons,
    }
  }
  const keys = new Set(events.flatMap((event) => [...Object.keys(event.attributes), ...Object.keys(event.caseAttributes ?? {})]))
  const actor = ACTOR.find((name) => keys.has(name))
  const due = DUE.find((name) => keys.has(name))
  const states = new Set(events.map((event) => event.lifecycle ?? ''))
  states.delete('')
  reasons.push(`each trace is one object of type "${DEFAULT_TYPE}", named by its concept:name`)
  if (actor !== undefined) reasons.push(`"${actor}" names the actor`)
  if (due !== undefined) reasons.push(`"${due}" is the deadline`)
  return {
    mapping: base(fileName, {
      format,
      case: { column: 'case:concept:name', type: DEFAULT_TYPE },
      activity: { column: 'concept:name' },
      time: { column: 'time:timestamp' },
      ...(actor === undefined ? {} : { actor: { column: actor } }),
      ...(due === undefined ? {} : { due }),
      ...lifecycleOf(states, 'lifecycle:transition', reasons),
    }),
    timeFormat,
    reasons,
  }
}

/** States are taken over where a log tells them apart; one word on every event says nothing. */
function lifecycleOf(words: ReadonlySet<string>, column: string, reasons: string[]): Record<string, unknown> {
  const [only] = words
  if (words.size === 0) return {}
  if (words.size === 1 && only !== undefined) {
    if (only.toLowerCase() !== 'complete')
      reasons.push(`every event has the lifecycle "${only}", which says nothing: it is kept as an attribute`)
    return { lifecycle: { column, states: only.toLowerCase() === 'complete' ? { [only]: 'completed' } : {} } }
  }
  const states: Record<string, string> = {}
  for (const word of words) {
    const state = XES_STATES[word.toLowerCase()]
    if (state !== undefined) states[word] = state
  }
  return { lifecycle: { column, states } }
}

function guessCsv(header: string[], rows: string[][], fileName: string): Guess {
  const reasons: string[] = []
  const lower = header.map((name) => name.toLowerCase())
  const values = (at: number): string[] => rows.map((row) => (row[at] ?? '').trim()).filter((value) => value !== '')
  const find = (
    names: readonly string[],
    fits: (at: number) => boolean = () => true,
    taken: readonly number[] = [],
  ): number | undefined => {
    for (const name of names) {
      const at = lower.indexOf(name)
      if (at !== -1 && !taken.includes(at) && fits(at)) return at
    }
    return undefined
  }
  const formats = new Map<number, NonNullable<ReturnType<typeof guessTimeFormat>>>()
  for (const at of header.keys()) {
    const texts = values(at)
    // Bare numbers are times only where the name says so: an amount of 1500000000 is none.
    if (texts.every((text) => /^-?\d+(?:\.\d+)?$/u.test(text)) && !/time|date|stamp|_at$|epoch/iu.test(lower[at] ?? '')) continue
    const guess = guessTimeFormat(texts)
    if (guess !== null) formats.set(at, guess)
  }
  const isTime = (at: number): boolean => formats.has(at)
  const start = find(START, isTime)
  const end = find(END, isTime)
  const plain = find(TIME, isTime)
  const anyTime = [...formats.keys()].toSorted((a, b) => values(b).length - values(a).length)[0]
  const time = start ?? plain ?? end ?? anyTime
  const finish = start === undefined ? undefined : (end ?? plain)
  if (time === undefined) reasons.push('no column holds times')
  const taken = [time, finish].filter((at) => at !== undefined)
  const activity = find(ACTIVITY, (at) => !isTime(at) && values(at).length > 0, taken)
  if (activity === undefined) reasons.push('no column is called activity, event, task, type or the like')
  else taken.push(activity)
  if (time === undefined || activity === undefined) return { mapping: null, timeFormat: 'iso', reasons }

  const ofCase = find(CASE, (at) => !isTime(at), taken)
  if (ofCase !== undefined) taken.push(ofCase)
  const unique = (at: number): boolean => {
    const all = values(at)
    return all.length === rows.length && new Set(all).size === all.length
  }
  const id = find(ID, unique, taken)
  if (id !== undefined) taken.push(id)
  const objects = ofCase === undefined ? objectColumns(header, values, isTime, taken) : []
  if (ofCase === undefined && objects.length === 0) {
    reasons.push('no column names a case or the objects of an event')
    return { mapping: null, timeFormat: 'iso', reasons }
  }
  const actor = find(ACTOR, () => true, [...taken, ...objects.map((object) => object.at)])
  const due = find(DUE, isTime, taken)
  const lifecycle = find(LIFECYCLE, () => true, taken)
  const timeGuess = formats.get(time)
  const name = (at: number): string => header[at] ?? ''
  reasons.push(
    `"${name(time)}" is the time${finish === undefined ? '' : ` and "${name(finish)}" the end`}: ${timeGuess?.reason ?? ''}`,
  )
  reasons.push(`"${name(activity)}" is the activity`)
  if (ofCase !== undefined) reasons.push(`"${name(ofCase)}" is the case: one object of type "${DEFAULT_TYPE}" each`)
  else reasons.push(`no case column: ${objects.map((object) => `"${object.column}"`).join(', ')} hold lists of objects`)
  if (id !== undefined) reasons.push(`"${name(id)}" is the id: it is different in every row`)
  if (actor !== undefined) reasons.push(`"${name(actor)}" names the actor`)
  if (due !== undefined) reasons.push(`"${name(due)}" is the deadline`)
  return {
    mapping: base(fileName, {
      format: 'csv',
      ...(ofCase === undefined ? {} : { case: { column: name(ofCase), type: DEFAULT_TYPE } }),
      objects: objects.map(({ type, column, split }) => ({ type, column, split })),
      activity: { column: name(activity) },
      time: { column: name(time), format: timeGuess?.format ?? 'iso' },
      ...(finish === undefined ? {} : { end: { column: name(finish) } }),
      ...(id === undefined ? {} : { id: { column: name(id) } }),
      ...(actor === undefined ? {} : { actor: { column: name(actor) } }),
      ...(due === undefined ? {} : { due: name(due).replace(/^case:/u, '') }),
      ...(lifecycle === undefined ? {} : lifecycleOf(new Set(values(lifecycle)), name(lifecycle), reasons)),
    }),
    timeFormat: timeGuess?.format ?? 'iso',
    reasons,
  }
}

/** Columns of a flat object-centric file: one an object type, its ids in a list. Numbers are measures, not ids. */
function objectColumns(
  header: string[],
  values: (at: number) => string[],
  isTime: (at: number) => boolean,
  taken: readonly number[],
): { at: number; type: string; column: string; split: string }[] {
  const marked = header.some((name) => name.startsWith('ocel:type:'))
  return header.flatMap((column, at) => {
    if (taken.includes(at) || column === '' || isTime(at)) return []
    if (marked && !column.startsWith('ocel:type:')) return []
    const all = values(at)
    const measure = all.length > 0 && all.every((value) => /^-?\d+\.\d+$|^(?:true|false)$/iu.test(value))
    return measure ? [] : [{ at, type: column.replace(/^ocel:type:/u, ''), column, split: ',' }]
  })
}
