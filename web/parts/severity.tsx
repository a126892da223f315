import { StateChip, type Tone } from './state-chip.tsx'

const TONES: Readonly<Record<string, Tone>> = { low: 'none', medium: 'caution', high: 'bad', critical: 'bad' }

/** How bad a violation or an alert is. */
export function Severity({ of }: { of: string }) {
  return <StateChip tone={TONES[of] ?? 'none'}>{of}</StateChip>
}
