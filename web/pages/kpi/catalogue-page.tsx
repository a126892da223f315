import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { useAnswer } from '../../answers.ts'
import { Sparkline } from '../../charts/sparkline.tsx'
import { count, measure } from '../../format.ts'
import { ClassGlyph } from '../../parts/classes.tsx'
import { Delta } from '../../parts/delta.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { useFirstComputing } from '../../first-computing.ts'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { CLOSED_MONTHS } from '../../shell/pages.ts'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { classOf, isEmpty, needOf, useKpiFigure, useKpiTrend } from '../overview/kpi-data.ts'

const TOPICS: readonly { topic: KpiDefinition['topic']; name: string }[] = [
  { topic: 'cycle time', name: 'Cycle time' },
  { topic: 'quality', name: 'Quality' },
  { topic: 'compliance', name: 'Compliance' },
  { topic: 'money', name: 'Money' },
  { topic: 'technology', name: 'Technology' },
]

/** Every KPI of the catalogue, a topic at a time. */
export function CataloguePage() {
  const { window } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const catalogue = useAnswer('KpiCatalogue', '/v1/kpis')
  const { topic, name } = TOPICS.find((one) => one.topic === search.get('topic')) ?? { topic: 'cycle time', name: 'Cycle time' }
  return (
    <>
      <PageHead
        title="KPIs"
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Topic"
            value={topic}
            data={TOPICS.map((one) => ({ value: one.topic, label: one.name }))}
            onChange={(value) => setParameters({ topic: value })}
          />
        }
      >
        {window.label.slice(0, 1).toUpperCase() + window.label.slice(1)} ·{' '}
        <ScopedLink to={CLOSED_MONTHS}>Closed months</ScopedLink>
      </PageHead>
      <StaleHint />
      <Shown of={catalogue} height={420}>
        {({ kpis }) => {
          const shown = kpis.filter((one) => one.topic === topic)
          return (
            <Panel title={name} note={`${count(shown.length)} of ${count(kpis.length)} KPIs`}>
              <Table<KpiDefinition>
                key={topic}
                label={`KPIs: ${name}`}
                rows={shown}
                rowKey={({ kpi }) => kpi}
                columns={[
                  { head: 'KPI', render: (kpi) => <Name kpi={kpi} /> },
                  { head: `By ${window.bucket}`, render: (kpi) => <Course kpi={kpi} /> },
                  { head: 'Value', render: (kpi) => <Value kpi={kpi} />, right: true },
                  { head: 'Change', render: (kpi) => <Change kpi={kpi} />, right: true },
                  { head: 'Target', render: (kpi) => <Target kpi={kpi} />, right: true },
                  { head: 'n', render: (kpi) => <Size kpi={kpi} />, right: true },
                  { head: 'Open', render: (kpi) => <Open kpi={kpi} />, right: true },
                ]}
              />
            </Panel>
          )
        }}
      </Shown>
    </>
  )
}

type Cell = { kpi: KpiDefinition }

function Name({ kpi }: Cell) {
  const of = classOf(kpi.kpi)
  return (
    <span title={kpi.definition}>
      {of !== undefined && <ClassGlyph of={of} />} <ScopedLink to={`/kpis/${kpi.kpi}`}>{kpi.title}</ScopedLink>
    </span>
  )
}

/** Figures of a KPI; all cells of its row share one answer. */
function useRow(kpi: KpiDefinition) {
  const { data, isError } = useKpiFigure(kpi.kpi)
  return { row: data?.rows[0], needs: data?.needs ?? [], isEmpty: data !== undefined && isEmpty(data), isError }
}

function Course({ kpi }: Cell) {
  const { window } = useScope()
  const { points } = useKpiTrend(kpi.kpi)
  return <Sparkline values={points?.map(({ value }) => value) ?? []} label={`${kpi.title} by ${window.bucket}`} height={24} />
}

function Value({ kpi }: Cell) {
  const { row, needs, isEmpty: nothing, isError } = useRow(kpi)
  const waiting = useFirstComputing()
  if (isError) return <span className="dim">no answer</span>
  if (needs.length > 0) return <span className="dim">not evaluable: needs {needs.join(', ').replaceAll('_', ' ')}</span>
  if (nothing && waiting !== null) return <span className="dim">not computed yet</span>
  if (nothing)
    return (
      <span className="dim" title={`needs ${needOf(kpi)}`}>
        nothing counted
      </span>
    )
  return measure(row?.value, kpi.unit)
}

function Change({ kpi }: Cell) {
  const { row } = useRow(kpi)
  return <Delta value={row?.value ?? null} previous={row?.previous ?? null} unit={kpi.unit} better={kpi.better} />
}

function Target({ kpi }: Cell) {
  const { row } = useRow(kpi)
  return measure(row?.target, kpi.unit)
}

function Size({ kpi }: Cell) {
  const { row } = useRow(kpi)
  if (row === undefined) return '–'
  return (
    <span className={row.caution ? 'dim' : ''} title={row.caution ? `fewer than ${kpi.minimum_n}: read with caution` : undefined}>
      {count(row.n)}
      {row.caution && ' ⚠'}
    </span>
  )
}

function Open({ kpi }: Cell) {
  const { row } = useRow(kpi)
  return row === undefined ? '–' : count(row.open)
}
