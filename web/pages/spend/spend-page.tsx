import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Spend } from '../../../api/contract/spend.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, percent, words } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { SpendOf } from './spend-of.tsx'
import { WorkingCapitalPanels } from './working-capital.tsx'
import '../../styles/intake.css'
import '../../styles/integrations.css'

type Group = Spend['groups'][number]
const BY = ['category', 'supplier', 'entity', 'month'] as const
const FIRST = 60

/** Spend on and off contract, and the working capital that it binds. */
export function SpendPage() {
  const { window } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const by = BY.find((one) => one === search.get('by')) ?? 'category'
  const answer = useWindowAnswer('Spend', '/v1/spend', { by }, { refreshMs: 60_000 })
  return (
    <>
      <PageHead
        title="Spend and working capital"
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Group by"
            value={by}
            data={BY.map((value) => ({ value, label: words(value) }))}
            onChange={(value) => setParameters({ by: value })}
          />
        }
      >
        Orders by the day they were created, at the rate of that day · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(of) => (
          <div className="stack">
            {of.total.n === 0 ? (
              <Panel title="Spend">
                <Empty title="No order with an amount in this window" />
              </Panel>
            ) : (
              <SpendView of={of} by={by} />
            )}
            <WorkingCapitalPanels />
          </div>
        )}
      </Shown>
    </>
  )
}

function SpendView({ of, by }: { of: Spend; by: string }) {
  const { total } = of
  return (
    <>
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Spend', value: <SpendOf of={total} currency={of.currency} />, note: `n = ${count(total.n)} orders` },
            { name: 'Orders not closed', value: count(total.open) },
            {
              name: 'Off contract',
              value: percent(total.off_contract_share),
              note:
                total.addressable === null
                  ? 'not evaluable: needs contracts and released orders'
                  : `${money(total.off_contract, of.currency)} of ${money(total.addressable, of.currency)} released, n = ${count(total.contract_n)}`,
            },
          ]}
        />
      </section>
      <Panel
        title={`Spend by ${by}`}
        note={
          of.currency === null
            ? 'per currency: reference data names no reporting currency'
            : `in ${of.currency}; never added up across currencies without a rate`
        }
        aside={
          <CsvButton
            name={`spend-by-${by}`}
            head={[by, 'n', 'open', 'value', 'off_contract', 'addressable', 'off_contract_share', 'currencies']}
            rows={of.groups}
            cells={(one) => [
              one.group,
              one.n,
              one.open,
              one.value,
              one.off_contract,
              one.addressable,
              one.off_contract_share,
              one.currencies.map(({ currency, total: sum }) => `${sum} ${currency}`).join(' + '),
            ]}
          />
        }
      >
        <Table<Group>
          label={`Spend by ${by}`}
          rows={of.groups.slice(0, FIRST)}
          rowKey={({ group }) => group}
          columns={[
            {
              head: words(by),
              render: ({ group }) =>
                group === '' ? (
                  <span className="dim">not told</span>
                ) : by === 'supplier' ? (
                  <ScopedLink to={`/suppliers/${encodeURIComponent(group)}`}>{group}</ScopedLink>
                ) : (
                  group
                ),
            },
            { head: 'Spend', render: (one) => <SpendOf of={one} currency={of.currency} />, right: true },
            {
              head: 'Share',
              render: (one) =>
                percent(one.value === null || total.value === null || total.value === 0 ? null : one.value / total.value),
              right: true,
            },
            { head: 'Orders (n)', render: (one) => count(one.n), right: true },
            { head: 'Not closed', render: (one) => count(one.open), right: true },
            { head: 'Off contract', render: (one) => percent(one.off_contract_share), right: true },
            { head: 'Off contract, value', render: (one) => money(one.off_contract, of.currency), right: true },
          ]}
        />
        {of.groups.length > FIRST && (
          <p className="dim">
            The largest {FIRST}; the CSV file has all {count(of.groups.length)}.
          </p>
        )}
      </Panel>
    </>
  )
}
