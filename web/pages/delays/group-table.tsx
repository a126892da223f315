import { NativeSelect } from '@mantine/core'
import type { Delays } from '../../../api/contract/delays.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, duration, percent, words } from '../../format.ts'
import { CauseMark, DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { GROUPS } from './picks.ts'

type Row = { group: string; seconds: Map<string, number>; total: number; documents: number }
const SHOWN = 30
const PICKED_BY = new Set(['stage', 'holder', 'system'])

/** Hours by group and cause; a group can be chosen, and all figures are then of it. */
export function GroupTable({ type, by, filters }: { type: string; by: string | undefined; filters: Record<string, string> }) {
  const setParameters = useSetParameters()
  const group = GROUPS.find((one) => one === by) ?? 'supplier'
  const answer = useWindowAnswer('Delays', `/v1/process/${encodeURIComponent(type)}/delays`, {
    bucket: 'all',
    group_by: group,
    ...filters,
  })
  return (
    <Panel
      title={`By ${words(group).toLowerCase()}`}
      note="elapsed time by cause, most first"
      aside={
        <NativeSelect
          aria-label="Group by"
          size="xs"
          value={group}
          onChange={(event) => setParameters({ by: event.currentTarget.value })}
          data={GROUPS.map((one) => ({ value: one, label: words(one) }))}
        />
      }
    >
      <Shown of={answer} height={280}>
        {(delays) => (
          <Table<Row>
            label={`Time by ${words(group).toLowerCase()}`}
            rows={rowsOf(delays).slice(0, SHOWN)}
            rowKey={(row) => row.group}
            columns={[
              {
                head: words(group),
                nowrap: true,
                render: (row) =>
                  row.group === '' || group === 'step' ? (
                    row.group || <span className="dim">none given</span>
                  ) : (
                    <button type="button" className="plain" onClick={() => setParameters({ [group]: row.group })}>
                      {PICKED_BY.has(group) ? words(row.group) : row.group}
                    </button>
                  ),
              },
              { head: 'Documents', render: (row) => count(row.documents), right: true },
              { head: 'Time', render: (row) => duration(row.total), right: true },
              ...DELAY_CAUSES.map(({ key, label }) => ({
                id: key,
                head: (
                  <>
                    <CauseMark of={key} />
                    {label}
                  </>
                ),
                right: true,
                render: (row: Row) => percent((row.seconds.get(key) ?? 0) / row.total),
              })),
            ]}
          />
        )}
      </Shown>
    </Panel>
  )
}

function rowsOf({ rows, groups }: Delays): Row[] {
  const found = new Map<string, Row>()
  for (const { group, cause, working_s, off_s, documents } of rows) {
    const row = found.get(group) ?? { group, seconds: new Map<string, number>(), total: 0, documents: 0 }
    row.seconds.set(cause, working_s + off_s)
    row.total += working_s + off_s
    row.documents = Math.max(row.documents, documents)
    found.set(group, row)
  }
  for (const { group, documents } of groups) {
    const row = found.get(group)
    if (row !== undefined) row.documents = documents
  }
  return [...found.values()].toSorted((a, b) => b.total - a.total)
}
