import { afterWork, MINUTE, SECOND } from './calendar.ts'
import type { Actor, Attributes, Doc } from './recorder.ts'
import { type Ask, decide, type Decision } from './approvals.ts'
import { lineOf } from './bill.ts'
import { exhaustedCostCentre } from './budgets.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { adminAccount, botOf, hasDeputy } from './identities.ts'
import { LIMITS } from './limits.ts'
import { operate } from './operations.ts'
import { policyVersion } from './policies.ts'

/** A requisition that may become an order. */
export type Requisitioned = {
  doc: Doc
  /** When it may be ordered. */
  at: number
  buyer: string
  /** When it was approved; `null` while an urgent purchase is ordered before. */
  approved: number | null
  /** Finishes the approvals of such a purchase; returns when it was approved. */
  approveLater: ((released: number) => number) | null
}

const PER_STEP_REJECTION = 0.018

type Step = { step: string; role: string }

/** The approval steps of a purchase by amount, risk and kind of spend. */
function approvalSteps(c: Case): Step[] {
  const { amount, unit } = c
  const capital = c.category.capital === true
  if (amount < LIMITS.self_service && c.random.chance(0.6)) return []
  const steps = [{ step: 'budget_owner', role: `budget_owner:${unit.entity} ${unit.business_unit}:0` }]
  if (amount > LIMITS.budget_owner || capital) steps.push({ step: 'plant_manager', role: `plant_manager:${unit.plant}:0` })
  if (c.attributes['risk_category'] === 'high' && (capital || amount > 20_000))
    steps.push({ step: 'risk_officer', role: 'risk_officer::0' })
  if (amount > LIMITS.plant_manager) steps.push({ step: 'cfo', role: `cfo:${unit.entity}:0` })
  return steps
}

/** Who asks: now and then somebody who decides on it, as themselves or in one of their guises. */
function requesterOf(c: Case, usual: string, steps: readonly Step[], at: number): NonNullable<Ask['requester']> {
  const { random, world, unit } = c
  const plain = { id: usual, guise: null }
  const first = steps[0]
  if (first === undefined || c.split !== undefined || !random.chance(0.006)) return plain
  const owner = world.holder(first.role, at).id
  const draw = random.int(0, 5)
  const deputised = steps.some(({ step }) => step === 'plant_manager') && hasDeputy(world, unit.plant)
  if (draw === 0 && deputised) return { id: world.person(`deputy:${unit.plant}:0`).id, guise: null }
  const key = `${owner} ${c.supplier.id}`
  if (c.asked.has(key)) return plain
  c.asked.add(key)
  const bot: Actor = { id: botOf(owner), kind: 'system' }
  if (draw === 1) return { id: owner, guise: human(adminAccount(owner)) }
  if (draw === 2 && world.holder(first.role, Infinity).id === owner) return { id: owner, guise: bot }
  return { id: owner, guise: null }
}

/** Leaves out a step that the amount needs: all of them, or the last. */
function withoutStep(c: Case, steps: readonly Step[]): readonly Step[] {
  const { amount, random } = c
  const capital = c.category.capital === true || c.attributes['risk_category'] === 'high'
  if (amount < LIMITS.self_service || amount > LIMITS.plant_manager || capital || !random.chance(0.005)) return steps
  return random.chance(0.5) ? steps.slice(0, -1) : []
}

/** Simulates a requisition from its creation at `start` to its approval; `null` where it ends without an order. */
export function requisition(c: Case, number: string, start: number, asker: string): Requisitioned | null {
  const { rec, random, unit } = c
  const doc = rec.doc('requisition', `REQ-${number}`, c.attributes)
  const overBudget = random.chance(0.013)
  const needed = approvalSteps(c)
  const requester = requesterOf(c, asker, needed, start)
  const steps = overBudget ? needed : withoutStep(c, needed)
  const run = { workflow_run: c.workflow_run }
  const value = money(c, c.amount)
  if (overBudget) c.cost_centre = exhaustedCostCentre(unit.entity)
  const { item, cost_centre } = c
  const known: Attributes = {
    ...c.attributes,
    requester: requester.id,
    capital: c.category.capital === true,
    cost_centre,
    item,
  }
  rec.emit(start, 'requisition.created', [doc], c.erp, {
    ...run,
    actor: human(requester.id),
    money: value,
    line: lineOf(c, c),
    object_attributes: { [`requisition/${doc.id}`]: known },
  })
  let at = afterWork(unit, start, random.logNormal(14, 0.9) * MINUTE)
  rec.emit(at, 'requisition.submitted', [doc], c.erp, { ...run, actor: human(requester.id), money: value })
  at += random.int(4, 50) * SECOND
  rec.emit(at, 'requisition.budget_checked', [doc], c.erp, {
    ...run,
    step: 'budget_check',
    actor: machine(c.erp.id),
    outcome: overBudget
      ? { status: 'rejected', code: 'BUDGET_EXCEEDED', message: 'commitment over the remaining budget' }
      : { status: 'ok' },
  })
  at += random.int(1, 4) * SECOND
  rec.emit(at, 'policy.evaluated', [doc], SYSTEMS.n8n, {
    ...run,
    step: 'policy',
    actor: machine('n8n'),
    policy: { id: 'purchase-authority', version: policyVersion(at), decision: 'passed' },
    attributes: { control: 'authority' },
  })
  if (c.split?.second === true) violate(c, doc, at, 'split-requisitions', { reported: random.chance(0.25) })
  let approvals = 0
  if (overBudget) {
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
      requester,
    })
    resolve(c, open, decision.at + 3 * SECOND, human(decision.by))
    at = decision.at + 4 * SECOND
    if (!decision.ok) return rejected(c, doc, at)
  }
  const approve = (from: number, reject: number): { at: number; last: Decision | null } => {
    let next = from + random.int(5, 90) * SECOND
    let last: Decision | null = null
    for (const { step, role } of steps) {
      last = decide(c, { docs: [doc], step, role, at: next, number: approvals++, reject, requester })
      next = last.at + random.int(2, 20) * SECOND
      if (!last.ok) break
    }
    return { at: next, last }
  }
  const buyer = c.world.person(anyOf(c, 'buyer', 3)).id
  if (steps.length > 0 && steps === needed && random.chance(0.006)) {
    const approveLater = (released: number): number => {
      violate(c, doc, released + SECOND, 'approval-after-commitment', { reported: random.chance(0.3) })
      return approved(c, doc, approve(released + MINUTE, 0).at)
    }
    return { doc, at: queued(c, at, 1), buyer, approved: null, approveLater }
  }
  let result = approve(at, PER_STEP_REJECTION)
  if (result.last?.ok === false) {
    rec.emit(result.at, 'requisition.rejected', [doc], SYSTEMS.n8n, {
      ...run,
      actor: machine('n8n'),
      outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by an approver' },
    })
    const open = raise(c, [doc], result.at + SECOND, 'APPROVAL_REJECTED', 'rejected by an approver')
    open.holder = requester.id
    if (random.chance(0.4)) {
      resolve(c, open, queued(c, result.at + SECOND, 4), human(requester.id))
      return null
    }
    const changed = queued(c, result.at, 5)
    rec.emit(changed, 'requisition.changed', [doc], c.erp, { ...run, actor: human(requester.id), money: value })
    const again = afterWork(unit, changed, random.between(2, 20) * MINUTE)
    rec.emit(again, 'requisition.submitted', [doc], c.erp, { ...run, actor: human(requester.id), money: value })
    resolve(c, open, again + SECOND, human(requester.id))
    rec.block([doc], { from: result.at, to: again, cause: 'business_exception', holder: requester.id, step: 'exception' })
    result = approve(again + SECOND, PER_STEP_REJECTION)
    if (result.last?.ok === false) return rejected(c, doc, result.at)
  }
  at = approved(c, doc, result.at)
  const done = at
  if (steps !== needed) violate(c, doc, at, 'approval-missing')
  if (c.world.tenant.id === 'kestrel' && (c.amount > 6000 || c.category.capital === true)) {
    at = operate(c, {
      docs: [doc],
      system: SYSTEMS.contracts,
      step: 'contract.sync_approval',
      at: at + 3 * SECOND,
      id: `sync:${doc.id}`,
    }).at
    if (result.last !== null) at = mirrored(c, doc, at + SECOND, result.last, 'contract')
  } else if (result.last !== null && random.chance(0.12)) at = mirrored(c, doc, at + 5 * SECOND, result.last, 'erp')
  return { doc, at: queued(c, at, 1.6, 1), buyer, approved: done, approveLater: null }
}

function approved(c: Case, doc: Doc, at: number): number {
  const outcome = { workflow_run: c.workflow_run, actor: machine('n8n') }
  c.rec.emit(at, 'requisition.approved', [doc], SYSTEMS.n8n, { ...outcome, outcome: { status: 'ok' } })
  return at
}

/** Another system notes the last decision, and now and then the contrary; returns the instant after. */
function mirrored(c: Case, doc: Doc, at: number, last: Decision, by: 'erp' | 'contract'): number {
  const differs = c.random.chance(by === 'erp' ? 0.05 : 0.025)
  c.rec.emit(
    at,
    'approval.decided',
    [doc],
    by === 'erp' ? c.erp : SYSTEMS.contracts,
    {
      step: 'approval_mirror',
      workflow_run: c.workflow_run,
      actor: machine(by === 'erp' ? c.erp.id : SYSTEMS.contracts.id),
      outcome: differs ? { status: 'cancelled', message: 'no approval stands here' } : { status: 'ok' },
      attributes: { approver: last.by },
    },
    [last.approval],
  )
  if (differs) violate(c, doc, at, 'approval-disagreement')
  return at + SECOND
}

function rejected(c: Case, doc: Doc, at: number): null {
  c.rec.emit(at, 'requisition.rejected', [doc], SYSTEMS.n8n, {
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by an approver' },
  })
  return null
}
