import type { Timeline, TimelineEvent } from '../timeline.ts'
import { type Blocker, type BlockerCause, subjectOf, verbOf } from './blocker.ts'
import type { ExceptionBlockers } from './exceptions.ts'
import { isOwn } from './life.ts'

/** A wait that is open: what it is for, and what ends it. */
type Wait = {
  blocker: Blocker
  kind: 'person' | 'supplier' | 'hold'
  approval: string
  /** Exception that it is to resolve. */
  exception: string
  /** Activities that end it; empty where the step, the approval or the party does. */
  until: readonly string[]
}

const NO_ANSWER = new Set([
  'approval.requested',
  'approval.escalated',
  'sent_to_supplier',
  'ai.suggested',
  'operation.attempted',
  'operation.failed',
])
const NO_ANSWER_SUBJECTS = new Set(['exception', 'policy'])
const HOLDS: Readonly<Record<string, string>> = { blocked: 'unblocked', paused: 'resumed' }

/** What a document that was rejected is submitted anew with. */
const RESUBMITS = new Set(['submitted', 'approval_requested', 'requested', 'received', 'captured', 'documents_requested'])

/**
 * Waits for people and suppliers, and holds. A wait begins with an event that says on whom the document waits (or implies it: an
 * approval requested, an order sent) and ends with the answer: the decision of the approval, else the next event of the step. Asking
 * again is no second wait; asking another person ends the first. An approval opened to resolve an exception carries its cause.
 */
export function waitBlockers(timeline: Timeline, exceptions: ExceptionBlockers): Blocker[] {
  const { events, document } = timeline
  const blockers: Blocker[] = []
  let waits: Wait[] = []
  for (const [index, event] of events.entries()) {
    let holdEnded = false
    waits = waits.filter((wait) => {
      if (!ends(event, wait)) return true
      // Of several holds of the same step one release ends the first.
      if (isHold(wait) && holdEnded) return true
      holdEnded ||= isHold(wait)
      wait.blocker.to = event.occurred_at
      return false
    })
    const wait = opened(event, index, document.type, exceptions)
    if (wait !== null) {
      const same = isHold(wait) ? undefined : waits.find((one) => isSame(one, wait))
      if (same !== undefined && same.blocker.holders[0]?.id === wait.blocker.holders[0]?.id) continue
      if (same !== undefined) {
        same.blocker.to = event.occurred_at
        waits.splice(waits.indexOf(same), 1)
      }
      waits.push(wait)
      blockers.push(wait.blocker)
    }
    const rejection = rejected(events, index, document.type)
    if (rejection !== null) blockers.push(rejection)
  }
  return blockers
}

function isHold(wait: Wait): boolean {
  return wait.until.some((activity) => Object.values(HOLDS).includes(verbOf(activity)))
}

function isSame(one: Wait, other: Wait): boolean {
  return one.kind === other.kind && one.approval === other.approval && one.blocker.step === other.blocker.step
}

function ends(event: TimelineEvent, wait: Wait): boolean {
  if (wait.exception !== '' && event.exception_id === wait.exception && event.exception_state === 'resolved') return true
  if (wait.until.includes(event.activity)) {
    const other = !wait.blocker.implied && event.step !== '' && event.step !== wait.blocker.step
    return !other && (wait.approval === '' || event.approvals.length === 0 || event.approvals.includes(wait.approval))
  }
  if (!isAnswer(event) || asksAgain(event, wait)) return false
  if (wait.approval !== '' && event.approvals.length > 0) return event.approvals.includes(wait.approval)
  if (wait.blocker.step !== '' && event.step !== '') return event.step === wait.blocker.step
  if (wait.kind === 'supplier' && event.activity === 'supplier_answered') return true
  if (wait.kind === 'person' && event.activity === 'approval.decided') return true
  const holder = wait.blocker.holders[0]?.id ?? ''
  return wait.blocker.step === '' && holder !== '' && event.actor_id === holder
}

function isAnswer(event: TimelineEvent): boolean {
  const { activity, lifecycle } = event
  return (
    !NO_ANSWER.has(activity) &&
    !NO_ANSWER_SUBJECTS.has(subjectOf(activity)) &&
    verbOf(activity) !== 'approval_requested' &&
    (lifecycle === '' || lifecycle === 'completed' || lifecycle === 'cancelled')
  )
}

function asksAgain(event: TimelineEvent, wait: Wait): boolean {
  return event.waits_kind === wait.kind && event.waits_step === wait.blocker.step
}

function opened(event: TimelineEvent, index: number, type: string, exceptions: ExceptionBlockers): Wait | null {
  const { activity } = event
  const [subject, verb] = [subjectOf(activity), verbOf(activity)]
  const approval = event.approvals[0] ?? ''
  const resolves = exceptions.causeOf(event.exception_id)
  const blocker: Blocker = {
    from: event.occurred_at,
    to: null,
    cause: 'person',
    step: event.waits_step || event.step,
    party: 'person',
    holders: [{ at: event.occurred_at, id: event.waits_id }],
    system: '',
    caused_by: '',
    opened: index,
    implied: event.waits_kind === '',
  }
  const wait: Wait = { blocker, kind: 'person', approval, exception: event.exception_id, until: [] }
  const held = HOLDS[verb]
  if (held !== undefined && event.waits_kind !== '') wait.until = [`${subject}.${held}`]
  if (event.waits_kind === 'person') return resolves === null ? wait : carrying(wait, resolves)
  if (event.waits_kind === 'supplier')
    return { ...wait, kind: 'supplier', blocker: { ...blocker, cause: 'supplier', party: 'supplier' } }
  if (event.waits_kind !== '') return null
  const asked = (until: string[]): Wait => {
    blocker.holders = [{ at: event.occurred_at, id: event.dimensions['approver'] ?? '' }]
    return { ...wait, until }
  }
  if (activity === 'approval.requested')
    return resolves === null ? asked(['approval.decided']) : carrying(asked(['approval.decided']), resolves)
  if (verb === 'approval_requested') return asked([`${subject}.approved`, `${subject}.rejected`, 'approval.decided'])
  const sent = (until: string): Wait => {
    const holders = [{ at: event.occurred_at, id: event.dimensions['supplier'] ?? '' }]
    return { ...wait, kind: 'supplier', until: [until], blocker: { ...blocker, cause: 'supplier', party: 'supplier', holders } }
  }
  if (activity === 'sent_to_supplier') return sent('supplier_answered')
  if (activity === 'po.sent') return sent('po.confirmed')
  // A hold that comes with an exception is that exception's.
  if (held === undefined || !isOwn(type, subject) || exceptions.openAt(index)) return null
  const cause: BlockerCause = event.class === 'technical' ? 'technical' : 'business_exception'
  const system = cause === 'technical' ? event.system : ''
  return {
    ...wait,
    kind: 'hold',
    until: [`${subject}.${held}`],
    blocker: {
      ...blocker,
      cause,
      system,
      party: cause === 'technical' ? 'system' : 'person',
      holders: [{ at: event.occurred_at, id: system }],
      caused_by: event.event_id,
    },
  }
}

/** The wait of an approval or assignment that is to resolve an exception. */
function carrying(wait: Wait, exception: Blocker): Wait {
  const { cause, caused_by, system } = exception
  return { ...wait, blocker: { ...wait.blocker, cause, caused_by, system } }
}

/** The document's own rejection, from it to the instant at which it is submitted anew; a rejection that stays ends it and blocks nothing. */
function rejected(events: readonly TimelineEvent[], index: number, type: string): Blocker | null {
  const event = events[index]
  if (event === undefined || verbOf(event.activity) !== 'rejected') return null
  const subject = subjectOf(event.activity)
  if (!isOwn(type, subject)) return null
  const again = events.find(
    (one, at) => at > index && RESUBMITS.has(verbOf(one.activity)) && [subject, 'approval'].includes(subjectOf(one.activity)),
  )
  if (again === undefined) return null
  return {
    from: event.occurred_at,
    to: again.occurred_at,
    cause: event.class === 'technical' ? 'technical' : 'business_exception',
    step: event.step,
    party: 'person',
    holders: [{ at: event.occurred_at, id: again.actor_kind === 'human' ? again.actor_id : '' }],
    system: '',
    caused_by: event.event_id,
    opened: index,
    implied: true,
  }
}
