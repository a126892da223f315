import type { Instant } from '../model/instant.ts'
import type { Removed } from '../platform/postgres/schema.ts'
import type { TenantId } from '../model/tenant.ts'
import type { DeriveStores } from '../queries/derive/run.ts'
import { previewRemoval } from '../queries/remove/preview.ts'

/** A count for which nobody has asked for so long is broken off, ms. */
const ABANDONED_MS = 120_000
/** So long a finished count answers, ms. */
const KEPT_MS = 300_000

type Count = {
  cut: Instant
  /** How much of it is done, 0 to 1. */
  share: number
  removes: Removed | null
  failure: unknown
  stopping: AbortController
  /** Forgets it. */
  timer: NodeJS.Timeout
}

const counts = new WeakMap<object, Map<TenantId, Count>>()

/**
 * How far the count is of what a removal up to a cut would take: begun where none of that cut runs, which breaks off one of another cut.
 * It runs in this process, one at a time for a tenant, and only while it is asked for.
 *
 * @param keeper what the counts belong to: the stores of the process
 * @throws SightlineError `store_unavailable` where the count failed, once; the next time it is begun anew
 */
export function countRemoval(
  keeper: object,
  { stores, tenant, cut, now }: { stores: DeriveStores; tenant: TenantId; cut: Instant; now: Instant },
): { counted: number; removes: Removed | null } {
  const running = counts.get(keeper) ?? new Map<TenantId, Count>()
  counts.set(keeper, running)
  const known = running.get(tenant)
  const count = known?.cut === cut ? known : begin()
  if (count.failure !== undefined) {
    forget(count)
    throw count.failure
  }
  if (count.removes === null) forgetIn(count, ABANDONED_MS)
  return { counted: count.share, removes: count.removes }

  function begin(): Count {
    if (known !== undefined) forget(known)
    const stopping = new AbortController()
    const begun: Count = { cut, share: 0, removes: null, failure: undefined, stopping, timer: setTimeout(() => {}, 0) }
    running.set(tenant, begun)
    const bound = { ...stores, tenant, signal: stopping.signal }
    const onProgress = (share: number): void => void (begun.share = share)
    previewRemoval(bound, { cut, now, onProgress })
      .then(
        (removes) => Object.assign(begun, { share: 1, removes }),
        (failure: unknown) => Object.assign(begun, { failure }),
      )
      .finally(() => forgetIn(begun, KEPT_MS))
    return begun
  }

  function forgetIn(one: Count, ms: number): void {
    clearTimeout(one.timer)
    one.timer = setTimeout(() => forget(one), ms).unref()
  }

  function forget(one: Count): void {
    clearTimeout(one.timer)
    one.stopping.abort()
    if (running.get(tenant) === one) running.delete(tenant)
  }
}
