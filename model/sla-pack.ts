import { SlaDefinition } from './sla.ts'

const DAY_S = 8 * 3600
const on = (...activity: string[]) => [{ activity }]

/**
 * The service levels that ship: usual promises of procure-to-pay, by business days of eight hours. A tenant takes them as they are and makes
 * versions of its own.
 */
export const SLA_PACK: readonly SlaDefinition[] = [
  {
    id: 'requisition-to-order',
    title: 'Requisition to purchase order',
    description:
      'A submitted requisition is ordered within three business days. A supplier’s answer is not waited for at its expense.',
    object_type: 'requisition',
    start: on('requisition.submitted'),
    stop: on('po.released', 'requisition.converted'),
    cancel: on('requisition.rejected', 'requisition.withdrawn', 'requisition.cancelled'),
    reset: on('requisition.submitted'),
    pause: [{ on: on('sent_to_supplier'), until: on('supplier_answered'), reason: 'supplier', cap_s: 10 * 86_400 }],
    target: { kind: 'business', seconds: 3 * DAY_S },
    overdue_s: [DAY_S, 3 * DAY_S],
    objective: 0.9,
  },
  {
    id: 'approval-decision',
    title: 'Approval decision',
    description: 'An approval is decided within two business days.',
    object_type: 'approval',
    start: on('approval.requested'),
    stop: on('approval.decided'),
    target: { kind: 'business', seconds: 2 * DAY_S },
    overdue_s: [DAY_S, 3 * DAY_S],
    objective: 0.9,
  },
  {
    id: 'invoice-approval',
    title: 'Invoice received to approved',
    description: 'An invoice is approved within five business days of its receipt; time at the supplier does not count.',
    object_type: 'invoice',
    start: on('invoice.received'),
    stop: on('invoice.approved', 'invoice.posted'),
    cancel: on('invoice.rejected', 'invoice.cancelled', 'invoice.credited'),
    pause: [{ on: on('sent_to_supplier'), until: on('supplier_answered'), reason: 'supplier', cap_s: 20 * 86_400 }],
    target: { kind: 'business', seconds: 5 * DAY_S },
    overdue_s: [DAY_S, 3 * DAY_S],
    objective: 0.85,
  },
  {
    id: 'invoice-paid-on-time',
    title: 'Invoice paid by its due date',
    description: 'The payment of an invoice has cleared by the date on which it is due.',
    object_type: 'invoice',
    start: on('invoice.received'),
    stop: on('payment.cleared'),
    cancel: on('invoice.rejected', 'invoice.cancelled', 'invoice.credited'),
    target: { kind: 'due' },
    calendar: '24x7',
    objective: 0.95,
  },
  {
    id: 'supplier-onboarding',
    title: 'Supplier onboarding',
    description: 'A supplier is transactable within fifteen business days of the request.',
    object_type: 'onboarding',
    start: on('onboarding.requested'),
    stop: on('onboarding.transactable'),
    cancel: on('onboarding.rejected', 'onboarding.withdrawn'),
    target: { kind: 'business', seconds: 15 * DAY_S },
    objective: 0.8,
  },
  {
    id: 'exception-resolution',
    title: 'Exception on an invoice resolved',
    description: 'A business exception on an invoice is resolved within two business days.',
    object_type: 'invoice',
    per: 'exception',
    start: [{ activity: ['exception.raised'], where: { class: 'business' } }],
    stop: on('exception.resolved'),
    cancel: on('invoice.rejected', 'invoice.cancelled', 'invoice.credited'),
    pause: [{ on: on('exception.parked'), until: on('exception.assigned'), reason: 'parked', cap_s: 30 * 86_400 }],
    target: { kind: 'business', seconds: 2 * DAY_S },
    overdue_s: [DAY_S, 3 * DAY_S],
    objective: 0.8,
  },
  {
    id: 'connector-recovery',
    title: 'Connector recovered',
    description: 'A connector that fails works again within four hours, day and night.',
    object_type: 'connector',
    per: 'exception',
    start: on('exception.raised'),
    stop: on('exception.resolved'),
    target: { kind: 'elapsed', seconds: 4 * 3600 },
    objective: 0.9,
  },
].map((definition) => SlaDefinition.parse(definition))
