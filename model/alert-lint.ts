import { isNarrowedBy, labelsOf } from './alert-labels.ts'
import { isAsGrave, routesFor } from './alert-matching.ts'
import { type AddProblem, type AlertProblem, type AlertProblemCode, type LintContext, problemList } from './alert-problem.ts'
import type { Routing } from './alert-routing.ts'
import { type AlertRule, SEVERITIES, type Severity, SUMMARY_FIELDS } from './alert-rule.ts'
import { lintWatch } from './alert-watch-lint.ts'
import { DIMENSIONS } from './vocabulary.ts'

/** Of a rule for clients, what only they know may be missing. */
const CLIENTS_KNOW: ReadonlySet<AlertProblemCode> = new Set(['rule_sla_unknown', 'rule_calendar_unknown'])

/** Nothing goes on firing for longer after it is over, seconds. */
const LONGEST_KEPT_S = 30 * 86_400

/** What is wrong with a rule that its schema cannot tell. */
export function lintRule(rule: AlertRule, context: LintContext): AlertProblem[] {
  const { problems, add } = problemList(context.forClients ? CLIENTS_KNOW : undefined)
  lintWatch(rule, context, add)
  for (const name of DIMENSIONS)
    if (rule.where[name] !== undefined && !isNarrowedBy(rule.watch, name))
      add('rule_dimension_absent', `What a rule of kind "${rule.watch.kind}" looks at has no ${name}: nothing would match it.`)
  const labels = labelsOf(rule.watch)
  for (const name of rule.group_by)
    if (!labels.has(name))
      add(
        'rule_grouping_absent',
        `Alerts of a rule of kind "${rule.watch.kind}" have no "${name}" to be grouped by: ${[...labels].join(', ')}.`,
      )
  if (rule.keep_firing_s > LONGEST_KEPT_S)
    add('rule_never_resolves', 'It would go on firing for more than 30 days after it is over.')
  lintSummary(rule, labels, add)
  lintReach(rule, context, add)
  return problems
}

function lintSummary({ summary, watch }: AlertRule, labels: ReadonlySet<string>, add: AddProblem): void {
  const fields = new Set<string>(SUMMARY_FIELDS)
  const general = new Set(['rule', 'count', 'n', 'of', 'money', 'key', 'value', 'threshold', 'severity'])
  for (const part of summary.matchAll(/\{([^{}]*)\}?|\}/gu)) {
    const [whole, field] = part
    if (field === undefined)
      add('rule_template_unclosed', `The summary closes a brace at ${part.index + 1} that it did not open.`)
    else if (!whole.endsWith('}'))
      add('rule_template_unclosed', `The summary opens a brace at ${part.index + 1} and does not close it.`)
    else if (!fields.has(field))
      add(
        'rule_template_field_unknown',
        `The summary names {${field}}, which there is not. There are ${SUMMARY_FIELDS.join(', ')}.`,
      )
    else if (!general.has(field) && !labels.has(field))
      add(
        'rule_template_field_absent',
        `Alerts of a rule of kind "${watch.kind}" have no {${field}}: the summary would leave it out.`,
      )
  }
}

/** The severities that alerts of a rule can have. */
function severitiesOf({ watch, severity }: AlertRule): Severity[] {
  if (watch.kind === 'clock') return watch.steps.map((step) => step.severity)
  if (watch.kind === 'burn') return watch.windows.map((window) => window.severity)
  return [severity]
}

function lintReach(rule: AlertRule, { routing, channels }: LintContext, add: AddProblem): void {
  const gravest = SEVERITIES.findLast((one) => severitiesOf(rule).some((other) => isAsGrave(other, one))) ?? rule.severity
  const labels = Object.fromEntries(Object.entries(rule.where).map(([name, values]) => [name, values[0] ?? '']))
  const alert = { rule: rule.id, class: rule.class, severity: gravest, labels }
  // Whom more money at risk, or values that the rule leaves open, would reach counts as reached.
  const open = routing.routes.map((route) => ({
    ...route,
    where: Object.fromEntries(Object.entries(route.where).filter(([name]) => labels[name] !== undefined)),
    continue: true,
  }))
  const reached = new Set(routesFor({ routes: open }, { ...alert, money: Number.POSITIVE_INFINITY }))
  const parties = routing.parties.filter(({ id }) => reached.has(id))
  if (parties.length === 0) {
    add('rule_reaches_nobody', `No route leads an alert of class "${rule.class}" and severity "${gravest}" to any party.`)
    return
  }
  for (const { id, steps } of parties) {
    if (steps.length === 0) add('rule_inbox_only', `The party "${id}" has no channel: its alerts stand in the inbox alone.`)
    for (const channel of channelsOf(
      routing,
      steps.flatMap(({ to }) => to),
    )) {
      const state = channels.get(channel)
      if (state === undefined)
        add('rule_channel_unknown', `The party "${id}" is told by the channel "${channel}", which there is not.`)
      else if (state === 'paused')
        add('rule_channel_paused', `The party "${id}" is told by the channel "${channel}", which is paused.`)
    }
  }
}

/** The channels that targets come down to, those of everybody on a rota among them. */
export function channelsOf(
  routing: Pick<Routing, 'rotas'>,
  targets: Routing['parties'][number]['steps'][number]['to'],
): Set<string> {
  return new Set(
    targets.flatMap((target) => {
      if ('channel' in target) return [target.channel]
      const rota = routing.rotas.find(({ id }) => id === target.rota)
      return rota === undefined ? [] : [...rota.people, ...rota.overrides].map(({ channel }) => channel)
    }),
  )
}
