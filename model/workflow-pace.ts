import { type Cadence, expectedSigns, freshnessAt, learnCadence, LEAST_LATE_US, LEAST_SILENT_US } from './freshness.ts'
import type { Instant } from './instant.ts'

/**
 * What is looked at of a workflow: starts of the six weeks before the end of a window, of which the last 20,000 minutes (two weeks of one
 * that starts each minute). Six weeks and not the four of sources: a batch of working days starts but twenty times in four, which leaves no
 * gap to spare for one that is missing.
 */
export const STARTS = { days: 42, minutes: 20_000 } as const

/** A time in which starts were expected and none came. Instants in microseconds. */
export type MissedStarts = {
  /** The last start before it. */
  from: Instant
  /** The next start; null where none came by the end of the window. */
  to: Instant | null
  /** Starts that were expected in between and within the window. */
  expected: number
}

/** How a workflow stands against its own starts. Instants in microseconds. */
export type WorkflowPace = {
  /** Starting as it uses to, overdue, long overdue, or not known well enough. */
  state: 'fresh' | 'late' | 'silent' | 'learning'
  /** Gaps between starts that the pace was learned from. */
  learned_from_n: number
  /** Whether its starts are as regular as those of a schedule; null while its pace is learned. */
  judged_by: 'schedule' | 'pace' | null
  /** When the next start is overdue; null where nothing is expected. */
  due_by: Instant | null
  /** Since when its starts were judged: the beginning of the window, or its first start that was looked at. */
  judged_from: Instant | null
  /** Starts expected in the window that did not happen; null while its pace is learned: unknown, not zero. */
  not_started: number | null
  /** When they were expected, earliest first. */
  gaps: MissedStarts[]
}

const MINUTE_US = 60_000_000
const HOUR = 60
/** From so many minutes between two starts on, the hour of a start is judged and not its minute. */
const SELDOM = 2 * HOUR
/** Below so many minutes between two starts, a schedule cannot be told from a busy trigger. */
const DENSE = 3

/**
 * What a workflow's starts say of those that are missing.
 *
 * Gaps between starts are measured in *expected starts*: the sum over the gap of the rates that {@link learnCadence} learns by hour of the
 * week, UTC; nights and weekends without a start add nothing. A workflow that starts at most every third minute is regular where the
 * middle half of its gaps differs by no more than half the median gap. Then a gap is too long past 1.5 medians and past Tukey's fence
 * (Q3 + 1.5 × (Q3 − Q1); Tukey 1977, Exploratory Data Analysis), and lacks as many starts as further medians fit into it. Any other
 * workflow may be triggered by events: only a gap that {@link learnCadence} calls silence is told, with the starts that its rates expect
 * over it. One that was given up is told as silent until fewer than its least number of gaps lie in the six weeks.
 *
 * Where starts are two hours apart or more, they are judged by the hour in whose middle they lie, and one that came an hour late was late
 * and is not missing: so the change to summer or winter time makes no missing start out of a schedule in local time. A more frequent
 * schedule that keeps office hours in local time shows one missing start on the day the clocks go back.
 *
 * @param minutes minutes since 1970 with a start, ascending, each once, before the end of the window: at most those of {@link STARTS}
 * @param window half-open; what was expected outside of it is not counted
 * @param now nothing is missed that was expected in the last three minutes
 */
export function workflowPace(minutes: readonly number[], window: { from: Instant; to: Instant }, now: Instant): WorkflowPace {
  const apart = quantile(gapsOf(minutes), 0.5)
  const shift = apart >= SELDOM ? middleOfHour(minutes) - HOUR / 2 : 0
  const starts = minutes.map((minute) => minute - shift)
  const [first, last] = [starts[0], starts.at(-1)]
  const judge = judgeOf(starts, apart)
  if (judge === null || first === undefined || last === undefined) return learning(Math.max(0, starts.length - 1))
  const { cadence, whole, ceiling, missing } = judge
  const until = Math.min(window.to, now - LEAST_LATE_US) / MINUTE_US - shift
  const from = Math.max(window.from / MINUTE_US - shift, first)
  const instantOf = (minute: number): Instant => (minute + shift) * MINUTE_US
  const at = freshnessAt({ last: whole(last) * MINUTE_US, cadence }, whole(until) * MINUTE_US)
  if (at.expected_gap_s === null) return learning(cadence.n)
  const gaps: MissedStarts[] = []
  for (const [place, start] of starts.entries()) {
    const next = starts[place + 1]
    const end = next ?? until
    if (end <= from) continue
    const expected = missing(start, end) - (start < from ? missing(start, from) : 0)
    if (expected >= 1) gaps.push({ from: instantOf(start), to: next === undefined ? null : instantOf(next), expected })
  }
  return {
    state: at.state === 'late' || at.state === 'silent' ? at.state : 'fresh',
    learned_from_n: cadence.n,
    judged_by: judge.regular ? 'schedule' : 'pace',
    due_by: instantOf(ceiling(whole(last) + at.expected_gap_s / 60)),
    judged_from: instantOf(from),
    not_started: gaps.reduce((sum, { expected }) => sum + expected, 0),
    gaps,
  }
}

function learning(n: number): WorkflowPace {
  return { state: 'learning', learned_from_n: n, judged_by: null, due_by: null, judged_from: null, not_started: null, gaps: [] }
}

/** What is expected between two starts. Places in minutes since 1970. */
type Judge = {
  cadence: Cadence
  regular: boolean
  /** The place by which one in time is judged: its minute, or the beginning of its hour. */
  whole(minute: number): number
  /** The next such place. */
  ceiling(minute: number): number
  /** Starts that are missing at a minute, the last one having been at `start`. */
  missing(start: number, minute: number): number
}

/** Learns the pace twice: what is missing by the first is no part of what was seen in the second. */
function judgeOf(minutes: readonly number[], apart: number): Judge | null {
  const learned = learnCadence(minutes)
  if (learned === null) return null
  const first = judgeBy(learned, minutes, apart)
  const silences = minutes.flatMap((from, place) => {
    const to = minutes[place + 1]
    return to !== undefined && first.missing(from, to) > 0 ? [{ from, to }] : []
  })
  const again = silences.length === 0 ? null : learnCadence(minutes, silences)
  return again === null ? first : judgeBy(again, minutes, apart)
}

/** @param apart median minutes between two starts */
function judgeBy(cadence: Cadence, minutes: readonly number[], apart: number): Judge {
  const resolution = apart >= SELDOM ? HOUR : 1
  const whole = (minute: number): number => Math.floor(minute / resolution) * resolution
  const expectedBy = expectedSigns(cadence.rates)
  const gaps = gapsOf(minutes.map((minute) => expectedBy(whole(minute))))
  const [lower, median, upper] = [quantile(gaps, 0.25), quantile(gaps, 0.5), quantile(gaps, 0.75)]
  const spread = upper - lower
  const regular = apart >= DENSE && median > 0 && spread <= median / 2
  if (!regular)
    return {
      cadence,
      regular,
      whole: Math.floor,
      ceiling: Math.ceil,
      missing(start, minute) {
        const signs = expectedBy(minute) - expectedBy(start)
        return signs > cadence.silent && (minute - start) * MINUTE_US >= LEAST_SILENT_US ? Math.round(signs) : 0
      },
    }
  const slack = resolution === HOUR ? HOUR : 0
  const late = Math.max(1.5 * median, upper + 1.5 * spread)
  return {
    cadence: { ...cadence, late, silent: late + median },
    regular,
    whole,
    ceiling: (minute) => Math.ceil(minute / resolution) * resolution,
    missing(start, minute) {
      const signs = expectedBy(whole(minute) - slack) - expectedBy(whole(start))
      return signs > late && (minute - start) * MINUTE_US >= LEAST_SILENT_US ? Math.round(signs / median) - 1 : 0
    },
  }
}

/** The minute of the hour round which starts lie: the direction of their mean on the clock face (Fisher 1993, Statistical Analysis of Circular Data). */
function middleOfHour(minutes: readonly number[]): number {
  const turn = (2 * Math.PI) / HOUR
  const sum = (of: (angle: number) => number): number => minutes.reduce((total, minute) => total + of(minute * turn), 0)
  return Math.round(Math.atan2(sum(Math.sin), sum(Math.cos)) / turn)
}

/** Differences of neighbours, ascending. */
function gapsOf(places: readonly number[]): number[] {
  return places
    .slice(1)
    .map((place, before) => place - (places[before] ?? place))
    .toSorted((a, b) => a - b)
}

/** A quantile of ascending values, R-7 (Hyndman & Fan 1996). */
function quantile(ascending: readonly number[], share: number): number {
  const place = (ascending.length - 1) * share
  const below = ascending[Math.floor(place)] ?? 0
  return below + (place - Math.floor(place)) * ((ascending[Math.ceil(place)] ?? below) - below)
}
