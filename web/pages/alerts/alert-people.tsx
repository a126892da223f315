import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { ago, count, duration, instant, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { type Party, PartyState } from './alert-parts.tsx'

/** Who answers for an alert: each party by its own clock. */
export function Parties({ of }: { of: AlertDetail }) {
  const now = useNow()
  return (
    <Panel title="Who answers for it" note="each by its own clock">
      {of.parties.length === 0 ? (
        <Empty certain title={of.state === 'waiting' ? 'Nobody is told yet' : 'Nobody is told'}>
          {of.state === 'waiting' ? (
            <p>It gathers what belongs to it first.</p>
          ) : (
            <p>
              {of.held_by !== null || of.silence !== null ? 'It is held back.' : 'No route leads to a party. '}
              {of.held_by === null && of.silence === null && <ScopedLink to="/alerts/routing">Add one under Routing</ScopedLink>}
            </p>
          )}
        </Empty>
      ) : (
        <Table<Party>
          label="List of parties"
          rows={of.parties}
          rowKey={({ party }) => party}
          columns={[
            { head: 'Party', render: ({ title }) => title },
            { head: 'State', render: (party) => <PartyState of={party} />, nowrap: true },
            { head: 'Told', render: ({ told_at: at }) => (at === null ? dash : timeOf(at, now)), nowrap: true },
            {
              head: 'Acknowledged',
              render: (party) =>
                party.acknowledged_at === null ? (
                  dash
                ) : (
                  <div className="two-lines">
                    <span>{party.acknowledged_by}</span>
                    <span className="dim">
                      {instant(party.acknowledged_at)}
                      {party.told_at !== null && `, after ${apart(party.told_at, party.acknowledged_at)}`}
                    </span>
                  </div>
                ),
            },
            { head: 'Next step', render: (party) => nextOf(party, now), nowrap: true },
          ]}
        />
      )}
    </Panel>
  )
}

const dash = <span className="dim">–</span>

function timeOf(at: string, now: number) {
  return <span title={ago(at, now)}>{instant(at)}</span>
}

function nextOf(of: Party, now: number) {
  if (of.next_at === null) return dash
  const left = (Date.parse(of.next_at) - now) / 1000
  return <span title={instant(of.next_at)}>{left <= 0 ? 'now' : `in ${duration(Math.max(60, left))}`}</span>
}

function apart(from: string, to: string): string {
  return duration(Math.max(1, (Date.parse(to) - Date.parse(from)) / 1000))
}

type Delivery = AlertDetail['deliveries'][number]

const DELIVERED: Readonly<Record<Delivery['state'], { tone: Tone; text: string; why: string }>> = {
  queued: { tone: 'caution', text: 'on its way', why: 'not taken by the receiver yet' },
  sent: { tone: 'good', text: 'sent', why: 'the receiver has taken it' },
  dead: { tone: 'bad', text: 'reached nobody', why: 'refused for good, or tried too often' },
  dropped: { tone: 'none', text: 'not needed', why: 'what it would have told was over before it went out' },
}

/** What became of a message. */
export function DeliveryState({ of }: { of: Delivery['state'] }) {
  const { tone, text, why } = DELIVERED[of]
  return (
    <StateChip tone={tone} title={why}>
      {text}
    </StateChip>
  )
}

/** Messages of an alert with what the receivers said. */
export function Deliveries({ of }: { of: AlertDetail }) {
  const titles = new Map(of.parties.map(({ party, title }) => [party, title]))
  return (
    <Panel title="Messages" note="the latest first, with what the receiver said">
      {of.deliveries.length === 0 ? (
        <Empty certain title="No message has been written" />
      ) : (
        <Table<Delivery>
          label="List of messages"
          rows={of.deliveries}
          rowKey={({ id }) => String(id)}
          columns={[
            { head: 'Written', render: ({ created_at: at }) => instant(at), nowrap: true },
            { head: 'Why', render: ({ kind }) => words(kind), nowrap: true },
            { head: 'To', render: ({ party }) => titles.get(party) ?? party, nowrap: true },
            {
              head: 'By',
              render: (one) => (
                <ScopedLink to={`/alerts/channels/${encodeURIComponent(one.channel)}`}>{one.channel_title}</ScopedLink>
              ),
              nowrap: true,
            },
            { head: 'State', render: ({ state }) => <DeliveryState of={state} />, nowrap: true },
            {
              head: 'Receiver',
              render: (one) => (
                <div className="two-lines">
                  {one.receipt !== null && <span className="mono">{one.receipt}</span>}
                  {one.error !== null && <span className="text-bad">{one.error}</span>}
                  {one.state === 'queued' && one.attempts > 0 && one.next_at !== null && (
                    <span className="dim">tried again {instant(one.next_at)}</span>
                  )}
                  {one.receipt === null && one.error === null && dash}
                </div>
              ),
            },
            { head: 'Attempts', render: ({ attempts }) => count(attempts), right: true },
            {
              head: 'After the cause',
              render: ({ about_at: about, sent_at: sent }) => (about === null || sent === null ? dash : apart(about, sent)),
              right: true,
            },
          ]}
        />
      )}
    </Panel>
  )
}
