import { importOpenSlo } from '../../model/openslo.ts'
import { importPrometheus } from '../../model/prometheus-rules.ts'
import type { RuleImport } from '../../model/rule-import.ts'
import { lintRule } from '../../model/alert-lint.ts'
import type { AlertProblem } from '../../model/alert-problem.ts'
import type { AlertRule } from '../../model/alert-rule.ts'
import { printedCode } from '../../platform/alert-code.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { tenantCalendars } from '../../queries/derive/tenant-calendars.ts'
import { kpiCatalogue } from '../../queries/kpi-catalogue.ts'
import { alertContext } from '../alert-lint.ts'
import { applyCheckedCode } from '../apply-code.ts'
import { CodeApplied, CodeApply, CodeText, RuleImportRequest, RulesImported } from '../contract/rules.ts'
import { type Route, route } from '../route.ts'

const tag = 'Alerts'

export const rulesCodeRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/rules/code',
    tag,
    summary: 'Rules as code: what the tenant states about its rules and routing, as YAML that can be applied again',
    media: 'yaml',
    response: CodeText,
    handle: async ({ tenant, services }) => {
      const { db } = services.stores.postgres
      return printedCode(db, tenant, (await tenantCalendars(db, tenant, services.now())).fallback)
    },
  }),
  route({
    method: 'post',
    path: '/v1/rules/code',
    tag,
    summary: 'Apply rules as code, all or nothing; a dry run (the default) tells what would change, as diffs',
    scope: 'admin',
    body: CodeApply,
    response: CodeApplied,
    handle: async ({ tenant, services, access, reader, body }) => {
      const { code, prune, note } = body
      const asked = { tenant, reader, actor: access.keyId, code, prune, dryRun: body.dry_run, note }
      return { dry_run: body.dry_run, ...(await applyCheckedCode(services, asked)) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/rules/import',
    tag,
    summary: 'Take what OpenSLO or Prometheus rules say as far as it can be said here; a dry run (the default) keeps nothing',
    scope: 'admin',
    body: RuleImportRequest,
    response: RulesImported,
    handle: async ({ tenant, services, access, reader, body: { text, format, dry_run } }) => {
      const context = await alertContext(services, tenant, reader)
      const read =
        format === 'openslo'
          ? importOpenSlo(text, context.slas)
          : importPrometheus(text, new Map(kpiCatalogue().map(({ kpi, topic }) => [kpi, { topic }])))
      const { rules, report } = soundOnes(read, (rule) => lintRule(rule, context))
      if (!dry_run)
        await services.stores.postgres.db.transaction((tx) =>
          changeRules(tx, {
            tenant,
            actor: access.keyId,
            changes: rules.map((rule) => ({
              kind: 'save',
              rule,
              note: `Imported from ${format === 'openslo' ? 'OpenSLO' : 'Prometheus'}.`,
            })),
          }),
        )
      return { dry_run, rules, report }
    },
  }),
]

/** Leaves out rules that would be refused, and says so in the line of each. */
function soundOnes({ rules, report }: RuleImport, lint: (rule: AlertRule) => AlertProblem[]): RuleImport {
  const refused = new Map(
    rules.flatMap((rule) => {
      const errors = lint(rule).filter(({ level }) => level === 'error')
      return errors.length === 0 ? [] : [[rule.id, errors.map(({ message, code }) => `${message} (${code})`).join(' ')] as const]
    }),
  )
  return {
    rules: rules.filter(({ id }) => !refused.has(id)),
    report: report.map(({ rule, ...line }) => {
      const reason = rule === undefined ? undefined : refused.get(rule)
      if (reason !== undefined) return { ...line, outcome: 'not', reason }
      return rule === undefined ? line : { ...line, rule }
    }),
  }
}
