import type { IntegrationBucket, IntegrationCall } from '../../../api/contract/integrations.ts'
import type { StackPoint, StackSeries } from '../../charts/stacked-bars.tsx'
import { StateChip, type Tone } from '../../parts/state-chip.tsx'
import { longBucket, shortBucket, spanBuckets } from '../../time-line.ts'
import type { Span } from '../../span.ts'

type Status = IntegrationCall['status']

const STATUSES: Readonly<Record<Status, { tone: Tone; words: string }>> = {
  ok: { tone: 'good', words: 'ok' },
  failed: { tone: 'bad', words: 'failed' },
  timeout: { tone: 'bad', words: 'timed out' },
  throttled: { tone: 'caution', words: 'throttled' },
  unauthenticated: { tone: 'bad', words: 'unauthenticated' },
  refused: { tone: 'bad', words: 'refused' },
  cancelled: { tone: 'none', words: 'cancelled' },
}

/** How a call ended, in words. */
export function statusWords(of: Pick<IntegrationCall, 'status' | 'status_code'>): string {
  return of.status_code === 0 ? STATUSES[of.status].words : `${STATUSES[of.status].words} · ${of.status_code}`
}

/** How a call ended. */
export function CallStatus({ of }: { of: Pick<IntegrationCall, 'status' | 'status_code' | 'message'> }) {
  return (
    <StateChip tone={STATUSES[of.status].tone} title={of.message === '' ? undefined : of.message}>
      {statusWords(of)}
    </StateChip>
  )
}

/** Ways in which a call can end, as the parts of a bar. */
export const STATUS_SERIES: readonly StackSeries[] = [
  { key: 'ok', label: 'Ok', color: 'var(--data-soft)' },
  { key: 'failed', label: 'Failed', color: 'var(--technical)', fill: 'url(#hatch-technical)' },
  { key: 'timeouts', label: 'Timed out', color: 'var(--technical)' },
  { key: 'throttled', label: 'Throttled', color: 'color-mix(in srgb, var(--technical) 45%, var(--panel))' },
  { key: 'unauthenticated', label: 'Unauthenticated', color: 'var(--bad)' },
  { key: 'refused', label: 'Refused', color: 'var(--bad)', fill: 'url(#hatch-bad)' },
  { key: 'cancelled', label: 'Cancelled', color: 'var(--data-soft)', fill: 'url(#hatch-soft)' },
]

/** Calls by status on the complete time line of a span, systems added up. */
export function statusPoints(buckets: readonly IntegrationBucket[], span: Span, now: number): StackPoint[] {
  const byBucket = Map.groupBy(buckets, ({ bucket }) => Date.parse(bucket))
  return spanBuckets(span, now).map((start) => {
    const there = byBucket.get(Date.parse(start)) ?? []
    const sum = (key: 'calls' | 'ok' | 'throttled' | 'unauthenticated' | 'refused' | 'timeouts' | 'cancelled'): number =>
      there.reduce((total, row) => total + row[key], 0)
    const named = {
      ok: sum('ok'),
      timeouts: sum('timeouts'),
      throttled: sum('throttled'),
      unauthenticated: sum('unauthenticated'),
      refused: sum('refused'),
      cancelled: sum('cancelled'),
    }
    const failed = sum('calls') - Object.values(named).reduce((total, one) => total + one, 0)
    return {
      label: shortBucket(start, span.bucket),
      title: longBucket(start, span.bucket),
      values: { ...named, failed: Math.max(0, failed) },
    }
  })
}
