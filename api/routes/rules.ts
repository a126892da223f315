import { type EffectiveRule, inheritRules } from '../../model/alert-inherit.ts'
import { lintRule } from '../../model/alert-lint.ts'
import { ALERT_PACK } from '../../model/alert-pack.ts'
import { AlertRule } from '../../model/alert-rule.ts'
import { type TenantId, verifiedTenant } from '../../model/tenant.ts'
import {
  changeRules,
  inheritedBy,
  type RuleChange,
  ruleStatements,
  ruleVersions,
  type StoredRule,
  unknownRule,
} from '../../platform/alert-rules.ts'
import { listTenants } from '../../platform/tenants.ts'
import type { TenantReader } from '../../queries/run.ts'
import { z } from 'zod'
import { alertContext, checkRules, schemaProblems } from '../alert-lint.ts'
import type { Access } from '../auth.ts'
import { cleanText } from '../contract/common.ts'
import { AlertProblems, RuleDetail, RuleDrift, RuleNote, Rules, RuleSave, RuleSaved, type RuleView } from '../contract/rules.ts'
import { type Route, route } from '../route.ts'
import type { Services } from '../services.ts'

const tag = 'Alerts'
const RuleId = z.object({ id: cleanText(64).min(1) })

export const ruleRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/rules',
    tag,
    summary: 'The alert rules in force: own ones, those that ship and those of the provider, with what is overridden',
    response: Rules,
    handle: async ({ tenant, services }) => {
      const { own, rules } = await rulesOf(services, tenant)
      return {
        pack: { name: ALERT_PACK.name, version: ALERT_PACK.version },
        rules: [...rules.values()].map((one) => view(one, own.get(one.rule.id))),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/rules/drift',
    tag,
    summary: 'What differs from what is inherited: of each client of the provider, or of a tenant that serves nobody of its own',
    response: RuleDrift,
    handle: ({ tenant, services, access }) => drift(services, tenant, access),
  }),
  route({
    method: 'post',
    path: '/v1/rules/lint',
    tag,
    summary: 'What is wrong with a rule; nothing is kept',
    body: z.unknown(),
    response: AlertProblems,
    handle: async ({ tenant, services, reader, body }) => {
      const parsed = AlertRule.safeParse(body)
      if (!parsed.success) return { problems: schemaProblems(parsed.error.issues) }
      return { problems: lintRule(parsed.data, await alertContext(services, tenant, reader)) }
    },
  }),
  route({
    method: 'get',
    path: '/v1/rules/{id}',
    tag,
    summary: 'One alert rule: as it is in force, what it inherits, its versions, and what is wrong with it',
    params: RuleId,
    response: RuleDetail,
    handle: async ({ tenant, services, reader, params: { id } }) => {
      const { db } = services.stores.postgres
      const { own, rules } = await rulesOf(services, tenant)
      const rule = rules.get(id)
      if (rule === undefined) throw unknownRule(id)
      const [inherited, versions, context] = [
        await inheritedBy(db, tenant),
        await ruleVersions(db, tenant, id),
        await alertContext(services, tenant, reader),
      ]
      return {
        ...view(rule, own.get(id)),
        inherited: inherited.get(id)?.rule ?? null,
        problems: lintRule(rule.rule, context),
        versions: versions.map(({ createdAt, createdBy, version, state, pack, body, note }) => ({
          version,
          state,
          pack,
          body,
          note,
          created_at: createdAt.toISOString(),
          created_by: createdBy,
        })),
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/rules',
    tag,
    summary: 'Keep a new version of an alert rule; of an inherited one its differences alone',
    scope: 'admin',
    status: 201,
    body: RuleSave,
    response: RuleSaved,
    handle: ({ tenant, services, access, reader, body: { rule, note } }) =>
      changed({ tenant, services, access, reader }, { kind: 'save', rule, note }),
  }),
  route({
    method: 'post',
    path: '/v1/rules/{id}/retire',
    tag,
    summary: 'Retire an alert rule, an inherited one for this tenant and its clients; its history stays',
    scope: 'admin',
    params: RuleId,
    body: RuleNote,
    response: RuleSaved,
    handle: ({ tenant, services, access, reader, params: { id }, body: { note } }) =>
      changed({ tenant, services, access, reader }, { kind: 'retire', id, note }),
  }),
  route({
    method: 'post',
    path: '/v1/rules/{id}/reset',
    tag,
    summary: 'Give up what differs from the inherited rule',
    scope: 'admin',
    params: RuleId,
    body: RuleNote,
    response: RuleSaved,
    handle: ({ tenant, services, access, reader, params: { id }, body: { note } }) =>
      changed({ tenant, services, access, reader }, { kind: 'reset', id, note }),
  }),
]

async function rulesOf(
  services: Services,
  tenant: TenantId,
): Promise<{ own: ReadonlyMap<string, StoredRule>; rules: ReadonlyMap<string, EffectiveRule> }> {
  const { db } = services.stores.postgres
  const own = await ruleStatements(db, tenant)
  const parent = (await listTenants(db)).find(({ id }) => id === tenant)?.parentId ?? null
  const provider = parent === null ? [] : await ruleStatements(db, parent)
  return { own: new Map(own.map((one) => [one.id, one])), rules: inheritRules(ALERT_PACK, provider, own) }
}

type Asked = { tenant: TenantId; services: Services; access: Access; reader: TenantReader }

async function changed({ tenant, services, access, reader }: Asked, change: RuleChange): Promise<RuleSaved> {
  const context = await alertContext(services, tenant, reader)
  await services.stores.postgres.db.transaction((tx) =>
    changeRules(tx, { tenant, actor: access.keyId, changes: [change], check: (rules) => void checkRules(rules, context) }),
  )
  const { own, rules } = await rulesOf(services, tenant)
  const id = change.kind === 'save' ? change.rule.id : change.id
  const rule = rules.get(id)
  if (rule === undefined) throw unknownRule(id)
  return { ...view(rule, own.get(id)), problems: lintRule(rule.rule, context) }
}

function view({ rule, ...one }: EffectiveRule, stated: StoredRule | undefined): RuleView {
  return {
    id: rule.id,
    version: one.version,
    origin: one.origin,
    overridden: [...one.overridden],
    state: one.state,
    problem: one.problem,
    changed_at: stated?.createdAt.toISOString() ?? null,
    changed_by: stated?.createdBy ?? null,
    rule,
  }
}

/** Only clients that the credential may see. */
async function drift(services: Services, tenant: TenantId, access: Access): Promise<RuleDrift> {
  const { db } = services.stores.postgres
  const tenants = await listTenants(db)
  const clients = tenants.filter(({ id, parentId }) => parentId === tenant && (access.tenantIds?.includes(id) ?? true))
  const shown = tenants.some(({ parentId }) => parentId === tenant) ? clients : tenants.filter(({ id }) => id === tenant)
  return {
    tenants: await Promise.all(
      shown.map(async ({ id, name }) => {
        const inherited = await inheritedBy(db, verifiedTenant(id))
        const { own, rules } = await rulesOf(services, verifiedTenant(id))
        const differs = [...own.values()].flatMap((statement) => driftOf(statement, inherited, rules))
        return { tenant: id, name, differs }
      }),
    ),
  }
}

type Differs = RuleDrift['tenants'][number]['differs']

function driftOf(
  { id, pack, state, body }: StoredRule,
  inherited: ReadonlyMap<string, EffectiveRule>,
  rules: ReadonlyMap<string, EffectiveRule>,
): Differs {
  const [base, here] = [inherited.get(id), rules.get(id)]
  if (here === undefined) return []
  const { title } = here.rule
  const { origin } = here
  if (pack === null) {
    if (state === 'retired' && base === undefined) return []
    return [{ id, title, origin, kind: base === undefined ? 'own' : 'replaced', paths: [] }]
  }
  if (state === 'retired') return [{ id, title, origin, kind: 'retired', paths: [] }]
  if (here.problem !== null) return [{ id, title, origin, kind: 'broken', paths: [] }]
  if (Object.keys(body as object).length === 0) return []
  const paths = here.overridden.map((path) => ({
    path,
    inherited: memberAt(base?.rule, path) ?? null,
    here: memberAt(here.rule, path) ?? null,
  }))
  return [{ id, title, origin, kind: 'overridden', paths }]
}

function memberAt(rule: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined),
      rule,
    )
}
