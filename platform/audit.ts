import { and, desc, eq, lt } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { audit } from './postgres/schema.ts'

/** A line of the audit as it is kept. */
type AuditEntry = typeof audit.$inferSelect

/** Appends what somebody did; inside a transaction it is kept if and only if the deed is. */
export async function recordAudit(
  db: Pick<Db, 'insert'>,
  entry: { actor: string; tenantId: string | null; action: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> {
  await db.insert(audit).values(entry)
}

/** The audit, newest first: of one tenant, or of all where `tenantId` is `null`; `before` is the last id of the page before. */
export async function listAudit(
  db: Db,
  options: { tenantId: string | null; limit: number; before?: number },
): Promise<AuditEntry[]> {
  return db
    .select()
    .from(audit)
    .where(
      and(
        options.tenantId === null ? undefined : eq(audit.tenantId, options.tenantId),
        options.before === undefined ? undefined : lt(audit.id, options.before),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(options.limit)
}
