import { type Batch, batchId } from '../batch.ts'
import { firstArrival } from '../row.ts'
import type { Call } from './calls.ts'
import type { Documents } from './documents.ts'
import type { Log } from './logs.ts'
import type { MetricPoint } from './metrics.ts'

/** Columns of `integration_calls` in the order of {@link callLine}. */
export const CALL_COLUMNS = [
  'tenant_id',
  'feed',
  'batch_id',
  'ordinal',
  'received_at',
  'first_arrival',
  'system',
  'started_at',
  'trace_id',
  'span_id',
  'parent_span_id',
  'system_class',
  'reporter',
  'kind',
  'span_kind',
  'operation',
  'status',
  'status_code',
  'error_type',
  'message',
  'duration_ms',
  'attempt',
  'class',
  'category',
  'reaction',
  'workflow',
  'workflow_run',
  'queue',
  'object_types',
  'object_ids',
  'attributes',
] as const

/** Columns of `metric_points` in the order of {@link metricLine}. */
export const METRIC_COLUMNS = [
  'tenant_id',
  'feed',
  'batch_id',
  'ordinal',
  'received_at',
  'first_arrival',
  'system',
  'name',
  'series',
  'at',
  'measure',
  'reporter',
  'type',
  'unit',
  'value',
  'count',
  'sum',
  'monotonic',
  'delta',
  'resource',
  'attributes',
] as const

/** Columns of `logs` in the order of {@link logLine}. */
export const LOG_COLUMNS = [
  'tenant_id',
  'feed',
  'batch_id',
  'ordinal',
  'received_at',
  'first_arrival',
  'system',
  'at',
  'log_id',
  'reporter',
  'severity',
  'severity_number',
  'event_name',
  'body',
  'trace_id',
  'span_id',
  'resource',
  'object_types',
  'object_ids',
  'attributes',
] as const

/** The columns of arrival, which all tables have first, for the record at a position of a batch. */
export type Arrival = (ordinal: number) => string

/** Writes the columns of arrival of the records of one batch. */
export function arrivalOf(batch: Pick<Batch, 'tenant' | 'feed' | 'token' | 'at'>): Arrival {
  const same = `[${JSON.stringify(batch.tenant)},${JSON.stringify(batch.feed)},${batchId(batch.tenant, batch.token)},`
  const first = firstArrival(batch.at)
  // The last nine digits as a number: arithmetic of big integers for each row costs more than the rest of the line.
  const [high, low] = [first / LOW, Number(first % LOW)]
  return (ordinal) => {
    const rest = low - ordinal
    const arrival =
      rest < 0 ? `${high - 1n}${String(rest + Number(LOW)).padStart(9, '0')}` : `${high}${String(rest).padStart(9, '0')}`
    return `${same}${ordinal},${batch.at + ordinal},${arrival},`
  }
}

const LOW = 1_000_000_000n

/** A call as a line of `FORMAT JSONCompactEachRow`; instants are whole microseconds, the ticks of a `DateTime64(6)`. */
export function callLine(arrival: Arrival, call: Omit<Call, 'links'>): string {
  return (
    `${arrival(call.ordinal)}${quoted(call.system)},${call.startedAt},${JSON.stringify(call.traceId)},${JSON.stringify(call.spanId)},` +
    `${text(call.parentSpanId)},${quoted(call.systemClass)},${quoted(call.reporter)},"${call.kind}","${call.spanKind}",` +
    `${quoted(call.operation)},"${call.status}",${call.statusCode},${quoted(call.errorType)},${text(call.message)},${call.durationMs},` +
    `${call.attempt},"${call.class}","${call.category}","${call.reaction}",${quoted(call.workflow)},${text(call.workflowRun)},` +
    `${quoted(call.queue)},${documents(call.documents)},${JSON.stringify(call.attributes)}]`
  )
}

/** A measurement as a line of `FORMAT JSONCompactEachRow`. */
export function metricLine(arrival: Arrival, point: MetricPoint): string {
  return (
    `${arrival(point.ordinal)}${quoted(point.system)},${quoted(point.name)},${point.series},${point.at},"${point.measure}",` +
    `${quoted(point.reporter)},"${point.type}",${quoted(point.unit)},${point.value},${point.count},${point.sum},${point.monotonic},` +
    `${point.delta},${text(point.resource)},${JSON.stringify(point.attributes)}]`
  )
}

/** A log record as a line of `FORMAT JSONCompactEachRow`. */
export function logLine(arrival: Arrival, log: Log): string {
  return (
    `${arrival(log.ordinal)}${quoted(log.system)},${log.at},"${log.logId}",${quoted(log.reporter)},"${log.severity}",` +
    `${log.severityNumber},${quoted(log.eventName)},${JSON.stringify(log.body)},"${log.traceId}","${log.spanId}",` +
    `${text(log.resource)},${documents(log.documents)},${JSON.stringify(log.attributes)}]`
  )
}

const MOST_QUOTED = 20_000
const quotes = new Map<string, string>()

/** Text in JSON, looked up where it repeats. */
function quoted(value: string): string {
  if (value === '') return '""'
  let found = quotes.get(value)
  if (found !== undefined) return found
  if (quotes.size >= MOST_QUOTED) quotes.clear()
  found = JSON.stringify(value)
  quotes.set(value, found)
  return found
}

function text(value: string): string {
  return value === '' ? '""' : JSON.stringify(value)
}

function documents({ types, ids }: Documents): string {
  return types.length === 0 ? '[],[]' : `${JSON.stringify(types)},${JSON.stringify(ids)}`
}
