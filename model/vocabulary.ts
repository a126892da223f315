/**
 * The canonical activities (milestones among them) by object type. KPIs, clocks and controls speak these names; a mapping turns a
 * source's own names into them.
 */
export const VOCABULARY = {
  requisition: [
    'created',
    'submitted',
    'budget_checked',
    'policy_evaluated',
    'approval_requested',
    'approved',
    'rejected',
    'changed',
    'withdrawn',
    'converted',
    'cancelled',
  ],
  po: [
    'created',
    'approval_requested',
    'approved',
    'rejected',
    'released',
    'sent',
    'confirmed',
    'changed',
    'paused',
    'resumed',
    'cancelled',
    'closed',
  ],
  goods_receipt: ['recorded', 'cancelled'],
  service_entry: ['recorded'],
  invoice: [
    'issued',
    'received',
    'captured',
    'match_started',
    'matched',
    'mismatched',
    'approval_requested',
    'approved',
    'rejected',
    'blocked',
    'unblocked',
    'posted',
    'credited',
    'cancelled',
  ],
  payment: ['proposed', 'released', 'transmitted', 'cleared', 'failed', 'returned'],
  onboarding: [
    'requested',
    'documents_requested',
    'documents_received',
    'tax_validated',
    'compliance_checked',
    'bank_verified',
    'approved',
    'rejected',
    'withdrawn',
    'transactable',
  ],
  supplier: ['risk_changed', 'status_changed', 'bank_changed', 'merged'],
  contract: ['signed', 'amended', 'expired', 'terminated'],
  workflow_run: ['started', 'step_started', 'step_completed', 'waiting', 'completed', 'failed', 'cancelled'],
  approval: ['requested', 'decided', 'attested', 'escalated'],
  policy: ['evaluated', 'violated'],
  exception: ['raised', 'assigned', 'parked', 'resolved'],
  operation: ['attempted', 'succeeded', 'failed', 'abandoned'],
  ai: ['suggested', 'acted', 'reviewed'],
} as const

/** Activities without a subject of their own: they can happen to any object. */
const UNPREFIXED = ['sent_to_supplier', 'supplier_answered', 'corrected'] as const

const CANONICAL: ReadonlySet<string> = new Set([
  ...Object.entries(VOCABULARY).flatMap(([subject, verbs]) => verbs.map((verb) => `${subject}.${verb}`)),
  ...UNPREFIXED,
])

/** Whether a name is one of the canonical activities, such as `invoice.matched` or `po.sent`. */
export function isCanonical(activity: string): boolean {
  return CANONICAL.has(activity)
}

/** The classes of system that take part in a procurement workflow. */
export const SYSTEM_CLASSES = [
  'erp',
  'contract',
  'supplier_portal',
  'tax',
  'identity',
  'payment',
  'workflow',
  'gateway',
  'broker',
  'service_desk',
  'collaboration',
  'ai',
] as const

/** Attributes that KPIs group and filter by: typed columns of their own in ClickHouse. */
export const DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'category',
  'supplier',
  'approver',
  'system',
  'supplier_class',
  'policy_version',
  'currency',
] as const

/** Dimensions that come from attributes; the others are fields of the event, and the supplier's class is reference data. */
export const ATTRIBUTE_DIMENSIONS = DIMENSIONS.slice(0, -4)

/** A dimension that KPIs group by. */
export type Dimension = (typeof DIMENSIONS)[number]

/** What an activity instance is waited for by: the activity itself, its step, who acts, or the system. */
export const WAIT_GROUPS = ['activity', 'step', 'actor', 'system'] as const
export type WaitGroup = (typeof WAIT_GROUPS)[number]
