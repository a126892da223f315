import { randomUUID } from 'node:crypto'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { DeadLetter } from '../batch.ts'
import { mapSpans, type Rejection } from './calls.ts'
import type { TelemetryRecords } from './columns.ts'
import { readJson } from './json.ts'
import { mapLogs } from './logs.ts'
import { mapMetrics } from './metrics.ts'
import { readProtobuf } from './protobuf.ts'
import type { Resolver } from './system.ts'
import type { Signal, Signals, Group } from './telemetry.ts'
import type { TelemetryWriter } from './writer.ts'

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
 * reasons, and one dead letter keeps these. A record that the store refuses is a dead letter of its own.
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
  const { at, rejected, ignored, ...found } = mapped(signal, encoding, body, context)
  const { refused } = await context.writer.write({
    tenant,
    feed,
    token,
    at,
    ...found,
    rejected: rejected.length,
    ignored,
    letter: rejected.length === 0 ? null : letterOf(signal, token, rejected),
  })
  return {
    accepted: found.records.length - refused.length,
    rejected: rejected.length + refused.length,
    message: messageOf([...rejected, ...refused]),
  }
}

type Mapped = { at: Instant; rejected: Rejection[]; ignored: number } & TelemetryRecords

/** Reads and maps in one go: what is made on the way is garbage before the next request is looked at. */
function mapped(
  signal: Signal,
  encoding: OtlpEncoding,
  body: Buffer,
  { resolve, arrival }: { resolve: Resolver; arrival: (count: number) => Instant },
): Mapped {
  if (signal === 'traces') {
    const groups = read(body, encoding, signal)
    const at = arrival(countOf(groups))
    const { calls, rejected } = mapSpans(groups, resolve, at)
    return { at, table: 'integration_calls', records: calls, rejected, ignored: 0 }
  }
  if (signal === 'logs') {
    const groups = read(body, encoding, signal)
    const at = arrival(countOf(groups))
    const { logs, rejected } = mapLogs(groups, resolve, at)
    return { at, table: 'logs', records: logs, rejected, ignored: 0 }
  }
  const groups = read(body, encoding, signal)
  const at = arrival(countOf(groups.flatMap(({ records }) => records.map(({ points }) => ({ records: points })))))
  const { points, rejected, ignored } = mapMetrics(groups, resolve, at)
  return { at, table: 'metric_points', records: points, rejected, ignored }
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
