import type { Instant } from './instant.ts'
import { SEVERITIES, type Severity } from './alert-rule.ts'

/** What is known of a rule and a key: since when it holds, ever graver, and when it was over. Instants may lie ahead. */
export type Activity = {
  /** Ascending; empty where it never held. */
  levels: readonly { at: Instant; severity: Severity }[]
  /** When it was over; null while it is not. */
  until: Instant | null
  value: number | null
  /** Of a value that is looked up: the instant that it is of. */
  at?: Instant
}

/** Why nothing can be told: what the five kinds of missing data are called. */
export const MISSING = ['not_expected', 'source_silent', 'query_failed', 'series_gone', 'late_watermark', 'low_volume'] as const
export type Missing = (typeof MISSING)[number]

/** A look at a key: what is known of it, or why nothing can be told. */
export type Look = Activity | { missing: Missing }

/** State of a rule and key between two looks. Instants are those of the events, never those of the look. */
export type Instance = {
  state: 'inactive' | 'pending' | 'firing' | 'recovering'
  /** How often it has left `inactive`. */
  epoch: number
  /** Transitions in this epoch. */
  number: number
  /** Since when it holds; of an inactive one when it held last. */
  since: Instant
  firedAt: Instant | null
  /** When it was over: of a recovering one, and of an inactive one the last time. */
  over: Instant | null
  severity: Severity
  value: number | null
  /** Why it cannot be told at present. */
  stale: Missing | null
}

export type Transition = {
  epoch: number
  number: number
  from: Instance['state']
  to: Instance['state'] | 'resolved'
  /** When it came about. */
  at: Instant
  reason: 'held' | 'over' | 'retracted' | 'raised' | 'again' | 'moved' | 'began'
  severity: Severity
  value: number | null
}

export const INACTIVE: Instance = {
  state: 'inactive',
  epoch: 0,
  number: 0,
  since: 0,
  firedAt: null,
  over: null,
  severity: 'low',
  value: null,
  stale: null,
}

/** What was over for longer than this when it became known is history: it is not told. */
export const OVER_US: Instant = 3600e6

/**
 * What a value that was looked up says of a key: it holds since the look that found it first, and is over with the first look that does not.
 *
 * @param holds whether the rule's condition holds
 */
export function activityOfValue(
  before: Instance,
  seen: { at: Instant; holds: boolean; severity: Severity; value: number | null },
): Activity {
  const { at, holds, severity, value } = seen
  const { state, since, over } = before
  const isOn = state !== 'inactive'
  if (holds) {
    const began = isOn ? since : at
    const levels = [{ at: began, severity: isOn ? before.severity : severity }]
    if (isOn && severity !== before.severity && at > began) levels.push({ at, severity })
    return { levels, until: null, value, at }
  }
  return isOn
    ? { levels: [{ at: since, severity: before.severity }], until: over ?? at, value, at }
    : { levels: [], until: null, value, at }
}

/** The graver of two severities. */
export function graver(one: Severity, other: Severity): Severity {
  return SEVERITIES.indexOf(one) >= SEVERITIES.indexOf(other) ? one : other
}

/**
 * One look of the alert's state machine (inactive → pending → firing → recovering → resolved), after Prometheus's rules with `for` and
 * `keep_firing_for`. It is a pure function of the rule, the state before, what is known and the watermark; a transition has the instant at
 * which it came about, so that looking seldom finds the same transitions as looking often. Missing data changes nothing but `stale`: a firing
 * alert never resolves because nothing is known.
 *
 * @param look what is known up to the watermark
 * @returns the state after, its transitions in order, and when time alone may bring the next one; null where it does not
 */
export function step(
  rule: { for_s: number; keep_firing_s: number },
  before: Instance,
  look: Look,
  watermark: Instant,
): { next: Instance; transitions: Transition[]; nextAt: Instant | null } {
  if ('missing' in look) {
    const isQuiet = before.state === 'inactive' || look.missing === 'not_expected'
    return { next: { ...before, stale: isQuiet ? before.stale : look.missing }, transitions: [], nextAt: null }
  }
  const transitions: Transition[] = []
  const next: Instance = { ...before, stale: null, value: look.value ?? before.value }
  const move = (to: Transition['to'], at: Instant, reason: Transition['reason']): void => {
    next.number++
    transitions.push({
      epoch: next.epoch,
      number: next.number,
      from: next.state,
      to,
      at,
      reason,
      severity: next.severity,
      value: look.value,
    })
    next.state = to === 'resolved' ? 'inactive' : to
  }
  const reached = look.levels.filter(({ at }) => at <= watermark)
  const aheadAt = look.levels.find(({ at }) => at > watermark)?.at ?? null
  const [first] = reached
  const end = look.until !== null && look.until <= watermark ? look.until : null
  const upcoming = (...instants: (Instant | null)[]): Instant | null => {
    const later = instants.filter((at) => at !== null && at > watermark) as Instant[]
    return later.length === 0 ? null : Math.min(...later)
  }
  if (first === undefined || (end !== null && end <= first.at)) {
    if (next.state !== 'inactive') {
      next.over = next.since
      move(next.state === 'pending' ? 'inactive' : 'resolved', watermark, 'retracted')
    }
    return { next, transitions, nextAt: upcoming(aheadAt) }
  }
  const fireAt = first.at + rule.for_s * 1e6
  const severityAt = (at: Instant): Severity => reached.findLast((level) => level.at <= at)?.severity ?? first.severity

  if (next.state === 'inactive') {
    // What began before it was last over is the same thing, whatever is said of its end by now.
    const isKnown = next.epoch > 0 && next.over !== null && end !== null && (end <= next.over || first.at < next.over)
    const isDone = isKnown || (end !== null && end < watermark - OVER_US)
    if (isDone || (end !== null && end < fireAt)) return { next, transitions, nextAt: upcoming(aheadAt) }
    next.epoch++
    next.number = 0
    next.since = first.at
    next.firedAt = null
    next.over = null
    next.severity = severityAt(Math.min(fireAt, watermark))
    if (rule.for_s > 0) move('pending', first.at, 'began')
    else {
      next.firedAt = first.at
      next.severity = severityAt(first.at)
      move('firing', first.at, 'held')
    }
  } else if (first.at !== next.since && end === null) {
    const isBackdated = next.state !== 'pending'
    next.since = first.at
    if (isBackdated) {
      // A deadline that moved ahead is graver when it comes.
      const reachedNow = severityAt(watermark)
      if (SEVERITIES.indexOf(reachedNow) < SEVERITIES.indexOf(next.severity)) next.severity = reachedNow
      move(next.state, first.at, 'moved')
    }
  }
  if (next.state === 'pending') {
    // Of a value nobody knows how long it held between two looks: it fires with a look that finds it holding.
    if (end !== null && (end < fireAt || look.at !== undefined)) move('inactive', end, 'over')
    else if (fireAt <= watermark) {
      next.firedAt = fireAt
      next.severity = severityAt(fireAt)
      move('firing', fireAt, 'held')
    }
  }
  if (next.state === 'recovering' && (end === null || (next.over !== null && end > next.over))) {
    if (end === null) {
      const again = look.at ?? next.over ?? first.at
      next.over = null
      move('firing', again, 'again')
    } else next.over = end
  }
  if (next.state === 'firing') {
    for (const level of reached)
      if ((end === null || level.at < end) && SEVERITIES.indexOf(level.severity) > SEVERITIES.indexOf(next.severity)) {
        next.severity = level.severity
        move('firing', Math.max(level.at, next.firedAt ?? level.at), 'raised')
      }
    if (end !== null) {
      next.over = end
      if (rule.keep_firing_s > 0) move('recovering', end, 'over')
      else move('resolved', end, 'over')
    }
  }
  if (next.state === 'recovering' && next.over !== null && next.over + rule.keep_firing_s * 1e6 <= watermark)
    move('resolved', next.over + rule.keep_firing_s * 1e6, 'over')
  return {
    next,
    transitions,
    nextAt: upcoming(
      aheadAt,
      next.state === 'pending' ? fireAt : null,
      look.until,
      next.state === 'recovering' && next.over !== null ? next.over + rule.keep_firing_s * 1e6 : null,
    ),
  }
}
