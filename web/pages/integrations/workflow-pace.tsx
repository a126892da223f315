import type { Runs } from '../../../api/contract/integrations.ts'
import { count, counted, instant } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'
import { Table } from '../../parts/table.tsx'

type Workflow = Runs['workflows'][number]
type Pace = Workflow['pace']

const TONES: Readonly<Record<Pace['state'], Tone>> = { fresh: 'good', late: 'caution', silent: 'bad', learning: 'none' }
const WORDS: Readonly<Record<Pace['state'], string>> = {
  fresh: 'on time',
  late: 'late',
  silent: 'silent',
  learning: 'learning',
}

/** Whether a workflow starts as it uses to, with what that is judged by. */
export function PaceChip({ of }: { of: Pace }) {
  return (
    <StateChip tone={TONES[of.state]} title={sentence(of)}>
      {WORDS[of.state]}
    </StateChip>
  )
}

function sentence({ state, due_by, judged_by, learned_from_n }: Pace): string {
  if (state === 'learning')
    return `Its pace is not known yet: ${counted(learned_from_n, 'gap')} between starts in six weeks. Nothing is said of missing starts.`
  const by =
    judged_by === 'schedule'
      ? `Its starts are as regular as those of a schedule, by ${counted(learned_from_n, 'gap')}`
      : `Its starts are not those of a schedule: only a silence that it never had is told, by ${counted(learned_from_n, 'gap')}`
  return state === 'fresh'
    ? `${by}. The next one is overdue from ${instant(due_by)} UTC on.`
    : `${by}. One was due by ${instant(due_by)} UTC.`
}

/** Starts that were expected and did not happen; a dash where the pace is not known. */
export function NotStarted({ of: { not_started, judged_from, gaps } }: { of: Pace }) {
  if (not_started === null) return <span className="dim">–</span>
  const since = `Judged since ${instant(judged_from)} UTC.`
  const told = gaps.map((gap) => `${count(gap.expected)}: ${between(gap)}`)
  return (
    <span className={not_started > 0 ? 'rate-bad' : 'dim'} title={[...told, since].join('\n')}>
      {count(not_started)}
    </span>
  )
}

function between({ from, to }: Pace['gaps'][number]): string {
  return `after ${instant(from)}, ${to === null ? 'none since' : `before ${instant(to)}`}`
}

/** When starts were expected and none came, of all workflows. */
export function MissedStarts({ of }: { of: readonly Workflow[] }) {
  const rows = of
    .flatMap(({ system, workflow, pace }) => pace.gaps.map((gap) => ({ system, workflow, judged_by: pace.judged_by, ...gap })))
    .toSorted((a, b) => b.from.localeCompare(a.from))
  if (rows.length === 0) return null
  return (
    <Panel
      title="Expected but not started"
      note="latest first, UTC"
      aside={
        <CsvButton
          name="missed-starts"
          head={['system', 'workflow', 'expected', 'last_start', 'next_start', 'judged_by']}
          rows={rows}
          cells={(row) => [row.system, row.workflow, row.expected, row.from, row.to, row.judged_by]}
        />
      }
    >
      <Table<(typeof rows)[number]>
        label="List of starts that were expected and did not happen"
        rows={rows}
        rowKey={({ system, workflow, from }) => `${system} ${workflow} ${from}`}
        columns={[
          {
            head: 'Workflow',
            render: ({ system, workflow }) => (
              <div className="two-lines">
                {workflow}
                <span className="dim">{system}</span>
              </div>
            ),
          },
          { head: 'Expected', render: ({ expected }) => count(expected), right: true },
          { head: 'Last start before', render: ({ from }) => instant(from), nowrap: true },
          {
            head: 'Next start',
            render: ({ to }) => (to === null ? <StateChip tone="bad">none yet</StateChip> : instant(to)),
            nowrap: true,
          },
          { head: 'Judged by', render: ({ judged_by }) => judged_by },
        ]}
      />
    </Panel>
  )
}
