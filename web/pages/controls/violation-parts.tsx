import type { Controls, Violations } from '../../../api/contract/controls.ts'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'

/** The control taxonomy in words. */
export const CATEGORY_NAMES: Readonly<Record<Controls['controls'][number]['category'], string>> = {
  authority: 'Authority',
  threshold: 'Thresholds',
  eligibility: 'Suppliers',
  contract: 'Contracts',
  budget: 'Budget',
  tax: 'Tax',
  retention: 'Retention',
  segregation: 'Segregation of duties',
  exception: 'Order of steps and duplicates',
  AI: 'AI',
}

const STATES: Readonly<Record<Violations['violations'][number]['state'], { tone: Tone; why: string }>> = {
  open: { tone: 'bad', why: 'nobody has decided on it' },
  accepted: { tone: 'caution', why: 'somebody accepted it, and somebody vouches for it' },
  remediated: { tone: 'good', why: 'it was put right' },
  retracted: { tone: 'none', why: 'late or corrected events took it back; what was known before stays' },
}

/** What became of a violation. */
export function ViolationState({ of }: { of: Violations['violations'][number]['state'] }) {
  const { tone, why } = STATES[of]
  return (
    <StateChip tone={tone} title={why}>
      {of}
    </StateChip>
  )
}
