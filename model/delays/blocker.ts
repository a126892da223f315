import type { Instant } from '../instant.ts'
import type { TimelineEvent } from '../timeline.ts'

/** What can block a document, in the order of precedence between blockers that are released together or still open. */
export const BLOCKER_CAUSES = ['technical', 'business_exception', 'supplier', 'person'] as const
export type BlockerCause = (typeof BLOCKER_CAUSES)[number]

/** Who is waited on: the calendar of the time that passes. Systems always work. */
export type Party = 'person' | 'supplier' | 'system'

/** An interval in which something blocked a step of a document. */
export type Blocker = {
  from: Instant
  /** Release; null while it is open. */
  to: Instant | null
  cause: BlockerCause
  /** Step of the document that it blocks; empty where nothing names it. */
  step: string
  party: Party
  /** Who is waited on from an instant on, the first at `from`; an empty id where nobody is named. */
  holders: { at: Instant; id: string }[]
  /** The system that failed, of technical ones; empty where it is not known. */
  system: string
  /** Root exception or incident; empty where there is none. */
  caused_by: string
  /** Position on the timeline of the event that opened it; for calls that of the last event before. */
  opened: number
  /** Whether the event only implies that somebody is waited on, and does not say it. */
  implied: boolean
}

/** A stretch in which somebody or something worked on a step. */
export type Touch = { from: Instant; to: Instant | null; step: string; party: Party; holder: string; opened: number }

/** The part of a canonical activity before the point: what it is about. */
export function subjectOf(activity: string): string {
  const point = activity.indexOf('.')
  return point === -1 ? '' : activity.slice(0, point)
}

/** The part of a canonical activity after the point. */
export function verbOf(activity: string): string {
  return activity.slice(activity.indexOf('.') + 1)
}

/** Whether an event says that something has happened, rather than that it is planned, begins or pauses. */
export function isCompletion(event: TimelineEvent): boolean {
  return event.lifecycle === '' || event.lifecycle === 'completed'
}

const BESIDE = new Set(['approval', 'policy', 'exception', 'operation', 'ai'])
const UNFINISHED = new Set([
  'approval_requested',
  'blocked',
  'paused',
  'changed',
  'rejected',
  'mismatched',
  'match_started',
  'failed',
  'returned',
  'sent_to_supplier',
  'supplier_answered',
  'corrected',
])

/** Whether an event says that a step of the document's own flow is done: what shows that the steps before it had their effect. */
export function isStepDone(event: TimelineEvent): boolean {
  return (
    isCompletion(event) &&
    (event.status === '' || event.status === 'ok') &&
    (event.class === 'none' || event.class === '') &&
    !BESIDE.has(subjectOf(event.activity)) &&
    !UNFINISHED.has(verbOf(event.activity))
  )
}
