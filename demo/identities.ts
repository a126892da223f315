import { systemsOf } from './systems.ts'
import type { World } from './world.ts'

/** Somebody or something that acts: a person with accounts, a service of a system, or a bot with an owner. */
type Identity = {
  id: string
  name: string
  kind: 'person' | 'service' | 'bot'
  accounts: string[]
  delegate_of?: string
  owner?: string
  manager?: string
  roles?: string[]
  calendar?: string
}

/** The second account of a person, for administration. */
export function adminAccount(person: string): string {
  return `adm-${person}`
}

/** The bot of the holder of a role. */
export function botOf(person: string): string {
  return `bot-${person}`
}

/** Whether the plant manager of a plant has a deputy; without one in the plant of the story about an absence. */
export function hasDeputy(world: World, plant: string): boolean {
  return !world.stories.some((story) => story.kind === 'absence' && story.plant === plant)
}

/** Everybody and everything that acts for a tenant; delegates, bots and second accounts lead back to a person. */
export function identitiesOf(world: World): Identity[] {
  const identities: Identity[] = []
  const entityOf = new Map(world.profile.units.map((unit) => [unit.plant, unit.entity]))
  for (const [role, { id }] of world.people) {
    const [kind = '', place = ''] = role.split(':')
    const entity = entityOf.get(place) ?? place.split(' ')[0] ?? ''
    const identity: Identity = { id, name: nameOf(id), kind: 'person', accounts: [id, adminAccount(id)], roles: [kind] }
    identity.calendar = entity === '' ? 'default' : entity
    if (kind === 'requester' || kind === 'deputy') identity.manager = world.person(`plant_manager:${place}:0`).id
    else if (entity !== '' && kind !== 'cfo') identity.manager = world.person(`cfo:${entity}:0`).id
    if (kind === 'deputy' && hasDeputy(world, place)) identity.delegate_of = world.person(`plant_manager:${place}:0`).id
    identities.push(identity)
    if (kind !== 'budget_owner') continue
    const bot = botOf(id)
    identities.push({ id: bot, name: `Approval bot of ${nameOf(id)}`, kind: 'bot', accounts: [bot], owner: id })
  }
  for (const { id, name } of systemsOf(world)) {
    const account = `svc-${id}`
    identities.push({ id: account, name: `${name} (service account)`, kind: 'service', accounts: [account] })
  }
  return identities
}

function nameOf(id: string): string {
  return id.replaceAll(/(?:^|\.)([a-z])/gu, (part, letter: string) => `${part.startsWith('.') ? ' ' : ''}${letter.toUpperCase()}`)
}
