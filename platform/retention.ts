import { and, eq, sql } from 'drizzle-orm'
import type { Instant } from '../model/instant.ts'
import { type Cut, cutOf, GRACE_US } from '../model/retention.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import { listFrozenMonths } from './frozen-months.ts'
import type { Db } from './postgres/client.ts'
import { type Removed, removals, tenants } from './postgres/schema.ts'
import { lockTenant } from './tenants.ts'

/** Between two removals of a tenant, ms. */
const EVERY_MS = 86_400_000

/** How long a tenant's history is kept, and since when that holds. */
export type Retention = { days: number | null; from: Date | null }
/** A removal by age: the last one of a tenant. */
export type Removal = typeof removals.$inferSelect

/** The retention of a tenant. @throws SightlineError `not_found` */
export async function retentionOf(db: Pick<Db, 'select'>, tenant: TenantId): Promise<Retention> {
  const [row] = await db
    .select({ days: tenants.retentionDays, from: tenants.retentionFrom })
    .from(tenants)
    .where(eq(tenants.id, tenant))
  if (row === undefined) throw new SightlineError('not_found', `There is no tenant "${tenant}".`)
  return row
}

/**
 * Sets how long a tenant's history is kept. Ten minutes pass before anything is removed by it.
 *
 * @param input.days null: for ever
 * @throws SightlineError `not_found`
 */
export async function changeRetention(
  db: Db,
  input: { tenant: TenantId; days: number | null; now: Instant; actor: string },
): Promise<Retention> {
  const { tenant, days, now, actor } = input
  return db.transaction(async (tx) => {
    const before = await retentionOf(tx, tenant)
    if (before.days === days) return before
    const from = days === null ? null : new Date((now + GRACE_US) / 1000)
    await tx.update(tenants).set({ retentionDays: days, retentionFrom: from }).where(eq(tenants.id, tenant))
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'retention.changed',
      subject: tenant,
      detail: { days, before: before.days, takes_effect_at: from?.toISOString() ?? null },
    })
    return { days, from }
  })
}

/** The cut of a retention as frozen months leave it; null where everything is kept. */
export async function retentionCut(
  db: Pick<Db, 'select'>,
  tenant: TenantId,
  days: number | null,
  now: Instant,
): Promise<Cut | null> {
  if (days === null) return null
  const frozen = await listFrozenMonths(db, tenant)
  return cutOf(
    days,
    now,
    frozen.map(({ month }) => month),
  )
}

/** The last removal of a tenant; null where there was none. */
export async function lastRemoval(db: Pick<Db, 'select'>, tenant: TenantId): Promise<Removal | null> {
  const [row] = await db.select().from(removals).where(eq(removals.tenantId, tenant))
  return row ?? null
}

/** Tenants whose removal is due: begun and not finished, or a day old, or older than their retention. */
export async function dueRemovals(db: Db, now: Instant): Promise<string[]> {
  const rows = await db
    .select({ id: tenants.id, days: tenants.retentionDays, from: tenants.retentionFrom, last: removals })
    .from(tenants)
    .leftJoin(removals, eq(removals.tenantId, tenants.id))
  const nowMs = now / 1000
  return rows.flatMap(({ id, days, from, last }) => {
    if (last !== null && last.finishedAt === null) return [id]
    if (days === null || (from?.getTime() ?? 0) > nowMs) return []
    const finished = last?.finishedAt?.getTime() ?? 0
    return finished < (from?.getTime() ?? 0) || finished <= nowMs - EVERY_MS ? [id] : []
  })
}

/**
 * Takes up the removal of a tenant that has not finished, or begins one. From then on no month before its cut can be frozen.
 *
 * @param begun ClickHouse's clock, µs
 * @returns null where the tenant keeps everything
 */
export async function beginRemoval(db: Db, input: { tenant: TenantId; now: Instant; begun: Instant }): Promise<Removal | null> {
  const { tenant, now, begun } = input
  return db.transaction(async (tx) => {
    await lockTenant(tx, tenant)
    const last = await lastRemoval(tx, tenant)
    if (last !== null && last.finishedAt === null) return last
    const { days, from } = await retentionOf(tx, tenant)
    const found = (from?.getTime() ?? 0) > now / 1000 ? null : await retentionCut(tx, tenant, days, now)
    if (found === null) return null
    const cut = new Date(found.cut / 1000)
    const values = {
      cut,
      keptSince: last !== null && last.keptSince > cut ? last.keptSince : cut,
      startedAt: new Date(Math.ceil(begun / 1000)),
      finishedAt: null,
      removed: null,
      countedPart: '',
    }
    const [row] = await tx
      .insert(removals)
      .values({ tenantId: tenant, ...values })
      .onConflictDoUpdate({ target: removals.tenantId, set: values })
      .returning()
    return row ?? null
  })
}

/** Adds what a part took, once however often it is told. */
export async function countRemoved(db: Db, tenant: TenantId, part: string, removed: Removed): Promise<void> {
  await db.transaction(async (tx) => {
    await lockTenant(tx, tenant)
    const last = await lastRemoval(tx, tenant)
    if (last === null || last.countedPart === part) return
    const sum = (name: keyof Removed) => (last.removed?.[name] ?? 0) + removed[name]
    const total: Removed = {
      documents: sum('documents'),
      events: sum('events'),
      calls: sum('calls'),
      logs: sum('logs'),
      measurements: sum('measurements'),
    }
    await tx.update(removals).set({ removed: total, countedPart: part }).where(eq(removals.tenantId, tenant))
  })
}

/** Ends a removal; the audit says what it took, where it took anything. */
export async function finishRemoval(db: Db, tenant: TenantId, now: Instant): Promise<Removed | null> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(removals)
      .set({ finishedAt: new Date(now / 1000) })
      .where(and(eq(removals.tenantId, tenant), sql`${removals.finishedAt} IS NULL`))
      .returning()
    const removed = row?.removed ?? null
    if (row !== undefined && removed !== null && Object.values(removed).some((count) => count > 0))
      await recordAudit(tx, {
        actor: 'system',
        tenantId: tenant,
        action: 'retention.removed',
        subject: tenant,
        detail: { cut: row.cut.toISOString(), ...removed },
      })
    return removed
  })
}

/** Since when the history of a tenant has no gaps, where something before an instant was removed; null where that instant is after it. */
export async function keptSince(db: Db, tenant: TenantId, from: Instant): Promise<Date | null> {
  const last = await lastRemoval(db, tenant)
  return last !== null && from < last.keptSince.getTime() * 1000 ? last.keptSince : null
}
