import { z } from 'zod'
import { dayShifts } from './day-shifts.ts'
import { holidayRuleProblem } from './holidays.ts'
import { type Instant, instantToIso } from './instant.ts'
import { countBelow, countUpTo } from './sorted.ts'
import { instantOfWall, isZone, wallOfInstant, type ZoneSegment, zoneSegments } from './zone.ts'

const MINUTE_US = 60_000_000
const DAY_US = 1440 * MINUTE_US

const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, 'is not a time of day from 00:00 to 23:59')
const endTime = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/u, 'is not a time of day from 00:00 to 24:00')

/**
 * A shift of local wall time, start included, end not. An end at or before the start is on the next day (`22:00`–`06:00`;
 * `00:00`–`00:00` is the whole day). A shift belongs to the day on which it starts.
 */
const Shift = z.strictObject({ from: time, to: endTime })

const shifts = z.array(Shift).max(48)
const day = shifts.default([])
const Week = z.strictObject({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day })

const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/u, 'is not a date such as 2026-12-24')
  .refine((value) => new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true, 'is no day of the calendar')

/**
 * When work is done: weekly shifts in a zone, less holidays, with exceptions that replace the shifts of single days (none: closed;
 * some: half days and extra days, also on holidays). Shifts may overlap; together they count once.
 */
export const Calendar = z
  .strictObject({
    name: z.string().min(1).max(200),
    /** IANA zone of the shifts. */
    zone: z.string().max(100).refine(isZone, 'is not a known IANA time zone such as Europe/Berlin'),
    week: z.union([z.literal('24x7'), Week]),
    holidays: z
      .strictObject({
        /** ISO 3166 country code. */
        country: z.string().max(10),
        /** State, or `state/region`, in the codes of the holidays library: `BY`. */
        region: z.string().max(40).nullish(),
        types: z
          .array(z.enum(['public', 'bank', 'optional', 'school', 'observance']))
          .min(1)
          .default(['public']),
      })
      .superRefine((rule, context) => {
        const problem = holidayRuleProblem(rule)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      })
      .nullable()
      .default(null),
    exceptions: z
      .array(z.strictObject({ date, shifts }))
      .max(5000)
      .default([])
      .refine((list) => new Set(list.map((entry) => entry.date)).size === list.length, 'names a date twice'),
    /** Rises with every change; what was computed by an older version keeps it. */
    version: z.int().min(1).max(4_294_967_295).default(1),
  })
  .refine(({ week }) => week === '24x7' || Object.values(week).some((list) => list.length > 0), {
    message: 'has no working time: no day of the week has a shift',
    path: ['week'],
    params: { code: 'calendar_without_working_time' },
  })
export type Calendar = z.output<typeof Calendar>

/** The calendar of systems: they always work. */
export const ALWAYS: Calendar = Calendar.parse({ name: '24x7', zone: 'UTC', week: '24x7' })

/** A calendar between two instants, as sorted stretches of business time for binary search. */
export type CompiledCalendar = {
  readonly name: string
  readonly version: number
  readonly from: Instant
  readonly to: Instant
  /** Starts and ends of business time, µs; parallel, disjoint, not touching. */
  readonly opens: Float64Array
  readonly closes: Float64Array
  /** Business time from `from` to each start, µs. */
  readonly before: Float64Array
  /**
   * Business days: local days, as days since 1970-01-01, on which a shift starts, and when the last shift of each ends, also where that
   * lies a little outside the horizon.
   */
  readonly days: Float64Array
  readonly dayEnds: Float64Array
  /** Offsets of the zone. */
  readonly segments: readonly ZoneSegment[]
}

/** An instant at which a calendar opens or closes, and the business time from the first boundary (the floor) to it, µs. */
export type Boundary = { at: Instant; open: boolean; openBefore: number }

/** A calendar and the instant from which it holds, until that of the next one. */
export type CalendarPeriod = { readonly calendar: Calendar; readonly from: Instant }

/**
 * The versions of each calendar, ascending, of rows of reference data in any order.
 *
 * @param rows `body` is a {@link Calendar}; one that does not parse is left out
 */
export function calendarVersions(rows: readonly { key: string; from: Instant; body: unknown }[]): Map<string, CalendarPeriod[]> {
  const versions = new Map<string, CalendarPeriod[]>()
  for (const { key, from, body } of rows.toSorted((a, b) => a.from - b.from)) {
    const parsed = Calendar.safeParse(body)
    if (!parsed.success) continue
    const of = versions.get(key)
    if (of === undefined) versions.set(key, [{ calendar: parsed.data, from }])
    else of.push({ calendar: parsed.data, from })
  }
  return versions
}

/**
 * Computes the business time of a calendar between two instants, exact to the microsecond. A local time is the first instant at
 * which the clock on the wall shows it or a later one: what a clock change skips is cut, what it repeats starts at its first
 * occurrence.
 *
 * @param calendar a calendar, or its versions by the instant from which each holds, ascending: every instant is counted by the version
 *   that holds then, so a new version changes nothing of the time before it; the first holds for what came before it, too
 * @param from start of the horizon, µs, included
 * @param to end of the horizon, µs
 * @throws RangeError unless `from < to`, and for no version at all
 */
export function compile(calendar: Calendar | readonly CalendarPeriod[], from: Instant, to: Instant): CompiledCalendar {
  if (!(from < to)) throw new RangeError('a calendar is compiled from an earlier to a later instant')
  const periods = 'week' in calendar ? [{ calendar, from }] : calendar
  const newest = periods.at(-1)
  if (newest === undefined) throw new RangeError('a calendar has at least one version')
  const segments: ZoneSegment[] = []
  const stretches: [Instant, Instant][] = []
  const days: [dayNumber: number, end: Instant][] = []
  for (const [index, period] of periods.entries()) {
    const [start, end] = [index === 0 ? -Infinity : period.from, periods[index + 1]?.from ?? Infinity]
    const [first, last] = [Math.max(from, start), Math.min(to, end)]
    if (first >= last) continue
    const zone = zoneSegments(period.calendar.zone, first - 5 * DAY_US, last + 5 * DAY_US)
    for (const one of zone) {
      const cut = { ...one, start: Math.max(one.start, start), end: Math.min(one.end, end) }
      if (cut.start < cut.end) segments.push(cut)
    }
    const shiftsOf = dayShifts(period.calendar, first, last)
    // A zone may be a day from UTC, and a shift may start a day before it ends.
    for (let dayNumber = Math.floor(first / DAY_US) - 3; dayNumber <= Math.floor(last / DAY_US) + 2; dayNumber += 1) {
      let dayEnd = -Infinity
      for (const [opening, closing] of shiftsOf(dayNumber)) {
        const opens = instantOfWall(zone, dayNumber * DAY_US + opening * MINUTE_US)
        const closes = instantOfWall(zone, dayNumber * DAY_US + closing * MINUTE_US)
        if (Math.max(start, opens) < Math.min(end, closes)) dayEnd = Math.max(dayEnd, Math.min(end, closes))
        if (Math.max(first, opens) < Math.min(last, closes)) stretches.push([Math.max(first, opens), Math.min(last, closes)])
      }
      if (dayEnd === -Infinity) continue
      const known = days.at(-1)
      if (known?.[0] === dayNumber) known[1] = Math.max(known[1], dayEnd)
      else days.push([dayNumber, dayEnd])
    }
  }
  stretches.sort((a, b) => a[0] - b[0])
  const merged: [Instant, Instant][] = []
  for (const [opens, closes] of stretches) {
    const last = merged.at(-1)
    if (last === undefined || opens > last[1]) merged.push([opens, closes])
    else last[1] = Math.max(last[1], closes)
  }
  const before = new Float64Array(merged.length)
  let sum = 0
  for (const [index, [opens, closes]] of merged.entries()) {
    before[index] = sum
    sum += closes - opens
  }
  return {
    name: newest.calendar.name,
    version: newest.calendar.version,
    from,
    to,
    opens: Float64Array.from(merged, ([opens]) => opens),
    closes: Float64Array.from(merged, ([, closes]) => closes),
    before,
    days: Float64Array.from(days, ([dayNumber]) => dayNumber),
    dayEnds: Float64Array.from(days, ([, end]) => end),
    segments,
  }
}

/**
 * The business time from one instant to another in µs; negative where `to` is the earlier one.
 *
 * @param calendar a calendar, or a compiled one, which is fast
 * @throws RangeError where an instant lies outside the horizon of a compiled calendar
 */
export function businessTime(calendar: Calendar | CompiledCalendar, from: Instant, to: Instant): number {
  if (from === to) return 0
  const compiled = 'opens' in calendar ? calendar : compile(calendar, Math.min(from, to), Math.max(from, to))
  return openBefore(compiled, to) - openBefore(compiled, from)
}

/** As {@link businessTime}, where instants outside of the horizon are allowed: there is no business time there. */
export function businessTimeWithin(compiled: CompiledCalendar, from: Instant, to: Instant): number {
  const within = (at: Instant) => Math.min(Math.max(at, compiled.from), compiled.to)
  return openBefore(compiled, within(to)) - openBefore(compiled, within(from))
}

/**
 * The first instant at which `us` of business time have passed since `at` (the closing time rather than the next opening), or for a
 * negative `us` the last instant from which as much business time leads to `at`.
 *
 * @returns `null` where that lies beyond the compiled horizon
 * @throws RangeError where `at` lies outside the compiled horizon
 */
export function addBusinessTime(compiled: CompiledCalendar, at: Instant, us: number): Instant | null {
  const { opens, closes, before } = compiled
  const target = openBefore(compiled, at) + us
  if (us === 0) return at
  // Forwards the last stretch that starts with less behind it than wanted; backwards the last with no more.
  const index = us > 0 ? countBelow(before, target) - 1 : countUpTo(before, target) - 1
  const open = opens[index]
  const close = closes[index]
  const base = before[index]
  if (open === undefined || close === undefined || base === undefined || target < 0) return null
  const instant = open + target - base
  return instant <= close ? instant : null
}

/**
 * The first instant from `at` on that is business time: `at` itself where the calendar is open, else the next opening.
 *
 * @returns `null` where that lies beyond the compiled horizon
 * @throws RangeError where `at` lies outside the compiled horizon
 */
export function nextBusinessTime(compiled: CompiledCalendar, at: Instant): Instant | null {
  return isOpen(compiled, at) ? at : (compiled.opens[countUpTo(compiled.opens, at)] ?? null)
}

/**
 * The end of the n-th business day after the local date of `at`: 1 is the next business day, −1 the one before. A business day is a
 * local date on which a shift starts; it ends with the last of its shifts, which at night is on the next date.
 *
 * @param count a whole number other than 0
 * @returns `null` where that day ends outside the compiled horizon
 * @throws RangeError where `at` lies outside the compiled horizon, or for a count of 0
 */
export function endOfBusinessDay(compiled: CompiledCalendar, at: Instant, count = 1): Instant | null {
  horizonCheck(compiled, at)
  if (!Number.isInteger(count) || count === 0) throw new RangeError('business days are counted by whole numbers other than 0')
  const date = Math.floor(wallOfInstant(compiled.segments, at) / DAY_US)
  const index = count > 0 ? countUpTo(compiled.days, date) + count - 1 : countBelow(compiled.days, date) + count
  const end = compiled.dayEnds[index]
  return end === undefined || end < compiled.from || end > compiled.to ? null : end
}

/** Whether an instant is business time: a shift includes its start and not its end. */
export function isOpen(compiled: CompiledCalendar, at: Instant): boolean {
  horizonCheck(compiled, at)
  const close = compiled.closes[countUpTo(compiled.opens, at) - 1]
  return close !== undefined && at < close
}

/**
 * Every opening and closing between two instants, between a floor at `from` and a ceiling at `to`: prefix sums for a database.
 * Business time between two instants of this span is the difference of `openBefore`, each extended by the time since its boundary
 * where `open`.
 */
export function boundaries(calendar: Calendar | readonly CalendarPeriod[], from: Instant, to: Instant): Boundary[] {
  const compiled = compile(calendar, from, to)
  const list: Boundary[] = []
  if (compiled.opens[0] !== from) list.push({ at: from, open: false, openBefore: 0 })
  for (const [index, at] of compiled.opens.entries()) {
    const closes = compiled.closes[index] ?? to
    const sum = compiled.before[index] ?? 0
    list.push({ at, open: true, openBefore: sum }, { at: closes, open: false, openBefore: sum + closes - at })
  }
  if (list.at(-1)?.at !== to) list.push({ at: to, open: false, openBefore: openBefore(compiled, to) })
  return list
}

function openBefore(compiled: CompiledCalendar, at: Instant): number {
  horizonCheck(compiled, at)
  const index = countUpTo(compiled.opens, at) - 1
  const [open, close, base] = [compiled.opens[index], compiled.closes[index], compiled.before[index]]
  return open === undefined || close === undefined || base === undefined ? 0 : base + Math.min(at, close) - open
}

function horizonCheck({ from, to, name }: CompiledCalendar, at: Instant): void {
  if (at >= from && at <= to) return
  const asked = Number.isSafeInteger(at) ? instantToIso(at) : String(at)
  throw new RangeError(`calendar "${name}" is compiled from ${instantToIso(from)} to ${instantToIso(to)}, not for ${asked}`)
}
