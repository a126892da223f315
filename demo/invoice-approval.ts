import { agentDetail, isMinor } from './agent.ts'
import { type Ask, decide, type Decision } from './approvals.ts'
import type { Bill } from './bill.ts'
import { MINUTE, SECOND } from './calendar.ts'
import { anyOf, type Case, human, machine, queued, SYSTEMS } from './case.ts'
import { raise, resolve, violate } from './exceptions.ts'
import { LIMITS } from './limits.ts'
import type { Detail, Doc } from './recorder.ts'
import { askSupplier } from './supplier-question.ts'

type Approving = {
  doc: Doc
  docs: readonly Doc[]
  bill: Bill
  /** The most that the invoice ever amounted to, in the yardstick. */
  most: number
  /** Whether a person has looked at it before, and whether it matched at once. */
  looked: boolean
  clean: boolean
  /** Whether an agent has captured it. */
  agent: boolean
}

/** Approves an invoice: by rule where it matched, else by a person, and in the planted story by an agent that must not. */
export function approveInvoice(c: Case, approving: Approving, at: number): number | null {
  const { rec, random } = c
  const { doc, docs, bill, most, looked, clean } = approving
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.approve' }
  const story = c.world.story('ai', at)
  const overstep = approving.agent || (story !== null && random.chance(0.8)) || random.chance(0.0006)
  if (overstep && isMinor(most) && (approving.agent || (clean && !looked))) {
    if (story !== null) doc.incidents.add(story.id)
    return byAgent(c, approving, at)
  }
  const approved = (instant: number): number => {
    rec.emit(instant, 'invoice.approved', docs, SYSTEMS.n8n, { ...run, actor: machine('n8n'), outcome: { status: 'ok' } })
    return instant
  }
  if (bill.ordered !== null && clean && isMinor(most) && random.chance(0.47)) return approved(at + random.int(5, 60) * SECOND)
  if (bill.amount > LIMITS.by_rule && random.chance(0.012)) {
    violate(c, doc, at + 30 * SECOND, 'approval-missing')
    return approved(at + 30 * SECOND)
  }
  let from = queued(c, at, 18, 1)
  const recommended = random.chance(0.07)
  if (recommended) {
    const actor = machine('codingbot', 'ai_agent')
    const ai = agentDetail(c, doc, 'recommendation')
    rec.emit(from - 5 * SECOND, 'ai.suggested', [doc], SYSTEMS.agent, { ...run, actor, ai })
    const decision = decided(c, approving, from)
    review(c, doc, decision, from, { ...ai, decision: decision.ok ? 'accepted' : 'overridden' })
    if (decision.end === null) return null
    from = decision.end
  } else {
    const { end } = decided(c, approving, from)
    if (end === null) return null
    from = end
  }
  if (most > LIMITS.invoice_approver) {
    const role = `cfo:${c.unit.entity}:0`
    from = decide(c, { docs: [doc], step: 'cfo', role, at: from, number: 5 }).at + random.int(2, 40) * SECOND
  }
  return approved(from)
}

/** The decision of an invoice approver; after a rejection the supplier is asked, and the invoice decided again or ended (`end` null). */
function decided(c: Case, { doc, docs }: Approving, at: number): Decision & { end: number | null } {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.approve' }
  const ask: Ask = { docs: [doc], step: 'invoice_approver', role: anyOf(c, 'invoice_approver', 4), at, number: 0, reject: 0.014 }
  const decision = decide(c, ask)
  if (decision.ok) return { ...decision, end: decision.at + random.int(2, 40) * SECOND }
  const open = raise(c, [doc], decision.at + SECOND, 'APPROVAL_REJECTED', 'rejected by the approver')
  open.holder = decision.by
  const back = askSupplier(c, doc, decision.at + MINUTE)
  resolve(c, open, back, human(decision.by))
  if (random.chance(0.35)) {
    rec.emit(back + SECOND, 'invoice.rejected', docs, SYSTEMS.n8n, {
      ...run,
      actor: human(decision.by),
      outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by the approver' },
    })
    rec.emit(queued(c, back, 8), 'invoice.credited', docs, c.erp, { ...run, actor: machine(c.erp.id) })
    return { ...decision, end: null }
  }
  const again = decide(c, { ...ask, at: back + 2 * SECOND, number: 1, reject: 0 })
  return { ...decision, end: again.at + random.int(2, 40) * SECOND }
}

/** The approver reads the recommendation before deciding, or should have. */
function review(c: Case, doc: Doc, decision: Decision, from: number, ai: NonNullable<Detail['ai']>): void {
  if (c.random.chance(0.1)) {
    violate(c, doc, decision.at, 'ai-recommendation-unreviewed')
    return
  }
  c.rec.emit(Math.max(from + SECOND, decision.at - 20 * SECOND), 'ai.reviewed', [doc], SYSTEMS.agent, {
    step: 'invoice.approve',
    workflow_run: c.workflow_run,
    actor: human(decision.by),
    ai: { ...ai, reviewer: decision.by },
  })
}

function byAgent(c: Case, { doc, docs, agent }: Approving, at: number): number {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.approve' }
  const acted = at + random.int(20, 200) * SECOND
  const actor = machine('codingbot', 'ai_agent')
  rec.emit(acted, 'ai.acted', [doc], SYSTEMS.agent, { ...run, actor, ai: agentDetail(c, doc, 'approval') })
  rec.emit(acted + SECOND, 'invoice.approved', docs, SYSTEMS.n8n, { ...run, actor, outcome: { status: 'ok' } })
  if (docs.length === 1) violate(c, doc, acted, 'ai-change-without-policy')
  violate(c, doc, acted + SECOND, 'ai-unreviewed-change', { reported: random.chance(0.5), offender: actor.id })
  if (agent) violate(c, doc, acted + SECOND, 'ai-on-both-sides')
  return acted + 3 * SECOND
}
