import '@mantine/charts/styles.layer.css'
import { LineChart } from '@mantine/charts'
import type { Unit } from '../format.ts'
import { Legend, tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

/** One line: its key in a point, its name and how it is drawn. */
export type LineSeries = { key: string; label: string; color: string; dash?: string }

/** One position on the axis; null is unknown, drawn as a gap. */
export type LinePoint = { label: string; title: string; values: Readonly<Record<string, number | null>> }

type Props = {
  title: string
  series: readonly LineSeries[]
  points: readonly LinePoint[]
  /** Decides which ticks are round: `s` for durations in seconds. */
  unit: Unit
  /** A value for the tooltip and the spoken summary. */
  format: (value: number) => string
  /** A value for the axis. */
  axis: (value: number) => string
  height?: number
  legend?: boolean
}

/** Values over time on one axis that starts at zero. */
export function ValueLines({ title, series, points, unit, format, axis, height = 200, legend = true }: Props) {
  const largest = Math.max(0, ...points.flatMap(({ values }) => series.map(({ key }) => values[key] ?? 0)))
  const ticks = ticksFor(largest, unit)
  const spoken = series
    .map(({ key, label }) => {
      const last = points.findLast(({ values }) => typeof values[key] === 'number')?.values[key]
      return `${label} ${typeof last === 'number' ? `last ${format(last)}` : 'unknown'}`
    })
    .join(', ')
  const known = points.filter(({ values }) => series.some(({ key }) => typeof values[key] === 'number')).length
  return (
    <figure style={{ margin: 0 }}>
      {legend && <Legend entries={series.map(({ label, color, dash }) => ({ label, color, dash: dash !== undefined }))} />}
      <div role="img" aria-label={`${title}: ${spoken}`}>
        <LineChart
          h={height}
          data={points.map(({ label, title: name, values }) => ({ ...values, label, name }))}
          dataKey="label"
          series={series.map(({ key, color, dash }) => ({
            name: key,
            color,
            ...(dash === undefined ? {} : { strokeDasharray: dash }),
          }))}
          curveType="linear"
          connectNulls={points.length > 30 && known > 1}
          withDots={known <= 16}
          dotProps={{ r: 2.5, strokeWidth: 1 }}
          activeDotProps={{ r: 4 }}
          strokeWidth={1.75}
          gridAxis="x"
          tickLine="none"
          lineChartProps={{ accessibilityLayer: false, margin: { top: 6, right: 10, bottom: 0, left: 0 } }}
          lineProps={{ isAnimationActive: false }}
          yAxisProps={{ ticks, interval: 0, domain: [0, ticks.at(-1) ?? 1], width: 50, tickFormatter: axis }}
          xAxisProps={{ interval: 'preserveStart', minTickGap: 28, padding: { left: 6, right: 6 } }}
          tooltipProps={{
            isAnimationActive: false,
            content: tipOf((point: Record<string, string | number | null>) => ({
              title: String(point['name']),
              rows: series.toReversed().map(({ key, label }) => {
                const value = point[key]
                return { name: label, value: typeof value === 'number' ? format(value) : '–' }
              }),
            })),
          }}
        />
      </div>
    </figure>
  )
}
