import { businessTime, type CompiledCalendar } from '../calendar.ts'
import type { Instant } from '../instant.ts'
import type { Timeline, TimelineEvent } from '../timeline.ts'
import type { Blocker, Party } from './blocker.ts'
import { type Cause, CAUSES, type Charge, causeOf, charge, isBlocker, openCharge } from './charging.ts'
import { exceptionBlockers } from './exceptions.ts'
import { deadlineOf, lateBecause } from './lateness.ts'
import { endOf, hasLifecycle } from './life.ts'
import { callBlockers, operationBlockers, type Window, windowBlockers } from './operations.ts'
import { type StageSpan, stageSpans } from './stages.ts'
import { touchesOf } from './touches.ts'
import { waitBlockers } from './waits.ts'

/** What attribution needs to know beside the timeline. */
export type DelayContext = {
  /** The calendar of a person or supplier, compiled for at least these instants; an empty id asks for that of people whom nobody names. */
  calendarOf(party: 'person' | 'supplier', id: string, from: Instant, to: Instant): CompiledCalendar
  /** The system that failed where a root exception or incident was raised; empty where that is not known. */
  rootSystem(id: string): string
  /** When systems were down. */
  windows: readonly Window[]
}

/** A stretch of a document's life with one cause. Instants and durations in µs; `[from, to)`. */
export type DelaySegment = {
  from: Instant
  to: Instant
  cause: Cause
  /** Time in and out of the working hours of the party waited on; they add up to the length. */
  working_us: number
  off_us: number
  /** Stage of the document, named by the milestone that ends it. */
  stage: string
  /** Step that is blocked or worked on. */
  step: string
  party: Party
  /** Who is waited on. */
  holder: string
  /** The system that failed, of technical time. */
  system: string
  /** Root exception, incident or operation. */
  caused_by: string
}

/** What goes on at the end of an open document. */
export type OpenSegment = Pick<DelaySegment, 'cause' | 'stage' | 'step' | 'party' | 'holder' | 'system' | 'caused_by'>

/** The part of a blocker in which another one was charged: removing this one alone would save nothing of it. */
export type SharedTime = { cause: Cause; step: string; holder: string; from: Instant; to: Instant; us: number }

/** Where the time of one document went. The segments partition `[from, to)`. */
export type DocumentDelay = {
  from: Instant
  /** Last event; while the document is open now, or as far as its events tell. */
  to: Instant
  finished: boolean
  /** Whether a blocker is still open, so that the charging can change. */
  provisional: boolean
  segments: DelaySegment[]
  /** What the time after `to` is charged to while nothing else happens; null where the document is finished. */
  open: OpenSegment | null
  shared: SharedTime[]
  /** Time in which a blocker of a cause was open while one of another cause was charged, µs; each instant once a cause. */
  shared_us: ReadonlyMap<Cause, number>
  due_at: Instant | null
  /** When the deadline was met or missed for good. */
  settled_at: Instant | null
  late: boolean
  /** The smallest sets of causes without which it would not have been late; of an open document only so far. */
  late_because: Cause[][]
  /** The same of the systems that failed. */
  late_because_systems: string[][]
}

/**
 * Attributes every instant of a document's life, from its first event to its last or to now, to one cause and to working or off time.
 * Pure and exact: the causes add up to the elapsed time to the microsecond, in whatever order events were delivered.
 *
 * @param now for documents that are open, µs; null goes as far as their events tell, which no later instant changes
 * @returns null for a timeline without events
 */
export function attribute(timeline: Timeline, context: DelayContext, now: Instant | null): DocumentDelay | null {
  const { events, document } = timeline
  const [first, last] = [events[0], events.at(-1)]
  if (first === undefined || last === undefined) return null
  const exceptions = exceptionBlockers(timeline, context.rootSystem)
  const endIndex = endOf(document.type, events)
  const blockers = settled(
    [
      ...exceptions.blockers,
      ...waitBlockers(timeline, exceptions),
      ...operationBlockers(timeline),
      ...callBlockers(timeline),
      ...windowBlockers(timeline, context.windows),
    ],
    events,
    endIndex,
    hasLifecycle(document.type),
  )
  const provisional = blockers.some((blocker) => blocker.to === null)
  const finished = !provisional && (endIndex !== -1 || !hasLifecycle(document.type))
  const told = Math.max(last.occurred_at, ...blockers.flatMap(({ from, to }) => [from, to ?? from]))
  const to = finished ? last.occurred_at : Math.max(now ?? told, last.occurred_at)
  const touches = touchesOf(events)
  const stages = stageSpans(document.type, events)
  const charges = charge(first.occurred_at, to, blockers, touches)
  const segments = split(charges, stages, events, context)
  const deadline = deadlineOf(timeline, finished ? last.occurred_at : null)
  const until = deadline === null ? null : (deadline.settled_at ?? to)
  const overdue = deadline === null || until === null ? 0 : until - deadline.due_at
  return {
    from: first.occurred_at,
    to,
    finished,
    provisional,
    segments,
    open: finished ? null : openSegment(openCharge(blockers, touches), stages),
    ...sharedTime(charges, blockers, first.occurred_at, to),
    due_at: deadline?.due_at ?? null,
    settled_at: deadline?.settled_at ?? null,
    late: overdue > 0,
    late_because:
      overdue > 0
        ? (lateBecause(
            overdue,
            chargedUntil(segments, until ?? to, (one) => one.cause),
          ) as Cause[][])
        : [],
    late_because_systems:
      overdue > 0
        ? lateBecause(
            overdue,
            chargedUntil(segments, until ?? to, (one) => (one.cause === 'technical' ? one.system : '')),
          )
        : [],
  }
}

/** Blockers that the end of the document released, and without those that only an event without an answer implied. */
function settled(blockers: readonly Blocker[], events: readonly TimelineEvent[], endIndex: number, lives: boolean): Blocker[] {
  const end = events[endIndex]
  return blockers.flatMap((blocker) => {
    if (blocker.to !== null) return [blocker]
    if (end !== undefined && blocker.opened < endIndex)
      return blocker.from < end.occurred_at ? [{ ...blocker, to: end.occurred_at }] : []
    if (!lives && blocker.implied) return []
    // A call that failed after the end blocks nothing.
    return end !== undefined &&
      blocker.from >= (events.at(-1)?.occurred_at ?? 0) &&
      events[blocker.opened]?.occurred_at !== blocker.from
      ? []
      : [blocker]
  })
}

const BEGINS = new Set(['requisition.submitted', 'po.created', 'invoice.received'])

function split(
  charges: readonly Charge[],
  stages: readonly StageSpan[],
  events: readonly TimelineEvent[],
  context: DelayContext,
): DelaySegment[] {
  const segments: DelaySegment[] = []
  // Where the next document on the way begins a segment ends, so that the way can be told without splitting one.
  const begins = new Set(events.filter((event) => BEGINS.has(event.activity)).map((event) => event.occurred_at))
  let [stageIndex, eventIndex] = [0, 0]
  for (const { from, to, by } of charges) {
    let at = from
    while (at < to) {
      while ((stages[stageIndex + 1]?.from ?? Number.POSITIVE_INFINITY) <= at) stageIndex++
      while (eventIndex < events.length && (events[eventIndex]?.occurred_at ?? 0) <= at) eventIndex++
      const next = events[eventIndex]
      const cuts = [to, stages[stageIndex + 1]?.from ?? to, ...[...begins].filter((begin) => begin > at)]
      // Who is waited on in a queue is who acts next.
      if (by === null && next !== undefined) cuts.push(next.occurred_at)
      const holderIndex = isBlocker(by) ? by.holders.findLastIndex((holder) => holder.at <= at) : -1
      if (isBlocker(by)) cuts.push(by.holders.find((holder) => holder.at > at)?.at ?? to)
      const end = Math.min(...cuts)
      const what = described(by, holderIndex, next)
      const segment = { from: at, to: end, ...what, ...timeOf(what, at, end, context), stage: stages[stageIndex]?.stage ?? '' }
      const joined = segments.at(-1)
      if (joined !== undefined && isSame(joined, segment) && !begins.has(at)) join(joined, segment)
      else segments.push(segment)
      at = end
    }
  }
  return segments
}

function openSegment(by: Charge['by'], stages: readonly StageSpan[]): OpenSegment {
  return { ...described(by, isBlocker(by) ? by.holders.length - 1 : -1, undefined), stage: stages.at(-1)?.stage ?? '' }
}

type Described = Pick<DelaySegment, 'cause' | 'step' | 'party' | 'holder' | 'system' | 'caused_by'>

function described(by: Charge['by'], holderIndex: number, next: TimelineEvent | undefined): Described {
  const cause = causeOf(by)
  if (by === null) {
    const human = next === undefined || next.actor_kind === 'human'
    return { cause, step: '', party: human ? 'person' : 'system', holder: '', system: '', caused_by: '' }
  }
  if (!isBlocker(by)) return { cause, step: by.step, party: by.party, holder: by.holder, system: '', caused_by: '' }
  const { step, party, system, caused_by } = by
  return { cause, step, party, holder: by.holders[holderIndex]?.id ?? '', system, caused_by }
}

function timeOf({ party, holder }: Described, from: Instant, to: Instant, context: DelayContext) {
  const working = party === 'system' ? to - from : businessTime(context.calendarOf(party, holder, from, to), from, to)
  return { working_us: working, off_us: to - from - working }
}

function isSame(a: DelaySegment, b: DelaySegment): boolean {
  return (
    a.cause === b.cause &&
    a.stage === b.stage &&
    a.step === b.step &&
    a.party === b.party &&
    a.holder === b.holder &&
    a.system === b.system &&
    a.caused_by === b.caused_by
  )
}

function join(into: DelaySegment, segment: DelaySegment): void {
  into.to = segment.to
  into.working_us += segment.working_us
  into.off_us += segment.off_us
}

/** What the blockers that were not charged overlap, each by itself and together a cause. */
function sharedTime(
  charges: readonly Charge[],
  blockers: readonly Blocker[],
  first: Instant,
  last: Instant,
): { shared: SharedTime[]; shared_us: Map<Cause, number> } {
  const shared: SharedTime[] = []
  const stretches = new Map<Cause, [Instant, Instant][]>()
  for (const blocker of blockers) {
    const [from, to] = [Math.max(blocker.from, first), Math.min(blocker.to ?? last, last)]
    let us = 0
    for (const { from: start, to: end, by } of charges) {
      if (!isBlocker(by) || by === blocker || end <= from || start >= to) continue
      const stretch: [Instant, Instant] = [Math.max(start, from), Math.min(end, to)]
      us += stretch[1] - stretch[0]
      if (by.cause === blocker.cause) continue
      const of = stretches.get(blocker.cause)
      if (of === undefined) stretches.set(blocker.cause, [stretch])
      else of.push(stretch)
    }
    if (us > 0) shared.push({ cause: blocker.cause, step: blocker.step, holder: blocker.holders.at(-1)?.id ?? '', from, to, us })
  }
  return { shared, shared_us: new Map([...stretches].map(([cause, list]) => [cause, lengthOf(list)])) }
}

/** The length of the union of intervals. */
function lengthOf(intervals: readonly [Instant, Instant][]): number {
  let sum = 0
  let covered = Number.NEGATIVE_INFINITY
  for (const [from, to] of intervals.toSorted((a, b) => a[0] - b[0])) {
    if (to <= covered) continue
    sum += to - Math.max(from, covered)
    covered = to
  }
  return sum
}

function chargedUntil(
  segments: readonly DelaySegment[],
  until: Instant,
  nameOf: (segment: DelaySegment) => string,
): Map<string, number> {
  const charged = new Map<string, number>()
  for (const segment of segments) {
    const name = nameOf(segment)
    const us = Math.min(segment.to, until) - segment.from
    if (name !== '' && us > 0) charged.set(name, (charged.get(name) ?? 0) + us)
  }
  return charged
}

/** The time charged to each cause, µs, in and out of working hours; all causes, in order. */
export function chargedByCause(segments: readonly DelaySegment[]): Record<Cause, { working_us: number; off_us: number }> {
  const charged = Object.fromEntries(CAUSES.map((cause) => [cause, { working_us: 0, off_us: 0 }])) as Record<
    Cause,
    { working_us: number; off_us: number }
  >
  for (const { cause, working_us, off_us } of segments) {
    charged[cause].working_us += working_us
    charged[cause].off_us += off_us
  }
  return charged
}
