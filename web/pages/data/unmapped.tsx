import type { Sources } from '../../../api/contract/data.ts'
import { estimate } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Row = Sources['unmapped'][number]

/** Activities without a canonical name: shown in the process views under their own, used by no KPI. */
export function Unmapped({ of }: { of: readonly Row[] }) {
  return (
    <Panel title="Unmapped activities" note="shown in the process views under their own name, counted by no KPI">
      {of.length === 0 ? (
        <Empty title="Every activity has a canonical name" />
      ) : (
        <Table<Row>
          label="Unmapped activities"
          rows={of.toSorted((a, b) => b.events - a.events)}
          rowKey={({ activity, source }) => `${source} ${activity}`}
          columns={[
            { head: 'Activity', render: ({ activity }) => activity },
            { head: 'Source', render: ({ source }) => <span className="mono">{source}</span> },
            { head: 'Events', render: ({ events }) => estimate(events), right: true },
          ]}
        />
      )}
    </Panel>
  )
}
