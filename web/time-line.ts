import { bucketLabel, day, instant, timeOfDay } from './format.ts'
import { spanStart, type Span } from './span.ts'

const LENGTH_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** Starts of all buckets of a span up to now, ISO, in order. */
export function spanBuckets(span: Span, now: number): string[] {
  const starts: string[] = []
  for (let at = Date.parse(spanStart(span, now)); at <= now; at += LENGTH_MS[span.bucket]) starts.push(new Date(at).toISOString())
  return starts
}

/** What an axis says of a bucket. */
export function shortBucket(iso: string, bucket: Span['bucket']): string {
  if (bucket === 'minute') return timeOfDay(iso).slice(0, 5)
  return bucketLabel(iso, bucket)
}

/** What a tooltip or a table says of a bucket. */
export function longBucket(iso: string, bucket: Span['bucket']): string {
  return bucket === 'day' ? day(iso) : instant(iso)
}
