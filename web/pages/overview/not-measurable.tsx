import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { useFirstComputing } from '../../first-computing.ts'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty } from '../../parts/states.tsx'
import { isEmpty, needOf, useKpiFigure } from './kpi-data.ts'

/** The KPIs that nothing in the window feeds, a line each with what they need; nothing at all where every KPI has data. */
export function NotMeasurable({ kpis }: { kpis: readonly KpiDefinition[] }) {
  const waiting = useFirstComputing()
  if (waiting !== null) return <Empty title="Nothing is measured" />
  return (
    <section className="not-measurable" aria-label="Not measurable with this data">
      <h2 className="section-title">Not measurable with this data</h2>
      <ul>
        {kpis.map((kpi) => (
          <Need key={kpi.kpi} kpi={kpi} />
        ))}
      </ul>
    </section>
  )
}

function Need({ kpi }: { kpi: KpiDefinition }) {
  // Its card asks; this only reads the answer.
  const figure = useKpiFigure(kpi.kpi, { enabled: false })
  if (figure.data === undefined || !isEmpty(figure.data)) return null
  return (
    <li>
      <ScopedLink to={`/kpis/${kpi.kpi}`}>{kpi.title}</ScopedLink>
      <span>needs {needOf(kpi)}</span>
    </li>
  )
}
