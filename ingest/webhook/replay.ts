import { and, eq, gt, lte } from 'drizzle-orm'
import type { Instant } from '../../model/instant.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { webhookDeliveries } from '../../platform/postgres/schema.ts'

/** How long a delivery without a timestamp is remembered: longer than senders retry. Later copies are told by the events' identity. */
const UNTIMED_US = 7 * 86_400e6
/** Beyond a signature's own end: the clocks of two processes may differ. */
const MARGIN_US = 60e6
const CLEAN_EVERY_US = 60e6

/** Deliveries that were taken, remembered by all processes as long as their signatures would pass again. */
export type ReplayMemory = {
  /**
   * Runs `take` unless the delivery was taken before, and remembers it once `take` is done: a delivery that failed on the way can come
   * again. Of equal deliveries at the same time one is taken and the others wait for it.
   *
   * @returns what `take` returned; null for a copy
   */
  once<T>(address: string, delivery: { digest: string; expiresAt: Instant | null }, take: () => Promise<T>): Promise<T | null>
}

/** Creates the memory of this process over the shared one in PostgreSQL. */
export function createReplayMemory(db: Db, now: () => Instant): ReplayMemory {
  const underWay = new Map<string, Promise<unknown>>()
  let cleanedAt = now()

  const isTaken = async (address: string, digest: string): Promise<boolean> => {
    const rows = await db
      .select({ digest: webhookDeliveries.digest })
      .from(webhookDeliveries)
      .where(
        and(
          eq(webhookDeliveries.address, address),
          eq(webhookDeliveries.digest, digest),
          gt(webhookDeliveries.expiresAt, dateOf(now())),
        ),
      )
    return rows.length > 0
  }

  const remember = async (address: string, digest: string, expiresAt: Instant | null): Promise<void> => {
    const until = { expiresAt: dateOf((expiresAt ?? now() + UNTIMED_US) + MARGIN_US) }
    await db
      .insert(webhookDeliveries)
      .values({ address, digest, ...until })
      .onConflictDoUpdate({ target: [webhookDeliveries.address, webhookDeliveries.digest], set: until })
    if (now() - cleanedAt < CLEAN_EVERY_US) return
    cleanedAt = now()
    await db.delete(webhookDeliveries).where(lte(webhookDeliveries.expiresAt, dateOf(now())))
  }

  return {
    async once(address, { digest, expiresAt }, take) {
      const key = `${address}/${digest}`
      for (let other = underWay.get(key); other !== undefined; other = underWay.get(key)) await other
      const { promise, resolve } = Promise.withResolvers<void>()
      underWay.set(key, promise)
      try {
        if (await isTaken(address, digest)) return null
        const taken = await take()
        await remember(address, digest, expiresAt)
        return taken
      } finally {
        underWay.delete(key)
        resolve()
      }
    },
  }
}

function dateOf(at: Instant): Date {
  return new Date(at / 1000)
}
