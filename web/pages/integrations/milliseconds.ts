import { duration, shortDuration } from '../../format.ts'

const DASH = '–'

/** Milliseconds as a duration: `84 ms`, `2.4 s`; `–` where unknown. */
export function took(ms: number | null): string {
  return ms === null ? DASH : duration(ms / 1000)
}

/** Seconds for an axis of latencies, milliseconds where they are short. */
export function latencyAxis(seconds: number): string {
  return seconds > 0 && seconds < 1 ? `${Math.round(seconds * 1000)} ms` : shortDuration(seconds)
}
