import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { audit } from './postgres/schema.ts'

/** Appends what somebody did; inside a transaction it is kept if and only if the deed is. */
export async function recordAudit(
  db: Pick<Db, 'insert'>,
  entry: { actor: string; tenantId: string | null; action: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> {
  await db.insert(audit).values(entry)
}

/** An entry of the audit. */
export type AuditEntry = typeof audit.$inferSelect

/**
 * What was done, the newest first.
 *
 * @param wanted.tenantIds tenants that the reader may see; null for all, and what concerns the installation
 * @param wanted.before only entries with a lower id
 */
export async function listAudit(
  db: Db,
  wanted: { tenantIds: readonly string[] | null; action?: string | undefined; before?: number | undefined; limit: number },
): Promise<AuditEntry[]> {
  const { tenantIds, action, before, limit } = wanted
  return db
    .select()
    .from(audit)
    .where(
      and(
        tenantIds === null ? undefined : inArray(audit.tenantId, [...tenantIds]),
        action === undefined ? undefined : eq(audit.action, action),
        before === undefined ? undefined : lt(audit.id, before),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit)
}
