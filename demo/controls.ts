import type { Control, Severity } from './truth.ts'

type Rule = { policy: string; control: Control; severity: Severity; message: string }

/**
 * Every control that the simulator breaks now and then, with the policy that asks for it. What counts, on which document, and what the
 * data says about it (amounts are in the currency of the site; limits stand in the reference data of `reference.ts`):
 *
 * | control | document: what is true of it |
 * | --- | --- |
 * | self-approval | requisition: an `approval.decided` (ok) by the identity that created it – the same id, its second account, its bot, or a deputy on behalf of the manager |
 * | approval-missing | requisition, invoice: `approved` by the workflow although a step that the amount needs (see `authority.ts`) was never asked |
 * | approver-without-authority | requisition, invoice: a step decided (ok) by somebody who never stood in the matrix for it; `on_behalf_of` a manager by the deputy is allowed |
 * | stale-matrix | requisition, invoice: a step decided (ok) by somebody who stood in the matrix for it before, and no longer |
 * | approval-after-commitment | requisition: its order was released before its approvals were asked |
 * | attestation-missing | requisition: a decision (ok) of step `cfo` without `approval.attested` within 24 h |
 * | approval-disagreement | requisition: `approval.decided` of the ERP or the contract system (step `approval_mirror`, their copy of the last decision) is cancelled where the workflow approved |
 * | split-requisitions | requisition: the later of two by one requester at one supplier for one item within 24 h (created), each under `split_limit`, together over it |
 * | tolerance-override-without-reason | invoice: `exception.resolved` with `resolution` accepted and no `reason` |
 * | supplier-not-eligible | purchase_order at `po.released`, invoice without an order at `invoice.posted`: the supplier is then blocked, pending, or a `duplicate_of` another |
 * | order-after-risk-rise | purchase_order: `po.released` or `po.sent` while the supplier's risk is critical |
 * | bank-change-before-payment | payment: `payment.released` less than 10 days after `supplier.bank_changed` |
 * | supplier-behaviour | invoice: amounts to more than 20 times the median of the supplier's earlier invoices, of which there are at least 30 |
 * | off-contract | purchase_order at `po.released`: names no contract although one of the supplier covers the category then |
 * | contract-expired-or-exceeded | purchase_order at `po.released`: names a contract that has ended, or whose ceiling it passes |
 * | over-budget | purchase_order at `po.released`: its cost centre's budget of the quarter is spent |
 * | po-after-invoice | purchase_order: created after an invoice for it was received |
 * | receipt-before-po | purchase_order: created after goods for it were recorded |
 * | invoice-before-approval | invoice: received before its order was approved (`po.approved`, else `requisition.approved`); also where the order was not even created |
 * | payment-before-approval | payment: released before its invoice was approved |
 * | payment-before-due | payment: released more than 10 days before the invoice is due, no discount taken |
 * | duplicate-exact | invoice: same supplier, `invoice_number` and amount as one received before, found before payment or paid |
 * | duplicate-near | invoice: same supplier, within 45 days and 1 % of the amount of one received before; number the same but for one character or punctuation |
 * | tax-fields-missing | invoice at `invoice.posted`: one of tax_code, tax_amount, tax_jurisdiction, supplier_tax_id was never stated |
 * | retention-class-missing | invoice at `invoice.posted`: retention_class was never stated |
 * | rule-drift | invoice: `policy.evaluated` says match-tolerance passed although the unit price lies more than `price_pct` over that of the order |
 * | ai-unreviewed-change | invoice: an agent changed its state (approved, captured) without a human decision before |
 * | ai-change-without-policy | invoice: an agent acted on it (anything but `ai.suggested`) before any `policy.evaluated` |
 * | ai-recommendation-unreviewed | invoice: decided after `ai.suggested` of kind recommendation without an `ai.reviewed` of that kind between; extractions are no recommendations |
 * | ai-on-both-sides | invoice: one agent both captured and approved it |
 *
 * What the events say beside the activities:
 *
 * | field | on | meaning |
 * | --- | --- | --- |
 * | `money` | requisition, po, invoice, payment activities | net amount in the currency of the site |
 * | `line` | requisition.created, po.created, po.released, goods_receipt.recorded, invoice.received, matched, mismatched, posted | quantity ordered, delivered or billed, and unit price |
 * | `attributes.po_unit_price`, `received_quantity` | invoice.matched, mismatched | what the line is compared with |
 * | objects `po_line`, `invoice_line` | the same events | the one line of the document, `<document>/1` |
 * | `due_at`, `terms` | invoice.received | due date; discount as a share, and the last day on which it is granted |
 * | object attributes of a requisition | requisition.created | requester, capital, cost_centre, item |
 * | … of a purchase_order | po.created | contract (where it names one), cost_centre, buyer, item, matching |
 * | … of an invoice | invoice.received | invoice_number, invoice_date, net_amount, tax_amount, gross_amount, tax_rate, tax_code, tax_jurisdiction, supplier_tax_id, retention_class, cost_centre, matching |
 * | `attributes.discount_taken` | payment.proposed | whether the payment is less the discount |
 * | `attributes.resolution`, `reason` | exception.resolved of a variance | accepted, approved or corrected, and why |
 */
export const CONTROLS = {
  'self-approval': {
    policy: 'segregation-of-duties',
    control: 'segregation',
    severity: 'high',
    message: 'requester and approver are one identity',
  },
  'approval-missing': {
    policy: 'purchase-authority',
    control: 'authority',
    severity: 'high',
    message: 'approved without a step that the amount needs',
  },
  'approver-without-authority': {
    policy: 'purchase-authority',
    control: 'authority',
    severity: 'high',
    message: 'decided by somebody outside the matrix',
  },
  'stale-matrix': {
    policy: 'purchase-authority',
    control: 'authority',
    severity: 'medium',
    message: 'decided by a former holder of the authority',
  },
  'approval-after-commitment': {
    policy: 'approval-before-commitment',
    control: 'authority',
    severity: 'high',
    message: 'order released before the approval was given',
  },
  'attestation-missing': {
    policy: 'high-value-attestation',
    control: 'authority',
    severity: 'medium',
    message: 'a high-value approval was never attested',
  },
  'approval-disagreement': {
    policy: 'purchase-authority',
    control: 'authority',
    severity: 'high',
    message: 'systems disagree about the approval',
  },
  'split-requisitions': {
    policy: 'split-requisition',
    control: 'threshold',
    severity: 'high',
    message: 'two requisitions under the limit for one need',
  },
  'tolerance-override-without-reason': {
    policy: 'match-tolerance',
    control: 'threshold',
    severity: 'medium',
    message: 'accepted over tolerance without a reason',
  },
  'supplier-not-eligible': {
    policy: 'supplier-eligibility',
    control: 'eligibility',
    severity: 'high',
    message: 'the supplier is blocked, not approved or a second record',
  },
  'order-after-risk-rise': {
    policy: 'supplier-risk',
    control: 'eligibility',
    severity: 'high',
    message: 'order advanced at a supplier of critical risk',
  },
  'bank-change-before-payment': {
    policy: 'bank-change-hold',
    control: 'eligibility',
    severity: 'critical',
    message: 'paid shortly after a change of bank details',
  },
  'supplier-behaviour': {
    policy: 'supplier-behaviour',
    control: 'eligibility',
    severity: 'medium',
    message: 'far outside what this supplier invoiced before',
  },
  'off-contract': {
    policy: 'contract-coverage',
    control: 'contract',
    severity: 'medium',
    message: 'ordered off the contract of this supplier',
  },
  'contract-expired-or-exceeded': {
    policy: 'contract-coverage',
    control: 'contract',
    severity: 'medium',
    message: 'the contract has ended or is used up',
  },
  'over-budget': {
    policy: 'budget-ceiling',
    control: 'budget',
    severity: 'medium',
    message: 'commitment over the remaining budget',
  },
  'po-after-invoice': {
    policy: 'order-path',
    control: 'exception',
    severity: 'medium',
    message: 'ordered after the invoice came',
  },
  'receipt-before-po': {
    policy: 'order-path',
    control: 'exception',
    severity: 'medium',
    message: 'ordered after the goods came',
  },
  'invoice-before-approval': {
    policy: 'order-path',
    control: 'exception',
    severity: 'low',
    message: 'invoiced before the order was approved',
  },
  'payment-before-approval': {
    policy: 'order-path',
    control: 'exception',
    severity: 'high',
    message: 'paid before the invoice was approved',
  },
  'payment-before-due': {
    policy: 'payment-timing',
    control: 'exception',
    severity: 'low',
    message: 'paid long before it was due',
  },
  'duplicate-exact': {
    policy: 'duplicate-invoice',
    control: 'exception',
    severity: 'high',
    message: 'the same invoice was received before',
  },
  'duplicate-near': {
    policy: 'duplicate-invoice',
    control: 'exception',
    severity: 'medium',
    message: 'almost the same invoice was received before',
  },
  'tax-fields-missing': { policy: 'tax-fields', control: 'tax', severity: 'medium', message: 'a tax field is missing' },
  'retention-class-missing': {
    policy: 'retention',
    control: 'retention',
    severity: 'low',
    message: 'the retention class is missing',
  },
  'rule-drift': {
    policy: 'match-tolerance',
    control: 'threshold',
    severity: 'medium',
    message: 'a variance passed that fails elsewhere',
  },
  'ai-unreviewed-change': {
    policy: 'ai-human-decision',
    control: 'AI',
    severity: 'critical',
    message: 'an agent changed the state without a human decision',
  },
  'ai-change-without-policy': {
    policy: 'ai-human-decision',
    control: 'AI',
    severity: 'high',
    message: 'an agent acted before any policy was evaluated',
  },
  'ai-recommendation-unreviewed': {
    policy: 'ai-human-decision',
    control: 'AI',
    severity: 'high',
    message: 'decided on a recommendation that nobody reviewed',
  },
  'ai-on-both-sides': {
    policy: 'ai-human-decision',
    control: 'AI',
    severity: 'critical',
    message: 'one agent captured and approved',
  },
} satisfies Record<string, Rule>

export type ControlId = keyof typeof CONTROLS
