import type { Delays } from '../../api/contract/delays.ts'
import type { StackSeries } from '../charts/stacked-bars.tsx'

/** What time is charged to. */
export type DelayCause = Delays['causes'][number]['cause']

/** The causes in the order in which they stand, with names, meanings and fills. */
export const DELAY_CAUSES: readonly (StackSeries & { key: DelayCause; meaning: string })[] = [
  {
    key: 'technical',
    label: 'Technical failure',
    color: 'var(--technical)',
    fill: 'url(#hatch-technical)',
    meaning: 'a system that came to no verdict',
  },
  {
    key: 'business_exception',
    label: 'Business exception',
    color: 'var(--business)',
    meaning: 'a decision or corrected data was needed',
  },
  { key: 'supplier', label: 'Supplier', color: 'var(--accent)', meaning: 'sent to the supplier, not answered' },
  { key: 'person', label: 'Person', color: 'var(--data)', meaning: 'asked of somebody, not decided' },
  { key: 'touch', label: 'Touch', color: 'var(--accent)', fill: 'url(#hatch-accent)', meaning: 'worked on' },
  { key: 'queue', label: 'Queue', color: 'var(--data-tint)', meaning: 'nothing blocked it and nobody worked on it' },
]

/** The name of a cause. */
export function causeName(cause: string): string {
  return DELAY_CAUSES.find(({ key }) => key === cause)?.label ?? cause
}

/** A small square in the fill of a cause. */
export function CauseMark({ of }: { of: string }) {
  return <span className="cause-mark" data-cause={of} aria-hidden="true" />
}
