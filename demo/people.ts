import { randomFrom } from './random.ts'
import type { DemoTenant, Profile } from './tenants.ts'

export type Person = {
  id: string
  /** Time that this person takes against the average. */
  pace: number
}

const FIRST = [
  'Anna',
  'Jonas',
  'Marta',
  'Piotr',
  'Elena',
  'Marcus',
  'Sofia',
  'David',
  'Lucia',
  'Peter',
  'Hannah',
  'Carlos',
  'Ines',
  'Tomasz',
  'Grace',
  'Oliver',
  'Nadia',
  'Felix',
  'Laura',
  'Viktor',
  'Claire',
  'Samuel',
  'Julia',
  'Diego',
  'Emma',
  'Robert',
  'Alice',
  'Henrik',
] as const
const LAST = [
  'Keller',
  'Nowak',
  'Alvarez',
  'Brandt',
  'Morris',
  'Lindqvist',
  'Fischer',
  'Kowalska',
  'Bennett',
  'Romero',
  'Hughes',
  'Vogel',
  'Santos',
  'Wright',
  'Maier',
  'Zielinski',
  'Parker',
  'Ortega',
  'Schmid',
  'Walsh',
  'Krause',
  'Dunn',
  'Pereira',
  'Hoffmann',
  'Reid',
] as const
/** People of each kind at a plant, an entity and the tenant, in the order in which they get their names. */
const STAFF = {
  plant: { requester: 8, plant_manager: 1, deputy: 1 },
  business_unit: { budget_owner: 1 },
  entity: { invoice_approver: 4, ap_clerk: 4, buyer: 3, buyer_lead: 1, treasurer: 1, cfo: 1 },
  tenant: { compliance: 3, onboarding_manager: 2, risk_officer: 1, former_owner: 1 },
} as const

/** Everybody by role: `buyer:DE01:2`, `plant_manager:P4:0`, `compliance::1`. */
export function peopleOf(seed: number, tenant: DemoTenant, profile: Profile): Map<string, Person> {
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
