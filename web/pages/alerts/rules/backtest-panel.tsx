import { Button, NativeSelect } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Backtest } from '../../../../api/contract/backtest.ts'
import { ask } from '../../../api.ts'
import { ValueLines } from '../../../charts/value-lines.tsx'
import { count, counted, instant } from '../../../format.ts'
import { Figures, Panel } from '../../../parts/panel.tsx'
import { Severity } from '../../../parts/severity.tsx'
import { Empty, Fault, Loading } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useScope } from '../../../scope.ts'
import { daysOf, pagesByDay } from './backtest-days.ts'
import type { Draft } from './draft.ts'
import { perWeek } from './quality-parts.tsx'

const DAY_MS = 86_400_000

type Props = {
  /** The draft; undefined while it is no rule. */
  rule: Draft | undefined
  /** The rule as it stands; undefined where it is new. */
  saved: Draft | undefined
  isDirty: boolean
}

/** What a rule would have done over history, through the whole pipeline, beside what the rule as it stands would have. */
export function BacktestPanel({ rule, saved, isDirty }: Props) {
  const { tenant } = useScope()
  const [days, setDays] = useState('30')
  const [mode, setMode] = useState<Backtest['mode']>('hindsight')
  const run = useMutation({
    mutationFn: async () => {
      const to = new Date()
      const window = { from: new Date(to.getTime() - Number(days) * DAY_MS).toISOString(), to: to.toISOString(), mode }
      const ran = (body: Draft) =>
        ask('Backtest', '/v1/rules/backtest', { method: 'POST', tenant, body: { rule: body, ...window } })
      const [after, before] = await Promise.all([ran(rule ?? {}), saved === undefined || !isDirty ? null : ran(saved)])
      return { after, before, of: rule }
    },
  })
  return (
    <Panel
      title="Backtest"
      note="what it would have told, through state machine, calendars, grouping and silences"
      aside={
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            run.mutate()
          }}
        >
          <NativeSelect
            size="xs"
            aria-label="Over"
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
            data={['7', '30', '90', '180'].map((one) => ({ value: one, label: `the last ${one} days` }))}
          />
          <NativeSelect
            size="xs"
            aria-label="By"
            value={mode}
            onChange={(event) => setMode(event.currentTarget.value as Backtest['mode'])}
            data={[
              { value: 'hindsight', label: 'by what is known now' },
              { value: 'as_known', label: 'by what was known then' },
            ]}
          />
          <Button size="xs" type="submit" variant="default" loading={run.isPending} disabled={rule === undefined}>
            Run it
          </Button>
        </form>
      }
    >
      {run.isPending ? (
        <Loading height={260} />
      ) : run.isError ? (
        <Fault error={run.error} retry={() => run.mutate()} />
      ) : run.data === undefined ? (
        <Empty certain title="Not run yet">
          <p>
            Run it to see the pages that this rule would have sent, day by day
            {saved === undefined ? '' : ', before and after the change'}.
          </p>
        </Empty>
      ) : (
        <Result {...run.data} isStale={run.data.of !== rule} />
      )}
    </Panel>
  )
}

type ResultProps = { after: Backtest; before: Backtest | null; isStale: boolean }

function Result({ after, before, isStale }: ResultProps) {
  const days = daysOf(after.from, after.to)
  const [now, then] = [pagesByDay(after.pages), before === null ? null : pagesByDay(before.pages)]
  const stands = before === null ? after.before : { pages: before.pages.length, pages_a_week: before.pages_a_week }
  const changed = before === null ? 'Pages' : 'With the change'
  return (
    <div className="stack">
      {isStale && <p className="former">The rule has been changed since: run it again.</p>}
      <Figures
        items={[
          { name: 'Pages a week', value: perWeek(after.pages_a_week), note: counted(after.pages.length, 'page') },
          ...(stands === null
            ? []
            : [{ name: 'As it stands', value: perWeek(stands.pages_a_week), note: counted(stands.pages, 'page') }]),
          { name: 'First page', value: instant(after.first_page_at) },
          { name: 'Changes of state', value: count(after.transitions.length) },
          { name: 'Evaluations', value: count(after.ticks) },
        ]}
      />
      <ValueLines
        title="Pages by day"
        unit="count"
        format={(value) => counted(value, 'page')}
        axis={(value) => count(value)}
        series={[
          ...(then === null ? [] : [{ key: 'before', label: 'As it stands', color: 'var(--data-soft)', dash: '5 4' }]),
          { key: 'after', label: changed, color: 'var(--accent)' },
        ]}
        points={days.map(({ day, label }) => ({
          label,
          title: day,
          values: { after: now.get(day) ?? 0, ...(then === null ? {} : { before: then.get(day) ?? 0 }) },
        }))}
        height={210}
      />
      {after.truncated && <p className="dim form-note">There were more than can be listed; the figures are of those that are.</p>}
      {after.pages.length === 0 ? (
        <Empty certain title="It would have told nobody of anything">
          <p>Over this time, nothing came about that it looks for, or not for long enough.</p>
        </Empty>
      ) : (
        <Table<Backtest['pages'][number]>
          label="Pages that it would have sent"
          rows={after.pages.slice(0, 50)}
          rowKey={({ at, title }) => `${at} ${title}`}
          columns={[
            { head: 'Told', render: ({ at }) => instant(at), nowrap: true },
            { head: 'Page', render: ({ title }) => title },
            { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
            { head: 'Affected', render: ({ n }) => count(n), right: true },
            {
              head: 'Over',
              render: ({ resolved_at: over }) => (over === null ? <span className="dim">goes on</span> : instant(over)),
              nowrap: true,
            },
          ]}
        />
      )}
    </div>
  )
}
