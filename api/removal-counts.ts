import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Removed } from '../platform/postgres/schema.ts'
import type { DeriveStores } from '../queries/derive/run.ts'
import { previewRemoval } from '../queries/remove/preview.ts'

/** A count for which nobody has asked for so long is broken off, ms. */
const ABANDONED_MS = 120_000
/** So long a finished count answers, ms. */
const KEPT_MS = 300_000
/** Counts of one tenant at once: two people may look at two retentions. */
const MOST_AT_ONCE = 2

type Count = {
  /** How much of it is done, 0 to 1. */
  share: number
  removes: Removed | null
  failure: unknown
  stopping: AbortController
  /** Ends it when it fires. */
  timer?: NodeJS.Timeout
}

/** Of a tenant by cut, the one that was asked for last at the end. */
type Counts = Map<Instant, Count>

const memories = new WeakMap<object, Map<TenantId, Counts>>()

/**
 * How far the count is of what a removal up to a cut would take; begun where none of that cut is known. It runs in this process and only
 * while it is asked for; where too many of a tenant would, the one that was asked for longest ago is broken off.
 *
 * @param keeper what the counts belong to: the stores of the process
 * @throws SightlineError `store_unavailable` where the count failed, once; the next time it is begun anew
 */
export function countRemoval(
  keeper: object,
  { stores, tenant, cut, now }: { stores: DeriveStores; tenant: TenantId; cut: Instant; now: Instant },
): { counted: number; removes: Removed | null } {
  const tenants = memories.get(keeper) ?? new Map<TenantId, Counts>()
  memories.set(keeper, tenants)
  const counts: Counts = tenants.get(tenant) ?? new Map()
  tenants.set(tenant, counts)
  const end = (at: Instant, one: Count): void => {
    clearTimeout(one.timer)
    one.stopping.abort()
    if (counts.get(at) === one) counts.delete(at)
  }
  const endIn = (one: Count, ms: number): void => {
    clearTimeout(one.timer)
    one.timer = setTimeout(end, ms, cut, one).unref()
  }
  const begin = (): Count => {
    const begun: Count = { share: 0, removes: null, failure: undefined, stopping: new AbortController() }
    const onProgress = (share: number): void => void (begun.share = share)
    previewRemoval({ ...stores, tenant, signal: begun.stopping.signal }, { cut, now, onProgress })
      .then(
        (removes) => Object.assign(begun, { share: 1, removes }),
        (failure: unknown) => Object.assign(begun, { failure }),
      )
      .finally(() => endIn(begun, KEPT_MS))
    return begun
  }

  const count = counts.get(cut) ?? begin()
  counts.delete(cut)
  counts.set(cut, count)
  for (const [at, one] of counts) if (counts.size > MOST_AT_ONCE) end(at, one)
  if (count.failure !== undefined) {
    end(cut, count)
    throw count.failure
  }
  if (count.removes === null) endIn(count, ABANDONED_MS)
  return { counted: count.share, removes: count.removes }
}
