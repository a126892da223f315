import { useParams } from 'react-router'
import type { Controls } from '../../../api/contract/controls.ts'
import { useWindowAnswer } from '../../answers.ts'
import { Sparkline } from '../../charts/sparkline.tsx'
import { useFirstComputing } from '../../first-computing.ts'
import { count, day, measure } from '../../format.ts'
import { money } from '../../money.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { Severity } from '../../parts/severity.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { ControlDetail } from './control-detail.tsx'
import { CATEGORY_NAMES } from './violation-parts.tsx'
import { ViolationsPanel } from './violations-panel.tsx'
import '../../styles/controls.css'
import '../../styles/intake.css'

type Control = Controls['controls'][number]

const CSV_HEAD = [
  'control',
  'title',
  'category',
  'severity',
  'evaluable',
  'missing',
  'violations',
  'open',
  'accepted',
  'remediated',
  'retracted',
  'documents',
  'of',
  'per_1000',
  'last_at',
]

/** Controls by category with what they found, or one of them. */
export function ControlsPage() {
  const { id } = useParams()
  const answer = useWindowAnswer('Controls', '/v1/controls', {}, { refreshMs: 30_000 })
  // Before the first computing no violation is known, which is no all-clear.
  if (useFirstComputing() !== null)
    return (
      <>
        <PageHead title="Controls" />
        <Empty title="No control is evaluated" />
      </>
    )
  if (id !== undefined) return <ControlDetail id={id} of={answer} />
  return (
    <>
      <PageHead
        title="Controls"
        aside={
          <CsvButton
            name="controls"
            head={CSV_HEAD}
            rows={answer.data?.controls}
            cells={(one) => [
              one.control,
              one.title,
              one.category,
              one.severity,
              one.evaluable ? 'yes' : 'no',
              one.missing.join(' '),
              one.violations,
              one.open,
              one.accepted,
              one.remediated,
              one.retracted,
              one.documents,
              one.of,
              one.per_1000,
              one.last_at,
            ]}
          />
        }
      >
        What the rules say and the events show, by when it came about.
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={640}>
        {({ controls }) => (
          <div className="stack">
            <Summary of={controls} />
            {[...Map.groupBy(controls, ({ category }) => category)].map(([category, ofCategory]) => (
              <Panel key={category} title={CATEGORY_NAMES[category]}>
                <ControlTable category={CATEGORY_NAMES[category]} rows={ofCategory} />
              </Panel>
            ))}
          </div>
        )}
      </Shown>
      <div className="stack section-gap">
        <ViolationsPanel />
      </div>
    </>
  )
}

function Summary({ of }: { of: readonly Control[] }) {
  const sum = (read: (one: Control) => number) => count(of.reduce((total, one) => total + read(one), 0))
  return (
    <section className="panel figures-panel" aria-label="Summary">
      <Figures
        items={[
          {
            name: 'Controls',
            value: count(of.length),
            note: `${count(of.filter(({ evaluable }) => !evaluable).length)} not evaluable`,
          },
          { name: 'Violations', value: sum(({ violations }) => violations ?? 0) },
          { name: 'Open', value: sum(({ open }) => open) },
          { name: 'Accepted', value: sum(({ accepted }) => accepted) },
          { name: 'Remediated', value: sum(({ remediated }) => remediated) },
          { name: 'Retracted', value: sum(({ retracted }) => retracted), note: 'not counted' },
        ]}
      />
    </section>
  )
}

function ControlTable({ category, rows }: { category: string; rows: readonly Control[] }) {
  return (
    <Table<Control>
      label={`Controls of ${category}`}
      rows={rows}
      rowKey={({ control }) => control}
      columns={[
        {
          head: 'Control',
          render: (one) => (
            <div className="two-lines">
              <ScopedLink to={`/controls/${one.control}`}>{one.title}</ScopedLink>
              <span className="dim mono">{one.control}</span>
            </div>
          ),
        },
        { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
        { head: 'State', render: (one) => <Evaluable of={one} /> },
        { head: 'Violations', render: ({ violations }) => (violations === null ? '–' : count(violations)), right: true },
        { head: 'Open', render: ({ open, evaluable }) => (evaluable ? count(open) : '–'), right: true },
        {
          head: 'Per 1,000',
          render: ({ per_1000, of }) => (
            <span title={`of ${count(of)} documents that began in the window`}>{measure(per_1000, 'per_1000')}</span>
          ),
          right: true,
        },
        { head: 'n', render: ({ of }) => count(of), right: true },
        {
          head: 'At risk, open',
          render: ({ money: sums }) =>
            sums.length === 0 ? <span className="dim">–</span> : sums.map((one) => money(one.amount, one.currency)).join(' + '),
          right: true,
        },
        {
          head: 'Trend',
          render: (one) => (
            <Sparkline values={filled(one.trend)} label={`${one.title}: violations by week`} width={96} height={26} />
          ),
        },
        { head: 'Last', render: ({ last_at }) => day(last_at), nowrap: true },
      ]}
    />
  )
}

const WEEK_MS = 7 * 86_400_000

/** Violations by week without gaps, from the first week that has one to the last. */
function filled(trend: Control['trend']): number[] {
  const [first, last] = [trend[0], trend.at(-1)]
  if (first === undefined || last === undefined) return []
  const counts = new Map(trend.map(({ bucket, n }) => [Date.parse(bucket), n]))
  const weeks = Math.round((Date.parse(last.bucket) - Date.parse(first.bucket)) / WEEK_MS) + 1
  return Array.from({ length: weeks }, (_, week) => counts.get(Date.parse(first.bucket) + week * WEEK_MS) ?? 0)
}

function Evaluable({ of }: { of: Control }) {
  if (of.evaluable) return <StateChip tone="good">evaluated</StateChip>
  return (
    <StateChip tone="none" title="Without it nothing is found, which does not mean that nothing is wrong">
      not evaluable: needs {of.missing.join(', ')}
    </StateChip>
  )
}
