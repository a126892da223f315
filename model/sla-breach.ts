import type { DelaySegment } from './delays/attribution.ts'
import { lateBecause } from './delays/lateness.ts'
import type { Instant } from './instant.ts'
import type { Clock } from './sla-clock.ts'

/** The smallest sets of causes, and of the systems that failed, without whose time a clock would have been met. */
export type BreachBecause = { causes: string[][]; systems: string[][] }

/**
 * What a breach is due to: the time that its document was charged to each cause while the clock ran, in the clock's own time, against what
 * the clock ran over. Sets as {@link lateBecause} tells them; none of a clock that is met or has not ended.
 *
 * @param segments the document's, of its delay attribution
 * @param ownTime the time that the clock counts between two instants, µs
 */
export function breachBecause(
  clock: Clock,
  segments: readonly DelaySegment[],
  ownTime: (from: Instant, to: Instant) => number,
): BreachBecause {
  const { deadline_at: deadline } = clock
  if (clock.state !== 'breached' || deadline === null) return { causes: [], systems: [] }
  const over = clock.ran.reduce((sum, run) => sum + (run.to > deadline ? ownTime(Math.max(run.from, deadline), run.to) : 0), 0)
  const [causes, systems] = [new Map<string, number>(), new Map<string, number>()]
  for (const run of clock.ran)
    for (const { from, to, cause, system } of segments) {
      const [start, end] = [Math.max(run.from, from), Math.min(run.to, to)]
      if (start >= end) continue
      const us = ownTime(start, end)
      causes.set(cause, (causes.get(cause) ?? 0) + us)
      if (cause === 'technical' && system !== '') systems.set(system, (systems.get(system) ?? 0) + us)
    }
  return { causes: lateBecause(over, causes), systems: lateBecause(over, systems) }
}
