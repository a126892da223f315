import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { axisMeasure, compactCount, count, measure, type Unit, unitName } from '../format.ts'
import { tipOf } from './legend.tsx'
import { ticksFor } from './scale.ts'

type Bin = { from: number; to: number | null; n: number }
type Props = { bins: readonly Bin[]; noun: string; unit: Unit; height?: number }

/** How many objects fall into each span of values. */
export function Histogram({ bins, noun, unit, height = 220 }: Props) {
  const largest = Math.max(0, ...bins.map(({ n }) => n))
  const ticks = ticksFor(largest, 'count')
  const fullest = bins.find(({ n }) => n === largest)
  const span = ({ from, to }: Bin): string =>
    to === null ? `${measure(from, unit)} and more` : `${measure(from, unit)} to ${measure(to, unit)}`
  const spoken = fullest === undefined ? '' : `most, ${count(largest)}, between ${span(fullest)}`
  return (
    <div role="img" aria-label={`Histogram, number of ${noun} by ${unitName(unit)}: ${spoken}`}>
      <BarChart
        h={height}
        data={bins.map((bin) => ({ ...bin, label: axisMeasure(bin.from, unit) }))}
        dataKey="label"
        series={[{ name: 'n', color: 'var(--data)' }]}
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
            title: span(bin),
            rows: [{ name: 'Objects', value: count(bin.n) }],
          })),
        }}
      />
    </div>
  )
}
