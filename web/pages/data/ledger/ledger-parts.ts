import type { Ledger, LedgerCounts } from '../../../../api/contract/ledger.ts'
import type { StackPoint, StackSeries } from '../../../charts/stacked-bars.tsx'
import { longBucket, shortBucket, spanBuckets } from '../../../time-line.ts'
import type { Span } from '../../../span.ts'

/** What can become of a record, in the order of the equation. */
export const PARTS = [
  { key: 'stored', label: 'Stored', color: 'var(--data)', meaning: 'First arrivals, durable and queryable' },
  {
    key: 'duplicate',
    label: 'Duplicate',
    color: 'var(--data-soft)',
    meaning: 'Copies of what is stored already; they change no number',
  },
  { key: 'rejected', label: 'Rejected', color: 'var(--bad)', meaning: 'Could not be read: kept as dead letters, to be replayed' },
  {
    key: 'ignored',
    label: 'Ignored',
    color: 'var(--data-soft)',
    fill: 'url(#hatch-soft)',
    meaning: 'Left out by a mapping on purpose',
  },
  {
    key: 'in_flight',
    label: 'In flight',
    color: 'var(--accent)',
    fill: 'url(#hatch-accent)',
    meaning: 'Durable, and told apart into stored and duplicate within seconds',
  },
] as const satisfies readonly (StackSeries & { key: keyof LedgerCounts; meaning: string })[]

/** What must never occur. */
export const MISSING: StackSeries = { key: 'missing', label: 'Missing', color: 'var(--bad)', fill: 'url(#hatch-bad)' }

/** The rows of a ledger on the complete time line of a span, feeds added up. */
export function ledgerPoints(rows: Ledger['rows'], span: Span, now: number): StackPoint[] {
  const byBucket = Map.groupBy(rows, ({ bucket }) => Date.parse(bucket))
  return spanBuckets(span, now).map((start) => {
    const there = byBucket.get(Date.parse(start)) ?? []
    const sum = (key: keyof LedgerCounts): number => there.reduce((total, row) => total + row[key], 0)
    return {
      label: shortBucket(start, span.bucket),
      title: longBucket(start, span.bucket),
      values: Object.fromEntries([...PARTS.map(({ key }) => key), 'missing' as const].map((key) => [key, sum(key)])),
    }
  })
}
