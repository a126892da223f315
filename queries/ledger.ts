import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

export const LEDGER_BUCKETS = ['minute', 'hour', 'day'] as const

const counts = {
  received: z.number(),
  stored: z.number(),
  duplicate: z.number(),
  rejected: z.number(),
  ignored: z.number(),
  in_flight: z.number(),
  late: z.number(),
  missing: z.number(),
}

const LEDGER = {
  name: 'read/ledger',
  params: z.object({ from: z.string(), to: z.string(), bucket: z.enum(LEDGER_BUCKETS), feed: z.string() }),
  row: z.object({ bucket: z.string(), feed: z.string(), ...counts }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** One bucket of one feed; `late` is part of `stored` and `duplicate`. */
export type LedgerRow = z.output<typeof LEDGER.row>
export type LedgerCounts = Omit<LedgerRow, 'bucket' | 'feed'>

/**
 * The ledger of a tenant: received = stored + duplicate + rejected + ignored + in_flight + missing, where `in_flight` is durable and not
 * yet told apart into first arrivals and copies, and `missing` was acknowledged and is not in the store – it must be 0.
 *
 * @param range half-open, microseconds; `feed` empty for all
 */
export async function ledger(
  reader: TenantReader,
  range: { from: Instant; to: Instant; bucket: (typeof LEDGER_BUCKETS)[number]; feed: string },
): Promise<{ rows: LedgerRow[]; totals: LedgerCounts; balanced: boolean }> {
  const rows = await reader.rows(LEDGER, {
    ...range,
    from: instantToClickHouse(range.from),
    to: instantToClickHouse(range.to),
  })
  const totals: LedgerCounts = {
    received: 0,
    stored: 0,
    duplicate: 0,
    rejected: 0,
    ignored: 0,
    in_flight: 0,
    late: 0,
    missing: 0,
  }
  for (const row of rows) for (const key of Object.keys(totals) as (keyof LedgerCounts)[]) totals[key] += row[key]
  const { received, stored, duplicate, rejected, ignored, in_flight, missing } = totals
  return { rows, totals, balanced: missing === 0 && received === stored + duplicate + rejected + ignored + in_flight }
}
