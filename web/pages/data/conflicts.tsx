import type { Sources } from '../../../api/contract/data.ts'
import { count, counted, instant } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Row = Sources['conflicts'][number]

/** Events that came again with the same id and other content: the first arrival stands, the rest is named here. */
export function Conflicts({ of, corrections }: { of: readonly Row[]; corrections: number }) {
  return (
    <Panel
      title="Conflicts"
      note={`same id, different content: the first arrival stands · ${counted(corrections, 'correction')} took an earlier event’s place as intended`}
    >
      {of.length === 0 ? (
        <Empty title="No conflicts">
          <p>Every copy of an event that arrived more than once had the same content.</p>
        </Empty>
      ) : (
        <Table<Row>
          label="Conflicts"
          rows={of}
          rowKey={({ event_id }) => event_id}
          columns={[
            { head: 'Id at the source', render: ({ natural_id }) => <span className="mono">{natural_id}</span> },
            { head: 'Source', render: ({ source }) => <span className="mono">{source}</span> },
            { head: 'First arrival', render: ({ first_received_at }) => instant(first_received_at), nowrap: true },
            { head: 'Copies', render: ({ copies }) => count(copies), right: true },
            { head: 'Event id', render: ({ event_id }) => <span className="mono dim">{event_id}</span> },
          ]}
        />
      )}
    </Panel>
  )
}
