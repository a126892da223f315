import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { useAnswer } from '../../answers.ts'
import { HatchPattern } from '../../charts/legend.tsx'
import { FirstEvent } from '../../parts/first-event.tsx'
import { PageHead } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Shown } from '../../parts/states.tsx'
import { useScope } from '../../scope.ts'
import { useSession } from '../../session.ts'
import '../../styles/overview.css'
import { Clients } from './clients.tsx'
import { Headline } from './headline.tsx'
import { KpiCard } from './kpi-card.tsx'
import { groupKpis, useAnswered } from './kpi-data.ts'
import { NotMeasurable } from './not-measurable.tsx'

/** Every KPI of the catalogue, below the two rates that never mix. */
export function OverviewPage() {
  const { tenant, window } = useScope()
  const { tenants } = useSession()
  const catalogue = useAnswer('KpiCatalogue', '/v1/kpis')
  const types = useAnswer('ProcessTypes', '/v1/process', {}, { refreshMs: 60_000 })
  if (types.data?.types.length === 0) {
    const provider = tenants.find(({ id }) => id === tenant)
    const clients = tenants.filter(({ parent_id }) => parent_id === tenant)
    if (provider !== undefined && clients.length > 0) return <Clients provider={provider} clients={clients} />
    return (
      <>
        <PageHead title="Overview" />
        <FirstEvent />
      </>
    )
  }
  return (
    <>
      <HatchPattern />
      <PageHead title="Overview">
        {window.label.slice(0, 1).toUpperCase() + window.label.slice(1)}
        {window.id === 'all' ? '' : `, compared with the ${window.days} days before`}
      </PageHead>
      <Shown of={catalogue} height={520}>
        {({ kpis }) => <Kpis all={kpis.filter(({ overview }) => overview)} />}
      </Shown>
    </>
  )
}

/** The headline rates, and all else, asked once those have answered. */
function Kpis({ all }: { all: readonly KpiDefinition[] }) {
  const { business, technical, groups } = groupKpis(all)
  const answered = [useAnswered(business), useAnswered(technical)].every(Boolean)
  return (
    <>
      {answered && <StaleHint />}
      <div className="split headlines">
        {business !== undefined && <Headline of="business" kpi={business} />}
        {technical !== undefined && <Headline of="technical" kpi={technical} />}
      </div>
      {groups.map(({ title, kpis }) => (
        <section key={title} className="kpi-section" aria-label={title}>
          <h2 className="section-title">{title}</h2>
          <div className="kpi-grid">
            {kpis.map((kpi) => (
              <KpiCard key={kpi.kpi} kpi={kpi} enabled={answered} />
            ))}
          </div>
        </section>
      ))}
      <p>
        <ScopedLink to="/kpis">All KPIs, by topic</ScopedLink>
      </p>
      <NotMeasurable kpis={groups.flatMap(({ kpis }) => kpis)} />
    </>
  )
}
