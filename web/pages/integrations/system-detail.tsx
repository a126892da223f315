import { Button } from '@mantine/core'
import { useState } from 'react'
import type { IntegrationDetail } from '../../../api/contract/integrations.ts'
import { useAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { StackedBars } from '../../charts/stacked-bars.tsx'
import { ValueLines } from '../../charts/value-lines.tsx'
import { ago, count, counted, duration, instant, percent, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { ClassBadge, isExceptionClass } from '../../parts/classes.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { longBucket, shortBucket, spanBuckets } from '../../time-line.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { STATUS_SERIES, statusPoints, statusWords } from './call-status.tsx'
import { CallsTable } from './calls-table.tsx'
import { latencyAxis, took } from './milliseconds.ts'

/** The longest blocked documents, before the rest is asked for. */
const FIRST_BLOCKED = 8

type Blocked = IntegrationDetail['blocked'][number]
type Operation = IntegrationDetail['operations'][number]
type Failure = IntegrationDetail['errors'][number]

/** One system: its calls over time, how long they take, what fails, and which documents wait for it. */
export function SystemDetail({ id }: { id: string }) {
  const span = useSpan()
  const registry = useAnswer('Systems', '/v1/systems')
  const registered = registry.data?.systems.find((one) => one.id === id)
  const detail = useSpanAnswer(
    'IntegrationDetail',
    `/v1/integrations/systems/${encodeURIComponent(id)}`,
    { bucket: span.bucket },
    { span },
  )
  return (
    <div className="stack">
      <div className="detail-head">
        <ScopedLink to="/integrations/systems">Systems</ScopedLink>
        <h2>{registered?.name ?? id}</h2>
        <span className="dim">
          {[words(registered?.class ?? detail.data?.system.system_class ?? ''), registered?.vendor, registered?.owner]
            .filter((text) => typeof text === 'string' && text !== '')
            .join(' · ')}
        </span>
        {typeof registered?.runbook_url === 'string' && (
          <a href={registered.runbook_url} target="_blank" rel="noreferrer">
            Runbook
          </a>
        )}
        <ScopedLink to="/integrations/logs" with={{ system: id }}>
          Its logs
        </ScopedLink>
        <ScopedLink to="/integrations/traces" with={{ system: id }}>
          Its traces
        </ScopedLink>
      </div>
      <Shown of={detail} height={640}>
        {(answer) => <Detail of={answer} id={id} />}
      </Shown>
    </div>
  )
}

function Detail({ of, id }: { of: IntegrationDetail; id: string }) {
  const now = useNow()
  const span = useSpan()
  const { system } = of
  const byBucket = new Map(of.buckets.map((row) => [Date.parse(row.bucket), row]))
  const seconds = (ms: number | null | undefined): number | null => (typeof ms === 'number' ? ms / 1000 : null)
  return (
    <>
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Calls', value: count(system.calls) },
            { name: 'Failed technically', value: percent(system.error_rate), note: count(system.technical) },
            { name: 'Median', value: took(system.p50_ms) },
            { name: 'p95', value: took(system.p95_ms) },
            { name: 'p99', value: took(system.p99_ms) },
            { name: 'Retries', value: count(system.retries) },
            { name: 'Documents served', value: count(system.documents) },
            { name: 'Documents blocked', value: count(system.documents_blocked) },
            { name: 'Last seen', value: ago(system.last_at, now) },
          ]}
        />
      </section>
      <div className="split">
        <Panel title="Calls by outcome" note={`by ${of.bucket}, n = ${count(system.calls)}`}>
          <StackedBars
            title={`Calls of ${id} by ${of.bucket} and outcome`}
            noun="calls"
            series={STATUS_SERIES}
            points={statusPoints(of.buckets, span, now)}
            height={210}
          />
        </Panel>
        <Panel title="Latency" note={`elapsed time, by ${of.bucket}`}>
          <ValueLines
            title={`Latency of ${id}`}
            unit="s"
            format={duration}
            axis={latencyAxis}
            height={210}
            series={[
              { key: 'p50', label: 'Median', color: 'var(--data)' },
              { key: 'p95', label: 'p95', color: 'var(--data-soft)' },
              { key: 'p99', label: 'p99', color: 'var(--data-soft)', dash: '3 3' },
            ]}
            points={spanBuckets(span, now).map((start) => {
              const row = byBucket.get(Date.parse(start))
              return {
                label: shortBucket(start, span.bucket),
                title: longBucket(start, span.bucket),
                values: { p50: seconds(row?.p50_ms), p95: seconds(row?.p95_ms), p99: seconds(row?.p99_ms) },
              }
            })}
          />
        </Panel>
      </div>
      {of.blocked.length > 0 && <BlockedPanel of={of.blocked} total={system.documents_blocked} />}
      <div className="split">
        <Panel title="What goes wrong" note="by kind of error">
          {of.errors.length === 0 ? (
            <Empty title="Nothing failed in this span" />
          ) : (
            <Table<Failure>
              label="List of what goes wrong"
              rows={of.errors}
              rowKey={(one) => `${one.class} ${one.category} ${one.status} ${one.status_code} ${one.error_type}`}
              columns={[
                {
                  head: 'Error',
                  render: (one) => (
                    <div className="two-lines">
                      <ScopedLink to={`/integrations/traces/${encodeURIComponent(one.trace_id)}`} with={{ at: one.span_id }}>
                        {one.message || one.error_type || 'Without a message'}
                      </ScopedLink>
                      <span className="row">
                        {isExceptionClass(one.class) ? (
                          <ClassBadge of={one.class} category={one.category} />
                        ) : (
                          <span className="dim">{categoryName(one.category)}</span>
                        )}
                        <span className="dim">{statusWords(one)}</span>
                      </span>
                    </div>
                  ),
                },
                { head: 'Calls', render: (one) => count(one.calls), right: true },
                { head: 'Documents', render: (one) => count(one.documents), right: true },
                { head: 'Last', render: (one) => ago(one.last_at, now), nowrap: true },
              ]}
            />
          )}
        </Panel>
        <Panel title="Operations" note="most technical failures first">
          <Table<Operation>
            label="List of operations"
            rows={of.operations}
            rowKey={(one) => `${one.kind} ${one.operation}`}
            columns={[
              {
                head: 'Operation',
                render: (one) => (
                  <div className="two-lines">
                    <span>{one.operation}</span>
                    <span className="dim">{one.kind}</span>
                  </div>
                ),
              },
              { head: 'Calls', render: (one) => count(one.calls), right: true },
              {
                head: 'Error rate',
                render: (one) => <span className={one.technical > 0 ? 'rate-bad' : 'dim'}>{percent(one.error_rate)}</span>,
                right: true,
              },
              { head: 'p50', render: (one) => took(one.p50_ms), right: true },
              { head: 'p95', render: (one) => took(one.p95_ms), right: true },
            ]}
          />
        </Panel>
      </div>
      <RecentFailures id={id} />
    </>
  )
}

function BlockedPanel({ of, total }: { of: readonly Blocked[]; total: number }) {
  const now = useNow()
  const [all, setAll] = useState(false)
  return (
    <Panel title="Documents that wait for this system" note={counted(total, 'document')} of="technical">
      <Table<Blocked>
        label="List of documents that wait for this system"
        rows={all ? of : of.slice(0, FIRST_BLOCKED)}
        rowKey={(one) => `${one.type} ${one.id} ${one.operation}`}
        columns={[
          {
            head: 'Document',
            render: ({ type, id }) => (
              <>
                <span className="dim">{words(type)}</span> <DocumentLink type={type} id={id} />
              </>
            ),
            nowrap: true,
          },
          { head: 'Operation', render: ({ operation }) => operation },
          { head: 'Blocked for', render: ({ since }) => duration((now - Date.parse(since)) / 1000), right: true },
          { head: 'Failures', render: ({ failures }) => count(failures), right: true },
          { head: 'Said last', render: ({ message }) => (message === '' ? <span className="dim">–</span> : message) },
          {
            head: 'Trace',
            render: ({ trace_id }) => <ScopedLink to={`/integrations/traces/${encodeURIComponent(trace_id)}`}>Open</ScopedLink>,
          },
        ]}
      />
      {of.length > FIRST_BLOCKED && (
        <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${count(of.length)}`}
        </Button>
      )}
    </Panel>
  )
}

function RecentFailures({ id }: { id: string }) {
  const span = useSpan()
  const calls = useSpanAnswer('Calls', '/v1/integrations/calls', { system: id, status: 'not_ok', limit: 25 }, { span })
  return (
    <Panel
      title="Latest calls that did not end well"
      note={calls.data === undefined ? undefined : `since ${instant(calls.data.from)}`}
    >
      <Shown of={calls} height={200}>
        {({ calls: rows }) =>
          rows.length === 0 ? <Empty title="None in this span" /> : <CallsTable label="Latest failing calls" calls={rows} />
        }
      </Shown>
    </Panel>
  )
}
