import { DAY, HOUR } from './calendar.ts'
import { simulateWindow, type SimulationOptions, type TenantEvent } from './simulate.ts'

/** How far ahead the traffic is worked out at a time, and how much at most where there is something to catch up. */
const AHEAD = 6 * HOUR
const CATCH_UP = 4 * DAY

/** The endless continuation of a history. */
export type LiveTraffic = {
  /** The events since the last call up to `untilMs` (included), in order of time. */
  next(untilMs: number): TenantEvent[]
}

/**
 * Continues the world of `simulateHistory` with the same seed, scale and anchor: documents that are open go on, new ones begin, the
 * stories and disturbances last. Nothing is sped up. Events carry the ids that the history would give them, so that sending some
 * again adds nothing.
 *
 * @param options as for the history; `since` (ms, default `now`) is the instant up to which everything was sent before
 */
export function liveTraffic(options: SimulationOptions & { since?: number }): LiveTraffic {
  let planned = options.since ?? options.now
  let waiting: TenantEvent[] = []
  return {
    next(untilMs) {
      while (planned < untilMs) {
        const to = planned + Math.min(Math.max(untilMs - planned, AHEAD), CATCH_UP)
        waiting = waiting.concat(simulateWindow(options, planned, to))
        planned = to
      }
      const limit = new Date(untilMs).toISOString()
      let count = 0
      while ((waiting[count]?.event.time ?? '~') <= limit) count++
      const due = waiting.slice(0, count)
      waiting = waiting.slice(count)
      return due
    },
  }
}
