import { Button } from '@mantine/core'
import { useState } from 'react'
import type { IncidentDetail } from '../../../api/contract/incidents.ts'
import { useAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { StackedBars } from '../../charts/stacked-bars.tsx'
import { count, duration, instant, timeOfDay, bucketLabel, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { IncidentState, MoneyAtRisk } from './incident-parts.tsx'

type Blocked = IncidentDetail['documents'][number]
/** Documents of one page. */
const PAGE = 100
/** What the API gives of an incident at once, for the export. */
const MOST = 1000

/** One incident: its attempts over time, what proves that it is over, the documents that it blocked. */
export function IncidentDetailView({ id }: { id: string }) {
  const answer = useAnswer('IncidentDetail', `/v1/incidents/${encodeURIComponent(id)}`, {}, { refreshMs: 15_000 })
  const of = answer.data
  return (
    <>
      <PageHead title={of === undefined ? 'Incident' : `${of.system}: ${categoryName(of.category)}`}>
        <ScopedLink to="/incidents">All incidents</ScopedLink> · <span className="mono">{id}</span>
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={640}>
        {(incident) => <Detail of={incident} />}
      </Shown>
    </>
  )
}

function Detail({ of }: { of: IncidentDetail }) {
  const { timeline } = of
  const short = (iso: string) => (timeline.bucket_s < 3600 ? timeOfDay(iso).slice(0, 5) : bucketLabel(iso, 'hour'))
  const each = timeline.bucket_s === 60 ? 'minute' : duration(timeline.bucket_s)
  return (
    <div className="stack">
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'State', value: <IncidentState of={of.state} /> },
            { name: 'First failure', value: instant(of.first_failed_at) },
            { name: 'Last failure', value: instant(of.last_failed_at) },
            { name: 'Proved over', value: of.ended_at === null ? 'not yet' : instant(of.ended_at) },
            { name: 'Failed attempts', value: count(of.failed_attempts), note: `of ${count(of.attempts)}` },
            {
              name: 'Operations',
              value: count(of.operations),
              note: `${count(of.operations_healed)} healed, ${count(of.operations_given_up)} given up`,
            },
            { name: 'Documents blocked', value: count(of.documents_blocked), note: `${count(of.documents_blocked_now)} now` },
            { name: 'Money of these', value: <MoneyAtRisk of={of} currency={of.currency} now={false} /> },
            { name: 'At risk now', value: <MoneyAtRisk of={of} currency={of.currency} now /> },
          ]}
        />
      </section>
      {(of.by_cluster_rule || of.announced.length > 0 || of.release_after !== '') && (
        <Panel title="What is known of its cause">
          {of.by_cluster_rule && (
            <p>
              The same refusal for {count(of.suppliers)} suppliers at once, by an operation that was not refused with it before: a
              change of the mapping or of a deployment, whatever the code says.
            </p>
          )}
          {of.release_after !== '' && (
            <p>
              Version that last worked: <span className="mono">{of.release_before || 'not told'}</span>; version that failed:{' '}
              <span className="mono">{of.release_after}</span>.
            </p>
          )}
          {of.announced.length > 0 && (
            <p>
              Told as <span className="mono">{of.announced.join(', ')}</span>.
            </p>
          )}
        </Panel>
      )}
      {timeline.buckets.length > 0 && (
        <Panel title="Attempts on the system" note={`by ${each}, from half an hour before to half an hour after`}>
          <StackedBars
            title={`Attempts on ${of.system} by ${each}`}
            noun="attempts"
            series={[
              { key: 'failed', label: 'Failed', color: 'var(--technical)' },
              { key: 'ok', label: 'Answered', color: 'var(--data-soft)' },
            ]}
            points={timeline.buckets.map((row) => ({
              label: short(row.bucket),
              title: instant(row.bucket),
              values: { failed: row.failed, ok: row.ok },
            }))}
            height={210}
          />
        </Panel>
      )}
      <div className="split">
        <Panel title="Evidence" note="it ends by successes of what failed, never by silence">
          {of.classes.length === 0 ? (
            <Empty title="Told, not tried">
              <p>It was told of the system itself; it ends when that is withdrawn.</p>
            </Empty>
          ) : (
            <Table<IncidentDetail['classes'][number]>
              label="What failed and whether it works again"
              rows={of.classes}
              rowKey={({ operation_class }) => operation_class}
              columns={[
                { head: 'Operation', render: ({ operation_class }) => words(operation_class) },
                { head: 'Last failure', render: ({ last_failed_at }) => instant(last_failed_at), nowrap: true },
                {
                  head: 'Succeeded since',
                  render: ({ recovered_at }) =>
                    recovered_at === null ? <span className="rate-bad">not yet</span> : instant(recovered_at),
                  nowrap: true,
                },
              ]}
            />
          )}
        </Panel>
        <Panel title="What it said" note="the first failures and the last">
          {of.samples.length === 0 ? (
            <Empty title="No failed attempt is known" />
          ) : (
            <Table<IncidentDetail['samples'][number]>
              label="Messages of failures"
              rows={of.samples}
              rowKey={({ id }) => id}
              columns={[
                { head: 'At', render: ({ at }) => instant(at), nowrap: true },
                {
                  head: 'Message',
                  render: ({ message, code, operation, trace_id }) => (
                    <div className="two-lines">
                      {trace_id === '' ? (
                        <span>{message || code}</span>
                      ) : (
                        <ScopedLink to={`/integrations/traces/${encodeURIComponent(trace_id)}`}>{message || code}</ScopedLink>
                      )}
                      <span className="dim">
                        {code} · <span className="mono">{operation}</span>
                      </span>
                    </div>
                  ),
                },
              ]}
            />
          )}
        </Panel>
      </div>
      <BlockedDocuments of={of} />
      {of.clocks.length > 0 && <Clocks of={of} />}
      {of.history.length > 1 && <History of={of.history} />}
    </div>
  )
}

function BlockedDocuments({ of }: { of: IncidentDetail }) {
  const [shown, setShown] = useState(PAGE)
  const more = useAnswer(
    'IncidentDocuments',
    `/v1/incidents/${encodeURIComponent(of.id)}/documents`,
    { limit: MOST },
    { enabled: of.documents_total > of.documents.length },
  )
  const all = more.data?.documents ?? of.documents
  return (
    <Panel
      title="Documents blocked"
      note={`${count(of.documents_total)} by operation; those blocked now first. Money counts once, with the document that the operation is about`}
      aside={
        <CsvButton
          name={`incident-${of.id}-documents`}
          head={[
            'type',
            'id',
            'operation',
            'supplier',
            'blocked_at',
            'released_at',
            'released_by',
            'failed_attempts',
            'amount',
            'currency',
          ]}
          rows={all}
          cells={(one) => [
            one.type,
            one.id,
            one.operation_id,
            one.supplier,
            one.blocked_at,
            one.released_at,
            one.released_by,
            one.failed_attempts,
            one.amount,
            one.currency,
          ]}
        />
      }
    >
      {of.documents_total === 0 ? (
        <Empty title="It blocked no document" />
      ) : (
        <>
          <Table<Blocked>
            label="List of blocked documents"
            rows={all.slice(0, shown)}
            rowKey={(one) => `${one.type} ${one.id} ${one.operation_id}`}
            columns={[
              {
                head: 'Document',
                render: (one) => (
                  <div className="two-lines">
                    <DocumentLink type={one.type} id={one.id} />
                    <span className="dim">{words(one.type)}</span>
                  </div>
                ),
              },
              { head: 'Step', render: (one) => words(one.operation_class) },
              { head: 'Supplier', render: (one) => one.supplier || <span className="dim">–</span> },
              { head: 'Blocked', render: (one) => instant(one.blocked_at), nowrap: true },
              { head: 'Released', render: (one) => <Released of={one} />, nowrap: true },
              { head: 'For', render: (one) => blockedFor(one), right: true },
              { head: 'Failed attempts', render: (one) => count(one.failed_attempts), right: true },
              {
                head: 'Amount',
                render: (one) => (one.leads ? money(one.amount, one.currency) : <span className="dim">–</span>),
                right: true,
              },
            ]}
          />
          {all.length > shown && (
            <Button variant="default" size="xs" mt="sm" onClick={() => setShown(shown + PAGE)}>
              Show more
            </Button>
          )}
        </>
      )}
    </Panel>
  )
}

const WAYS: Readonly<Record<string, string>> = {
  operation: 'the operation succeeded',
  step: 'done another way',
  exception: 'its exception was resolved',
}

function Released({ of }: { of: Blocked }) {
  if (of.released_at === null) return <span className="rate-bad">blocked</span>
  return (
    <div className="two-lines">
      <span>{instant(of.released_at)}</span>
      <span className="dim">{WAYS[of.released_by] ?? of.released_by}</span>
    </div>
  )
}

function blockedFor({ blocked_at, released_at }: Blocked): string {
  return released_at === null ? '–' : duration((Date.parse(released_at) - Date.parse(blocked_at)) / 1000)
}

function Clocks({ of }: { of: IncidentDetail }) {
  return (
    <Panel
      title="Service levels that it burned"
      note={`${count(of.clocks_total)} clocks ran while it blocked their documents; elapsed time`}
    >
      <Table<IncidentDetail['clocks'][number]>
        label="Clocks that the incident burned"
        rows={of.clocks}
        rowKey={(one) => `${one.sla} ${one.type} ${one.id} ${one.started_at}`}
        columns={[
          { head: 'Service level', render: ({ sla }) => <ScopedLink to={`/slas/${encodeURIComponent(sla)}`}>{sla}</ScopedLink> },
          { head: 'Document', render: ({ type, id }) => <DocumentLink type={type} id={id} /> },
          { head: 'State', render: ({ state }) => (state === 'breached' ? <span className="text-bad">breached</span> : state) },
          { head: 'Deadline', render: ({ deadline_at }) => instant(deadline_at), nowrap: true },
          { head: 'Burned', render: ({ burned_s }) => duration(burned_s), right: true },
        ]}
      />
    </Panel>
  )
}

function History({ of }: { of: IncidentDetail['history'] }) {
  return (
    <Panel title="What was known, and since when" note="late events change an incident; what it was before stays">
      <Table<IncidentDetail['history'][number]>
        label="States of the incident"
        rows={of.toReversed()}
        rowKey={({ known_at }) => known_at}
        columns={[
          { head: 'Known since', render: ({ known_at }) => instant(known_at), nowrap: true },
          { head: 'First failure', render: (one) => instant(one.first_failed_at), nowrap: true },
          { head: 'Last failure', render: (one) => instant(one.last_failed_at), nowrap: true },
          { head: 'Ended', render: (one) => (one.ended_at === null ? 'not yet' : instant(one.ended_at)), nowrap: true },
          { head: 'Failed attempts', render: (one) => count(one.failed_attempts), right: true },
          { head: 'Operations', render: (one) => count(one.operations), right: true },
          { head: 'Healed', render: (one) => count(one.operations_healed), right: true },
        ]}
      />
    </Panel>
  )
}
