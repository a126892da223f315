import type { RunningServer } from '../cli/run-server.ts'
import type { DemoEvent } from '../demo/recorder.ts'
import { tracesOf } from '../demo/telemetry.ts'
import { receiveOtlp } from '../ingest/otlp/receive.ts'
import type { Signal } from '../ingest/otlp/telemetry.ts'
import type { TenantId } from '../model/tenant.ts'
import { systemResolver } from '../platform/systems.ts'

const NANOS = 1_000_000n
const EVERY_MS = 10 * 60_000
const AT_ONCE = 5000
/** What is measured of the workflow engine and its queue, as the exporters name it. */
const MEASURED = [
  ['n8n_scaling_mode_queue_jobs_waiting', 'jobs'],
  ['n8n_scaling_mode_queue_jobs_active', 'jobs'],
  ['rabbitmq_queue_messages', 'invoices'],
  ['rabbitmq_queue_messages', 'payments'],
  ['redis_connected_clients', 'redis-0'],
  ['pg_stat_activity_count', 'n8n'],
] as const

const said = (key: string, value: string) => ({ key, value: { stringValue: value } })
const RESOURCE = { attributes: [said('service.name', 'n8n')] }

/** Stores the calls behind events of operations, and what the workflow engine logs of each of these events. */
export async function sendTraces(server: RunningServer, tenant: TenantId, events: readonly DemoEvent[]): Promise<void> {
  const traces = tracesOf(events)
  if (traces === null) return
  await send(server, tenant, 'traces', traces)
  const logRecords = events.flatMap((event) => {
    const { operation, outcome, step = '' } = event.data
    if (operation === undefined) return []
    const [, traceId = '', spanId = ''] = event.traceparent?.split('-') ?? []
    const failed = outcome?.status !== 'ok'
    return {
      timeUnixNano: String(BigInt(Date.parse(event.time)) * NANOS),
      severityNumber: failed ? 17 : 9,
      body: { stringValue: failed ? `${step} failed: ${outcome?.message ?? outcome?.code ?? ''}` : `${step} done` },
      traceId,
      spanId,
      attributes: [said('step', step)],
    }
  })
  await send(server, tenant, 'logs', {
    resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: { name: 'n8n' }, logRecords }] }],
  })
}

/** Stores what is measured of the workflow engine and its queue, each ten minutes between two instants (milliseconds). */
export async function sendMeasurements(server: RunningServer, tenant: TenantId, since: number, until: number): Promise<void> {
  for (const [name, of] of MEASURED)
    for (let from = since; from < until; from += AT_ONCE * EVERY_MS) {
      const dataPoints = []
      for (let at = from; at < Math.min(until, from + AT_ONCE * EVERY_MS); at += EVERY_MS)
        dataPoints.push({
          timeUnixNano: String(BigInt(at) * NANOS),
          asDouble: 20 + Math.round(15 * Math.sin(at / 14_000_000)) + (Math.floor(at / EVERY_MS) % 7),
          attributes: [said('queue', of)],
        })
      const metrics = [{ name, gauge: { dataPoints } }]
      await send(server, tenant, 'metrics', {
        resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ scope: { name: 'exporter' }, metrics }] }],
      })
    }
}

async function send(server: RunningServer, tenant: TenantId, signal: Signal, request: unknown): Promise<void> {
  const receipt = await receiveOtlp(
    { signal, encoding: 'json', body: Buffer.from(JSON.stringify(request)), tenant, feed: 'otlp' },
    {
      resolve: await systemResolver(server.stores.postgres.db, tenant),
      writer: server.telemetry,
      arrival: (count) => server.writer.arrival(count),
    },
  )
  if (receipt.rejected > 0) throw new Error(`a record of telemetry was refused: ${receipt.message}`)
}
