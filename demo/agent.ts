import { SECOND } from './calendar.ts'
import { anyOf, type Case, human, machine, queued, SYSTEMS } from './case.ts'
import { violate } from './exceptions.ts'
import { LIMITS } from './limits.ts'
import { policyVersion } from './policies.ts'
import type { Detail, Doc } from './recorder.ts'

/** Whether an amount needs no decision of a person by the matrix. */
export function isMinor(amount: number): boolean {
  return amount < LIMITS.by_rule
}

/** What the coding agent says of itself. */
export function agentDetail(c: Case, doc: Doc, kind: string): NonNullable<Detail['ai']> {
  const confidence = Number(c.random.between(0.6, 0.97).toFixed(3))
  return { model: 'codingbot', version: '1.9', input_ref: `doc:${doc.id}`, kind, confidence }
}

/** Now and then the coding agent changes the account on an invoice: a clerk agrees first, and mostly a policy was asked, too. */
export function changeByAgent(c: Case, doc: Doc, at: number): number {
  const { rec, random } = c
  if (!random.chance(0.02)) return at
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.code' }
  const actor = machine('codingbot', 'ai_agent')
  const ai = agentDetail(c, doc, 'record_change')
  const suggested = at + random.int(10, 60) * SECOND
  rec.emit(suggested, 'ai.suggested', [doc], SYSTEMS.agent, { ...run, actor, ai })
  const reviewed = queued(c, suggested + SECOND, 1.5)
  const reviewer = c.world.person(anyOf(c, 'ap_clerk', 4)).id
  rec.emit(reviewed, 'ai.reviewed', [doc], SYSTEMS.agent, {
    ...run,
    actor: human(reviewer),
    ai: { ...ai, reviewer, decision: 'accepted' },
  })
  if (random.chance(0.85))
    rec.emit(reviewed + 2 * SECOND, 'policy.evaluated', [doc], SYSTEMS.n8n, {
      ...run,
      actor: machine('n8n'),
      policy: { id: 'ai-human-decision', version: policyVersion(reviewed + 2 * SECOND), decision: 'passed' },
      attributes: { control: 'AI' },
    })
  else violate(c, doc, reviewed + 5 * SECOND, 'ai-change-without-policy')
  rec.emit(reviewed + 5 * SECOND, 'ai.acted', [doc], SYSTEMS.agent, { ...run, actor, ai })
  return reviewed + 6 * SECOND
}
