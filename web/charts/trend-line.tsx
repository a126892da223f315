import '@mantine/charts/styles.layer.css'
import { LineChart, type LineChartSeries } from '@mantine/charts'
import { isRunning } from '../buckets.ts'
import { axisMeasure, bucketLabel, count, measure, unitName, type Unit } from '../format.ts'
import { useNow } from '../now.ts'
import type { Bucket } from '../scope.ts'
import { Legend, tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

/** One bucket of a trend; null is undefined, drawn as a gap. */
export type TrendPoint = {
  bucket: string
  value: number | null
  p90?: number | null
  previous?: number | null
  target?: number | null
  n: number
}

type Props = {
  title: string
  points: readonly TrendPoint[]
  unit: Unit
  bucket: Bucket
  height?: number
  color?: string
  dashed?: boolean
  valueName?: string
  legend?: boolean
}

type Series = LineChartSeries & { name: 'value' | 'p90' | 'previous' | 'target'; label: string }

/** A value over time, with its tail (p90), its target and the preceding window where they exist. */
export function TrendLine({
  title,
  points,
  unit,
  bucket,
  height = 180,
  color = 'var(--data)',
  dashed = false,
  valueName,
  legend = true,
}: Props) {
  const now = useNow()
  const has = (key: 'p90' | 'previous' | 'target'): boolean => points.some((point) => typeof point[key] === 'number')
  const series: Series[] = [
    ...(has('previous')
      ? [{ name: 'previous' as const, label: 'Preceding window', color: 'var(--data-soft)', strokeDasharray: '2 4' }]
      : []),
    ...(has('target') ? [{ name: 'target' as const, label: 'Target', color: 'var(--good)', strokeDasharray: '6 4' }] : []),
    ...(has('p90') ? [{ name: 'p90' as const, label: '90th percentile', color: 'var(--data-soft)' }] : []),
    {
      name: 'value',
      label: valueName ?? (unit === 's' ? 'Median' : 'Value'),
      color,
      ...(dashed ? { strokeDasharray: '7 3' } : {}),
    },
  ]
  const values = points.flatMap(({ value, p90, previous, target }) => [value ?? 0, p90 ?? 0, previous ?? 0, target ?? 0])
  const least = Math.min(0, ...values)
  const below =
    least < 0
      ? ticksFor(-least, unit)
          .slice(1)
          .map((tick) => -tick)
      : []
  const ticks = [...below.toReversed(), ...ticksFor(Math.max(0, ...values), unit)]
  const data = points.map((point) => ({ ...point, label: bucketLabel(point.bucket, bucket) }))
  return (
    <figure style={{ margin: 0 }}>
      {legend && (
        <Legend
          entries={series.map(({ label, color: stroke, strokeDasharray }) => ({
            label,
            color: String(stroke),
            dash: strokeDasharray !== undefined,
          }))}
        />
      )}
      <div role="img" aria-label={`${title}, ${unitName(unit)}, by ${bucket}: ${spoken(points, unit)}`}>
        <LineChart
          h={height}
          data={data}
          dataKey="label"
          series={series}
          curveType="linear"
          connectNulls={false}
          withDots={points.length <= 16}
          dotProps={{ r: 2.5, strokeWidth: 1 }}
          activeDotProps={{ r: 4 }}
          strokeWidth={1.75}
          gridAxis="x"
          tickLine="none"
          valueFormatter={(value) => measure(value, unit)}
          lineChartProps={{ accessibilityLayer: false, margin: { top: 6, right: 10, bottom: 0, left: 0 } }}
          lineProps={{ isAnimationActive: false }}
          yAxisProps={{
            ticks,
            interval: 0,
            domain: [ticks[0] ?? 0, ticks.at(-1) ?? 1],
            width: 46,
            tickFormatter: (value: number) => axisMeasure(value, unit),
          }}
          xAxisProps={{ interval: 'preserveStart', minTickGap: 26, padding: { left: 6, right: 6 } }}
          tooltipProps={{
            isAnimationActive: false,
            content: tipOf((point: TrendPoint & { label: string }) => ({
              title: `${bucket === 'week' ? 'Week of ' : ''}${point.label}${isRunning(point.bucket, bucket, now) ? ' (so far)' : ''}`,
              rows: [
                ...series.toReversed().map(({ name, label }) => ({ name: label, value: measure(point[name] ?? null, unit) })),
                { name: 'Counted', value: `n = ${count(point.n)}` },
              ],
            })),
          }}
        />
      </div>
    </figure>
  )
}

function spoken(points: readonly TrendPoint[], unit: Unit): string {
  const known = points.filter(({ value }) => value !== null)
  const [first, last] = [known[0], known.at(-1)]
  return first === undefined || last === undefined
    ? 'no values'
    : `from ${measure(first.value, unit)} to ${measure(last.value, unit)}`
}
