import { useQuery } from '@tanstack/react-query'
import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { Portfolio } from '../../../api/contract/portfolio.ts'
import { ask } from '../../api.ts'
import { count, measure } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Delta } from '../../parts/delta.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'
import '../../styles/intake.css'

type Line = Portfolio['tenants'][number]
type Kpi = Portfolio['kpis'][number]

/** The clients whom the signed-in person may see, side by side on the same KPIs. */
export function PortfolioPage() {
  const { window } = useScope()
  const [sort, setSort] = useState('name')
  const parameters = { from: window.from, to: window.to }
  const answer = useQuery({
    queryKey: ['portfolio', parameters],
    queryFn: ({ signal }) => ask('Portfolio', '/v1/portfolio', { parameters, signal }),
    refetchInterval: 60_000,
  })
  const of = answer.data
  const rows = of === undefined ? undefined : sorted(of, sort)
  return (
    <>
      <PageHead
        title="Portfolio"
        aside={
          <>
            <SegmentedControl
              size="xs"
              aria-label="Sort by"
              value={sort}
              data={[
                { value: 'name', label: 'Name' },
                { value: 'targets', label: 'Missed targets' },
                { value: 'incidents', label: 'Incidents' },
              ]}
              onChange={setSort}
            />
            <CsvButton
              name="portfolio"
              head={[
                'client',
                'incidents_open',
                'documents_blocked',
                'breaches',
                ...(of?.kpis ?? []).flatMap(({ kpi }) => [kpi, `${kpi}_n`, `${kpi}_target`]),
              ]}
              rows={rows}
              cells={(line) => [
                line.name,
                line.incidents_open,
                line.documents_blocked,
                line.breaches,
                ...line.figures.flatMap(({ value, n, target }) => [value, n, target]),
              ]}
            />
          </>
        }
      >
        Each client’s figures come from its own data only · {window.label}, against the window before
      </PageHead>
      <Shown of={answer} height={480}>
        {({ kpis }) =>
          rows === undefined || rows.length === 0 ? (
            <Panel title="Portfolio">
              <Empty certain title="No client to show" />
            </Panel>
          ) : (
            <Panel
              title="Clients"
              note={`${count(rows.length)} clients; small: n, open, target; few: fewer than the KPI’s minimum n`}
            >
              <Table<Line>
                label="Portfolio of clients"
                rows={rows}
                rowKey={({ tenant }) => tenant}
                columns={[
                  {
                    head: 'Client',
                    render: ({ tenant, name }) => (
                      <ScopedLink to="/" with={{ tenant }}>
                        {name}
                      </ScopedLink>
                    ),
                    nowrap: true,
                  },
                  {
                    head: 'Incidents',
                    render: ({ tenant, incidents_open, documents_blocked }) =>
                      incidents_open === 0 ? (
                        <span className="dim">0</span>
                      ) : (
                        <ScopedLink to="/incidents" with={{ tenant, state: 'open' }}>
                          <StateChip tone="bad">{count(incidents_open)}</StateChip>{' '}
                          <small className="dim">{count(documents_blocked)} documents</small>
                        </ScopedLink>
                      ),
                    nowrap: true,
                  },
                  {
                    head: 'Breached',
                    render: ({ tenant, breaches }) =>
                      breaches === 0 ? (
                        <span className="dim">0</span>
                      ) : (
                        <ScopedLink to="/slas" with={{ tenant }}>
                          {count(breaches)}
                        </ScopedLink>
                      ),
                    right: true,
                  },
                  ...kpis.map((kpi, at) => ({
                    id: kpi.kpi,
                    head: kpi.title,
                    right: true,
                    render: (line: Line) => <Figure line={line} kpi={kpi} at={at} />,
                  })),
                ]}
              />
            </Panel>
          )
        }
      </Shown>
    </>
  )
}

function Figure({ line, kpi, at }: { line: Line; kpi: Kpi; at: number }) {
  const figure = line.figures[at]
  if (figure === undefined) return null
  const { value, previous, n, open, target } = figure
  return (
    <div className="two-lines">
      <span className="client-figure">
        <ScopedLink to={`/kpis/${kpi.kpi}`} with={{ tenant: line.tenant }}>
          <strong>{measure(value, kpi.unit)}</strong>
        </ScopedLink>{' '}
        <Delta value={value} previous={previous} unit={kpi.unit} better={kpi.better} />
      </span>
      <span className="dim">
        n {count(n)}
        {n < kpi.minimum_n && ' (few)'}
        {open > 0 && `, ${count(open)} open`}
        {target !== null &&
          (isMissed(figure, kpi) ? `, misses ${measure(target, kpi.unit)}` : `, target ${measure(target, kpi.unit)}`)}
      </span>
    </div>
  )
}

function isMissed({ value, target }: Line['figures'][number], { better }: Kpi): boolean {
  return value !== null && target !== null && (better === 'lower' ? value > target : value < target)
}

function sorted({ tenants, kpis }: Portfolio, by: string): Line[] {
  const missed = (line: Line) =>
    line.figures.filter((figure, at) => {
      const kpi = kpis[at]
      return kpi !== undefined && isMissed(figure, kpi)
    }).length
  const rank = (line: Line) =>
    by === 'targets' ? missed(line) : by === 'incidents' ? line.incidents_open * 1e6 + line.documents_blocked : 0
  return tenants.toSorted((a, b) => rank(b) - rank(a) || a.name.localeCompare(b.name))
}
