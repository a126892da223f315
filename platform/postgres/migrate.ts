import { fileURLToPath } from 'node:url'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { SightlineError } from '../errors.ts'
import type { Postgres } from './client.ts'

const FOLDER = fileURLToPath(new URL('migrations', import.meta.url))
const LOCK = 7_174_001

/**
 * Brings PostgreSQL to the newest schema. Processes that start at once wait for each other.
 *
 * @throws {SightlineError} `migration_failed`
 */
export async function migratePostgres({ db, pool }: Pick<Postgres, 'db' | 'pool'>): Promise<void> {
  // The lock belongs to the transaction of this one connection; the migrations run on others and commit before it ends.
  const holder = await pool.connect()
  try {
    await holder.query('BEGIN')
    await holder.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    await migrate(db, { migrationsFolder: FOLDER })
    await holder.query('COMMIT')
    holder.release()
  } catch (cause) {
    holder.release(true)
    throw new SightlineError('migration_failed', `PostgreSQL could not be brought to the newest schema: ${text(cause)}.`, {
      cause,
    })
  }
}

function text(cause: unknown): string {
  const deepest = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return deepest instanceof Error ? deepest.message : String(deepest)
}
