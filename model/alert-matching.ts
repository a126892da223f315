import { SEVERITIES, type AlertRule, type Severity } from './alert-rule.ts'
import type { Matcher, Party, Route, Routing } from './alert-routing.ts'
import { addBusinessTime, type CompiledCalendar, nextBusinessTime } from './calendar.ts'
import type { Instant } from './instant.ts'
import { DIMENSIONS } from './vocabulary.ts'

/** What routes and silences look at of an alert or of one of its members. */
export type Matched = {
  /** Id of the rule. */
  rule: string
  class: AlertRule['class']
  severity: Severity
  labels: Readonly<Record<string, string>>
  /** Money at risk in the reporting currency; null where none is known. */
  money: number | null
}

/** Whether one severity is as grave as another, or graver. */
export function isAsGrave(one: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(one) >= SEVERITIES.indexOf(other)
}

/** Whether a silence or maintenance window matches: all that it states must hold. */
export function matches(matcher: Matcher, alert: Omit<Matched, 'money'>): boolean {
  return (
    (matcher.rules.length === 0 || matcher.rules.includes(alert.rule)) &&
    (matcher.class === null || matcher.class === alert.class) &&
    (matcher.severity_to === null || isAsGrave(matcher.severity_to, alert.severity)) &&
    isWhere(matcher.where, alert.labels)
  )
}

/** The parties that an alert goes to, each once, in the order of the routes: the first that matches, and on while they say `continue`. */
export function routesFor(routing: Pick<Routing, 'routes'>, alert: Matched): string[] {
  const parties = new Set<string>()
  for (const route of routing.routes) {
    if (!routeMatches(route, alert)) continue
    for (const party of route.parties) parties.add(party)
    if (!route.continue) break
  }
  return [...parties]
}

/** When a party is told: from when on (later than the alert where it is held), and its steps; null beyond the calendar's horizon. */
export type Plan = { from: Instant | null; steps: { step: number; at: Instant | null; to: Party['steps'][number]['to'] }[] }

/**
 * When a party is told of an alert, step by step, while nobody acknowledges it. Held until its working time, and counting that alone,
 * unless the severity does not wait.
 *
 * @param calendar the party's; null where it has none
 */
export function plannedSteps(party: Party, severity: Severity, at: Instant, calendar: CompiledCalendar | null): Plan {
  const waits = calendar !== null && (party.at_once_from === null || !isAsGrave(severity, party.at_once_from))
  const from = waits ? nextBusinessTime(calendar, at) : at
  const steps = party.steps.map(({ after_s, to }, index) => {
    const told = from === null ? null : waits ? addBusinessTime(calendar, from, after_s * 1e6) : from + after_s * 1e6
    return { step: index + 1, at: told, to }
  })
  return { from, steps }
}

function routeMatches(route: Route, alert: Matched): boolean {
  return (
    (route.class === null || route.class === alert.class) &&
    (route.rules.length === 0 || route.rules.includes(alert.rule)) &&
    isAsGrave(alert.severity, route.severity_from) &&
    (route.money_from === null || (alert.money !== null && alert.money >= route.money_from)) &&
    isWhere(route.where, alert.labels)
  )
}

function isWhere(where: Matcher['where'], labels: Readonly<Record<string, string>>): boolean {
  return DIMENSIONS.every((name) => {
    const wanted = where[name]
    const value = labels[name]
    return wanted === undefined || (value !== undefined && wanted.includes(value))
  })
}
