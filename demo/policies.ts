import { DAY } from './calendar.ts'
import { inCurrency, LIMITS } from './limits.ts'
import type { Control } from './truth.ts'

/** Policy versions change half-way through a quarter; the rules stay the same. */
const VERSION_MS = 91 * DAY

/** The version of the policies that holds at an instant. */
export function policyVersion(at: number): string {
  return String(Math.floor(at / VERSION_MS) % 9)
}

/** The versions from one instant to another, each with the instants between which it holds. */
export function policyVersions(from: number, to: number): { version: string; from: number; to: number }[] {
  const versions: { version: string; from: number; to: number }[] = []
  for (let start = Math.floor(from / VERSION_MS) * VERSION_MS; start < to; start += VERSION_MS)
    versions.push({ version: policyVersion(start), from: start, to: start + VERSION_MS })
  return versions
}

/** Tolerances that the simulator keeps to, but for what it plants. */
export const TOLERANCES = {
  /** Per cent by which a billed unit price may lie over that of the order. */
  price_pct: 2,
  /** Per cent by which a billed quantity may lie over that received. */
  quantity_pct: 1,
  /** Hours within which requisitions of one requester at one supplier are one need. */
  split_hours: 24,
  /** Days after a change of bank details in which nothing is paid to a supplier. */
  bank_change_days: 10,
  /** Days before it is due from which an invoice may be paid without taking a discount. */
  early_days: 10,
  /** How many times the median of a supplier's earlier invoices one may amount to, and how many of those there must be. */
  behaviour_ratio: 20,
  behaviour_invoices: 30,
  /** A duplicate hides among the invoices of this many days, and within this share of its amount. */
  duplicate_days: 45,
  duplicate_amount_pct: 1,
  /** Below this confidence an extraction needs a person. */
  confidence_floor: 0.8,
} as const

type Policy = {
  id: string
  category: Control
  text: string
  tolerances: Record<string, number>
  /** Activities of the workflow that it guards. */
  states: string[]
}

/** The policies of a tenant; amounts in its reporting currency. */
export function policiesIn(currency: string): Policy[] {
  const limit = (amount: number): number => Number(inCurrency(amount, currency))
  const policy = (
    id: string,
    category: Control,
    states: string[],
    text: string,
    tolerances: Record<string, number> = {},
  ): Policy => ({
    id,
    category,
    text,
    tolerances,
    states,
  })
  const { price_pct, quantity_pct, split_hours, bank_change_days, early_days, confidence_floor } = TOLERANCES
  return [
    policy(
      'purchase-authority',
      'authority',
      ['requisition.approved', 'invoice.approved'],
      'Whoever approves stands in the matrix.',
    ),
    policy(
      'high-value-attestation',
      'authority',
      ['requisition.approved'],
      'Approvals over the amount are attested within a day.',
      {
        amount: limit(LIMITS.plant_manager),
        hours: 24,
      },
    ),
    policy('approval-before-commitment', 'authority', ['po.released'], 'No order goes out before its requisition is approved.'),
    policy(
      'segregation-of-duties',
      'segregation',
      ['requisition.approved'],
      'Nobody approves what they or their bots requested.',
    ),
    policy('split-requisition', 'threshold', ['requisition.submitted'], 'One need, one requisition.', {
      split_limit: limit(LIMITS.budget_owner),
      split_hours,
    }),
    policy('match-tolerance', 'threshold', ['invoice.matched'], 'Invoices match order and receipt within the tolerance.', {
      price_pct,
      quantity_pct,
    }),
    policy('supplier-eligibility', 'eligibility', ['po.released', 'invoice.posted'], 'Approved suppliers only, one record each.'),
    policy('supplier-risk', 'eligibility', ['po.released', 'po.sent'], 'Orders at a supplier of critical risk are paused.'),
    policy('bank-change-hold', 'eligibility', ['payment.released'], 'Nothing is paid shortly after a change of bank details.', {
      days: bank_change_days,
    }),
    policy('supplier-behaviour', 'eligibility', ['invoice.received'], 'Invoices far outside a history are looked at.', {
      amount_ratio: TOLERANCES.behaviour_ratio,
      min_invoices: TOLERANCES.behaviour_invoices,
    }),
    policy('contract-coverage', 'contract', ['po.released'], 'Where a contract covers it, the order names the contract.'),
    policy('budget-ceiling', 'budget', ['po.released'], 'Commitments stay within the budget of their cost centre.'),
    policy(
      'order-path',
      'exception',
      ['po.created', 'invoice.posted'],
      'Order, receipt, invoice, approval, payment: in this order.',
    ),
    policy('payment-timing', 'exception', ['payment.released'], 'Without a discount nothing is paid long before it is due.', {
      days_early: early_days,
    }),
    policy('duplicate-invoice', 'exception', ['invoice.posted'], 'An invoice is posted once.', {
      days: TOLERANCES.duplicate_days,
      amount_pct: TOLERANCES.duplicate_amount_pct,
    }),
    policy('tax-fields', 'tax', ['invoice.posted'], 'tax_code, tax_amount, tax_jurisdiction and supplier_tax_id are stated.'),
    policy('retention', 'retention', ['invoice.posted'], 'Every posted invoice has a retention class.'),
    policy('ai-human-decision', 'AI', ['invoice.approved'], 'Agents recommend, people decide.', { confidence_floor }),
  ]
}
