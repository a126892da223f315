import { lazy, Suspense } from 'react'
import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { useWindowAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { count, duration, measure } from '../../format.ts'
import { CLASS_NAMES, ClassGlyph } from '../../parts/classes.tsx'
import { Delta } from '../../parts/delta.tsx'
import { Figures } from '../../parts/panel.tsx'
import { useFirstComputing } from '../../first-computing.ts'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Fault, Loading } from '../../parts/states.tsx'
import { useScope } from '../../scope.ts'
import { isEmpty, needOf, useKpiFigure, useKpiTrend } from './kpi-data.ts'

const TrendLine = lazy(async () => ({ default: (await import('../../charts/trend-line.tsx')).TrendLine }))

/** One of the two rates that never mix: figure, change, what is open, and the trend. */
export function Headline({ of, kpi }: { of: 'business' | 'technical'; kpi: KpiDefinition }) {
  const { window } = useScope()
  const figure = useKpiFigure(kpi.kpi)
  const trend = useKpiTrend(kpi.kpi)
  const exceptions = useWindowAnswer(
    'Exceptions',
    '/v1/exceptions',
    { bucket: window.bucket, limit: 1 },
    { enabled: !figure.isLoading && !trend.isLoading, refreshMs: 60_000 },
  )
  const row = figure.data?.rows[0]
  const waiting = useFirstComputing()
  const told = exceptions.data?.totals.find((one) => one.class === of)
  // While nothing is computed, none is not known to be none.
  const total = waiting !== null && told?.items === 0 ? undefined : told
  const top = exceptions.data?.categories.filter((one) => one.class === of).toSorted((a, b) => b.items - a.items)[0]
  const none = exceptions.data === undefined || (waiting !== null && total === undefined) ? '…' : '–'
  const error = figure.error ?? trend.error
  return (
    <section className="panel headline" data-class={of} aria-label={kpi.title} data-outdated={figure.isPlaceholderData}>
      <div className="headline-figure">
        <h2>
          <ClassGlyph of={of} size={13} />
          <ScopedLink to={`/kpis/${kpi.kpi}`}>{kpi.title}</ScopedLink>
        </h2>
        <p className="headline-meaning">{CLASS_NAMES[of].meaning}</p>
        <p className="headline-value num">{measure(row?.value, kpi.unit)}</p>
        <p className="row">
          <Delta value={row?.value ?? null} previous={row?.previous ?? null} unit={kpi.unit} better={kpi.better} />
          <span className="dim num">n = {count(row?.n ?? 0)}</span>
        </p>
      </div>
      <div className="headline-trend">
        {error !== null && error !== undefined ? (
          <Fault error={error} retry={() => void figure.refetch()} />
        ) : figure.data !== undefined && isEmpty(figure.data) ? (
          <p className="headline-none">
            {waiting === null ? `Not measurable with this data: needs ${needOf(kpi)}` : 'Not computed yet'}
          </p>
        ) : trend.points === undefined ? (
          <Loading height={196} />
        ) : (
          <Suspense fallback={<Loading height={196} />}>
            <TrendLine
              title={kpi.title}
              points={trend.points}
              unit={kpi.unit}
              bucket={window.bucket}
              height={170}
              color={`var(--${of})`}
              dashed={of === 'technical'}
              valueName={`${kpi.title} by ${window.bucket}`}
            />
          </Suspense>
        )}
      </div>
      <div className="headline-foot">
        <Figures
          items={[
            {
              name: of === 'business' ? 'Open exceptions' : 'Not recovered',
              value: total === undefined ? none : count(total.open),
            },
            { name: 'Documents hit', value: total === undefined ? none : count(total.objects) },
            {
              name: of === 'business' ? 'Median to resolve' : 'Median to recover',
              value: total?.median_hours == null ? none : duration(total.median_hours * 3600),
            },
            {
              name: 'Most frequent',
              value:
                top === undefined ? (
                  none
                ) : (
                  <ScopedLink to="/exceptions" with={{ [`${of}_category`]: top.category }} title={top.category}>
                    {categoryName(top.category)}
                  </ScopedLink>
                ),
            },
          ]}
        />
        <p className="headline-benchmark">
          {kpi.benchmark === null ? 'No published benchmark: compare with own history' : `Benchmark: ${kpi.benchmark}`}
        </p>
      </div>
    </section>
  )
}
