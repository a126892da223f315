import { Button } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { FrozenMonth } from '../../../api/contract/frozen-months.ts'
import { useAct, useAnswer } from '../../answers.ts'
import { bucketLabel, instant } from '../../format.ts'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { useSession } from '../../session.ts'
import { CloseMonth } from './close-month.tsx'
import { Restated } from './restated.tsx'

/** Months whose numbers were reported: kept as they were known then, and what changed of them since. */
export function ClosedMonthsPage() {
  const admin = useSession().scopes.includes('admin')
  const [isClosing, setClosing] = useState(false)
  const [search] = useSearchParams()
  const months = useAnswer('FrozenMonths', '/v1/frozen-months')
  const chosen = search.get('month') ?? months.data?.months.at(-1)?.month
  return (
    <>
      <PageHead
        title="Closed months"
        aside={
          admin && (
            <Button size="xs" onClick={() => setClosing(true)}>
              Close a month
            </Button>
          )
        }
      >
        <ScopedLink to="/kpis">KPIs</ScopedLink> · asked as frozen, the numbers of a closed month stay as they were reported; what
        arrives later is listed as a restatement
      </PageHead>
      <div className="stack">
        <Panel title="Months">
          <Shown of={months} height={120}>
            {(data) =>
              data.months.length === 0 ? (
                <Empty certain title="No month is closed">
                  <p>
                    {admin
                      ? 'Close a month once its numbers are reported: late events then change them openly, as restatements.'
                      : 'An administrator closes a month once its numbers are reported.'}
                  </p>
                </Empty>
              ) : (
                <Months months={data.months} chosen={chosen} admin={admin} />
              )
            }
          </Shown>
        </Panel>
        {chosen !== undefined && <Restated key={chosen} month={chosen} />}
      </div>
      {isClosing && <CloseMonth onClose={() => setClosing(false)} />}
    </>
  )
}

function Months({ months, chosen, admin }: { months: readonly FrozenMonth[]; chosen: string | undefined; admin: boolean }) {
  const setParameters = useSetParameters()
  const open = useAct('ReopenedMonth', (month: string) => ({
    method: 'DELETE',
    path: `/v1/frozen-months/${encodeURIComponent(month)}`,
  }))
  return (
    <>
      {open.isError && <Fault error={open.error} />}
      <Table<FrozenMonth>
        label="Closed months"
        rows={months.toReversed()}
        rowKey={({ month }) => month}
        columns={[
          {
            head: 'Month',
            render: ({ month }) => (
              <Button
                size="compact-xs"
                variant={month === chosen ? 'filled' : 'default'}
                aria-pressed={month === chosen}
                onClick={() => setParameters({ month })}
              >
                {bucketLabel(`${month}-01`, 'month')}
              </Button>
            ),
          },
          { head: 'As known on', render: ({ as_of }) => instant(as_of), nowrap: true },
          { head: 'Closed by', render: ({ frozen_by }) => frozen_by },
          { head: 'Note', render: ({ note }) => note },
          ...(admin
            ? [
                {
                  head: <span className="visually-hidden">Open again</span>,
                  id: 'open',
                  right: true,
                  render: ({ month }: FrozenMonth) => (
                    <Button
                      size="compact-xs"
                      variant="default"
                      loading={open.isPending && open.variables === month}
                      aria-label={`Open ${bucketLabel(`${month}-01`, 'month')} again`}
                      onClick={() => open.mutate(month, { onSuccess: () => setParameters({ month: undefined }) })}
                    >
                      Open again
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  )
}
