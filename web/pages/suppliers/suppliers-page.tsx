import { SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useParams } from 'react-router'
import type { Suppliers } from '../../../api/contract/suppliers.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, duration, percent } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'
import { SupplierView } from './supplier-view.tsx'
import '../../styles/intake.css'
import '../../styles/integrations.css'

type Card = Suppliers['suppliers'][number]
const FIRST = 100

/** Score cards of suppliers, or one of them. */
export function SuppliersPage() {
  const { id } = useParams()
  return id === undefined ? <SupplierList /> : <SupplierView id={id} />
}

function SupplierList() {
  const { window } = useScope()
  const [wanted, setWanted] = useState('')
  const [only, setOnly] = useState('all')
  const answer = useWindowAnswer('Suppliers', '/v1/suppliers', {}, { refreshMs: 60_000 })
  const text = wanted.trim().toLowerCase()
  const rows = answer.data?.suppliers.filter(
    (one) => (only === 'all' || one.remarkable > 0) && (text === '' || `${one.id} ${one.name}`.toLowerCase().includes(text)),
  )
  return (
    <>
      <PageHead
        title="Suppliers"
        aside={
          <>
            <TextInput
              size="xs"
              aria-label="Find a supplier"
              placeholder="Find a supplier"
              value={wanted}
              onChange={(event) => setWanted(event.currentTarget.value)}
            />
            <SegmentedControl
              size="xs"
              aria-label="Which suppliers"
              value={only}
              data={[
                { value: 'all', label: 'All' },
                { value: 'remarkable', label: 'Behaviour changed' },
              ]}
              onChange={setOnly}
            />
            <CsvButton
              name="suppliers"
              head={[
                'id',
                'name',
                'class',
                'risk',
                'country',
                'status',
                'spend',
                'orders',
                'invoices',
                'open',
                'exception_rate',
                'duplicates',
                'violations',
                'answer_s',
                'cycle_s',
                'late_rate',
                'remarkable',
              ]}
              rows={rows}
              cells={(one) => [
                one.id,
                one.name,
                one.class,
                one.risk,
                one.country,
                one.status,
                one.spend,
                one.orders,
                one.invoices,
                one.open,
                one.exception_rate,
                one.duplicates,
                one.violations,
                one.answer_s,
                one.cycle_s,
                one.late_rate,
                one.remarkable,
              ]}
            />
          </>
        }
      >
        <ScopedLink to="/suppliers/onboarding">Onboarding</ScopedLink> · score cards, each beside the supplier’s own history ·{' '}
        {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {({ currency, minimum_n }) =>
          rows === undefined || rows.length === 0 ? (
            <Panel title="Suppliers">
              <Empty title={text === '' && only === 'all' ? 'No supplier in this window' : 'No supplier fits'}>
                <p>A document’s supplier is its attribute of that name.</p>
              </Empty>
            </Panel>
          ) : (
            <Panel
              title="Suppliers"
              note={`${count(rows.length)}, by spend; a change is told with ${minimum_n} documents or more in each of four earlier periods`}
            >
              <Table<Card>
                label="List of suppliers"
                rows={rows.slice(0, FIRST)}
                rowKey={({ id }) => id}
                columns={[
                  {
                    head: 'Supplier',
                    render: (one) => (
                      <div className="two-lines">
                        <ScopedLink to={`/suppliers/${encodeURIComponent(one.id)}`}>{one.name || one.id}</ScopedLink>
                        <span className="dim">
                          {[one.name === '' ? '' : one.id, one.class, one.country, one.risk === '' ? '' : `risk ${one.risk}`]
                            .filter((part) => part !== '')
                            .join(' · ')}
                        </span>
                      </div>
                    ),
                  },
                  { head: 'Spend', render: (one) => money(one.spend, currency), right: true },
                  { head: 'Orders', render: (one) => count(one.orders), right: true },
                  { head: 'Invoices', render: (one) => `${count(one.invoices)} (${count(one.open)} open)`, right: true },
                  { head: 'With exception', render: (one) => percent(one.exception_rate), right: true },
                  { head: 'Duplicates', render: (one) => count(one.duplicates), right: true },
                  { head: 'Violations', render: (one) => count(one.violations), right: true },
                  { head: 'Answers after', render: (one) => duration(one.answer_s), right: true },
                  { head: 'Invoice cycle', render: (one) => duration(one.cycle_s), right: true },
                  { head: 'Paid late', render: (one) => percent(one.late_rate), right: true },
                  {
                    head: 'Behaviour',
                    render: (one) =>
                      one.remarkable === 0 ? (
                        <span className="dim">as before</span>
                      ) : (
                        <StateChip tone="caution" title="far outside of its own history">
                          {count(one.remarkable)} changed
                        </StateChip>
                      ),
                  },
                ]}
              />
              {rows.length > FIRST && <p className="dim">The first {FIRST}; the CSV file has all of them.</p>}
            </Panel>
          )
        }
      </Shown>
    </>
  )
}
