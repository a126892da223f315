import { setTimeout as sleep } from 'node:timers/promises'
import type { Instant } from '../../model/instant.ts'
import { verifiedTenant } from '../../model/tenant.ts'
import { logged } from '../../platform/logged.ts'
import type { Log } from '../../platform/log.ts'
import { dueRemovals } from '../../platform/retention.ts'
import type { DeriveStores } from '../derive/run.ts'
import { type InTurn, removeExpired } from './remove-expired.ts'

/** Between two looks for tenants whose removal is due, ms. */
const LOOK_MS = 60_000

/**
 * Removes what has grown older than the retention of its tenant until the signal aborts: once a day, and soon after a change. Only the
 * process that computes answers may do so.
 *
 * @param options.inTurn keeps others from computing a tenant's answers meanwhile
 * @param options.onRemoved told when events have gone, or may have
 */
export async function keepRetention(
  stores: DeriveStores,
  options: { now: () => Instant; signal: AbortSignal; log: Log; inTurn: InTurn; onRemoved: (() => void) | undefined },
): Promise<void> {
  const { now, signal, log, inTurn, onRemoved } = options
  while (!signal.aborted) {
    try {
      for (const id of await dueRemovals(stores.db, now())) {
        const tenant = verifiedTenant(id)
        const removed = await removeExpired(stores, tenant, { now: now(), signal, inTurn }).catch((error: unknown) => {
          if (!signal.aborted) log.warn({ ...logged(error), tenant }, 'the removal by age broke off; it is completed later')
          return null
        })
        onRemoved?.()
        if (removed !== null) log.info({ tenant, ...removed }, 'removed by age')
      }
      await sleep(LOOK_MS, undefined, { signal })
    } catch (error) {
      if (signal.aborted) return
      log.warn(logged(error), 'looking for tenants whose removal is due failed; it is tried again')
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
