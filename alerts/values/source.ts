import { z } from 'zod'
import { listSources } from '../../platform/sources.ts'
import { freshness, type PastFreshness, pastFreshness } from '../../queries/freshness.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { Place, ValueSource } from './value.ts'

const Raw = z.array(z.object({ id: z.string(), state: z.string(), since: z.string().nullable(), message: z.string() }))
const GRAVITY: Readonly<Record<string, number>> = { fresh: 0, late: 1, silent: 2 }

/** Sources and ways in by their learned or declared pace: past it, or far past it. */
export const source: ValueSource<'source', typeof Raw> = {
  series: () => 'freshness',
  everyS: () => 30,
  raw: Raw,
  async read(_rule, { at, ...place }) {
    const registered = await registeredOf(place)
    const { sources, feeds } = await freshness(place.reader, { keeper: place.stores, now: at, ...registered })
    // A way in that has the name of a source is the same silence.
    return rowsOf(new Map([...feeds, ...sources]))
  },
  past(_rule, place) {
    let freshnessAt: ReturnType<typeof pastFreshness> | null = null
    return async ({ at, asOf }) => {
      freshnessAt ??= pastFreshness(place.reader, { history: asOf === null, ...(await registeredOf(place)) })
      return rowsOf(await freshnessAt(at))
    }
  },
  judge({ watch, severity }, raw): Seen[] {
    return raw
      .filter(({ id }) => watch.sources.length === 0 || watch.sources.includes(id))
      .map(({ id, state, since, message }) => {
        const about = {
          key: id,
          labels: { system: id },
          noun: 'source',
          of: null,
          value: null,
          fields: { value: state, threshold: since ?? '' },
          cause: message,
        }
        // Somebody paused it: nothing is expected of it, so nothing is missing.
        if (state === 'paused') return { ...about, holds: false, severity }
        const gravity = GRAVITY[state]
        if (gravity === undefined) return { ...about, missing: 'not_expected' as const }
        return { ...about, holds: gravity >= (GRAVITY[watch.state] ?? 2), severity }
      })
  },
}

/** What is known of registered sources: which there are, which are paused, and how often they send as somebody declared. */
async function registeredOf({ stores, reader }: Place) {
  const registered = await listSources(stores.postgres.db, reader.tenant)
  return {
    registered: registered.map(({ id }) => id),
    paused: new Set(registered.filter(({ state }) => state === 'paused').map(({ id }) => id)),
    declared: new Map(
      registered.flatMap(({ id, config }): [string, number][] => {
        const everyS = config['expected_every_s']
        return typeof everyS === 'number' && everyS > 0 ? [[id, everyS]] : []
      }),
    ),
  }
}

function rowsOf(known: ReadonlyMap<string, PastFreshness>) {
  return [...known].map(([id, { state, silent_since, message }]) => ({ id, state, since: silent_since, message }))
}
