import { SEVERITIES, type AlertRule, type Severity } from './alert-rule.ts'
import type { Matcher, Party, Rota, Route, Routing } from './alert-routing.ts'
import { addBusinessTime, type CompiledCalendar, nextBusinessTime } from './calendar.ts'
import type { Instant } from './instant.ts'
import { DIMENSIONS } from './vocabulary.ts'
import { instantOfWall, wallOfInstant, zoneSegments } from './zone.ts'

const DAY_US = 86_400e6

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

/** Who is on duty at an instant, and the channel that reaches them; overrides come first, of two the later one in the list. */
export function onDuty(rota: Rota, at: Instant): { name: string; channel: string; override: boolean } {
  const iso = (text: string) => Date.parse(text) * 1000
  const override = rota.overrides.findLast(({ from, to }) => iso(from) <= at && at < iso(to))
  if (override !== undefined) return { name: override.name, channel: override.channel, override: true }
  const person = rota.people[turnOf(rota, at) % rota.people.length]
  if (person === undefined) throw new RangeError(`the rota "${rota.id}" has no people`)
  return { ...person, override: false }
}

/** Number of the turn at an instant, from 0; before the first hand-over it is the first. */
function turnOf({ zone, starts_on, at: time, every_days }: Rota, at: Instant): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const first = Date.parse(`${starts_on}T00:00:00Z`) * 1000 + (hours * 60 + minutes) * 60e6
  const segments = zoneSegments(zone, at - 3 * DAY_US, at + 3 * DAY_US)
  const starts = (turn: number) => first + turn * every_days * DAY_US
  let turn = Math.floor((wallOfInstant(segments, at) - first) / (every_days * DAY_US))
  // The clock on the wall may show a hand-over twice, or skip it: the instant decides.
  while (handedOver(segments, starts(turn + 1), at)) turn += 1
  while (turn > 0 && !handedOver(segments, starts(turn), at)) turn -= 1
  return Math.max(0, turn)
}

function handedOver(segments: Parameters<typeof instantOfWall>[0], wall: number, at: Instant): boolean {
  // Far from the instant its day decides; offsets reach no further than a day.
  if (wall > at + 2 * DAY_US) return false
  if (wall < at - 2 * DAY_US) return true
  return instantOfWall(segments, wall) <= at
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
