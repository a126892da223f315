import { Button } from '@mantine/core'
import { useNavigate } from 'react-router'
import type { ChannelKinds, ChannelTested, ChannelView, Notes } from '../../../../api/contract/channels.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { count, duration, instant, words } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Empty, Fault, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useAddress } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { DeliveryState } from '../alert-people.tsx'
import { ChannelForm } from './channel-form.tsx'

type Props = { of: ChannelView | undefined; kinds: ChannelKinds['kinds'] }

/** One channel: its settings, a test of it, and its latest messages; or the settings of a new one. */
export function ChannelPage({ of, kinds }: Props) {
  return (
    <div className="stack">
      <div className="detail-head">
        <ScopedLink to="/alerts/channels">Channels</ScopedLink>
        <h2>{of?.title ?? 'New channel'}</h2>
        {of !== undefined && (
          <>
            <span className="mono dim">{of.id}</span>
            <StateChip tone={of.state === 'active' ? 'good' : 'none'}>{of.state}</StateChip>
          </>
        )}
        <span style={{ flex: 1 }} />
        {of !== undefined && <ChannelActs of={of} />}
      </div>
      {of !== undefined && of.held_until !== null && (
        <p className="alert-notice" role="status">
          <strong>Its receiver asked to be left alone until {instant(of.held_until)}.</strong> What comes meanwhile waits, and
          goes out then.
        </p>
      )}
      {of !== undefined && <TestPanel of={of} />}
      <ChannelForm of={of} kinds={kinds} />
      {of !== undefined && <Messages of={of} />}
    </div>
  )
}

function ChannelActs({ of }: { of: ChannelView }) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const path = `/v1/channels/${encodeURIComponent(of.id)}`
  const switchTo = of.state === 'active' ? 'paused' : 'active'
  const change = useAct('ChannelSaved', () => ({ method: 'PATCH', path, body: { state: switchTo } }))
  const remove = useAct('Nothing', () => ({ method: 'DELETE', path }))
  if (!admin) return null
  return (
    <>
      <Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate()}>
        {of.state === 'active' ? 'Pause' : 'Resume'}
      </Button>
      <Button
        size="xs"
        variant="default"
        loading={remove.isPending}
        onClick={() => remove.mutate(undefined, { onSuccess: () => void navigate(address('/alerts/channels')) })}
      >
        Remove
      </Button>
      {change.isError && <Fault error={change.error} />}
      {remove.isError && <Fault error={remove.error} />}
    </>
  )
}

const OUTCOMES = {
  sent: { tone: 'good', text: 'The receiver has taken it' },
  retry: { tone: 'caution', text: 'Not taken now; the outbox would try again' },
  dead: { tone: 'bad', text: 'Refused' },
} as const

function TestPanel({ of }: { of: ChannelView }) {
  const admin = useSession().scopes.includes('admin')
  const test = useAct('ChannelTested', () => ({ path: `/v1/channels/${encodeURIComponent(of.id)}/test` }))
  return (
    <Panel title="Does it reach anybody?" note="a test goes out at once and says that it is one">
      <div className="row">
        <Button size="xs" variant="default" disabled={!admin} loading={test.isPending} onClick={() => test.mutate()}>
          Send a test
        </Button>
        {test.data !== undefined && !test.isPending && <Tested of={test.data} />}
      </div>
      {test.isError && <Fault error={test.error} />}
    </Panel>
  )
}

function Tested({ of }: { of: ChannelTested }) {
  const { tone, text } = OUTCOMES[of.outcome]
  return (
    <span role="status" className="row">
      <StateChip tone={tone}>{text}</StateChip>
      <span className="mono">{of.said}</span>
      {of.after_s !== null && <span className="dim">it wants to be left alone for {duration(of.after_s)}</span>}
    </span>
  )
}

type Note = Notes['notes'][number]

function Messages({ of }: { of: ChannelView }) {
  const admin = useSession().scopes.includes('admin')
  const answer = useAnswer('Notes', `/v1/channels/${encodeURIComponent(of.id)}/notes`, { limit: 100 }, { refreshMs: 15_000 })
  const again = useAct('NoteView', (id: number) => ({ path: `/v1/notes/${id}/again` }))
  return (
    <Panel title="Latest messages" note="the latest first">
      {again.isError && <Fault error={again.error} />}
      <Shown of={answer} height={220}>
        {({ notes }) =>
          notes.length === 0 ? (
            <Empty certain title="Nothing has gone this way yet" />
          ) : (
            <Table<Note>
              label="List of messages"
              rows={notes}
              rowKey={({ id }) => String(id)}
              columns={[
                { head: 'Written', render: ({ created_at: at }) => instant(at), nowrap: true },
                { head: 'Why', render: ({ kind }) => words(kind), nowrap: true },
                {
                  head: 'Message',
                  render: ({ alert_id: alert, title }) =>
                    alert === null ? title : <ScopedLink to={`/alerts/${alert}`}>{title}</ScopedLink>,
                },
                { head: 'State', render: ({ state }) => <DeliveryState of={state} />, nowrap: true },
                {
                  head: 'Receiver',
                  render: ({ receipt, error, state }) =>
                    state === 'sent' ? (
                      <span className="mono">{receipt}</span>
                    ) : (
                      <span className={error === null ? 'dim' : 'text-bad'}>{error ?? '–'}</span>
                    ),
                },
                { head: 'Attempts', render: ({ attempts }) => count(attempts), right: true },
                {
                  id: 'again',
                  head: <span className="visually-hidden">Actions</span>,
                  render: ({ id, state }) =>
                    state === 'dead' && admin ? (
                      <Button
                        size="compact-xs"
                        variant="default"
                        loading={again.isPending && again.variables === id}
                        onClick={() => again.mutate(id)}
                      >
                        Send again
                      </Button>
                    ) : null,
                  right: true,
                },
              ]}
            />
          )
        }
      </Shown>
    </Panel>
  )
}
