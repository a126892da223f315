import { Fragment } from 'react'
import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { count, day, duration, timeOfDay, words } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Severity } from '../../parts/severity.tsx'
import { Table } from '../../parts/table.tsx'
import { condensed, storyText } from './story-text.ts'

/** What happened to an alert, in order: what the engine did, and what people did. */
export function Story({ of }: { of: AlertDetail }) {
  const story = condensed(of.story)
  const titles = new Map([...of.parties, ...of.choices].map(({ party, title }) => [party, title]))
  return (
    <Panel title="Story" note={`${count(of.story.length)} entries, by the clock of the engine, UTC`}>
      {of.story.length === 0 ? (
        <Empty certain title="Nothing has been written down yet" />
      ) : (
        <ol className="alert-story">
          {story.map((entry, index) => {
            const { text, said, mark } = storyText(entry, titles)
            const before = story[index - 1]
            const isNewDay = before === undefined || day(before.at) !== day(entry.at)
            return (
              <Fragment key={entry.id}>
                {isNewDay && <li className="story-day">{day(entry.at)}</li>}
                <li data-mark={mark}>
                  <time dateTime={entry.at}>{timeOfDay(entry.at)}</time>
                  <span className="story-dot" aria-hidden="true" />
                  <div>
                    <span>{text}</span>
                    {entry.actor !== 'engine' && <span className="dim"> · {entry.actor_name}</span>}
                    {said !== '' && <p>{said}</p>}
                  </div>
                </li>
              </Fragment>
            )
          })}
        </ol>
      )}
    </Panel>
  )
}

type Transition = AlertDetail['transitions'][number]

/** Changes of state of what belongs to an alert: when each came about by the events, and when the engine found it. */
export function Transitions({ of }: { of: AlertDetail }) {
  return (
    <Panel
      title="Changes of state"
      note={`the latest first${of.transitions_total > of.transitions.length ? `, ${count(of.transitions.length)} of ${count(of.transitions_total)}` : ''}`}
    >
      {of.transitions.length === 0 ? (
        <Empty certain title="No change of state is attached to it" />
      ) : (
        <Table<Transition>
          label="List of changes of state"
          rows={of.transitions.slice(0, 100)}
          rowKey={(one) => `${one.rule} ${one.key} ${one.epoch} ${one.number}`}
          columns={[
            { head: 'Event time', render: ({ at }) => <Precise at={at} />, nowrap: true },
            { head: 'Engine time', render: ({ decided_at }) => <Precise at={decided_at} />, nowrap: true },
            {
              head: 'Found after',
              render: ({ at, decided_at }) => duration(Math.max(0, (Date.parse(decided_at) - Date.parse(at)) / 1000)),
              right: true,
            },
            { head: 'Key', render: ({ key }) => <span className="mono">{key}</span> },
            { head: 'Change', render: ({ from, to }) => `${from} → ${to}`, nowrap: true },
            { head: 'Why', render: ({ reason }) => words(reason) },
            { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
            { head: 'Rule version', render: ({ rule_version }) => count(rule_version), right: true },
          ]}
        />
      )}
    </Panel>
  )
}

function Precise({ at }: { at: string }) {
  return (
    <>
      {day(at)}, {timeOfDay(at)}
    </>
  )
}
