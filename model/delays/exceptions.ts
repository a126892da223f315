import type { Timeline, TimelineEvent } from '../timeline.ts'
import { type Blocker, subjectOf } from './blocker.ts'

/** What is known of an exception that the timeline names: its blockers, one for each time it was open. */
export type ExceptionBlockers = {
  blockers: Blocker[]
  /** Whether any exception is open after the event at a position. */
  openAt(index: number): boolean
  /** What an exception counts as; null where the timeline does not know it. */
  causeOf(exceptionId: string): Blocker | null
}

/**
 * Exceptions from raised to resolved. Their class was settled by ingestion: that of the root of `caused_by`. An unknown one is an
 * exception and no failure. A technical one that names no cause belongs to the system whose failure with the same code came last.
 *
 * @param rootSystem the system that failed where a root exception, incident or operation was raised; empty where it is not known
 */
export function exceptionBlockers(timeline: Timeline, rootSystem: (id: string) => string): ExceptionBlockers {
  const blockers: Blocker[] = []
  const open = new Map<string, Blocker>()
  const known = new Map<string, Blocker>()
  const openAfter: boolean[] = []
  const failures: TimelineEvent[] = []
  for (const [index, event] of timeline.events.entries()) {
    const { exception_id: id, exception_state: state } = event
    if (id === '') {
      if (event.class === 'technical') failures.push(event)
    } else if (state === 'resolved') {
      const blocker = open.get(id)
      if (blocker !== undefined) blocker.to = event.occurred_at
      open.delete(id)
    } else {
      if (!open.has(id) && (state !== 'assigned' || !known.has(id))) {
        const blocker = opened(event, index, failures, rootSystem)
        blockers.push(blocker)
        open.set(id, blocker)
        known.set(id, blocker)
      }
      const blocker = open.get(id)
      if (blocker?.party === 'person' && state === 'assigned' && subjectOf(event.activity) !== 'approval')
        blocker.holders.push({ at: event.occurred_at, id: event.waits_kind === 'person' ? event.waits_id : event.actor_id })
    }
    openAfter.push(open.size > 0)
  }
  return {
    blockers,
    openAt: (index) => openAfter[index] ?? false,
    causeOf: (exceptionId) => known.get(exceptionId) ?? null,
  }
}

function opened(
  event: TimelineEvent,
  index: number,
  failures: readonly TimelineEvent[],
  rootSystem: (id: string) => string,
): Blocker {
  const technical = event.class === 'technical'
  const root = event.exception_caused_by === '' ? event.exception_id : event.exception_caused_by
  let system = ''
  if (technical)
    system =
      event.exception_caused_by === ''
        ? (failures.findLast((one) => one.code === event.code)?.system ?? event.system)
        : rootSystem(event.exception_caused_by) ||
          (failures.findLast((one) => one.operation_id === event.exception_caused_by)?.system ?? '')
  return {
    from: event.occurred_at,
    to: null,
    cause: technical ? 'technical' : 'business_exception',
    step: event.step,
    party: technical ? 'system' : 'person',
    holders: [{ at: event.occurred_at, id: system }],
    system,
    caused_by: root,
    opened: index,
    implied: false,
  }
}
