import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import { sqlText } from '../queries/run.ts'
import { type Batch, batchId, receivedOf } from './batch.ts'
import { insertValues, minuteOf, type Patience, whileWanted } from './rows.ts'

const COLUMNS = [
  'tenant_id',
  'feed',
  'minute',
  'batch_id',
  'token',
  'received',
  'inserted',
  'known_duplicates',
  'rejected',
  'ignored',
  'late',
  'written_at',
] as const

/** What the door counted of one batch. */
export type BatchCount = {
  batch: Pick<Batch, 'tenant' | 'feed' | 'token' | 'at'>
  received: number
  inserted: number
  knownDuplicates: number
  rejected: number
  ignored: number
  late: number
}

/** Events that happened longer than this before they came are late, microseconds. */
export const LATE_US = 3600e6

/** The counts of a batch of events. A row that the store refused counts as rejected, like a record that could not be read. */
export function countOf(
  batch: Batch,
  found: { inserted: number; knownDuplicates: number; refused: number; late: number },
): BatchCount {
  return {
    batch,
    received: receivedOf(batch),
    inserted: found.inserted,
    knownDuplicates: found.knownDuplicates,
    rejected: batch.letters.length + found.refused,
    ignored: batch.ignored,
    late: found.late,
  }
}

/** Writes one row a batch: one side of the ledger. Writing the same batch again replaces its row. */
export async function insertBatches(
  clickhouse: ClickHouseClient,
  counts: readonly BatchCount[],
  now: Instant,
  patience: Patience,
): Promise<void> {
  const rows = counts.map(({ batch, received, inserted, knownDuplicates, rejected, ignored, late }) => [
    batch.tenant,
    batch.feed,
    minuteOf(batch.at),
    batchId(batch.tenant, batch.token),
    batch.token,
    received,
    inserted,
    knownDuplicates,
    rejected,
    ignored,
    late,
    now,
  ])
  // No token: rows of equal batches replace each other.
  await insertValues(clickhouse, { table: 'ingest_batches', columns: COLUMNS }, rows, '', patience)
}

const Minutes = z.array(z.object({ minute: z.string() }))
const Dirty = z.array(z.object({ tenant_id: z.string(), minute: z.string() }))

/**
 * Tells first arrivals from copies for every minute in which rows arrived since it was last settled, and which is quiet. Runs anywhere,
 * any number of times, to the same end.
 *
 * @param options.sinceS how far back minutes, and batches that were written for older ones, are looked at, seconds
 * @param options.quietS how long nothing must have come in a minute, seconds; 0 settles what is there now
 * @param options.signal ends it; what was asked of ClickHouse may take effect all the same
 */
export async function settleLedger(
  clickhouse: ClickHouseClient,
  options: { now: Instant; sinceS: number; quietS: number; signal?: AbortSignal },
): Promise<number> {
  const { now, sinceS, quietS, signal } = options
  const answer = await clickhouse.query({
    query: sqlText('settle/ledger-dirty'),
    query_params: {
      since: instantToClickHouse(now - sinceS * 1e6),
      quiet: instantToClickHouse(now - quietS * 1e6),
    },
    format: 'JSONEachRow',
    ...whileWanted(signal),
  })
  const dirty = Dirty.parse(await answer.json())
  const settleMinute = async (tenant_id: string, minute: string): Promise<void> => {
    await clickhouse.command({
      query: sqlText('settle/ledger'),
      query_params: { tenant_id, minute, settled_at: instantToClickHouse(now) },
      ...whileWanted(signal),
    })
  }
  for (const { tenant_id, minute } of dirty) {
    await settleMinute(tenant_id, minute)
    const later = await clickhouse.query({
      query: sqlText('settle/ledger-later'),
      query_params: { tenant_id, minute },
      format: 'JSONEachRow',
      ...whileWanted(signal),
    })
    const copied = Minutes.parse(await later.json()).filter(
      (one) => !dirty.some((d) => d.tenant_id === tenant_id && d.minute === one.minute),
    )
    for (const one of copied) await settleMinute(tenant_id, one.minute)
  }
  return dirty.length
}

/** Settles the ledger every few seconds until the signal aborts; a failure is told and tried again. */
export async function keepLedger(
  clickhouse: ClickHouseClient,
  options: { now: () => Instant; signal: AbortSignal; onError(error: unknown): void },
): Promise<void> {
  const { now, signal } = options
  let sinceS = 48 * 3600
  while (!signal.aborted) {
    try {
      await settleLedger(clickhouse, { now: now(), sinceS, quietS: 3, signal })
      sinceS = 2 * 3600
    } catch (error) {
      if (!signal.aborted) options.onError(error)
    }
    await sleep(3000, undefined, { signal }).catch(() => undefined)
  }
}
