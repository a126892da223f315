import { Button } from '@mantine/core'
import type { CSSProperties } from 'react'
import type { Delays } from '../../../api/contract/delays.ts'
import { csvText, download } from '../../csv.ts'
import { duration, words } from '../../format.ts'
import { CauseMark, DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'

type Cell = Delays['stages'][number]
type Row = { stage: string; cells: Map<string, Cell>; total: number }

/** Mean time of a document in each stage by cause, with the change since the period before. */
export function StageTable({ of }: { of: Delays }) {
  const setParameters = useSetParameters()
  const rows = new Map<string, Row>()
  for (const cell of of.stages) {
    const row = rows.get(cell.stage) ?? { stage: cell.stage, cells: new Map(), total: 0 }
    row.cells.set(cell.cause, cell)
    row.total += cell.mean_s ?? 0
    rows.set(cell.stage, row)
  }
  const most = Math.max(1, ...of.stages.map((cell) => cell.mean_s ?? 0))
  const exportRows = (): void =>
    download(
      `delay-stages-${of.type}-${of.from.slice(0, 10)}.csv`,
      csvText(
        ['stage', 'cause', 'working_s', 'off_s', 'documents', 'mean_s', 'previous_mean_s', 'change_s'],
        of.stages.map((one) => [
          one.stage,
          one.cause,
          one.working_s,
          one.off_s,
          one.documents,
          one.mean_s,
          one.previous_mean_s,
          one.change_s,
        ]),
      ),
    )
  return (
    <Panel
      title="Stage by cause"
      note="mean time of a document; below it the change since the period before. A stage is named by the milestone that ends it"
      aside={
        <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} onClick={exportRows}>
          CSV
        </Button>
      }
    >
      <Table<Row>
        label="Mean time by stage and cause"
        rows={[...rows.values()].toSorted((a, b) => b.total - a.total)}
        rowKey={(row) => row.stage}
        columns={[
          { head: 'Stage', render: (row) => words(row.stage), nowrap: true },
          ...DELAY_CAUSES.map(({ key, label }) => ({
            id: key,
            head: (
              <>
                <CauseMark of={key} />
                {label}
              </>
            ),
            right: true,
            render: (row: Row) => {
              const cell = row.cells.get(key)
              if (cell === undefined) return <span className="dim">–</span>
              return (
                <button
                  type="button"
                  className="plain stage-cell num"
                  style={{ '--share': Math.sqrt((cell.mean_s ?? 0) / most) } as CSSProperties}
                  onClick={() => setParameters({ stage: row.stage, cause: key })}
                  aria-label={`${words(row.stage)}, ${label}: ${duration(cell.mean_s)}; show the documents`}
                >
                  {duration(cell.mean_s)}
                  {cell.change_s !== null && (
                    <small>
                      {cell.change_s > 0 ? '+' : ''}
                      {duration(cell.change_s)}
                    </small>
                  )}
                </button>
              )
            },
          })),
          { head: 'Together', render: (row) => duration(row.total), right: true },
        ]}
      />
    </Panel>
  )
}
