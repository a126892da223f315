import { readCode } from '../model/alert-code.ts'
import type { EffectiveRule } from '../model/alert-inherit.ts'
import type { AlertProblem } from '../model/alert-problem.ts'
import type { Routing } from '../model/alert-routing.ts'
import type { RulesCode } from '../model/rules-code.ts'
import type { TenantId } from '../model/tenant.ts'
import { type AppliedCode, applyCode } from '../platform/alert-code.ts'
import { SightlineError } from '../platform/errors.ts'
import type { TenantReader } from '../queries/run.ts'
import { alertContext, checkRouting, checkRules } from './alert-lint.ts'
import type { Services } from './services.ts'

/**
 * Applies rules as code, all of it or nothing, and tells what is doubtful about it.
 *
 * @throws SightlineError `rule_invalid`, `routing_invalid` where it cannot be read or must not hold
 */
export async function applyCheckedCode(
  services: Pick<Services, 'stores' | 'now'>,
  asked: {
    tenant: TenantId
    reader: TenantReader
    actor: string
    code: string | RulesCode
    prune: boolean
    dryRun: boolean
    note: string
  },
): Promise<AppliedCode & { problems: AlertProblem[] }> {
  const { reader, code, ...input } = asked
  const context = await alertContext(services, input.tenant, reader)
  const problems: AlertProblem[] = []
  // A rule is held against the routing that comes with it.
  const check = (changed: readonly EffectiveRule[], routing: Routing | null) => {
    const rules = new Set([...context.rules, ...changed.map(({ rule }) => rule.id)])
    if (routing !== null) problems.push(...checkRouting(routing, { ...context, rules }))
    problems.push(...checkRules(changed, { ...context, routing: routing ?? context.routing }))
  }
  return { ...(await applyCode(services.stores.postgres.db, { ...input, code: codeOf(code), check })), problems }
}

function codeOf(given: string | RulesCode): RulesCode {
  const read = readCode(typeof given === 'string' ? given : JSON.stringify(given))
  if ('code' in read) return read.code
  throw new SightlineError('rule_invalid', `The code cannot be read: ${read.problems.slice(0, 20).join(' ')}`)
}
