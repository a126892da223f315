import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { bucketLabel, compactCount, count } from '../format.ts'
import type { ExceptionClass } from '../parts/classes.tsx'
import type { Bucket } from '../scope.ts'
import { tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

type Point = { bucket: string; items: number }
type Props = { of: ExceptionClass; title: string; points: readonly Point[]; bucket: Bucket; height?: number }

/** Items of one class over time; technical bars are striped. */
export function ClassBars({ of, title, points, bucket, height = 150 }: Props) {
  const ticks = ticksFor(Math.max(0, ...points.map(({ items }) => items)), 'count')
  const total = points.reduce((sum, { items }) => sum + items, 0)
  return (
    <figure className="class-bars">
      <figcaption>Items by {bucket}</figcaption>
      <div role="img" aria-label={`${title}: ${count(total)} in all`}>
        <BarChart
          h={height}
          data={points.map((point) => ({ ...point, label: bucketLabel(point.bucket, bucket) }))}
          dataKey="label"
          series={[{ name: 'items', color: `var(--${of})` }]}
          gridAxis="x"
          tickLine="none"
          barChartProps={{ accessibilityLayer: false, margin: { top: 6, right: 4, bottom: 0, left: 0 }, barCategoryGap: '22%' }}
          barProps={{
            isAnimationActive: false,
            radius: [2, 2, 0, 0],
            fillOpacity: 1,
            ...(of === 'technical' ? { fill: 'url(#hatch-technical)' } : {}),
          }}
          cursorFill="var(--hover)"
          yAxisProps={{
            ticks,
            interval: 0,
            domain: [0, ticks.at(-1) ?? 1],
            width: 40,
            allowDecimals: false,
            tickFormatter: compactCount,
          }}
          xAxisProps={{ interval: 'preserveStart', minTickGap: 24 }}
          tooltipProps={{
            isAnimationActive: false,
            content: tipOf((point: Point & { label: string }) => ({
              title: `${bucket === 'week' ? 'Week of ' : ''}${point.label}`,
              rows: [{ name: 'Items', value: count(point.items) }],
            })),
          }}
        />
      </div>
    </figure>
  )
}
