import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { AlertRule } from '../model/alert-rule.ts'
import type { Seen } from '../model/alert-seen.ts'
import type { Instant } from '../model/instant.ts'
import { arrivals } from './values/arrivals.ts'
import { burn } from './values/burn.ts'
import { deadLetters } from './values/dead-letters.ts'
import { kpi } from './values/kpi.ts'
import { risk } from './values/risk.ts'
import { source } from './values/source.ts'
import type { Place, Reading, RuleOf, ValueKind, ValueSource, When } from './values/value.ts'

const SOURCES: { [K in ValueKind]: ValueSource<K, z.ZodType> } = { arrivals, burn, dead_letters: deadLetters, kpi, risk, source }

/** What rules share that look at one thing: how often, how it is read, and by which name it is kept. */
export type Series = { id: string; everyS: number; phaseS: number; rules: AlertRule[] }

const isValueRule = (rule: AlertRule): rule is RuleOf<ValueKind> => rule.watch.kind in SOURCES
const sourceOf = ({ watch }: RuleOf<ValueKind>) => SOURCES[watch.kind] as ValueSource<ValueKind, z.ZodType>

/** The series that rules look at, each once. Series of one pace are spread over it, so that they are not all due at once. */
export function seriesOf(rules: readonly AlertRule[]): Series[] {
  const found = new Map<string, Series>()
  for (const rule of rules) {
    if (!rule.enabled || !isValueRule(rule)) continue
    const own = sourceOf(rule)
    const everyS = own.everyS(rule)
    const id = createHash('sha256')
      .update(JSON.stringify([rule.watch.kind, everyS, own.series(rule)]))
      .digest('hex')
      .slice(0, 32)
    const known = found.get(id)
    if (known === undefined) found.set(id, { id, everyS, phaseS: Number.parseInt(id.slice(0, 8), 16) % everyS, rules: [rule] })
    else known.rules.push(rule)
  }
  return [...found.values()]
}

/** The latest instant up to the watermark at which a series is looked up. */
export function lastDue({ everyS, phaseS }: Pick<Series, 'everyS' | 'phaseS'>, watermark: Instant): Instant {
  const every = everyS * 1e6
  return Math.floor((watermark - phaseS * 1e6) / every) * every + phaseS * 1e6
}

/** Reads a series. @throws whatever the read throws: its rules then hold what they knew */
export async function readSeries(series: Series, reading: Reading): Promise<unknown> {
  const rule = firstOf(series)
  return sourceOf(rule).read(rule, reading)
}

/** Reads a series at instants of the past that follow each other. */
export function readPast(series: Series, place: Place): (when: When) => Promise<unknown> {
  const rule = firstOf(series)
  const own = sourceOf(rule)
  return own.past?.(rule, place) ?? ((when) => own.read(rule, { ...place, ...when }))
}

function firstOf({ id, rules: [rule] }: Series): RuleOf<ValueKind> {
  if (rule === undefined || !isValueRule(rule)) throw new Error(`series ${id} has no rule`)
  return rule
}

/** What a rule says of what was read of its series. */
export function judge(rule: AlertRule, raw: unknown): Seen[] {
  if (!isValueRule(rule)) return []
  const own = sourceOf(rule)
  return own.judge(rule, own.raw.parse(raw))
}
