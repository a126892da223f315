import { Button } from '@mantine/core'
import { useState } from 'react'
import { useParams, useSearchParams } from 'react-router'
import type { KpiAnswer, KpiDefinition } from '../../../api/contract/kpi.ts'
import { DIMENSIONS, type Dimension } from '../../../model/vocabulary.ts'
import { useAnswer, useWindowAnswer } from '../../answers.ts'
import { TrendLine } from '../../charts/trend-line.tsx'
import { csvText, download } from '../../csv.ts'
import { bucketLabel, count, day, instant, measure, plural, unitName, words } from '../../format.ts'
import { Delta } from '../../parts/delta.tsx'
import { ClassGlyph } from '../../parts/classes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { classOf, pointsOf } from '../overview/kpi-data.ts'
import { AsOfPicker, useAsOf } from './kpi-as-of.tsx'
import { Distribution } from './kpi-distribution.tsx'
import { ExplainDrawer } from './kpi-explain.tsx'
import { KpiGroups } from './kpi-groups.tsx'

/** One KPI opened: its course, the groups behind it, and what it means. */
export function KpiPage() {
  const { name = '' } = useParams()
  const catalogue = useAnswer('KpiCatalogue', '/v1/kpis')
  return (
    <Shown of={catalogue} height={560}>
      {({ kpis }) => {
        const kpi = kpis.find((one) => one.kpi === name)
        if (kpi !== undefined) return <OpenKpi key={name} kpi={kpi} />
        return (
          <Empty certain title={`There is no KPI named ${name}`}>
            <ScopedLink to="/kpis">See all of them</ScopedLink>
          </Empty>
        )
      }}
    </Shown>
  )
}

/** The filters of the address: a value for each dimension that has one. */
function useFilters(): Partial<Record<Dimension, string>> {
  const [search] = useSearchParams()
  return Object.fromEntries(DIMENSIONS.flatMap((name) => (search.get(name) === null ? [] : [[name, search.get(name) ?? '']])))
}

function OpenKpi({ kpi }: { kpi: KpiDefinition }) {
  const { window } = useScope()
  const setParameters = useSetParameters()
  const filters = useFilters()
  const path = `/v1/kpis/${kpi.kpi}`
  const asOf = useAsOf()
  const known = asOf === 'frozen' ? undefined : asOf
  const bucket = asOf === 'frozen' ? 'month' : window.bucket
  const [isExplained, explain] = useState(false)
  const figure = useWindowAnswer('KpiAnswer', path, { bucket: 'all', compare: 'previous', as_of: known, ...filters })
  const trend = useWindowAnswer('KpiAnswer', path, { bucket, as_of: asOf, ...filters })
  const row = figure.data?.rows[0]
  const of = classOf(kpi.kpi)
  const exportRows = (): void => {
    const rows = (trend.data?.rows ?? []).map((one) => [one.bucket, one.value, one.p90, one.n, one.open])
    download(
      `${kpi.kpi}-${window.from}.csv`,
      csvText([`${bucket}_start`, `value_${kpi.unit}`, `p90_${kpi.unit}`, 'n', 'open'], rows),
    )
  }
  return (
    <>
      <PageHead
        title={
          <>
            {of !== undefined && <ClassGlyph of={of} size={16} />} {kpi.title}
          </>
        }
        aside={
          <div className="row">
            <AsOfPicker />
            <Button size="xs" variant="default" leftSection={<Icon name="info" size={14} />} onClick={() => explain(true)}>
              Explain
            </Button>
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="download" size={14} />}
              onClick={exportRows}
              disabled={trend.data === undefined}
            >
              CSV
            </Button>
          </div>
        }
      >
        <ScopedLink to="/kpis" with={{ topic: kpi.topic }}>
          KPIs
        </ScopedLink>{' '}
        · {window.label}
        {known !== undefined && ` · as known on ${day(known)}`}
      </PageHead>
      {Object.keys(filters).length > 0 && (
        <div className="row" style={{ marginBottom: '0.75rem' }}>
          {Object.entries(filters).map(([dimension, value]) => (
            <Button
              key={dimension}
              size="compact-xs"
              variant="light"
              rightSection={<Icon name="close" size={11} />}
              onClick={() => setParameters({ [dimension]: undefined })}
              aria-label={`Remove the filter ${words(dimension)} ${value}`}
            >
              {words(dimension)}: {value}
            </Button>
          ))}
        </div>
      )}
      <ExplainDrawer kpi={kpi} filters={filters} asOf={asOf} opened={isExplained} onClose={() => explain(false)} />
      {(figure.data?.needs.length ?? 0) > 0 && (
        <p className="former" role="status">
          <strong>Not evaluable:</strong> needs {figure.data?.needs.join(', ').replaceAll('_', ' ')}. State it under Data.
        </p>
      )}
      <div className="stack">
        <Panel title={`By ${bucket}`} note={unitNote(kpi, figure.data?.currency)} aside={<KnownBadges of={trend.data} />}>
          {figure.isError && <Fault error={figure.error} retry={() => void figure.refetch()} />}
          <Figures
            items={[
              { name: kpi.unit === 's' ? 'Median' : 'In the window', value: measure(row?.value, kpi.unit) },
              ...(typeof row?.p90 === 'number' ? [{ name: '90th percentile', value: measure(row.p90, kpi.unit) }] : []),
              {
                name: 'Against before',
                value: <Delta value={row?.value ?? null} previous={row?.previous ?? null} unit={kpi.unit} better={kpi.better} />,
                ...(typeof row?.previous === 'number' ? { note: `was ${measure(row.previous, kpi.unit)}` } : {}),
              },
              { name: /^\w+$/u.test(kpi.grain) ? words(plural(kpi.grain)) : 'Counted', value: count(row?.n ?? 0) },
              { name: 'Still open', value: count(row?.open ?? 0) },
              ...(typeof row?.target === 'number' ? [{ name: 'Target', value: measure(row.target, kpi.unit) }] : []),
              ...(kpi.benchmark === null ? [] : [{ name: 'Benchmark', value: <small>{kpi.benchmark}</small> }]),
            ]}
          />
          {row !== undefined && row.n > 0 && row.n < kpi.minimum_n && (
            <p className="dim">Fewer than {kpi.minimum_n} cases: read with caution.</p>
          )}
          <div style={{ height: '1rem' }} />
          <Shown of={trend} height={300}>
            {({ rows, from, to }) =>
              rows.length === 0 ? (
                <Empty title="Nothing was counted in this window">
                  <p>Choose a longer time range, or remove a filter.</p>
                </Empty>
              ) : (
                <TrendLine
                  title={kpi.title}
                  points={pointsOf(rows, { from, to, bucket: bucket })}
                  unit={kpi.unit}
                  bucket={bucket}
                  height={280}
                  valueName={kpi.unit === 's' ? 'Median' : kpi.title}
                  color={of === undefined ? 'var(--data)' : `var(--${of})`}
                  dashed={of === 'technical'}
                />
              )
            }
          </Shown>
        </Panel>
        <Distribution kpi={kpi} filters={filters} asOf={known} />
        <KpiGroups kpi={kpi} filters={filters} asOf={known} />
        <div className="split">
          <Panel title="What it means">
            <p style={{ marginTop: 0 }}>{kpi.definition}</p>
            <dl className="meaning">
              <dt>Counts</dt>
              <dd>
                {kpi.grain
                  .split(' ')
                  .map((word) => word.replaceAll('_', ' '))
                  .join(' ')}
              </dd>
              <dt>Falls into a bucket by</dt>
              <dd>{kpi.cohort}</dd>
              <dt>Better when</dt>
              <dd>{kpi.better}</dd>
              <dt>Benchmark</dt>
              <dd>{kpi.benchmark ?? 'none that can be trusted; compare with your own history'}</dd>
              <dt>Caution below</dt>
              <dd className="num">n = {kpi.minimum_n}</dd>
            </dl>
          </Panel>
          <Panel title="Figures" note={`by ${bucket}, latest first`}>
            <Shown of={trend} height={220}>
              {({ rows }) => (
                <div style={{ maxHeight: '22rem', overflowY: 'auto' }}>
                  <Table
                    label={`${kpi.title} by ${bucket}`}
                    rows={rows.toReversed()}
                    rowKey={(one) => one.bucket}
                    columns={[
                      {
                        head: `${words(bucket)} from`,
                        render: (one) => bucketLabel(one.bucket, bucket),
                        nowrap: true,
                      },
                      { head: kpi.unit === 's' ? 'Median' : 'Value', render: (one) => measure(one.value, kpi.unit), right: true },
                      ...(kpi.unit === 's'
                        ? [{ head: 'p90', render: (one: (typeof rows)[number]) => measure(one.p90, kpi.unit), right: true }]
                        : []),
                      { head: 'n', render: (one) => count(one.n), right: true },
                      { head: 'Open', render: (one) => count(one.open), right: true },
                    ]}
                  />
                </div>
              )}
            </Shown>
          </Panel>
        </div>
      </div>
    </>
  )
}

function unitNote(kpi: KpiDefinition, currency: string | null | undefined): string {
  return kpi.unit === 'money' && currency != null ? currency : kpi.unit === 's' ? kpi.calendar : unitName(kpi.unit)
}

/** Says which months answer as they were frozen, and since when the history is whole. */
function KnownBadges({ of }: { of: KpiAnswer | undefined }) {
  if (of === undefined) return null
  const { frozen, kept_since } = of
  return (
    <>
      {kept_since !== null && (
        <StateChip tone="caution" title="Documents that ended before were removed by age: earlier figures count what was left">
          whole since {day(kept_since)}
        </StateChip>
      )}
      {frozen.length > 0 && (
        <StateChip tone="none" title={frozen.map(({ month, as_of }) => `${month} as of ${instant(as_of)}`).join('; ')}>
          frozen: {frozen.map(({ month }) => month).join(', ')}
        </StateChip>
      )}
    </>
  )
}
