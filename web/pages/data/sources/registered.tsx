import { Button } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useSearchParams } from 'react-router'
import type { Sources } from '../../../../api/contract/data.ts'
import type { RegisteredSource } from '../../../../api/contract/feeds.ts'
import type { ConnectorStatus } from '../../../../api/contract/freshness.ts'
import { useAnswer } from '../../../answers.ts'
import { ago, count, counted, duration } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Icon } from '../../../parts/icons.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Empty } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useSetParameters } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { SPANS, useSpanAnswer } from '../../../span.ts'
import { FreshnessChip } from './freshness-chip.tsx'
import { PauseButton } from './pause-button.tsx'
import { KINDS } from './source-kinds.ts'

const AddSource = lazy(async () => ({ default: (await import('./add-source.tsx')).AddSource }))
const SourceDrawer = lazy(async () => ({ default: (await import('./source-drawer.tsx')).SourceDrawer }))

const DAY = SPANS[2]

/** Ways in that are set up here: webhooks, Kafka topics, telemetry, systems that are asked. */
export function Registered({ of }: { of: Sources }) {
  const now = useNow()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const admin = useSession().scopes.includes('admin')
  const ledger = useSpanAnswer('Ledger', '/v1/ledger', { bucket: DAY.bucket }, { span: DAY, refreshMs: 30_000 })
  const letters = useAnswer('Letters', '/v1/dead-letters', { limit: 1 }, { refreshMs: 30_000 })
  const freshness = new Map(of.feeds.map((one) => [one.feed, one.freshness]))
  const connectors = new Map(of.feeds.map((one) => [one.feed, one.connector]))
  const today = new Map(ledger.data?.feeds.map((row) => [row.feed, row]) ?? [])
  const waiting = new Map(letters.data?.feeds.map((one) => [one.feed, one.letters]) ?? [])
  const opened = of.registered.find(({ id }) => id === search.get('source')) ?? null
  return (
    <>
      <Panel
        title="Registered sources"
        note="webhooks, Kafka topics, telemetry, and systems that are asked"
        aside={
          admin && (
            <Button
              size="xs"
              leftSection={<Icon name="plus" size={13} />}
              onClick={() => setParameters({ add: 'source', source: undefined })}
            >
              Add a source
            </Button>
          )
        }
      >
        {of.registered.length === 0 ? (
          <Empty title="No source is registered yet">
            <p>
              Events sent to <span className="mono">POST /v1/events</span> need none. Register one for webhooks, Kafka topics and
              n8n, so that their silence is noticed, their secrets can be rotated and what they send is mapped.
            </p>
          </Empty>
        ) : (
          <Table<RegisteredSource>
            label="List of registered sources"
            rows={of.registered}
            rowKey={({ id }) => id}
            columns={[
              {
                head: 'Source',
                render: ({ id, name }) => (
                  <div className="two-lines">
                    <button type="button" className="plain" onClick={() => setParameters({ source: id, add: undefined })}>
                      {name}
                    </button>
                    <span className="mono dim">{id}</span>
                  </div>
                ),
              },
              {
                head: 'Kind',
                render: ({ kind, format, mapping }) => (
                  <div className="two-lines">
                    <span>{KINDS[kind].name}</span>
                    <span className="dim">{mapping === null ? format : `${format} by ${mapping}`}</span>
                  </div>
                ),
              },
              {
                head: 'State',
                render: ({ id, state }) =>
                  state === 'paused' ? <StateChip tone="none">paused</StateChip> : <FreshnessChip of={freshness.get(id)} />,
                nowrap: true,
              },
              {
                head: 'Last event',
                render: ({ id }) => {
                  const last = freshness.get(id)?.last_received_at ?? null
                  return last === null ? <span className="dim">never</span> : <span title={last}>{ago(last, now)}</span>
                },
                nowrap: true,
              },
              {
                head: 'Expected every',
                render: ({ id }) => {
                  const gap = freshness.get(id)?.expected_gap_s ?? null
                  return gap === null ? <span className="dim">learning</span> : duration(gap)
                },
                right: true,
              },
              { head: 'Received, 24 h', render: ({ id }) => count(today.get(id)?.received ?? 0), right: true },
              {
                head: 'Dead letters',
                render: ({ id }) => {
                  const size = waiting.get(id) ?? 0
                  return size === 0 ? (
                    <span className="dim">0</span>
                  ) : (
                    <ScopedLink to="/data/dead-letters" with={{ feed: id }} title={counted(size, 'open letter')}>
                      {count(size)}
                    </ScopedLink>
                  )
                },
                right: true,
              },
              { head: 'Connector', render: ({ id }) => <ConnectorText of={connectors.get(id) ?? null} /> },
              ...(admin
                ? [
                    {
                      id: 'actions',
                      head: <span className="visually-hidden">Actions</span>,
                      render: (source: RegisteredSource) => <PauseButton of={source} />,
                      right: true,
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Panel>
      <Suspense>
        {search.get('add') === 'source' && <AddSource onClose={() => setParameters({ add: undefined })} />}
        {opened !== null && (
          <SourceDrawer of={opened} freshness={freshness.get(opened.id)} onClose={() => setParameters({ source: undefined })} />
        )}
      </Suspense>
    </>
  )
}

/** What a connector that asks a system last said. */
function ConnectorText({ of }: { of: ConnectorStatus | null }) {
  const now = useNow()
  if (of === null) return <span className="dim">–</span>
  if (of.error !== null) {
    return (
      <StateChip tone="bad" title={`${of.error} ${counted(of.failures, 'failed run')} since the last good one.`}>
        <span className="clip connector-error">{of.error}</span>
      </StateChip>
    )
  }
  return of.succeeded_at === null ? <span className="dim">not run yet</span> : `ran ${ago(of.succeeded_at, now)}`
}
