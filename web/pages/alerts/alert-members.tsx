import { useState } from 'react'
import { Button } from '@mantine/core'
import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { count, counted, duration, instant } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Severity } from '../../parts/severity.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Member = AlertDetail['members'][number]

/** Members that are shown at first. */
const SHOWN = 25

/** What an alert is about, one by one: those that go on first, with what technical failures took of their time apart. */
export function Members({ of }: { of: AlertDetail }) {
  const [all, setAll] = useState(false)
  const rows = of.members.toSorted((a, b) => Number(a.ended_at !== null) - Number(b.ended_at !== null))
  const over = rows.filter(({ ended_at }) => ended_at !== null).length
  const parts = [
    counted(rows.length + of.more, 'entry', 'entries'),
    ...(over === 0 ? [] : [`${count(over)} over`]),
    ...(of.more === 0 ? [] : [`${count(of.more)} more that are not listed`]),
  ]
  return (
    <Panel
      title="What belongs to it"
      note={parts.join(' · ')}
      aside={
        <CsvButton
          name={`alert-${of.id}-members`}
          head={['rule', 'key', 'label', 'type', 'id', 'since', 'ended_at', 'severity', 'money', 'technical_s', 'inhibited']}
          rows={rows}
          cells={(one) => [
            one.rule,
            one.key,
            one.label,
            one.object?.type ?? null,
            one.object?.id ?? null,
            one.since,
            one.ended_at,
            one.severity,
            one.money,
            one.technical_s,
            one.inhibited ? 'yes' : 'no',
          ]}
        />
      }
    >
      {rows.length === 0 ? (
        <Empty certain title="Nothing has joined it yet" />
      ) : (
        <>
          <Table<Member>
            label="What belongs to the alert"
            rows={all ? rows : rows.slice(0, SHOWN)}
            rowKey={(one) => `${one.rule} ${one.key} ${one.since}`}
            columns={[
              {
                head: 'Document',
                render: ({ object, label }) =>
                  object === null ? (
                    label
                  ) : (
                    <DocumentLink type={object.type} id={object.id}>
                      {label}
                    </DocumentLink>
                  ),
              },
              { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
              { head: 'Since', render: ({ since }) => instant(since), nowrap: true },
              {
                head: 'Over',
                render: (one) =>
                  one.ended_at !== null ? (
                    instant(one.ended_at)
                  ) : (
                    <span className="dim">{one.inhibited ? 'blocked by an incident' : 'goes on'}</span>
                  ),
                nowrap: true,
              },
              { head: 'Money at risk', render: ({ money }) => money || <span className="dim">–</span>, right: true },
              {
                head: 'Technical delay',
                render: ({ technical_s: of_it }) =>
                  of_it === null ? <span className="dim">–</span> : of_it === 0 ? 'none' : duration(of_it),
                right: true,
              },
            ]}
          />
          {rows.length > SHOWN && !all && (
            <Button variant="default" size="xs" mt="sm" onClick={() => setAll(true)}>
              Show all {count(rows.length)}
            </Button>
          )}
        </>
      )}
    </Panel>
  )
}
