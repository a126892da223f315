import {
  type Attributes,
  type Group,
  type LogRecord,
  type Metric,
  type Nanos,
  NO_TIME,
  OTLP_LIMITS,
  type Point,
  type Signal,
  type Signals,
  type Span,
  tooManyRecords,
  type Value,
} from './telemetry.ts'
import { malformed } from './wire.ts'

type Json = Readonly<Record<string, unknown>>

const NAMES = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans', read: span },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', records: 'logRecords', read: logRecord },
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics', read: metric },
} as const satisfies { [S in Signal]: { read: (from: Json, left: Left) => Signals[S]; [name: string]: unknown } }

type Left = { records: number }

/**
 * Reads the JSON body of `/v1/traces`, `/v1/logs` or `/v1/metrics`: proto3 JSON with OTLP's exceptions – ids are hex, enums are numbers,
 * 64-bit numbers are text or numbers. Fields that are not known are passed over.
 *
 * @throws SightlineError `body_invalid` where it is no JSON or a part is not of its kind, `body_too_large` for too many records
 */
export function readJson<S extends Signal>(body: Buffer, signal: S): Group<Signals[S]>[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('it is no JSON')
    throw error
  }
  const names = NAMES[signal]
  const read = names.read as (from: Json, left: Left) => Signals[S]
  const left = { records: OTLP_LIMITS.records }
  const groups: Group<Signals[S]>[] = []
  for (const resource of messages(object(parsed, 'the body'), names.resources)) {
    take(left)
    const attributes = attributesOf(part(resource, 'resource'))
    for (const scope of messages(resource, names.scopes)) {
      take(left)
      const records = messages(scope, names.records).map((record) => {
        take(left)
        return read(record, left)
      })
      groups.push({ resource: attributes, scope: text(part(scope, 'scope'), 'name'), records })
    }
  }
  return groups
}

function take(left: Left): void {
  if (--left.records < 0) tooManyRecords()
}

const EMPTY: Json = Object.freeze({})

function object(value: unknown, what: string): Json {
  if (value == null) return EMPTY
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(`${what} is no object`)
  return value as Json
}

function part(of: Json, name: string): Json {
  return object(of[name], `"${name}"`)
}

function list(of: Json, name: string): readonly unknown[] {
  const value = of[name]
  if (value == null) return []
  if (!Array.isArray(value)) throw malformed(`"${name}" is no array`)
  return value
}

function messages(of: Json, name: string): Json[] {
  return list(of, name).map((one) => object(one, `an element of "${name}"`))
}

function wellFormed(value: string): string {
  return value.isWellFormed() ? value : value.toWellFormed()
}

function text(of: Json, name: string): string {
  const value = of[name]
  if (value == null) return ''
  if (typeof value !== 'string') throw malformed(`"${name}" is no text`)
  return wellFormed(value)
}

const HEX = /^(?:[0-9a-f]{16}){1,2}$/iu

/** An id in hex; what is none is empty. */
function hex(of: Json, name: string): string {
  const value = text(of, name)
  return HEX.test(value) ? value.toLowerCase() : ''
}

function flag(of: Json, name: string): boolean {
  const value = of[name]
  if (value == null) return false
  if (typeof value !== 'boolean') throw malformed(`"${name}" is neither true nor false`)
  return value
}

/** A number, also as text, and "NaN", "Infinity", "-Infinity" as proto3 JSON writes them; null where there is none. */
function number(of: Json, name: string): number | null {
  const value = of[name]
  if (value == null) return null
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof read !== 'number' || (Number.isNaN(read) && value !== 'NaN')) throw malformed(`"${name}" is no number`)
  return read
}

const NANOS = /^\d{1,20}$/u

function nanos(of: Json, name: string): Nanos {
  const value = of[name]
  if (value == null || value === '' || value === 0 || value === '0') return NO_TIME
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return { us: Math.floor(value / 1000), ns: 0 }
  if (typeof value !== 'string' || !NANOS.test(value)) throw malformed(`"${name}" is no count of nanoseconds`)
  return { us: Number(value.slice(0, -3)), ns: Number(value.slice(-3)) }
}

function attributesOf(of: Json): Attributes {
  const attributes: Attributes = { keys: [], values: [] }
  for (const pair of messages(of, 'attributes').slice(0, OTLP_LIMITS.attributes)) {
    attributes.keys.push(text(pair, 'key'))
    attributes.values.push(anyValue(pair['value'], 0))
  }
  return attributes
}

const WHOLE = /^-?\d{1,19}$/u

function anyValue(value: unknown, depth: number): Value {
  if (depth > OTLP_LIMITS.depth) throw malformed(`values lie in each other more than ${OTLP_LIMITS.depth} deep`)
  const any = object(value, 'a value')
  if (any['stringValue'] != null) return text(any, 'stringValue')
  if (any['intValue'] != null) {
    const whole = any['intValue']
    if (typeof whole === 'string' && WHOLE.test(whole) && !Number.isSafeInteger(Number(whole))) return whole
    return number(any, 'intValue')
  }
  if (any['boolValue'] != null) return flag(any, 'boolValue')
  if (any['doubleValue'] != null) return number(any, 'doubleValue')
  if (any['arrayValue'] != null)
    return list(part(any, 'arrayValue'), 'values')
      .slice(0, OTLP_LIMITS.attributes)
      .map((one) => anyValue(one, depth + 1))
  if (any['kvlistValue'] != null)
    return Object.fromEntries(
      messages(part(any, 'kvlistValue'), 'values')
        .slice(0, OTLP_LIMITS.attributes)
        .map((pair) => [text(pair, 'key'), anyValue(pair['value'], depth + 1)]),
    )
  return any['bytesValue'] == null ? null : text(any, 'bytesValue')
}

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUS_CODES = ['UNSET', 'OK', 'ERROR']

/** An enum by number; some writers give the name, against the specification, and mean no harm. */
function choice(of: Json, name: string, prefix: string, names: readonly string[]): number {
  const value = of[name]
  if (typeof value === 'string' && value.startsWith(prefix)) return Math.max(0, names.indexOf(value.slice(prefix.length)))
  return number(of, name) ?? 0
}

function span(from: Json): Span {
  const status = part(from, 'status')
  return {
    traceId: hex(from, 'traceId'),
    spanId: hex(from, 'spanId'),
    parentSpanId: hex(from, 'parentSpanId'),
    name: text(from, 'name'),
    kind: choice(from, 'kind', 'SPAN_KIND_', SPAN_KINDS),
    start: nanos(from, 'startTimeUnixNano'),
    end: nanos(from, 'endTimeUnixNano'),
    attributes: attributesOf(from),
    statusCode: choice(status, 'code', 'STATUS_CODE_', STATUS_CODES),
    statusMessage: text(status, 'message'),
    events: messages(from, 'events')
      .slice(0, OTLP_LIMITS.events)
      .map((event) => ({ name: text(event, 'name'), at: nanos(event, 'timeUnixNano'), attributes: attributesOf(event) })),
    links: messages(from, 'links')
      .slice(0, OTLP_LIMITS.links)
      .map((link) => ({ traceId: hex(link, 'traceId'), spanId: hex(link, 'spanId'), attributes: attributesOf(link) })),
  }
}

function logRecord(from: Json): LogRecord {
  return {
    at: nanos(from, 'timeUnixNano'),
    observed: nanos(from, 'observedTimeUnixNano'),
    severity: typeof from['severityNumber'] === 'string' ? 0 : (number(from, 'severityNumber') ?? 0),
    severityText: text(from, 'severityText'),
    body: from['body'] == null ? null : anyValue(from['body'], 0),
    attributes: attributesOf(from),
    traceId: hex(from, 'traceId'),
    spanId: hex(from, 'spanId'),
    eventName: text(from, 'eventName'),
  }
}

const METRIC_TYPES = {
  gauge: { type: 'gauge', point: numberPoint },
  sum: { type: 'sum', point: numberPoint },
  histogram: { type: 'histogram', point: histogramPoint },
  exponentialHistogram: { type: 'exponential_histogram', point: exponentialPoint },
  summary: { type: 'summary', point: summaryPoint },
} as const

function metric(from: Json, left: Left): Metric {
  const metric: Metric = {
    name: text(from, 'name'),
    unit: text(from, 'unit'),
    type: 'gauge',
    monotonic: false,
    delta: false,
    points: [],
  }
  for (const [name, { type, point }] of Object.entries(METRIC_TYPES)) {
    if (from[name] == null) continue
    const data = part(from, name)
    metric.type = type
    metric.monotonic = flag(data, 'isMonotonic')
    metric.delta =
      choice(data, 'aggregationTemporality', 'AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']) === 1
    metric.points = messages(data, 'dataPoints').map((one) => {
      take(left)
      return point(one)
    })
  }
  return metric
}

function basePoint(from: Json): Point {
  return {
    at: nanos(from, 'timeUnixNano'),
    attributes: attributesOf(from),
    value: null,
    count: 1,
    sum: null,
    min: number(from, 'min'),
    max: number(from, 'max'),
    shape: null,
    absent: (number(from, 'flags') ?? 0) % 2 === 1,
  }
}

function numberPoint(from: Json): Point {
  return { ...basePoint(from), value: number(from, 'asDouble') ?? number(from, 'asInt') }
}

function numbers(of: Json, name: string): Value[] {
  return list(of, name)
    .slice(0, OTLP_LIMITS.attributes)
    .map((value) => number({ value }, 'value') ?? 0)
}

function histogramPoint(from: Json): Point {
  return {
    ...basePoint(from),
    count: number(from, 'count') ?? 0,
    sum: number(from, 'sum'),
    shape: { bounds: numbers(from, 'explicitBounds'), counts: numbers(from, 'bucketCounts') },
  }
}

function exponentialPoint(from: Json): Point {
  const buckets = (name: string) =>
    from[name] == null
      ? {}
      : { [name]: { offset: number(part(from, name), 'offset') ?? 0, counts: numbers(part(from, name), 'bucketCounts') } }
  const threshold = number(from, 'zeroThreshold')
  return {
    ...basePoint(from),
    count: number(from, 'count') ?? 0,
    sum: number(from, 'sum'),
    shape: {
      scale: number(from, 'scale') ?? 0,
      zero_count: number(from, 'zeroCount') ?? 0,
      ...buckets('positive'),
      ...buckets('negative'),
      ...(threshold === null ? {} : { zero_threshold: threshold }),
    },
  }
}

function summaryPoint(from: Json): Point {
  return {
    ...basePoint(from),
    count: number(from, 'count') ?? 0,
    sum: number(from, 'sum'),
    shape: {
      quantiles: messages(from, 'quantileValues')
        .slice(0, OTLP_LIMITS.attributes)
        .map((one) => ({ quantile: number(one, 'quantile') ?? 0, value: number(one, 'value') ?? 0 })),
    },
  }
}
