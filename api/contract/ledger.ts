import { z } from 'zod'
import { InstantText } from './common.ts'

export const LEDGER_BUCKETS = ['minute', 'hour', 'day'] as const

export const LedgerQuery = z.object({
  from: InstantText.optional().describe('start of arrival, inclusive; default one day before `to`'),
  to: InstantText.optional().describe('end of arrival, exclusive; default now'),
  bucket: z.enum(LEDGER_BUCKETS).default('hour').describe('by minute at most two days'),
  feed: z.string().max(200).optional().describe('id of a registered source, http, otlp or import'),
})

const count = (meaning: string) => z.int().describe(meaning)

/** received = stored + duplicate + rejected + ignored + in_flight + missing */
const LedgerCounts = z.object({
  received: count('records that came, counted as the events they hold and at least one each'),
  stored: count('first arrivals; copies that say something else are kept and counted here too'),
  duplicate: count('copies of what is stored already'),
  rejected: count('records that became dead letters'),
  ignored: count('records that a mapping leaves out on purpose'),
  in_flight: count('rows that are taken and not told apart yet: they become stored or duplicate within seconds'),
  missing: count('what no other column accounts for; 0, or something was lost'),
  late: count('part of stored and duplicate: happened over an hour before they came'),
})
export type LedgerCounts = z.output<typeof LedgerCounts>

export const LedgerRow = LedgerCounts.extend({ bucket: z.string().describe('start of the bucket'), feed: z.string() }).meta({
  id: 'LedgerRow',
})
export type LedgerRow = z.output<typeof LedgerRow>

/** What came in, and what became of it, by feed and time of arrival. */
export const Ledger = z
  .object({
    from: z.string(),
    to: z.string(),
    bucket: z.enum(LEDGER_BUCKETS),
    rows: z.array(LedgerRow).describe('newest bucket first'),
    feeds: z.array(LedgerCounts.extend({ feed: z.string(), balanced: z.boolean() })).describe('totals of each feed'),
    totals: LedgerCounts,
    balanced: z.boolean().describe('received = stored + duplicate + rejected + ignored + in_flight, in every row'),
    as_of: z.string(),
  })
  .meta({ id: 'Ledger' })
export type Ledger = z.output<typeof Ledger>
