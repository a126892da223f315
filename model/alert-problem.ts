import type { Routing } from './alert-routing.ts'
import type { Severity } from './alert-rule.ts'
import type { Calendar } from './calendar.ts'
import type { SlaDefinition } from './sla.ts'

/** What is wrong with a rule, a routing or a silence. Errors refuse it, warnings are told. Codes are stable. */
export type AlertProblem = { code: AlertProblemCode; message: string; level: 'error' | 'warning' }

/** Every code with its level. */
export const ALERT_PROBLEMS = {
  rule_invalid: 'error',
  rule_kpi_unknown: 'error',
  rule_sla_unknown: 'error',
  rule_control_unknown: 'error',
  rule_calendar_unknown: 'error',
  rule_source_unknown: 'warning',
  rule_names_unknown: 'warning',
  rule_dimension_absent: 'error',
  rule_never_fires: 'error',
  rule_never_resolves: 'error',
  rule_window_order: 'error',
  rule_gaps: 'warning',
  rule_severity_falls: 'warning',
  rule_template_unclosed: 'error',
  rule_template_field_unknown: 'error',
  rule_template_field_absent: 'warning',
  rule_grouping_absent: 'error',
  rule_reaches_nobody: 'warning',
  rule_inbox_only: 'warning',
  rule_channel_unknown: 'warning',
  rule_channel_paused: 'warning',
  routing_invalid: 'error',
  routing_id_twice: 'error',
  routing_party_unknown: 'error',
  routing_rota_unknown: 'error',
  routing_channel_unknown: 'error',
  routing_channel_paused: 'warning',
  routing_calendar_unknown: 'error',
  routing_calendar_without_working_time: 'error',
  routing_zone_unknown: 'error',
  routing_override_empty: 'error',
  routing_rule_unknown: 'warning',
  routing_route_unreachable: 'warning',
  routing_party_unused: 'warning',
  routing_inbox_only: 'warning',
  routing_class_unrouted: 'warning',
  silence_invalid: 'error',
  silence_matches_everything: 'error',
  silence_empty: 'error',
  silence_over: 'error',
  silence_too_long: 'warning',
  silence_rule_unknown: 'warning',
  silence_matches_nothing: 'warning',
} as const satisfies Record<string, 'error' | 'warning'>
export type AlertProblemCode = keyof typeof ALERT_PROBLEMS

/** Names a problem. */
export type AddProblem = (code: AlertProblemCode, message: string) => void

/** What a rule is held against: what there is to look at, and who is told. */
export type LintContext = {
  kpis: ReadonlyMap<string, { range: 'share' | 'positive' | 'unbounded' }>
  slas: readonly SlaDefinition[]
  controls: ReadonlyMap<string, { severity: Severity }>
  calendars: ReadonlyMap<string, Calendar>
  /** Sources and ways in that are known so far. */
  sources: ReadonlySet<string>
  routing: Routing
  channels: ReadonlyMap<string, 'active' | 'paused'>
  /** Whether the rule is for clients, whose service levels and calendars are not known here. */
  forClients: boolean
}

/** A list of problems that is written to by code; where `lenient` names codes, those are warnings. */
export function problemList(lenient: ReadonlySet<AlertProblemCode> = new Set()): {
  problems: AlertProblem[]
  add: AddProblem
} {
  const problems: AlertProblem[] = []
  return {
    problems,
    add(code, message) {
      problems.push({ code, message, level: lenient.has(code) ? 'warning' : ALERT_PROBLEMS[code] })
    },
  }
}
