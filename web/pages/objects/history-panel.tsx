import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ObjectHistory } from '../../../api/contract/object.ts'
import { useAnswer } from '../../answers.ts'
import { counted, duration, instant, words } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Change = ObjectHistory['changes'][number]

const SHOWN = 25
const KINDS: Record<Change['kind'], string> = {
  kpi: 'KPI',
  clock: 'Service level',
  delay: 'Time',
  violation: 'Control',
}

/** What was known of a document when: how its answers changed as events came late or were corrected. */
export function HistoryPanel({ type, id }: { type: string; id: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Panel
      title="What was known when"
      note="old and new of every figure that this document moved"
      aside={
        <Button size="compact-xs" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show'}
        </Button>
      }
    >
      {isOpen ? (
        <History type={type} id={id} />
      ) : (
        <p className="dim" style={{ margin: 0 }}>
          Late and corrected events change figures after the fact; every state is kept.
        </p>
      )}
    </Panel>
  )
}

function History({ type, id }: { type: string; id: string }) {
  const [limit, setLimit] = useState(SHOWN)
  const { data: catalogue } = useAnswer('KpiCatalogue', '/v1/kpis')
  const titles = new Map(catalogue?.kpis.map(({ kpi, title }) => [kpi, title]))
  const timed = new Set(catalogue?.kpis.filter(({ unit }) => unit === 's').map(({ kpi }) => kpi))
  const history = useAnswer('ObjectHistory', `/v1/objects/${encodeURIComponent(type)}/${encodeURIComponent(id)}/history`)
  return (
    <Shown of={history} height={200}>
      {({ changes }) =>
        changes.length === 0 ? (
          <Empty title="Nothing is computed of it yet" />
        ) : (
          <>
            <Table<Change>
              label="Changes"
              rows={changes.slice(0, limit)}
              rowKey={({ known_since, kind, name, subject }) => `${known_since} ${kind} ${name} ${subject}`}
              columns={[
                { head: 'Known since', render: ({ known_since }) => instant(known_since) },
                { head: 'What', render: ({ kind }) => KINDS[kind] },
                {
                  head: 'Of',
                  render: ({ name, subject }) =>
                    [titles.get(name) ?? words(name), subject].filter((part) => part !== '').join(', '),
                },
                {
                  head: 'Before',
                  render: ({ before, kind, name }) =>
                    before === null ? '–' : stateText(before, kind !== 'kpi' || timed.has(name)),
                },
                { head: 'After', render: ({ after, kind, name }) => stateText(after, kind !== 'kpi' || timed.has(name)) },
              ]}
            />
            {changes.length > limit && (
              <Button size="xs" variant="default" mt="sm" onClick={() => setLimit(limit + 100)}>
                Show more of {counted(changes.length, 'change')}
              </Button>
            )}
          </>
        )
      }
    </Shown>
  )
}

function stateText({ state, value }: Change['after'], isDuration: boolean): string {
  if (value === null) return words(state)
  return `${words(state)}, ${isDuration ? duration(value) : value.toLocaleString('en', { maximumFractionDigits: 2 })}`
}
