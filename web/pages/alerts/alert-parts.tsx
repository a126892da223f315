import { plural } from '../../../model/plural.ts'
import type { AlertDetail, Alerts } from '../../../api/contract/alerts.ts'
import { ago, count, duration, instant } from '../../format.ts'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'

/** An alert of the inbox. */
export type Alert = Alerts['alerts'][number]
export type Party = AlertDetail['parties'][number]

const STATES = {
  waiting: {
    tone: 'none',
    text: 'waiting',
    why: 'it has just been opened, and gathers what belongs to it before anybody is told',
  },
  firing: { tone: 'bad', text: 'firing', why: 'it goes on' },
  resolved: { tone: 'good', text: 'resolved', why: 'the events say that all of it is over' },
} as const

/** Whether an alert goes on. */
export function AlertState({ of }: { of: Alert['state'] }) {
  const { tone, text, why } = STATES[of]
  return (
    <StateChip tone={tone} title={why}>
      {text}
    </StateChip>
  )
}

const PARTY_STATES: Readonly<Record<Party['state'], { tone: Tone; text: string }>> = {
  held: { tone: 'none', text: 'not told yet' },
  told: { tone: 'caution', text: 'told' },
  acknowledged: { tone: 'good', text: 'acknowledged' },
  handed_over: { tone: 'none', text: 'handed over' },
  done: { tone: 'none', text: 'done' },
}

/** What a party's clock shows. */
export function PartyState({ of }: { of: Party }) {
  const { tone, text } = PARTY_STATES[of.state]
  return <StateChip tone={tone}>{text}</StateChip>
}

/** Who answers for an alert, and who has acknowledged it, in one or two lines. */
export function Answering({ of, now }: { of: Alert; now: number }) {
  const parties = of.parties.filter(({ state }) => state !== 'handed_over')
  if (of.inhibited_by !== null) return <span className="dim">held back while an incident lasts</span>
  if (of.silenced_by !== null) return <span className="dim">silenced</span>
  if (parties.length === 0)
    return of.state === 'waiting' ? <span className="dim">about to be told</span> : <span className="text-bad">nobody</span>
  return (
    <div className="two-lines">
      {parties.map((party) => (
        <span key={party.party} title={partyTitle(party)}>
          {party.title} <span className="dim">{partyText(party, now)}</span>
        </span>
      ))}
    </div>
  )
}

function partyText(of: Party, now: number): string {
  if (of.state === 'acknowledged') return `acknowledged by ${of.acknowledged_by ?? 'somebody'}`
  if (of.state === 'told' && of.told_at !== null) return `told ${ago(of.told_at, now)}`
  return PARTY_STATES[of.state].text
}

function partyTitle(of: Party): string {
  if (of.state === 'acknowledged') return `acknowledged ${instant(of.acknowledged_at)}`
  return of.next_at === null ? '' : `next step ${instant(of.next_at)}`
}

/** How many of how many an alert is about. */
export function scopeText({ scope }: Pick<Alert, 'scope'>): string {
  const of = scope.of === null || scope.of < scope.n ? '' : ` of ${count(scope.of)}`
  return `${count(scope.n)}${of} ${plural(scope.noun, scope.of ?? scope.n)}`
}

/** Whether somebody still has to say that they are on it. */
export function needsAcknowledging(of: Alert): boolean {
  return of.state !== 'resolved' && of.parties.some(({ state }) => state === 'told' || state === 'held')
}

/** How long an alert has lasted by the events, in whole minutes. */
export function lasted(of: Pick<Alert, 'started_at' | 'resolved_at'>, now: number): string {
  const end = of.resolved_at === null ? now : Date.parse(of.resolved_at)
  return duration(Math.max(1, Math.round((end - Date.parse(of.started_at)) / 60_000)) * 60)
}
