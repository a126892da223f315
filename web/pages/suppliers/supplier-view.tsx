import type { SupplierDetail } from '../../../api/contract/suppliers.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, day, duration, percent } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'

type Behaviour = keyof SupplierDetail['behaviour']
type Period = SupplierDetail['periods'][number]

const NAMES: Readonly<Record<Behaviour, string>> = {
  exception_rate: 'Invoices with an exception',
  answer_s: 'Mean time to an answer',
  cycle_s: 'Median invoice cycle',
  invoices: 'Invoices',
}

/** One supplier: the figures of the window, how they stand against its own history, and the periods before. */
export function SupplierView({ id }: { id: string }) {
  const { window } = useScope()
  const answer = useWindowAnswer('SupplierDetail', `/v1/suppliers/${encodeURIComponent(id)}`)
  const of = answer.data
  return (
    <>
      <PageHead
        title={of === undefined || of.name === '' ? id : of.name}
        aside={
          <CsvButton
            name={`supplier-${id}`}
            head={[
              'from',
              'to',
              'spend',
              'orders',
              'invoices',
              'exception_rate',
              'answer_s',
              'cycle_s',
              'late_rate',
              'duplicates',
              'violations',
            ]}
            rows={of?.periods}
            cells={(one) => [
              one.from,
              one.to,
              one.spend,
              one.orders,
              one.invoices,
              one.exception_rate,
              one.answer_s,
              one.cycle_s,
              one.late_rate,
              one.duplicates,
              one.violations,
            ]}
          />
        }
      >
        <ScopedLink to="/suppliers">All suppliers</ScopedLink> · <span className="mono">{id}</span> · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(card) => <Card of={card} />}
      </Shown>
    </>
  )
}

function Card({ of }: { of: SupplierDetail }) {
  const told = (name: Behaviour, value: number | null) =>
    name === 'exception_rate' ? percent(value) : name === 'invoices' ? count(value ?? 0) : duration(value)
  const facts = [of.class, of.country, of.risk === '' ? '' : `risk ${of.risk}`, of.status].filter((text) => text !== '')
  return (
    <div className="stack">
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Spend', value: money(of.spend, of.currency), note: `${count(of.orders)} orders` },
            { name: 'Invoices', value: count(of.invoices), note: `${count(of.open)} open` },
            { name: 'With an exception', value: percent(of.exception_rate), note: `${count(of.exceptions)} exceptions` },
            { name: 'Duplicates', value: count(of.duplicates) },
            { name: 'Violations', value: count(of.violations) },
            { name: 'Answers after', value: duration(of.answer_s), note: `n = ${count(of.answers)}` },
            { name: 'Invoice cycle', value: duration(of.cycle_s), note: `median, n = ${count(of.cycles)}` },
            { name: 'Paid late', value: percent(of.late_rate), note: count(of.late) },
            ...(facts.length === 0 ? [] : [{ name: 'Reference data', value: facts.join(', ') }]),
          ]}
        />
      </section>
      <Panel
        title="Against its own history"
        note={`the stretches of the same length before the window; modified z-score above 3.5 is remarkable; from ${of.minimum_n} documents a period`}
      >
        <Table<Behaviour>
          label="Behaviour against its own history"
          rows={Object.keys(NAMES) as Behaviour[]}
          rowKey={(name) => name}
          columns={[
            { head: 'Figure', render: (name) => NAMES[name] },
            { head: 'Now', render: (name) => told(name, of[name]), right: true },
            { head: 'Median before', render: (name) => told(name, of.behaviour[name]?.median ?? null), right: true },
            { head: 'Periods', render: (name) => count(of.behaviour[name]?.periods ?? 0), right: true },
            {
              head: 'Score',
              render: (name) => {
                const change = of.behaviour[name]
                if (change === null) return <span className="dim">too little history</span>
                if (change.score === null) return <span className="dim">history all alike</span>
                return change.remarkable ? (
                  <StateChip tone="caution">{change.score.toFixed(1)}: changed</StateChip>
                ) : (
                  change.score.toFixed(1)
                )
              },
            },
          ]}
        />
      </Panel>
      <Panel title="Period by period" note="by the day that documents began; the last row is the window">
        <Table<Period>
          label="Periods of the supplier"
          rows={of.periods}
          rowKey={({ from }) => from}
          columns={[
            { head: 'From', render: ({ from }) => day(from), nowrap: true },
            { head: 'To', render: ({ to }) => day(to), nowrap: true },
            { head: 'Spend', render: (one) => money(one.spend, of.currency), right: true },
            { head: 'Orders', render: (one) => count(one.orders), right: true },
            { head: 'Invoices', render: (one) => count(one.invoices), right: true },
            { head: 'With exception', render: (one) => percent(one.exception_rate), right: true },
            { head: 'Answers after', render: (one) => duration(one.answer_s), right: true },
            { head: 'Invoice cycle', render: (one) => duration(one.cycle_s), right: true },
            { head: 'Paid late', render: (one) => percent(one.late_rate), right: true },
            { head: 'Duplicates', render: (one) => count(one.duplicates), right: true },
            { head: 'Violations', render: (one) => count(one.violations), right: true },
          ]}
        />
      </Panel>
    </div>
  )
}
