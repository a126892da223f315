import { bucketLabel } from '../../../format.ts'

const DAY_MS = 86_400_000

/** The days that a window touches, UTC, in order. */
export function daysOf(from: string, to: string): { day: string; label: string }[] {
  const first = Math.floor(Date.parse(from) / DAY_MS)
  const last = Math.ceil(Date.parse(to) / DAY_MS)
  return Array.from({ length: Math.max(1, last - first) }, (_, index) => {
    const iso = new Date((first + index) * DAY_MS).toISOString()
    return { day: iso.slice(0, 10), label: bucketLabel(iso, 'day') }
  })
}

/** How many pages were sent on each day, UTC. */
export function pagesByDay(pages: readonly { at: string }[]): Map<string, number> {
  const days = new Map<string, number>()
  for (const { at } of pages) days.set(at.slice(0, 10), (days.get(at.slice(0, 10)) ?? 0) + 1)
  return days
}
