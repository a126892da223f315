import { and, desc, eq } from 'drizzle-orm'
import {
  differencesOf,
  type EffectiveRule,
  inheritedRules,
  inheritRules,
  overriddenRule,
  PROVIDER,
  type RuleStatement,
} from '../model/alert-inherit.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { equalJson, type Json } from '../model/merge-patch.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db, Tx } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { alertRules } from './postgres/schema.ts'
import { findTenant } from './tenants.ts'

/** A version of what a tenant states about a rule. A version is never changed; the newest one of an id is in force. */
export type StoredRule = RuleStatement & { note: string; createdAt: Date; createdBy: string }

/** What is done with a rule; `override` states differences from what is inherited as a JSON merge patch. */
export type RuleChange =
  | { kind: 'save'; rule: AlertRule; note?: string }
  | { kind: 'override'; id: string; differences: { readonly [name: string]: Json }; note?: string }
  | { kind: 'retire'; id: string; note?: string }
  | { kind: 'reset'; id: string; note?: string }

/** Rules that one tenant states something about, which no installation comes near by hand. */
const MOST = 1500

/** The newest statement of a tenant about each rule, by id. */
export async function ruleStatements(db: Db | Tx, tenant: string): Promise<StoredRule[]> {
  const rows = await db
    .selectDistinctOn([alertRules.id])
    .from(alertRules)
    .where(eq(alertRules.tenantId, tenant))
    .orderBy(alertRules.id, desc(alertRules.version))
  return rows.map(view)
}

/** All versions of what a tenant states about a rule, the newest first; empty where it states nothing. */
export async function ruleVersions(db: Db, tenant: TenantId, id: string): Promise<StoredRule[]> {
  const rows = await db
    .select()
    .from(alertRules)
    .where(and(eq(alertRules.tenantId, tenant), eq(alertRules.id, id)))
    .orderBy(desc(alertRules.version))
  return rows.map(view)
}

/**
 * The rules that hold for a tenant, by id: the pack that ships ⊕ what its provider states ⊕ what it states itself, retired ones among
 * them. Rules to evaluate are those with `state` active and `rule.enabled`.
 */
export async function effectiveRules(db: Db | Tx, tenant: TenantId): Promise<EffectiveRule[]> {
  return [...inheritRules(ALERT_PACK, await providerStatements(db, tenant), await ruleStatements(db, tenant)).values()]
}

/** What a tenant inherits before it states anything itself, by id. */
export async function inheritedBy(db: Db | Tx, tenant: TenantId): Promise<Map<string, EffectiveRule>> {
  return inheritedRules(ALERT_PACK, await providerStatements(db, tenant))
}

/**
 * Makes changes to rules, all of them or none. A change that says what holds already makes no version; of an inherited rule the differences
 * alone are kept.
 *
 * @param input.check refuses what must not hold; gets the changed rules as they would be in force
 * @returns the rules that changed, as they are in force now
 * @throws SightlineError `not_found`; `conflict` for too many, and to reset what inherits from nothing; `rule_invalid` for differences
 *   that make no rule; whatever `check` throws
 */
export async function changeRules(
  tx: Tx,
  input: { tenant: TenantId; actor: string; changes: readonly RuleChange[]; check?: (changed: readonly EffectiveRule[]) => void },
): Promise<EffectiveRule[]> {
  const { tenant, actor, changes } = input
  await oneAtATime(tx, `alert-rules/${tenant}`)
  const provider = await providerStatements(tx, tenant)
  const inherited = inheritedRules(ALERT_PACK, provider)
  const own = new Map((await ruleStatements(tx, tenant)).map((one): [string, RuleStatement] => [one.id, one]))
  const packOf = (id: string) => (provider.some((one) => one.id === id && one.pack === null) ? PROVIDER : ALERT_PACK.name)
  const written: (RuleStatement & { note: string; action: string })[] = []
  for (const change of changes) {
    const id = change.kind === 'save' ? change.rule.id : change.id
    const newest = own.get(id)
    const next = statementOf(change, newest, inherited.get(id)?.rule, packOf(id))
    if (next === null || (newest !== undefined && isSame(newest, next))) continue
    const statement = { id, version: (newest?.version ?? 0) + 1, ...next }
    own.set(id, statement)
    written.push({ ...statement, note: change.note ?? '', action: ACTIONS[change.kind] })
  }
  if (written.length === 0) return []
  if (own.size > MOST) throw new SightlineError('conflict', `A tenant states at most ${MOST} alert rules.`)
  const now = inheritRules(ALERT_PACK, provider, [...own.values()])
  const changed = [...new Set(written.map(({ id }) => id))].flatMap((id) => now.get(id) ?? [])
  input.check?.(changed)
  await tx
    .insert(alertRules)
    .values(written.map(({ action: _action, ...row }) => ({ ...row, tenantId: tenant, createdBy: actor })))
  for (const { id, version, note, action } of written)
    await recordAudit(tx, { actor, tenantId: tenant, action, subject: id, detail: { version, ...(note === '' ? {} : { note }) } })
  return changed
}

const ACTIONS = { save: 'rule.saved', override: 'rule.saved', retire: 'rule.retired', reset: 'rule.reset' } as const

type Content = Pick<RuleStatement, 'body' | 'pack' | 'state'>

/** What a change makes the tenant state; null where nothing has to be stated. */
function statementOf(
  change: RuleChange,
  newest: RuleStatement | undefined,
  inherited: AlertRule | undefined,
  pack: string,
): Content | null {
  if (change.kind === 'save') {
    const isOwn = inherited === undefined || newest?.pack === null
    if (isOwn) return { body: change.rule, pack: null, state: 'active' }
    const body = differencesOf(inherited, change.rule)
    return newest === undefined && Object.keys(body).length === 0 ? null : { body, pack, state: 'active' }
  }
  if (change.kind === 'retire') {
    if (newest !== undefined) return { body: newest.body, pack: newest.pack, state: 'retired' }
    if (inherited === undefined) throw unknownRule(change.id)
    return { body: {}, pack, state: 'retired' }
  }
  if (inherited === undefined) {
    if (change.kind === 'override')
      throw new SightlineError('rule_invalid', `There is no inherited rule "${change.id}" to differ from.`)
    if (newest === undefined) throw unknownRule(change.id)
    throw new SightlineError('conflict', `The rule "${change.id}" is the tenant's own: it inherits from nothing.`)
  }
  if (change.kind === 'reset') return newest === undefined ? null : { body: {}, pack, state: 'active' }
  const made = overriddenRule(inherited, change.differences)
  if ('problem' in made)
    throw new SightlineError('rule_invalid', `What is stated of "${change.id}" makes no rule: ${made.problem}.`)
  // As stated, not as short as can be: what is pinned stays pinned when the inherited rule comes to say the same.
  const body = change.differences
  return newest === undefined && Object.keys(body).length === 0 ? null : { body, pack, state: 'active' }
}

function isSame(one: RuleStatement, other: Content): boolean {
  return one.state === other.state && one.pack === other.pack && equalJson(one.body, other.body)
}

/** The error of a rule that there is not. */
export function unknownRule(id: string): SightlineError {
  return new SightlineError('not_found', `There is no alert rule "${id.slice(0, 80)}".`, { next: 'GET /v1/rules lists them.' })
}

async function providerStatements(db: Db | Tx, tenant: TenantId): Promise<StoredRule[]> {
  const parent = (await findTenant(db, tenant))?.parentId ?? null
  return parent === null ? [] : ruleStatements(db, parent)
}

function view(row: typeof alertRules.$inferSelect): StoredRule {
  const { id, version, pack, state, note, createdAt, createdBy } = row
  return { id, version, pack, state, note, createdAt, createdBy, body: pack === null ? AlertRule.parse(row.body) : row.body }
}
