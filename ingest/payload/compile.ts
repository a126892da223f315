import type { Event } from '../../model/event.ts'
import { type EventMapping, MAPPING_LIMITS, type PayloadMapping, type Rule, type Value } from '../../model/payload-mapping.ts'
import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type FormatContext, rejected } from '../format.ts'
import {
  compileCondition,
  compileList,
  compileValue,
  type Compiling,
  type Get,
  type Holds,
  listShape,
  MappingFailure,
  type Scope,
  textOf,
} from './values.ts'

/** What a mapping needs of the context of a record. */
export type MappingContext = Pick<FormatContext, 'tenant' | 'receivedAt' | 'seq' | 'naturalId' | 'source' | 'system'> & {
  headers: Readonly<Record<string, string>>
  key: Uint8Array | null
}

/** Which rule took a record, and what became of it. */
export type Step = { rule: { index: number; name: string } | null; outcome: Outcome }

/** A mapping as functions. */
export type CompiledMapping = {
  readonly name: string
  readonly version: number
  readonly input: 'json' | 'xml'
  /** Paths that it reads, in the notation of payload shapes (`order.lines[].price`). */
  readonly paths: ReadonlySet<string>
  /** Of these, the ones that the events of each rule read. */
  readonly rulePaths: readonly ReadonlySet<string>[]
  /** What kind of record a payload is, where the mapping says so; else empty. */
  kindOf(payload: unknown, headers: Readonly<Record<string, string>>): string
  /** What becomes of a payload. Throws nothing. */
  read(payload: unknown, context: MappingContext): Outcome
  /** As `read`, with the rule that took each record of the payload. */
  explain(payload: unknown, context: MappingContext): Step[]
}

/** Puts a part into an event. */
type Put = (scope: Scope, data: Record<string, unknown>) => void
type CompiledRule = {
  name: string
  holds: Holds | null
  /** `null` where the rule makes no events. */
  build: ((scope: Scope, source: EventSource, clouds: Cloud[]) => void) | null
  outcome: Outcome | null
}
type EventSource = { context: MappingContext; suffix: string }

/** Compiles a mapping that `readMapping` accepted. Keep the result: it costs about a millisecond. */
export function compileMapping(mapping: PayloadMapping): CompiledMapping {
  const paths = new Set<string>()
  const xml = mapping.input === 'xml'
  const base: Compiling = { tables: mapping.tables ?? {}, xml, recordsAt: '', itemsAt: '', note: (path) => paths.add(path) }
  const records = mapping.records === undefined ? null : compileList(mapping.records, base)
  const compiling = mapping.records === undefined ? base : { ...base, recordsAt: listShape(mapping.records, base) }
  const kind = mapping.record_type === undefined ? null : compileValue(mapping.record_type, compiling)
  const rulePaths = mapping.rules.map(() => new Set<string>())
  const rules = mapping.rules.map((rule, index) => {
    const note = (path: string): void => {
      paths.add(path)
      rulePaths[index]?.add(path)
    }
    return compileRule(rule, index, mapping, { ...compiling, note })
  })
  const otherwise: Outcome =
    'drop' in mapping.otherwise
      ? { drop: mapping.otherwise.drop }
      : { reject: { code: 'mapping_no_rule', message: mapping.otherwise.reject } }

  const one = (scope: Scope, source: EventSource): Step => {
    let at = 0
    try {
      for (; at < rules.length; at++) {
        const rule = rules[at]
        if (rule === undefined || (rule.holds !== null && !rule.holds(scope))) continue
        const taken = { index: at, name: rule.name }
        if (rule.build === null) return { rule: taken, outcome: rule.outcome ?? otherwise }
        const clouds: Cloud[] = []
        rule.build(scope, source, clouds)
        return { rule: taken, outcome: readAll(clouds, source.context, rule.name) }
      }
    } catch (error) {
      if (!(error instanceof MappingFailure)) throw error
      const name = rules[at]?.name ?? ''
      return { rule: { index: at, name }, outcome: rejected(error.code, `${error.message} (rule ${at + 1}, "${name}")`) }
    }
    return { rule: null, outcome: otherwise }
  }

  const explain = (payload: unknown, context: MappingContext): Step[] => {
    const { headers, receivedAt, key } = context
    const scope: Scope = {
      record: payload,
      payload,
      item: undefined,
      headers,
      receivedAt,
      key,
      budget: { left: MAPPING_LIMITS.budget },
    }
    if (records === null) return [one(scope, { context, suffix: '' })]
    let list: unknown[]
    try {
      list = records(scope)
    } catch (error) {
      if (!(error instanceof MappingFailure)) throw error
      return [{ rule: null, outcome: rejected(error.code, error.message) }]
    }
    if (list.length === 0)
      return [
        {
          rule: null,
          outcome: rejected(
            'mapping_value_missing',
            `holds no records at ${mapping.records ?? ''}: is this the payload that the mapping is for?`,
          ),
        },
      ]
    return list.map((record, index) =>
      one({ ...scope, record }, { context: { ...context, seq: context.seq + index }, suffix: index === 0 ? '' : `#${index}` }),
    )
  }

  return {
    name: mapping.name,
    version: mapping.version,
    input: mapping.input,
    paths,
    rulePaths,
    kindOf(payload, headers) {
      if (kind === null) return ''
      try {
        const scope: Scope = {
          record: payload,
          payload,
          item: undefined,
          headers,
          receivedAt: 0,
          key: null,
          budget: { left: MAPPING_LIMITS.budget },
        }
        const record = records === null ? payload : records(scope)[0]
        return textOf(kind({ ...scope, record }))?.slice(0, 100) ?? ''
      } catch (error) {
        if (error instanceof MappingFailure) return ''
        throw error
      }
    },
    read: (payload, context) => together(explain(payload, context).map((step) => step.outcome)),
    explain,
  }
}

/** One outcome for a payload: refused if one of its records is, else all of their events, else why there are none. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const [only] = outcomes
  if (only !== undefined && outcomes.length === 1) return only
  const events: Event[] = []
  const drops = new Set<string>()
  for (const [index, outcome] of outcomes.entries()) {
    if ('reject' in outcome)
      return rejected(outcome.reject.code, `record ${index + 1} of ${outcomes.length}: ${outcome.reject.message}`)
    if ('drop' in outcome) drops.add(outcome.drop)
    else events.push(...outcome.events)
    if (events.length > MAPPING_LIMITS.events) return tooMany()
  }
  return events.length > 0 ? { events } : { drop: [...drops].slice(0, 3).join('; ') || 'holds no records' }
}

function readAll(clouds: readonly Cloud[], context: MappingContext, rule: string): Outcome {
  return clouds.length === 0
    ? { drop: `no event of the rule "${rule}" applies` }
    : eventsOf(clouds, context, `the rule "${rule}"`)
}

function tooMany(): Outcome {
  return rejected('too_many_events', `makes more than ${MAPPING_LIMITS.events} events of one record`)
}

function compileRule(rule: Rule, index: number, mapping: PayloadMapping, compiling: Compiling): CompiledRule {
  const name = rule.name ?? `rule ${index + 1}`
  const holds = rule.when === undefined ? null : compileCondition(rule.when, compiling)
  if (rule.drop !== undefined) return { name, holds, build: null, outcome: { drop: rule.drop } }
  if (rule.reject !== undefined)
    return { name, holds, build: null, outcome: { reject: { code: 'mapping_refused', message: rule.reject } } }
  const builders = (rule.events ?? []).map((event, at) => compileEvent(event, at, mapping, compiling))
  return {
    name,
    holds,
    outcome: null,
    build(scope, source, clouds) {
      for (const build of builders) build(scope, source, clouds)
      if (clouds.length > MAPPING_LIMITS.events)
        throw new MappingFailure('too_many_events', `makes more than ${MAPPING_LIMITS.events} events of one record`)
    },
  }
}

function compileEvent(
  event: EventMapping,
  at: number,
  mapping: PayloadMapping,
  outer: Compiling,
): (scope: Scope, source: EventSource, clouds: Cloud[]) => void {
  const each = event.each === undefined ? null : compileList(event.each, outer)
  const compiling = event.each === undefined ? outer : { ...outer, itemsAt: listShape(event.each, outer) }
  const get = (value: Value | undefined, field: string): GetText | null =>
    value === undefined ? null : textGetter(value, field, compiling)
  const holds = event.when === undefined ? null : compileCondition(event.when, compiling)
  const canonical = get(event.canonical, 'canonical')
  const activity = get(event.activity ?? mapping.activity, 'activity') ?? canonical
  const type = get(event.type, 'type')
  const ownId = get(event.id, 'id')
  const id = ownId ?? get(mapping.id, 'id')
  const givenSource = get(mapping.source, 'source')
  const timeValue = event.time ?? mapping.time
  const time = get(timeValue, 'time')
  const traceparent = get(event.traceparent, 'traceparent')
  const puts = partsOf(event, mapping, compiling)
  const objects = event.objects.map((object) => compileObject(object, compiling))
  const missing = (field: string, value: Value | undefined): MappingFailure =>
    new MappingFailure('mapping_value_missing', `${field}${value === undefined ? '' : where(value)} is missing`)

  const build = (scope: Scope, source: EventSource, suffix: string): Cloud | null => {
    if (holds !== null && !holds(scope)) return null
    const name = activity?.(scope)
    if (name === undefined) throw missing('activity', event.activity ?? mapping.activity ?? event.canonical)
    const instant = time?.(scope)
    if (instant === undefined) throw missing('time', timeValue)
    const data: Record<string, unknown> = { activity: name }
    const vocabulary = canonical?.(scope)
    if (vocabulary !== undefined) data['canonical'] = vocabulary
    const refs: Record<string, unknown>[] = []
    for (const put of objects) put(scope, refs, data)
    if (refs.length > 0) data['objects'] = refs
    for (const put of puts) put(scope, data)
    if (data['system'] === undefined && source.context.system !== null) data['system'] = source.context.system
    const own = ownId?.(scope)
    const natural = own ?? id?.(scope)
    if (natural === undefined && id !== null) throw missing('id', event.id ?? mapping.id)
    const cloud: Cloud = {
      specversion: '1.0',
      // An id that the event itself has is whole; one of the record is told apart by the event's place in it.
      id: own ?? `${natural ?? `${source.context.naturalId}${source.suffix}`}${suffix}`,
      source: natural === undefined ? source.context.source : (givenSource?.(scope) ?? source.context.source),
      type: type?.(scope) ?? name,
      time: instant,
      data,
    }
    const trace = traceparent?.(scope)
    if (trace !== undefined) cloud['traceparent'] = trace
    return cloud
  }

  const place = at === 0 ? '' : `/${at}`
  return (scope, source, clouds) => {
    if (each === null) {
      const cloud = build(scope, source, place)
      if (cloud !== null) clouds.push(cloud)
      return
    }
    for (const [index, item] of each(scope).entries()) {
      if (clouds.length > MAPPING_LIMITS.events) break
      const cloud = build({ ...scope, item }, source, `${place}/${index}`)
      if (cloud !== null) clouds.push(cloud)
    }
  }
}

function compileObject(
  object: EventMapping['objects'][number],
  outer: Compiling,
): (scope: Scope, refs: Record<string, unknown>[], data: Record<string, unknown>) => void {
  const each = object.each === undefined ? null : compileList(object.each, outer)
  const compiling = object.each === undefined ? outer : { ...outer, itemsAt: listShape(object.each, outer) }
  const holds = object.when === undefined ? null : compileCondition(object.when, compiling)
  const type = textGetter(object.type, 'objects.type', compiling)
  const id = textGetter(object.id, 'objects.id', compiling)
  const qualifier = object.qualifier === undefined ? null : textGetter(object.qualifier, 'objects.qualifier', compiling)
  const attributes = Object.entries(object.attributes ?? {}).map(
    ([name, value]) => [name, getter(value, `objects.attributes.${name}`, compiling)] as const,
  )
  const put = (scope: Scope, refs: Record<string, unknown>[], data: Record<string, unknown>): void => {
    if (holds !== null && !holds(scope)) return
    const kind = type(scope)
    const key = id(scope)
    if (kind === undefined || key === undefined) {
      if (object.required === true)
        throw new MappingFailure(
          'mapping_value_missing',
          `the id of the object (${kind ?? 'of no type'})${where(object.id)} is missing`,
        )
      return
    }
    const note = qualifier?.(scope)
    refs.push(note === undefined ? { type: kind, id: key } : { type: kind, id: key, qualifier: note })
    if (attributes.length === 0) return
    const values: Record<string, unknown> = {}
    for (const [name, value] of attributes) set(values, name, value(scope))
    if (isEmpty(values)) return
    const state = (data['object_attributes'] ??= {}) as Record<string, unknown>
    const place = `${kind}/${key}`
    state[place] = { ...(state[place] as Record<string, unknown> | undefined), ...values }
  }
  if (each === null) return put
  return (scope, refs, data) => {
    for (const item of each(scope)) put({ ...scope, item }, refs, data)
  }
}

/** Groups of fields, the first field of each being what makes the group: without it the group is left out. */
const GROUPS = {
  actor: ['id', 'kind', 'on_behalf_of'],
  outcome: ['status', 'code', 'message', 'retryable'],
  waits_on: ['kind', 'id', 'step'],
  exception: ['id', 'state', 'caused_by'],
  operation: ['id', 'attempt'],
  policy: ['id', 'version', 'decision'],
  money: ['amount', 'currency', 'base_amount', 'base_currency', 'rate', 'rate_date'],
  ai: ['model', 'version', 'input_ref', 'kind', 'confidence', 'reviewer', 'decision'],
} as const
const SINGLE = ['lifecycle', 'completes', 'corrects', 'step', 'workflow_run', 'due_at'] as const
const OPEN = ['line', 'terms', 'attributes'] as const
/** Fields of the contract that are texts, so that a number is written as one. */
const NOT_TEXT: ReadonlySet<string> = new Set(['outcome.retryable', 'operation.attempt', 'ai.confidence', 'money.rate', 'seq'])

function partsOf(event: EventMapping, mapping: PayloadMapping, compiling: Compiling): Put[] {
  const puts: Put[] = []
  const compiled = (value: Value, field: string): Get => {
    if (!NOT_TEXT.has(field)) return textGetter(value, field, compiling)
    const get = getter(value, field, compiling)
    return (scope) => plainOf(get(scope), field)
  }
  const single = (field: string, value: Value | undefined): void => {
    if (value === undefined) return
    const get = compiled(value, field)
    puts.push((scope, data) => set(data, field, get(scope)))
  }
  for (const field of SINGLE) single(field, event[field])
  single('seq', event.seq)
  single('system', event.system ?? mapping.system)
  single('system_class', event.system_class ?? mapping.system_class ?? undefined)
  for (const [group, fields] of Object.entries(GROUPS)) {
    const given = event[group as keyof typeof GROUPS] as Record<string, Value | undefined> | undefined
    if (given === undefined) continue
    const parts = fields.flatMap((field) => {
      const value = given[field]
      return value === undefined ? [] : [[field, compiled(value, `${group}.${field}`)] as const]
    })
    puts.push((scope, data) => {
      const values: Record<string, unknown> = {}
      for (const [field, get] of parts) {
        set(values, field, get(scope))
        if (field === fields[0] && values[field] === undefined) return
      }
      if (group === 'money') {
        const { currency } = values
        if (typeof currency !== 'string')
          throw new MappingFailure(
            'mapping_value_missing',
            `money.currency is missing, where money.amount is ${String(values['amount'])}`,
          )
        values['currency'] = currency.toUpperCase()
      }
      data[group] = values
    })
  }
  for (const field of OPEN) {
    const given = event[field]
    if (given === undefined) continue
    const parts = Object.entries(given).map(([name, value]) => [name, getter(value, `${field}.${name}`, compiling)] as const)
    puts.push((scope, data) => {
      const values: Record<string, unknown> = {}
      for (const [name, get] of parts) set(values, name, get(scope))
      if (!isEmpty(values)) data[field] = values
    })
  }
  return puts
}

function plainOf(value: unknown, field: string): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (field === 'outcome.retryable') return text === 'true' ? true : text === 'false' ? false : value
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value
}

type GetText = (scope: Scope) => string | undefined

/** Compiles a value of a field; its failures say which field that is. */
function getter(value: Value, field: string, compiling: Compiling): Get {
  return named(compileValue(value, compiling), `${field}${where(value)}`)
}

/** As {@link getter}, of a field that is text. */
function textGetter(value: Value, field: string, compiling: Compiling): GetText {
  const get = compileValue(value, compiling)
  return named((scope) => textOf(get(scope)), `${field}${where(value)}`)
}

function named<T>(get: (scope: Scope) => T, label: string): (scope: Scope) => T {
  return (scope) => {
    try {
      return get(scope)
    } catch (error) {
      if (error instanceof MappingFailure) throw new MappingFailure(error.code, `${label}: ${error.message}`)
      throw error
    }
  }
}

/** The path that a value reads, in brackets, for a message. */
function where(value: Value): string {
  const path = firstPath(value)
  return path === null ? '' : ` (${path})`
}

function firstPath(value: unknown): string | null {
  if (typeof value === 'string') return /^[$^@]|\{[$^@]/u.test(value) ? value.slice(0, 100) : null
  if (typeof value !== 'object' || value === null) return null
  if ('header' in value && typeof value.header === 'string') return `header ${value.header}`
  for (const inner of Object.values(value)) {
    const path = firstPath(inner)
    if (path !== null) return path
  }
  return null
}

function set(values: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined && value !== null) values[name] = value
}

function isEmpty(values: Record<string, unknown>): boolean {
  for (const _ in values) return false
  return true
}
