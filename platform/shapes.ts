import { and, eq, sql } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { payloadShapes } from './postgres/schema.ts'

/** Whose shape: a kind of record of a source. */
export type ShapeKey = { tenant: string; source: string; recordType: string }

/**
 * Replaces what is kept of a kind of record by what `change` makes of it. Changes of one kind happen one after the other, also in
 * several processes, so that none is lost; where `change` throws, nothing is kept.
 *
 * @param change gets what is kept, an empty object at first; may wait, for a short time
 */
export async function changeShape(
  db: Db,
  key: ShapeKey,
  change: (kept: unknown) => Promise<{ shape: unknown; samples: number }>,
): Promise<void> {
  const { tenant: tenantId, source: sourceId, recordType } = key
  const one = and(
    eq(payloadShapes.tenantId, tenantId),
    eq(payloadShapes.sourceId, sourceId),
    eq(payloadShapes.recordType, recordType),
  )
  await db.transaction(async (tx) => {
    await tx.insert(payloadShapes).values({ tenantId, sourceId, recordType, shape: {} }).onConflictDoNothing()
    const [row] = await tx.select({ shape: payloadShapes.shape }).from(payloadShapes).where(one).for('update')
    const { shape, samples } = await change(row?.shape ?? {})
    await tx
      .update(payloadShapes)
      .set({ shape, samples, updatedAt: sql`now()` })
      .where(one)
  })
}
