import { Button, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Violations } from '../../../api/contract/controls.ts'
import { SEVERITIES } from '../../../model/controls.ts'
import { useViolations } from '../../answers.ts'
import { count, instant, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Severity } from '../../parts/severity.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { ShowMore } from '../../parts/show-more.tsx'
import { Empty, Fault, Loading } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import { ExportButton } from './export-button.tsx'
import { ViolationDrawer } from './violation-drawer.tsx'
import { ViolationState } from './violation-parts.tsx'

type Violation = Violations['violations'][number]

const CSV_HEAD = [
  'id',
  'control',
  'severity',
  'state',
  'detected_at',
  'document_type',
  'document_id',
  'amount',
  'currency',
  'offender',
  'policy',
  'policy_version',
  'detail',
]

/** Violations of the window, of one control or of all, with filters in the address. */
export function ViolationsPanel({ control }: { control?: string }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [opened, setOpened] = useState<string | null>(null)
  const chosen = (name: string) => search.get(name) ?? undefined
  const filter = { control, state: chosen('state'), severity: chosen('severity'), offender: chosen('offender') }
  const answer = useViolations(filter)
  const pages = answer.data?.pages
  const rows = pages?.flatMap(({ violations }) => violations)
  const total = pages?.[0]?.totals.reduce((sum, { n }) => sum + n, 0) ?? 0
  return (
    <Panel
      title="Violations"
      note={rows === undefined ? undefined : `${count(rows.length)} of ${count(total)}, the latest first`}
      aside={
        <div className="row">
          <Select
            size="xs"
            aria-label="State"
            placeholder="Any state"
            clearable
            data={['open', 'accepted', 'remediated', 'retracted']}
            value={filter.state ?? null}
            onChange={(value) => setParameters({ state: value ?? undefined })}
          />
          <Select
            size="xs"
            aria-label="Severity"
            placeholder="Any severity"
            clearable
            data={[...SEVERITIES]}
            value={filter.severity ?? null}
            onChange={(value) => setParameters({ severity: value ?? undefined })}
          />
          <TextInput
            size="xs"
            aria-label="Offender"
            placeholder="Offender"
            defaultValue={filter.offender ?? ''}
            onBlur={({ currentTarget }) => setParameters({ offender: currentTarget.value.trim() || undefined })}
            onKeyDown={({ key, currentTarget }) => {
              if (key === 'Enter') currentTarget.blur()
            }}
          />
          <CsvButton
            name="violations"
            head={CSV_HEAD}
            rows={rows}
            cells={(one) => [
              one.id,
              one.control,
              one.severity,
              one.state,
              one.detected_at,
              one.document_type,
              one.document_id,
              one.amount,
              one.currency,
              one.offender,
              one.policy_id,
              one.policy_version,
              one.detail,
            ]}
          />
          <ExportButton filter={filter} />
        </div>
      }
    >
      {answer.isError && rows === undefined && <Fault error={answer.error} retry={() => void answer.refetch()} />}
      {rows === undefined && !answer.isError && <Loading height={280} />}
      {rows?.length === 0 && (
        <Empty title="No violation in this window">
          <p>Controls that are not evaluable find nothing; what they need stands beside them.</p>
        </Empty>
      )}
      {rows !== undefined && rows.length > 0 && <ViolationTable rows={rows} onOpen={setOpened} ofOne={control !== undefined} />}
      <ShowMore of={answer} />
      <ViolationDrawer id={opened} onClose={() => setOpened(null)} onOpen={setOpened} />
    </Panel>
  )
}

function ViolationTable({ rows, onOpen, ofOne }: { rows: readonly Violation[]; onOpen: (id: string) => void; ofOne: boolean }) {
  return (
    <Table<Violation>
      label="List of violations"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Came about', render: ({ detected_at }) => instant(detected_at), nowrap: true },
        {
          head: 'What',
          render: (one) => (
            <div className="two-lines">
              <span>{ofOne ? one.detail : one.title}</span>
              <span className="dim">{ofOne ? one.policy_id : one.detail}</span>
            </div>
          ),
        },
        {
          head: 'Document',
          render: (one) => (
            <div className="two-lines">
              <DocumentLink type={one.document_type} id={one.document_id} />
              <span className="dim">{words(one.document_type)}</span>
            </div>
          ),
        },
        { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
        { head: 'State', render: ({ state }) => <ViolationState of={state} />, nowrap: true },
        { head: 'Offender', render: ({ offender }) => offender || <span className="dim">–</span> },
        { head: 'At risk', render: (one) => money(one.amount, one.currency), right: true },
        {
          id: 'open',
          head: <span className="visually-hidden">Open</span>,
          render: (one) => (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Evidence of ${one.title}, ${one.document_id}`}
              onClick={() => onOpen(one.id)}
            >
              Evidence
            </Button>
          ),
        },
      ]}
    />
  )
}
