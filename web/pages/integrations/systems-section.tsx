import { Button } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useSearchParams } from 'react-router'
import type { Integrations, IntegrationSystem } from '../../../api/contract/integrations.ts'
import type { System } from '../../../api/contract/systems.ts'
import { useAnswer } from '../../answers.ts'
import { StackedBars } from '../../charts/stacked-bars.tsx'
import { csvText, download } from '../../csv.ts'
import { ago, count, percent, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Icon } from '../../parts/icons.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table, type Column } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { useSession } from '../../session.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { STATUS_SERIES, statusPoints } from './call-status.tsx'
import { took } from './milliseconds.ts'

const SystemForm = lazy(async () => ({ default: (await import('./system-form.tsx')).SystemForm }))

/** A system of the registry, of the telemetry, or of both. */
type Row = { id: string; registered: System | undefined; seen: IntegrationSystem | undefined }

/** Every system with how its calls went, and who answers for it. */
export function SystemsSection() {
  const span = useSpan()
  const now = useNow()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const admin = useSession().scopes.includes('admin')
  const integrations = useSpanAnswer('Integrations', '/v1/integrations', { bucket: span.bucket }, { span })
  const registry = useAnswer('Systems', '/v1/systems')
  const rows = rowsOf(integrations.data?.systems ?? [], registry.data?.systems ?? [])
  const edited = search.get('edit')
  return (
    <div className="stack">
      <Shown of={integrations} height={300}>
        {(answer) =>
          answer.systems.length === 0 ? null : <Summary of={answer} points={statusPoints(answer.buckets, span, now)} />
        }
      </Shown>
      <Panel
        title="Systems"
        note="calls of connectors, gateways, APIs and queues; durations exact over all calls"
        aside={
          <div className="row">
            {admin && (
              <Button
                size="xs"
                variant="default"
                leftSection={<Icon name="plus" size={13} />}
                onClick={() => setParameters({ edit: '', add: 'system' })}
              >
                Register a system
              </Button>
            )}
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="download" size={14} />}
              disabled={rows.length === 0}
              onClick={() => exportRows(rows, span.id)}
            >
              CSV
            </Button>
          </div>
        }
      >
        <Shown of={integrations} height={320}>
          {() =>
            rows.length === 0 ? (
              <NoSystems />
            ) : (
              <Table<Row>
                label="List of systems"
                rows={rows}
                rowKey={({ id }) => id}
                columns={columns(now, admin ? (id) => setParameters({ edit: id, add: undefined }) : undefined)}
              />
            )
          }
        </Shown>
      </Panel>
      <Suspense>
        {registry.data !== undefined && (edited !== null || search.get('add') === 'system') && (
          <SystemForm
            key={edited ?? ''}
            id={edited ?? ''}
            of={registry.data.systems.find(({ id }) => id === edited)}
            onClose={() => setParameters({ edit: undefined, add: undefined })}
          />
        )}
      </Suspense>
    </div>
  )
}

function rowsOf(seen: readonly IntegrationSystem[], registered: readonly System[]): Row[] {
  const byId = new Map(registered.map((one) => [one.id, one]))
  const known = new Set(seen.map(({ system }) => system))
  return [
    ...seen.map((one) => ({ id: one.system, registered: byId.get(one.system), seen: one })),
    ...registered.filter(({ id }) => !known.has(id)).map((one) => ({ id: one.id, registered: one, seen: undefined })),
  ]
}

function Summary({ of, points }: { of: Integrations; points: ReturnType<typeof statusPoints> }) {
  const sum = (
    key: 'calls' | 'technical' | 'throttled' | 'unauthenticated' | 'refused' | 'timeouts' | 'documents_blocked',
  ): number => of.systems.reduce((total, system) => total + system[key], 0)
  const calls = sum('calls')
  return (
    <Panel title="Calls by outcome" note={`n = ${count(calls)}`}>
      <Figures
        items={[
          { name: 'Systems', value: count(of.systems.length) },
          { name: 'Calls', value: count(calls) },
          {
            name: 'Failed technically',
            value: percent(calls === 0 ? null : sum('technical') / calls),
            note: count(sum('technical')),
          },
          { name: 'Throttled', value: count(sum('throttled')) },
          { name: 'Unauthenticated', value: count(sum('unauthenticated')) },
          { name: 'Refused', value: count(sum('refused')) },
          { name: 'Timed out', value: count(sum('timeouts')) },
          { name: 'Documents blocked', value: count(sum('documents_blocked')) },
        ]}
      />
      <div style={{ height: '0.75rem' }} />
      <StackedBars title={`Calls by ${of.bucket} and outcome`} noun="calls" series={STATUS_SERIES} points={points} height={190} />
    </Panel>
  )
}

function columns(now: number, onEdit: ((id: string) => void) | undefined): Column<Row>[] {
  const number = (head: string, of: (seen: IntegrationSystem) => number): Column<Row> => ({
    head,
    render: ({ seen }) => {
      const value = seen === undefined ? 0 : of(seen)
      return value === 0 ? <span className="dim">{seen === undefined ? '–' : '0'}</span> : count(value)
    },
    right: true,
  })
  const latency = (head: string, of: (seen: IntegrationSystem) => number | null): Column<Row> => ({
    head,
    render: ({ seen }) => (seen === undefined || seen.calls === 0 ? <span className="dim">–</span> : took(of(seen))),
    right: true,
  })
  return [
    {
      head: 'System',
      render: ({ id, registered }) => (
        <div className="two-lines">
          <ScopedLink to={`/integrations/systems/${encodeURIComponent(id)}`}>{registered?.name ?? id}</ScopedLink>
          <span className="dim">
            {[registered?.vendor, registered?.owner].filter((text) => typeof text === 'string' && text !== '').join(' · ') ||
              (registered === undefined ? 'not registered' : id)}
          </span>
        </div>
      ),
    },
    { head: 'Class', render: ({ registered, seen }) => words(registered?.class ?? seen?.system_class ?? '') || '–' },
    number('Calls', ({ calls }) => calls),
    {
      head: 'Error rate',
      render: ({ seen }) =>
        seen === undefined ? (
          <span className="dim">–</span>
        ) : (
          <span
            className={seen.technical > 0 ? 'rate-bad' : 'dim'}
            title={`${count(seen.technical)} of ${count(seen.calls)} calls`}
          >
            {percent(seen.error_rate)}
          </span>
        ),
      right: true,
    },
    latency('p50', ({ p50_ms }) => p50_ms),
    latency('p95', ({ p95_ms }) => p95_ms),
    latency('p99', ({ p99_ms }) => p99_ms),
    number('Throttled', ({ throttled }) => throttled),
    number('Unauth.', ({ unauthenticated }) => unauthenticated),
    number('Refused', ({ refused }) => refused),
    number('Timeouts', ({ timeouts }) => timeouts),
    number('Blocked', ({ documents_blocked }) => documents_blocked),
    {
      head: 'Last seen',
      render: ({ seen }) => (seen === undefined ? <span className="dim">not in this span</span> : ago(seen.last_at, now)),
      nowrap: true,
    },
    {
      id: 'links',
      head: <span className="visually-hidden">Runbook and registry</span>,
      render: ({ id, registered }) => (
        <span className="row system-links">
          {typeof registered?.runbook_url === 'string' && (
            <a href={registered.runbook_url} target="_blank" rel="noreferrer" title="Runbook">
              Runbook
            </a>
          )}
          {onEdit !== undefined && (
            <button type="button" className="plain" aria-label={`Edit ${registered?.name ?? id}`} onClick={() => onEdit(id)}>
              {registered === undefined ? 'Register' : 'Edit'}
            </button>
          )}
        </span>
      ),
      right: true,
    },
  ]
}

function NoSystems() {
  return (
    <Empty title="No system has called in this span">
      <p>
        Send traces of connectors, gateways and workflows to <span className="mono">POST /v1/traces</span> (OTLP over HTTP), or
        register an n8n source. Each span becomes a call, tied to the documents that it names.
      </p>
    </Empty>
  )
}

function exportRows(rows: readonly Row[], span: string): void {
  const figures = [
    'calls',
    'technical',
    'error_rate',
    'p50_ms',
    'p95_ms',
    'p99_ms',
    'throttled',
    'unauthenticated',
    'refused',
    'timeouts',
    'documents_blocked',
    'last_at',
  ] as const
  download(
    `systems-${span}.csv`,
    csvText(
      ['system', 'name', 'class', 'owner', 'vendor', ...figures],
      rows.map(({ id, registered, seen }) => [
        id,
        registered?.name ?? '',
        registered?.class ?? seen?.system_class ?? '',
        registered?.owner ?? '',
        registered?.vendor ?? '',
        ...figures.map((figure) => seen?.[figure] ?? null),
      ]),
    ),
  )
}
