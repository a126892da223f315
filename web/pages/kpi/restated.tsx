import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Restatements } from '../../../api/contract/frozen-months.ts'
import { useAnswer } from '../../answers.ts'
import { bucketLabel, count, counted, instant, measure, words } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type RestatedKpi = Restatements['kpis'][number]
type Changed = RestatedKpi['documents'][number]

/** What changed of a month since it was closed: each number then and now, and the documents that moved it. */
export function Restated({ month }: { month: string }) {
  const [shown, show] = useState<string>()
  const answer = useAnswer('Restatements', '/v1/restatements', { month })
  const name = bucketLabel(`${month}-01`, 'month')
  const kpi = answer.data?.kpis.find((one) => one.kpi === shown)
  return (
    <>
      <Panel
        title={`Restated in ${name}`}
        note={answer.data === undefined ? undefined : `since ${instant(answer.data.as_of)}`}
        aside={<RestatedCsv month={month} kpis={answer.data?.kpis} />}
      >
        <Shown of={answer} height={200}>
          {({ kpis }) =>
            kpis.length === 0 ? (
              <Empty title="Nothing of this month has changed since" />
            ) : (
              <Table<RestatedKpi>
                label={`KPIs of ${name} that changed`}
                rows={kpis}
                rowKey={(one) => one.kpi}
                columns={[
                  { head: 'KPI', render: (one) => <ScopedLink to={`/kpis/${one.kpi}`}>{one.title}</ScopedLink> },
                  { head: 'Reported', render: ({ was, unit }) => measure(was.value, unit), right: true },
                  { head: 'Now', render: ({ now, unit }) => measure(now.value, unit), right: true },
                  { head: 'n reported', render: ({ was }) => count(was.n), right: true },
                  { head: 'n now', render: ({ now }) => count(now.n), right: true },
                  { head: 'Open reported', render: ({ was }) => count(was.open), right: true },
                  { head: 'Open now', render: ({ now }) => count(now.open), right: true },
                  {
                    head: 'Changed',
                    right: true,
                    render: (one) => (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-pressed={one.kpi === shown}
                        aria-label={`What changed of ${one.title}`}
                        onClick={() => show(one.kpi === shown ? undefined : one.kpi)}
                      >
                        {count(one.changed)}
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Shown>
      </Panel>
      {kpi !== undefined && <ChangedDocuments kpi={kpi} />}
    </>
  )
}

function ChangedDocuments({ kpi }: { kpi: RestatedKpi }) {
  const { documents, changed, title, unit } = kpi
  const stateText = (state: Changed['now']): string => {
    if (state === null) return 'Not known'
    if (state.state !== 'counted') return state.reason === '' ? words(state.state) : `${words(state.state)}, ${state.reason}`
    return unit === 's' ? `Counted, ${measure(state.value, unit)}` : `Counted, ${state.value} of ${state.weight}`
  }
  return (
    <Panel
      title={`${title}: what changed`}
      note={
        documents.length < changed ? `${count(documents.length)} of ${counted(changed, 'change')}` : counted(changed, 'change')
      }
    >
      <Table<Changed>
        label={`Documents that changed ${title}`}
        rows={documents}
        rowKey={({ type, id, subject }) => `${type} ${id} ${subject}`}
        columns={[
          { head: 'Document', render: ({ type, id }) => <DocumentLink type={type} id={id} /> },
          { head: 'Type', render: ({ type }) => words(type) },
          { head: 'Reported', render: ({ was }) => stateText(was) },
          { head: 'Now', render: ({ now }) => stateText(now) },
          { head: 'Known since', render: ({ known_since }) => instant(known_since), nowrap: true },
        ]}
      />
    </Panel>
  )
}

function RestatedCsv({ month, kpis }: { month: string; kpis: readonly RestatedKpi[] | undefined }) {
  return (
    <CsvButton
      name={`restatements-${month}`}
      head={['kpi', 'unit', 'value_reported', 'value_now', 'n_reported', 'n_now', 'open_reported', 'open_now', 'changed']}
      rows={kpis}
      cells={({ kpi, unit, was, now, changed }) => [kpi, unit, was.value, now.value, was.n, now.n, was.open, now.open, changed]}
    />
  )
}
