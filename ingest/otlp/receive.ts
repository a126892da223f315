import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { DeadLetter } from '../batch.ts'
import { LATE_US } from '../ledger.ts'
import { mapSpans, type Rejection } from './calls.ts'
import { readJson } from './json.ts'
import { arrivalOf, callLine, logLine, metricLine } from './lines.ts'
import { mapLogs } from './logs.ts'
import { mapMetrics } from './metrics.ts'
import { readProtobuf } from './protobuf.ts'
import type { Resolver } from './system.ts'
import type { Signal, Signals, Group } from './telemetry.ts'
import type { TelemetryTable, TelemetryWriter } from './writer.ts'

/** What became of the records of a request. */
export type OtlpReceipt = {
  accepted: number
  rejected: number
  /** Why records were rejected: the reasons with their numbers; empty where none was. */
  message: string
}

export type OtlpEncoding = 'protobuf' | 'json'

/**
 * Reads a request of OTLP, maps its records and stores them. Returns once the good ones are durable; the bad ones are counted with
 * reasons, and one dead letter keeps these.
 *
 * @throws SightlineError `body_invalid`, `body_too_large`: sending it again does not help; `overloaded`, `store_unavailable`, `draining`:
 *   it does, and counts once
 */
export async function receiveOtlp(
  request: { signal: Signal; encoding: OtlpEncoding; body: Buffer; tenant: TenantId; feed: string },
  context: { resolve: Resolver; writer: TelemetryWriter; arrival: (count: number) => Instant },
): Promise<OtlpReceipt> {
  const { signal, encoding, body, tenant, feed } = request
  const token = randomUUID()
  const laid = await layOut(signal, encoding, body, context, { tenant, feed, token })
  const { rejected, lines } = laid
  const { refused } = await context.writer.write({
    tenant,
    feed,
    token,
    at: laid.at,
    table: laid.table,
    lines,
    rejected: rejected.length,
    ignored: laid.ignored,
    late: laid.late,
    letter: rejected.length === 0 ? null : letterOf(signal, token, rejected),
  })
  return {
    accepted: lines.length - refused.length,
    rejected: rejected.length + refused.length,
    message: messageOf([...rejected, ...refused]),
  }
}

type LaidOut = {
  at: Instant
  table: TelemetryTable
  lines: string[]
  rejected: Rejection[]
  ignored: number
  late: number
}

async function layOut(
  signal: Signal,
  encoding: OtlpEncoding,
  body: Buffer,
  { resolve, arrival }: { resolve: Resolver; arrival: (count: number) => Instant },
  batch: { tenant: TenantId; feed: string; token: string },
): Promise<LaidOut> {
  if (signal === 'traces') {
    const groups = read(body, encoding, signal)
    const at = arrival(countOf(groups))
    await breathe()
    const { calls, rejected } = mapSpans(groups, resolve, at)
    await breathe()
    const line = arrivalOf({ ...batch, at })
    const late = calls.filter((call) => call.startedAt < at - LATE_US).length
    return { at, table: 'integration_calls', lines: calls.map((call) => callLine(line, call)), rejected, ignored: 0, late }
  }
  if (signal === 'logs') {
    const groups = read(body, encoding, signal)
    const at = arrival(countOf(groups))
    await breathe()
    const { logs, rejected } = mapLogs(groups, resolve, at)
    const line = arrivalOf({ ...batch, at })
    const late = logs.filter((log) => log.at < at - LATE_US).length
    return { at, table: 'logs', lines: logs.map((log) => logLine(line, log)), rejected, ignored: 0, late }
  }
  const groups = read(body, encoding, signal)
  const at = arrival(groups.reduce((sum, group) => sum + countOf(group.records.map(({ points }) => ({ records: points }))), 0))
  await breathe()
  const { points, rejected, ignored } = mapMetrics(groups, resolve, at)
  const line = arrivalOf({ ...batch, at })
  const late = points.filter((point) => point.at < at - LATE_US).length
  return { at, table: 'metric_points', lines: points.map((point) => metricLine(line, point)), rejected, ignored, late }
}

function read<S extends Signal>(body: Buffer, encoding: OtlpEncoding, signal: S): Group<Signals[S]>[] {
  return encoding === 'protobuf' ? readProtobuf(body, signal) : readJson(body, signal)
}

function countOf(groups: readonly { records: readonly unknown[] }[]): number {
  return groups.reduce((sum, { records }) => sum + records.length, 0)
}

/** The reasons, the commonest first, with their numbers. */
function messageOf(rejections: readonly { reason: string }[]): string {
  const reasons = Map.groupBy(rejections, ({ reason }) => reason)
  const shown = [...reasons].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 5)
  const more = reasons.size - shown.length
  return [...shown.map(([reason, of]) => `${of.length}× ${reason}`), ...(more > 0 ? [`and ${more} more reasons`] : [])].join('; ')
}

const SHOWN_REJECTIONS = 1000

/** The one letter of a request: which of its records were bad, and why. */
function letterOf(signal: Signal, token: string, rejected: readonly Rejection[]): DeadLetter {
  return {
    coordinates: { request: token, index: rejected[0]?.ordinal ?? 0 },
    headers: {},
    raw: Buffer.from(JSON.stringify(rejected.slice(0, SHOWN_REJECTIONS))),
    format: `otlp-${signal}`,
    code: 'record_rejected',
    reason: `${rejected.length} of the records of a request: ${messageOf(rejected)}`,
    mapping: '',
    mappingVersion: 0,
  }
}
