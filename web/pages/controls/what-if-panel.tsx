import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { WhatIf } from '../../../api/contract/controls.ts'
import { useAct } from '../../answers.ts'
import { count, instant, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Empty, Fault } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'

/** Replays the window with another tolerance: what would pass, what would not, and what money nobody would look at. */
export function WhatIfPanel({ control, tolerances }: { control: string; tolerances: readonly string[] }) {
  const { window } = useScope()
  const [tolerance, setTolerance] = useState(tolerances[0] ?? '')
  const [step, setStep] = useState('')
  const [value, setValue] = useState<number | ''>('')
  const replay = useAct('WhatIf', () => ({
    path: '/v1/controls/what-if',
    body: {
      control,
      tolerance: tolerance === 'approval_limit' ? `approval_limit ${step.trim()}` : tolerance,
      value: Number(value),
      from: window.from,
      ...(window.to === undefined ? {} : { to: window.to }),
    },
  }))
  const needsStep = tolerance === 'approval_limit'
  return (
    <Panel title="What if" note="the window again, with one tolerance changed; nothing is kept">
      <form
        className="row what-if"
        onSubmit={(event) => {
          event.preventDefault()
          replay.mutate()
        }}
      >
        <Select
          size="xs"
          label="Tolerance"
          allowDeselect={false}
          data={tolerances.map((name) => ({ value: name, label: words(name) }))}
          value={tolerance}
          onChange={(name) => setTolerance(name ?? '')}
        />
        {needsStep && (
          <TextInput
            size="xs"
            label="Step of the matrix"
            placeholder="plant_manager"
            value={step}
            onChange={({ currentTarget }) => setStep(currentTarget.value)}
          />
        )}
        <NumberInput
          size="xs"
          label="Would be"
          min={0}
          value={value}
          onChange={(next) => setValue(typeof next === 'number' ? next : '')}
        />
        <Button size="xs" type="submit" loading={replay.isPending} disabled={value === '' || (needsStep && step.trim() === '')}>
          Replay
        </Button>
      </form>
      {replay.isError && <Fault error={replay.error} />}
      {replay.data !== undefined && <Result of={replay.data} />}
    </Panel>
  )
}

function Result({ of }: { of: WhatIf }) {
  return (
    <div className="stack section-gap" role="status">
      <p className="plain-text">
        <strong>{of.sentence}</strong>
      </p>
      <Figures
        items={[
          { name: `${words(of.counts)} before`, value: count(of.before) },
          { name: 'After', value: count(of.after) },
          { name: 'Documents that change', value: count(of.changed_total) },
        ]}
      />
      {of.changed.length === 0 ? (
        <Empty title="No document would be another way" />
      ) : (
        <>
          <div className="row">
            <CsvButton
              name={`what-if-${of.control}`}
              head={['document_type', 'document_id', 'at', 'change', 'amount', 'currency', 'detail']}
              rows={of.changed}
              cells={(one) => [one.document_type, one.document_id, one.at, one.change, one.amount, one.currency, one.detail]}
            />
          </div>
          <Table<WhatIf['changed'][number]>
            label="Documents that would change"
            rows={of.changed}
            rowKey={(one) => `${one.document_type} ${one.document_id} ${one.at} ${one.detail}`}
            columns={[
              { head: 'At', render: ({ at }) => instant(at), nowrap: true },
              { head: 'Document', render: (one) => <DocumentLink type={one.document_type} id={one.document_id} /> },
              { head: 'Would', render: ({ change }) => (change === 'passes' ? 'pass' : 'violate'), nowrap: true },
              { head: 'Amount', render: (one) => money(one.amount, one.currency), right: true },
              { head: 'Now', render: ({ detail }) => detail },
            ]}
          />
        </>
      )}
    </div>
  )
}
