import { type Instant, instantToIso } from '../../../model/instant.ts'
import { recordGap } from '../../../platform/kafka/epochs.ts'
import type { Log } from '../../../platform/log.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import type { KafkaMetrics } from './metrics.ts'
import type { Range, Unowned } from './read-range.ts'

/**
 * Tells those who run the installation of records that can be nobody's dead letters: in the log, in the measures, and beside the gaps of
 * the topic, where they stay. The records lie in Kafka under these offsets until they expire.
 */
export async function reportUnowned(
  { db, log, metrics }: { db: Db; log: Log; metrics: KafkaMetrics },
  { cluster, topic, epoch, partition }: Range,
  at: Instant,
  unowned: readonly Unowned[],
): Promise<void> {
  for (const { reason, detail, first, last, records } of unowned) {
    await recordGap(db, cluster, topic, { epoch, partition, from: first, to: last + 1, reason, at: instantToIso(at) })
    metrics.unowned.inc({ topic, partition: String(partition) }, records)
    log.error(
      { cluster, topic, epoch, partition, first, last, records, reason, detail },
      'records of the own topic belong to nobody; they were left out',
    )
  }
}
