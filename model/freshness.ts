import { type Instant, instantToIso } from './instant.ts'

/** How a source stands: sending as it uses to, past its bound, far past it, not known well enough yet, nothing ever, or paused. */
export type FreshnessState = 'fresh' | 'late' | 'silent' | 'learning' | 'never' | 'paused'

/** A source's freshness at an instant. Instants in microseconds. */
export type FreshnessAt = {
  state: FreshnessState
  /** How long after its last sign the source is late, seconds; null where nothing is expected of it. */
  expected_gap_s: number | null
  /** Gaps that the expectation was learned from; 0 where it was declared. */
  learned_from_n: number
  /** Since when it is silent: when its bound was passed. */
  silent_since: Instant | null
  /** One sentence that says why; it names instants and no lapse of time, so that it stays true while it is read. */
  message: string
}

/** What a source's past says about its pace. */
export type Cadence = {
  /** Gaps that it was learned from. */
  n: number
  /** Minutes with a sign of life to expect in each hour of the week (UTC), from Thursday 00:00, the first hour of 1970. */
  rates: readonly number[]
  /** Longest gap to expect, and the one that means silence, both in expected minutes with a sign. */
  late: number
  silent: number
}

/** Minutes since 1970 between two signs. */
type Silence = { from: number; to: number }

const HOUR = 60
const WEEK_HOURS = 168
const MINUTE_US = 60_000_000

/** Below these nothing is said about a source: a gap is only as telling as the gaps before it. */
export const LEARNING = { gaps: 20, span_min: 24 * HOUR, window_days: 28 } as const

/** What is never called late or silent, whatever was learned: clocks, batches and networks have minutes of play. */
export const LEAST_LATE_US = 3 * MINUTE_US
export const LEAST_SILENT_US = 5 * MINUTE_US

/**
 * Learns the pace of a source from the minutes in which it showed a sign of life.
 *
 * Silence is measured in *expected signs*, not in hours: each hour of the week has the rate that it had in the past, and a gap is the
 * sum of the rates over it. A night or weekend in which nothing ever came adds nothing; the hour in which the daily batch comes adds
 * one. So one bound serves steady, office-hours and batch sources. Hours of the week that were never seen borrow from the same hour of
 * alike days (working days, weekends), and expect nothing where those were not seen either.
 *
 * The bound is the largest gap of the past after forgiving the few largest (one in a hundred, one to five of them), so that an outage
 * of the past does not excuse the next one; silence starts at twice that and more where few or uneven gaps were seen.
 *
 * @param minutes minutes since 1970 with a sign of life, ascending, each once; at most the last {@link LEARNING.window_days} days
 * @param silences whole hours between two signs that are no part of what was seen, so that signs known to be missing do not lower what is
 *   expected
 * @returns `null` while there is too little to learn from
 */
export function learnCadence(minutes: readonly number[], silences: readonly Silence[] = []): Cadence | null {
  const first = minutes[0] ?? 0
  const last = minutes.at(-1) ?? 0
  const n = minutes.length - 1
  if (n < LEARNING.gaps || last - first < LEARNING.span_min) return null
  const rates = ratesByHour(minutes, first, last, silences)
  const warped = expectedSigns(rates)
  const gaps = minutes.slice(1).map((minute, at) => warped(minute) - warped(minutes[at] ?? minute))
  const ordered = gaps.toSorted((a, b) => b - a)
  const forgiven = Math.min(5, Math.max(1, Math.floor(n / 100)))
  const bound = Math.max(ordered[forgiven] ?? 0, 1e-9)
  const kept = ordered.slice(forgiven)
  const mean = kept.reduce((sum, gap) => sum + gap, 0) / kept.length
  const spread = Math.sqrt(kept.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / kept.length)
  return { n, rates, late: bound * 1.25, silent: bound * 2 + 2 * spread * Math.sqrt(LEARNING.gaps / n) }
}

/** Signs to expect in each hour of the week. */
function ratesByHour(minutes: readonly number[], first: number, last: number, silences: readonly Silence[]): number[] {
  const signs = Array.from({ length: WEEK_HOURS }, () => 0)
  const seen = Array.from({ length: WEEK_HOURS }, () => 0)
  for (const minute of minutes) add(signs, hourOfWeek(minute), 1)
  for (let hour = Math.floor(first / HOUR); hour <= Math.floor(last / HOUR); hour++) {
    const from = Math.max(first, hour * HOUR)
    const to = Math.min(last + 1, (hour + 1) * HOUR)
    add(seen, hour % WEEK_HOURS, (to - from) / HOUR)
  }
  for (const silence of silences)
    for (let hour = Math.floor(silence.from / HOUR) + 1; hour < Math.floor(silence.to / HOUR); hour++)
      add(seen, hour % WEEK_HOURS, -1)
  return signs.map((count, hour) => {
    const alike = alikeHours(hour)
    const [alikeSigns, alikeSeen] = [total(signs, alike), total(seen, alike)]
    const own = seen[hour] ?? 0
    if (alikeSeen === 0) return 0
    if (own < 0.5 && alikeSeen < 1.5) return 0
    return (count + alikeSigns / alikeSeen) / (own + 1)
  })
}

/** The same hour of the day on all days of the same sort: Monday to Friday, or Saturday and Sunday. */
function alikeHours(hour: number): number[] {
  const weekend = isWeekend(Math.floor(hour / 24))
  const days = [0, 1, 2, 3, 4, 5, 6].filter((day) => isWeekend(day) === weekend)
  return days.map((day) => day * 24 + (hour % 24))
}

/** Day 0 is a Thursday. */
function isWeekend(day: number): boolean {
  return day === 2 || day === 3
}

function hourOfWeek(minute: number): number {
  return Math.floor(minute / HOUR) % WEEK_HOURS
}

function add(list: number[], at: number, value: number): void {
  list[at] = (list[at] ?? 0) + value
}

function total(list: readonly number[], places: readonly number[]): number {
  return places.reduce((sum, at) => sum + (list[at] ?? 0), 0)
}

/** The running sum of the rates: how many signs are to be expected from 1970 up to a minute (with fractions). */
export function expectedSigns(rates: readonly number[]): (minute: number) => number {
  const before: number[] = [0]
  for (const rate of rates) before.push((before.at(-1) ?? 0) + rate)
  const week = before[WEEK_HOURS] ?? 0
  return (minute) => {
    const hours = minute / HOUR
    const whole = Math.floor(hours)
    const inWeek = whole % WEEK_HOURS
    return Math.floor(whole / WEEK_HOURS) * week + (before[inWeek] ?? 0) + (hours - whole) * (rates[inWeek] ?? 0)
  }
}

/** When so many signs should have come after an instant; `null` where the source sends too seldom to say within eight weeks. */
function whenExpected(cadence: Cadence, after: Instant, signs: number): Instant | null {
  let minute = after / MINUTE_US
  let left = signs
  for (let steps = 0; steps < 8 * WEEK_HOURS; steps++) {
    const rate = cadence.rates[hourOfWeek(minute)] ?? 0
    const end = (Math.floor(minute / HOUR) + 1) * HOUR
    const here = ((end - minute) / HOUR) * rate
    if (here >= left && rate > 0) return Math.round((minute + (left / rate) * HOUR) * MINUTE_US)
    left -= here
    minute = end
  }
  return null
}

/** What is known of a source when its freshness is asked for. */
export type Signs = {
  /** When the last sign of life came; null where none ever did. */
  last: Instant | null
  cadence: Cadence | null
  /** Seconds between two signs as somebody declared them; goes before what was learned. */
  declared_s?: number | null
  paused?: boolean
  /** Gaps seen so far, while there is no cadence. */
  gaps?: number
}

/**
 * The freshness of a source at `now`. Without a new sign it only ever gets worse as time goes by: fresh, late, silent.
 */
export function freshnessAt(signs: Signs, now: Instant): FreshnessAt {
  const { last, cadence } = signs
  const declared = signs.declared_s ?? null
  const n = declared === null ? (cadence?.n ?? 0) : 0
  const none = { expected_gap_s: null, learned_from_n: n, silent_since: null }
  if (signs.paused === true) return { state: 'paused', ...none, message: 'Paused: nothing is expected of it.' }
  if (last === null) return { state: 'never', ...none, message: 'Nothing has ever arrived.' }
  const bounds = boundsOf(last, cadence, declared)
  if (bounds === null)
    return {
      state: 'learning',
      ...none,
      learned_from_n: signs.gaps ?? n,
      message:
        cadence === null
          ? `Learning its pace: that takes ${LEARNING.gaps} gaps over a day or more. Until then its silence is not noticed, unless the source states how often it sends.`
          : 'It sends too seldom for its silence to mean anything. State how often it sends to have it watched.',
    }
  const state: FreshnessState = now > bounds.silent ? 'silent' : now > bounds.late ? 'late' : 'fresh'
  return {
    state,
    expected_gap_s: Math.round((bounds.late - last) / 1e6),
    learned_from_n: n,
    silent_since: state === 'silent' ? bounds.late : null,
    message: sentence(state, last, bounds.late, declared),
  }
}

function boundsOf(last: Instant, cadence: Cadence | null, declaredS: number | null): { late: Instant; silent: Instant } | null {
  if (declaredS !== null) return { late: last + declaredS * 1e6, silent: last + 2 * declaredS * 1e6 }
  if (cadence === null) return null
  const late = whenExpected(cadence, last, cadence.late)
  const silent = whenExpected(cadence, last, cadence.silent)
  if (late === null || silent === null) return null
  return { late: Math.max(late, last + LEAST_LATE_US), silent: Math.max(silent, last + LEAST_SILENT_US) }
}

function sentence(state: FreshnessState, last: Instant, due: Instant, declared: number | null): string {
  const by = declared === null ? 'by its pace at this time of the week' : 'as declared'
  if (state === 'fresh')
    return `Sends ${declared === null ? 'at its pace' : 'as declared'}; the next sign is due by ${shown(due)}.`
  if (state === 'late') return `Late: nothing since ${shown(last)}; a sign was due by ${shown(due)}, ${by}.`
  return `Silent: nothing since ${shown(last)}; a sign was due by ${shown(due)}, ${by}. Look whether the source and the way here work.`
}

function shown(at: Instant): string {
  return `${instantToIso(Math.floor(at / 1e6) * 1e6)
    .slice(0, 16)
    .replace('T', ' ')} UTC`
}
