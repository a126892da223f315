import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Run, Runs } from '../../../api/contract/integrations.ts'
import { ago, count, counted, instant, timeOfDay } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { Documents } from './calls-table.tsx'
import { FilterChip } from './filter-chip.tsx'
import { took } from './milliseconds.ts'
import { MissedStarts, NotStarted, PaceChip } from './workflow-pace.tsx'

type Workflow = Runs['workflows'][number]

const TONES: Readonly<Record<Run['status'], Tone>> = {
  running: 'none',
  waiting: 'none',
  completed: 'good',
  failed: 'bad',
  cancelled: 'none',
}

/** How a run of a workflow stands. */
export function RunStatus({ of }: { of: Run }) {
  return (
    <StateChip tone={TONES[of.status]} title={of.message === '' ? undefined : of.message}>
      {of.status}
    </StateChip>
  )
}

/** `2 timeouts, 1 error`: what is known of why runs failed. */
function waysToFail({ timeouts, errors }: Workflow): string {
  return [timeouts > 0 && counted(timeouts, 'timeout'), errors > 0 && counted(errors, 'error')].filter(Boolean).join(', ')
}

/** Workflows and their runs. */
export function RunsSection() {
  const span = useSpan()
  const now = useNow()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [workflow, status] = ['workflow', 'status'].map((name) => search.get(name) ?? undefined)
  const runs = useSpanAnswer('Runs', '/v1/runs', { workflow, status, limit: 100 }, { span })
  return (
    <Shown of={runs} height={480}>
      {({ workflows, runs: rows }) => (
        <div className="stack">
          {workflows.length > 0 && (
            <Panel title="Workflows" note="most failures and missing starts first">
              <Table<Workflow>
                label="List of workflows"
                rows={workflows}
                rowKey={(one) => `${one.system} ${one.workflow}`}
                columns={[
                  {
                    head: 'Workflow',
                    render: (one) => (
                      <div className="two-lines">
                        <button
                          type="button"
                          className="plain"
                          onClick={() => setParameters({ workflow: one.workflow, status: undefined })}
                        >
                          {one.workflow}
                        </button>
                        <span className="dim">{one.system}</span>
                      </div>
                    ),
                  },
                  { head: 'Runs', render: (one) => count(one.runs), right: true },
                  { head: 'Completed', render: (one) => count(one.completed), right: true },
                  {
                    head: 'Failed',
                    render: (one) => (
                      <div className="two-lines">
                        <span className={one.failed > 0 ? 'rate-bad' : 'dim'}>{count(one.failed)}</span>
                        {one.failed > 0 && <span className="dim">{waysToFail(one)}</span>}
                      </div>
                    ),
                    right: true,
                  },
                  {
                    head: 'Open',
                    render: (one) => (
                      <div className="two-lines">
                        {count(one.open)}
                        {one.waiting > 0 && <span className="dim">{count(one.waiting)} waiting</span>}
                      </div>
                    ),
                    right: true,
                  },
                  { head: 'Not started', render: (one) => <NotStarted of={one.pace} />, right: true },
                  { head: 'Starts', render: (one) => <PaceChip of={one.pace} />, nowrap: true },
                  { head: 'Median', render: (one) => took(one.p50_ms), right: true },
                  { head: 'p95', render: (one) => took(one.p95_ms), right: true },
                  { head: 'Last run', render: (one) => ago(one.last_at, now), nowrap: true },
                ]}
              />
            </Panel>
          )}
          <MissedStarts of={workflows} />
          <Panel
            title="Runs"
            note={`${counted(rows.length, 'run')} shown, latest first`}
            aside={
              <div className="row">
                <FilterChip name="workflow" value={workflow} />
                <SegmentedControl
                  size="xs"
                  aria-label="State of the runs"
                  value={status ?? ''}
                  onChange={(value) => setParameters({ status: value })}
                  data={[
                    { value: '', label: 'All' },
                    { value: 'failed', label: 'Failed' },
                    { value: 'waiting', label: 'Waiting' },
                    { value: 'running', label: 'Running' },
                  ]}
                />
              </div>
            }
          >
            {rows.length === 0 ? (
              <Empty title="No workflow has run in this span">
                <p>Register an n8n source under Data, or send OpenTelemetry spans of your workflows.</p>
              </Empty>
            ) : (
              <Table<Run>
                label="List of runs"
                rows={rows}
                rowKey={({ run }) => run}
                columns={[
                  {
                    head: 'Run',
                    render: ({ run }) => (
                      <ScopedLink to={`/integrations/runs/${encodeURIComponent(run)}`} className="mono">
                        {run}
                      </ScopedLink>
                    ),
                    nowrap: true,
                  },
                  { head: 'Workflow', render: (run) => run.workflow },
                  { head: 'State', render: (run) => <RunStatus of={run} />, nowrap: true },
                  {
                    head: 'Started',
                    render: ({ started_at }) => `${instant(started_at).replace(/ \d{4},.*/u, '')} ${timeOfDay(started_at)}`,
                    nowrap: true,
                  },
                  { head: 'Took', render: ({ duration_ms }) => took(duration_ms), right: true },
                  {
                    head: 'Nodes',
                    render: ({ nodes, failed_nodes }) =>
                      failed_nodes === 0 ? count(nodes) : `${count(nodes)}, ${count(failed_nodes)} failed`,
                    right: true,
                  },
                  { head: 'Message', render: ({ message, code }) => message || code || <span className="dim">–</span> },
                  { head: 'Documents', render: ({ documents }) => <Documents of={documents} /> },
                ]}
              />
            )}
          </Panel>
        </div>
      )}
    </Shown>
  )
}
