import type { z } from 'zod'
import { Calendar } from '../../model/calendar.ts'
import type { Instant } from '../../model/instant.ts'
import { randomFrom } from './random.ts'

const MINUTE_US = 60_000_000
const DAY_MINUTES = 1440
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const HOLIDAYS: readonly z.input<typeof Calendar>['holidays'][] = [
  { country: 'DE' },
  { country: 'DE', region: 'BY', types: ['public', 'bank', 'observance'] },
  { country: 'US' },
  { country: 'US', region: 'LA/NO', types: ['public', 'optional'] },
  { country: 'GB', region: 'SCT', types: ['public', 'bank'] },
  { country: 'AE' },
  { country: 'BR', types: ['public', 'optional'] },
  { country: 'AU', region: 'NSW' },
  { country: 'CH', region: 'ZH', types: ['public', 'optional'] },
  { country: 'IL', types: ['public', 'school'] },
]

/** Random numbers that a seed repeats. */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  of<T>(list: readonly [T, ...T[]] | readonly T[]): T
}

/** What is random about calendars, the same for the same seed. */
export function randomOf(seed: number): Random {
  const next = randomFrom(seed)
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    of: (list) => {
      const one = list[Math.floor(next() * list.length)]
      if (one === undefined) throw new Error('nothing to choose from')
      return one
    },
  }
}

/**
 * A calendar of a zone: up to three shifts a day, which may overlap or pass midnight; half days, closures and extra days on dates
 * between two instants; every second one with holidays, some always open.
 *
 * @param around a minute of the day near which every second shift starts or ends; none: anywhere
 */
export function randomCalendar(
  random: Random,
  name: string,
  zone: string,
  from: Instant,
  to: Instant,
  around?: number,
): Calendar {
  const time = (minute: number) => {
    const within = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES
    return `${String(Math.floor(within / 60)).padStart(2, '0')}:${String(within % 60).padStart(2, '0')}`
  }
  const minute = () =>
    around === undefined || random.next() < 0.5
      ? random.int(0, random.next() < 0.5 ? 95 : 1439) * (random.next() < 0.3 ? 15 : 1)
      : around + random.int(-90, 90)
  const shift = () => {
    const start = minute()
    const end = random.next() < 0.1 ? '24:00' : time(random.next() < 0.5 ? minute() : start + random.int(1, 600))
    return { from: time(start), to: end }
  }
  const shifts = (max: number) => Array.from({ length: random.int(0, max) }, shift)
  const certain = random.of(DAYS)
  const date = () => new Date(random.int(from, to) / 1000).toISOString().slice(0, 10)
  return Calendar.parse({
    name,
    zone,
    week:
      random.next() < 0.03
        ? '24x7'
        : Object.fromEntries(DAYS.map((day) => [day, day === certain ? [shift(), ...shifts(2)] : shifts(3)])),
    holidays: random.next() < 0.5 ? random.of(HOLIDAYS) : null,
    exceptions: [...new Set(Array.from({ length: random.int(0, 6) }, date))].map((day) => ({ date: day, shifts: shifts(2) })),
  })
}

/** A calendar, a horizon of 120 days in the last thirty years, and intervals of up to 14 days within it. */
export type CalendarCase = {
  calendar: Calendar
  from: Instant
  to: Instant
  intervals: (readonly [from: Instant, to: Instant])[]
}

/** Cases of random calendars in every zone, `intervals` intervals in all or a few more; every tenth interval is a reversed one. */
export function randomCases(random: Random, zones: readonly string[], perZone: number, intervals: number): CalendarCase[] {
  const each = Math.ceil(intervals / (zones.length * perZone))
  return zones.flatMap((zone) =>
    Array.from({ length: perZone }, (_, number) => {
      const from = random.int(Date.UTC(1997, 0, 10) / 60_000, Date.UTC(2026, 7, 1) / 60_000) * MINUTE_US
      const to = from + 120 * DAY_MINUTES * MINUTE_US
      const calendar = randomCalendar(random, `${zone} ${number}`, zone, from, to)
      const interval = () => {
        const start = random.int(from, to - 14 * DAY_MINUTES * MINUTE_US)
        const end = start + random.int(0, random.next() < 0.2 ? 2 * 60 * MINUTE_US : 14 * DAY_MINUTES * MINUTE_US)
        return random.next() < 0.1 ? ([end, start] as const) : ([start, end] as const)
      }
      return { calendar, from, to, intervals: Array.from({ length: each }, interval) }
    }),
  )
}
