/** Units of a currency for one of the yardstick in which purchases are drawn. */
export const FX: Readonly<Record<string, number>> = { EUR: 1, USD: 1.08, GBP: 0.86, PLN: 4.3, MXN: 19.5 }

/**
 * The limits of the rules, in the yardstick. Amounts keep clear of every one of them (see `clearOf`), so that neither a conversion nor
 * "over" against "at least" decides a verdict.
 */
export const LIMITS = {
  /** A requisition up to here needs nobody. */
  self_service: 400,
  /** A budget owner decides up to here; also what two parts of one need are kept under. */
  budget_owner: 3000,
  /** A plant manager decides up to here; above it the approval is attested. */
  plant_manager: 60_000,
  /** A matched invoice up to here is approved by rule. */
  by_rule: 25_000,
  /** An invoice approver decides up to here. */
  invoice_approver: 30_000,
} as const

/** Moves an amount away from the limits, by a twentieth at most of the limit's own size, and rounds it to cents. */
export function clearOf(amount: number): number {
  let clear = amount
  for (const limit of Object.values(LIMITS)) if (Math.abs(clear / limit - 1) < 0.05) clear *= clear < limit ? 0.95 : 1.05
  return Math.round(clear * 100) / 100
}

/** Decimal text of an amount of the yardstick in a currency. */
export function inCurrency(amount: number, currency: string): string {
  return (amount * (FX[currency] ?? 1)).toFixed(2)
}

/** Whether an amount keeps clear of the limits. */
export function isClear(amount: number): boolean {
  return Object.values(LIMITS).every((limit) => Math.abs(amount / limit - 1) > 0.03)
}
