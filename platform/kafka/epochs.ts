import { and, eq, sql } from 'drizzle-orm'
import type { Db } from '../postgres/client.ts'
import { kafkaTopics } from '../postgres/schema.ts'

/** What is remembered of a gap: offsets of a partition that were never read, or whose records belong to nobody. */
export type RecordedGap = { epoch: number; partition: number; from: number; to: number; reason: string; at: string }

/** Gaps of a topic that are remembered. */
const MOST_GAPS = 50

const place = (cluster: string, topic: string) => and(eq(kafkaTopics.cluster, cluster), eq(kafkaTopics.topic, topic))

/**
 * The epoch of a topic: how often it has been made again since it was first seen. A topic whose id is not the one of the last time begins
 * a new one.
 *
 * @param id of the topic's incarnation, null where the cluster does not tell
 */
export async function topicEpoch(db: Db, cluster: string, topic: string, id: string | null): Promise<number> {
  const detail = id === null ? {} : { topic_id: id }
  const renewed = sql`(${kafkaTopics.detail} ->> 'topic_id') <> (excluded.detail ->> 'topic_id')`
  const [row] = await db
    .insert(kafkaTopics)
    .values({ cluster, topic, detail })
    .onConflictDoUpdate({
      target: [kafkaTopics.cluster, kafkaTopics.topic],
      set: {
        epoch: sql`${kafkaTopics.epoch} + CASE WHEN ${renewed} THEN 1 ELSE 0 END`,
        detail: sql`${kafkaTopics.detail} || excluded.detail`,
        updatedAt: sql`CASE WHEN ${renewed} THEN now() ELSE ${kafkaTopics.updatedAt} END`,
      },
    })
    .returning({ epoch: kafkaTopics.epoch })
  return row?.epoch ?? 0
}

/** Begins a new epoch after `epoch`, unless another process has: its offsets from now on are new identities. Returns the epoch that holds. */
export async function renewEpoch(db: Db, cluster: string, topic: string, epoch: number): Promise<number> {
  const [renewed] = await db
    .update(kafkaTopics)
    .set({ epoch: epoch + 1, updatedAt: sql`now()` })
    .where(and(place(cluster, topic), eq(kafkaTopics.epoch, epoch)))
    .returning({ epoch: kafkaTopics.epoch })
  if (renewed !== undefined) return renewed.epoch
  const [held] = await db.select({ epoch: kafkaTopics.epoch }).from(kafkaTopics).where(place(cluster, topic))
  return held?.epoch ?? epoch
}

/** Remembers a gap, once; the oldest of many are forgotten. */
export async function recordGap(db: Db, cluster: string, topic: string, gap: RecordedGap): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.select().from(kafkaTopics).where(place(cluster, topic)).for('update')
    if (row === undefined) return
    const gaps = gapsOf(row.detail)
    const same = (one: RecordedGap) =>
      one.epoch === gap.epoch && one.partition === gap.partition && one.from === gap.from && one.reason === gap.reason
    if (gaps.some(same)) return
    const detail = { ...row.detail, gaps: [...gaps, gap].slice(-MOST_GAPS) }
    await tx.update(kafkaTopics).set({ detail }).where(place(cluster, topic))
  })
}

/** The remembered gaps of all topics of a cluster. */
export async function recordedGaps(db: Db, cluster: string): Promise<(RecordedGap & { topic: string })[]> {
  const rows = await db.select().from(kafkaTopics).where(eq(kafkaTopics.cluster, cluster))
  return rows.flatMap(({ topic, detail }) => gapsOf(detail).map((gap) => ({ topic, ...gap })))
}

function gapsOf(detail: Record<string, unknown>): RecordedGap[] {
  return Array.isArray(detail['gaps']) ? (detail['gaps'] as RecordedGap[]) : []
}
