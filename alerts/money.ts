import type { Turn } from '../model/alert-turn.ts'
import type { Instant } from '../model/instant.ts'
import { inReportingCurrency, moneyRates } from '../queries/money-rates.ts'
import type { TenantReader } from '../queries/run.ts'

const text = (amount: number, currency: string): string =>
  `${currency} ${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`.trim()

/** How amounts of a tenant are said: sums in its reporting currency, where every part has a rate, else currency by currency. */
export async function tenantMoney(reader: TenantReader, at: Instant): Promise<Turn['money']> {
  const rates = await moneyRates(reader, at)
  const sumsOf = (sums: Record<string, number>) => Object.entries(sums).filter(([, amount]) => amount > 0)
  const number = (sums: Record<string, number>): number | null => {
    const parts = sumsOf(sums)
    return parts.length === 0
      ? null
      : inReportingCurrency(
          parts.map(([currency, amount]) => [currency, String(amount)]),
          rates,
        )
  }
  return {
    one: text,
    number,
    sum(sums) {
      const total = number(sums)
      if (total !== null && rates.currency !== null) return text(Math.round(total), rates.currency).replace(/\.00$/u, '')
      return sumsOf(sums)
        .map(([currency, amount]) => text(amount, currency))
        .join(' + ')
    },
  }
}
