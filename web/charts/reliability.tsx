import {
  CartesianGrid,
  ErrorBar,
  LabelList,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { axisMeasure, count, percent } from '../format.ts'
import { Legend, tipOf } from './legend.tsx'

/** Outcomes that were stated with about the same probability: the mean stated, and the share that came true with its interval. */
export type ReliabilityPoint = { stated: number; share: number; low: number; high: number; n: number }

type Props = {
  title: string
  points: readonly ReliabilityPoint[]
  /** What the axes tell. */
  stated: string
  came: string
  height?: number
}

const TICKS = [0, 0.25, 0.5, 0.75, 1]
const AXIS = { domain: [0, 1], ticks: TICKS, type: 'number', tickLine: false, stroke: 'var(--line-strong)' } as const
const INK = { fill: 'var(--ink-3)', fontSize: 12 } as const

/** Stated probability against what came true: on the diagonal both are the same, below it too much was stated. */
export function Reliability({ title, points, stated, came, height = 300 }: Props) {
  const data = points.map((point) => ({
    ...point,
    interval: [point.share - point.low, point.high - point.share] as [number, number],
  }))
  const sizes = points.map((point) => ({ stated: point.stated, share: 0, n: count(point.n) }))
  const spoken = points.map((point) => `stated ${percent(point.stated)}, ${percent(point.share)} of ${count(point.n)}`).join('; ')
  return (
    <figure style={{ margin: 0 }}>
      <Legend
        entries={[
          { label: 'Perfect: as often as stated', color: 'var(--data-soft)', dash: true },
          { label: `${came}, with its 95 % interval`, color: 'var(--data)' },
        ]}
      />
      <div role="img" aria-label={`${title}: ${spoken}`}>
        <ResponsiveContainer width="100%" height={height}>
          <ScatterChart accessibilityLayer={false} margin={{ top: 14, right: 24, bottom: 18, left: 8 }}>
            <CartesianGrid stroke="var(--line)" strokeDasharray="5 5" />
            <XAxis
              {...AXIS}
              dataKey="stated"
              tick={INK}
              tickFormatter={(value: number) => axisMeasure(value, 'ratio')}
              label={{ value: `${stated}; above the axis: n`, position: 'insideBottom', offset: -12, ...INK }}
            />
            <YAxis
              {...AXIS}
              dataKey="share"
              width={62}
              tick={INK}
              tickFormatter={(value: number) => axisMeasure(value, 'ratio')}
              label={{ value: came, angle: -90, position: 'insideLeft', style: { textAnchor: 'middle' }, ...INK }}
            />
            <ReferenceLine
              segment={[
                { x: 0, y: 0 },
                { x: 1, y: 1 },
              ]}
              stroke="var(--data-soft)"
              strokeDasharray="6 4"
            />
            <Tooltip
              isAnimationActive={false}
              cursor={false}
              content={tipOf((point: ReliabilityPoint) => ({
                title: `Stated ${percent(point.stated)}`,
                rows: [
                  { name: came, value: percent(point.share) },
                  { name: '95 % interval', value: `${percent(point.low)} to ${percent(point.high)}` },
                  { name: 'Counted', value: `n = ${count(point.n)}` },
                ],
              }))}
            />
            <Scatter data={data} fill="var(--data)" isAnimationActive={false}>
              <ErrorBar
                dataKey="interval"
                direction="y"
                width={5}
                stroke="var(--data)"
                strokeWidth={1.5}
                isAnimationActive={false}
              />
            </Scatter>
            <Scatter data={sizes} shape={NoMark} tooltipType="none" isAnimationActive={false}>
              <LabelList dataKey="n" position="top" offset={4} {...INK} />
            </Scatter>
          </ScatterChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
}

function NoMark() {
  return <g />
}
