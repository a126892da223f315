import type { Instant } from './instant.ts'

/** How long a tenant may have its history kept, days. */
export const RETENTION_DAYS = { least: 90, most: 36_500 } as const
/** After a change nothing is removed for so long, so that a mistake can be taken back, µs. */
export const GRACE_US = 600e6

const DAY_US = 86_400e6

/** Before which instant a tenant's documents go, and the frozen month that keeps it from being later. */
export type Cut = { cut: Instant; heldBy: string | null }

/**
 * The cut of a retention: the start of the day, UTC, so many days ago. It never lies behind the start of the earliest frozen month, whose
 * numbers have to be answered as they were known.
 *
 * @param frozen frozen months, such as `2026-03`, the earliest first
 */
export function cutOf(days: number, now: Instant, frozen: readonly string[]): Cut {
  const cut = Math.floor((now - days * DAY_US) / DAY_US) * DAY_US
  const [month] = frozen
  if (month === undefined) return { cut, heldBy: null }
  const start = monthStart(month)
  return start < cut ? { cut: start, heldBy: month } : { cut, heldBy: null }
}

/** The first instant of a month such as `2026-03`, UTC. */
export function monthStart(month: string): Instant {
  return Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)) - 1) * 1000
}
