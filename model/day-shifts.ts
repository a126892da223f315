import type { Calendar } from './calendar.ts'
import { type HolidayDays, holidayDays, type Rest } from './holidays.ts'
import type { Instant } from './instant.ts'

const DAY_MINUTES = 1440
const DAY_US = DAY_MINUTES * 60_000_000

/** Start and end in minutes of the local day of each shift of a day; the end may lie on the next one. */
export type DayShifts = readonly (readonly [start: number, end: number])[]

const WEEKDAYS = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'] as const
const WHOLE_DAY: DayShifts = [[0, DAY_MINUTES]]

/**
 * The shifts that start on each local day, as days since 1970-01-01: the exception of that day, or the shifts of its weekday less its
 * holiday.
 *
 * @param from days whose shifts touch `[from, to)`, µs, may be asked
 */
export function dayShifts(
  calendar: Pick<Calendar, 'week' | 'exceptions' | 'holidays'>,
  from: Instant,
  to: Instant,
): (dayNumber: number) => DayShifts {
  const { week } = calendar
  const weekly: readonly DayShifts[] = WEEKDAYS.map((name) => (week === '24x7' ? WHOLE_DAY : week[name].map(minutesOf)))
  const exceptions = new Map(
    calendar.exceptions.map(
      (entry) => [Date.parse(`${entry.date}T00:00:00Z`) / 86_400_000, entry.shifts.map(minutesOf)] as const,
    ),
  )
  const year = (us: Instant) => new Date(us / 1000).getUTCFullYear()
  const holidays: HolidayDays =
    calendar.holidays === null ? new Map() : holidayDays(calendar.holidays, year(from - 30 * DAY_US), year(to + 5 * DAY_US))
  return (dayNumber) => {
    const exception = exceptions.get(dayNumber)
    if (exception !== undefined) return exception
    const usual = weekly[((dayNumber % 7) + 7) % 7] ?? []
    return (holidays.get(dayNumber) ?? []).reduce(lessRest, usual)
  }
}

function lessRest(shifts: DayShifts, [from, until]: Rest): DayShifts {
  return shifts
    .flatMap(([start, end]) => [[start, Math.min(end, from)] as const, [Math.max(start, until), end] as const])
    .filter(([start, end]) => start < end)
}

function minutesOf({ from, to }: { from: string; to: string }): readonly [number, number] {
  const start = minuteOf(from)
  const end = minuteOf(to)
  return [start, end > start ? end : end + DAY_MINUTES]
}

const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
