import type { Instant } from '../instant.ts'
import type { Timeline, TimelineCall, TimelineEvent } from '../timeline.ts'
import { type Blocker, isCompletion, isStepDone, subjectOf, verbOf } from './blocker.ts'
import { isOwn } from './life.ts'

const SECOND = 1_000_000

/** How much later than the call itself an event reports it. */
const REPORTED_WITHIN = 60 * SECOND

/** A window in which a system was down; `to` null while it is. */
export type Window = { id: string; system: string; from: Instant; to: Instant | null }

/**
 * Technical failures of operations: from the document's first failed attempt to the instant at which its effect is seen by any route –
 * a later attempt, the step done some other way, or, where nothing more is heard of the operation, the next step done – or at which it is
 * abandoned.
 */
export function operationBlockers(timeline: Timeline): Blocker[] {
  const operations = new Map<string, number[]>()
  for (const [index, event] of timeline.events.entries()) {
    const key = keyOf(event)
    if (key === '') continue
    const of = operations.get(key)
    if (of === undefined) operations.set(key, [index])
    else of.push(index)
  }
  return [...operations.values()].flatMap((indexes) => blockersOf(timeline, indexes))
}

/** The operation that an event is an attempt of: by its id, else its step or activity; empty where it is none. */
function keyOf(event: TimelineEvent): string {
  if (event.exception_id !== '' || event.policy_id !== '') return ''
  if (event.operation_id !== '') return `id ${event.operation_id}`
  return event.step === '' ? `activity ${event.activity}` : `step ${event.step}`
}

/** Whether an attempt came to no verdict, or to one that is a technical failure in disguise (a 422 after a field-map change). */
function isFailure(event: TimelineEvent): boolean {
  const ended = event.status === 'failed' || event.status === 'timeout'
  return event.class === 'technical'
    ? ended || event.status === 'rejected' || verbOf(event.activity) === 'failed'
    : event.class === 'unknown' && ended
}

function isSuccess(event: TimelineEvent): boolean {
  return isCompletion(event) && (event.status === 'ok' || event.activity === 'operation.succeeded')
}

function blockersOf({ events, document }: Timeline, indexes: readonly number[]): Blocker[] {
  const blockers: Blocker[] = []
  let open: Blocker | null = null
  let lastFailed = -1
  for (const index of indexes) {
    const event = events[index]
    if (event === undefined) continue
    if (open !== null && (event.activity === 'operation.abandoned' || isSuccess(event))) {
      open.to = event.occurred_at
      open = null
    } else if (isFailure(event) && event.activity !== 'operation.abandoned') {
      lastFailed = index
      if (open === null) blockers.push((open = failed(event, index)))
    }
  }
  for (const blocker of blockers) {
    const otherwise = events.find(
      (event, at) => at > blocker.opened && isSameStep(event, blocker.step) && isBefore(event, blocker.to),
    )
    if (otherwise !== undefined) blocker.to = otherwise.occurred_at
  }
  if (open !== null && open.to === null) open.to = nextStepDone(events, document.type, lastFailed, open.from)
  return blockers
}

function isBefore(event: TimelineEvent, to: Instant | null): boolean {
  return to === null || event.occurred_at < to
}

function isSameStep(event: TimelineEvent, step: string): boolean {
  return step !== '' && event.step === step && isStepDone(event)
}

function failed(event: TimelineEvent, index: number): Blocker {
  return {
    from: event.occurred_at,
    to: null,
    cause: 'technical',
    step: event.step,
    party: 'system',
    holders: [{ at: event.occurred_at, id: event.system }],
    system: event.system,
    caused_by: event.operation_id,
    opened: index,
    implied: false,
  }
}

/**
 * The instant at which the document itself moved on after a failure of which nothing more is heard. An approval that had been asked for
 * by then runs beside it and shows nothing.
 */
function nextStepDone(events: readonly TimelineEvent[], type: string, after: number, failedAt: Instant): Instant | null {
  const asked = events.some(
    (event) =>
      event.occurred_at <= failedAt && (event.waits_kind === 'person' || verbOf(event.activity) === 'approval_requested'),
  )
  const next = events.find(
    (event, at) =>
      at > after &&
      isOwn(type, subjectOf(event.activity)) &&
      isStepDone(event) &&
      !(asked && verbOf(event.activity) === 'approved'),
  )
  return next?.occurred_at ?? null
}

/**
 * Failed calls of systems that no event reports as attempts: from the end of the first one to the end of the next of its kind that
 * succeeds, or to the next step that the same system is seen to have done, or else to the next step done.
 */
export function callBlockers(timeline: Timeline): Blocker[] {
  const { events } = timeline
  const attempts = events.filter((event) => event.operation_id !== '' || isFailure(event))
  const reported = (call: TimelineCall): boolean =>
    attempts.some(
      (event) =>
        event.system === call.system &&
        event.occurred_at >= call.started_at - SECOND &&
        event.occurred_at <= call.ended_at + REPORTED_WITHIN,
    )
  const kinds = new Map<string, TimelineCall[]>()
  for (const call of timeline.calls) {
    const kind = `${call.system}\n${call.operation}`
    const of = kinds.get(kind)
    if (of === undefined) kinds.set(kind, [call])
    else of.push(call)
  }
  return [...kinds.values()].flatMap((calls) => callsOfKind(calls, timeline, reported))
}

function callsOfKind(
  calls: readonly TimelineCall[],
  { events, document }: Timeline,
  reported: (call: TimelineCall) => boolean,
): Blocker[] {
  const blockers: Blocker[] = []
  let open: Blocker | null = null
  let lastFailed: Instant = 0
  for (const call of calls.toSorted((a, b) => a.ended_at - b.ended_at)) {
    if (call.status === 'ok' && open !== null) {
      open.to = call.ended_at
      open = null
    } else if (call.class === 'technical' && !reported(call)) {
      lastFailed = call.ended_at
      if (open === null) blockers.push((open = failedCall(call, events)))
    }
  }
  for (const blocker of blockers) {
    const seen = events.find(
      (event) =>
        event.occurred_at > blocker.from && event.system === blocker.system && isStepDone(event) && isBefore(event, blocker.to),
    )
    if (seen !== undefined) blocker.to = seen.occurred_at
  }
  if (open !== null && open.to === null) {
    const after = events.findLastIndex((event) => event.occurred_at <= lastFailed)
    open.to = nextStepDone(events, document.type, after, open.from)
  }
  return blockers
}

function failedCall(call: TimelineCall, events: readonly TimelineEvent[]): Blocker {
  return {
    from: call.ended_at,
    to: null,
    cause: 'technical',
    step: call.operation,
    party: 'system',
    holders: [{ at: call.ended_at, id: call.system }],
    system: call.system,
    caused_by: call.call_id,
    opened: events.findLastIndex((event) => event.occurred_at <= call.ended_at),
    implied: false,
  }
}

/**
 * Windows in which a system was down block a document only while it is ready for a step of that system and waits for it: an event says
 * that it waits for the system, and the step is not done yet.
 */
export function windowBlockers({ events }: Timeline, windows: readonly Window[]): Blocker[] {
  return events.flatMap((event, index) => {
    if (event.waits_kind !== 'system') return []
    const step = event.waits_step
    const done = events.find((one, at) => at > index && one.step === step && isStepDone(one))?.occurred_at ?? null
    return windows.flatMap((window): Blocker[] => {
      if (window.system !== event.waits_id) return []
      const from = Math.max(window.from, event.occurred_at)
      const to = done === null || window.to === null ? (done ?? window.to) : Math.min(done, window.to)
      if (to !== null && to <= from) return []
      return [
        {
          from,
          to,
          cause: 'technical',
          step,
          party: 'system',
          holders: [{ at: from, id: window.system }],
          system: window.system,
          caused_by: window.id,
          opened: index,
          implied: false,
        },
      ]
    })
  })
}
