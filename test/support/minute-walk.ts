import Holidays from 'date-holidays'
import type { Calendar } from '../../model/calendar.ts'
import type { Instant } from '../../model/instant.ts'

// A second implementation of calendars that has nothing in common with the first: it reads the clock on the wall of every minute and
// looks whether a shift of that local time is painted. Slow, and simple enough to be right.

const MINUTE_US = 60_000_000
const DAY_MINUTES = 1440
const NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
/** A holiday of the library, in minutes since 1970 on the wall of its own zone. */
type WallHoliday = { type: string; first: number; last: number }
const holidays = new Map<string, readonly WallHoliday[]>()
const formats = new Map<string, Intl.DateTimeFormat>()

/** What the clock on the wall shows at a minute since 1970, as minutes since 1970 on the wall. */
export function wallAt(zone: string, minute: number): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
    formats.set(zone, format)
  }
  return Date.parse(`${format.format(minute * 60_000).replace(' ', 'T')}Z`) / 60_000
}

/** The wall clock at each minute of a span; read every hour, and every minute of an hour in which clocks change. */
function wallClock(zone: string, from: number, to: number): Int32Array {
  const walls = new Int32Array(to - from)
  let next = wallAt(zone, from)
  for (let hour = from; hour < to; hour += 60) {
    const first = next
    next = wallAt(zone, hour + 60)
    for (let minute = hour; minute < Math.min(hour + 60, to); minute += 1)
      walls[minute - from] = next - first === 60 ? first + minute - hour : wallAt(zone, minute)
  }
  return walls
}

/** The minutes since 1970 at which a zone's clocks change in a span, found by reading days, then hours, then minutes. */
export function clockChanges(zone: string, from: number, to: number): number[] {
  const found: number[] = []
  const search = (start: number, end: number, [step = 1, ...finer]: number[]) => {
    let before = wallAt(zone, start)
    for (let at = start; at < end; at += step) {
      const after = wallAt(zone, at + step)
      if (after - before !== step) {
        if (finer.length > 0) search(at, at + step, finer)
        else found.push(at + step)
      }
      before = after
    }
  }
  search(from, to, [DAY_MINUTES, 60, 1])
  return found
}

/** A calendar between two minutes since 1970, walked. */
export type Walk = {
  from: number
  walls: Int32Array
  /** Whether each minute is open, and the open minutes before it. */
  open: Uint8Array
  before: Int32Array
  /** When the last shift that starts on a local day (days since 1970) ends; `null` where none starts. */
  dayEnd(day: number): Instant | null
}

/** Walks a calendar; the span must begin two days before what is asked, as a night shift comes from the day before. */
export function walk(calendar: Calendar, from: number, to: number): Walk {
  const walls = wallClock(calendar.zone, from, to)
  const firstDay = Math.floor((walls[0] ?? 0) / DAY_MINUTES) - 2
  const lastDay = Math.floor((walls.at(-1) ?? 0) / DAY_MINUTES) + 2
  const rests = restsOf(calendar, firstDay, lastDay)
  const painted = new Uint8Array((lastDay - firstDay + 3) * DAY_MINUTES)
  for (let day = firstDay; day <= lastDay; day += 1)
    paint(calendar, day, rests.get(day) ?? [], painted, (day - firstDay) * DAY_MINUTES)
  const open = new Uint8Array(walls.length)
  const before = new Int32Array(walls.length)
  // A local time is reached when the clock shows it or a later one: what counts is the latest that it has shown.
  const latest = walls.slice()
  let sum = 0
  for (let index = 0; index < walls.length; index += 1) {
    if (index > 0) latest[index] = Math.max(latest[index] ?? 0, latest[index - 1] ?? 0)
    open[index] = painted[(latest[index] ?? 0) - firstDay * DAY_MINUTES] ?? 0
    before[index] = sum
    sum += open[index] ?? 0
  }
  return {
    from,
    walls,
    open,
    before,
    dayEnd(day) {
      const own = new Uint8Array(3 * DAY_MINUTES)
      paint(calendar, day, rests.get(day) ?? [], own, 0)
      // A shift lasts to the end of the next day at most; a zone may skip a day.
      const start = Math.max(0, day * DAY_MINUTES - DAY_MINUTES - from)
      for (let index = Math.min(latest.length, start + 6 * DAY_MINUTES) - 1; index >= start; index -= 1)
        if (own[(latest[index] ?? 0) - day * DAY_MINUTES] === 1) return (from + index + 1) * MINUTE_US
      return null
    },
  }
}

/** Open time before an instant of the walk, µs. */
export function openBefore({ from, open, before }: Walk, at: Instant): number {
  const index = Math.floor(at / MINUTE_US) - from
  return (before[index] ?? Number.NaN) * MINUTE_US + (open[index] === 1 ? at % MINUTE_US : 0)
}

/** The instants between two minutes at which it opens and closes, the span's own ends included where it is open there. */
export function edges({ from, open }: Walk, start: number, end: number): { opens: Instant[]; closes: Instant[] } {
  const [opens, closes]: [Instant[], Instant[]] = [[], []]
  let was = 0
  for (let minute = start; minute <= end; minute += 1) {
    const is = minute === end ? 0 : (open[minute - from] ?? 0)
    if (is !== was) (is === 1 ? opens : closes).push(minute * MINUTE_US)
    was = is
  }
  return { opens, closes }
}

const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

function paint(
  of: Calendar,
  day: number,
  rests: readonly (readonly [number, number])[],
  table: Uint8Array,
  offset: number,
): void {
  const noon = new Date(day * 86_400_000 + 43_200_000)
  const exception = of.exceptions.find((entry) => entry.date === noon.toISOString().slice(0, 10))
  const usual = of.week === '24x7' ? [{ from: '00:00', to: '24:00' }] : of.week[NAMES[noon.getUTCDay()] ?? 'sun']
  for (const { from, to } of exception?.shifts ?? usual) {
    const start = minuteOf(from)
    const length = minuteOf(to) > start ? minuteOf(to) - start : minuteOf(to) - start + DAY_MINUTES
    for (let minute = start; minute < start + length; minute += 1) {
      const resting = rests.some(([rest, until]) => minute >= rest && (minute < until || until === DAY_MINUTES))
      if (exception !== undefined || !resting) table[offset + minute] = 1
    }
  }
}

/** Rests by local day in minutes of the day, from the library's instants on the wall of its own zone. */
function restsOf({ holidays: rule }: Calendar, firstDay: number, lastDay: number): Map<number, [number, number][]> {
  const rests = new Map<number, [number, number][]>()
  if (rule === null) return rests
  const year = (day: number) => new Date(day * 86_400_000).getUTCFullYear()
  for (let of = year(firstDay - 40); of <= year(lastDay + 1); of += 1)
    for (const { type, first, last } of holidaysOf(rule.country, rule.region ?? '', of)) {
      if (!rule.types.some((one) => one === type)) continue
      for (let day = Math.floor(first / DAY_MINUTES); day * DAY_MINUTES < last; day += 1) {
        const rest: [number, number] = [Math.max(0, first - day * DAY_MINUTES), Math.min(DAY_MINUTES, last - day * DAY_MINUTES)]
        rests.set(day, [...(rests.get(day) ?? []), rest])
      }
    }
  return rests
}

function holidaysOf(country: string, region: string, year: number): readonly WallHoliday[] {
  const key = `${country}/${region} ${year}`
  let list = holidays.get(key)
  if (list === undefined) {
    const [state = '', part = ''] = region.split('/')
    const library = new Holidays(country, state, part)
    const zone = library.getTimezones()[0] ?? 'UTC'
    list = library.getHolidays(year).map(({ type, start, end, date }) => {
      // Days of lunar calendars begin at six on the eve for the library; offices close on the day itself.
      const eve = date.endsWith(' -0600') ? 6 * 60 : 0
      // By the minute before, as a midnight may be skipped.
      const [first = 0, last = 0] = [start, end].map((at) => wallAt(zone, at.getTime() / 60_000 - 1) + 1 + eve)
      return { type, first, last }
    })
    holidays.set(key, list)
  }
  return list
}
