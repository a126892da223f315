import { DAY, dayOf, HOUR } from './calendar.ts'
import { randomFrom } from './random.ts'
import type { Story } from './stories.ts'
import type { Supplier } from './suppliers.ts'
import type { DemoTenant } from './tenants.ts'

/** A stretch in which a supplier was something; instants in milliseconds since 1970, half open. */
type Spell = { supplier: string; from: number; to: number; reason: string }

/** What happened to the suppliers of a tenant. */
export type SupplierHistory = {
  /** Suppliers that must not be ordered from meanwhile. */
  blocked: readonly Spell[]
  /** Suppliers whose risk is critical meanwhile. */
  critical: readonly (Spell & { after: string; story: string | null })[]
  /** Changes of bank details. */
  bank: readonly { supplier: string; at: number }[]
  statusAt(supplier: Supplier, at: number): 'approved' | 'pending' | 'blocked'
  criticalAt(supplier: Supplier, at: number): SupplierHistory['critical'][number] | null
  /** The last change of bank details in the days before an instant. */
  bankChanged(supplier: Supplier, at: number, days: number): number | null
}

/** Days round the anchor in which something happens to suppliers. */
const PAST = 380
const FUTURE = 120
const RISK_REASONS = [
  'insolvency filing',
  'sanctions screening hit',
  'production site closed',
  'credit rating withdrawn',
] as const

/** What happens to the suppliers of a tenant round the anchor. The same for the same seed and anchor. */
export function supplierHistory(
  seed: number,
  anchor: number,
  tenant: DemoTenant,
  suppliers: readonly Supplier[],
  stories: readonly Story[],
): SupplierHistory {
  const random = randomFrom(seed, tenant.id, 'supplier history')
  const instant = (past: number, future: number): number =>
    (dayOf(anchor) + random.int(-past, future)) * DAY + random.between(7, 17) * HOUR
  const regular = suppliers.filter((one) => one.standing === 'regular')
  const blocked: Spell[] = []
  const bank: { supplier: string; at: number }[] = []
  const critical: (Spell & { after: string; story: string | null })[] = []
  for (const [rank, supplier] of regular.entries()) {
    if (rank % 5 === 4 && rank > 9) {
      const from = Math.round(instant(PAST, FUTURE))
      blocked.push({
        supplier: supplier.id,
        from,
        to: from + random.int(25, 60) * DAY,
        reason: 'certificate of insurance lapsed',
      })
    }
    if (rank % 4 === 2) bank.push({ supplier: supplier.id, at: Math.round(instant(PAST, FUTURE)) })
    if (rank % 9 === 3) {
      const from = Math.round(instant(170, FUTURE))
      critical.push({
        supplier: supplier.id,
        from,
        to: from + random.int(7, 14) * DAY,
        reason: random.pick(RISK_REASONS),
        after: supplier.risk,
        story: null,
      })
    }
  }
  const story = stories.find((one) => one.kind === 'risk')
  const hit = riskSupplier(suppliers)
  if (story !== undefined && hit !== undefined)
    critical.push({
      supplier: hit.id,
      from: story.from,
      to: story.to,
      reason: 'insolvency filing',
      after: 'medium',
      story: story.id,
    })
  const within = (spell: Spell, supplier: Supplier, at: number): boolean =>
    spell.supplier === supplier.id && at >= spell.from && at < spell.to
  return {
    blocked,
    critical,
    bank,
    statusAt(supplier, at) {
      if (supplier.standing === 'blocked') return 'blocked'
      if (supplier.standing === 'pending') return 'pending'
      return blocked.some((one) => within(one, supplier, at)) ? 'blocked' : 'approved'
    },
    criticalAt: (supplier, at) => critical.find((one) => within(one, supplier, at)) ?? null,
    bankChanged(supplier, at, days) {
      let last: number | null = null
      for (const one of bank)
        if (one.supplier === supplier.id && one.at < at && one.at >= at - days * DAY && one.at > (last ?? 0)) last = one.at
      return last
    },
  }
}

/** The supplier whose risk rises in the planted story: the main one of raw material. */
export function riskSupplier(suppliers: readonly Supplier[]): Supplier | undefined {
  return suppliers[1]
}
