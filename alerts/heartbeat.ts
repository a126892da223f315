import { setTimeout as sleep } from 'node:timers/promises'
import { logged } from '../platform/logged.ts'
import type { Log } from '../platform/log.ts'

/** Time between two beats, ms, and the longest that one may take. */
const BEAT_MS = 60_000
const LONGEST_MS = 10_000

/**
 * Beats while alerts are evaluated and delivered: a GET to an address that calls somebody when it hears nothing (a dead man's switch outside
 * of this installation, which nothing inside of it can be).
 *
 * @param options.isWell whether all of the engine works; there is no beat while it does not
 */
export function startHeartbeat(options: { url: string; isWell: () => boolean; log: Log; beatMs?: number }): {
  stop(): Promise<void>
} {
  const { url, isWell, log, beatMs = BEAT_MS } = options
  const ending = new AbortController()
  const beat = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      if (isWell())
        await fetch(url, { redirect: 'manual', signal: AbortSignal.any([ending.signal, AbortSignal.timeout(LONGEST_MS)]) })
          .then((answer) => answer.body?.cancel())
          .catch((error: unknown) => {
            if (!ending.signal.aborted) log.warn(logged(error), 'the heartbeat of the alert engine was not heard')
          })
      // What ends the pause early is the signal only.
      await sleep(beatMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const beating = beat()
  return {
    async stop() {
      ending.abort()
      await beating
    },
  }
}
