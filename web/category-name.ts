import { words } from './format.ts'

const NAMES: Readonly<Record<string, string>> = {
  'match.price': 'Price mismatch',
  'match.quantity': 'Quantity mismatch',
  'match.receipt': 'Goods receipt missing',
  duplicate: 'Duplicate invoice',
  'contract.off': 'Off contract',
  'approval.stalled': 'Approval stalled',
  'approval.rejected': 'Approval rejected',
  budget: 'Budget exceeded',
  sod: 'Segregation of duties',
  'supplier.onboarding': 'Supplier not onboarded',
  'supplier.blocked': 'Supplier blocked',
  master_data: 'Master data',
  tax_coding: 'Tax coding',
  'payment.terms': 'Payment terms',
  timeout: 'Timeout',
  unavailable: 'System unavailable',
  rate_limit: 'Rate limit',
  auth: 'Credentials refused',
  schema_mapping: 'Field mapping',
  connector: 'Connector fault',
  'queue.backlog': 'Queue backlog',
  silence: 'Source silent',
  workflow_defect: 'Workflow defect',
  platform: 'Platform fault',
  ingest: 'Event intake',
  unspecified: 'Not specified',
}

/**
 * A category of the classification in the words of those who deal with it: `Price mismatch` for `match.price`, an unknown one in the
 * words of its id. The id belongs into the title of the element.
 */
export function categoryName(id: string): string {
  return NAMES[id] ?? words(id)
}
