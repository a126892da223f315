/** Milliseconds. */
export const SECOND = 1000
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

/** People work Monday to Friday, 09:00 to 17:00, at a fixed offset from UTC, but for the holidays; systems work always. */
export type Shift = { offset_h: number }

const OPENS = 9 * HOUR
const CLOSES = 17 * HOUR
const HOLIDAYS: ReadonlySet<string> = new Set(['1-1', '5-1', '12-25', '12-26'])
const workdays = new Map<number, boolean>()

/** Whole days since 1970-01-01. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY)
}

/** Day of the week of a day since 1970-01-01: 0 is Sunday. */
export function weekday(day: number): number {
  return (day + 4) % 7
}

/** Whether people work on a day (days since 1970-01-01). */
export function isWorkday(day: number): boolean {
  let known = workdays.get(day)
  if (known === undefined) {
    const date = new Date(day * DAY)
    const week = weekday(day)
    known = week !== 0 && week !== 6 && !HOLIDAYS.has(`${date.getUTCMonth() + 1}-${date.getUTCDate()}`)
    workdays.set(day, known)
  }
  return known
}

/** The first instant at or after `ms` at which the shift works. */
export function atWork(shift: Shift, ms: number): number {
  const local = ms + shift.offset_h * HOUR
  let day = dayOf(local)
  if (isWorkday(day)) {
    const time = local - day * DAY
    if (time < OPENS) return ms + OPENS - time
    if (time < CLOSES) return ms
  }
  do day++
  while (!isWorkday(day))
  return day * DAY + OPENS - shift.offset_h * HOUR
}

/** The instant at which `work` milliseconds of working time have passed since `ms`. */
export function afterWork(shift: Shift, ms: number, work: number): number {
  let at = atWork(shift, ms)
  let left = work
  for (;;) {
    const local = at + shift.offset_h * HOUR
    const rest = CLOSES - (local - dayOf(local) * DAY)
    if (left < rest) return Math.round(at + left)
    left -= rest
    at = atWork(shift, at + rest)
  }
}

/** Working time between two instants, ms. */
export function workBetween(shift: Shift, from: number, to: number): number {
  let sum = 0
  for (let at = atWork(shift, from); at < to;) {
    const local = at + shift.offset_h * HOUR
    const closes = at + CLOSES - (local - dayOf(local) * DAY)
    sum += Math.min(closes, to) - at
    at = atWork(shift, closes)
  }
  return sum
}
