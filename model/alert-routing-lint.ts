import { isAsGrave } from './alert-matching.ts'
import { type AlertProblem, type AddProblem, type LintContext, problemList } from './alert-problem.ts'
import type { Matcher, Route, Routing } from './alert-routing.ts'
import type { Instant } from './instant.ts'
import { DIMENSIONS } from './vocabulary.ts'
import { isZone } from './zone.ts'

/** What is wrong with a routing: parties, rotas, channels and calendars that there are not, and what nobody ever gets. */
export function lintRouting(
  routing: Routing,
  context: Pick<LintContext, 'calendars' | 'channels'> & { rules: ReadonlySet<string> },
): AlertProblem[] {
  const { problems, add } = problemList()
  for (const [noun, list] of [
    ['party', routing.parties],
    ['rota', routing.rotas],
  ] as const)
    for (const id of new Set(list.map((one) => one.id).filter((id, at, all) => all.indexOf(id) < at)))
      add('routing_id_twice', `There is more than one ${noun} "${id}".`)
  for (const party of routing.parties) {
    lintCalendar(party.id, party.calendar, context, add)
    for (const target of party.steps.flatMap(({ to }) => to)) {
      if ('channel' in target) lintChannel(`The party "${party.id}"`, target.channel, context, add)
      else if (!routing.rotas.some(({ id }) => id === target.rota))
        add('routing_rota_unknown', `The party "${party.id}" asks the rota "${target.rota}", which there is not.`)
    }
    if (party.steps.length === 0)
      add('routing_inbox_only', `The party "${party.id}" has no channel: its alerts stand in the inbox alone.`)
    if (!routing.routes.some(({ parties }) => parties.includes(party.id)))
      add('routing_party_unused', `No route leads to the party "${party.id}".`)
  }
  for (const rota of routing.rotas) {
    if (!isZone(rota.zone))
      add('routing_zone_unknown', `The rota "${rota.id}" is in the zone "${rota.zone}", which is no IANA time zone.`)
    for (const { from, to, name } of rota.overrides)
      if (Date.parse(from) >= Date.parse(to))
        add('routing_override_empty', `The override of "${name}" in the rota "${rota.id}" ends before it begins.`)
    for (const channel of new Set([...rota.people, ...rota.overrides].map((one) => one.channel)))
      lintChannel(`The rota "${rota.id}"`, channel, context, add)
  }
  lintRoutes(routing, context.rules, add)
  return problems
}

function lintRoutes({ routes, parties }: Routing, rules: ReadonlySet<string>, add: AddProblem): void {
  for (const [index, route] of routes.entries()) {
    const name = `Route ${index + 1}`
    for (const party of route.parties)
      if (!parties.some(({ id }) => id === party))
        add('routing_party_unknown', `${name} leads to the party "${party}", which there is not.`)
    for (const rule of route.rules)
      if (!rules.has(rule)) add('routing_rule_unknown', `${name} names the rule "${rule}", which there is not.`)
    const before = routes.slice(0, index).findIndex((one) => !one.continue && covers(one, route))
    if (before !== -1)
      add('routing_route_unreachable', `${name} is never reached: route ${before + 1} takes all that it would match.`)
  }
  for (const kind of ['business', 'technical'] as const)
    if (!routes.some((route) => route.parties.length > 0 && isCatchAll(route) && (route.class === null || route.class === kind)))
      add('routing_class_unrouted', `Not every alert of class "${kind}" is led to somebody: no route takes all of them.`)
}

function isCatchAll(route: Route): boolean {
  return covers(route, {
    class: route.class,
    rules: [],
    severity_from: 'low',
    where: {},
    money_from: null,
    parties: [],
    continue: false,
  })
}

/** Whether every alert that matches the narrow route matches the wide one. */
function covers(wide: Route, narrow: Route): boolean {
  return (
    (wide.class === null || wide.class === narrow.class) &&
    (wide.rules.length === 0 || (narrow.rules.length > 0 && narrow.rules.every((rule) => wide.rules.includes(rule)))) &&
    isAsGrave(narrow.severity_from, wide.severity_from) &&
    (wide.money_from === null || (narrow.money_from !== null && narrow.money_from >= wide.money_from)) &&
    DIMENSIONS.every((name) => {
      const [wanted, given] = [wide.where[name], narrow.where[name]]
      return wanted === undefined || (given !== undefined && given.every((value) => wanted.includes(value)))
    })
  )
}

function lintCalendar(party: string, name: string | null, { calendars }: Pick<LintContext, 'calendars'>, add: AddProblem): void {
  if (name === null || name === '24x7') return
  const calendar = calendars.get(name)
  if (calendar === undefined)
    add('routing_calendar_unknown', `The party "${party}" works by the calendar "${name}", which there is not.`)
  else if (calendar.week !== '24x7' && Object.values(calendar.week).every((shifts) => shifts.length === 0))
    add(
      'routing_calendar_without_working_time',
      `The calendar "${name}" of the party "${party}" has no working time: nobody is ever told.`,
    )
}

function lintChannel(who: string, channel: string, { channels }: Pick<LintContext, 'channels'>, add: AddProblem): void {
  const state = channels.get(channel)
  if (state === undefined) add('routing_channel_unknown', `${who} is told by the channel "${channel}", which there is not.`)
  else if (state === 'paused') add('routing_channel_paused', `${who} is told by the channel "${channel}", which is paused.`)
}

/** Silences for longer are doubted, µs. */
const LONG_US = 30 * 86_400e6

/** What is wrong with a silence or maintenance window: it must match something, and not everything. */
export function lintSilence(
  silence: { matcher: Matcher; from: Instant; to: Instant },
  context: { now: Instant; rules: ReadonlySet<string>; matching: number },
): AlertProblem[] {
  const { problems, add } = problemList()
  const { matcher, from, to } = silence
  const states =
    matcher.rules.length > 0 || matcher.class !== null || Object.values(matcher.where).some((values) => values.length > 0)
  // A severity up to critical is every severity.
  if (!states && (matcher.severity_to === null || matcher.severity_to === 'critical'))
    add('silence_matches_everything', 'It would silence every alert: name rules, a class, severities or values.')
  if (to <= from) add('silence_empty', 'It ends before it begins.')
  else if (to <= context.now) add('silence_over', 'It is over already.')
  if (to - from > LONG_US) add('silence_too_long', 'It holds for more than 30 days: a rule that nobody wants is better retired.')
  for (const rule of matcher.rules) if (!context.rules.has(rule)) add('silence_rule_unknown', `There is no rule "${rule}".`)
  if (context.matching === 0) add('silence_matches_nothing', 'It matches nothing that is open now.')
  return problems
}
