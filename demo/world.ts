import { DAY, dayOf, HOUR, MINUTE } from './calendar.ts'
import { type Random, randomFrom } from './random.ts'
import { type Failure, storiesAround, type Story } from './stories.ts'
import type { Category, DemoTenant, Profile } from './tenants.ts'

/** Payment terms: net days, and a discount where there is one. */
export type Terms = { days: number; discount: string | null; discount_days: number }

export type Supplier = {
  id: string
  name: string
  category: Category
  country: string
  risk: 'low' | 'medium' | 'high'
  contract: string | null
  /** Delivery time against that of the category. */
  lead: number
  /** Likelihood of mistakes on its invoices against the average. */
  mistakes: number
  terms: Terms
}

export type Person = {
  id: string
  /** Time that this person takes against the average. */
  pace: number
}

/** A window in which a system fails, planted or one of the small disturbances of every day. */
export type Disturbance = Failure & { id: string; story: boolean; from: number; to: number }

/** One tenant's standing world: suppliers, people, stories, disturbances. The same for the same seed and anchor. */
export type World = {
  seed: number
  tenant: DemoTenant
  profile: Profile
  suppliers: readonly Supplier[]
  stories: readonly Story[]
  supplierFor(random: Random, category: Category): Supplier
  person(role: string): Person
  disturbance(system: string, step: string, at: number): Disturbance | null
  story(kind: Story['kind'], at: number): Story | null
}

const FIRST = [
  'Anna', 'Jonas', 'Marta', 'Piotr', 'Elena', 'Marcus', 'Sofia', 'David', 'Lucia', 'Peter', 'Hannah', 'Carlos', 'Ines', 'Tomasz',
  'Grace', 'Oliver', 'Nadia', 'Felix', 'Laura', 'Viktor', 'Claire', 'Samuel', 'Julia', 'Diego', 'Emma', 'Robert', 'Alice', 'Henrik',
] as const
const LAST = [
  'Keller', 'Nowak', 'Alvarez', 'Brandt', 'Morris', 'Lindqvist', 'Fischer', 'Kowalska', 'Bennett', 'Romero', 'Hughes', 'Vogel',
  'Santos', 'Wright', 'Maier', 'Zielinski', 'Parker', 'Ortega', 'Schmid', 'Walsh', 'Krause', 'Dunn', 'Pereira', 'Hoffmann', 'Reid',
] as const
const SUPPLIER_A = [
  'Hartmann', 'Altus', 'Brightline', 'Corvina', 'Delmar', 'Eastfield', 'Ferro', 'Granit', 'Helios', 'Ibex', 'Juniper', 'Kolbe',
  'Lumen', 'Meridian', 'Norsk', 'Orbis', 'Polaris', 'Quarry', 'Rheintal', 'Silverlake', 'Tarn', 'Umbra', 'Vanta', 'Westgate',
  'Xenon', 'Yarrow', 'Zephyr', 'Ambrose', 'Baltic', 'Castell',
] as const
const SUPPLIER_B = [
  'Supply', 'Industries', 'Trading', 'Solutions', 'Components', 'Logistics', 'Services', 'Partners', 'Works', 'Systems', 'Group',
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
const UNAVAILABLE: Omit<Failure, 'system'> = {
  probability: 0.85,
  category: 'unavailable',
  codes: [{ code: 'HTTP 503', status: 'failed', message: 'service unavailable', retryable: true, weight: 1 }],
}
const SMALL: readonly Omit<Failure, 'system'>[] = [
  UNAVAILABLE,
  {
    probability: 0.6,
    category: 'timeout',
    codes: [{ code: 'ETIMEDOUT', status: 'timeout', message: 'no answer within 30 s', retryable: true, weight: 1 }],
  },
  {
    probability: 0.7,
    category: 'rate_limit',
    codes: [{ code: 'HTTP 429', status: 'failed', message: 'too many requests', retryable: true, weight: 1 }],
  },
  {
    probability: 0.8,
    category: 'connector',
    codes: [{ code: 'ECONNRESET', status: 'failed', message: 'connection reset by peer', retryable: true, weight: 1 }],
  },
]

function suppliersOf(seed: number, tenant: DemoTenant, profile: Profile): Supplier[] {
  const random = randomFrom(seed, tenant.id, 'suppliers')
  const taken = new Set<string>()
  return Array.from({ length: profile.suppliers }, (_, rank): Supplier => {
    let name: string
    do name = `${random.pick(SUPPLIER_A)} ${random.pick(SUPPLIER_B)}`
    while (taken.has(name))
    taken.add(name)
    const categories = profile.categories
    const category = categories[rank < categories.length ? rank : random.weighted(categories.map((one) => one.weight))] ?? categories[0]
    if (category === undefined) throw new RangeError(`${tenant.id} has no categories`)
    const terms = TERMS[random.weighted(TERMS.map((one) => one.weight))] ?? { days: 30, discount: null, discount_days: 0 }
    return {
      id: name.toLowerCase().replaceAll(' ', '-'),
      name,
      category,
      country: random.pick(['DE', 'PL', 'US', 'MX', 'GB', 'NL', 'IT', 'CN', 'FR']),
      risk: random.chance(0.12) ? 'high' : random.chance(0.35) ? 'medium' : 'low',
      contract: random.chance(rank < 30 ? 0.94 : 0.62) ? `C-${2000 + rank}` : null,
      lead: random.logNormal(1, 0.25),
      mistakes: random.logNormal(0.9, 0.5),
      terms: { days: terms.days, discount: terms.discount, discount_days: terms.discount_days },
    }
  })
}

/** People of each kind at a plant, an entity and the tenant, in the order in which they get their names. */
const STAFF = {
  plant: { requester: 8, plant_manager: 1 },
  business_unit: { budget_owner: 1 },
  entity: { invoice_approver: 4, ap_clerk: 4, buyer: 3, buyer_lead: 1, treasurer: 1, cfo: 1 },
  tenant: { compliance: 3, onboarding_manager: 2, risk_officer: 1 },
} as const

/** Everybody by role: `buyer:DE01:2`, `plant_manager:P4:0`, `compliance::1`. */
function peopleOf(seed: number, tenant: DemoTenant, profile: Profile): Map<string, Person> {
  const places = {
    plant: profile.units.map((unit) => unit.plant),
    business_unit: profile.units.map((unit) => `${unit.entity} ${unit.business_unit}`),
    entity: profile.units.map((unit) => unit.entity),
    tenant: [''],
  }
  const random = randomFrom(seed, tenant.id, 'people')
  const used = new Set<string>()
  const people = new Map<string, Person>()
  for (const level of ['plant', 'business_unit', 'entity', 'tenant'] as const)
    for (const place of new Set(places[level]))
      for (const [kind, count] of Object.entries(STAFF[level]))
        for (let i = 0; i < count; i++) {
          let id: string
          do id = `${random.pick(FIRST)}.${random.pick(LAST)}`.toLowerCase()
          while (used.has(id))
          used.add(id)
          people.set(`${kind}:${place}:${i}`, { id, pace: random.logNormal(1, 0.3) })
        }
  return people
}

/** Builds the world of a tenant that has a profile; `anchor` (ms) places the stories. */
export function createWorld(seed: number, anchor: number, tenant: DemoTenant, profile: Profile): World {
  const suppliers = suppliersOf(seed, tenant, profile)
  const byCategory = new Map<string, { suppliers: Supplier[]; weights: number[] }>()
  for (const [rank, supplier] of suppliers.entries()) {
    let group = byCategory.get(supplier.category.name)
    if (group === undefined) byCategory.set(supplier.category.name, (group = { suppliers: [], weights: [] }))
    group.suppliers.push(supplier)
    group.weights.push(1 / (rank + 4))
  }
  const people = peopleOf(seed, tenant, profile)
  const stories = storiesAround(anchor).filter((story) => story.tenants.includes(tenant.id))
  const failing = stories.flatMap((story): Disturbance[] =>
    story.failure === undefined ? [] : [{ ...story.failure, id: story.id, story: true, from: story.from, to: story.to }],
  )
  const small = new Map<string, Map<number, Disturbance | null>>()

  function smallDisturbance(system: string, day: number): Disturbance | null {
    let days = small.get(system)
    if (days === undefined) small.set(system, (days = new Map()))
    let known = days.get(day)
    if (known === undefined) {
      const random = randomFrom(seed, tenant.id, system, day, 'disturbance')
      known = null
      if (random.chance(0.06)) {
        const from = day * DAY + random.between(7, 18) * HOUR
        const to = from + random.logNormal(35, 0.6) * MINUTE
        known = { ...random.pick(SMALL), system, id: `${system}-${day}`, story: false, from, to }
      } else if (random.chance(0.008)) {
        const from = day * DAY + random.between(5, 11) * HOUR
        known = { ...UNAVAILABLE, system, id: `${system}-${day}`, story: false, from, to: from + random.between(2.5, 10) * HOUR }
      }
      days.set(day, known)
    }
    return known
  }

  return {
    seed,
    tenant,
    profile,
    suppliers,
    stories,
    supplierFor(random, category) {
      const group = byCategory.get(category.name)
      const supplier = group?.suppliers[random.weighted(group.weights)] ?? suppliers[0]
      if (supplier === undefined) throw new RangeError(`${tenant.id} has no suppliers`)
      return supplier
    },
    person(role) {
      const person = people.get(role)
      if (person === undefined) throw new RangeError(`${tenant.id} has no ${role}`)
      return person
    },
    disturbance(system, step, at) {
      for (const one of failing)
        if (one.system === system && at >= one.from && at < one.to && (one.step === undefined || step.startsWith(one.step))) return one
      const one = smallDisturbance(system, dayOf(at))
      return one !== null && at >= one.from && at < one.to ? one : null
    },
    story(kind, at) {
      for (const story of stories) if (story.kind === kind && at >= story.from && at < story.to) return story
      return null
    },
  }
}
