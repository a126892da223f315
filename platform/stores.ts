import { join } from 'node:path'
import { checkClickHouse, clickHouseAddress, connectClickHouse } from './clickhouse/client.ts'
import type { ClickHouse, ClickHouseAddress } from './clickhouse/client.ts'
import { startEmbeddedClickHouse } from './clickhouse/embedded.ts'
import { openDataFolder } from './data-folder.ts'
import type { DataFolder } from './data-folder.ts'
import type { Env } from './env.ts'
import { SightlineError } from './errors.ts'
import type { Log } from './log.ts'
import { connectPostgres } from './postgres/client.ts'
import type { Postgres } from './postgres/client.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { migratePostgres } from './postgres/migrate.ts'

/** Both stores, connected and checked; PostgreSQL is migrated, ClickHouse has its database (see `migrateClickHouse`). */
export type Stores = {
  clickhouse: ClickHouse & { url: string }
  postgres: Postgres
  /** `null` where both stores are servers: then no folder is used. */
  folder: DataFolder | null
  /** Closes the connections, ends what is embedded and gives the folder back. May be called twice. */
  close(): Promise<void>
  /** Resolves with the reason when an embedded store dies by itself; stays pending otherwise. */
  failed: Promise<SightlineError>
}

/** A store, and how to end it. */
type Opened<T> = { store: T; stop(): Promise<void>; died: Promise<unknown> }

/**
 * Opens both stores, side by side: the servers of `CLICKHOUSE_URL` and `DATABASE_URL`, or embedded ones in the data folder.
 *
 * @throws {SightlineError} one of the start-up codes; nothing is left running then
 */
export async function openStores(options: {
  env: Pick<Env, 'dataFolder' | 'clickHouseUrl' | 'clickHouseReaderPassword' | 'databaseUrl'>
  log: Log
}): Promise<Stores> {
  const { env, log } = options
  const folder = env.clickHouseUrl !== undefined && env.databaseUrl !== undefined ? null : await openDataFolder(env.dataFolder)
  const [clickhouse, postgres] = await Promise.allSettled([openClickHouse(env, folder, log), openPostgres(env, folder, log)])
  let closing: Promise<void> | undefined
  const close = async () => {
    try {
      await Promise.all([clickhouse, postgres].map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
    } finally {
      folder?.release()
    }
  }
  if (clickhouse.status === 'rejected') {
    await close()
    throw clickhouse.reason
  }
  if (postgres.status === 'rejected') {
    await close()
    throw postgres.reason
  }
  return {
    clickhouse: clickhouse.value.store,
    postgres: postgres.value.store,
    folder,
    close: () => (closing ??= close()),
    failed: Promise.race([
      clickhouse.value.died.then(() => gone('ClickHouse', 'clickhouse/clickhouse.log')),
      postgres.value.died.then(() => gone('PostgreSQL', 'postgres.log')),
    ]).then((error) => (closing === undefined ? error : new Promise<never>(() => {}))),
  }

  function gone(store: string, file: string): SightlineError {
    return new SightlineError('store_unavailable', `The embedded ${store} ended by itself.`, {
      next: `Look into ${join(env.dataFolder, file)} and start again: what was acknowledged is kept.`,
    })
  }
}

async function openClickHouse(
  env: Pick<Env, 'clickHouseUrl' | 'clickHouseReaderPassword'>,
  folder: DataFolder | null,
  log: Log,
): Promise<Opened<ClickHouse & { url: string }>> {
  if (env.clickHouseUrl !== undefined || folder === null) {
    return connected(clickHouseAddress(env.clickHouseUrl ?? '', env.clickHouseReaderPassword))
  }
  const engine = await startEmbeddedClickHouse({ dir: join(folder.path, 'clickhouse'), log })
  try {
    const { store, stop } = await connected(engine)
    return { store, died: engine.exited, stop: () => stop().then(engine.stop) }
  } catch (error) {
    await engine.stop()
    throw error
  }
}

async function connected(address: ClickHouseAddress): Promise<Opened<ClickHouse & { url: string }>> {
  await checkClickHouse(address)
  const clients = connectClickHouse(address)
  return { store: { ...clients, url: address.url }, stop: clients.close, died: new Promise(() => {}) }
}

async function openPostgres(env: Pick<Env, 'databaseUrl'>, folder: DataFolder | null, log: Log): Promise<Opened<Postgres>> {
  if (env.databaseUrl !== undefined || folder === null) {
    const store = await connectPostgres(env.databaseUrl ?? '', { log })
    return migrated({ store, stop: store.close, died: new Promise(() => {}) })
  }
  const password = await folder.secret('postgres-password')
  const server = await startEmbeddedPostgres({ dir: join(folder.path, 'postgres'), password, log })
  try {
    const store = await connectPostgres(server.url, { log })
    return await migrated({ store, died: server.exited, stop: () => store.close().then(server.stop) })
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function migrated(opened: Opened<Postgres>): Promise<Opened<Postgres>> {
  try {
    await migratePostgres(opened.store)
    return opened
  } catch (error) {
    await opened.stop()
    throw error
  }
}
