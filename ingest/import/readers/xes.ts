import type { Input } from '../input.ts'
import type { FileEvent, FileRecord, Scalar } from '../record.ts'
import { SightlineError } from '../../../platform/errors.ts'
import { parseXml } from './xml.ts'

/** Which keys of a XES log hold what; the standard's own by default. */
export type XesKeys = { case?: string; activity?: string; time?: string; end?: string; id?: string; lifecycle?: string }

const VALUES = new Set(['string', 'date', 'int', 'float', 'boolean', 'id'])
/** Events of one trace that are held back while its name is not known. */
const HELD_EVENTS = 50_000
/** Case attributes that some exports repeat on every event. */
const CASE_PREFIX = /^(?:\(case\)[_ ]|case:)/u

type Trace = {
  index: number
  name: string | undefined
  attributes: Record<string, Scalar>
  /** Case attributes that events have brought already. */
  sent: Record<string, Scalar>
  held: FileEvent[]
}

/** Reads XES (IEEE 1849): one case a trace, in file order. */
export async function* readXes(input: Input, keys: XesKeys = {}): AsyncGenerator<FileRecord> {
  const key = {
    case: keys.case ?? 'concept:name',
    activity: keys.activity ?? 'concept:name',
    time: keys.time ?? 'time:timestamp',
    end: keys.end,
    id: keys.id ?? 'identity:id',
    lifecycle: keys.lifecycle ?? 'lifecycle:transition',
  }
  const out: FileRecord[] = []
  let ordinal = 0
  let traces = 0
  let root: string | undefined
  let trace: Trace | null = null
  let event: Record<string, Scalar> | null = null

  const release = (current: Trace, keep: number): void => {
    if (current.name === undefined && keep > 0 && current.held.length < HELD_EVENTS) return
    const name = current.name ?? `trace-${current.index + 1}`
    while (current.held.length > keep) {
      const next = current.held.shift()
      if (next === undefined) break
      next.case = name
      const fresh: Record<string, Scalar> = {}
      let some = false
      for (const [attribute, value] of Object.entries({ ...current.attributes, ...next.caseAttributes }))
        if (current.sent[attribute] !== value) {
          fresh[attribute] = value
          current.sent[attribute] = value
          some = true
        }
      delete next.caseAttributes
      next.context = current.sent
      if (some) next.caseAttributes = fresh
      out.push(next)
    }
  }

  const finishEvent = (attributes: Record<string, Scalar>, current: Trace | null): void => {
    const own: Record<string, Scalar> = {}
    const ofCase: Record<string, Scalar> = {}
    for (const [name, value] of Object.entries(attributes)) {
      if (name === key.activity || name === key.time || name === key.end || name === key.id || name === key.lifecycle) continue
      if (CASE_PREFIX.test(name)) ofCase[name.replace(CASE_PREFIX, '')] = value
      else own[name] = value
    }
    const activity = attributes[key.activity]
    if (activity === undefined || activity === null || activity === '') {
      out.push({ kind: 'problem', ordinal: ordinal++, code: 'activity_missing', message: `the event has no ${key.activity}` })
      return
    }
    const record: FileEvent = {
      kind: 'event',
      ordinal: ordinal++,
      activity: String(activity),
      time: String(attributes[key.time] ?? ''),
      attributes: own,
    }
    const end = key.end === undefined ? undefined : attributes[key.end]
    if (end != null && end !== '') record.end = String(end)
    const id = attributes[key.id]
    if (id != null && id !== '') record.id = String(id)
    const lifecycle = attributes[key.lifecycle]
    if (lifecycle != null && lifecycle !== '') record.lifecycle = String(lifecycle)
    if (Object.keys(ofCase).length > 0) record.caseAttributes = ofCase
    if (current === null) {
      out.push(record)
      return
    }
    current.held.push(record)
    release(current, 1)
  }

  let traceDepth = -1
  let eventDepth = -1
  for await (const _ of parseXml(input, {
    open(name, attributes, depth) {
      root ??= name
      if (depth === 0) {
        if (name !== 'log')
          throw new SightlineError('file_invalid', `${input.name} is XML, but its root is <${name}>, not the <log> of XES.`)
        return
      }
      if (name === 'trace' && depth === 1) {
        trace = { index: traces++, name: undefined, attributes: {}, sent: {}, held: [] }
        traceDepth = depth
      } else if (name === 'event' && depth === (trace === null ? 1 : traceDepth + 1)) {
        event = {}
        eventDepth = depth
      } else if (VALUES.has(name) && attributes['key'] !== undefined) {
        if (event !== null && depth === eventDepth + 1) event[attributes['key']] = typed(name, attributes['value'] ?? '')
        else if (trace !== null && event === null && depth === traceDepth + 1) {
          if (attributes['key'] === key.case) trace.name = attributes['value'] ?? ''
          else trace.attributes[attributes['key']] = typed(name, attributes['value'] ?? '')
        }
      }
    },
    close(name, depth) {
      if (event !== null && depth === eventDepth && name === 'event') {
        finishEvent(event, trace)
        event = null
      } else if (trace !== null && depth === traceDepth && name === 'trace') {
        release(trace, 0)
        trace = null
      }
    },
  })) {
    yield* out
    out.length = 0
  }
}

function typed(tag: string, text: string): Scalar {
  if (tag === 'boolean') return text === 'true' || text === '1'
  if (tag === 'int' || tag === 'float') {
    const number = Number(text)
    return text !== '' && Number.isFinite(number) && (tag === 'float' || Number.isSafeInteger(number)) ? number : text
  }
  return text
}
