import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { logged } from '../platform/logged.ts'
import type { TenantCalendars } from '../queries/derive/tenant-calendars.ts'
import { tenantReader } from '../queries/run.ts'
import type { EngineParts } from './engine.ts'
import { lastDue, readSeries, type Series } from './values.ts'

/** Time that values are looked up in one tick, ms: the rest is due in the next one. */
const VALUES_MS = 2000

/** A series as it was read at an instant; null where it could not be. */
export type LookedUp = { series: Series; at: Instant; raw: unknown }

/** Whether a series is due at a watermark, after it was looked up last by this process, or by another before the cursor's. */
export function isSeriesDue(
  { lookedUp }: EngineParts,
  tenant: TenantId,
  series: Series,
  watermark: Instant,
  cursor: { watermark: Instant },
): boolean {
  const last = lookedUp.get(`${tenant} ${series.id}`) ?? (cursor.watermark === 0 ? 0 : cursor.watermark - series.everyS * 1e6)
  return lastDue(series, watermark) > last
}

/** Looks values up, those first that were looked up longest ago, as long as there is time. */
export async function lookUp(
  parts: EngineParts,
  tenant: TenantId,
  due: readonly Series[],
  { calendars, watermark, signal }: { calendars: TenantCalendars; watermark: Instant; signal: AbortSignal | undefined },
): Promise<LookedUp[]> {
  const reader = tenantReader(parts.stores.clickhouse.reader, tenant)
  const lastOf = (series: Series) => parts.lookedUp.get(`${tenant} ${series.id}`) ?? 0
  const end = performance.now() + VALUES_MS
  const found: LookedUp[] = []
  for (const series of due.toSorted((a, b) => lastOf(a) - lastOf(b))) {
    if (performance.now() > end || signal?.aborted === true) break
    const at = lastDue(series, watermark)
    const name = `${tenant} ${series.id}`
    let raw: unknown = null
    try {
      raw = await readSeries(series, { reader, stores: parts.stores, calendars, at, asOf: null })
      parts.failing.delete(name)
    } catch (error) {
      // Told once: it is tried again at its pace, and its alerts say that they are stale.
      if (!parts.failing.has(name))
        parts.log.warn({ ...logged(error), tenant, rules: series.rules.map(({ id }) => id) }, 'a value could not be looked up')
      parts.failing.add(name)
    }
    found.push({ series, at, raw })
  }
  return found
}
