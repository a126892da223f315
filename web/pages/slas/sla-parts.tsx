import type { Clock, Sla } from '../../../api/contract/slas.ts'
import { duration, instant, percent } from '../../format.ts'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'

const STATES: Readonly<Record<Clock['state'] | 'retracted', { tone: Tone; why: string }>> = {
  running: { tone: 'none', why: 'its time runs' },
  paused: { tone: 'caution', why: 'its time stands still, and its deadline moves' },
  met: { tone: 'good', why: 'stopped in time' },
  breached: { tone: 'bad', why: 'its deadline passed before it was stopped' },
  cancelled: { tone: 'none', why: 'ended without a verdict; counts in neither' },
  retracted: { tone: 'none', why: 'later events say that there is no such clock' },
}

/** The state of a clock in shape and word. */
export function ClockStateChip({ of }: { of: Clock['state'] | 'retracted' }) {
  const { tone, why } = STATES[of]
  return (
    <StateChip tone={tone} title={why}>
      {of}
    </StateChip>
  )
}

/** What a service level promises, in words: `16 h of business time`, `5 days before the stated due date`. */
export function targetText({ target, calendar }: Sla['definition']): string {
  if (target.kind === 'business')
    return `${duration(target.seconds)} of business time${calendar === null ? '' : ` by ${calendar}`}`
  if (target.kind === 'elapsed') return `${duration(target.seconds)} elapsed`
  if (target.kind === 'end_of_business_day')
    return target.days === 1 ? 'end of the next business day' : `end of the ${target.days}th business day after`
  const due = target.attribute === null ? 'the stated due date' : `the attribute ${target.attribute}`
  if (target.offset_days === 0) return `by ${due}`
  const days = Math.abs(target.offset_days)
  return `${days} ${days === 1 ? 'day' : 'days'} ${target.offset_days < 0 ? 'before' : 'after'} ${due}`
}

/** A share of clocks that were met, coloured where a target is missed. */
export function Attainment({ value, objective }: { value: number | null; objective: number | null }) {
  const missed = value !== null && objective !== null && value < objective
  return <span className={missed ? 'sla-missed' : undefined}>{percent(value)}</span>
}

/** How far it is to a deadline, or how long ago it passed; both by the clock on the wall. */
export function untilText(deadline: string | null, now: number): string {
  if (deadline === null) return 'none while it is paused'
  const left = (Date.parse(deadline) - now) / 1000
  return `${instant(deadline)} (${left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`})`
}
