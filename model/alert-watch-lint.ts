import type { AddProblem, LintContext } from './alert-problem.ts'
import type { AlertRule, ClockStep } from './alert-rule.ts'
import { SEVERITIES } from './alert-rule.ts'
import type { SlaDefinition } from './sla.ts'

type Watch<K> = Extract<AlertRule['watch'], { kind: K }>

/** Kinds that look at one thing at a time. */
const SINGLE: ReadonlySet<AlertRule['watch']['kind']> = new Set(['clock', 'risk', 'control', 'incident', 'source'])

/** What is wrong with what a rule looks at: names that there are not, and what can never fire or never be over. */
export function lintWatch(rule: AlertRule, context: LintContext, add: AddProblem): void {
  const { watch, minimum_n } = rule
  switch (watch.kind) {
    case 'clock':
      lintClock(watch, context, add)
      break
    case 'risk':
      missing('rule_sla_unknown', 'service level', watch.slas, new Map(context.slas.map((sla) => [sla.id, sla])), add)
      break
    case 'control':
      lintControl(watch, context, add)
      break
    case 'kpi':
      lintKpi(rule, watch, context, add)
      break
    case 'burn':
      lintBurn(rule, watch, context, add)
      break
    case 'source':
      sources(watch.sources, context, add)
      break
    case 'arrivals':
      sources([watch.source], context, add)
      calendarOf(watch.calendar, context, add)
      break
    case 'dead_letters':
      sources(watch.sources, context, add)
      break
    case 'incident':
      break
  }
  if (SINGLE.has(watch.kind) && minimum_n > 1)
    add(
      'rule_never_fires',
      `A rule of kind "${watch.kind}" looks at one thing at a time: a minimum of ${minimum_n} is never there.`,
    )
}

function lintClock({ slas: names, steps }: Watch<'clock'>, { slas }: LintContext, add: AddProblem): void {
  const known = new Map(slas.map((sla) => [sla.id, sla]))
  const watched = names.length === 0 ? slas : names.flatMap((name) => known.get(name) ?? [])
  missing('rule_sla_unknown', 'service level', names, known, add)
  for (const [index, step] of steps.entries()) {
    // A lack of the service level itself is told above.
    if (watched.length > 0 && !watched.some((sla) => hasStep(sla, step.at)))
      add('rule_never_fires', `${stepText(step.at)} never comes: no service level that the rule looks at states it.`)
    const before = steps[index - 1]
    if (before === undefined) continue
    if (order(step.at) <= order(before.at))
      add('rule_window_order', `${stepText(step.at)} comes after ${stepText(before.at)}: steps rise.`)
    else if (SEVERITIES.indexOf(step.severity) < SEVERITIES.indexOf(before.severity))
      add('rule_severity_falls', `${stepText(step.at)} is less grave than ${stepText(before.at)}.`)
  }
}

function hasStep(sla: SlaDefinition, at: ClockStep['at']): boolean {
  if (at === 'breach') return true
  return 'warn' in at ? sla.warn.includes(at.warn) : sla.overdue_s.length >= at.overdue
}

function order(at: ClockStep['at']): number {
  if (at === 'breach') return 2
  return 'warn' in at ? at.warn : 2 + at.overdue
}

function stepText(at: ClockStep['at']): string {
  if (at === 'breach') return 'The breach'
  return 'warn' in at ? `The warning at ${at.warn * 100} %` : `Tier ${at.overdue} over the deadline`
}

function lintControl({ controls: names, severities }: Watch<'control'>, { controls }: LintContext, add: AddProblem): void {
  missing('rule_control_unknown', 'control', names, controls, add)
  const watched = names.length === 0 ? [...controls.values()] : names.flatMap((name) => controls.get(name) ?? [])
  if (severities.length > 0 && watched.length > 0 && !watched.some(({ severity }) => severities.includes(severity)))
    add('rule_never_fires', `No control that the rule looks at is of severity ${severities.join(' or ')}.`)
}

function lintKpi({ for_s }: AlertRule, watch: Watch<'kpi'>, { kpis }: LintContext, add: AddProblem): void {
  const { kpi: name, when, window_s, every_s } = watch
  const kpi = kpis.get(name)
  if (kpi === undefined) add('rule_kpi_unknown', `There is no KPI "${name}".`)
  if (for_s > window_s)
    add('rule_never_fires', 'It must hold for longer than its window is: what fired it has left the window by then.')
  if (every_s > window_s)
    add('rule_gaps', 'It is looked at less often than its window is long: what happens between is never seen.')
  if (when.kind === 'change' && when.by === 0) add('rule_never_resolves', 'A change by 0 always holds.')
  if (when.kind !== 'threshold' || kpi === undefined) return
  const { above, below } = when
  if (above === null && below === null) add('rule_never_fires', 'A threshold needs a value above or below which it fires.')
  if (above !== null && below !== null && above < below)
    add('rule_never_resolves', `Every value is above ${above} or below ${below}: it always fires.`)
  // Values without a bound below may be negative; those that count, sum or last are not.
  const least = kpi.range === 'unbounded' ? Number.NEGATIVE_INFINITY : 0
  const most = kpi.range === 'share' ? 1 : Number.POSITIVE_INFINITY
  if (above !== null && above >= most) add('rule_never_fires', `"${name}" is a share: it is never above ${above}.`)
  if (above !== null && above < least) add('rule_never_resolves', `"${name}" is never below 0: it is always above ${above}.`)
  if (below !== null && below <= least) add('rule_never_fires', `"${name}" is never below ${below}.`)
  if (below !== null && below > most) add('rule_never_resolves', `"${name}" is a share: it is always below ${below}.`)
}

function lintBurn({ for_s }: AlertRule, watch: Watch<'burn'>, context: LintContext, add: AddProblem): void {
  const sla = context.slas.find(({ id }) => id === watch.sla)
  if (sla === undefined) add('rule_sla_unknown', `There is no service level "${watch.sla}".`)
  calendarOf(watch.calendar, context, add)
  const objective = watch.objective ?? sla?.objective ?? null
  if (sla !== undefined && objective === null)
    add('rule_never_fires', `Neither the rule nor "${watch.sla}" states an objective: there is no error budget to burn.`)
  if (objective === 1) add('rule_never_fires', `The objective of "${watch.sla}" leaves no error budget.`)
  for (const { long_s, short_s, factor } of watch.windows) {
    if (short_s >= long_s)
      add('rule_window_order', `The short window of ${short_s} s is not shorter than the long one of ${long_s} s.`)
    const rate = objective === null ? 0 : factor * (1 - objective)
    // 0.1 is a little more than 1 − 0.9.
    if (rate > 1 + 1e-9)
      add(
        'rule_never_fires',
        `With an objective of ${objective} a budget burns at most ${Math.floor((1 / (1 - (objective ?? 0))) * 10 + 1e-9) / 10} times as fast as it may; ${factor} is never reached.`,
      )
  }
  if (for_s > Math.max(...watch.windows.map(({ long_s }) => long_s)))
    add('rule_never_fires', 'It must hold for longer than its longest window is.')
}

function missing(
  code: 'rule_sla_unknown' | 'rule_control_unknown',
  noun: string,
  names: readonly string[],
  known: ReadonlyMap<string, unknown>,
  add: AddProblem,
): void {
  const absent = names.filter((name) => !known.has(name))
  for (const name of absent) add(absent.length === names.length ? code : 'rule_names_unknown', `There is no ${noun} "${name}".`)
}

function sources(names: readonly string[], context: LintContext, add: AddProblem): void {
  for (const name of names) if (!context.sources.has(name)) add('rule_source_unknown', `No source "${name}" was heard of so far.`)
}

function calendarOf(name: string | null, { calendars }: LintContext, add: AddProblem): void {
  if (name !== null && name !== '24x7' && !calendars.has(name))
    add('rule_calendar_unknown', `There is no calendar "${name}" among the reference data.`)
}
