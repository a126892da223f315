import { type Batch, batchId } from '../batch.ts'
import { firstArrival } from '../row.ts'
import type { Call } from './calls.ts'
import type { Log } from './logs.ts'
import type { MetricPoint } from './metrics.ts'

/** Columns of arrival, which all tables of telemetry have. */
const ARRIVAL_COLUMNS = ['tenant_id', 'feed', 'batch_id', 'ordinal', 'received_at', 'first_arrival'] as const

/** What a record says, in the order of a table's columns. */
type Layout<T> = {
  columns: readonly string[]
  values(record: T): unknown[]
  /** When it happened. */
  at(record: T): number
}

const CALLS: Layout<Omit<Call, 'links'>> = {
  columns: [
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
  ],
  values: (call) => [
    call.system,
    call.startedAt,
    call.traceId,
    call.spanId,
    call.parentSpanId,
    call.systemClass,
    call.reporter,
    call.kind,
    call.spanKind,
    call.operation,
    call.status,
    call.statusCode,
    call.errorType,
    call.message,
    call.durationMs,
    call.attempt,
    call.class,
    call.category,
    call.reaction,
    call.workflow,
    call.workflowRun,
    call.queue,
    call.documents.types,
    call.documents.ids,
    call.attributes,
  ],
  at: (call) => call.startedAt,
}

const POINTS: Layout<MetricPoint> = {
  columns: [
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
  ],
  values: (point) => [
    point.system,
    point.name,
    point.series,
    point.at,
    point.measure,
    point.reporter,
    point.type,
    point.unit,
    point.value,
    point.count,
    point.sum,
    point.monotonic,
    point.delta,
    point.resource,
    point.attributes,
  ],
  at: (point) => point.at,
}

const LOGS: Layout<Log> = {
  columns: [
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
  ],
  values: (log) => [
    log.system,
    log.at,
    log.logId,
    log.reporter,
    log.severity,
    log.severityNumber,
    log.eventName,
    log.body,
    log.traceId,
    log.spanId,
    log.resource,
    log.documents.types,
    log.documents.ids,
    log.attributes,
  ],
  at: (log) => log.at,
}

const LAYOUTS = { integration_calls: CALLS, metric_points: POINTS, logs: LOGS } as const

/** A table of telemetry. */
export type TelemetryTable = keyof typeof LAYOUTS

/** Records of one table. */
export type TelemetryRecords =
  | { table: 'integration_calls'; records: readonly Omit<Call, 'links'>[] }
  | { table: 'metric_points'; records: readonly MetricPoint[] }
  | { table: 'logs'; records: readonly Log[] }

/** The columns of a table in the order of {@link telemetryRows}. */
export function telemetryColumns(table: TelemetryTable): string[] {
  return [...ARRIVAL_COLUMNS, ...LAYOUTS[table].columns]
}

/** Lays records out as the rows of their table; `late` are those that happened longer than `lateUs` before they came. */
export function telemetryRows(
  batch: Pick<Batch, 'tenant' | 'feed' | 'token' | 'at'> & TelemetryRecords,
  lateUs: number,
): { rows: unknown[][]; late: number } {
  const { tenant, feed, token, at } = batch
  const id = batchId(tenant, token)
  const first = firstArrival(at)
  const lay = <T extends { ordinal: number }>(layout: Layout<T>, records: readonly T[]) => {
    let late = 0
    const rows = records.map((record) => {
      const { ordinal } = record
      if (layout.at(record) < at - lateUs) late++
      return [tenant, feed, id, ordinal, at + ordinal, first - BigInt(ordinal), ...layout.values(record)]
    })
    return { rows, late }
  }
  if (batch.table === 'integration_calls') return lay(CALLS, batch.records)
  return batch.table === 'logs' ? lay(LOGS, batch.records) : lay(POINTS, batch.records)
}
