import type { Spend } from '../../../api/contract/spend.ts'
import { money } from '../../money.ts'

type Sums = Pick<Spend['groups'][number], 'value' | 'currencies'>

/** A sum in the reporting currency, or one for each currency where a rate is missing. */
export function SpendOf({ of, currency }: { of: Sums; currency: string | null }) {
  if (of.value !== null && currency !== null) return <>{money(of.value, currency)}</>
  if (of.currencies.length === 0) return <span className="dim">–</span>
  return <>{of.currencies.map((one) => money(one.total, one.currency)).join(' + ')}</>
}
