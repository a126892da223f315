import { eq } from 'drizzle-orm'
import type { Db } from '../postgres/client.ts'
import { settings } from '../postgres/schema.ts'
import type { TopicPartition } from './port.ts'

/** A list of versions under its name. */
export type KeptVersions = { id: string; listed: string }

/**
 * Lists of a partition that are kept. The one of the committed claim must be among them: after it come at most the one of the claim that
 * is about to be committed, and one for each former owner that has not noticed yet that it is none.
 */
const KEPT = 8

const keyOf = (cluster: string, { topic, partition }: TopicPartition) => `kafka-claims/${cluster}/${topic}/${partition}`

/** Keeps a list of versions that is too long for the metadata of an offset. */
export async function keepVersions(db: Db, cluster: string, place: TopicPartition, kept: KeptVersions): Promise<void> {
  const key = keyOf(cluster, place)
  await db.transaction(async (tx) => {
    await tx.insert(settings).values({ key, value: [] }).onConflictDoNothing()
    const [row] = await tx.select().from(settings).where(eq(settings.key, key)).for('update')
    const others = listsOf(row?.value).filter(({ id }) => id !== kept.id)
    await tx
      .update(settings)
      .set({ value: [...others, kept].slice(-KEPT) })
      .where(eq(settings.key, key))
  })
}

/** The list of that name; null where it is gone. */
export async function keptVersions(db: Db, cluster: string, place: TopicPartition, id: string): Promise<string | null> {
  const [row] = await db
    .select()
    .from(settings)
    .where(eq(settings.key, keyOf(cluster, place)))
  return listsOf(row?.value).find((list) => list.id === id)?.listed ?? null
}

function listsOf(value: unknown): KeptVersions[] {
  return Array.isArray(value) ? (value as KeptVersions[]) : []
}
