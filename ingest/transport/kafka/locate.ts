import { renewEpoch, topicEpoch } from '../../../platform/kafka/epochs.ts'
import type { KafkaPort, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import { type Start, startOf } from './claim.ts'

/** Where reading a partition begins, and what is known of it. */
export type Located = Start & {
  place: TopicPartition
  epoch: number
  /** Committed offset; null for none. */
  committed: number | null
  /** Offset after the last record. */
  end: number
}

/**
 * Looks up where partitions are to be read from: committed offsets with their notes, bounds, and the epoch of each topic, which is renewed
 * where its offsets began anew.
 *
 * @param ids of the topics' incarnations; empty where the cluster does not tell them
 * @param lastRead offset that this process last read up to, for a partition whose commit was lost
 */
export async function locate(options: {
  kafka: KafkaPort
  db: Db
  group: string
  cluster: string
  places: readonly TopicPartition[]
  ids: ReadonlyMap<string, string>
  lastRead?: number | null
}): Promise<Located[]> {
  const { kafka, db, group, cluster, places, ids } = options
  const topics = [...new Set(places.map(({ topic }) => topic))]
  const committed = await kafka.committed(group, topics)
  const located: Located[] = []
  for (const topic of topics) {
    const offsets = await kafka.offsets(topic)
    const epoch = await topicEpoch(db, cluster, topic, ids.get(topic) ?? null)
    for (const place of places.filter((one) => one.topic === topic)) {
      const { partition } = place
      const held = committed.find((one) => one.topic === topic && one.partition === partition)
      const { low = 0, high = 0 } = offsets.find((one) => one.partition === partition) ?? {}
      const known = held?.offset ?? options.lastRead ?? null
      const metadata = held?.offset == null ? '' : held.metadata
      const start = startOf({ partition, known, metadata, low, high, epoch, identified: ids.has(topic) })
      located.push({
        ...start,
        place,
        epoch: start.renewed ? await renewEpoch(db, cluster, topic, epoch) : epoch,
        committed: known,
        end: high,
      })
    }
  }
  return located
}
