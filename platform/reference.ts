import { and, asc, desc, eq, gt, ilike, inArray, isNull, lte, or, sql } from 'drizzle-orm'
import { identityCycle, type ReferenceKind, type RowProblem, type StatedRow } from '../model/reference.ts'
import { type Plan, planReference, type StandingRow } from '../model/reference-plan.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { referenceRows } from './postgres/schema.ts'

/** A row of reference data. A row is never changed: what replaces it is another. */
export type ReferenceRow = {
  id: string
  kind: string
  key: string
  validFrom: Date
  validTo: Date | null
  body: unknown
  recordedAt: Date
  recordedBy: string
  replacedAt: Date | null
}

/** What became of rows that were stated; `at` is when, where anything changed: what undoes it. */
export type Saved = { added: number; unchanged: number; ended: number; problems: RowProblem[]; at: Date | null }

/** Rows of one insert. */
const ROWS_AT_ONCE = 1000
/** Rows that the audit tells one by one. */
const TOLD = 50

/** How many rows stand of each kind. */
export async function referenceCounts(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .select({ kind: referenceRows.kind, count: sql<number>`count(*)::int` })
    .from(referenceRows)
    .where(and(eq(referenceRows.tenantId, tenant), isNull(referenceRows.replacedAt)))
    .groupBy(referenceRows.kind)
  return new Map(rows.map(({ kind, count }) => [kind, count]))
}

/**
 * Rows of a kind in the order of (key, valid_from).
 *
 * @param options.at only those that hold at this instant
 * @param options.asOf as they stood then; default now
 * @param options.search part of the key
 * @param options.after key and start of the last row of the page before
 */
export async function listReference(
  db: Db,
  tenant: TenantId,
  kind: ReferenceKind,
  options: { at?: Date; asOf?: Date; search?: string; after?: { key: string; validFrom: Date }; limit?: number } = {},
): Promise<ReferenceRow[]> {
  const { at, asOf, search, after, limit = 100_000 } = options
  return db
    .select()
    .from(referenceRows)
    .where(
      and(
        eq(referenceRows.tenantId, tenant),
        eq(referenceRows.kind, kind),
        asOf === undefined
          ? isNull(referenceRows.replacedAt)
          : and(lte(referenceRows.recordedAt, asOf), or(isNull(referenceRows.replacedAt), gt(referenceRows.replacedAt, asOf))),
        at === undefined ? undefined : holdsAt(at),
        search === undefined || search === ''
          ? undefined
          : ilike(referenceRows.key, `%${search.replaceAll(/[%_\\]/gu, '\\$&')}%`),
        after === undefined
          ? undefined
          : sql`(${referenceRows.key}, ${referenceRows.validFrom}) > (${after.key}, ${after.validFrom.toISOString()}::timestamptz)`,
      ),
    )
    .orderBy(asc(referenceRows.key), asc(referenceRows.validFrom))
    .limit(limit)
}

/** Rows of a kind that hold at an instant, of several tenants at once: by tenant. */
export async function holdingOf(
  db: Db,
  tenants: readonly TenantId[],
  kind: ReferenceKind,
  at: Date,
): Promise<ReadonlyMap<string, ReferenceRow[]>> {
  const rows = await db
    .select()
    .from(referenceRows)
    .where(
      and(
        inArray(referenceRows.tenantId, [...tenants]),
        eq(referenceRows.kind, kind),
        isNull(referenceRows.replacedAt),
        holdsAt(at),
      ),
    )
  return Map.groupBy(rows, ({ tenantId }) => tenantId)
}

function holdsAt(at: Date) {
  return and(lte(referenceRows.validFrom, at), or(isNull(referenceRows.validTo), gt(referenceRows.validTo, at)))
}

/** All rows of a key that ever stood, the newest statement first. */
export async function referenceHistory(db: Db, tenant: TenantId, kind: ReferenceKind, key: string): Promise<ReferenceRow[]> {
  return db
    .select()
    .from(referenceRows)
    .where(and(eq(referenceRows.tenantId, tenant), eq(referenceRows.kind, kind), eq(referenceRows.key, key)))
    .orderBy(desc(referenceRows.recordedAt), asc(referenceRows.validFrom))
}

/**
 * Keeps rows of a kind: all or none, or – with `partial` – those that fit. A row that stands already as it is stays; one whose period
 * overlaps another's of its key is refused, unless `supersede` asks to end the earlier one where the new one begins.
 *
 * @returns what became of them; problems by the number of the row, from 0, only of a dry run or with `partial`
 * @throws SightlineError `reference_overlap` with all `problems`, `reference_invalid` for identities that stand in for each other in a circle
 */
export async function saveReference(
  db: Db,
  input: {
    tenant: TenantId
    kind: ReferenceKind
    rows: readonly StatedRow[]
    actor: string
    supersede?: boolean
    partial?: boolean
    dryRun?: boolean
  },
): Promise<Saved> {
  const { tenant, kind, actor, rows, supersede = false, partial = false, dryRun = false } = input
  return changing(db, tenant, kind, async (tx, now) => {
    const plan = planReference(rows, await standingOf(tx, tenant, kind, rows), supersede)
    if (kind === 'identities') await refuseCycles(tx, tenant, plan)
    const problems = plan.overlaps.map(({ row, message }): RowProblem => ({ row, code: 'reference_overlap', message }))
    const [first] = problems
    if (first !== undefined && !partial && !dryRun)
      throw new SightlineError('reference_overlap', first.message, {
        next: 'End the earlier row, or ask to supersede it.',
        more: { problems: problems.slice(0, 1000) },
      })
    const saved = { added: plan.added.length, unchanged: plan.unchanged, ended: plan.replaced.length }
    if (dryRun || (plan.added.length === 0 && plan.replaced.length === 0)) return { ...saved, problems, at: null }
    for (let at = 0; at < plan.replaced.length; at += ROWS_AT_ONCE)
      await tx
        .update(referenceRows)
        .set({ replacedAt: now })
        .where(
          inArray(
            referenceRows.id,
            plan.replaced.slice(at, at + ROWS_AT_ONCE).map(({ id }) => id),
          ),
        )
    await insertRows(tx, { tenant, kind, actor, now }, plan.added)
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'reference.saved',
      subject: kind,
      detail: { ...saved, old: plan.replaced.slice(0, TOLD), new: plan.added.slice(0, TOLD) },
    })
    return { ...saved, problems, at: now }
  })
}

type Change = Pick<Db, 'select' | 'update' | 'insert'>

/**
 * Runs a change of a kind while nobody else changes it. `now` is later than any change of the kind before, so that rows recorded or
 * replaced at one instant are of one change.
 */
export async function changing<T>(
  db: Db,
  tenant: TenantId,
  kind: ReferenceKind,
  deed: (tx: Change, now: Date) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    await oneAtATime(tx, `reference/${tenant}/${kind}`)
    const [last] = await tx
      .select({
        at: sql<string | null>`greatest(max(${referenceRows.recordedAt}), max(${referenceRows.replacedAt}))`,
      })
      .from(referenceRows)
      .where(and(eq(referenceRows.tenantId, tenant), eq(referenceRows.kind, kind)))
    const before = last?.at == null ? 0 : new Date(last.at).getTime()
    return deed(tx, new Date(Math.max(Date.now(), before + 1)))
  })
}

/** Writes rows of a change. */
export async function insertRows(
  tx: Change,
  { tenant, kind, actor, now }: { tenant: TenantId; kind: ReferenceKind; actor: string; now: Date },
  rows: readonly StatedRow[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
    await tx.insert(referenceRows).values(
      rows.slice(at, at + ROWS_AT_ONCE).map(({ key, validFrom, validTo, body }) => ({
        tenantId: tenant,
        kind,
        key,
        validFrom: new Date(validFrom / 1000),
        validTo: validTo === null ? null : new Date(validTo / 1000),
        body,
        recordedAt: now,
        recordedBy: actor,
      })),
    )
}

/** The rows of the keys of stated rows that stand, by key. */
export async function standingOf(
  tx: Change,
  tenant: TenantId,
  kind: ReferenceKind,
  stated: readonly { key: string }[],
): Promise<Map<string, StandingRow[]>> {
  const keys = [...new Set(stated.map(({ key }) => key))]
  const rows: (StandingRow & { key: string })[] = []
  for (let at = 0; at < keys.length; at += ROWS_AT_ONCE)
    for (const { id, key, validFrom, validTo, body } of await tx
      .select()
      .from(referenceRows)
      .where(
        and(
          eq(referenceRows.tenantId, tenant),
          eq(referenceRows.kind, kind),
          isNull(referenceRows.replacedAt),
          inArray(referenceRows.key, keys.slice(at, at + ROWS_AT_ONCE)),
        ),
      ))
      rows.push({ id, key, from: validFrom.getTime() * 1000, to: validTo === null ? null : validTo.getTime() * 1000, body })
  return Map.groupBy(rows, ({ key }) => key)
}

async function refuseCycles(tx: Change, tenant: TenantId, plan: Plan): Promise<void> {
  const rows = await tx
    .select({ id: referenceRows.id, key: referenceRows.key, body: referenceRows.body })
    .from(referenceRows)
    .where(and(eq(referenceRows.tenantId, tenant), eq(referenceRows.kind, 'identities'), isNull(referenceRows.replacedAt)))
  const replaced = new Set(plan.replaced.map(({ id }) => id))
  const identities = new Map<string, { delegate_of?: string | null; manager?: string | null }>()
  for (const row of rows) if (!replaced.has(row.id)) identities.set(row.key, row.body as object)
  for (const row of plan.added) identities.set(row.key, row.body as object)
  const cycle = identityCycle(identities)
  if (cycle !== null)
    throw new SightlineError('reference_invalid', `Identities stand in for each other in a circle: ${cycle.join(' → ')}.`)
}
