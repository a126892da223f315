import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { compactCount, count, duration, shortDuration } from '../format.ts'
import { tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

type Bin = { from_s: number; to_s: number; objects: number }

/** How many objects fall into each span of time. */
export function Histogram({ bins, noun, height = 220 }: { bins: readonly Bin[]; noun: string; height?: number }) {
  const largest = Math.max(0, ...bins.map(({ objects }) => objects))
  const ticks = ticksFor(largest, 'count')
  const fullest = bins.find(({ objects }) => objects === largest)
  const spoken =
    fullest === undefined ? '' : `most, ${count(largest)}, between ${duration(fullest.from_s)} and ${duration(fullest.to_s)}`
  return (
    <div role="img" aria-label={`Histogram of durations, number of ${noun}: ${spoken}`}>
      <BarChart
        h={height}
        data={bins.map((bin) => ({ ...bin, label: shortDuration(bin.from_s) }))}
        dataKey="label"
        series={[{ name: 'objects', color: 'var(--data)' }]}
        gridAxis="x"
        tickLine="none"
        cursorFill="var(--hover)"
        barChartProps={{ accessibilityLayer: false, margin: { top: 6, right: 6, bottom: 0, left: 0 }, barCategoryGap: '8%' }}
        barProps={{ isAnimationActive: false, radius: [2, 2, 0, 0], fillOpacity: 0.85 }}
        yAxisProps={{
          ticks,
          interval: 0,
          domain: [0, ticks.at(-1) ?? 1],
          width: 44,
          allowDecimals: false,
          tickFormatter: compactCount,
        }}
        xAxisProps={{ interval: 'preserveStart', minTickGap: 22 }}
        tooltipProps={{
          isAnimationActive: false,
          content: tipOf((bin: Bin) => ({
            title: `${duration(bin.from_s)} to ${duration(bin.to_s)}`,
            rows: [{ name: 'Objects', value: count(bin.objects) }],
          })),
        }}
      />
    </div>
  )
}
