import type { AlertRule } from '../../model/alert-rule.ts'
import { SLA_PACK } from '../../model/sla-pack.ts'
import { workBetween } from '../../demo/calendar.ts'
import type { Judge, Planted } from './alert-truth.ts'

// Whether the condition of a rule on values holds, told from what was planted and by nothing of the product: sorted lists and sums.

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** How far a window of working time may reach back. */
const FURTHEST = 120 * DAY
/** A condition that is met by less than this, or by two documents, may look otherwise to whoever misses an event of one. */
const MARGIN = 1.25
const DOCUMENTS = 2

type Holds = 'clearly' | 'barely' | 'not'

/** A rule on values: its condition at an instant, ms; and how far apart a replay of half a year reads. */
type Condition = { key: string; at(instant: number): Holds }
const PACE = 6 * HOUR

/** A page of the rule is right where its condition held for as long as the rule waits; it is due where that is so beyond doubt. */
export function judgeBy(
  condition: Condition,
  { for_s }: AlertRule,
  { from, now }: { from: number; now: number },
): ReturnType<Judge> {
  const waits = for_s * 1000
  const due: ReturnType<Judge>['due'] = []
  let since: number | null = null
  const close = (to: number): void => {
    if (since !== null && to - since >= waits + 2 * PACE) {
      const what = `${condition.key} from ${new Date(since).toISOString()} to ${new Date(to).toISOString()}`
      due.push({ what, names: [`grave ${condition.key}`, `mild ${condition.key}`], during: { from: since, to } })
    }
    since = null
  }
  for (let at = from; at < now; at += HOUR) {
    if (condition.at(at) !== 'clearly') close(at)
    else since ??= at
  }
  close(now)
  return {
    isPlanted({ key, transition }) {
      if (key !== condition.key) return false
      for (let back = 0; back <= waits; back += PACE) if (condition.at(transition.at / 1000 - back) === 'not') return false
      return true
    },
    due,
  }
}

/** Something that counts in a share from an instant on, and whether it is one of those that are counted. */
type Counted = { at: number; counts: boolean }

/** Shares over a sliding window: of how many, and how many. */
function sharesOf(all: readonly Counted[], length: number): (to: number) => { n: number; of: number } {
  const ordered = all.toSorted((a, b) => a.at - b.at)
  const instants = ordered.map(({ at }) => at)
  const sums = [0]
  for (const { counts } of ordered) sums.push((sums.at(-1) ?? 0) + (counts ? 1 : 0))
  return (to) => {
    const [first, last] = [placeOf(instants, to - length), placeOf(instants, to)]
    return { n: (sums[last] ?? 0) - (sums[first] ?? 0), of: last - first }
  }
}

/** How many instants of an ordered list lie before another. */
function placeOf(instants: readonly number[], at: number): number {
  let [low, high] = [0, instants.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((instants[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** A share far above the same window of earlier weeks: further than so many of their median distances, as if these were a normal spread. */
function bandOf(all: readonly Counted[], { watch, minimum_n }: AlertRule, key: string): Condition {
  if (watch.kind !== 'kpi' || watch.when.kind !== 'band') throw new Error('the pack has another rule here')
  const { weeks, score } = watch.when
  const shareAt = sharesOf(all, watch.window_s * 1000)
  const isFar = (value: number, history: readonly number[], limit: number): boolean => {
    const usual = middleOf(history)
    const distances = history.map((one) => Math.abs(one - usual))
    const spread = middleOf(distances) * 1.4826 || (distances.reduce((sum, one) => sum + one, 0) / distances.length) * 1.2533
    return value > usual && (value - usual) / spread > limit
  }
  return {
    key,
    at(instant) {
      const { n, of } = shareAt(instant)
      const earlier = Array.from({ length: weeks }, (_, week) => shareAt(instant - (week + 1) * 7 * DAY))
      const known = earlier.filter((one) => one.of >= minimum_n).map((one) => one.n / one.of)
      if (of < minimum_n - DOCUMENTS || known.length < 4) return 'not'
      const sure = of >= minimum_n + DOCUMENTS && earlier.every((one) => Math.abs(one.of - minimum_n) > DOCUMENTS)
      if (sure && isFar((n - DOCUMENTS) / of, known, score * MARGIN)) return 'clearly'
      return isFar((n + DOCUMENTS) / of, known, score / MARGIN) ? 'barely' : 'not'
    },
  }
}

function middleOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0]
  return (low + high) / 2
}

/** Invoices that are finished, by when they are, and whether a business exception was raised on them. */
function exceptionsOf({ truth, now }: Planted): Counted[] {
  return truth.flatMap(({ type, exceptions, milestones: done }) => {
    if (type !== 'invoice') return []
    const known = (names: readonly string[]) =>
      names.flatMap((name) => (done[name] === undefined ? [] : [Date.parse(done[name])])).filter((at) => at <= now)
    const processed = known(['invoice.posted', 'payment.transmitted', 'payment.cleared'])
    const dropped = known(['invoice.rejected', 'invoice.cancelled', 'invoice.credited'])
    const at = processed.length > 0 ? Math.min(...processed) : Math.max(...dropped)
    const counts = exceptions.some((one) => one.class === 'business' && Date.parse(one.raised) <= now)
    return Number.isFinite(at) ? [{ at, counts }] : []
  })
}

/** Operations by their last attempt, and whether that failed. */
function failuresOf({ attempts, now }: Planted): Counted[] {
  const last = new Map<string, Counted>()
  for (const { operation, at, ok } of attempts)
    if (at <= now && at >= (last.get(operation)?.at ?? 0)) last.set(operation, { at, counts: !ok })
  return [...last.values()]
}

const SHARES: Readonly<Record<string, (planted: Planted) => Counted[]>> = {
  'exception-rate': exceptionsOf,
  'technical-failure-rate': failuresOf,
}

/** KPIs far outside of the weeks before. */
export const judgeKpi: Judge = (planted, rule) => {
  const kpi = rule.watch.kind === 'kpi' ? rule.watch.kpi : ''
  const share = SHARES[kpi]
  if (share === undefined) throw new Error(`what is true of "${kpi}" is not told`)
  return judgeBy(bandOf(share(planted), rule, kpi), rule, planted)
}

/** Error budgets that burn: clocks that were decided in both windows of working time. */
export const judgeBurn: Judge = (planted, rule) => {
  const { watch, minimum_n } = rule
  if (watch.kind !== 'burn' || watch.windows.length !== 1) throw new Error('the pack has another rule here')
  const { truth, now, shift } = planted
  const clocks = truth.flatMap(({ clocks: own }) => own.filter(({ sla }) => sla === watch.sla))
  const decided = clocks.flatMap(({ deadline_at, ended_at, met }): Counted[] => {
    const [deadline, ended] = [Date.parse(deadline_at), ended_at === null ? Number.POSITIVE_INFINITY : Date.parse(ended_at)]
    if (met === true && ended <= now) return [{ at: ended, counts: false }]
    const isCancelled = met === null && ended <= now
    return isCancelled || deadline > Math.min(now, ended) ? [] : [{ at: deadline, counts: true }]
  })
  const isElapsed = watch.sla === 'invoice-paid-on-time'
  /** The latest instant from which so much of the service level's time has passed. */
  const backBy = (at: number, length: number): number => {
    if (isElapsed) return at - length
    let [early, late] = [at - FURTHEST, at]
    while (late - early > 1000) {
      const middle = Math.floor((early + late) / 2)
      if (workBetween(shift, middle, at) >= length) early = middle
      else late = middle
    }
    return early
  }
  const [window] = watch.windows
  const ordered = decided.toSorted((a, b) => a.at - b.at)
  const instants = ordered.map(({ at }) => at)
  const shareOf = (at: number, seconds: number) => {
    const some = ordered.slice(placeOf(instants, backBy(at, seconds * 1000)), placeOf(instants, at + 1))
    return { n: some.filter(({ counts }) => counts).length, of: some.length }
  }
  const burns = ({ n, of }: { n: number; of: number }, by: number) =>
    of > 0 && (n + by) / of > (window?.factor ?? 0) * (1 - objectiveOf(watch.sla))
  const condition: Condition = {
    key: watch.sla,
    at(instant) {
      const [long, short] = [shareOf(instant, window?.long_s ?? 0), shareOf(instant, window?.short_s ?? 0)]
      if (long.of >= minimum_n + DOCUMENTS && burns(long, -DOCUMENTS) && burns(short, -DOCUMENTS)) return 'clearly'
      return long.of >= minimum_n - DOCUMENTS && burns(long, DOCUMENTS) && burns(short, DOCUMENTS) ? 'barely' : 'not'
    },
  }
  return judgeBy(condition, rule, planted)
}

function objectiveOf(id: string): number {
  const objective = SLA_PACK.find((one) => one.id === id)?.objective
  if (objective == null) throw new Error(`the service level "${id}" has no objective`)
  return objective
}

/** Sources that send nothing, and ways in whose records wait: told while that lasts. */
export function judgeDisruptions(of: (planted: Planted) => Planted['silences']): Judge {
  return (planted) => {
    const disruptions = of(planted)
    return {
      isPlanted({ key, transition }) {
        const at = transition.at / 1000
        return disruptions.some(({ what, from, to }) => what === key && at >= from && at <= to + PACE)
      },
      due: disruptions.map(({ what, from, to }) => ({
        what: `${what} from ${new Date(from).toISOString()}`,
        names: [`grave ${what}`],
        during: { from, to },
      })),
    }
  }
}
