import { Button } from '@mantine/core'
import { useParams } from 'react-router'
import type { Sla } from '../../../api/contract/slas.ts'
import { useAct, useWindowAnswer } from '../../answers.ts'
import { Sparkline } from '../../charts/sparkline.tsx'
import { count, percent, words } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Delta } from '../../parts/delta.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'
import { useSession } from '../../session.ts'
import '../../styles/integrations.css'
import '../../styles/intake.css'
import '../../styles/slas.css'
import { BreachedClocks, OpenClocks } from './clock-panels.tsx'
import { SlaDetailView } from './sla-detail.tsx'
import { SlaEditor } from './sla-editor.tsx'
import { Attainment, targetText } from './sla-parts.tsx'
import { trendBucket } from './trend-bucket.ts'

/** Service levels: all of them, one of them, or a new one. */
export function SlasPage() {
  const { id } = useParams()
  if (id === undefined) return <SlaList />
  if (id !== 'new') return <SlaDetailView key={id} id={id} />
  return (
    <>
      <PageHead title="New service level">
        <ScopedLink to="/slas">All service levels</ScopedLink>
      </PageHead>
      <SlaEditor of={null} />
    </>
  )
}

function SlaList() {
  const { window } = useScope()
  const answer = useWindowAnswer('Slas', '/v1/slas', {}, { refreshMs: 30_000 })
  const rows = answer.data?.slas.filter(({ state }) => state === 'active')
  return (
    <>
      <PageHead title="Service levels" aside={<ScopedLink to="/slas/new">New service level</ScopedLink>}>
        Met ÷ (met + breached) of clocks that ended · {window.label} · cancelled ones count in neither
      </PageHead>
      <StaleHint />
      <div className="stack">
        <Panel title="Attainment" aside={<SlaCsv rows={rows} />}>
          <Shown of={answer} height={320}>
            {() => (rows === undefined || rows.length === 0 ? <NoSla /> : <AttainmentTable rows={rows} />)}
          </Shown>
        </Panel>
        <OpenClocks sla={undefined} />
        <BreachedClocks sla={undefined} />
      </div>
    </>
  )
}

function NoSla() {
  const admin = useSession().scopes.includes('admin')
  const take = useAct('SlasTaken', () => ({ path: '/v1/slas/pack', body: {} }))
  return (
    <Empty certain title="No service level is defined">
      <p>
        <ScopedLink to="/slas/new">Define one</ScopedLink>, or take those that ship: usual promises of procure-to-pay, each of
        which you can change or retire.
      </p>
      {admin && (
        <Button size="xs" loading={take.isPending} onClick={() => take.mutate()}>
          Take those that ship
        </Button>
      )}
      {take.isError && <Fault error={take.error} />}
    </Empty>
  )
}

function AttainmentTable({ rows }: { rows: readonly Sla[] }) {
  return (
    <Table<Sla>
      label="Service levels and their attainment"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Service level',
          render: ({ id, definition }) => (
            <div className="two-lines">
              <ScopedLink to={`/slas/${encodeURIComponent(id)}`}>{definition.title}</ScopedLink>
              <span className="dim">
                {words(definition.object_type)}
                {definition.per === 'exception' && ', each exception'} · {targetText(definition)}
              </span>
            </div>
          ),
        },
        {
          head: 'Attainment',
          render: ({ attainment, definition }) => <Attainment value={attainment} objective={definition.objective} />,
          right: true,
        },
        { head: 'Target', render: ({ definition }) => percent(definition.objective), right: true },
        {
          head: 'Before',
          render: ({ attainment, previous }) => <Delta value={attainment} previous={previous} unit="ratio" better="higher" />,
          nowrap: true,
        },
        { head: 'Trend', render: ({ id, definition }) => <Trend id={id} title={definition.title} /> },
        { head: 'n', render: ({ met, breached }) => count(met + breached), right: true },
        { head: 'Breached', render: ({ breached }) => count(breached), right: true },
        { head: 'Cancelled', render: ({ cancelled }) => count(cancelled), right: true },
        { head: 'Running', render: ({ running }) => count(running), right: true },
        { head: 'Paused', render: ({ paused }) => count(paused), right: true },
        {
          head: 'Overdue now',
          render: ({ overdue }) => <span className={overdue > 0 ? 'sla-missed' : undefined}>{count(overdue)}</span>,
          right: true,
        },
      ]}
    />
  )
}

function Trend({ id, title }: { id: string; title: string }) {
  const bucket = trendBucket(useScope().window.bucket)
  const answer = useWindowAnswer('SlaDetail', `/v1/slas/${encodeURIComponent(id)}`, { bucket })
  const values = answer.data?.trend.map(({ attainment }) => attainment) ?? []
  return <Sparkline values={values} label={`Attainment of ${title} by ${bucket}`} width={96} height={28} />
}

function SlaCsv({ rows }: { rows: readonly Sla[] | undefined }) {
  return (
    <CsvButton
      name="service-levels"
      head={[
        'id',
        'version',
        'title',
        'object_type',
        'attainment',
        'objective',
        'previous',
        'met',
        'breached',
        'breached_open',
        'cancelled',
        'running',
        'paused',
        'overdue',
      ]}
      rows={rows}
      cells={(one) => [
        one.id,
        one.version,
        one.definition.title,
        one.definition.object_type,
        one.attainment,
        one.definition.objective,
        one.previous,
        one.met,
        one.breached,
        one.breached_open,
        one.cancelled,
        one.running,
        one.paused,
        one.overdue,
      ]}
    />
  )
}
