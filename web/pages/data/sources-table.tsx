import type { Sources } from '../../../api/contract/data.ts'
import { ago, count, day, duration, estimate, instant, percent } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Table } from '../../parts/table.tsx'
import { FreshnessChip } from './sources/freshness-chip.tsx'

type Source = Sources['sources'][number]

/** Every source with its freshness and what of it has no canonical name. */
export function SourcesTable({ of }: { of: Sources }) {
  const now = useNow()
  const events = of.sources.reduce((sum, { events: size }) => sum + size, 0)
  const unmapped = of.sources.reduce((sum, source) => sum + source.unmapped, 0)
  const lastDay = of.sources.reduce((sum, source) => sum + source.events_24h, 0)
  return (
    <div className="stack">
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Events', value: estimate(events) },
            { name: 'Last 24 hours', value: estimate(lastDay) },
            { name: 'Sources', value: count(of.sources.length) },
            { name: 'With a canonical name', value: percent(events === 0 ? null : 1 - unmapped / events) },
            { name: 'Corrections', value: count(of.corrections) },
            { name: 'Conflicts', value: count(of.conflicts.length) },
          ]}
        />
      </section>
      <Panel title="Arrivals" note="one row a source, times in UTC; ≈ estimated to about 1 %">
        <Table<Source>
          label="Sources"
          rows={of.sources.toSorted((a, b) => b.events - a.events)}
          rowKey={({ source }) => source}
          columns={[
            { head: 'Source', render: ({ source }) => <span className="mono">{source}</span> },
            { head: 'State', render: ({ freshness }) => <FreshnessChip of={freshness} />, nowrap: true },
            {
              head: 'Latest event',
              render: ({ last_at }) => <span title={ago(last_at, now)}>{instant(last_at)}</span>,
              nowrap: true,
            },
            { head: 'Latest arrival', render: ({ last_received_at }) => ago(last_received_at, now), nowrap: true },
            {
              head: 'Expected every',
              render: ({ freshness: { expected_gap_s } }) =>
                expected_gap_s === null ? <span className="dim">–</span> : duration(expected_gap_s),
              right: true,
            },
            { head: 'First event', render: ({ first_at }) => day(first_at), nowrap: true },
            { head: 'Events', render: (source) => estimate(source.events), right: true },
            { head: 'Last 24 h', render: ({ events_24h }) => estimate(events_24h), right: true },
            { head: 'Documents', render: ({ objects }) => estimate(objects), right: true },
            {
              head: 'Unmapped',
              render: (source) =>
                `${estimate(source.unmapped)} (${percent(source.events === 0 ? 0 : source.unmapped / source.events)})`,
              right: true,
            },
          ]}
        />
      </Panel>
    </div>
  )
}
