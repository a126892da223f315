import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const RATES = {
  name: 'read/money-rates',
  params: z.object({ at: z.string() }),
  row: z.object({ currency: z.string(), rate_now: z.number(), reporting_currency: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** A tenant's reporting currency, null where reference data names none, and what one unit of each currency is worth in it. */
export type MoneyRates = { currency: string | null; rates: ReadonlyMap<string, number> }

/**
 * Rates into a tenant's reporting currency at an instant.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function moneyRates(reader: TenantReader, at: Instant): Promise<MoneyRates> {
  const rows = await reader.rows(RATES, { at: instantToClickHouse(at) })
  const currency = rows.find(({ reporting_currency }) => reporting_currency !== '')?.reporting_currency ?? null
  // Rates into no currency are none.
  return { currency, rates: new Map(currency === null ? [] : rows.map((row) => [row.currency, row.rate_now])) }
}

/** The sum of sums in several currencies in the reporting currency; null where one of them has no rate, or nothing is reported in. */
export function inReportingCurrency(
  sums: readonly (readonly [currency: string, amount: string])[],
  { rates }: MoneyRates,
): number | null {
  let total = 0
  for (const [currency, amount] of sums) {
    const rate = rates.get(currency)
    if (rate === undefined) return null
    total += Number(amount) * rate
  }
  return rates.size === 0 ? null : total
}
