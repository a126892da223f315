import { SegmentedControl } from '@mantine/core'
import type { ProcessWaits } from '../../../api/contract/process.ts'
import { WAIT_GROUPS, type WaitGroup } from '../../../model/vocabulary.ts'
import { count, counted, duration, percent, plural, words } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { useSearchParams } from 'react-router'
import { activityWithin, type Steps, useProcessAnswer } from './process-answer.ts'

type Wait = ProcessWaits['groups'][number]

const SHOWN = 25
const LABELS: Record<WaitGroup, string> = { activity: 'Activity', step: 'Step', actor: 'Who acts', system: 'System' }

/** What documents wait for: the time between the end of one activity and the start of the next. */
export function Waits({ type, steps }: { type: string; steps: Steps }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const { window } = useScope()
  const by = WAIT_GROUPS.find((one) => one === search.get('waits')) ?? 'activity'
  const waits = useProcessAnswer('ProcessWaits', { type, steps }, 'waits', { by })
  return (
    <Panel
      title="What they wait for"
      note={`end of one activity to the start of the next, ${plural(type)}, ${window.label.toLowerCase()}`}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Waits by"
          value={by}
          onChange={(value) => setParameters({ waits: value === 'activity' ? undefined : value })}
          data={WAIT_GROUPS.map((value) => ({ value, label: LABELS[value] }))}
        />
      }
    >
      <Shown of={waits} height={260}>
        {({ all, groups }) => {
          const total = (all.mean ?? 0) * all.n
          const ranked = groups.toSorted((a, b) => (b.mean ?? 0) * b.n - (a.mean ?? 0) * a.n)
          if (ranked.length === 0) return <Empty title="No waits" />
          return (
            <>
              <Table<Wait>
                label="Waits"
                rows={ranked.slice(0, SHOWN)}
                rowKey={({ waited_for }) => waited_for}
                columns={[
                  { head: LABELS[by], render: ({ waited_for }) => nameOf(waited_for, by, type) },
                  { head: 'n', render: ({ n }) => count(n), right: true },
                  { head: 'Median', render: ({ median }) => duration(median), right: true },
                  { head: 'p90', render: ({ p90 }) => duration(p90), right: true },
                  {
                    head: 'Share of all waiting',
                    render: ({ mean, n }) => (total === 0 ? '–' : percent(((mean ?? 0) * n) / total)),
                    right: true,
                  },
                ]}
              />
              <p className="dim num chart-note">
                {counted(all.n, 'wait')}, median {duration(all.median)}, p90 {duration(all.p90)}
                {all.overlaps > 0 && `; ${counted(all.overlaps, 'activity', 'activities')} began before the one before had ended`}
                {ranked.length > SHOWN && `; the ${SHOWN} longest of ${count(ranked.length)} are shown`}
              </p>
            </>
          )
        }}
      </Shown>
    </Panel>
  )
}

function nameOf(waited: string, by: WaitGroup, type: string): string {
  if (waited === '') return 'Not stated'
  return by === 'activity' || by === 'step' ? words(activityWithin(waited, type)) : waited
}
