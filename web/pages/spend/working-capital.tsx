import type { WorkingCapital } from '../../../api/contract/spend.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, day, instant, percent, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { SpendOf } from './spend-of.tsx'

type Bucket = WorkingCapital['payables'][number]
type Early = WorkingCapital['early']['invoices'][number]

const DUE: Readonly<Record<string, string>> = {
  overdue_30: 'Overdue for more than 30 days',
  overdue: 'Overdue',
  week: 'Due within 7 days',
  month: 'Due within 30 days',
  two_months: 'Due within 60 days',
  later: 'Due later',
  undated: 'Without a due date',
}
const AGE: Readonly<Record<string, string>> = {
  young: 'Ordered within 30 days',
  month: 'Ordered 30 to 90 days ago',
  quarter: 'Ordered more than 90 days ago',
}

/** Open commitments, open invoices by when they are due, days payable, and discounts that can still be taken. */
export function WorkingCapitalPanels() {
  const answer = useWindowAnswer('WorkingCapital', '/v1/working-capital', {}, { refreshMs: 60_000 })
  return (
    <Shown of={answer} height={320}>
      {(of) => (
        <>
          <section className="panel figures-panel" aria-label="Working capital">
            <Figures
              items={[
                {
                  name: 'Open commitments',
                  value: <Total of={of.commitments} currency={of.currency} />,
                  note: orders(of.commitments),
                },
                { name: 'Open invoices', value: <Total of={of.payables} currency={of.currency} />, note: orders(of.payables) },
                {
                  name: 'Days payable',
                  value: of.days_payable.value === null ? '–' : `${of.days_payable.value.toFixed(1)} d`,
                  note: `by value, n = ${count(of.days_payable.n)} paid in the window`,
                },
                {
                  name: 'Discounts to take',
                  value: money(of.early.value, of.currency),
                  note: `n = ${count(of.early.n)} open invoices`,
                },
              ]}
            />
          </section>
          <div className="split">
            <Buckets title="Open invoices by due date" of={of.payables} names={DUE} currency={of.currency} file="open-invoices" />
            <Buckets
              title="Open commitments by age"
              of={of.commitments}
              names={AGE}
              currency={of.currency}
              file="open-commitments"
            />
          </div>
          <EarlyPayments of={of} />
        </>
      )}
    </Shown>
  )
}

function orders(of: readonly Bucket[]): string {
  return `n = ${count(of.reduce((sum, { n }) => sum + n, 0))}`
}

function Total({ of, currency }: { of: readonly Bucket[]; currency: string | null }) {
  const sums = new Map<string, number>()
  for (const { currencies } of of) for (const one of currencies) sums.set(one.currency, (sums.get(one.currency) ?? 0) + one.total)
  const filled = of.filter(({ n }) => n > 0)
  const value = filled.every((one) => one.value !== null) ? filled.reduce((sum, one) => sum + (one.value ?? 0), 0) : null
  return <SpendOf of={{ value, currencies: [...sums].map(([name, total]) => ({ currency: name, total })) }} currency={currency} />
}

type BucketsProps = {
  title: string
  of: readonly Bucket[]
  names: Readonly<Record<string, string>>
  currency: string | null
  file: string
}

function Buckets({ title, of, names, currency, file }: BucketsProps) {
  return (
    <Panel
      title={title}
      note="as it stands now"
      aside={
        <CsvButton
          name={file}
          head={['bucket', 'n', 'value', 'currencies']}
          rows={of}
          cells={(one) => [one.bucket, one.n, one.value, one.currencies.map((sum) => `${sum.total} ${sum.currency}`).join(' + ')]}
        />
      }
    >
      <Table<Bucket>
        label={title}
        rows={of}
        rowKey={({ bucket }) => bucket}
        columns={[
          { head: 'When', render: ({ bucket }) => names[bucket] ?? words(bucket) },
          { head: 'n', render: ({ n }) => count(n), right: true },
          { head: 'Value', render: (one) => <SpendOf of={one} currency={currency} />, right: true },
        ]}
      />
    </Panel>
  )
}

function EarlyPayments({ of }: { of: WorkingCapital }) {
  return (
    <Panel
      title="Discounts that can still be taken"
      note="the next to end first; yearly: d/(1 − d) × 365/days paid early"
      aside={
        <CsvButton
          name="early-payment"
          head={['invoice', 'supplier', 'amount', 'currency', 'discount', 'worth', 'until', 'due_at', 'yearly', 'waits_on']}
          rows={of.early.invoices}
          cells={(one) => [
            one.id,
            one.supplier,
            one.amount,
            one.currency,
            one.discount,
            one.worth,
            one.until,
            one.due_at,
            one.yearly,
            one.waits_on,
          ]}
        />
      }
    >
      {of.early.invoices.length === 0 ? (
        <Empty title="No open invoice has a discount that still runs">
          <p>
            An event’s <span className="mono">data.terms</span> with a discount and its last day says so.
          </p>
        </Empty>
      ) : (
        <Table<Early>
          label="Discounts that can still be taken"
          rows={of.early.invoices.slice(0, 50)}
          rowKey={({ id }) => id}
          columns={[
            { head: 'Invoice', render: ({ id }) => <DocumentLink type="invoice" id={id} /> },
            { head: 'Supplier', render: ({ supplier }) => supplier || <span className="dim">–</span> },
            { head: 'Amount', render: (one) => money(one.amount, one.currency), right: true },
            { head: 'Discount', render: (one) => percent(one.discount), right: true },
            { head: 'Worth', render: (one) => money(one.worth, of.currency), right: true },
            { head: 'Until', render: ({ until }) => instant(until), nowrap: true },
            { head: 'Due', render: ({ due_at }) => day(due_at), nowrap: true },
            { head: 'Yearly', render: ({ yearly }) => percent(yearly), right: true },
            { head: 'Waits on', render: ({ waits_on }) => words(waits_on) },
          ]}
        />
      )}
    </Panel>
  )
}
