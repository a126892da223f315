import type { Bucket } from '../../scope.ts'

/** Bucket of attainment in a window: an hour has too few clocks. */
export function trendBucket(bucket: Bucket): 'day' | 'week' | 'month' {
  return bucket === 'week' || bucket === 'month' ? bucket : 'day'
}
