import { type Replayed, replay } from '../../alerts/replay.ts'
import type { AlertRule } from '../../model/alert-rule.ts'
import { instantToIso } from '../../model/instant.ts'
import { effectiveRules } from '../../platform/alert-rules.ts'
import { SightlineError } from '../../platform/errors.ts'
import { Backtest, BacktestBody } from '../contract/backtest.ts'
import { type Route, route } from '../route.ts'

const WEEK_US = 7 * 86_400e6
/** Longest window of each mode, days: what was known then is as many states as ever became known. */
const LONGEST_DAYS = { as_known: 31, hindsight: 366 } as const

export const backtestRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/rules/backtest',
    tag: 'Alerts',
    summary: 'What a rule would have told in a window, and what it tells as it stands',
    body: BacktestBody,
    response: Backtest,
    handle: async ({ tenant, services, body: { rule, from, to, mode } }) => {
      if (to <= from) throw new SightlineError('parameter_invalid', 'The window is empty: `to` is not after `from`.')
      if (to - from > LONGEST_DAYS[mode] * 86_400e6)
        throw new SightlineError('parameter_invalid', `A backtest ${mode} takes at most ${LONGEST_DAYS[mode]} days.`, {
          next: mode === 'as_known' ? 'Ask for fewer days, or for hindsight.' : 'Ask for fewer days.',
        })
      const until = Math.min(to, services.now())
      const ask = (one: AlertRule) => replay(services.stores, tenant, { rule: one, from, to: until, mode })
      const found = await ask(rule)
      const stands = (await effectiveRules(services.stores.postgres.db, tenant)).find(
        (one) => one.rule.id === rule.id && one.state === 'active',
      )?.rule
      const isSame = stands !== undefined && JSON.stringify(stands) === JSON.stringify(rule)
      const before = stands === undefined ? null : isSame ? found : await ask(stands)
      const weeks = (until - from) / WEEK_US
      const aWeek = (one: Replayed) => one.pages.length / weeks
      return {
        mode,
        from: instantToIso(from),
        to: instantToIso(until),
        ticks: found.ticks,
        transitions: found.transitions.map(({ key, transition, decidedAt }) => ({
          key,
          from: transition.from,
          to: transition.to,
          at: instantToIso(transition.at),
          decided_at: instantToIso(decidedAt),
          severity: transition.severity,
          value: transition.value,
          reason: transition.reason,
        })),
        pages: found.pages.map(({ at, title, n, severity, resolvedAt }) => ({
          at: instantToIso(at),
          title,
          n,
          severity,
          resolved_at: resolvedAt === null ? null : instantToIso(resolvedAt),
        })),
        pages_a_week: aWeek(found),
        first_page_at: found.pages[0] === undefined ? null : instantToIso(found.pages[0].at),
        before:
          before === null
            ? null
            : { pages: before.pages.length, pages_a_week: aWeek(before), at: before.pages.map(({ at }) => instantToIso(at)) },
        truncated: found.truncated,
      }
    },
  }),
]
