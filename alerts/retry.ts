import type { Instant } from '../model/instant.ts'

/** First wait and longest, seconds; a receiver may ask for a longer one. */
const FIRST_S = 2
const LONGEST_S = 900
const DAY_US = 86_400e6
/** One that is sent again by hand after its day has so many attempts at least. */
const LEAST_ATTEMPTS = 10

/**
 * When a message is tried again: after 2 s, 4 s, 8 s … at most 15 min, each a fifth more or less; not before the receiver wants it.
 *
 * @param attempts those that failed so far
 * @param random from 0 to 1
 */
export function retryAt(attempts: number, afterS: number | null, now: Instant, random: number): Instant {
  const wait = Math.min(FIRST_S * 2 ** Math.min(attempts - 1, 20), LONGEST_S) * (0.8 + 0.4 * random)
  return now + Math.round(Math.max(Math.min(wait, LONGEST_S), afterS ?? 0) * 1e6)
}

/** Whether a message that failed once more is given up: a day after it was written. */
export function isGivenUp({ attempts, createdAt }: { attempts: number; createdAt: Instant }, now: Instant): boolean {
  return now - createdAt >= DAY_US && attempts >= LEAST_ATTEMPTS
}
