import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../model/instant.ts'
import { settleLeftovers, settleRecent, sweepConflicts } from './settle.ts'
import type { EventWriter } from './write.ts'

/** How often is looked for what several processes made of the same identities, ms. */
const SWEEP_MS = 20_000
/** How far a look reaches back behind the one before: arrivals are stored a little after their instant. */
const OVERLAP_US = 60e6

/**
 * Settles what no writer could: what a process left behind when it died, copies that came through different processes, and
 * settlements that crossed. Runs until the signal aborts; a failure is told and tried again.
 */
export async function keepSettled(options: {
  clickhouse: ClickHouseClient
  writer: Pick<EventWriter, 'inTurn'>
  now: () => Instant
  signal: AbortSignal
  onError(error: unknown): void
}): Promise<void> {
  const { clickhouse, now, signal } = options
  const look = { inTurn: options.writer.inTurn, signal }
  let since: Instant | null = null
  while (!signal.aborted) {
    const started = now()
    const from: Instant | null = since
    try {
      if (from === null) await settleLeftovers(clickhouse, now, look)
      await sweepConflicts(clickhouse, from ?? 0, now, look)
      await settleRecent(clickhouse, from ?? started - OVERLAP_US, now, look)
      since = started - OVERLAP_US
    } catch (error) {
      if (!signal.aborted) options.onError(error)
    }
    await sleep(SWEEP_MS, undefined, { signal }).catch(() => undefined)
  }
}
