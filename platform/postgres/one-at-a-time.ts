import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'

/**
 * Waits until no other transaction works on what is named, and keeps others waiting until this one ends: what is read to decide a change
 * still holds when it is written.
 *
 * @param name such as `slas/acme`
 */
export async function oneAtATime(tx: Pick<Db | Tx, 'execute'>, name: string): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${sql.param(name)}, 0))`)
}
