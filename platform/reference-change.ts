import { and, desc, eq, isNull, or, sql } from 'drizzle-orm'
import type { ReferenceKind } from '../model/reference.ts'
import { planReference } from '../model/reference-plan.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { referenceRows } from './postgres/schema.ts'
import { changing, insertRows, type ReferenceRow, standingOf } from './reference.ts'

/** A change of a kind: all that was recorded and replaced at one instant. */
export type ReferenceChange = { at: Date; by: string; added: number; standing: number }

/** How many changes are listed. */
const LISTED = 50

/** The last changes of a kind that recorded rows, the newest first; `standing` counts the rows of it that still stand. */
export async function listChanges(db: Db, tenant: TenantId, kind: ReferenceKind): Promise<ReferenceChange[]> {
  return db
    .select({
      at: referenceRows.recordedAt,
      by: sql<string>`min(${referenceRows.recordedBy})`,
      added: sql<number>`count(*)::int`,
      standing: sql<number>`count(*) FILTER (WHERE ${referenceRows.replacedAt} IS NULL)::int`,
    })
    .from(referenceRows)
    .where(and(eq(referenceRows.tenantId, tenant), eq(referenceRows.kind, kind)))
    .groupBy(referenceRows.recordedAt)
    .orderBy(desc(referenceRows.recordedAt))
    .limit(LISTED)
}

/**
 * Takes a row away; it stays for what was known before.
 *
 * @throws SightlineError `not_found`
 */
export async function removeReference(
  db: Db,
  tenant: TenantId,
  kind: ReferenceKind,
  id: string,
  actor: string,
): Promise<ReferenceRow> {
  return changing(db, tenant, kind, async (tx, now) => {
    const [row] = await tx
      .update(referenceRows)
      .set({ replacedAt: now })
      .where(standingRow(tenant, kind, id))
      .returning()
    if (row === undefined) throw missing()
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'reference.removed',
      subject: `${kind}/${row.key}`,
      detail: { id, valid_from: row.validFrom, valid_to: row.validTo, old: row.body },
    })
    return row
  })
}

/**
 * Ends a row at an instant: another row with that end takes its place.
 *
 * @throws SightlineError `not_found`, `reference_invalid` where the end lies outside its period
 */
export async function endReference(
  db: Db,
  input: { tenant: TenantId; kind: ReferenceKind; id: string; validTo: Date; actor: string },
): Promise<ReferenceRow> {
  const { tenant, kind, id, validTo, actor } = input
  return changing(db, tenant, kind, async (tx, now) => {
    const [row] = await tx
      .update(referenceRows)
      .set({ replacedAt: now })
      .where(standingRow(tenant, kind, id))
      .returning()
    if (row === undefined) throw missing()
    if (validTo <= row.validFrom || (row.validTo !== null && validTo > row.validTo))
      throw new SightlineError('reference_invalid', 'The end lies outside the period of the row.')
    const { id: _id, replacedAt: _replacedAt, ...kept } = row
    const [ended] = await tx
      .insert(referenceRows)
      .values({ ...kept, validTo, recordedAt: now, recordedBy: actor })
      .returning()
    if (ended === undefined) throw missing()
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'reference.ended',
      subject: `${kind}/${row.key}`,
      detail: { id, valid_from: row.validFrom, old: { valid_to: row.validTo }, new: { valid_to: validTo } },
    })
    return ended
  })
}

/**
 * Takes a change back: the rows that it recorded go, those that it replaced stand again. Undoing an import leaves what stood before it.
 *
 * @param at when the change was made
 * @throws SightlineError `not_found`, `conflict` where a row of it was changed since, or something else stands where a row would come back
 */
export async function undoReference(
  db: Db,
  input: { tenant: TenantId; kind: ReferenceKind; at: Date; actor: string },
): Promise<{ removed: number; restored: number }> {
  const { tenant, kind, at, actor } = input
  return changing(db, tenant, kind, async (tx, now) => {
    const ofKind = and(eq(referenceRows.tenantId, tenant), eq(referenceRows.kind, kind))
    const touched = await tx
      .select()
      .from(referenceRows)
      .where(and(ofKind, or(eq(referenceRows.recordedAt, at), eq(referenceRows.replacedAt, at))))
    const recorded = touched.filter(({ recordedAt }) => recordedAt.getTime() === at.getTime())
    if (recorded.length === 0)
      throw new SightlineError('not_found', 'Nothing of this kind was recorded at that instant.', {
        next: 'The changes of the kind are listed with their instants.',
      })
    const changed = recorded.find(({ replacedAt }) => replacedAt !== null)
    if (changed !== undefined)
      throw new SightlineError('conflict', `"${changed.key}" was changed since, so this change cannot be taken back whole.`, {
        next: 'Take the later change back first, or state the rows as they should be.',
      })
    await tx
      .update(referenceRows)
      .set({ replacedAt: now })
      .where(and(ofKind, eq(referenceRows.recordedAt, at)))
    const back = touched
      .filter(({ recordedAt }) => recordedAt.getTime() !== at.getTime())
      .map(({ key, validFrom, validTo, body }) => ({
        key,
        validFrom: validFrom.getTime() * 1000,
        validTo: validTo === null ? null : validTo.getTime() * 1000,
        body,
      }))
    const [taken] = planReference(back, await standingOf(tx, tenant, kind, back), false).overlaps
    if (taken !== undefined) throw new SightlineError('conflict', taken.message, { next: 'End that row first.' })
    await insertRows(tx, { tenant, kind, actor, now }, back)
    const done = { removed: recorded.length, restored: back.length }
    await recordAudit(tx, { actor, tenantId: tenant, action: 'reference.undone', subject: kind, detail: { at, ...done } })
    return done
  })
}

function standingRow(tenant: TenantId, kind: ReferenceKind, id: string) {
  return and(
    eq(referenceRows.tenantId, tenant),
    eq(referenceRows.kind, kind),
    sql`${referenceRows.id}::text = ${id}`,
    isNull(referenceRows.replacedAt),
  )
}

function missing(): SightlineError {
  return new SightlineError('not_found', 'There is no such row, or it no longer stands.', {
    next: 'List the kind to see those that do.',
  })
}
