import { eq } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { settings } from './postgres/schema.ts'

/** What the installation remembers under a key; undefined where it remembers nothing. */
export async function readSetting(db: Db, key: string): Promise<unknown> {
  const [found] = await db.select().from(settings).where(eq(settings.key, key))
  return found?.value
}

/** Remembers a value under a key. */
export async function writeSetting(db: Db, key: string, value: unknown): Promise<void> {
  await db.insert(settings).values({ key, value }).onConflictDoUpdate({ target: settings.key, set: { value } })
}
