import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { deviationOf } from '../../model/robust.ts'
import type { Dimension } from '../../model/vocabulary.ts'
import { wilson } from '../../model/wilson.ts'
import { kpiDefinition, kpiFigures } from '../../queries/kpi.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { Place, RuleOf, ValueSource, When } from './value.ts'

const WEEK_US = 7 * 86_400e6
const Row = z.object({ group: z.string(), value: z.number().nullable(), n: z.number() })
const Raw = z.object({ rows: z.array(Row), earlier: z.array(z.array(Row)) })
type Rows = z.output<typeof Row>[]

/** A KPI over a sliding window, against limits, the window before, or the same stretch of earlier weeks. */
export const kpi: ValueSource<'kpi', typeof Raw> = {
  series: ({ watch, where }) => ({
    kpi: watch.kpi,
    window_s: watch.window_s,
    by: watch.by,
    earlier: watch.when.kind === 'threshold' ? 0 : watch.when.kind === 'change' ? 'before' : watch.when.weeks,
    where,
  }),
  everyS: ({ watch }) => watch.every_s,
  raw: Raw,
  read: (rule, { at, asOf, ...place }) => readBy(rule, at, (end) => rowsOf(rule, place, { at: end, asOf })),
  past(rule, place) {
    // The windows before an instant are those of earlier instants, where these are whole parts of a week apart.
    const known = new Map<string, { end: Instant; rows: Promise<Rows> }>()
    return ({ at, asOf }) => {
      const [oldest = at] = endsOf(rule, at).toSorted((a, b) => a - b)
      for (const [name, { end }] of known) if (end < oldest) known.delete(name)
      return readBy(rule, at, (end) => {
        const name = `${end} ${asOf ?? ''}`
        const found = known.get(name) ?? { end, rows: rowsOf(rule, place, { at: end, asOf }) }
        known.set(name, found)
        return found.rows
      })
    }
  },
  judge(rule, { rows, earlier }) {
    const { watch, minimum_n, severity } = rule
    const definition = kpiDefinition(watch.kpi)
    const least = Math.max(minimum_n, definition.minimum_n)
    const text = (value: number | null) => worded(value, definition.unit)
    return rows.map(({ group, value, n }): Seen => {
      const about = {
        key: group === '' ? watch.kpi : `${watch.kpi} ${group}`,
        labels: { kpi: watch.kpi, ...(watch.by === null ? {} : { [watch.by]: group }) },
        noun: definition.grain,
        of: n,
        value,
      }
      const said = (threshold: number | null, how: string) => ({
        fields: { value: text(value), threshold: text(threshold) },
        cause: `${definition.title} is ${text(value)} over ${n}${threshold === null ? '' : `, ${how} ${text(threshold)}`}`,
      })
      if (value === null || n < least) return { ...about, ...said(null, ''), missing: n === 0 ? 'not_expected' : 'low_volume' }
      const before = earlier.map((some) => some.find((one) => one.group === group) ?? null)
      switch (watch.when.kind) {
        case 'threshold': {
          const { above, below, confident } = watch.when
          const sure = confident && definition.aggregate === 'share' && definition.unit === 'ratio' && value >= 0 && value <= 1
          const { low, high } = sure ? wilson(value * n, n) : { low: value, high: value }
          const isAbove = above !== null && value > above && low > above
          const isBelow = below !== null && value < below && high < below
          const limit = isBelow || above === null ? below : above
          return { ...about, ...said(limit, 'the limit is'), holds: isAbove || isBelow, severity }
        }
        case 'change': {
          const [one] = before
          if (one == null || one.value === null || one.value === 0 || one.n < least)
            return { ...about, ...said(null, ''), missing: 'low_volume' }
          const { by } = watch.when
          const change = value / one.value - 1
          return { ...about, ...said(one.value, 'before it was'), holds: by >= 0 ? change > by : change < by, severity }
        }
        case 'band': {
          const history = before.flatMap((one) => (one === null || one.value === null || one.n < least ? [] : [one.value]))
          const deviation = deviationOf(value, history)
          if (deviation === null) return { ...about, ...said(null, ''), missing: 'low_volume' }
          const isWorse = definition.better === 'lower' ? value > deviation.median : value < deviation.median
          const isFar = deviation.score === null ? value !== deviation.median : Math.abs(deviation.score) > watch.when.score
          return { ...about, ...said(deviation.median, 'in earlier weeks it was'), holds: isWorse && isFar, severity }
        }
      }
    })
  },
}

/** Ends of the windows that a value is held against. */
function endsOf({ watch: { when, window_s } }: RuleOf<'kpi'>, at: Instant): Instant[] {
  const length = window_s * 1e6
  if (when.kind === 'threshold') return []
  if (when.kind === 'change') return [at - length]
  const apart = Math.max(1, Math.ceil(length / WEEK_US)) * WEEK_US
  return Array.from({ length: when.weeks }, (_, week) => at - (week + 1) * apart)
}

async function readBy(rule: RuleOf<'kpi'>, at: Instant, read: (end: Instant) => Promise<Rows>): Promise<z.output<typeof Raw>> {
  const rows = await read(at)
  const earlier: Rows[] = []
  for (const end of endsOf(rule, at)) earlier.push(await read(end))
  return { rows, earlier }
}

async function rowsOf({ watch, where }: RuleOf<'kpi'>, { reader }: Place, { at: to, asOf }: When): Promise<Rows> {
  // A dimension with several values is told apart by them.
  const several = (Object.keys(where) as Dimension[]).find((name) => (where[name]?.length ?? 0) > 1)
  const by = watch.by ?? several ?? null
  const filters = Object.fromEntries(
    (Object.keys(where) as Dimension[]).flatMap((name) => (name === by ? [] : [[name, where[name]?.[0] ?? '']])),
  )
  const rows = await kpiFigures(reader, watch.kpi, {
    from: to - watch.window_s * 1e6,
    to,
    bucket: 'all',
    groupBy: by,
    filters,
    asOf,
    now: to,
  })
  const wanted = by === null ? undefined : where[by]
  return rows
    .filter(({ group }) => wanted === undefined || wanted.includes(group))
    .map(({ group, value, n }) => ({ group, value, n }))
}

function worded(value: number | null, unit: string): string {
  if (value === null) return ''
  if (unit === 'ratio') return `${(value * 100).toFixed(1)} %`
  if (unit === 's') return value >= 172_800 ? `${(value / 86_400).toFixed(1)} days` : `${(value / 3600).toFixed(1)} hours`
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
