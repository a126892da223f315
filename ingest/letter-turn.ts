import { sql } from 'drizzle-orm'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from '../platform/postgres/client.ts'

/** Runs changes to the dead letters of a tenant one after the other, over all processes: a replay must not bring back what a purge took. */
export function inTurnOfLetters<T>(db: Db, tenant: TenantId, change: () => Promise<T>): Promise<T> {
  return db.transaction(async (transaction) => {
    await transaction.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`dead letters of ${tenant}`}, 0))`)
    return change()
  })
}
