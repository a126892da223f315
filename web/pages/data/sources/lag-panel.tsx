import type { KafkaState } from '../../../../api/contract/kafka.ts'
import { useAnswer } from '../../../answers.ts'
import { ago, count, timeOfDay } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Figures, Panel } from '../../../parts/panel.tsx'
import { StateChip, type Tone } from '../../../parts/state-chip.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'

type Partition = KafkaState['partitions'][number]

const STATES: Readonly<Record<Partition['state'], { tone: Tone; words: string }>> = {
  reading: { tone: 'good', words: 'reading' },
  paused: { tone: 'none', words: 'paused' },
  waiting: { tone: 'bad', words: 'waits for the store' },
  replaying: { tone: 'caution', words: 'stores a range again' },
}

/** How far the consumers are behind the end of each partition. Known without the event store, so it stays live in its outage. */
export function LagPanel() {
  const state = useAnswer('KafkaState', '/v1/kafka', {}, { refreshMs: 5000 })
  if (state.data?.configured === false) return null
  return (
    <Panel
      title="Kafka"
      note={
        state.data === undefined
          ? undefined
          : `records that wait in each partition${state.data.as_of === null ? '' : `, counted at ${timeOfDay(state.data.as_of)}`}`
      }
    >
      <Shown of={state} height={160}>
        {(kafka) => <Partitions of={kafka} />}
      </Shown>
    </Panel>
  )
}

function Partitions({ of }: { of: KafkaState }) {
  const now = useNow()
  const total = of.partitions.reduce((sum, { lag }) => sum + lag, 0)
  const largest = Math.max(1, ...of.partitions.map(({ lag }) => lag))
  return (
    <>
      <Figures
        items={[
          {
            name: 'Brokers',
            value: of.connected ? (
              <StateChip tone="good">connected</StateChip>
            ) : (
              <StateChip tone="bad" title={of.error ?? undefined}>
                not reached
              </StateChip>
            ),
            ...(of.error === null ? {} : { note: of.error }),
          },
          { name: 'Lag', value: count(total), note: total === 0 ? 'nothing waits' : 'records wait; they are safe in Kafka' },
          { name: 'Partitions', value: count(of.partitions.length) },
        ]}
      />
      {of.partitions.length === 0 ? (
        <Empty title="No topic is bound to this tenant" />
      ) : (
        <div className="lag-table">
          <Table<Partition>
            label="Lag by partition"
            rows={of.partitions.toSorted((a, b) => b.lag - a.lag || a.topic.localeCompare(b.topic) || a.partition - b.partition)}
            rowKey={({ topic, partition }) => `${topic} ${partition}`}
            columns={[
              {
                head: 'Topic',
                render: ({ topic, partition }) => (
                  <span className="mono">
                    {topic} <span className="dim">[{partition}]</span>
                  </span>
                ),
              },
              {
                head: 'Source',
                render: ({ feed }) => (feed === '' ? <span className="dim">–</span> : <span className="mono">{feed}</span>),
              },
              {
                head: 'State',
                render: ({ state, error }) => (
                  <StateChip tone={STATES[state].tone} title={error ?? undefined}>
                    {STATES[state].words}
                  </StateChip>
                ),
                nowrap: true,
              },
              {
                head: 'Stored up to',
                render: ({ committed }) => (committed === null ? <span className="dim">–</span> : count(committed)),
                right: true,
              },
              { head: 'End', render: ({ end }) => count(end), right: true },
              {
                head: 'Lag',
                render: ({ lag }) => (
                  <span className="lag-cell">
                    <span className="lag-bar" style={{ width: `${(lag / largest) * 4}rem` }} aria-hidden="true" />
                    {count(lag)}
                  </span>
                ),
                right: true,
              },
              {
                head: 'Read last',
                render: ({ last_progress_at }) =>
                  last_progress_at === null ? <span className="dim">–</span> : ago(last_progress_at, now),
                nowrap: true,
              },
            ]}
          />
        </div>
      )}
    </>
  )
}
