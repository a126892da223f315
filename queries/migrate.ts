import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { SightlineError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { oneAtATime } from '../platform/postgres/one-at-a-time.ts'
import type { Stores } from '../platform/stores.ts'
import { splitStatements } from './split-statements.ts'

const FOLDER = fileURLToPath(new URL('migrations', import.meta.url))
const FILE = /^\d{4}_[a-z0-9_]+\.sql$/

const Applied = z.array(z.object({ name: z.string(), checksum: z.string() }))

/**
 * Brings ClickHouse to the newest schema (see `migrateClickHouse`). Processes that start at once wait for each other: one that is behind
 * would put back what a later migration took away.
 *
 * @param folder where the migrations are, those of this version unless given
 * @throws {SightlineError} `migration_failed`
 */
export async function migrateStores(
  { clickhouse, postgres }: Pick<Stores, 'clickhouse' | 'postgres'>,
  log: Log,
  folder: string = FOLDER,
): Promise<void> {
  await postgres.db.transaction(async (tx) => {
    await oneAtATime(tx, 'clickhouse migrations')
    await migrateClickHouse(clickhouse.writer, log, folder)
  })
}

/**
 * Runs `migrations/NNNN_name.sql` in order, each file once, and remembers them with a checksum in `schema_migrations`. Every statement must
 * be idempotent (`IF NOT EXISTS`): the run after one that was cut off repeats it. Only one process may do so at a time.
 *
 * @param writer the writing client, whose user may create the database
 * @throws {SightlineError} `migration_failed`
 */
export async function migrateClickHouse(writer: ClickHouseClient, log: Log, folder: string = FOLDER): Promise<void> {
  await apply(writer, 'schema_migrations', [
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name String COMMENT 'File name of the migration',
       checksum String COMMENT 'SHA-256 of the file, hexadecimal',
       applied_at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'When it was first applied'
     ) ENGINE = MergeTree ORDER BY name COMMENT 'Migrations that this database has seen'`,
  ])
  const files = (await readdir(folder)).filter((name) => FILE.test(name)).toSorted()
  const applied = await appliedMigrations(writer)
  for (const name of files) {
    const sql = await readFile(join(folder, name), 'utf8')
    const checksum = createHash('sha256').update(sql).digest('hex')
    const known = applied.get(name)
    if (known !== undefined) {
      if (known === checksum) continue
      throw new SightlineError('migration_failed', `The ClickHouse migration ${name} was changed after it had been applied.`, {
        next: 'Restore the file and put the change into a new migration.',
      })
    }
    await apply(writer, name, splitStatements(sql))
    await writer.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    log.debug({ name }, 'ClickHouse migration applied')
  }
}

async function appliedMigrations(writer: ClickHouseClient): Promise<Map<string, string>> {
  // Processes of earlier versions may have written a row each; the first counts.
  const result = await writer.query({
    query: 'SELECT name, argMin(checksum, applied_at) AS checksum FROM schema_migrations GROUP BY name',
    format: 'JSONEachRow',
  })
  return new Map(Applied.parse(await result.json()).map(({ name, checksum }) => [name, checksum]))
}

async function apply(writer: ClickHouseClient, name: string, statements: readonly string[]): Promise<void> {
  for (const [index, query] of statements.entries()) {
    try {
      await writer.command({ query })
    } catch (cause) {
      throw new SightlineError(
        'migration_failed',
        `Statement ${index + 1} of the ClickHouse migration ${name} failed: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
        { cause },
      )
    }
  }
}
