import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { KpiDefinition, KpiRow } from '../../../api/contract/kpi.ts'
import { DIMENSIONS, type Dimension } from '../../../model/vocabulary.ts'
import { useWindowAnswer } from '../../answers.ts'
import { csvText, download } from '../../csv.ts'
import { count, counted, measure, words } from '../../format.ts'
import { Delta } from '../../parts/delta.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'

const SHOWN = 25

type Props = { kpi: KpiDefinition; filters: Partial<Record<Dimension, string>>; asOf: string | undefined }

/** A KPI by one dimension, largest groups first; a click on a group filters the page by it. */
export function KpiGroups({ kpi, filters, asOf }: Props) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [all, setAll] = useState(false)
  const by = DIMENSIONS.find((dimension) => dimension === search.get('by')) ?? 'entity'
  const groups = useWindowAnswer('KpiAnswer', `/v1/kpis/${kpi.kpi}`, {
    bucket: 'all',
    group_by: by,
    compare: 'previous',
    as_of: asOf,
    ...filters,
  })
  const rows = (groups.data?.rows ?? []).toSorted((a, b) => b.n - a.n)
  const named = rows.filter(({ group }) => group !== '')
  const largest = Math.max(0, ...rows.map(({ value }) => value ?? 0))
  return (
    <Panel
      title={`By ${words(by).toLowerCase()}`}
      note={named.length === 0 ? undefined : `${counted(named.length, 'group')}, largest first`}
      aside={
        <div className="row">
          <NativeSelect
            size="xs"
            aria-label="Group by"
            value={by}
            onChange={(event) => setParameters({ by: event.currentTarget.value })}
            data={DIMENSIONS.map((dimension) => ({ value: dimension, label: words(dimension) }))}
          />
          <Button
            size="xs"
            variant="default"
            disabled={rows.length === 0}
            onClick={() =>
              download(
                `${kpi.kpi}-by-${by}.csv`,
                csvText(
                  [by, `value_${kpi.unit}`, `previous_${kpi.unit}`, 'n', 'open'],
                  rows.map((row) => [row.group, row.value, row.previous, row.n, row.open]),
                ),
              )
            }
          >
            CSV
          </Button>
        </div>
      }
    >
      <Shown of={groups} height={220}>
        {() =>
          named.length === 0 ? (
            <Empty title={`No object carries a ${words(by).toLowerCase()} here`}>
              <p>Choose another dimension, or send it as an object attribute of your events.</p>
            </Empty>
          ) : (
            <>
              <Table<KpiRow>
                label={`${kpi.title} by ${words(by)}`}
                rows={all ? rows : rows.slice(0, SHOWN)}
                rowKey={({ group }) => group}
                columns={[
                  {
                    head: words(by),
                    render: ({ group }) =>
                      group === '' ? (
                        <span className="dim">none given</span>
                      ) : (
                        <button
                          type="button"
                          className="plain"
                          onClick={() => setParameters({ [by]: group, by: nextDimension(by) })}
                        >
                          {group}
                        </button>
                      ),
                  },
                  { head: kpi.unit === 's' ? 'Median' : 'Value', render: ({ value }) => measure(value, kpi.unit), right: true },
                  {
                    id: 'size',
                    head: <span className="visually-hidden">Size</span>,
                    render: ({ value }) => <Bar share={largest === 0 ? 0 : (value ?? 0) / largest} />,
                  },
                  ...(kpi.unit === 's'
                    ? [{ head: 'p90', render: ({ p90 }: KpiRow) => measure(p90, kpi.unit), right: true }]
                    : []),
                  {
                    head: 'Change',
                    render: ({ value, previous }) => (
                      <Delta value={value} previous={previous} unit={kpi.unit} better={kpi.better} />
                    ),
                    right: true,
                  },
                  {
                    head: 'n',
                    render: ({ n }) => (
                      <span
                        className={n < kpi.minimum_n ? 'dim' : ''}
                        title={n < kpi.minimum_n ? `fewer than ${kpi.minimum_n}: read with caution` : undefined}
                      >
                        {count(n)}
                        {n < kpi.minimum_n && ' ⚠'}
                      </span>
                    ),
                    right: true,
                  },
                  ...(rows.some(({ target }) => target !== null)
                    ? [{ head: 'Target', render: ({ target }: KpiRow) => measure(target, kpi.unit), right: true }]
                    : []),
                  { head: 'Open', render: ({ open }) => count(open), right: true },
                ]}
              />
              {rows.length > SHOWN && (
                <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setAll(!all)}>
                  {all ? 'Show fewer' : `Show all ${count(rows.length)}`}
                </Button>
              )}
            </>
          )
        }
      </Shown>
    </Panel>
  )
}

/** What to group by next, once this dimension is fixed by a filter. */
function nextDimension(by: Dimension): Dimension {
  return DIMENSIONS[(DIMENSIONS.indexOf(by) + 1) % DIMENSIONS.length] ?? 'entity'
}

function Bar({ share }: { share: number }) {
  return (
    <svg width="120" height="8" aria-hidden="true" style={{ display: 'block', marginTop: 6 }}>
      <rect width={Math.max(1, share * 120)} height="8" rx="2" fill="var(--data-soft)" />
    </svg>
  )
}
