import { inCurrency } from './limits.ts'
import type { Profile, Unit } from './tenants.ts'

/** The cost centre of a site's business unit. */
export function costCentre(profile: Profile, unit: Unit): string {
  const names = [...new Set(profile.units.filter((one) => one.entity === unit.entity).map((one) => one.business_unit))]
  return `${unit.entity}-${names.indexOf(unit.business_unit) + 1}00`
}

/** The cost centre of an entity whose budget is used up: every order on it is over budget. */
export function exhaustedCostCentre(entity: string): string {
  return `${entity}-990`
}

/** A budget of a cost centre for a quarter such as `2026-Q1`, decimal text. */
export type Budget = {
  entity: string
  cost_centre: string
  period: string
  amount: string
  currency: string
  budget_owner: string
}

/**
 * The budgets of the quarters between two instants. Those in use are several times what a quarter at scale 1 costs, so that chance
 * never spends one; what is over budget was planned to be.
 */
export function budgetsOf(profile: Profile, owner: (unit: Unit, at: number) => string, from: number, to: number): Budget[] {
  const weights = profile.units.reduce((sum, unit) => sum + unit.weight, 0)
  const kinds = profile.categories.reduce((sum, one) => sum + one.weight, 0)
  const mean = profile.categories.reduce((sum, one) => sum + (one.amount * 1.5 * one.weight) / kinds, 0)
  const centres = new Map<string, { unit: Unit; weight: number }>()
  for (const unit of profile.units) {
    const centre = costCentre(profile, unit)
    centres.set(centre, { unit, weight: unit.weight + (centres.get(centre)?.weight ?? 0) })
  }
  const budgets: Budget[] = []
  const first = new Date(from)
  for (let year = first.getUTCFullYear(), quarter = Math.floor(first.getUTCMonth() / 3); ; quarter++) {
    if (quarter === 4) {
      quarter = 0
      year++
    }
    const start = Date.UTC(year, quarter * 3)
    if (start >= to) return budgets
    const period = `${year}-Q${quarter + 1}`
    for (const [cost_centre, { unit, weight }] of centres) {
      const expected = (profile.purchases * 92 * mean * weight) / weights
      const amount = inCurrency(Math.ceil((expected * 6 + 3_000_000) / 100_000) * 100_000, unit.currency)
      const { entity, currency } = unit
      budgets.push({ entity, cost_centre, period, amount, currency, budget_owner: owner(unit, start) })
    }
    for (const unit of new Map(profile.units.map((one) => [one.entity, one])).values())
      budgets.push({
        entity: unit.entity,
        cost_centre: exhaustedCostCentre(unit.entity),
        period,
        amount: '0.00',
        currency: unit.currency,
        budget_owner: owner(unit, start),
      })
  }
}
