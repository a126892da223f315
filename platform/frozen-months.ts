import { and, asc, eq } from 'drizzle-orm'
import { monthStart } from '../model/retention.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { frozenMonths, removals } from './postgres/schema.ts'
import { lockTenant } from './tenants.ts'

/** A month that is closed: its numbers answer as they were known at `asOf`. */
export type FrozenMonth = typeof frozenMonths.$inferSelect

/** The closed months of a tenant, the earliest first. */
export function listFrozenMonths(db: Pick<Db, 'select'>, tenant: TenantId): Promise<FrozenMonth[]> {
  return db.select().from(frozenMonths).where(eq(frozenMonths.tenantId, tenant)).orderBy(asc(frozenMonths.month))
}

/**
 * Closes a month as it is known at `asOf`.
 *
 * @throws SightlineError `conflict` where it is closed already, `parameter_invalid` for a month that has not ended or of which something was
 *   removed by age
 */
export async function freezeMonth(
  db: Db,
  input: { tenant: TenantId; month: string; asOf: Date; actor: string; note: string },
): Promise<FrozenMonth> {
  const { tenant, month, asOf, actor, note } = input
  if (nextMonth(month) > asOf.getTime())
    throw new SightlineError('parameter_invalid', `The month ${month} has not ended.`, { next: 'Freeze it when it has.' })
  return db.transaction(async (tx) => {
    await lockTenant(tx, tenant)
    const [last] = await tx.select({ keptSince: removals.keptSince }).from(removals).where(eq(removals.tenantId, tenant))
    if (last !== undefined && monthStart(month) < last.keptSince.getTime() * 1000)
      throw new SightlineError(
        'parameter_invalid',
        `Of the month ${month} something has been removed: the history is kept since ${last.keptSince.toISOString().slice(0, 10)}.`,
        { next: 'Freeze a later month.' },
      )
    const [row] = await tx
      .insert(frozenMonths)
      .values({ tenantId: tenant, month, asOf, frozenBy: actor, note })
      .onConflictDoNothing()
      .returning()
    if (row === undefined)
      throw new SightlineError('conflict', `The month ${month} is frozen already.`, {
        next: 'Thaw it first where it is to answer as of now.',
      })
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'month.freeze',
      subject: month,
      detail: { as_of: asOf.toISOString(), note },
    })
    return row
  })
}

/** Opens a closed month again. @throws SightlineError `not_found` */
export async function thawMonth(db: Db, input: { tenant: TenantId; month: string; actor: string }): Promise<void> {
  const { tenant, month, actor } = input
  await db.transaction(async (tx) => {
    const [row] = await tx
      .delete(frozenMonths)
      .where(and(eq(frozenMonths.tenantId, tenant), eq(frozenMonths.month, month)))
      .returning()
    if (row === undefined) throw new SightlineError('not_found', `The month ${month} is not frozen.`)
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'month.thaw',
      subject: month,
      detail: { as_of: row.asOf.toISOString(), note: row.note },
    })
  })
}

function nextMonth(month: string): number {
  return Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)))
}
