import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ProcessConformance } from '../../../api/contract/process.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, percent, words } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Deviation = ProcessConformance['deviations'][number]
const FIRST = 30
const CANONICAL: ReadonlySet<string> = new Set(['requisition', 'purchase_order', 'invoice', 'payment', 'onboarding'])

/** Documents of a type against an expected order: how well they keep it, and what they skip, insert or swap. */
export function Conformance({ type }: { type: string }) {
  const [text, setText] = useState('')
  const [order, setOrder] = useState('')
  const isAsked = order !== '' || CANONICAL.has(type)
  const answer = useWindowAnswer(
    'ProcessConformance',
    `/v1/process/${encodeURIComponent(type)}/conformance`,
    order === '' ? {} : { order },
    { enabled: isAsked },
  )
  return (
    <Panel
      title="Conformance to an expected order"
      note="activities that the order does not name are not judged"
      aside={
        <CsvButton
          name={`conformance-${type}`}
          head={['kind', 'activity', 'other', 'n', 'cases']}
          rows={isAsked ? answer.data?.deviations : undefined}
          cells={(one) => [one.kind, one.activity, one.other, one.n, one.cases.join(' ')]}
        />
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setOrder(text.trim())
        }}
      >
        <TextInput
          size="xs"
          label="Expected order"
          description="activities separated by commas; empty for the canonical order of the type"
          placeholder={answer.data?.order.join(', ') ?? 'first, second, …'}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </form>
      {isAsked ? (
        <Shown of={answer} height={240}>
          {(of) => <View of={of} />}
        </Shown>
      ) : (
        <Empty certain title="This type has no canonical order">
          <p>Give one above.</p>
        </Empty>
      )}
    </Panel>
  )
}

function View({ of }: { of: ProcessConformance }) {
  if (of.objects === 0) return <Empty title="No document in this window" />
  return (
    <>
      <p className="dim">{of.order.map(words).join(' → ')}</p>
      <Figures
        items={[
          { name: 'Documents', value: count(of.objects), note: `${count(of.open)} not at the last activity yet` },
          { name: 'In order', value: percent(of.conforming / of.objects), note: count(of.conforming) },
          { name: 'Fitness', value: percent(of.fitness), note: 'mean' },
          { name: 'Left out', value: count(of.dropped), note: 'rejected or cancelled' },
        ]}
      />
      {of.deviations.length === 0 ? (
        <Empty title="All of them keep the order" />
      ) : (
        <Table<Deviation>
          label="Deviations from the expected order"
          rows={of.deviations.slice(0, FIRST)}
          rowKey={({ kind, activity, other }) => `${kind} ${activity} ${other}`}
          columns={[
            { head: 'Deviation', render: told },
            { head: 'Documents', render: ({ n }) => count(n), right: true },
            { head: 'Share', render: ({ n }) => percent(n / of.objects), right: true },
            {
              head: 'Some of them',
              render: ({ cases }) => (
                <span className="documents">
                  {cases.map((id) => (
                    <DocumentLink key={id} type={of.type} id={id} />
                  ))}
                </span>
              ),
            },
          ]}
        />
      )}
    </>
  )
}

function told({ kind, activity, other }: Deviation): string {
  if (kind === 'skipped') return `${words(activity)} skipped`
  if (kind === 'inserted') return `${words(activity)} once more`
  return other === '' ? `${words(activity)} out of place` : `${words(activity)} before ${words(other)}`
}
