import { inCurrency, LIMITS } from './limits.ts'
import type { World } from './world.ts'

/** A row of the approval matrix, in the currency of its entity; `up_to` null is without a limit. */
export type Authority = {
  document_type: 'requisition' | 'purchase_order' | 'invoice' | 'onboarding'
  step: string
  role: string
  person?: string
  entity?: string
  risk_category?: string
  up_to: { amount: string; currency: string } | null
  /** Instants between which it holds; null where it always did or still does. */
  from: number | null
  to: number | null
}

/**
 * Who may decide which step. The steps of a document type stand one above the other by their limits: an amount needs every step whose
 * lower neighbour's limit it exceeds, `auto` (the workflow itself) being the lowest. Steps for a risk category, `budget_exception`,
 * `approve_variance` and those of an onboarding are needed only where the workflow asks for them.
 */
export function authorities(world: World): Authority[] {
  const rows: Authority[] = []
  const always = { from: null, to: null }
  const { units } = world.profile
  const entities = new Map(units.map((unit) => [unit.entity, unit.currency]))
  for (const [entity, currency] of entities) {
    const upTo = (amount: number) => ({ amount: inCurrency(amount, currency), currency })
    const person = (role: string): string => world.person(role).id
    const own = units.filter((unit) => unit.entity === entity)
    const machine = { step: 'auto', role: 'system', person: 'svc-n8n', entity, ...always }
    rows.push({ ...machine, document_type: 'requisition', up_to: upTo(LIMITS.self_service) })
    rows.push({ ...machine, document_type: 'invoice', up_to: upTo(LIMITS.by_rule) })
    for (const business_unit of new Set(own.map((unit) => unit.business_unit))) {
      const role = `budget_owner:${entity} ${business_unit}:0`
      const former = world.holder(role, world.handover - 1).id
      const terms =
        former === person(role)
          ? [{ person: former, from: null, to: null }]
          : [
              { person: former, from: null, to: world.handover },
              { person: person(role), from: world.handover, to: null },
            ]
      for (const term of terms) {
        const owner = { role: 'budget_owner', entity, ...term }
        rows.push({ ...owner, document_type: 'requisition', step: 'budget_owner', up_to: upTo(LIMITS.budget_owner) })
        rows.push({ ...owner, document_type: 'requisition', step: 'budget_exception', up_to: null })
        rows.push({ ...owner, document_type: 'invoice', step: 'approve_variance', up_to: null })
      }
    }
    for (const { plant } of own) {
      const manager = { role: 'plant_manager', person: person(`plant_manager:${plant}:0`), entity, ...always }
      rows.push({ ...manager, document_type: 'requisition', step: 'plant_manager', up_to: upTo(LIMITS.plant_manager) })
    }
    for (const document_type of ['requisition', 'invoice'] as const)
      rows.push({ document_type, step: 'cfo', role: 'cfo', person: person(`cfo:${entity}:0`), entity, up_to: null, ...always })
    for (let i = 0; i < 4; i++) {
      const approver = { role: 'invoice_approver', person: person(`invoice_approver:${entity}:${i}`), entity, ...always }
      rows.push({ ...approver, document_type: 'invoice', step: 'invoice_approver', up_to: upTo(LIMITS.invoice_approver) })
    }
    const lead = { role: 'buyer_lead', person: person(`buyer_lead:${entity}:0`), entity, up_to: null, ...always }
    rows.push({ ...lead, document_type: 'purchase_order', step: 'buyer_lead' })
    rows.push({ ...lead, document_type: 'onboarding', step: 'procurement_lead' })
  }
  const risk = { step: 'risk_officer', role: 'risk_officer', person: world.person('risk_officer::0').id, risk_category: 'high' }
  rows.push({ ...risk, document_type: 'requisition', up_to: null, ...always })
  for (let i = 0; i < 3; i++) {
    const analyst = { role: 'compliance', person: world.person(`compliance::${i}`).id, up_to: null, ...always }
    rows.push({ ...analyst, document_type: 'onboarding', step: 'compliance_review' })
  }
  return rows
}
