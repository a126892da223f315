import type { LogRecord } from '../../../api/contract/integrations.ts'
import { instant, timeOfDay } from '../../format.ts'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'
import { Table } from '../../parts/table.tsx'

const TONES: Readonly<Record<string, Tone>> = { fatal: 'bad', error: 'bad', warn: 'caution' }

/** Log records, one a line. */
export function LogLines({ logs }: { logs: readonly LogRecord[] }) {
  return (
    <Table<LogRecord>
      label="List of log records"
      rows={logs}
      rowKey={({ log_id }) => log_id}
      columns={[
        {
          head: 'At',
          render: ({ at }) => <span title={at}>{`${instant(at).replace(/ \d{4},.*/u, '')} ${timeOfDay(at)}`}</span>,
          nowrap: true,
        },
        {
          head: 'Severity',
          render: ({ severity }) => (
            <StateChip tone={TONES[severity] ?? 'none'}>{severity === '' ? 'not told' : severity}</StateChip>
          ),
          nowrap: true,
        },
        {
          head: 'System',
          render: ({ system, resource }) => (
            <div className="two-lines">
              <span>{system}</span>
              {resource !== '' && <span className="dim">{resource}</span>}
            </div>
          ),
        },
        {
          head: 'Said',
          render: ({ body, event_name }) => (
            <div className="log-body">
              {event_name !== '' && <strong>{event_name} </strong>}
              {body}
            </div>
          ),
        },
        {
          head: 'Trace',
          render: ({ trace_id, span_id }) =>
            trace_id === '' ? (
              <span className="dim">–</span>
            ) : (
              <ScopedLink to={`/integrations/traces/${encodeURIComponent(trace_id)}`} with={{ at: span_id || undefined }}>
                Open
              </ScopedLink>
            ),
        },
      ]}
    />
  )
}
