import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { moneyRates } from './money-rates.ts'
import type { Query, TenantReader } from './run.ts'

/** Age bands by the seconds that they begin at. */
const AGE_BANDS = [0, 86_400, 259_200, 604_800, 1_209_600, 2_592_000, 7_776_000] as const

const BANDS = {
  name: 'read/ageing-bands',
  params: z.object({ now: z.string() }),
  row: z.object({
    type: z.string(),
    waits: z.string(),
    band: z.number(),
    n: z.number(),
    oldest_at: z.string(),
    worth_reporting: z.number(),
    unconverted: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ITEMS = {
  name: 'read/ageing-items',
  params: z.object({
    now: z.string(),
    type: z.string(),
    waits: z.string(),
    least_s: z.number(),
    below_s: z.number(),
    limit: z.number(),
    offset: z.number(),
  }),
  row: z.object({
    type: z.string(),
    id: z.string(),
    of_type: z.string(),
    of_id: z.string(),
    waits: z.string(),
    waits_for: z.string(),
    waiting_since: z.string(),
    since: z.string(),
    stage: z.string(),
    document_amount: z.number(),
    document_currency: z.string(),
    worth_reporting: z.number().nullable(),
    supplier: z.string(),
    entity: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type AgeingScope = {
  now: Instant
  type: string
  waits: string
  band: number | null
  limit: number
  offset: number
}

/**
 * Open work as it stands: by kind, age and what it waits on, and the oldest of what is asked for. Exceptions count apart from the
 * documents that they hold up; their money is not counted again.
 */
export async function ageing(reader: TenantReader, scope: AgeingScope) {
  const now = instantToClickHouse(scope.now)
  const below = scope.band === null ? undefined : AGE_BANDS[AGE_BANDS.findIndex((band) => band === scope.band) + 1]
  const [bands, items, { currency }] = await Promise.all([
    reader.rows(BANDS, { now }),
    reader.rows(ITEMS, {
      now,
      type: scope.type,
      waits: scope.waits,
      least_s: scope.band ?? -1,
      below_s: below ?? Number.MAX_SAFE_INTEGER,
      limit: scope.limit,
      offset: scope.offset,
    }),
    moneyRates(reader, scope.now),
  ])
  return {
    as_of: instantToIso(scope.now),
    currency,
    bands: bands.map(({ worth_reporting, ...band }) => ({ ...band, worth: currency === null ? null : worth_reporting })),
    items: items.map(({ document_amount, document_currency, worth_reporting, ...item }) => ({
      ...item,
      amount: document_amount,
      currency: document_currency,
      worth: worth_reporting,
    })),
  }
}
