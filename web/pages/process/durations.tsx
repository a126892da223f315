import type { ProcessDurations } from '../../../api/contract/process.ts'
import { Histogram } from '../../charts/histogram.tsx'
import { count, duration, plural, words } from '../../format.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { activityWithin, type Steps, useProcessAnswer } from './process-answer.ts'

type ActivityDuration = ProcessDurations['activities'][number]

/** How long documents take from first to last event, and how long single activities last. */
export function Durations({ type, steps }: { type: string; steps: Steps }) {
  const durations = useProcessAnswer('ProcessDurations', { type, steps }, 'durations')
  return (
    <Shown of={durations} height={260}>
      {({ start_to_start: whole, start_to_end: withEnds, histogram, activities }) => {
        const timed = activities.filter(({ max }) => max !== null && max > 0)
        return (
          <div className={timed.length === 0 ? 'stack' : 'split'}>
            <Panel title="How long they take" note={`first to last event, ${plural(type)} by duration`}>
              <Figures
                items={[
                  { name: 'Median', value: duration(whole.median) },
                  { name: 'Mean', value: duration(whole.mean) },
                  { name: 'p90', value: duration(whole.p90) },
                  { name: 'p95', value: duration(whole.p95) },
                  { name: 'Longest', value: duration(whole.max) },
                  ...(withEnds.median !== null && withEnds.median !== whole.median
                    ? [{ name: 'Median to last end', value: duration(withEnds.median) }]
                    : []),
                ]}
              />
              <div style={{ height: '0.75rem' }} />
              {histogram.length === 0 ? (
                <Empty title="No durations" />
              ) : (
                <Histogram
                  bins={histogram.map(({ from_s, to_s, objects }) => ({ from: from_s, to: to_s, n: objects }))}
                  noun={plural(type)}
                  unit="s"
                />
              )}
            </Panel>
            {timed.length > 0 && (
              <Panel title="How long activities last" note="start to end of each instance">
                <Table<ActivityDuration>
                  label="Duration of activities"
                  rows={timed.toSorted((a, b) => (b.median ?? 0) - (a.median ?? 0))}
                  rowKey={({ activity }) => activity}
                  columns={[
                    { head: 'Activity', render: ({ activity }) => words(activityWithin(activity, type)) },
                    { head: 'n', render: ({ n }) => count(n), right: true },
                    { head: 'Median', render: ({ median }) => duration(median), right: true },
                    { head: 'Mean', render: ({ mean }) => duration(mean), right: true },
                    { head: 'p90', render: ({ p90 }) => duration(p90), right: true },
                    { head: 'Longest', render: ({ max }) => duration(max), right: true },
                  ]}
                />
              </Panel>
            )}
          </div>
        )
      }}
    </Shown>
  )
}
