import type { Bucket } from './scope.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** More buckets than a chart can show; such rows stay as they came. */
const MOST = 800

/** The start of the bucket that holds an instant, in ms, UTC; weeks start on Monday. */
function startOf(ms: number, bucket: Bucket): number {
  const date = new Date(ms)
  if (bucket === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  if (bucket === 'hour') return Math.floor(ms / HOUR_MS) * HOUR_MS
  const day = Math.floor(ms / DAY_MS) * DAY_MS
  return bucket === 'week' ? day - ((date.getUTCDay() + 6) % 7) * DAY_MS : day
}

function nextStart(ms: number, bucket: Bucket): number {
  if (bucket === 'month') return Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth() + 1, 1)
  return ms + { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, all: Number.POSITIVE_INFINITY }[bucket]
}

/** Whether a bucket has not ended yet. */
export function isRunning(start: string, bucket: Bucket, now: number): boolean {
  return nextStart(Date.parse(start), bucket) > now
}

/** Starts of all buckets of a half-open window, as milliseconds. */
export function bucketStarts(from: string, to: string, bucket: Bucket): number[] {
  const starts: number[] = []
  const end = Date.parse(to)
  for (let at = startOf(Date.parse(from), bucket); at < end && starts.length <= MOST; at = nextStart(at, bucket)) starts.push(at)
  return starts
}

/**
 * Rows on the complete time line of their window: one entry per bucket, in order, `undefined` where the API has no row.
 */
export function onTimeLine<Row extends { bucket: string }>(
  rows: readonly Row[],
  { from, to, bucket }: { from: string; to: string; bucket: Bucket },
): { bucket: string; row: Row | undefined }[] {
  const starts = bucketStarts(from, to, bucket)
  const byStart = new Map(rows.map((row) => [startOf(Date.parse(row.bucket), bucket), row]))
  if (starts.length > MOST) return rows.map((row) => ({ bucket: row.bucket, row }))
  return starts.map((start) => ({ bucket: new Date(start).toISOString(), row: byStart.get(start) }))
}
