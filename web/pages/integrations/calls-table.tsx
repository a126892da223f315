import type { IntegrationCall } from '../../../api/contract/integrations.ts'
import { instant, timeOfDay, words } from '../../format.ts'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Table } from '../../parts/table.tsx'
import { CallStatus } from './call-status.tsx'
import { took } from './milliseconds.ts'

const MOST_DOCUMENTS = 3

/** Calls with how they ended, the documents that they served, and their traces. */
export function CallsTable({ label, calls }: { label: string; calls: readonly IntegrationCall[] }) {
  return (
    <Table<IntegrationCall>
      label={label}
      rows={calls}
      rowKey={({ trace_id, span_id }) => `${trace_id} ${span_id}`}
      columns={[
        {
          head: 'Started',
          render: ({ started_at }) => (
            <span title={started_at}>{`${instant(started_at).replace(/ \d{4},.*/u, '')} ${timeOfDay(started_at)}`}</span>
          ),
          nowrap: true,
        },
        { head: 'Operation', render: ({ operation }) => operation },
        { head: 'Outcome', render: (call) => <CallStatus of={call} />, nowrap: true },
        { head: 'Message', render: ({ message, error_type }) => message || error_type || <span className="dim">–</span> },
        { head: 'Took', render: ({ duration_ms }) => took(duration_ms), right: true },
        { head: 'Try', render: ({ attempt }) => (attempt === 0 ? <span className="dim">–</span> : String(attempt)), right: true },
        { head: 'Documents', render: ({ objects }) => <Documents of={objects} /> },
        {
          head: 'Trace',
          render: ({ trace_id, span_id }) => (
            <ScopedLink to={`/integrations/traces/${encodeURIComponent(trace_id)}`} with={{ at: span_id }}>
              Open
            </ScopedLink>
          ),
        },
      ]}
    />
  )
}

/** The first documents of a list, as links. */
export function Documents({ of }: { of: readonly { type: string; id: string }[] }) {
  if (of.length === 0) return <span className="dim">–</span>
  return (
    <span className="documents">
      {of.slice(0, MOST_DOCUMENTS).map(({ type, id }) => (
        <span key={`${type} ${id}`} title={words(type)}>
          <DocumentLink type={type} id={id} />
        </span>
      ))}
      {of.length > MOST_DOCUMENTS && <span className="dim">and {of.length - MOST_DOCUMENTS} more</span>}
    </span>
  )
}
