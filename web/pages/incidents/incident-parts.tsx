import type { Incidents } from '../../../api/contract/incidents.ts'
import { money } from '../../money.ts'
import { StateChip } from '../../parts/state-chip.tsx'

/** An incident of the list. */
export type Incident = Incidents['incidents'][number]

const STATES = {
  open: { tone: 'bad', text: 'failing', why: 'the last failure is less than an hour ago, without a success since' },
  silent: {
    tone: 'caution',
    text: 'silent',
    why: 'nothing was tried for more than an hour after its last failure: nothing tells that it is over',
  },
  ended: { tone: 'good', text: 'ended', why: 'everything that failed has succeeded since' },
} as const

/** Whether an incident is over, and by what evidence. */
export function IncidentState({ of }: { of: Incident['state'] }) {
  const { tone, text, why } = STATES[of]
  return (
    <StateChip tone={tone} title={why}>
      {text}
    </StateChip>
  )
}

/** The money of documents that are blocked, of all or of those blocked now: one sum where rates exist, else one for each currency. */
export function MoneyAtRisk({ of, currency, now }: { of: Incident; currency: string | null; now: boolean }) {
  const sum = now ? of.money_at_risk_now : of.money_at_risk_total
  if (sum !== null && currency !== null) return <>{money(sum, currency)}</>
  const sums = of.money_at_risk
    .map((one) => ({ currency: one.currency, amount: Number(now ? one.total_now : one.total) }))
    .filter(({ amount }) => amount !== 0)
  if (sums.length === 0) return <span className="dim">–</span>
  return <>{sums.map((one) => money(one.amount, one.currency)).join(' + ')}</>
}
