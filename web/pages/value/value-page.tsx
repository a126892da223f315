import { TextInput } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Value } from '../../../api/contract/value.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, day, duration, percent, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import '../../styles/integrations.css'

type Month = Value['months'][number]
type Part = Value['efficiency'][number]
type Measured = Value['measured']
const GROUPS = ['efficiency', 'control', 'strategic'] as const

const PARTS: Readonly<Record<string, string>> = {
  invoices: 'Fewer touches of invoices',
  requisitions: 'Fewer touches of requisitions',
  off_contract_avoided: 'Spend that moved under contract',
  duplicates_stopped: 'Duplicates stopped before payment',
  discounts_gained: 'Discounts gained',
  late_fees_avoided: 'Late fees avoided',
}

/** What the work is worth against a frozen baseline, with its assumptions. */
export function ValuePage() {
  const { window } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const pilot = search.get('pilot') ?? ''
  const answer = useWindowAnswer('Value', '/v1/value', pilot === '' ? {} : { pilot }, { refreshMs: 60_000 })
  return (
    <>
      <PageHead
        title="Value"
        aside={
          <>
            <TextInput
              size="xs"
              type="date"
              aria-label="Start of a pilot"
              title="Start of a pilot: tells before and after apart"
              value={pilot}
              onChange={(event) => setParameters({ pilot: event.currentTarget.value || undefined })}
            />
            <CsvButton
              name="value"
              head={[
                'month',
                ...Object.keys(PARTS),
                'touches_per_invoice',
                'touches_per_requisition',
                'off_contract_rate',
                'late_rate',
              ]}
              rows={answer.data?.months}
              cells={(month) => [
                month.month,
                ...Object.keys(PARTS).map((part) => partOf(month, part)?.value ?? null),
                month.measured.touches_per_invoice,
                month.measured.touches_per_requisition,
                month.measured.off_contract_rate,
                month.measured.late_rate,
              ]}
            />
          </>
        }
      >
        Against a frozen baseline; what got worse counts against it · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(of) => (
          <div className="stack">
            {of.needs === null ? (
              <Evaluated of={of} />
            ) : (
              <Panel title="Not evaluable yet">
                <Empty title={of.needs === 'baseline' ? 'It needs a frozen baseline' : 'It needs assumptions'}>
                  <p>
                    Reference data of the kind <span className="mono">value_assumptions</span> holds minutes a touch, hourly rate,
                    fees and the figures of the time before. What was measured in this window stands below.
                  </p>
                </Empty>
              </Panel>
            )}
            {of.pilot !== null && <Pilot of={of.pilot} currency={of.assumptions?.currency ?? null} />}
            <MeasuredPanel of={of} />
            {of.assumptions !== null && <AssumptionsPanel of={of.assumptions} />}
          </div>
        )}
      </Shown>
    </>
  )
}

function partOf(of: Pick<Value, (typeof GROUPS)[number]>, name: string): Part | undefined {
  return GROUPS.flatMap((group) => of[group]).find(({ part }) => part === name)
}

function totalOf(parts: readonly Part[]): number | null {
  const told = parts.flatMap(({ value }) => (value === null ? [] : [value]))
  return told.length === 0 ? null : told.reduce((sum, value) => sum + value, 0)
}

function Evaluated({ of }: { of: Value }) {
  const currency = of.assumptions?.currency ?? null
  return (
    <>
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            ...GROUPS.map((group) => ({ name: words(group), value: money(totalOf(of[group]), currency) })),
            { name: 'In all', value: money(totalOf(GROUPS.flatMap((group) => of[group])), currency) },
            { name: 'Violations remediated', value: count(of.measured.violations_remediated) },
            { name: 'Suppliers answer after', value: duration(of.measured.answer_s) },
          ]}
        />
      </section>
      <Panel title="Where it comes from" note={`in ${currency ?? ''}; negative where it got worse`}>
        <Table<Part>
          label="Parts of the value"
          rows={GROUPS.flatMap((group) => of[group])}
          rowKey={({ part }) => part}
          columns={[
            { head: 'Part', render: ({ part }) => PARTS[part] ?? words(part) },
            { head: 'Value', render: ({ value }) => money(value, currency), right: true },
            {
              head: 'Hours',
              render: ({ hours }) => (hours === null ? <span className="dim">–</span> : count(Math.round(hours))),
              right: true,
            },
            { head: 'n', render: ({ n }) => count(n), right: true },
          ]}
        />
      </Panel>
      <Panel title="By month" note={`in ${currency ?? ''}; the first and the last month may be cut by the window`}>
        <Table<Month>
          label="Value by month"
          rows={of.months}
          rowKey={({ month }) => month}
          columns={[
            { head: 'Month', render: ({ month }) => month, nowrap: true },
            ...GROUPS.map((group) => ({
              head: words(group),
              right: true,
              render: (month: Month) => money(totalOf(month[group]), currency),
            })),
            { head: 'In all', render: (month) => money(totalOf(GROUPS.flatMap((group) => month[group])), currency), right: true },
          ]}
        />
      </Panel>
    </>
  )
}

function Pilot({ of, currency }: { of: NonNullable<Value['pilot']>; currency: string | null }) {
  const rows = [
    { name: 'Before', ...of.before },
    { name: 'After', ...of.after },
  ]
  return (
    <Panel title="Before and after the pilot" note={`from ${day(of.at)} on, within the window`}>
      <Table<(typeof rows)[number]>
        label="Before and after the pilot"
        rows={rows}
        rowKey={({ name }) => name}
        columns={[
          { head: 'Stretch', render: ({ name }) => name },
          ...GROUPS.map((group) => ({
            head: words(group),
            right: true,
            render: (row: (typeof rows)[number]) => money(totalOf(row[group]), currency),
          })),
          { head: 'Touches an invoice', render: ({ measured }) => decimal(measured.touches_per_invoice), right: true },
          { head: 'Touches a requisition', render: ({ measured }) => decimal(measured.touches_per_requisition), right: true },
          { head: 'Paid late', render: ({ measured }) => percent(measured.late_rate), right: true },
          { head: 'Discounts taken', render: ({ measured }) => percent(measured.discount_capture_rate), right: true },
          { head: 'Off contract', render: ({ measured }) => percent(measured.off_contract_rate), right: true },
        ]}
      />
    </Panel>
  )
}

function decimal(value: number | null): string {
  return value === null ? '–' : value.toFixed(2)
}

const RATES: readonly {
  name: string
  of: Exclude<keyof Measured, 'invoices' | 'requisitions' | 'violations_remediated'>
  before: string
  format: (value: number | null) => string
}[] = [
  { name: 'Touches an invoice', of: 'touches_per_invoice', before: 'touches_per_invoice', format: decimal },
  { name: 'Touches a requisition', of: 'touches_per_requisition', before: 'touches_per_requisition', format: decimal },
  { name: 'Off contract, by value', of: 'off_contract_rate', before: 'off_contract_rate', format: percent },
  { name: 'Discounts taken, by value', of: 'discount_capture_rate', before: 'discount_capture_rate', format: percent },
  { name: 'Paid late, by value', of: 'late_rate', before: 'late_rate', format: percent },
  { name: 'Duplicates found before payment', of: 'duplicate_rate', before: 'duplicate_rate', format: percent },
]

function MeasuredPanel({ of }: { of: Value }) {
  const baseline: Readonly<Record<string, unknown>> = of.assumptions?.baseline ?? {}
  return (
    <Panel
      title="Measured and baseline"
      note={`what a baseline would freeze, of the window; n = ${count(of.measured.invoices)} invoices, ${count(of.measured.requisitions)} requisitions finished`}
    >
      <Table<(typeof RATES)[number]>
        label="Measured figures beside the baseline"
        rows={RATES}
        rowKey={({ name }) => name}
        columns={[
          { head: 'Figure', render: ({ name }) => name },
          { head: 'Measured', render: (rate) => rate.format(of.measured[rate.of]), right: true },
          {
            head: 'Baseline',
            render: (rate) => {
              const before = baseline[rate.before]
              return typeof before === 'number' ? rate.format(before) : <span className="dim">–</span>
            },
            right: true,
          },
        ]}
      />
    </Panel>
  )
}

function AssumptionsPanel({ of }: { of: NonNullable<Value['assumptions']> }) {
  return (
    <Panel title="Assumptions" note={<ScopedLink to="/reference/value_assumptions">reference data</ScopedLink>}>
      <Figures
        items={[
          { name: 'Minutes a touch', value: String(of.minutes_per_touch) },
          { name: 'Hourly rate', value: money(of.hourly_rate, of.currency) },
          { name: 'Late fee', value: `${of.late_fee_pct}%` },
          { name: 'Saved by a contract', value: `${of.off_contract_saving_pct}%` },
          {
            name: 'Baseline frozen over',
            value: of.baseline === null ? 'not frozen' : `${day(of.baseline.from)} to ${day(of.baseline.to)}`,
          },
        ]}
      />
    </Panel>
  )
}
