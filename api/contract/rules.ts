import { z } from 'zod'
import { ALERT_PROBLEMS, type AlertProblemCode } from '../../model/alert-problem.ts'
import { AlertRule } from '../../model/alert-rule.ts'
import { RulesCode } from '../../model/rules-code.ts'
import { cleanText } from './common.ts'

const codes = Object.keys(ALERT_PROBLEMS) as [AlertProblemCode, ...AlertProblemCode[]]

export const AlertProblems = z
  .object({
    problems: z.array(
      z.object({
        code: z.enum(codes),
        message: z.string(),
        level: z.enum(['error', 'warning']).describe('an error refuses a rule that is enabled'),
      }),
    ),
  })
  .meta({ id: 'AlertProblems' })
export type AlertProblems = z.output<typeof AlertProblems>

export const RuleView = z
  .object({
    id: z.string(),
    version: z.int().describe('rises with every change of what the rule is made of'),
    origin: z.enum(['own', 'pack', 'provider']).describe('where it comes from: the tenant, what ships, or the provider'),
    overridden: z.array(z.string()).describe('members that the tenant changes of what it inherits, such as watch.when.above'),
    state: z.enum(['active', 'retired']),
    problem: z.string().nullable().describe('why differences cannot be applied any more; what is inherited stands then'),
    changed_at: z.string().nullable().describe('when the tenant last stated something about it'),
    changed_by: z.string().nullable(),
    rule: AlertRule,
  })
  .meta({ id: 'AlertRuleView' })
export type RuleView = z.output<typeof RuleView>

export const Rules = z
  .object({ pack: z.object({ name: z.string(), version: z.int() }), rules: z.array(RuleView) })
  .meta({ id: 'AlertRules' })
export type Rules = z.output<typeof Rules>

export const RuleDetail = RuleView.extend({
  inherited: AlertRule.nullable().describe('what it is without what the tenant states; null of a rule of its own'),
  ...AlertProblems.shape,
  versions: z.array(
    z.object({
      version: z.int(),
      state: z.enum(['active', 'retired']),
      pack: z.string().nullable().describe('what it inherits from; null for a rule of its own'),
      body: z.unknown().describe('the rule, or of an inherited one the differences as a JSON merge patch'),
      note: z.string(),
      created_at: z.string(),
      created_by: z.string(),
    }),
  ),
}).meta({ id: 'AlertRuleDetail' })
export type RuleDetail = z.output<typeof RuleDetail>

export const RuleNote = z.strictObject({ note: cleanText(500).default('').describe('why; kept in the history') })

export const RuleSave = RuleNote.extend({
  rule: AlertRule.describe('the whole rule; of an inherited one the differences alone are kept'),
})

export const RuleSaved = RuleView.extend(AlertProblems.shape).meta({ id: 'AlertRuleSaved' })
export type RuleSaved = z.output<typeof RuleSaved>

export const RuleDrift = z
  .object({
    tenants: z.array(
      z.object({
        tenant: z.string(),
        name: z.string(),
        differs: z.array(
          z.object({
            id: z.string(),
            title: z.string(),
            kind: z
              .enum(['own', 'replaced', 'overridden', 'retired', 'broken'])
              .describe(
                'own: not inherited at all; replaced: its own in place of an inherited one; broken: differences do not fit',
              ),
            origin: z.enum(['own', 'pack', 'provider']),
            paths: z.array(z.object({ path: z.string(), inherited: z.unknown(), here: z.unknown() })),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'AlertRuleDrift' })
export type RuleDrift = z.output<typeof RuleDrift>

export const CodeText = z.string().describe('YAML: rules, overrides, retired, routing')

export const CodeApply = z
  .strictObject({
    code: z.union([z.string(), RulesCode]).describe('YAML text, or the same as JSON'),
    dry_run: z.boolean().default(true).describe('tells what would change and changes nothing'),
    prune: z.boolean().default(false).describe('takes away what the code does not state'),
    note: cleanText(500).default(''),
  })
  .meta({ id: 'RulesCodeApply' })

export const CodeApplied = z
  .object({
    dry_run: z.boolean(),
    changes: z.array(
      z.object({
        kind: z.enum(['created', 'changed', 'removed']),
        what: z.string().describe('rule/ID, override/ID, retired/ID or routing'),
        diff: z.string().describe('unified diff of its YAML'),
      }),
    ),
    unstated: z.array(z.string()).describe('what holds and is not in the code: left alone, or with prune taken away'),
    ...AlertProblems.shape,
  })
  .meta({ id: 'RulesCodeApplied' })
export type CodeApplied = z.output<typeof CodeApplied>

export const RuleImportRequest = z
  .strictObject({
    text: z.string().min(1),
    format: z.enum(['openslo', 'prometheus']),
    dry_run: z.boolean().default(true),
  })
  .meta({ id: 'RuleImportRequest' })

export const RulesImported = z
  .object({
    dry_run: z.boolean(),
    rules: z.array(AlertRule),
    report: z.array(
      z.object({
        name: z.string(),
        outcome: z.enum(['taken', 'partly', 'not']),
        reason: z.string().describe('what could not be said, or why nothing could'),
        rule: z.string().optional().describe('id of the rule that it became'),
      }),
    ),
  })
  .meta({ id: 'RulesImported' })
export type RulesImported = z.output<typeof RulesImported>
