import { useSyncExternalStore } from 'react'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const CHECK_MS = 10_000

function subscribe(changed: () => void): () => void {
  const timer = setInterval(changed, CHECK_MS)
  return () => clearInterval(timer)
}

/** The present minute in milliseconds; a component that uses it follows the clock. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS)
}

/** The start of the present day, UTC, in milliseconds. */
export function useToday(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / DAY_MS) * DAY_MS)
}
