import type { Instant } from './instant.ts'

/** One document: type and id as events name it. */
export type DocumentRef = { type: string; id: string }

/** One event on a document's timeline, as attribution and clocks read it: classified, corrected, empty text where nothing is said. */
export type TimelineEvent = {
  event_id: string
  occurred_at: Instant
  received_at: Instant
  seq: number
  activity: string
  step: string
  lifecycle: string
  system: string
  system_class: string
  actor_id: string
  actor_kind: string
  waits_kind: string
  waits_id: string
  waits_step: string
  status: string
  code: string
  class: string
  category: string
  exception_id: string
  exception_state: string
  exception_caused_by: string
  operation_id: string
  attempt: number
  policy_id: string
  policy_version: string
  policy_decision: string
  /** Decimal text; null where the event states no money. */
  amount: string | null
  currency: string
  due_at: Instant | null
  /** The started event that this one ends; null where it ends none. */
  completes_id: string | null
  workflow_run: string
  /** Approvals that the event is about: ids of its objects of the type `approval`. */
  approvals: readonly string[]
  /** What the event says of the document, by dimension; empty values are left out. */
  dimensions: Readonly<Record<string, string>>
}

/** One call of a system that served the document. */
export type TimelineCall = {
  call_id: string
  started_at: Instant
  ended_at: Instant
  system: string
  operation: string
  status: string
  class: string
  category: string
}

/** What is known of one document, in order: events by (occurred_at, seq, place), calls by start. */
export type Timeline = {
  document: DocumentRef
  events: readonly TimelineEvent[]
  calls: readonly TimelineCall[]
  /** Latest attributes of the document, as events stated them. */
  attributes: Readonly<Record<string, string>>
}
