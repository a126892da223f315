import { setTimeout as sleep } from 'node:timers/promises'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { logged } from '../../platform/logged.ts'
import type { Log } from '../../platform/log.ts'
import { keepRetention } from '../remove/keep-retention.ts'
import type { InTurn } from '../remove/remove-expired.ts'
import { compactOpen } from './compact-open.ts'
import { type Pass, deriveTenant, derivationOf, dirtyTenants, SETTLE_US, waitingMarks } from './derive.ts'
import type { DeriveStores } from './run.ts'

/** Between two looks for marks, ms, and the least share of a lane's time that is left to others when much changes. */
const LOOK_MS = 1000
const REST_SHARE = 0.5
const LONGEST_REST_MS = 3000
/** Between two settled passes of a tenant, µs. */
const SETTLED_EVERY_US = 30_000_000
/** So long the settled pass of a tenant lets what comes meanwhile go first, µs. */
const LONGEST_OVERTAKEN_US = 30_000_000
/** So many documents that still come are waited for, µs since the last and since the first: computed at once they take less. */
const MANY_DOCUMENTS = 300
const QUIET_US = 5_000_000
const LONGEST_HOLD_US = 60_000_000
/** So long computing gives way to a backlog of events that is being stored, µs. */
const LONGEST_WAY_US = 600_000_000
/** Between two compactions of the tables of open work, ms. */
const COMPACT_EVERY_MS = 600_000
/** Between two looks whether a tenant is free, ms. */
const TURN_MS = 200
/** After an error a tenant is left alone, and after a look that failed a lane rests, ms. */
const PAUSE_MS = 3000

/** What waits for a tenant; `at` is the instant since when. */
type Waiting = { tenant: TenantId; pass: Pass; documents: number; at: Instant }
/** Which of the passes that wait comes first; none where all of them are for others. */
type Choice = (waiting: readonly Waiting[]) => Waiting | undefined

/** Whoever waits longest, so that nobody waits for ever. */
const longestWaiting: Choice = (waiting) => waiting.toSorted((one, other) => one.at - other.at)[0]
/** The least of what came, so that a change is in the answers within seconds while a large history is computed. */
const leastOfWhatCame: Choice = (waiting) =>
  waiting.filter(({ pass }) => pass !== 'settled').toSorted((one, other) => one.documents - other.documents)[0]

/**
 * Keeps the answers of all tenants up to date until the signal aborts: each change of a timeline is computed as it comes, and once more when
 * all that could have been on its way with it has arrived. Two tenants are computed at once: who waits longest, and who has the least. What
 * has grown older than a tenant's retention goes meanwhile.
 *
 * @param options.now the clock of this process, µs
 * @param options.isBehind whether a backlog of events is being stored: computing waits for its end, for it needs the same processors
 * @param options.onRun told of each run: tenant, documents, milliseconds
 * @param options.onRemoved told when events have gone, so that nobody takes them for known
 */
export async function keepDerived(
  stores: DeriveStores,
  options: {
    now: () => Instant
    signal: AbortSignal
    log: Log
    isBehind?: () => boolean
    onRun?: (run: { tenant: TenantId; documents: number; ms: number }) => void
    onRemoved?: () => void
  },
): Promise<void> {
  const { now, signal, log, isBehind = () => false, onRun, onRemoved } = options
  const settledAt = new Map<TenantId, Instant>()
  const restsUntil = new Map<TenantId, Instant>()
  const taken = new Set<TenantId>()
  /** Tenants that are computed while something waits for its first computing. */
  const wanted = new Set<TenantId>()
  /** Since when a settled pass lets others go first. */
  const overtakenSince = new Map<TenantId, Instant>()
  let since = 0
  let behindSince: Instant | null = null
  let runs = 0

  /** Whether computing gives way; for ever it does not. */
  const givesWay = (): boolean => {
    behindSince = isBehind() ? (behindSince ?? now()) : null
    return behindSince !== null && now() - behindSince < LONGEST_WAY_US
  }

  const mayBeOvertaken = (tenant: TenantId): boolean => now() - (overtakenSince.get(tenant) ?? now()) < LONGEST_OVERTAKEN_US
  const overtake = (tenant: TenantId): void => {
    if (!overtakenSince.has(tenant)) overtakenSince.set(tenant, now())
  }

  /** Looks what waits; remembers from where the next look has to begin. */
  const look = async (): Promise<Waiting[]> => {
    const tenants = await dirtyTenants(stores, since, signal)
    const waiting: Waiting[] = []
    let settled = Number.POSITIVE_INFINITY
    for (const { tenant, last } of tenants) {
      const state = await derivationOf(stores, tenant)
      if (last <= state.settledUntil) continue
      settled = Math.min(settled, state.settledUntil)
      const { unseen, unseenOld, seenOnce, unsettled, firstUnseen, firstSeenOnce } = await waitingMarks(stores, state, signal)
      const isGrowing = unseen > MANY_DOCUMENTS && now() - last < QUIET_US && now() - firstUnseen < LONGEST_HOLD_US
      // A history that came at once is computed at once: most of it is old enough to need no second look.
      const hasNews = unseen > 0 && !isGrowing
      if (hasNews && taken.has(tenant)) wanted.add(tenant)
      if (hasNews)
        waiting.push(
          unseenOld > unseen - unseenOld + seenOnce
            ? { tenant, pass: 'backlog', documents: unseen + seenOnce, at: firstUnseen }
            : { tenant, pass: 'fresh', documents: unseen, at: firstUnseen },
        )
      // Changes that still come are settled together.
      const due = firstSeenOnce + SETTLE_US + SETTLED_EVERY_US
      const isDue = unsettled > 0 && (unsettled === seenOnce || due <= now())
      if (!isDue || now() - (settledAt.get(tenant) ?? 0) <= SETTLED_EVERY_US) continue
      if (hasNews && mayBeOvertaken(tenant)) overtake(tenant)
      else waiting.push({ tenant, pass: 'settled', documents: unsettled, at: due })
    }
    const newest = Math.max(0, ...tenants.map(({ last }) => last))
    since = Math.max(since, Math.min(newest - 2 * SETTLE_US, settled))
    return waiting.filter(({ tenant }) => !taken.has(tenant) && (restsUntil.get(tenant) ?? 0) <= now())
  }

  /** Runs a pass; a failure is told, and the pass is tried again. */
  const compute = async ({ tenant, pass }: Waiting): Promise<void> => {
    const started = performance.now()
    taken.add(tenant)
    wanted.delete(tenant)
    if (pass !== 'fresh') settledAt.set(tenant, now())
    const yields = () => pass === 'settled' && wanted.has(tenant) && mayBeOvertaken(tenant)
    try {
      const documents = await deriveTenant(stores, tenant, pass, now(), { signal, yields })
      if (documents === null) {
        overtake(tenant)
        settledAt.delete(tenant)
        return
      }
      if (pass !== 'fresh') overtakenSince.delete(tenant)
      runs++
      if (documents > 0) onRun?.({ tenant, documents, ms: performance.now() - started })
    } catch (error) {
      restsUntil.set(tenant, now() + PAUSE_MS * 1000)
      if (!signal.aborted)
        log.warn({ ...told(log, error), tenant }, 'computing the answers of a tenant failed; it is tried again')
    } finally {
      taken.delete(tenant)
    }
  }

  const lane = async (choose: Choice): Promise<void> => {
    while (!signal.aborted) {
      try {
        const started = performance.now()
        const next = givesWay() ? undefined : choose(await look())
        // The other lane may have taken it while this one looked.
        if (next !== undefined && !taken.has(next.tenant)) await compute(next)
        const took = performance.now() - started
        await sleep(Math.max(LOOK_MS, Math.min((took * REST_SHARE) / (1 - REST_SHARE), LONGEST_REST_MS)), undefined, { signal })
      } catch (error) {
        if (signal.aborted) return
        log.warn(told(log, error), 'looking for changed documents failed; it is tried again')
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  /** Takes what has closed out of the tables of open work, now and then. */
  const compacting = async (): Promise<void> => {
    let compacted = 0
    while (!signal.aborted) {
      try {
        await sleep(COMPACT_EVERY_MS, undefined, { signal })
        if (runs === compacted) continue
        compacted = runs
        await compactOpen(stores.clickhouse, signal)
      } catch (error) {
        if (signal.aborted) return
        log.warn(told(log, error), 'compacting the tables of open work failed; it is tried again')
      }
    }
  }
  /** Keeps both lanes from a tenant while something else works on it. */
  const inTurn: InTurn = async (tenant, work) => {
    while (taken.has(tenant)) await sleep(TURN_MS, undefined, { signal })
    taken.add(tenant)
    try {
      return await work()
    } finally {
      taken.delete(tenant)
    }
  }
  await Promise.all([
    lane(longestWaiting),
    lane(leastOfWhatCame),
    compacting(),
    keepRetention(stores, { now, signal, log, inTurn, onRemoved }),
  ])
}

/** What the log says of an error in one line; the whole of one that is a defect is told where somebody looks for it. */
function told(log: Log, error: unknown): { reason: string } {
  const failure = logged(error)
  if ('reason' in failure) return failure
  log.debug(failure, 'computing answers failed')
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return { reason: reason.slice(0, 300) }
}
