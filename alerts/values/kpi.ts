import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { deviationOf } from '../../model/robust.ts'
import type { Dimension } from '../../model/vocabulary.ts'
import { wilson } from '../../model/wilson.ts'
import { kpiAnswer, kpiDefinition } from '../../queries/kpi.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { Reading, RuleOf, ValueSource } from './value.ts'

const WEEK_US = 7 * 86_400e6
const Row = z.object({ group: z.string(), value: z.number().nullable(), n: z.number() })
const Raw = z.object({ rows: z.array(Row), earlier: z.array(z.array(Row)) })

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
  async read(rule, reading) {
    const { watch } = rule
    const { at } = reading
    const length = watch.window_s * 1e6
    const ends: Instant[] =
      watch.when.kind === 'threshold'
        ? []
        : watch.when.kind === 'change'
          ? [at - length]
          : Array.from(
              { length: watch.when.weeks },
              (_, week) => at - (week + 1) * Math.max(1, Math.ceil(length / WEEK_US)) * WEEK_US,
            )
    const rows = await rowsOf(rule, reading, at)
    const earlier: z.output<typeof Row>[][] = []
    for (const end of ends) earlier.push(await rowsOf(rule, reading, end))
    return { rows, earlier }
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

async function rowsOf({ watch, where }: RuleOf<'kpi'>, { reader, at: now, asOf }: Reading, to: Instant) {
  // A dimension with several values is told apart by them.
  const several = (Object.keys(where) as Dimension[]).find((name) => (where[name]?.length ?? 0) > 1)
  const by = watch.by ?? several ?? null
  const filters = Object.fromEntries(
    (Object.keys(where) as Dimension[]).flatMap((name) => (name === by ? [] : [[name, where[name]?.[0] ?? '']])),
  )
  const { rows } = await kpiAnswer(reader, watch.kpi, {
    from: to - watch.window_s * 1e6,
    to,
    bucket: 'all',
    groupBy: by,
    filters,
    asOf,
    now,
  })
  const wanted = by === null ? undefined : where[by]
  return rows
    .filter(({ group }) => wanted === undefined || wanted.includes(group))
    .map(({ group, value, n }) => ({ group: group ?? '', value, n }))
}

function worded(value: number | null, unit: string): string {
  if (value === null) return ''
  if (unit === 'ratio') return `${(value * 100).toFixed(1)} %`
  if (unit === 's') return value >= 172_800 ? `${(value / 86_400).toFixed(1)} days` : `${(value / 3600).toFixed(1)} hours`
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
