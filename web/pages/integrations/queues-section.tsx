import { useSearchParams } from 'react-router'
import type { Queues } from '../../../api/contract/integrations.ts'
import { ValueLines } from '../../charts/value-lines.tsx'
import { ago, bytes, compactCount, count, counted, duration, percent, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { longBucket, shortBucket, spanBuckets } from '../../time-line.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { FilterChip } from './filter-chip.tsx'

type Series = Queues['series'][number]

/** Measures in the order in which they tell of trouble. */
const ORDER = ['queue_depth', 'consumer_lag', 'restarts', 'connections', 'memory', 'cpu']
const COLORS = [
  { color: 'var(--data)' },
  { color: 'var(--accent)' },
  { color: 'var(--technical)', dash: '7 3' },
  { color: 'var(--data-soft)' },
  { color: 'var(--data-soft)', dash: '2 4' },
] as const
const MOST_LINES = COLORS.length

/** Depths of queues, lag of consumers, restarts and the like, as systems report them. */
export function QueuesSection() {
  const span = useSpan()
  const [search] = useSearchParams()
  const [system, measure] = ['system', 'measure'].map((name) => search.get(name) ?? undefined)
  const queues = useSpanAnswer('Queues', '/v1/integrations/queues', { bucket: span.bucket, system, measure }, { span })
  return (
    <Shown of={queues} height={480}>
      {({ series }) => {
        if (series.length === 0) {
          return (
            <Panel title="Queues and resources">
              <Empty title="No measurement in this span">
                <p>
                  Send metrics to <span className="mono">POST /v1/metrics</span>: queue depths, consumer lag, restarts and the
                  Collector’s receivers for Kafka, PostgreSQL, Redis and Kubernetes.
                </p>
              </Empty>
            </Panel>
          )
        }
        const groups = [...Map.groupBy(series, (one) => one.measure || one.name)].toSorted(([a], [b]) => rank(a) - rank(b))
        return (
          <div className="stack">
            {(system !== undefined || measure !== undefined) && (
              <div className="row">
                <FilterChip name="system" value={system} />
                <FilterChip name="measure" value={measure} />
              </div>
            )}
            {groups.map(([name, members]) => (
              <Measure key={name} name={name} series={members} />
            ))}
          </div>
        )
      }}
    </Shown>
  )
}

function rank(measure: string): number {
  const index = ORDER.indexOf(measure)
  return index === -1 ? ORDER.length : index
}

function Measure({ name, series }: { name: string; series: readonly Series[] }) {
  const now = useNow()
  const span = useSpan()
  const setParameters = useSetParameters()
  const drawn = series.slice(0, MOST_LINES)
  const unit = series[0]?.unit ?? ''
  const text = (value: number): string => valueText(value, unit)
  const byStart = drawn.map((one) => new Map(one.points.map((point) => [Date.parse(point.bucket), point])))
  const counter = drawn.every((one) => one.counter)
  return (
    <Panel
      title={words(name)}
      note={`${counter ? 'growth' : 'highest value'} by ${span.bucket}${unitText(unit)} · ${counted(series.length, 'series', 'series')}${series.length > MOST_LINES ? `, the ${MOST_LINES} highest drawn` : ''}`}
    >
      <ValueLines
        title={words(name)}
        unit={unit === 's' ? 's' : 'count'}
        format={text}
        axis={(value) => (unit === 's' || unit === 'By' ? text(value) : compactCount(value))}
        height={170}
        series={drawn.map((one, index) => ({ key: one.id, label: seriesName(one), ...(COLORS[index] ?? COLORS[0]) }))}
        points={spanBuckets(span, now).map((start) => ({
          label: shortBucket(start, span.bucket),
          title: longBucket(start, span.bucket),
          values: Object.fromEntries(
            drawn.map((one, index) => {
              const point = byStart[index]?.get(Date.parse(start))
              return [one.id, point === undefined ? null : counter ? point.increase : point.max]
            }),
          ),
        }))}
      />
      <Table<Series>
        label={`List of series of ${words(name).toLowerCase()}`}
        rows={series}
        rowKey={({ id }) => id}
        columns={[
          { head: 'What', render: (one) => seriesName(one) },
          {
            head: 'System',
            render: (one) => (
              <button type="button" className="plain" onClick={() => setParameters({ system: one.system })}>
                {one.system}
              </button>
            ),
          },
          { head: 'Metric', render: (one) => <span className="mono dim">{one.name}</span> },
          { head: 'Now', render: (one) => text(one.last), right: true },
          { head: 'Highest', render: (one) => text(one.max), right: true },
          {
            head: 'Growth',
            render: (one) => (one.increase === null ? <span className="dim">–</span> : text(one.increase)),
            right: true,
          },
          { head: 'Measured', render: (one) => ago(one.last_at, now), nowrap: true },
          { head: 'n', render: (one) => count(one.n), right: true },
        ]}
      />
    </Panel>
  )
}

function seriesName(of: Series): string {
  return of.resource === '' ? of.reporter || of.system : of.resource
}

function valueText(value: number, unit: string): string {
  if (unit === 'By') return bytes(value)
  if (unit === 's') return duration(value)
  if (unit === 'ms') return duration(value / 1000)
  if (unit === '1' && value <= 1 && !Number.isInteger(value)) return percent(value)
  return Number.isInteger(value) || value >= 100 ? count(value) : value.toFixed(2)
}

function unitText(unit: string): string {
  const name = { By: 'bytes', s: 'seconds', ms: 'milliseconds', '1': '' }[unit] ?? unit.replaceAll(/[{}]/gu, '')
  return name === '' ? '' : `, ${name}`
}
