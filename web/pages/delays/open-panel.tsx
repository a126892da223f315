import type { Delays } from '../../../api/contract/delays.ts'
import { count, duration, words } from '../../format.ts'
import { CauseMark, causeName } from '../../parts/delay-causes.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'

type Row = Delays['open'][number]
const SHOWN = 12

/** What documents wait for that have not finished yet. */
export function OpenPanel({ of }: { of: Delays }) {
  const setParameters = useSetParameters()
  const documents = of.open.reduce((sum, one) => sum + one.documents, 0)
  return (
    <Panel title="Open now" note={`${count(documents)} not finished; what their time is charged to since their last event`}>
      {of.open.length === 0 ? (
        <Empty title="Nothing is open" />
      ) : (
        <Table<Row>
          label="Open documents by what they wait for"
          rows={of.open.slice(0, SHOWN)}
          rowKey={(row) => `${row.cause} ${row.stage} ${row.system}`}
          columns={[
            {
              head: 'Cause',
              nowrap: true,
              render: (row) => (
                <button type="button" className="plain" onClick={() => setParameters({ open_cause: row.cause })}>
                  <CauseMark of={row.cause} />
                  {causeName(row.cause)}
                  {row.system !== '' && `: ${row.system}`}
                </button>
              ),
            },
            { head: 'Stage', render: (row) => words(row.stage), nowrap: true },
            { head: 'Documents', render: (row) => count(row.documents), right: true },
            { head: 'Overdue', render: (row) => count(row.overdue), right: true },
            { head: 'Mean wait', render: (row) => duration(row.waited_s / row.documents), right: true },
            { head: 'Mean age', render: (row) => duration(row.aged_s / row.documents), right: true },
          ]}
        />
      )}
    </Panel>
  )
}
