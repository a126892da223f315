import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { axisMeasure, measure, type Unit } from '../format.ts'
import { Legend, tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

/** One part of each bar: its key in a point, its name, and its colour, or the address of a pattern. */
export type StackSeries = { key: string; label: string; color: string; fill?: string }

/** One bar: where it stands on the axis, what the tooltip calls it, and the size of each part. */
export type StackPoint = { label: string; title: string; values: Readonly<Record<string, number>> }

type Props = {
  title: string
  /** What is counted or measured, such as `records`. */
  noun: string
  /** What the sizes are; counts unless said. */
  unit?: Unit
  series: readonly StackSeries[]
  points: readonly StackPoint[]
  height?: number
  /** False where the names stand elsewhere beside the chart. */
  legend?: boolean
}

/** Counts or times over time, each bar divided into parts; parts that never occur are left out of chart and legend. */
export function StackedBars({ title, noun, unit = 'count', series, points, height = 240, legend = true }: Props) {
  const totals = points.map(({ values }) => series.reduce((sum, { key }) => sum + (values[key] ?? 0), 0))
  const sums = series.map(({ key }) => points.reduce((sum, { values }) => sum + (values[key] ?? 0), 0))
  const shown = series.filter((_, index) => (sums[index] ?? 0) > 0)
  const ticks = ticksFor(Math.max(0, ...totals), unit)
  const spoken = series.map(({ label }, index) => `${label.toLowerCase()} ${measure(sums[index] ?? 0, unit)}`).join(', ')
  return (
    <figure style={{ margin: 0 }}>
      {legend && <Legend entries={shown.map(({ label, color, fill }) => ({ label, color, fill, area: true }))} />}
      <div role="img" aria-label={`${title}, ${noun}: ${spoken}`}>
        <BarChart
          h={height}
          type="stacked"
          data={points.map(({ label, title: name, values }) => ({ ...values, label, name }))}
          dataKey="label"
          series={shown.map(({ key, color }) => ({ name: key, color }))}
          gridAxis="x"
          tickLine="none"
          cursorFill="var(--hover)"
          barChartProps={{ accessibilityLayer: false, margin: { top: 6, right: 4, bottom: 0, left: 0 }, barCategoryGap: '12%' }}
          barProps={({ name }) => {
            const fill = series.find(({ key }) => key === name)?.fill
            return { isAnimationActive: false, fillOpacity: 1, maxBarSize: 42, ...(fill === undefined ? {} : { fill }) }
          }}
          yAxisProps={{
            ticks,
            interval: 0,
            domain: [0, ticks.at(-1) ?? 1],
            width: 46,
            allowDecimals: false,
            tickFormatter: (value: number) => axisMeasure(value, unit),
          }}
          xAxisProps={{ interval: 'preserveStart', minTickGap: 28 }}
          tooltipProps={{
            isAnimationActive: false,
            content: tipOf((point: Record<string, string | number>) => ({
              title: String(point['name']),
              rows: shown.map(({ key, label }) => ({ name: label, value: measure(Number(point[key] ?? 0), unit) })),
            })),
          }}
        />
      </div>
    </figure>
  )
}
