import { onboardingChain, purchaseChain } from './chain.ts'
import { DAY, dayOf, isWorkday, weekday } from './calendar.ts'
import { storyChains } from './incidents.ts'
import { randomFrom } from './random.ts'
import type { DemoEvent, Recorder } from './recorder.ts'
import type { Attempt } from './outages.ts'
import { RUNS_KEPT, scheduledRuns } from './runs.ts'
import { DEMO_TENANTS } from './tenants.ts'
import type { TruthDocument } from './truth.ts'
import { createWorld, type World } from './world.ts'

/** Days before the window in which documents begin that are still open when it opens. */
const WARM_UP_DAYS = 200
const LONGEST_LIFE_DAYS = 260

export type SimulationOptions = {
  seed: number
  /** The end of history, milliseconds since 1970. */
  now: number
  /** Days of history before the anchor. */
  days?: number
  /** Factor on the number of documents. */
  scale?: number
  /** The instant of the first start; the stories lie round it. Keep it over a restart. */
  anchor?: number
}

export type TenantEvent = { tenant: string; event: DemoEvent }

/** The events of one chain of documents, and on demand what is true of them, and each attempt of its operations. */
export type Chunk = { tenant: string; events: DemoEvent[]; truth: () => TruthDocument[]; attempts: () => readonly Attempt[] }

/** The worlds of the tenants that have one. */
function createWorlds(seed: number, anchor: number, scale: number): World[] {
  return DEMO_TENANTS.flatMap((tenant) =>
    tenant.profile === null ? [] : [createWorld(seed, anchor, tenant, tenant.profile, scale)],
  )
}

const BY_WEEKDAY = [0.1, 1.1, 1.14, 1.05, 0.98, 0.76, 0.13] as const

/** How busy a day is against the average working day: week, month end, quarter end, August, the turn of the year. */
function season(day: number): number {
  const date = new Date(day * DAY)
  const month = date.getUTCMonth()
  const left = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate() - date.getUTCDate()
  let factor = BY_WEEKDAY[weekday(day)] ?? 1
  if (left < 4) factor *= month % 3 === 2 ? 1.32 : 1.2
  if (month === 7) factor *= 0.84
  if (month === 11 && left < 9) factor *= 0.5
  return isWorkday(day) ? factor : Math.min(factor, 0.15)
}

function* chainsOfDay(world: World, day: number, scale: number): Generator<Recorder> {
  const random = randomFrom(world.seed, world.tenant.id, day, 'volume')
  const busy = season(day) * random.logNormal(1, 0.09) * scale
  const purchases = Math.floor(world.profile.purchases * busy + random.uniform())
  const asked = new Set<string>()
  for (let index = 0; index < purchases; index++) yield purchaseChain(world, day, index, asked)
  const onboardings = Math.floor(world.profile.onboardings * busy + random.uniform())
  for (let index = 0; index < onboardings; index++) yield onboardingChain(world, day, index)
}

/**
 * Half a year of procurement, a chunk per chain of documents (requisition to payment, or an onboarding), day by day, the tenants of
 * a day after one another. Pure: the same options give the same bytes. A chain that began before the window and was still open when
 * it opened is there whole, so that no cycle time of the window is cut short.
 */
export function* simulateChunks(options: SimulationOptions): Generator<Chunk> {
  const { seed, now, days = 182, scale = 1, anchor = now } = options
  const since = anchor - days * DAY
  const worlds = createWorlds(seed, anchor, scale)
  const chunk = (world: World, rec: Recorder): Chunk => ({
    tenant: world.tenant.id,
    events: rec.events(-Infinity, now, since),
    attempts: () => rec.attempts(),
    truth: () => rec.truth(world.tenant.id, since).filter((one) => Date.parse(one.first_at) <= now),
  })
  for (const world of worlds) for (const rec of storyChains(world)) yield chunk(world, rec)
  for (let day = dayOf(since) - WARM_UP_DAYS; day <= dayOf(now); day++)
    for (const world of worlds)
      for (const rec of chainsOfDay(world, day, scale)) {
        const one = chunk(world, rec)
        if (one.events.length > 0) yield one
      }
  for (const world of worlds)
    yield {
      tenant: world.tenant.id,
      events: scheduledRuns(world, Math.max(since, now - RUNS_KEPT), now),
      truth: () => [],
      attempts: () => [],
    }
}

/** The events of {@link simulateChunks} one by one. */
export function* simulateHistory(options: SimulationOptions): Generator<TenantEvent> {
  for (const { tenant, events } of simulateChunks(options)) for (const event of events) yield { tenant, event }
}

/** What is true of every document of the history: one record each, for NDJSON. */
export function* simulateTruth(options: SimulationOptions): Generator<TruthDocument> {
  for (const chunk of simulateChunks(options)) yield* chunk.truth()
}

/** The events in `(from, to]` of all documents that began in the history or since, in order of time. */
export function simulateWindow(options: SimulationOptions, from: number, to: number): TenantEvent[] {
  const { seed, now, days = 182, scale = 1, anchor = now } = options
  const since = anchor - days * DAY
  const found: TenantEvent[] = []
  for (const world of createWorlds(seed, anchor, scale)) {
    const tenant = world.tenant.id
    const take = (events: readonly DemoEvent[]): void => {
      for (const event of events) found.push({ tenant, event })
    }
    for (const rec of storyChains(world)) take(rec.events(from, to, since))
    for (let day = Math.max(dayOf(from) - LONGEST_LIFE_DAYS, dayOf(since) - WARM_UP_DAYS); day <= dayOf(to); day++)
      for (const rec of chainsOfDay(world, day, scale)) take(rec.events(from, to, since))
    take(scheduledRuns(world, from, to))
  }
  return found.toSorted((a, b) => (a.event.time < b.event.time ? -1 : a.event.time > b.event.time ? 1 : 0))
}
