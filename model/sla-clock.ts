import { addBusinessTime, ALWAYS, businessTimeWithin, type CompiledCalendar, endOfBusinessDay } from './calendar.ts'
import { type Instant, instantFromIso } from './instant.ts'
import { SLA_FIELDS, type SlaCondition, type SlaDefinition } from './sla.ts'
import type { Timeline, TimelineEvent } from './timeline.ts'

const DAY_US = 86_400_000_000

/** A pause as it was: `to` null while it lasts. `held_us` is the time that it held the clock, by the clock's own time, up to `now`. */
export type ClockPause = { from: Instant; to: Instant | null; reason: string; held_us: number }

/** `breached` may be told before the clock stops: then it is what a running or paused one is once its deadline has passed. */
export type ClockState = 'running' | 'paused' | 'met' | 'breached' | 'cancelled'

/** One clock of a document; all of it follows from the timeline, the definition and the calendar, and none of it from when it is asked. */
export type Clock = {
  /** Exception that it is about; empty for the whole document. */
  subject: string
  /** From 1, one more with each reset. */
  epoch: number
  /** As its events tell, whatever the time is. */
  state: ClockState
  started_at: Instant
  /** When it was stopped or cancelled. */
  ended_at: Instant | null
  /** The instant of the breach: the deadline, which moves while the clock is paused; null while a pause without a cap holds it. */
  deadline_at: Instant | null
  /** When the warnings fall due, in the order of `warn`; null as the deadline is. */
  warnings: (Instant | null)[]
  /** When it escalates further, in the order of `overdue_s`; null as the deadline is. */
  escalations: (Instant | null)[]
  /** The target's own time used up to the end, or up to `running_since`. */
  used_us: number
  /** Start of the stretch that runs now; null where none does. */
  running_since: Instant | null
  /** The target's own time in all; of a target that is an instant the time from the start to it, null while none is stated. */
  target_us: number | null
  pauses: ClockPause[]
  /** Stretches in which it ran, from its start to its end; of an open one up to what its events tell. */
  ran: { from: Instant; to: Instant }[]
}

type Draft = {
  subject: string
  epoch: number
  started: TimelineEvent
  /** The last event so far that would stop it, where the last one does. */
  lastStop: Instant | null
  pauses: { from: Instant; to: Instant | null; reason: string; cap: number | null }[]
  ended: Instant | null
  how: 'stopped' | 'cancelled' | null
}

/**
 * The clocks of a document, replayed from its timeline. At one event the order is: cancel, stop, reset, end of pauses, pauses, start – so
 * what ends a clock is never paused, and a reset that is also a start begins one clock, not two.
 *
 * @param calendar the calendar of the clock, compiled over the document's life and the target's
 * @returns none where the definition does not apply or the clock never started
 */
export function clocksOf(sla: SlaDefinition, timeline: Timeline, calendar: CompiledCalendar): Clock[] {
  if (timeline.document.type !== sla.object_type || !appliesTo(sla, timeline)) return []
  const done: Draft[] = []
  const running = new Map<string, Draft>()
  const epochs = new Map<string, number>()
  const begin = (subject: string, event: TimelineEvent): void => {
    const epoch = (epochs.get(subject) ?? 0) + 1
    epochs.set(subject, epoch)
    const draft: Draft = { subject, epoch, lastStop: null, started: event, pauses: [], ended: null, how: null }
    running.set(subject, draft)
    done.push(draft)
  }
  const end = (subject: string, draft: Draft, at: Instant, how: 'stopped' | 'cancelled'): void => {
    draft.ended = at
    draft.how = how
    for (const pause of draft.pauses) pause.to ??= at
    running.delete(subject)
  }
  for (const event of timeline.events) {
    const subjects = sla.per === 'document' ? [''] : subjectsOf(event, running)
    for (const subject of subjects) {
      const draft = running.get(subject)
      const at = event.occurred_at
      if (draft !== undefined) {
        if (isAny(sla.cancel, event)) end(subject, draft, at, 'cancelled')
        else if (isAny(sla.stop, event) && sla.stops_at === 'first') end(subject, draft, at, 'stopped')
        else if (isAny(sla.reset, event)) {
          end(subject, draft, at, 'cancelled')
          begin(subject, event)
        } else {
          if (isAny(sla.stop, event)) draft.lastStop = at
          for (const [number, rule] of sla.pause.entries()) {
            const reason = `${number} ${rule.reason}`
            const open = draft.pauses.find((pause) => pause.to === null && pause.reason === reason)
            if (open !== undefined && isAny(rule.until, event)) open.to = at
            else if (open === undefined && isAny(rule.on, event))
              draft.pauses.push({ from: at, to: null, reason, cap: rule.cap_s === null ? null : rule.cap_s * 1e6 })
          }
        }
      } else if (isAny(sla.start, event) && (epochs.get(subject) ?? 0) === 0) {
        begin(subject, event)
        const begun = running.get(subject)
        if (begun !== undefined && sla.stops_at === 'last' && isAny(sla.stop, event)) begun.lastStop = at
      } else if (isAny(sla.reset, event) && (epochs.get(subject) ?? 0) > 0) begin(subject, event)
    }
  }
  const told = sla.stop_attribute === null ? null : instantOf(timeline.attributes[sla.stop_attribute])
  return done.map((draft) => {
    const ended = told ?? draft.lastStop
    if (ended !== null && draft.ended === null) end(draft.subject, draft, ended, 'stopped')
    return clockOf(sla, draft, timeline, calendar)
  })
}

/** A clock as it is at an instant: one that has run past its deadline is breached, whatever may come. */
export function stateAt(clock: Pick<Clock, 'state' | 'deadline_at'>, at: Instant): ClockState {
  const isOpen = clock.state === 'running' || clock.state === 'paused'
  return isOpen && clock.deadline_at !== null && clock.deadline_at <= at ? 'breached' : clock.state
}

/** The time that a clock counts between two instants, µs: business time by its calendar, or elapsed. */
export function ownTime(sla: SlaDefinition, calendar: CompiledCalendar): (from: Instant, to: Instant) => number {
  return isElapsed(sla, calendar) ? (from, to) => to - from : (from, to) => businessTimeWithin(calendar, from, to)
}

function isElapsed({ target }: SlaDefinition, calendar: CompiledCalendar): boolean {
  return target.kind === 'elapsed' || calendar.name === ALWAYS.name
}

function clockOf(sla: SlaDefinition, draft: Draft, timeline: Timeline, calendar: CompiledCalendar): Clock {
  const start = draft.started.occurred_at
  const { ended } = draft
  const between = ownTime(sla, calendar)
  const after = (from: Instant, us: number): Instant | null =>
    isElapsed(sla, calendar) ? from + us : addBusinessTime(calendar, Math.min(Math.max(from, calendar.from), calendar.to), us)
  const holds = stretches(draft.pauses.map((pause) => ({ from: pause.from, to: heldUntil(pause) })))
  const duration = sla.target.kind === 'business' || sla.target.kind === 'elapsed' ? sla.target.seconds * 1e6 : null
  const stops = duration === null ? [] : holds
  /** Stretches in which the clock ran: from the start, between what held it, to the end or without end. */
  const runs: { from: Instant; to: Instant | null }[] = []
  let from: Instant | null = start
  for (const hold of stops) {
    if (from === null) break
    if (hold.from > from) runs.push({ from, to: hold.from })
    from = hold.to
  }
  if (from !== null && (ended === null || ended > from || runs.length === 0)) runs.push({ from, to: ended })
  const used = runs.reduce((sum, run) => sum + (run.to === null ? 0 : between(run.from, run.to)), 0)
  const reached = (us: number): Instant | null => {
    let left = us
    for (const run of runs) {
      const has = run.to === null ? Number.POSITIVE_INFINITY : between(run.from, run.to)
      if (has >= left) return after(run.from, left)
      left -= has
    }
    // The clock stopped before: had it run on from its end.
    return ended === null ? null : after(ended, left)
  }
  const deadline = duration === null ? statedDeadline(sla, start, timeline, calendar) : reached(duration)
  const target = duration ?? (deadline === null ? null : Math.max(0, between(start, deadline)))
  const escalatedAt = (us: number): Instant | null => {
    if (duration !== null) return reached(duration + us)
    return deadline === null ? null : after(deadline, us)
  }
  const last = runs.at(-1)
  const open = ended === null && last?.to === null ? last.from : null
  const state: ClockState =
    draft.how === 'cancelled'
      ? 'cancelled'
      : draft.how === 'stopped'
        ? deadline !== null && ended !== null && ended > deadline
          ? 'breached'
          : 'met'
        : open === null
          ? 'paused'
          : 'running'
  return {
    subject: draft.subject,
    epoch: draft.epoch,
    state,
    started_at: start,
    ended_at: ended,
    deadline_at: deadline,
    warnings: sla.warn.map((part) => (part === 1 || target === null ? deadline : reached(target * part))),
    escalations: sla.overdue_s.map((seconds) => escalatedAt(seconds * 1e6)),
    used_us: used,
    running_since: open,
    target_us: target,
    pauses: draft.pauses.map((pause) => {
      const to = heldUntil(pause)
      return {
        from: pause.from,
        to: pause.to,
        reason: pause.reason.replace(/^\d+ /u, ''),
        held_us: to === null ? 0 : between(pause.from, to),
      }
    }),
    ran: runs.map((run) => ({
      from: run.from,
      to: run.to ?? Math.max(run.from, timeline.events.at(-1)?.occurred_at ?? run.from),
    })),
  }
}

/** Until when a pause holds the clock: its end, or its cap where that comes first; null while it lasts. */
function heldUntil(pause: { from: Instant; to: Instant | null; cap: number | null }): Instant | null {
  if (pause.cap === null) return pause.to
  return pause.to === null ? pause.from + pause.cap : Math.min(pause.to, pause.from + pause.cap)
}

/** Stretches in order, those that overlap joined; one without end swallows what comes after. */
function stretches(all: readonly { from: Instant; to: Instant | null }[]): { from: Instant; to: Instant | null }[] {
  const joined: { from: Instant; to: Instant | null }[] = []
  for (const one of all.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last !== undefined && (last.to === null || last.to >= one.from)) {
      if (last.to !== null) last.to = one.to === null ? null : Math.max(last.to, one.to)
    } else joined.push({ ...one })
  }
  return joined
}

/** The deadline of a target that is an instant; null where none is stated. */
function statedDeadline(
  { target }: SlaDefinition,
  start: Instant,
  timeline: Timeline,
  calendar: CompiledCalendar,
): Instant | null {
  if (target.kind === 'end_of_business_day')
    return start < calendar.from || start > calendar.to ? null : endOfBusinessDay(calendar, start, target.days)
  if (target.kind !== 'due') return null
  const due = target.attribute === null ? statedDue(timeline) : instantOf(timeline.attributes[target.attribute])
  return due === null ? null : due + target.offset_days * DAY_US
}

/** The deadline that the document's events stated last. */
function statedDue(timeline: Timeline): Instant | null {
  return timeline.events.findLast((event) => event.due_at !== null)?.due_at ?? null
}

function instantOf(text: string | undefined): Instant | null {
  if (text === undefined || text === '') return null
  return instantFromIso(/^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text, 0)
}

function appliesTo(sla: SlaDefinition, timeline: Timeline): boolean {
  return Object.entries(sla.applies_to).every(([name, wanted]) => {
    const said = timeline.events.findLast((event) => valueOf(event, name) !== '')
    return said !== undefined && wanted.includes(valueOf(said, name))
  })
}

function valueOf(event: TimelineEvent, dimension: string): string {
  if (dimension === 'system') return event.system
  if (dimension === 'currency') return event.currency
  if (dimension === 'policy_version') return event.policy_version
  return event.dimensions[dimension] ?? ''
}

/** Exceptions that an event is about: the one that it names, and all that run where it names none. */
function subjectsOf(event: TimelineEvent, running: ReadonlyMap<string, unknown>): string[] {
  return event.exception_id === '' ? [...running.keys()] : [event.exception_id]
}

function isAny(conditions: readonly SlaCondition[], event: TimelineEvent): boolean {
  return conditions.some(
    ({ activity, where }) =>
      (activity.includes(event.activity) || activity.includes('*')) &&
      SLA_FIELDS.every((field) => where[field]?.includes(event[field]) ?? true),
  )
}
