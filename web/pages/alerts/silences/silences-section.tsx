import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Silences, SilenceView } from '../../../../api/contract/silences.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { duration, instant } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { CsvButton } from '../../../parts/csv-button.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { StateChip, type Tone } from '../../../parts/state-chip.tsx'
import { Empty, Fault, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useSession } from '../../../session.ts'
import { SilenceDialog } from './silence-dialog.tsx'
import { EMPTY_MATCHER, type Holds, matcherText } from './silence-text.ts'

/** Silences and maintenance windows: those that hold, those that will, and those that are over. */
export function SilencesSection() {
  const admin = useSession().scopes.includes('admin')
  const [isNew, setNew] = useState(false)
  const answer = useAnswer('Silences', '/v1/silences', {}, { refreshMs: 15_000 })
  return (
    <Panel
      title="Silences and maintenance"
      note="nobody is told of what they match; evaluation goes on, and what had been told is still told to be over"
      aside={
        <div className="row">
          <SilencesCsv of={answer.data} />
          {admin && (
            <Button size="xs" onClick={() => setNew(true)}>
              New silence
            </Button>
          )}
        </div>
      }
    >
      <Shown of={answer} height={240}>
        {({ silences }) =>
          silences.length === 0 ? (
            <Empty certain title="Nothing is silenced">
              <p>Silence an alert from the inbox while its cause is being worked on, or plan the window of a maintenance here.</p>
            </Empty>
          ) : (
            <SilenceTable of={silences} />
          )
        }
      </Shown>
      {isNew && <SilenceDialog start={EMPTY_MATCHER} onClose={() => setNew(false)} />}
    </Panel>
  )
}

const HOLDS: Readonly<Record<Holds, { tone: Tone; text: string; order: number }>> = {
  now: { tone: 'caution', text: 'holds', order: 0 },
  planned: { tone: 'none', text: 'planned', order: 1 },
  over: { tone: 'none', text: 'over', order: 2 },
}

function SilenceTable({ of }: { of: readonly SilenceView[] }) {
  const now = useNow()
  const admin = useSession().scopes.includes('admin')
  const rules = useAnswer('Rules', '/v1/rules').data?.rules ?? []
  const titles = new Map(rules.map(({ id, rule }) => [id, rule.title]))
  const end = useAct('SilenceView', (id: string) => ({ path: `/v1/silences/${id}/end` }))
  return (
    <>
      {end.isError && <Fault error={end.error} />}
      <Table<SilenceView>
        label="List of silences"
        rows={of.toSorted((a, b) => HOLDS[a.holds].order - HOLDS[b.holds].order)}
        rowKey={({ id }) => id}
        columns={[
          {
            head: 'What it matches',
            render: ({ matcher, kind }) => (
              <div className="two-lines">
                <span>{matcherText(matcher, titles)}</span>
                {kind === 'maintenance' && <span className="dim">planned maintenance</span>}
              </div>
            ),
          },
          {
            head: 'State',
            render: ({ holds, ended_at: ended }) => (
              <StateChip tone={HOLDS[holds].tone}>{ended === null ? HOLDS[holds].text : 'ended'}</StateChip>
            ),
            nowrap: true,
          },
          { head: 'From', render: ({ from }) => instant(from), nowrap: true },
          {
            head: 'To',
            render: ({ to, holds, ended_at: ended }) => (
              <div className="two-lines">
                <span>{instant(ended ?? to)}</span>
                {holds === 'now' && <span className="dim">{duration(Math.max(60, (Date.parse(to) - now) / 1000))} left</span>}
              </div>
            ),
            nowrap: true,
          },
          { head: 'Reason', render: ({ reason }) => reason },
          { head: 'By', render: ({ created_by }) => created_by },
          ...(admin
            ? [
                {
                  id: 'end',
                  head: <span className="visually-hidden">Actions</span>,
                  render: ({ id, holds }: SilenceView) =>
                    holds === 'over' ? null : (
                      <Button
                        size="compact-xs"
                        variant="default"
                        loading={end.isPending && end.variables === id}
                        onClick={() => end.mutate(id)}
                      >
                        End it now
                      </Button>
                    ),
                  right: true,
                },
              ]
            : []),
        ]}
      />
    </>
  )
}

function SilencesCsv({ of }: { of: Silences | undefined }) {
  return (
    <CsvButton
      name="silences"
      head={['id', 'kind', 'holds', 'matcher', 'from', 'to', 'reason', 'created_by', 'ended_at']}
      rows={of?.silences}
      cells={(one) => [
        one.id,
        one.kind,
        one.holds,
        matcherText(one.matcher, new Map()),
        one.from,
        one.to,
        one.reason,
        one.created_by,
        one.ended_at,
      ]}
    />
  )
}
