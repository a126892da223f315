import { eq, and, isNull } from 'drizzle-orm'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { calendarVersions } from '../model/calendar.ts'
import { INSTANT_MAX, type Instant, instantToClickHouse } from '../model/instant.ts'
import { isReferenceKind, REFERENCE_KINDS, type ReferenceKind } from '../model/reference.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from '../platform/postgres/client.ts'
import { referenceRows } from '../platform/postgres/schema.ts'
import { storeCalendar } from './calendar-store.ts'
import { markDirty } from './derive/mark.ts'
import { deriveRows } from './derive/run.ts'
import { asStoreError } from './run.ts'

/** Boundaries of calendars are kept for so long before and after now, µs. */
const CALENDAR_PAST_US = 6 * 366 * 86_400e6
const CALENDAR_AHEAD_US = 2 * 366 * 86_400e6
const ROWS_AT_ONCE = 10_000

const Mirrored = z.object({ row_id: z.string(), kind: z.string(), key: z.string(), valid_from_us: z.number() })

/**
 * Makes the reference data that SQL reads equal to the original in PostgreSQL, and marks the documents whose answers depend on the kinds
 * that differed. Run after each change and at the start of a process: it comes to the same end whenever it is run.
 *
 * @returns the kinds that differed
 * @throws SightlineError `store_unavailable`
 */
export async function mirrorReference(
  stores: { clickhouse: ClickHouseClient; db: Db },
  tenant: TenantId,
  now: Instant,
): Promise<ReferenceKind[]> {
  const { clickhouse, db } = stores
  const original = await db
    .select()
    .from(referenceRows)
    .where(and(eq(referenceRows.tenantId, tenant), isNull(referenceRows.replacedAt)))
  const held = await deriveRows({ clickhouse, tenant, signal: undefined }, 'read/reference-mirrored', {}, Mirrored)
  const mirrored = new Set(held.map(({ row_id }) => row_id))
  const wanted = new Set(original.map(({ id }) => id))
  const common = { tenant_id: tenant, version: now }
  const added = original.filter(({ id }) => !mirrored.has(id))
  const gone = held.filter(({ row_id }) => !wanted.has(row_id))
  const values = [
    ...added.map((row) => ({
      ...common,
      kind: row.kind,
      key: row.key,
      valid_from: instantToClickHouse(row.validFrom.getTime() * 1000),
      row_id: row.id,
      valid_to: instantToClickHouse(row.validTo === null ? INSTANT_MAX : row.validTo.getTime() * 1000),
      body: JSON.stringify(row.body),
      is_deleted: 0,
    })),
    ...gone.map((row) => ({
      ...common,
      kind: row.kind,
      key: row.key,
      valid_from: instantToClickHouse(row.valid_from_us),
      row_id: row.row_id,
      valid_to: instantToClickHouse(row.valid_from_us),
      body: '',
      is_deleted: 1,
    })),
  ]
  const changed = new Set([...added, ...gone].filter(({ kind }) => kind === 'calendars').map(({ key }) => key))
  const stated = original.filter(({ kind, key }) => kind === 'calendars' && changed.has(key))
  // Of two storings of a calendar the later has the higher version.
  const version = Math.floor(now / 1e6)
  const versions = calendarVersions(stated.map(({ key, validFrom, body }) => ({ key, from: validFrom.getTime() * 1000, body })))
  for (const periods of versions.values()) {
    const numbered = periods.map(({ calendar, from }) => ({ calendar: { ...calendar, version }, from }))
    await storeCalendar(clickhouse, tenant, numbered, now - CALENDAR_PAST_US, now + CALENDAR_AHEAD_US, now)
  }
  for (let at = 0; at < values.length; at += ROWS_AT_ONCE)
    await clickhouse
      .insert({
        table: 'reference',
        values: values.slice(at, at + ROWS_AT_ONCE),
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0 },
      })
      .catch((error: unknown) => {
        throw asStoreError(error, 'mirrorReference')
      })
  const kinds = [...new Set(values.map(({ kind }) => kind))].filter(isReferenceKind)
  await markDependents(clickhouse, tenant, kinds)
  return kinds
}

/** Marks the documents that depend on kinds of reference data. */
async function markDependents(clickhouse: ClickHouseClient, tenant: TenantId, kinds: readonly ReferenceKind[]): Promise<void> {
  const types: (readonly string[])[] = []
  for (const kind of kinds) {
    const depending = REFERENCE_KINDS[kind].types
    if (depending !== null) types.push(depending)
  }
  if (types.length === 0) return
  await markDirty(clickhouse, tenant, types.some((list) => list.length === 0) ? [] : [...new Set(types.flat())])
}
