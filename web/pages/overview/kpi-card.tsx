import { Tooltip } from '@mantine/core'
import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { Sparkline } from '../../charts/sparkline.tsx'
import { count, countedGrain, measure } from '../../format.ts'
import { ClassGlyph } from '../../parts/classes.tsx'
import { Delta } from '../../parts/delta.tsx'
import { Icon } from '../../parts/icons.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Loading } from '../../parts/states.tsx'
import { useScope } from '../../scope.ts'
import { classOf, isEmpty, useKpiFigure, useKpiTrend } from './kpi-data.ts'

/** One KPI at a glance; the whole card leads to its page. Nothing where the window has no data for it. */
export function KpiCard({ kpi, enabled }: { kpi: KpiDefinition; enabled: boolean }) {
  const { window } = useScope()
  const figure = useKpiFigure(kpi.kpi, { enabled })
  const trend = useKpiTrend(kpi.kpi, { enabled: figure.data !== undefined })
  if (figure.data !== undefined && isEmpty(figure.data)) return null
  const row = figure.data?.rows[0]
  const of = classOf(kpi.kpi)
  const few = row !== undefined && row.n < kpi.minimum_n
  return (
    <article className="kpi-card" data-outdated={figure.isPlaceholderData}>
      <header>
        {of !== undefined && <ClassGlyph of={of} />}
        <h3>
          <ScopedLink to={`/kpis/${kpi.kpi}`} className="kpi-link">
            {kpi.title}
          </ScopedLink>
        </h3>
        <Tooltip label={kpi.definition} multiline w={280} withArrow events={{ hover: true, focus: true, touch: true }}>
          <button type="button" className="info" aria-label={`Definition of ${kpi.title}: ${kpi.definition}`}>
            <Icon name="info" size={14} />
          </button>
        </Tooltip>
      </header>
      {figure.isError ? (
        <p className="kpi-failed">{figure.error.message}</p>
      ) : figure.data === undefined ? (
        <Loading height={58} />
      ) : (
        <div className="kpi-middle">
          <div>
            <p className="kpi-value num">{row === undefined || row.value === null ? 'None yet' : measure(row.value, kpi.unit)}</p>
            <Delta value={row?.value ?? null} previous={row?.previous ?? null} unit={kpi.unit} better={kpi.better} />
          </div>
          <Sparkline
            values={trend.points?.map(({ value }) => value) ?? []}
            label={`${kpi.title} by ${window.bucket}`}
            {...(of === undefined ? {} : { color: `var(--${of})` })}
          />
        </div>
      )}
      <p className="kpi-foot num">
        {row !== undefined &&
          [
            ...(kpi.unit === 's' ? ['median'] : kpi.unit === 'per_1000' ? ['per 1,000'] : []),
            countedGrain(row.n, kpi.grain),
            ...(row.open > 0 ? [`${count(row.open)} open`] : []),
          ].join(' · ')}
      </p>
      {few && row.n > 0 && (
        <p className="kpi-caution">
          <Icon name="warning" size={13} /> Few cases: read with caution below {kpi.minimum_n}
        </p>
      )}
      <p className="kpi-benchmark">{kpi.benchmark === null ? 'Compared with own history' : `Benchmark: ${kpi.benchmark}`}</p>
    </article>
  )
}
