import type { Db } from './postgres/client.ts'
import { audit } from './postgres/schema.ts'

/** Appends what somebody did; inside a transaction it is kept if and only if the deed is. */
export async function recordAudit(
  db: Pick<Db, 'insert'>,
  entry: { actor: string; tenantId: string | null; action: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> {
  await db.insert(audit).values(entry)
}
