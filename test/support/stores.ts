import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TenantId, verifiedTenant } from '../../model/tenant.ts'
import { type Log, openLog } from '../../platform/log.ts'
import { type Stores, openStores } from '../../platform/stores.ts'
import { createTenant } from '../../platform/tenants.ts'
import { migrateClickHouse } from '../../queries/migrate.ts'

/** Real stores in a temporary folder, migrated by the production runners. */
export type TestStores = {
  stores: Stores
  log: Log
  /** A tenant that nobody else has: what one test writes, no other sees. */
  freshTenant(more?: Omit<Parameters<typeof createTenant>[1], 'id' | 'name'>): Promise<TenantId>
  /** Ends the stores and removes their folder. Call it in `after`: the process does not end before. May be called twice. */
  close(): Promise<void>
}

let shared: Promise<TestStores> | undefined

/** The stores of this test process, started once. */
export function sharedStores(): Promise<TestStores> {
  return (shared ??= start())
}

async function start(): Promise<TestStores> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sightline-test-'))
  const log = openLog({ level: 'warn', human: true })
  const removed = () => rm(dataFolder, { recursive: true, force: true, maxRetries: 5 })
  let stores: Stores | undefined
  try {
    stores = await openStores({
      env: { dataFolder, clickHouseUrl: undefined, clickHouseReaderPassword: undefined, databaseUrl: undefined },
      log,
    })
    await migrateClickHouse(stores.clickhouse.writer, log)
  } catch (error) {
    await stores?.close()
    await removed()
    throw error
  }
  const opened = stores
  let closing: Promise<void> | undefined
  return {
    stores: opened,
    log,
    async freshTenant(more = {}) {
      const id = `t-${randomBytes(6).toString('hex')}`
      await createTenant(opened.postgres.db, { ...more, id, name: id })
      return verifiedTenant(id)
    },
    close: () => (closing ??= opened.close().then(removed)),
  }
}
