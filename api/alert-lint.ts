import { lintRule } from '../model/alert-lint.ts'
import type { EffectiveRule } from '../model/alert-inherit.ts'
import type { AlertProblem, LintContext } from '../model/alert-problem.ts'
import type { Routing } from '../model/alert-routing.ts'
import { lintRouting } from '../model/alert-routing-lint.ts'
import type { TenantId } from '../model/tenant.ts'
import { channelStates, currentRouting } from '../platform/alert-routing.ts'
import { effectiveRules } from '../platform/alert-rules.ts'
import { type ErrorCode, SightlineError } from '../platform/errors.ts'
import { listSlas } from '../platform/slas.ts'
import { listSources } from '../platform/sources.ts'
import { findTenant } from '../platform/tenants.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'
import { tenantCalendars } from '../queries/derive/tenant-calendars.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'
import type { TenantReader } from '../queries/run.ts'
import type { Services } from './services.ts'
import { sourceHealth } from './source-health.ts'

/** What the rules and the routing of a tenant are held against, and the calendar that holds where nothing else is told. */
export type AlertContext = LintContext & { rules: ReadonlySet<string>; fallbackCalendar: string }

/** Reads what rules and routing are held against. */
export async function alertContext(
  services: Pick<Services, 'stores' | 'now'>,
  tenant: TenantId,
  reader: TenantReader,
): Promise<AlertContext> {
  const { db } = services.stores.postgres
  const calendars = await tenantCalendars(db, tenant, services.now())
  const [slas, registered, routing, channels, rules, owner] = await Promise.all([
    listSlas(db, tenant),
    listSources(db, tenant),
    currentRouting(db, tenant, calendars.fallback),
    channelStates(db, tenant),
    effectiveRules(db, tenant),
    findTenant(db, tenant),
  ])
  const { names } = await sourceHealth(reader, services, registered)
  return {
    kpis: new Map(kpiCatalogue().map(({ kpi, range }) => [kpi, { range }])),
    slas: slas.filter(({ state }) => state === 'active').map(({ sla }) => sla),
    controls: new Map(controlCatalogue().map(({ control, severity }) => [control, { severity }])),
    calendars: calendars.stated,
    sources: names,
    routing: routing.routing,
    channels,
    forClients: owner?.kind === 'msp',
    rules: new Set(rules.filter(({ state }) => state === 'active').map(({ rule }) => rule.id)),
    fallbackCalendar: calendars.fallback,
  }
}

/**
 * What is wrong with rules that are in force. Of one that is switched off or retired nothing refuses it.
 *
 * @throws SightlineError `rule_invalid` with the problems, where one is an error
 */
export function checkRules(changed: readonly Pick<EffectiveRule, 'rule' | 'state'>[], context: LintContext): AlertProblem[] {
  const several = changed.length > 1
  const problems = changed
    .filter(({ rule, state }) => rule.enabled && state === 'active')
    .flatMap(({ rule }) =>
      lintRule(rule, context).map((one) => ({ ...one, message: several ? `${rule.id}: ${one.message}` : one.message })),
    )
  refuse('rule_invalid', problems, 'POST /v1/rules/lint tells what is wrong with a rule.')
  return problems
}

/** @throws SightlineError `routing_invalid` with the problems, where one is an error */
export function checkRouting(routing: Routing, context: AlertContext): AlertProblem[] {
  const problems = lintRouting(routing, context)
  refuse('routing_invalid', problems, 'POST /v1/routing/preview tells who would be told.')
  return problems
}

/** Refuses what has an error among its problems; they stand in the answer. */
export function refuse(code: ErrorCode, problems: readonly AlertProblem[], next: string): void {
  const errors = problems.filter(({ level }) => level === 'error')
  if (errors.length === 0) return
  throw new SightlineError(code, errors.map((one) => `${one.message} (${one.code})`).join(' '), { next, more: { problems } })
}

/** Problems of a body that its schema refuses. */
export function schemaProblems(issues: readonly { path: readonly PropertyKey[]; message: string }[]): AlertProblem[] {
  return issues.map(({ path, message }) => ({
    code: 'rule_invalid',
    level: 'error',
    message: `${path.map(String).join('.')}: ${message.replace(/^Invalid input: /u, '')}.`,
  }))
}
