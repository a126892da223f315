import { DAY, dayOf, HOUR, MINUTE } from './calendar.ts'
import { type Person, peopleOf } from './people.ts'
import { type Random, randomFrom } from './random.ts'
import { type SupplierHistory, supplierHistory } from './supplier-history.ts'
import { type Supplier, suppliersOf } from './suppliers.ts'
import { type Failure, storiesAround, type Story } from './stories.ts'
import type { Category, DemoTenant, Profile } from './tenants.ts'

/** A window in which a system fails, planted or one of the small disturbances of every day. */
export type Disturbance = Failure & { id: string; story: boolean; from: number; to: number }

/** One tenant's standing world: suppliers, people, stories, disturbances. The same for the same seed and anchor. */
export type World = {
  seed: number
  tenant: DemoTenant
  profile: Profile
  suppliers: readonly Supplier[]
  stories: readonly Story[]
  history: SupplierHistory
  people: ReadonlyMap<string, Person>
  /** When the owner of the first unit's budgets changed, and with it the approval matrix. */
  handover: number
  /** Factor on the number of documents, and the day of the anchor. */
  scale: number
  anchorDay: number
  supplierFor(random: Random, category: Category): Supplier
  /** The supplier from which only planted purchases come. */
  irregular(standing: Supplier['standing']): Supplier | undefined
  person(role: string): Person
  /** Who holds a role at an instant: the person of the role, or who held it before the handover. */
  holder(role: string, at: number): Person
  disturbance(system: string, step: string, at: number): Disturbance | null
  story(kind: Story['kind'], at: number): Story | null
}

const UNAVAILABLE: Omit<Failure, 'system'> = {
  probability: 0.85,
  codes: [{ code: 'HTTP 503', status: 'failed', message: 'service unavailable', retryable: true, weight: 1 }],
}
const SMALL: readonly Omit<Failure, 'system'>[] = [
  UNAVAILABLE,
  {
    probability: 0.6,
    codes: [{ code: 'ETIMEDOUT', status: 'timeout', message: 'no answer within 30 s', retryable: true, weight: 1 }],
  },
  {
    probability: 0.7,
    codes: [{ code: 'HTTP 429', status: 'failed', message: 'too many requests', retryable: true, weight: 1 }],
  },
  {
    probability: 0.8,
    codes: [{ code: 'ECONNRESET', status: 'failed', message: 'connection reset by peer', retryable: true, weight: 1 }],
  },
]

/** Builds the world of a tenant that has a profile; `anchor` (ms) places the stories. */
export function createWorld(seed: number, anchor: number, tenant: DemoTenant, profile: Profile, scale = 1): World {
  const suppliers = suppliersOf(seed, anchor, tenant, profile)
  const byCategory = new Map<string, { suppliers: Supplier[]; weights: number[] }>()
  for (const [rank, supplier] of suppliers.entries()) {
    if (supplier.standing !== 'regular') continue
    let group = byCategory.get(supplier.category.name)
    if (group === undefined) byCategory.set(supplier.category.name, (group = { suppliers: [], weights: [] }))
    group.suppliers.push(supplier)
    group.weights.push(1 / (rank + 4))
  }
  const people = peopleOf(seed, tenant, profile)
  const stories = storiesAround(anchor).filter((story) => story.tenants.includes(tenant.id))
  const history = supplierHistory(seed, anchor, tenant, suppliers, stories)
  const handover = (dayOf(anchor) - 75) * DAY
  const first = profile.units[0]
  const handed = first === undefined ? '' : `budget_owner:${first.entity} ${first.business_unit}:0`
  const person = (role: string): Person => {
    const known = people.get(role)
    if (known === undefined) throw new RangeError(`${tenant.id} has no ${role}`)
    return known
  }
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
    history,
    people,
    handover,
    scale,
    anchorDay: dayOf(anchor),
    irregular: (standing) => suppliers.find((one) => one.standing === standing),
    supplierFor(random, category) {
      const group = byCategory.get(category.name)
      const supplier = group?.suppliers[random.weighted(group.weights)] ?? suppliers[0]
      if (supplier === undefined) throw new RangeError(`${tenant.id} has no suppliers`)
      return supplier
    },
    person,
    holder: (role, at) => person(role === handed && at < handover ? 'former_owner::0' : role),
    disturbance(system, step, at) {
      for (const one of failing)
        if (one.system === system && at >= one.from && at < one.to && (one.step === undefined || step.startsWith(one.step)))
          return one
      const one = smallDisturbance(system, dayOf(at))
      return one !== null && at >= one.from && at < one.to ? one : null
    },
    story(kind, at) {
      for (const story of stories) if (story.kind === kind && at >= story.from && at < story.to) return story
      return null
    },
  }
}
