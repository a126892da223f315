import type { Sources } from '../../../../api/contract/data.ts'
import { StateChip, type Tone } from '../../../parts/state-chip.tsx'

export type Freshness = Sources['feeds'][number]['freshness']

const TONES: Readonly<Record<Freshness['state'], Tone>> = {
  fresh: 'good',
  late: 'caution',
  silent: 'bad',
  learning: 'none',
  never: 'none',
  paused: 'none',
}

/** Whether a source sends as it used to; the sentence behind it is the title. */
export function FreshnessChip({ of }: { of: Freshness | undefined }) {
  if (of === undefined) return <StateChip tone="none">never sent</StateChip>
  return (
    <StateChip tone={TONES[of.state]} title={of.message}>
      {of.state === 'never' ? (of.last_received_at === null ? 'never sent' : 'history only') : of.state}
    </StateChip>
  )
}
