import { Button } from '@mantine/core'
import { useParams, useSearchParams } from 'react-router'
import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import { DIMENSIONS, type Dimension } from '../../../model/vocabulary.ts'
import { useAnswer, useWindowAnswer } from '../../answers.ts'
import { TrendLine } from '../../charts/trend-line.tsx'
import { csvText, download } from '../../csv.ts'
import { bucketLabel, count, measure, plural, unitName, words } from '../../format.ts'
import { Delta } from '../../parts/delta.tsx'
import { ClassGlyph } from '../../parts/classes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { classOf, pointsOf } from '../overview/kpi-data.ts'
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
          <Empty title={`There is no KPI named ${name}`}>
            <ScopedLink to="/">See all of them on the overview</ScopedLink>
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
  const figure = useWindowAnswer('KpiAnswer', path, { bucket: 'all', compare: 'previous', ...filters })
  const trend = useWindowAnswer('KpiAnswer', path, { bucket: window.bucket, ...filters })
  const row = figure.data?.rows[0]
  const of = classOf(kpi.kpi)
  const exportRows = (): void => {
    const rows = (trend.data?.rows ?? []).map((one) => [one.bucket, one.value, one.p90, one.n, one.open])
    download(
      `${kpi.kpi}-${window.from}.csv`,
      csvText([`${window.bucket}_start`, `value_${kpi.unit}`, `p90_${kpi.unit}`, 'n', 'open'], rows),
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
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="download" size={14} />}
            onClick={exportRows}
            disabled={trend.data === undefined}
          >
            CSV
          </Button>
        }
      >
        <ScopedLink to="/">Overview</ScopedLink> · {window.label}
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
      <div className="stack">
        <Panel title={`By ${window.bucket}`} note={unitName(kpi.unit)}>
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
                  points={pointsOf(rows, { from, to, bucket: window.bucket })}
                  unit={kpi.unit}
                  bucket={window.bucket}
                  height={280}
                  valueName={kpi.unit === 's' ? 'Median' : kpi.title}
                  color={of === undefined ? 'var(--data)' : `var(--${of})`}
                  dashed={of === 'technical'}
                />
              )
            }
          </Shown>
        </Panel>
        <KpiGroups kpi={kpi} filters={filters} />
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
          <Panel title="Figures" note={`by ${window.bucket}, latest first`}>
            <Shown of={trend} height={220}>
              {({ rows }) => (
                <div style={{ maxHeight: '22rem', overflowY: 'auto' }}>
                  <Table
                    label={`${kpi.title} by ${window.bucket}`}
                    rows={rows.toReversed()}
                    rowKey={(one) => one.bucket}
                    columns={[
                      {
                        head: `${words(window.bucket)} from`,
                        render: (one) => bucketLabel(one.bucket, window.bucket),
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
