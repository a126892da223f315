import { type CodeChange, diffCode, printCode, unstated } from '../model/alert-code.ts'
import { type EffectiveRule, PROVIDER } from '../model/alert-inherit.ts'
import { defaultRouting, type Routing } from '../model/alert-routing.ts'
import { AlertRule } from '../model/alert-rule.ts'
import type { Json } from '../model/merge-patch.ts'
import type { RulesCode } from '../model/rules-code.ts'
import type { TenantId } from '../model/tenant.ts'
import { currentRouting, saveRouting } from './alert-routing.ts'
import { changeRules, inheritedBy, type RuleChange, ruleStatements } from './alert-rules.ts'
import { SightlineError } from './errors.ts'
import type { Db, Tx } from './postgres/client.ts'

/** What applying code does, or would do. */
export type AppliedCode = {
  changes: CodeChange[]
  /** Things that hold and that the code does not state: left as they are, unless they are pruned. */
  unstated: string[]
}

/** What a tenant states about its rules and routing, as code. */
export async function rulesCode(db: Db | Tx, tenant: TenantId): Promise<RulesCode> {
  const [statements, inherited, routing] = [
    await ruleStatements(db, tenant),
    await inheritedBy(db, tenant),
    await currentRouting(db, tenant, '24x7'),
  ]
  const over = statements.filter(({ id, pack }) => pack !== null && inherited.has(id))
  return {
    rules: statements.filter(({ pack, state }) => pack === null && state === 'active').map(({ body }) => AlertRule.parse(body)),
    overrides: Object.fromEntries(
      over
        .filter(({ state, body }) => state === 'active' && Object.keys(body as object).length > 0)
        .map(({ id, body }) => [id, body as { [name: string]: Json }]),
    ),
    retired: over.filter(({ state }) => state === 'retired').map(({ id }) => id),
    ...(routing.version === 0 ? {} : { routing: routing.routing }),
  }
}

/** The same as YAML. */
export async function printedCode(db: Db, tenant: TenantId, calendar: string): Promise<string> {
  const inherited = await inheritedBy(db, tenant)
  const pack = (origin: EffectiveRule['origin']) => (origin === 'provider' ? PROVIDER : 'pack')
  return printCode(await rulesCode(db, tenant), {
    tenant,
    inherited: new Map([...inherited].map(([id, { rule, origin }]) => [id, { title: rule.title, from: pack(origin) }])),
    defaultRouting: defaultRouting(calendar),
  })
}

/**
 * Makes what holds what code says, all of it or nothing. A dry run does the same and takes it back.
 *
 * @param input.prune takes away what the code does not state: own rules are retired, differences from inherited ones given up
 * @throws SightlineError of what is refused; whatever `check` throws
 */
export async function applyCode(
  db: Db,
  input: {
    tenant: TenantId
    actor: string
    code: RulesCode
    prune: boolean
    dryRun: boolean
    note: string
    /** Refuses what must not hold; gets the rules that changed as they would be in force, and the routing that is stated. */
    check(changed: readonly EffectiveRule[], routing: Routing | null): void
  },
): Promise<AppliedCode> {
  const { tenant, actor, code, prune, note } = input
  let applied: AppliedCode | undefined
  const work = async (tx: Tx) => {
    const before = await rulesCode(tx, tenant)
    const left = unstated(before, code)
    const statements = new Map((await ruleStatements(tx, tenant)).map((one) => [one.id, one]))
    const inherited = await inheritedBy(tx, tenant)
    const unknown = code.retired.find((id) => !inherited.has(id))
    if (unknown !== undefined) throw new SightlineError('rule_invalid', `There is no inherited rule "${unknown}" to retire.`)
    const changes: RuleChange[] = [
      ...code.rules.map((rule): RuleChange => ({ kind: 'save', rule, note })),
      ...Object.entries(code.overrides).map(([id, differences]): RuleChange => ({ kind: 'override', id, differences, note })),
      ...code.retired.map((id): RuleChange => ({ kind: 'retire', id, note })),
      ...(prune ? left : []).flatMap((what): RuleChange[] => {
        const id = what.split('/')[1]
        if (id === undefined) return []
        return [{ kind: statements.get(id)?.pack === null ? 'retire' : 'reset', id, note }]
      }),
    ]
    const { routing } = code
    input.check(await changeRules(tx, { tenant, actor, changes }), routing ?? null)
    if (routing !== undefined) await saveRouting(tx, { tenant, routing, actor, expected: null, note })
    applied = { changes: diffCode(before, await rulesCode(tx, tenant)), unstated: left }
    if (input.dryRun) throw new TakenBack()
  }
  try {
    await db.transaction(work)
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error
  }
  return applied ?? { changes: [], unstated: [] }
}

/** Ends the transaction of a dry run. */
class TakenBack extends Error {}
