import { afterWork, DAY, HOUR, type Shift, workBetween } from './calendar.ts'
import type { TruthException } from './truth.ts'

/** A promise on a document, as the simulator's own calendar tells it; instants in milliseconds since 1970. */
export type Promised = {
  sla:
    | 'requisition-to-order'
    | 'approval-decision'
    | 'invoice-approval'
    | 'invoice-paid-on-time'
    | 'supplier-onboarding'
    | 'exception-resolution'
  /** The document with the promise: for a decision its approval, else the document itself. */
  object: string
  /** The exception that it is about; empty for the whole document. */
  subject: string
  from: number
  /** The instant of the breach, if it has not ended by then. */
  deadline: number
  ended: number | null
  /** Whether it ended because it no longer applied. */
  cancelled: boolean
}

/** What a document went through, in order of time. */
export type Deed = { at: number; type: string; approval: string | null; exception: string | null }

const WORKDAY = 8 * HOUR
/** The first instant at which so much working time has passed: at closing time, and not when the next day opens. */
function workDone(shift: Shift, from: number, work: number): number {
  return afterWork(shift, from, work - 1) + 1
}

/** A supplier's answer is waited for so long before the invoice's own time runs again. */
const LONGEST_ANSWER = 20 * DAY

const APPROVED: ReadonlySet<string> = new Set(['invoice.approved', 'invoice.posted'])
const DROPPED: ReadonlySet<string> = new Set(['invoice.rejected', 'invoice.cancelled', 'invoice.credited'])

/**
 * The promises on a document: an order within three working days of each submission of a requisition, a decision within two, a supplier
 * onboarded within fifteen, a business exception on an invoice resolved within two, an invoice approved within five that are not the
 * supplier's, and paid when it is due.
 */
export function promisesOf(
  doc: { type: string; id: string; due?: number; exceptions: ReadonlyMap<string, TruthException> },
  deeds: readonly Deed[],
  shift: Shift,
): Promised[] {
  const object = `${doc.type}/${doc.id}`
  const made: Promised[] = []
  const open = new Map<string, Promised>()
  const start = (promise: Pick<Promised, 'sla' | 'from' | 'deadline'> & { object?: string; subject?: string }): void => {
    const whole = { object, subject: '', ended: null, cancelled: false, ...promise }
    made.push(whole)
    open.set(`${whole.sla} ${whole.object} ${whole.subject}`, whole)
  }
  const end = (sla: Promised['sla'], at: number, cancelled = false, what: { object?: string; subject?: string } = {}): void => {
    const key = `${sla} ${what.object ?? object} ${what.subject ?? ''}`
    const promise = open.get(key)
    if (promise === undefined) return
    promise.ended = at
    promise.cancelled = cancelled
    open.delete(key)
  }
  /** Working time that was left of an invoice's approval when its supplier was asked; none while nobody waits for an answer. */
  let left: { at: number; work: number } | null = null
  const approvalOf = () => open.get(`invoice-approval ${object} `)
  const waits = (at: number): void => {
    const promise = approvalOf()
    if (promise === undefined || left !== null || at >= promise.deadline) return
    left = { at, work: workBetween(shift, at, promise.deadline) }
    promise.deadline = workDone(shift, at + LONGEST_ANSWER, left.work)
  }
  const goesOn = (at: number): void => {
    const promise = approvalOf()
    if (promise !== undefined && left !== null)
      promise.deadline = workDone(shift, Math.min(at, left.at + LONGEST_ANSWER), left.work)
    left = null
  }
  for (const { at, type, approval, exception } of deeds) {
    if (doc.type === 'requisition') {
      if (type === 'requisition.submitted') {
        end('requisition-to-order', at, true)
        start({ sla: 'requisition-to-order', from: at, deadline: workDone(shift, at, 3 * WORKDAY) })
      } else if (type === 'requisition.converted' || type === 'po.released') end('requisition-to-order', at)
      else if (type === 'requisition.rejected') end('requisition-to-order', at, true)
    }
    if (doc.type === 'onboarding') {
      if (type === 'onboarding.requested')
        start({ sla: 'supplier-onboarding', from: at, deadline: workDone(shift, at, 15 * WORKDAY) })
      else if (type === 'onboarding.transactable') end('supplier-onboarding', at)
      else if (type === 'onboarding.rejected') end('supplier-onboarding', at, true)
    }
    if (approval !== null) {
      const asked = { object: `approval/${approval}` }
      if (type === 'approval.requested')
        start({ sla: 'approval-decision', ...asked, from: at, deadline: workDone(shift, at, 2 * WORKDAY) })
      else if (type === 'approval.decided') end('approval-decision', at, false, asked)
    }
    if (doc.type !== 'invoice') continue
    if (type === 'invoice.received') {
      if (doc.due !== undefined) start({ sla: 'invoice-paid-on-time', from: at, deadline: doc.due })
      start({ sla: 'invoice-approval', from: at, deadline: workDone(shift, at, 5 * WORKDAY) })
    } else if (type === 'payment.cleared') end('invoice-paid-on-time', at)
    else if (type === 'sent_to_supplier') waits(at)
    else if (type === 'supplier_answered') goesOn(at)
    else if (APPROVED.has(type)) {
      goesOn(at)
      end('invoice-approval', at)
    } else if (DROPPED.has(type)) {
      goesOn(at)
      for (const { sla, subject } of open.values()) end(sla, at, true, { subject })
    }
    if (exception === null) continue
    if (type === 'exception.raised' && doc.exceptions.get(exception)?.class === 'business')
      start({ sla: 'exception-resolution', subject: exception, from: at, deadline: workDone(shift, at, 2 * WORKDAY) })
    else if (type === 'exception.resolved') end('exception-resolution', at, false, { subject: exception })
  }
  return made
}
