import { afterWork, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Doc } from './recorder.ts'
import { decide } from './approvals.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'

/** A requisition that may become an order. */
export type Requisitioned = {
  doc: Doc
  /** When it may be ordered. */
  at: number
  buyer: string
  /** Finishes the approvals of an urgent purchase that was ordered before them. */
  approveLater: ((released: number) => void) | null
}

/** Policy versions change half-way through a quarter; the rules stay the same. */
export function policyVersion(at: number): string {
  return String(Math.floor(at / (91 * 24 * HOUR)) % 9)
}

const PER_STEP_REJECTION = 0.018

/** The approval steps of a purchase by amount, risk and kind of spend. */
function approvalSteps(c: Case): { step: string; role: string }[] {
  const { amount, unit } = c
  const capital = c.category.capital === true
  if (amount < 400 && c.random.chance(0.6)) return []
  const steps = [{ step: 'budget_owner', role: `budget_owner:${unit.entity} ${unit.business_unit}:0` }]
  if (amount > 3000 || capital) steps.push({ step: 'plant_manager', role: `plant_manager:${unit.plant}:0` })
  if (c.attributes['risk_category'] === 'high' && (capital || amount > 20_000))
    steps.push({ step: 'risk_officer', role: 'risk_officer::0' })
  if (amount > 60_000) steps.push({ step: 'cfo', role: `cfo:${unit.entity}:0` })
  return steps
}

/** Simulates a requisition from its creation at `start` to its approval; `null` where it ends without an order. */
export function requisition(c: Case, number: string, start: number): Requisitioned | null {
  const { rec, random, unit } = c
  const doc = rec.doc('requisition', `REQ-${number}`, c.attributes)
  const steps = approvalSteps(c)
  const first = steps[0]
  const conflict = first !== undefined && random.chance(0.003)
  const requester = c.world.person(conflict ? first.role : `requester:${unit.plant}:${c.split?.requester ?? random.int(0, 7)}`).id
  const run = { workflow_run: c.workflow_run }
  const value = money(c, c.amount)
  rec.emit(start, 'requisition.created', [doc], c.erp, {
    ...run,
    actor: human(requester),
    money: value,
    object_attributes: { [`requisition/${doc.id}`]: { ...c.attributes, requester, capital: c.category.capital === true } },
  })
  let at = afterWork(unit, start, random.logNormal(14, 0.9) * MINUTE)
  rec.emit(at, 'requisition.submitted', [doc], c.erp, { ...run, actor: human(requester), money: value })
  at += random.int(4, 50) * SECOND
  const overBudget = random.chance(0.013)
  rec.emit(at, 'requisition.budget_checked', [doc], c.erp, {
    ...run,
    step: 'budget_check',
    actor: machine(c.erp.id),
    outcome: overBudget
      ? { status: 'rejected', code: 'BUDGET_EXCEEDED', message: 'commitment over the remaining budget' }
      : { status: 'ok' },
  })
  at += random.int(1, 4) * SECOND
  const version = policyVersion(at)
  rec.emit(at, 'policy.evaluated', [doc], SYSTEMS.n8n, {
    ...run,
    step: 'policy',
    actor: machine('n8n'),
    policy: { id: 'purchase-authority', version, decision: 'passed' },
    attributes: { control: 'authority' },
  })
  if (c.split?.second === true)
    violate(c, doc, at, {
      policy: 'split-requisition',
      version,
      severity: 'high',
      control: 'threshold',
      message: 'two requisitions under the limit for one need',
    })
  let approvals = 0
  if (overBudget) {
    violate(c, doc, at + SECOND, {
      policy: 'budget-ceiling',
      version,
      severity: 'medium',
      control: 'budget',
      message: 'commitment over the remaining budget',
    })
    const open = raise(c, [doc], at + 2 * SECOND, 'BUDGET_EXCEEDED', 'commitment over the remaining budget')
    const role = `budget_owner:${unit.entity} ${unit.business_unit}:0`
    const assigned = queued(c, at, 3)
    assign(c, open, assigned, role)
    const decision = decide(c, {
      docs: [doc],
      step: 'budget_exception',
      role,
      at: assigned + MINUTE,
      open,
      number: approvals++,
      reject: 0.15,
    })
    resolve(c, open, decision.at + 3 * SECOND, human(decision.by))
    at = decision.at + 4 * SECOND
    if (!decision.ok) return rejected(c, doc, at)
  }
  const approve = (from: number): { at: number; ok: boolean } => {
    let next = from + random.int(5, 90) * SECOND
    for (const { step, role } of steps) {
      const decision = decide(c, { docs: [doc], step, role, at: next, number: approvals++, reject: PER_STEP_REJECTION })
      next = decision.at + random.int(2, 20) * SECOND
      if (!decision.ok) return { at: next, ok: false }
    }
    return { at: next, ok: true }
  }
  if (steps.length > 0 && random.chance(0.006)) {
    const buyer = c.world.person(anyOf(c, 'buyer', 3)).id
    return { doc, at: queued(c, at, 1), buyer, approveLater: (released) => approveAfterwards(c, doc, approve, released) }
  }
  let result = approve(at)
  if (!result.ok) {
    rec.emit(result.at, 'requisition.rejected', [doc], SYSTEMS.n8n, {
      ...run,
      actor: machine('n8n'),
      outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by an approver' },
    })
    const open = raise(c, [doc], result.at + SECOND, 'APPROVAL_REJECTED', 'rejected by an approver')
    open.holder = requester
    if (random.chance(0.4)) {
      resolve(c, open, queued(c, result.at + SECOND, 4), human(requester))
      return null
    }
    const changed = queued(c, result.at, 5)
    rec.emit(changed, 'requisition.changed', [doc], c.erp, { ...run, actor: human(requester), money: value })
    const again = afterWork(unit, changed, random.between(2, 20) * MINUTE)
    rec.emit(again, 'requisition.submitted', [doc], c.erp, { ...run, actor: human(requester), money: value })
    resolve(c, open, again + SECOND, human(requester))
    result = approve(again + SECOND)
    if (!result.ok) return rejected(c, doc, result.at)
  }
  at = result.at
  rec.emit(at, 'requisition.approved', [doc], SYSTEMS.n8n, { ...run, actor: machine('n8n'), outcome: { status: 'ok' } })
  if (conflict)
    violate(c, doc, at + SECOND, {
      policy: 'segregation-of-duties',
      version,
      severity: 'high',
      control: 'segregation',
      message: 'requester and approver are one identity',
    })
  if (c.world.tenant.id === 'kestrel' && (c.amount > 6000 || c.category.capital === true))
    at = operate(c, {
      docs: [doc],
      system: SYSTEMS.contracts,
      step: 'contract.sync_approval',
      at: at + 3 * SECOND,
      id: `sync:${doc.id}`,
    }).at
  return { doc, at: queued(c, at, 1.6, 1), buyer: c.world.person(anyOf(c, 'buyer', 3)).id, approveLater: null }
}

function rejected(c: Case, doc: Doc, at: number): null {
  c.rec.emit(at, 'requisition.rejected', [doc], SYSTEMS.n8n, {
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by an approver' },
  })
  return null
}

function approveAfterwards(c: Case, doc: Doc, approve: (from: number) => { at: number; ok: boolean }, released: number): void {
  violate(c, doc, released + SECOND, {
    policy: 'approval-before-commitment',
    version: policyVersion(released),
    severity: 'high',
    control: 'authority',
    message: 'order released before the approval was given',
  })
  const result = approve(released + MINUTE)
  const outcome = { workflow_run: c.workflow_run, actor: machine('n8n') }
  c.rec.emit(result.at, 'requisition.approved', [doc], SYSTEMS.n8n, { ...outcome, outcome: { status: 'ok' } })
}
