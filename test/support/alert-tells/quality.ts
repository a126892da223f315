import { alertQuality, type RuleQuality } from '../../../model/alert-quality.ts'
import { judgedAlerts } from '../../../platform/alert-engine.ts'
import type { Played } from '../alert-tells.ts'

/** How well the pages of each rule served people in the window of a case: its figures in a line, and a line for each advice. */
export async function tellQuality({ tests, tenant, window }: Played): Promise<string[]> {
  const [from, to] = [window.from / 1000, window.to / 1000]
  const { alerts } = await judgedAlerts(tests.stores.postgres.db, tenant, { from: new Date(from), to: new Date(Math.ceil(to)) })
  return alertQuality(alerts, { length: to - from, now: to }).flatMap((one) => [
    `${one.rule}: ${figuresOf(one).join(', ')}`,
    ...one.advice.map(({ kind, why }) => `${one.rule}: ${kind}. ${why}`),
  ])
}

function figuresOf(one: RuleQuality): string[] {
  const { precision } = one
  return [
    `alerts ${one.alerts}`,
    `pages ${one.pages}`,
    `${one.pagesAWeek.toFixed(1)} a week`,
    `messages ${one.messages}`,
    `acknowledged ${percent(one.acknowledgedShare)}${one.acknowledgeS === null ? '' : ` after ${one.acknowledgeS} s`}`,
    `precision ${precision === null ? 'unknown' : `${percent(precision.value)} (${percent(precision.low)} to ${percent(precision.high)})`} of ${one.useful + one.noise} judged`,
    `${one.flaps} came back`,
    `${one.selfHealed} over by themselves`,
  ]
}

function percent(share: number | null): string {
  return share === null ? 'unknown' : `${(share * 100).toFixed(0)} %`
}
