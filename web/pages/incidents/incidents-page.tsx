import { SegmentedControl } from '@mantine/core'
import { useParams, useSearchParams } from 'react-router'
import { useWindowAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { ago, count, duration, instant } from '../../format.ts'
import { useNow } from '../../now.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { IncidentDetailView } from './incident-detail.tsx'
import { type Incident, IncidentState, MoneyAtRisk } from './incident-parts.tsx'
import '../../styles/intake.css'
import '../../styles/integrations.css'

const CSV_HEAD = [
  'id',
  'system',
  'category',
  'state',
  'first_failed_at',
  'last_failed_at',
  'ended_at',
  'failed_attempts',
  'attempts',
  'operations',
  'operations_healed',
  'operations_given_up',
  'documents_blocked',
  'documents_blocked_now',
  'money_at_risk',
  'money_at_risk_now',
]

/** Technical incidents with their reach into the business: the list, or one of them. */
export function IncidentsPage() {
  const { id } = useParams()
  return id === undefined ? <IncidentList /> : <IncidentDetailView id={id} />
}

function IncidentList() {
  const { window } = useScope()
  const now = useNow()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const asked = search.get('state')
  const state = asked === 'open' || asked === 'ended' ? asked : 'all'
  const answer = useWindowAnswer(
    'Incidents',
    '/v1/incidents',
    { limit: 500, ...(state === 'all' ? {} : { state }) },
    { refreshMs: 15_000 },
  )
  const rows = answer.data?.incidents
  return (
    <>
      <PageHead
        title="Incidents"
        aside={
          <>
            <SegmentedControl
              size="xs"
              aria-label="State"
              value={state}
              data={[
                { value: 'all', label: 'All' },
                { value: 'open', label: 'Not ended' },
                { value: 'ended', label: 'Ended' },
              ]}
              onChange={(value) => setParameters({ state: value === 'all' ? undefined : value })}
            />
            <CsvButton
              name="incidents"
              head={CSV_HEAD}
              rows={rows}
              cells={(one) => [
                one.id,
                one.system,
                one.category,
                one.state,
                one.first_failed_at,
                one.last_failed_at,
                one.ended_at,
                one.failed_attempts,
                one.attempts,
                one.operations,
                one.operations_healed,
                one.operations_given_up,
                one.documents_blocked,
                one.documents_blocked_now,
                one.money_at_risk_total,
                one.money_at_risk_now,
              ]}
            />
          </>
        }
      >
        What failed technically, what it blocked, and the evidence that it is over · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {({ incidents, currency, next }) =>
          incidents.length === 0 ? (
            <Panel title="Incidents">
              <Empty title="No incident in this window">
                <p>
                  Failed operations become an incident where a system fails more often than by chance. A stray failure that a
                  retry heals is none.
                </p>
              </Empty>
            </Panel>
          ) : (
            <div className="stack">
              <Summary of={incidents} />
              <Panel
                title="Incidents"
                note={`${next === null ? '' : 'the latest '}${count(incidents.length)}, one for each system and kind of failure`}
              >
                <Table<Incident>
                  label="List of incidents"
                  rows={incidents}
                  rowKey={({ id }) => id}
                  columns={[
                    {
                      head: 'Incident',
                      render: (one) => (
                        <div className="two-lines">
                          <ScopedLink to={`/incidents/${one.id}`}>
                            {one.system}: {categoryName(one.category)}
                          </ScopedLink>
                          <span className="dim">
                            {one.codes
                              .slice(0, 2)
                              .map(({ code, n }) => `${code} × ${count(n)}`)
                              .join(', ') || one.announced.join(', ')}
                          </span>
                        </div>
                      ),
                    },
                    { head: 'State', render: ({ state: of }) => <IncidentState of={of} />, nowrap: true },
                    {
                      head: 'Since',
                      render: (one) => <span title={ago(one.first_failed_at, now)}>{instant(one.first_failed_at)}</span>,
                      nowrap: true,
                    },
                    { head: 'Lasted', render: (one) => lasted(one, now), nowrap: true },
                    {
                      head: 'Failed attempts',
                      render: (one) => `${count(one.failed_attempts)} of ${count(one.attempts)}`,
                      right: true,
                    },
                    { head: 'Operations', render: (one) => count(one.operations), right: true },
                    { head: 'Documents blocked', render: (one) => count(one.documents_blocked), right: true },
                    {
                      head: 'Blocked now',
                      render: (one) =>
                        one.documents_blocked_now === 0 ? <span className="dim">0</span> : count(one.documents_blocked_now),
                      right: true,
                    },
                    {
                      head: 'Money of these',
                      render: (one) => <MoneyAtRisk of={one} currency={currency} now={false} />,
                      right: true,
                    },
                    { head: 'At risk now', render: (one) => <MoneyAtRisk of={one} currency={currency} now />, right: true },
                  ]}
                />
              </Panel>
            </div>
          )
        }
      </Shown>
    </>
  )
}

function Summary({ of }: { of: readonly Incident[] }) {
  const open = of.filter(({ state }) => state !== 'ended')
  return (
    <section className="panel figures-panel" aria-label="Summary">
      <Figures
        items={[
          { name: 'Incidents', value: count(of.length) },
          { name: 'Failing', value: count(open.filter(({ state }) => state === 'open').length) },
          { name: 'Silent since', value: count(open.length - open.filter(({ state }) => state === 'open').length) },
          { name: 'Failed attempts', value: count(of.reduce((sum, one) => sum + one.failed_attempts, 0)) },
          { name: 'Operations given up', value: count(of.reduce((sum, one) => sum + one.operations_given_up, 0)) },
          { name: 'Documents blocked now', value: count(of.reduce((sum, one) => sum + one.documents_blocked_now, 0)) },
        ]}
      />
    </section>
  )
}

/** From the first failure to the evidence, or so far. */
function lasted(one: Incident, now: number): string {
  const end = one.ended_at === null ? now : Date.parse(one.ended_at)
  const length = duration((end - Date.parse(one.first_failed_at)) / 1000)
  return one.ended_at === null ? `${length} so far` : length
}
