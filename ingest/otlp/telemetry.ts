import { SightlineError } from '../../platform/errors.ts'

/** Value of an attribute. Whole numbers beyond 2^53 are text, bytes are base64. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** Attributes as two arrays of equal length: cheaper to fill and to walk than an object for each span. */
export type Attributes = { keys: string[]; values: Value[] }

/** An instant in whole microseconds, and the nanoseconds beyond them (0 to 999). Both 0 where it was not told. */
export type Nanos = { us: number; ns: number }

export type Span = {
  /** Hex, lower case; whatever came where it is none. */
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  start: Nanos
  end: Nanos
  attributes: Attributes
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number
  statusMessage: string
  events: SpanEvent[]
  links: SpanLink[]
}
export type SpanEvent = { name: string; at: Nanos; attributes: Attributes }
export type SpanLink = { traceId: string; spanId: string; attributes: Attributes }

export type LogRecord = {
  at: Nanos
  observed: Nanos
  severity: number
  severityText: string
  body: Value
  attributes: Attributes
  traceId: string
  spanId: string
  eventName: string
}

export type Metric = {
  name: string
  unit: string
  type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'
  monotonic: boolean
  delta: boolean
  points: Point[]
}

/** A point of any type of metric; what its type does not have is empty. */
export type Point = {
  at: Nanos
  attributes: Attributes
  /** Of a gauge or sum; null where it says neither a double nor an integer. */
  value: number | null
  count: number
  /** Null where a histogram does not tell it. */
  sum: number | null
  min: number | null
  max: number | null
  /** What is kept of a distribution beside: bounds and counts, scale and buckets, quantiles. */
  shape: Record<string, Value> | null
  /** The series says that it has nothing to say: a marker, no measurement. */
  absent: boolean
}

/** What one resource reported by one scope. */
export type Group<T> = { resource: Attributes; scope: string; records: T[] }

/** What a signal's request holds. */
export type Signals = { traces: Span; logs: LogRecord; metrics: Metric }
export type Signal = keyof Signals

export const OTLP_LIMITS = {
  /** Largest body, after decompression. */
  bodyBytes: 16 * 1024 * 1024,
  /** Spans, log records or points – and the messages that group them – of one request. */
  records: 100_000,
  /** Of one record; what is more is left out. */
  attributes: 512,
  events: 128,
  links: 128,
  /** Of values within values. */
  depth: 24,
} as const

export const NO_TIME: Nanos = { us: 0, ns: 0 }

/** @throws SightlineError `body_too_large` when a request holds more records than are taken */
export function tooManyRecords(): never {
  throw new SightlineError('body_too_large', `The request holds more than ${OTLP_LIMITS.records} records.`, {
    next: 'Lower the batch size of the exporter.',
  })
}

/** The value of an attribute; undefined where there is none. The last one counts where it is given twice. */
export function attribute(attributes: Attributes, key: string): Value | undefined {
  const at = attributes.keys.lastIndexOf(key)
  return at < 0 ? undefined : attributes.values[at]
}

/** A value as text: empty for null, JSON for what is neither text nor a number nor a truth value. */
export function valueText(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (value == null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
