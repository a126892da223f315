import type { Letter } from '../../../../api/contract/dead-letters.ts'
import { counted } from '../../../format.ts'
import { StateChip } from '../../../parts/state-chip.tsx'

/** Whether a letter still waits, was replayed or purged. */
export function LetterState({ of }: { of: Pick<Letter, 'state' | 'replays' | 'note'> }) {
  const tone = of.state === 'open' ? 'caution' : of.state === 'replayed' ? 'good' : 'none'
  return (
    <StateChip tone={tone} title={of.note === '' ? undefined : of.note}>
      {of.state}
      {of.state === 'open' && of.replays > 0 && `, tried ${counted(of.replays, 'time')}`}
    </StateChip>
  )
}
