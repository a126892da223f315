import { useParams } from 'react-router'
import type { AlertQuality } from '../../../../api/contract/alerts.ts'
import type { Rules, RuleView } from '../../../../api/contract/rules.ts'
import { useAnswer } from '../../../answers.ts'
import { counted, percent } from '../../../format.ts'
import { ClassBadge } from '../../../parts/classes.tsx'
import { CsvButton } from '../../../parts/csv-button.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { PagesAWeek, Precision } from './quality-parts.tsx'
import { RuleEditorPage } from './rule-page.tsx'
import { Origin, RuleState } from './rule-parts.tsx'
import { WATCH_KINDS } from './watch-kinds.ts'

type Quality = AlertQuality['rules'][number]

/** The rules that decide what is told: all of them with how well they serve, one of them, or a new one. */
export function RulesSection() {
  const { id } = useParams()
  if (id !== undefined) return <RuleEditorPage key={id} id={id} />
  return <RuleList />
}

function RuleList() {
  const answer = useAnswer('Rules', '/v1/rules', {}, { refreshMs: 60_000 })
  const quality = useAnswer('AlertQuality', '/v1/alerts/quality', {}, { refreshMs: 60_000 })
  const of = new Map(quality.data?.rules.map((one) => [one.rule, one]))
  return (
    <Panel
      title="Rules"
      note="pages and what people said of them are those of the last 90 days"
      aside={
        <>
          <ScopedLink to="/alerts/rules/new">New rule</ScopedLink>
          <RulesCsv rules={answer.data} quality={of} />
        </>
      }
    >
      <Shown of={answer} height={420}>
        {({ rules, pack }) =>
          rules.length === 0 ? (
            <Empty certain title="There is no rule">
              <p>
                <ScopedLink to="/alerts/rules/new">Write one</ScopedLink>: until then nobody is told of anything.
              </p>
            </Empty>
          ) : (
            <>
              <RuleTable rules={rules} quality={of} />
              <p className="dim form-note">
                {counted(rules.filter(({ origin }) => origin === 'pack').length, 'rule')} of the pack {pack.name}, version{' '}
                {pack.version}. What you change of one is kept as a difference, so that a better pack reaches you.
              </p>
            </>
          )
        }
      </Shown>
    </Panel>
  )
}

function RuleTable({ rules, quality }: { rules: readonly RuleView[]; quality: ReadonlyMap<string, Quality> }) {
  const weight = (one: RuleView): number => (isInForce(one) ? 0 : 1)
  const sorted = rules.toSorted(
    (a, b) => weight(a) - weight(b) || (quality.get(b.id)?.pages ?? 0) - (quality.get(a.id)?.pages ?? 0),
  )
  return (
    <Table<RuleView>
      label="List of rules"
      rows={sorted}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Rule',
          render: ({ id, rule }) => (
            <div className="two-lines">
              <ScopedLink to={`/alerts/rules/${encodeURIComponent(id)}`}>{rule.title}</ScopedLink>
              <span className="dim">{WATCH_KINDS[rule.watch.kind].name}</span>
            </div>
          ),
        },
        { head: 'Class', render: ({ rule }) => <ClassBadge of={rule.class} />, nowrap: true },
        { head: 'State', render: (one) => <RuleState of={one} />, nowrap: true },
        { head: 'Origin', render: (one) => <Origin of={one} /> },
        { head: 'Pages a week', render: ({ id }) => <PagesAWeek of={quality.get(id)} />, right: true },
        { head: 'Acknowledged', render: ({ id }) => percent(quality.get(id)?.acknowledged_share), right: true },
        { head: 'Useful', render: ({ id }) => <Precision of={quality.get(id)} />, right: true },
        {
          head: 'Advice',
          render: ({ id }) => {
            const [first] = quality.get(id)?.advice ?? []
            return first === undefined ? <span className="dim">–</span> : <span title={first.why}>{ADVICE[first.kind]}</span>
          },
        },
      ]}
    />
  )
}

const ADVICE: Readonly<Record<Quality['advice'][number]['kind'], string>> = {
  retire: 'retire it',
  raise_for: 'let it hold for longer first',
  raise_keep_firing: 'let it be over for longer',
}

/** Whether a rule is evaluated. */
function isInForce({ state, rule }: RuleView): boolean {
  return state === 'active' && rule.enabled
}

function RulesCsv({ rules, quality }: { rules: Rules | undefined; quality: ReadonlyMap<string, Quality> }) {
  return (
    <CsvButton
      name="alert-rules"
      head={[
        'id',
        'title',
        'class',
        'severity',
        'watch',
        'origin',
        'state',
        'enabled',
        'pages',
        'pages_a_week',
        'useful',
        'noise',
      ]}
      rows={rules?.rules}
      cells={({ id, rule, origin, state }) => {
        const of = quality.get(id)
        return [
          id,
          rule.title,
          rule.class,
          rule.severity,
          rule.watch.kind,
          origin,
          state,
          rule.enabled ? 'yes' : 'no',
          of?.pages ?? 0,
          of?.pages_a_week ?? 0,
          of?.useful ?? 0,
          of?.noise ?? 0,
        ]
      }}
    />
  )
}
