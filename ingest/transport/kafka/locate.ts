import { keptVersions } from '../../../platform/kafka/claim-versions.ts'
import { renewEpoch, topicEpoch } from '../../../platform/kafka/epochs.ts'
import type { KafkaPort, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Log } from '../../../platform/log.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import { type Claim, readNote, readVersions, type Start, startOf } from './claim.ts'

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
  log: Log
  group: string
  cluster: string
  places: readonly TopicPartition[]
  ids: ReadonlyMap<string, string>
  lastRead?: number | null
}): Promise<Located[]> {
  const { kafka, db, log, group, cluster, places, ids } = options
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
        claim: start.claim === null ? null : await withVersions({ db, log, cluster, place, metadata, claim: start.claim }),
        place,
        epoch: start.renewed ? await renewEpoch(db, cluster, topic, epoch) : epoch,
        committed: known,
        end: high,
      })
    }
  }
  return located
}

/** The claim with its versions where they are kept elsewhere. */
async function withVersions(options: {
  db: Db
  log: Log
  cluster: string
  place: TopicPartition
  metadata: string
  claim: Claim
}): Promise<Claim> {
  const { db, log, cluster, place, metadata, claim } = options
  const id = readNote(metadata)?.versionsId
  if (id === undefined) return claim
  const listed = await keptVersions(db, cluster, place, id)
  if (listed !== null) return { ...claim, versions: readVersions(listed) }
  log.error({ ...place, first: claim.first, last: claim.last }, 'the versions of a claimed range are gone; the newest are taken')
  return claim
}

/** Whether one of the topics was made again. */
export function isRenewed(
  topics: readonly string[],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): boolean {
  return topics.some((topic) => before.has(topic) && after.has(topic) && before.get(topic) !== after.get(topic))
}
