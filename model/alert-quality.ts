import { wilson } from './wilson.ts'

/** What is known of one alert when the quality of its rule is judged. Instants in milliseconds. */
export type JudgedAlert = {
  rule: string
  /** Rule and values of its grouping: alerts of one group follow each other. */
  group: string
  openedAt: number
  resolvedAt: number | null
  /** First time that somebody was told; null where nobody was. */
  toldAt: number | null
  /** First time that somebody acknowledged it. */
  acknowledgedAt: number | null
  /** Whether a person did anything about it: acknowledged, handed over, noted, judged or closed it. */
  acted: boolean
  /** How often it came back within an hour of being over. */
  reopened: number
  messages: number
  verdict: 'useful' | 'noise' | null
}

/** What to do about a rule; the sentence says on what ground. */
export type Advice = { kind: 'retire' | 'raise_for' | 'raise_keep_firing'; seconds: number | null; why: string }

/** How well a rule's pages served the people who got them. */
export type RuleQuality = {
  rule: string
  alerts: number
  /** Alerts that somebody was told of. */
  pages: number
  pagesAWeek: number
  messages: number
  acknowledgedShare: number | null
  acknowledgeS: number | null
  /** Over within five minutes though nobody did anything. */
  selfHealed: number
  selfHealedShare: number | null
  flaps: number
  useful: number
  noise: number
  precision: { value: number; low: number; high: number } | null
  advice: Advice[]
}

const QUICK_MS = 300_000
const FLAP_MS = 3_600_000
const WEEK_MS = 7 * 86_400_000
/** Who was told a shorter time ago may yet acknowledge. */
const IGNORED_MS = 2 * 86_400_000
/** Fewer pages or verdicts than this advise nothing: a bad morning is no bad rule. */
const ENOUGH = 8
const ENOUGH_VERDICTS = 5

/**
 * The quality of each rule that opened alerts in a window, the most pages first. Precision is useful ÷ (useful + noise) of those that people
 * judged, with Wilson's interval.
 *
 * @param window milliseconds: its length, and the instant at which it is judged
 */
export function alertQuality(alerts: readonly JudgedAlert[], window: { length: number; now: number }): RuleQuality[] {
  return [...Map.groupBy(alerts, ({ rule }) => rule)]
    .map(([rule, own]) => qualityOf(rule, own, window))
    .toSorted((a, b) => b.pages - a.pages || b.alerts - a.alerts || (a.rule < b.rule ? -1 : 1))
}

function qualityOf(rule: string, alerts: readonly JudgedAlert[], { length, now }: { length: number; now: number }): RuleQuality {
  const told = alerts.filter(({ toldAt }) => toldAt !== null)
  const acknowledged = told.filter(({ acknowledgedAt }) => acknowledgedAt !== null)
  const waits = told.flatMap(({ toldAt, acknowledgedAt }) =>
    toldAt === null || acknowledgedAt === null ? [] : [Math.max(0, acknowledgedAt - toldAt) / 1000],
  )
  const healed = told.filter((one) => !one.acted && one.resolvedAt !== null && one.resolvedAt - one.openedAt <= QUICK_MS)
  const flaps = flapsOf(alerts)
  const useful = alerts.filter(({ verdict }) => verdict === 'useful').length
  const noise = alerts.filter(({ verdict }) => verdict === 'noise').length
  const judged = useful + noise
  const figures = {
    rule,
    alerts: alerts.length,
    pages: told.length,
    pagesAWeek: (told.length * WEEK_MS) / length,
    messages: alerts.reduce((sum, { messages }) => sum + messages, 0),
    acknowledgedShare: share(acknowledged.length, told.length),
    acknowledgeS: waits.length === 0 ? null : atShare(waits, 0.5),
    selfHealed: healed.length,
    selfHealedShare: share(healed.length, told.length),
    flaps,
    useful,
    noise,
    precision: judged === 0 ? null : { value: useful / judged, ...wilson(useful, judged) },
  }
  const lasted = healed.map((one) => ((one.resolvedAt ?? one.openedAt) - one.openedAt) / 1000)
  const ignored = told.filter(({ toldAt, acknowledgedAt }) => acknowledgedAt === null && (toldAt ?? now) <= now - IGNORED_MS)
  return { ...figures, advice: adviceOn(figures, lasted, ignored.length) }
}

/** Alerts of a group that came back within an hour of the one before being over, and those that were opened again themselves. */
function flapsOf(alerts: readonly JudgedAlert[]): number {
  let flaps = alerts.reduce((sum, { reopened }) => sum + reopened, 0)
  for (const group of Map.groupBy(alerts, (one) => one.group).values()) {
    let over: number | null = null
    for (const { openedAt, resolvedAt } of group.toSorted((a, b) => a.openedAt - b.openedAt)) {
      if (over !== null && openedAt - over <= FLAP_MS) flaps++
      over = resolvedAt
    }
  }
  return flaps
}

/**
 * @param lasted how long those lasted that were over by themselves, seconds
 * @param ignored pages that nobody acknowledged in two days
 */
function adviceOn(of: Omit<RuleQuality, 'advice'>, lasted: readonly number[], ignored: number): Advice[] {
  if (of.precision !== null && of.useful + of.noise >= ENOUGH_VERDICTS && of.precision.high < 0.5)
    return [
      {
        kind: 'retire',
        seconds: null,
        why: `People called ${of.noise} of ${of.useful + of.noise} alerts noise: most of what it says is of no use.`,
      },
    ]
  if (of.pages < ENOUGH) return []
  // Nobody acts on it, and nobody said that it helps.
  if (of.acknowledgedShare === 0 && ignored >= ENOUGH && of.useful === 0 && of.selfHealed < of.pages)
    return [
      { kind: 'retire', seconds: null, why: `Nobody acknowledged any of its ${of.pages} pages, ${ignored} of them in two days.` },
    ]
  const advice: Advice[] = []
  if (wilson(of.selfHealed, of.pages).low > 0.25) {
    const seconds = Math.ceil((atShare(lasted, 0.9) + 1) / 60) * 60
    advice.push({
      kind: 'raise_for',
      seconds,
      why: `${of.selfHealed} of ${of.pages} pages were over within five minutes without anybody acting: holding for ${seconds / 60} min first would have spared nine in ten of them.`,
    })
  }
  if (of.alerts >= ENOUGH && of.flaps / of.alerts > 0.25)
    advice.push({
      kind: 'raise_keep_firing',
      seconds: FLAP_MS / 1000,
      why: `${of.flaps} of ${of.alerts} alerts came back within an hour of being over: let it fire on for an hour before it is called over.`,
    })
  return advice
}

function share(part: number, all: number): number | null {
  return all === 0 ? null : part / all
}

/** The value that so large a share of them does not exceed (nearest rank). */
function atShare(values: readonly number[], of: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * of) - 1)] ?? 0
}
