import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Traces } from '../../../api/contract/integrations.ts'
import { count, counted, instant, timeOfDay } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { Documents } from './calls-table.tsx'
import { FilterChip } from './filter-chip.tsx'
import { took } from './milliseconds.ts'

type Row = Traces['traces'][number]

/** Requests as they went through the systems, latest first. */
export function TracesSection() {
  const span = useSpan()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [system, object, status] = ['system', 'object', 'status'].map((name) => search.get(name) ?? undefined)
  const traces = useSpanAnswer('Traces', '/v1/integrations/traces', { system, object, status, limit: 100 }, { span })
  return (
    <Panel
      title="Traces"
      note={traces.data === undefined ? undefined : `${counted(traces.data.traces.length, 'trace')} shown, latest first`}
      aside={
        <div className="row">
          <FilterChip name="system" value={system} />
          <FilterChip name="object" value={object} />
          <SegmentedControl
            size="xs"
            aria-label="Outcome"
            value={status ?? ''}
            onChange={(value) => setParameters({ status: value })}
            data={[
              { value: '', label: 'All' },
              { value: 'not_ok', label: 'With a failure' },
            ]}
          />
        </div>
      }
    >
      <Shown of={traces} height={420}>
        {({ traces: rows }) =>
          rows.length === 0 ? (
            <Empty title="No traces in this span">
              <p>
                Send them to <span className="mono">POST /v1/traces</span>, OTLP over HTTP, protobuf or JSON.
              </p>
            </Empty>
          ) : (
            <Table<Row>
              label="List of traces"
              rows={rows}
              rowKey={({ trace_id }) => trace_id}
              columns={[
                {
                  head: 'Started',
                  render: ({ started_at }) => `${instant(started_at).replace(/ \d{4},.*/u, '')} ${timeOfDay(started_at)}`,
                  nowrap: true,
                },
                {
                  head: 'Began with',
                  render: ({ trace_id, root }) => (
                    <div className="two-lines">
                      <ScopedLink to={`/integrations/traces/${encodeURIComponent(trace_id)}`}>{root.operation}</ScopedLink>
                      <span className="dim">
                        {root.system}, {root.kind}
                      </span>
                    </div>
                  ),
                },
                { head: 'Took', render: ({ duration_ms }) => took(duration_ms), right: true },
                { head: 'Spans', render: ({ spans }) => count(spans), right: true },
                {
                  head: 'Failures',
                  render: ({ failed }) =>
                    failed === 0 ? <StateChip tone="good">none</StateChip> : <StateChip tone="bad">{count(failed)}</StateChip>,
                  nowrap: true,
                },
                { head: 'Systems', render: ({ systems }) => systems.join(', ') },
                { head: 'Documents', render: ({ documents }) => <Documents of={documents} /> },
              ]}
            />
          )
        }
      </Shown>
    </Panel>
  )
}
