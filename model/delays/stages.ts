import type { Instant } from '../instant.ts'
import type { TimelineEvent } from '../timeline.ts'
import { isCompletion, subjectOf } from './blocker.ts'
import { endOf, isOwn, subjectOfType } from './life.ts'

/** The stages of a document's way, each with the activities that end it, in order. */
const WAYS: Readonly<Record<string, readonly (readonly [stage: string, ends: readonly string[]])[]>> = {
  requisition: [
    ['submission', ['submitted']],
    ['approval', ['approved', 'rejected']],
    ['ordering', ['converted']],
    ['closing', ['withdrawn', 'cancelled']],
  ],
  po: [
    ['approval', ['approved', 'rejected']],
    ['release', ['released']],
    ['dispatch', ['sent']],
    ['confirmation', ['confirmed']],
    ['delivery', []],
    ['closing', ['closed', 'cancelled']],
  ],
  goods_receipt: [['delivery', ['recorded']]],
  service_entry: [['delivery', ['recorded']]],
  invoice: [
    ['capture', ['captured']],
    ['match', ['matched', 'mismatched']],
    ['approval', ['approved', 'rejected']],
    ['posting', ['posted']],
    ['payment', []],
    ['closing', ['cancelled', 'credited']],
  ],
  payment: [
    ['proposal', ['proposed']],
    ['release', ['released']],
    ['payment', ['transmitted']],
    ['settlement', ['cleared']],
  ],
  onboarding: [
    ['documents', ['documents_received']],
    ['tax', ['tax_validated']],
    ['compliance', ['compliance_checked']],
    ['bank', ['bank_verified']],
    ['approval', ['approved', 'rejected']],
    ['activation', ['transactable']],
    ['closing', ['withdrawn']],
  ],
}

const STAGE_OF: ReadonlyMap<string, { stage: string; next: string }> = new Map(
  Object.entries(WAYS).flatMap(([subject, way]) =>
    way.flatMap(([stage, ends], index) =>
      ends.map((verb) => {
        const next = verb === 'rejected' || verb === 'mismatched' ? stage : (way[index + 1]?.[0] ?? stage)
        return [`${subject}.${verb}`, { stage, next }] as const
      }),
    ),
  ),
)

/** From an instant on, up to that of the next one, the document is in this stage. */
export type StageSpan = { from: Instant; stage: string }

/**
 * The stages of a timeline. A stage is named by the milestone that ends it: what lies before an approval or a rejection is `approval`,
 * also the second time. After the end of the document milestones of others count and carry their names: `po release` on a requisition.
 * Before the first milestone that never came it is the stage after the last one that did. Timelines without milestones are in the first
 * stage of their type, or where that has none in stages named by the activity that comes next.
 */
export function stageSpans(type: string, events: readonly TimelineEvent[]): StageSpan[] {
  const first = events[0]
  if (first === undefined) return []
  const named = (activity: string, stage: string): string => {
    const subject = subjectOf(activity)
    return isOwn(type, subject) ? stage : `${subject} ${stage}`
  }
  const endIndex = endOf(type, events)
  const ends = events.filter(
    (event, index) =>
      isCompletion(event) &&
      STAGE_OF.has(event.activity) &&
      (isOwn(type, subjectOf(event.activity)) || (endIndex !== -1 && index > endIndex)),
  )
  const spans: StageSpan[] = []
  let from = first.occurred_at
  const way = WAYS[subjectOfType(type)]
  if (ends.length === 0 && way !== undefined) return [{ from, stage: way[0]?.[0] ?? '' }]
  if (ends.length === 0) {
    for (const event of events.slice(1)) {
      spans.push({ from, stage: event.activity })
      from = event.occurred_at
    }
    spans.push({ from, stage: spans.at(-1)?.stage ?? first.activity })
    return spans
  }
  for (const event of ends) {
    spans.push({ from, stage: named(event.activity, STAGE_OF.get(event.activity)?.stage ?? '') })
    from = event.occurred_at
  }
  const last = ends.at(-1) ?? first
  spans.push({ from, stage: named(last.activity, STAGE_OF.get(last.activity)?.next ?? '') })
  return spans
}
