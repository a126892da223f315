import type { TimelineEvent } from '../timeline.ts'

/**
 * What ends the life of a document of each type, and what opens it again: a rejected requisition that is submitted anew, a posted
 * invoice that is proposed for payment. Documents of other types live from their first event to their last, or as long as something
 * blocks them.
 */
const ENDS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  requisition: {
    'requisition.converted': [],
    'requisition.rejected': ['requisition.submitted', 'requisition.changed', 'requisition.approval_requested'],
    'requisition.withdrawn': ['requisition.submitted'],
    'requisition.cancelled': [],
    'payment.transmitted': ['payment.failed', 'payment.returned'],
    'payment.cleared': ['payment.returned'],
  },
  purchase_order: {
    'po.closed': [],
    'po.cancelled': [],
    'po.rejected': ['po.changed', 'po.approval_requested', 'po.approved', 'po.released'],
  },
  goods_receipt: { 'goods_receipt.recorded': [], 'goods_receipt.cancelled': [] },
  service_entry: { 'service_entry.recorded': [] },
  invoice: {
    'invoice.posted': ['payment.proposed', 'payment.released', 'payment.failed', 'payment.returned', 'invoice.blocked'],
    'invoice.rejected': ['invoice.received', 'invoice.captured', 'invoice.approval_requested', 'invoice.approved'],
    'invoice.cancelled': [],
    'invoice.credited': [],
    'payment.transmitted': ['payment.failed', 'payment.returned'],
    'payment.cleared': ['payment.returned'],
  },
  payment: {
    'payment.transmitted': ['payment.failed', 'payment.returned'],
    'payment.cleared': ['payment.returned'],
  },
  onboarding: {
    'onboarding.transactable': [],
    'onboarding.rejected': ['onboarding.requested', 'onboarding.documents_requested'],
    'onboarding.withdrawn': ['onboarding.requested'],
  },
  workflow_run: { 'workflow_run.completed': [], 'workflow_run.failed': ['workflow_run.started'], 'workflow_run.cancelled': [] },
}

/** Whose activities are steps of a document of each type itself; for other types all are. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  requisition: ['requisition'],
  purchase_order: ['po', 'goods_receipt', 'service_entry'],
  goods_receipt: ['goods_receipt'],
  invoice: ['invoice', 'payment'],
  payment: ['payment'],
  onboarding: ['onboarding'],
}

/** Whether a document of this type is known to be open until one of certain activities ends it. */
export function hasLifecycle(type: string): boolean {
  return ENDS[type] !== undefined
}

/** What a document of this type is about first of all: the subject of its own activities; empty for other types. */
export function subjectOfType(type: string): string {
  return OWN[type]?.[0] ?? ''
}

/** Whether activities of a subject (`po`, `invoice`, …) are steps of a document of this type itself. */
export function isOwn(type: string, subject: string): boolean {
  return OWN[type]?.includes(subject) ?? true
}

/** Position of the event that ended the document and stands: nothing opened it again; −1 where there is none. */
export function endOf(type: string, events: readonly TimelineEvent[]): number {
  const ends = ENDS[type]
  if (ends === undefined) return -1
  let at = -1
  let reopenedBy: readonly string[] = []
  for (const [index, { activity }] of events.entries()) {
    const reopens = ends[activity]
    if (reopens !== undefined) [at, reopenedBy] = [index, reopens]
    else if (at !== -1 && reopenedBy.includes(activity)) at = -1
  }
  return at
}
