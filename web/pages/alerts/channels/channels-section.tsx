import { useParams } from 'react-router'
import type { ChannelKinds, ChannelView } from '../../../../api/contract/channels.ts'
import { useAnswer } from '../../../answers.ts'
import { ago, count, instant, words } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { DeliveryState } from '../alert-people.tsx'
import { ChannelPage } from './channel-page.tsx'

/** Ways to reach people: all of them, one of them, or a new one. */
export function ChannelsSection() {
  const { id } = useParams()
  const channels = useAnswer('Channels', '/v1/channels', {}, { refreshMs: 15_000 })
  const kinds = useAnswer('ChannelKinds', '/v1/channels/kinds')
  if (id === undefined)
    return (
      <Panel
        title="Channels"
        note="ways to reach people; routing says who is reached by which"
        aside={<ScopedLink to="/alerts/channels/new">Add a channel</ScopedLink>}
      >
        <Shown of={channels} height={260}>
          {(of) =>
            of.channels.length === 0 ? (
              <Empty certain title="There is no channel">
                <p>
                  Alerts wait in the inbox until somebody can be reached.{' '}
                  <ScopedLink to="/alerts/channels/new">Add a mail address, Slack, Teams, PagerDuty or a webhook</ScopedLink>.
                </p>
              </Empty>
            ) : (
              <ChannelTable of={of.channels} kinds={kinds.data?.kinds ?? []} />
            )
          }
        </Shown>
      </Panel>
    )
  return (
    <Shown of={channels} height={420}>
      {(of) => (
        <Shown of={kinds} height={420}>
          {(known) => {
            const one = of.channels.find((channel) => channel.id === id)
            if (one === undefined && id !== 'new')
              return (
                <Panel title="Channel">
                  <Empty certain title={`There is no channel “${id}”`}>
                    <ScopedLink to="/alerts/channels">All channels</ScopedLink>
                  </Empty>
                </Panel>
              )
            return <ChannelPage key={id} of={one} kinds={known.kinds} />
          }}
        </Shown>
      )}
    </Shown>
  )
}

function ChannelTable({ of, kinds }: { of: readonly ChannelView[]; kinds: ChannelKinds['kinds'] }) {
  const now = useNow()
  return (
    <Table<ChannelView>
      label="List of channels"
      rows={of}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Channel',
          render: ({ id, title }) => (
            <div className="two-lines">
              <ScopedLink to={`/alerts/channels/${encodeURIComponent(id)}`}>{title}</ScopedLink>
              <span className="dim mono">{id}</span>
            </div>
          ),
        },
        { head: 'Kind', render: ({ kind }) => kinds.find((one) => one.kind === kind)?.title ?? kind },
        {
          head: 'State',
          render: ({ state, held_until: held }) => (
            <span className="row">
              <StateChip tone={state === 'active' ? 'good' : 'none'}>{state}</StateChip>
              {held !== null && <StateChip tone="caution">held until {instant(held)}</StateChip>}
            </span>
          ),
          nowrap: true,
        },
        {
          head: 'Latest message',
          render: ({ last }) =>
            last === null ? (
              <span className="dim">none yet</span>
            ) : (
              <div className="two-lines">
                <span className="row">
                  <DeliveryState of={last.state} />
                  <span className="dim">
                    {words(last.kind).toLowerCase()}, {ago(last.created_at, now)}
                  </span>
                </span>
                {last.error !== null && last.state !== 'sent' && <span className="text-bad">{last.error}</span>}
              </div>
            ),
        },
        { head: 'A minute, at most', render: ({ per_minute }) => count(per_minute), right: true },
      ]}
    />
  )
}
