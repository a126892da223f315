import { DAY, dayOf } from './calendar.ts'
import { randomFrom } from './random.ts'
import type { Category, DemoTenant, Profile } from './tenants.ts'

/** Payment terms: net days, and a discount where there is one. */
type Terms = { days: number; discount: string | null; discount_days: number }

export type Supplier = {
  id: string
  name: string
  category: Category
  country: string
  risk: 'low' | 'medium' | 'high'
  contract: string | null
  /** When the contract ends, milliseconds since 1970; Infinity while it is open-ended. */
  contract_to: number
  /** Only regular suppliers are chosen by themselves; a purchase from another one is planted. */
  standing: 'regular' | 'blocked' | 'pending' | 'duplicate' | 'exhausted'
  /** The supplier of which this record is a second one. */
  duplicate_of: string | null
  /** Delivery time against that of the category. */
  lead: number
  /** Likelihood of mistakes on its invoices against the average. */
  mistakes: number
  terms: Terms
}

const SUPPLIER_A = [
  'Hartmann',
  'Altus',
  'Brightline',
  'Corvina',
  'Delmar',
  'Eastfield',
  'Ferro',
  'Granit',
  'Helios',
  'Ibex',
  'Juniper',
  'Kolbe',
  'Lumen',
  'Meridian',
  'Norsk',
  'Orbis',
  'Polaris',
  'Quarry',
  'Rheintal',
  'Silverlake',
  'Tarn',
  'Umbra',
  'Vanta',
  'Westgate',
  'Xenon',
  'Yarrow',
  'Zephyr',
  'Ambrose',
  'Baltic',
  'Castell',
] as const
const SUPPLIER_B = [
  'Supply',
  'Industries',
  'Trading',
  'Solutions',
  'Components',
  'Logistics',
  'Services',
  'Partners',
  'Works',
  'Systems',
  'Group',
  'Materials',
] as const
const TERMS: readonly (Terms & { weight: number })[] = [
  { days: 14, discount: null, discount_days: 0, weight: 6 },
  { days: 30, discount: null, discount_days: 0, weight: 34 },
  { days: 30, discount: '0.02', discount_days: 10, weight: 14 },
  { days: 45, discount: null, discount_days: 0, weight: 22 },
  { days: 60, discount: null, discount_days: 0, weight: 18 },
  { days: 60, discount: '0.03', discount_days: 14, weight: 6 },
]
const IRREGULAR = ['blocked', 'pending', 'duplicate', 'exhausted'] as const

/**
 * The suppliers of a tenant, the biggest first; behind them one that is blocked, one that was never approved, a second record of the
 * third biggest, and one whose contract is used up. The contract of the eighth, the nineteenth and so on ended some weeks before the anchor.
 */
export function suppliersOf(seed: number, anchor: number, tenant: DemoTenant, profile: Profile): Supplier[] {
  const random = randomFrom(seed, tenant.id, 'suppliers')
  const taken = new Set<string>()
  const regular = Array.from({ length: profile.suppliers }, (_, rank): Supplier => {
    let name: string
    do name = `${random.pick(SUPPLIER_A)} ${random.pick(SUPPLIER_B)}`
    while (taken.has(name))
    taken.add(name)
    const categories = profile.categories
    const category =
      categories[rank < categories.length ? rank : random.weighted(categories.map((one) => one.weight))] ?? categories[0]
    if (category === undefined) throw new RangeError(`${tenant.id} has no categories`)
    const terms = TERMS[random.weighted(TERMS.map((one) => one.weight))] ?? { days: 30, discount: null, discount_days: 0 }
    return {
      id: name.toLowerCase().replaceAll(' ', '-'),
      name,
      category,
      country: random.pick(['DE', 'PL', 'US', 'MX', 'GB', 'NL', 'IT', 'CN', 'FR']),
      risk: random.chance(0.12) ? 'high' : random.chance(0.35) ? 'medium' : 'low',
      contract: rank % 11 === 7 || random.chance(rank < 30 ? 0.94 : 0.62) ? `C-${2000 + rank}` : null,
      contract_to: rank % 11 === 7 ? (dayOf(anchor) - random.int(20, 150)) * DAY : Infinity,
      standing: 'regular',
      duplicate_of: null,
      lead: random.logNormal(1, 0.25),
      mistakes: random.logNormal(0.9, 0.5),
      terms: { days: terms.days, discount: terms.discount, discount_days: terms.discount_days },
    }
  })
  const [first, , third] = regular
  if (first === undefined || third === undefined) throw new RangeError(`${tenant.id} has too few suppliers`)
  return [
    ...regular,
    ...IRREGULAR.map((standing, index): Supplier => {
      const name = standing === 'duplicate' ? `${third.name} Ltd` : `Sundry ${SUPPLIER_B[index] ?? ''}`
      return {
        ...first,
        id: name.toLowerCase().replaceAll(' ', '-'),
        name,
        country: third.country,
        risk: 'low',
        contract: standing === 'exhausted' ? 'C-1900' : null,
        contract_to: Infinity,
        standing,
        duplicate_of: standing === 'duplicate' ? third.id : null,
        lead: 1,
        mistakes: 1,
        terms: { days: 30, discount: null, discount_days: 0 },
      }
    }),
  ]
}
