import { z } from 'zod'
import { listSources } from '../../platform/sources.ts'
import { freshness } from '../../queries/freshness.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { ValueSource } from './value.ts'

const Raw = z.array(z.object({ id: z.string(), state: z.string(), since: z.string().nullable(), message: z.string() }))
const GRAVITY: Readonly<Record<string, number>> = { fresh: 0, late: 1, silent: 2 }

/** Sources and ways in by their learned or declared pace: past it, or far past it. */
export const source: ValueSource<'source', typeof Raw> = {
  series: () => 'freshness',
  everyS: () => 30,
  raw: Raw,
  async read(_rule, { reader, stores, at }) {
    const registered = await listSources(stores.postgres.db, reader.tenant)
    const { sources, feeds } = await freshness(reader, {
      keeper: stores,
      now: at,
      registered: registered.map(({ id }) => id),
      paused: new Set(registered.filter(({ state }) => state === 'paused').map(({ id }) => id)),
      declared: new Map(
        registered.flatMap(({ id, config }): [string, number][] => {
          const everyS = config['expected_every_s']
          return typeof everyS === 'number' && everyS > 0 ? [[id, everyS]] : []
        }),
      ),
    })
    // A way in that has the name of a source is the same silence.
    return [...new Map([...feeds, ...sources])].map(([id, { state, silent_since, message }]) => ({
      id,
      state,
      since: silent_since,
      message,
    }))
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
