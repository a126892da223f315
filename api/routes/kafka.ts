import { type Instant, instantToIso } from '../../model/instant.ts'
import { type KafkaReport, kafkaReports } from '../../platform/kafka-state.ts'
import { KafkaState } from '../contract/kafka.ts'
import { type Route, route } from '../route.ts'

/** A consumer that has said nothing for so long is gone. */
const WITHIN_S = 30

/** Records that wait for so long without one being stored wait for something. */
const WAITING_US = 15_000_000

type Partition = KafkaReport['partitions'][number] & { waiting: string | null }

export const kafkaRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/kafka',
    tag: 'Data',
    summary: 'Lag of the consumers of Kafka, by partition; answered while the event store is away',
    response: KafkaState,
    handle: async ({ tenant, access, services }): Promise<KafkaState> => {
      const reports = await kafkaReports(services.stores.postgres.db, { now: services.now(), withinS: WITHIN_S })
      const whole = access.tenantIds === null
      const isShown = (partition: Pick<Partition, 'tenant'>): boolean =>
        partition.tenant === tenant || (whole && partition.tenant === '')
      const partitions = latest(reports).filter(isShown)
      const topics = new Set(partitions.map(({ topic }) => topic))
      return {
        configured: reports.length > 0,
        connected: reports.some(({ connected }) => connected),
        error: whole ? (reports.find(({ error }) => error !== null)?.error ?? null) : null,
        as_of: reports.length === 0 ? null : instantToIso(Math.max(...reports.map(({ as_of }) => as_of))),
        rebalances: reports.reduce((sum, { rebalances }) => sum + rebalances, 0),
        restarts: reports.reduce((sum, { restarts }) => sum + restarts, 0),
        partitions: partitions.map((one) => ({
          feed: one.feed,
          topic: one.topic,
          partition: one.partition,
          committed: one.committed,
          end: one.end,
          lag: one.lag,
          state: stateOf(one, services.now()),
          last_progress_at: one.last_progress_at === 0 ? null : instantToIso(one.last_progress_at),
          // Why belongs to those who run the installation.
          error: whole ? (one.error ?? (one.lag > 0 ? one.waiting : null)) : null,
        })),
        gaps: reports
          .flatMap(({ gaps }) => gaps)
          .filter(({ topic }) => topics.has(topic))
          .map(({ topic, partition, from, to, reason, at }) => ({ topic, partition, from, to, reason, at })),
      }
    },
  }),
]

function stateOf(one: Partition, now: Instant): KafkaState['partitions'][number]['state'] {
  if (one.paused) return 'paused'
  if (one.replaying) return 'replaying'
  return one.error !== null || (one.lag > 0 && (one.waiting !== null || now - one.last_progress_at > WAITING_US))
    ? 'waiting'
    : 'reading'
}

/** Each partition once: after a rebalance its former reader may still speak of it. */
function latest(reports: readonly KafkaReport[]): Partition[] {
  const byPlace = new Map<string, Partition>()
  for (const report of reports.toSorted((a, b) => a.as_of - b.as_of)) {
    const waiting = report.waiting_since === null ? null : (report.waiting_for ?? 'the store does not take events')
    for (const one of report.partitions) byPlace.set(`${one.topic}\n${one.partition}`, { ...one, waiting })
  }
  return [...byPlace.values()]
}
