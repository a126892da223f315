import type { Registry } from 'prom-client'
import type { Instant } from '../model/instant.ts'
import type { AlertLinks } from '../platform/alert-link.ts'
import type { Log } from '../platform/log.ts'
import type { Reach } from '../platform/reach.ts'
import type { SecretBox } from '../platform/secrets.ts'
import type { Stores } from '../platform/stores.ts'
import { clockOf, engineParts, startEngine } from './engine.ts'
import { startHeartbeat } from './heartbeat.ts'
import { createOutbox } from './outbox.ts'
import { startWatch } from './watch.ts'

/** All that alerts take: evaluation, delivery, the watch over sources and the beat outwards. */
export type Alerting = {
  checks(): { name: string; ok: boolean; detail: string }[]
  stop(): Promise<void>
}

/** Starts the alerting of this process. */
export function startAlerting(options: {
  stores: Stores
  secrets: SecretBox
  links: AlertLinks
  /** Address of the dashboard, as messages link to it. */
  url: string
  heartbeatUrl: string | undefined
  sending: { reach: Reach; smtpUrl: string | undefined }
  now: () => Instant
  log: Log
  registry: Registry
}): Alerting {
  const { stores, secrets, links, url, heartbeatUrl, sending, now, log, registry } = options
  const watch = startWatch({ stores, now, log, registry })
  const engine = startEngine(engineParts({ stores, log, links, url }), registry)
  const outbox = createOutbox({ stores, secrets, now: () => clockOf(stores.postgres.db), log, registry, ...sending })
  outbox.start()
  const checks = () => [watch, engine, outbox].flatMap((part) => part.checks())
  const heartbeat =
    heartbeatUrl === undefined
      ? null
      : startHeartbeat({
          url: heartbeatUrl,
          log,
          isWell: () => [engine, outbox].flatMap((part) => part.checks()).every(({ ok }) => ok),
        })
  return {
    checks,
    async stop() {
      await Promise.all([watch.stop(), engine.stop(), heartbeat?.stop()])
      await outbox.stop()
    },
  }
}
