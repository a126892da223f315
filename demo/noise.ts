import { DAY, MINUTE, SECOND } from './calendar.ts'
import { randomFrom } from './random.ts'
import type { DemoEvent } from './recorder.ts'

/** Shares of events that arrive late, twice, out of order, or never. */
export type NoiseShares = { late: number; duplicated: number; shuffled: number; missing: number }

/** What networks do to a stream on a bad day. */
export const NOISE: NoiseShares = { late: 0.02, duplicated: 0.015, shuffled: 0.05, missing: 0.0006 }

/** One arrival of an event, milliseconds since 1970; copies are exact. */
export type Delivery = { event: DemoEvent; arrives: number }

/** What arrived of some events, in that order, and what did not. */
export type Delivered = {
  deliveries: Delivery[]
  /** Ids of the events that never arrive. */
  missing: string[]
  /** `type/id` of the objects that miss one of their events. */
  touched: Set<string>
  late: number
  duplicated: number
  shuffled: number
}

/**
 * Delivers events as a network would: seconds after they happened; some minutes to days late, some twice, some overtaken by later
 * ones, a few not at all. The fate of an event depends on the seed and its id alone, so that any part of a history has the same noise.
 *
 * @param seed same seed, same noise
 */
export function deliver(seed: number, tenant: string, events: readonly DemoEvent[], shares: NoiseShares = NOISE): Delivered {
  const delivered: Delivered = { deliveries: [], missing: [], touched: new Set(), late: 0, duplicated: 0, shuffled: 0 }
  for (const event of events) {
    const random = randomFrom(seed, 'noise', tenant, event.source, event.id)
    if (random.chance(shares.missing)) {
      delivered.missing.push(event.id)
      for (const { type, id } of event.data.objects) delivered.touched.add(`${type}/${id}`)
      continue
    }
    const happened = Date.parse(event.time)
    let arrives = happened + random.between(0.05, 2) * SECOND
    if (random.chance(shares.late)) {
      delivered.late++
      arrives = happened + Math.min(3 * DAY, random.logNormal(90, 1.4) * MINUTE)
    } else if (random.chance(shares.shuffled)) {
      delivered.shuffled++
      arrives = happened + random.between(2, 90) * SECOND
    }
    delivered.deliveries.push({ event, arrives })
    if (!random.chance(shares.duplicated)) continue
    delivered.duplicated++
    delivered.deliveries.push({ event, arrives: arrives + random.between(0, 5) * MINUTE })
  }
  delivered.deliveries.sort((a, b) => a.arrives - b.arrives)
  return delivered
}
