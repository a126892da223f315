import kafkajs, { type Admin, type Producer } from 'kafkajs'
import type { Log } from '../log.ts'
import { consume, disconnectQuietly } from './kafkajs-consumer.ts'
import type { KafkaPort, KafkaProducer } from './port.ts'
import { prepareKafkajs } from './prepare-kafkajs.ts'
import { isTooLarge } from './too-large.ts'
import { NoTopicIds, topicIds } from './topic-ids.ts'

const TOPIC_IDS_MS = 5000
/** Names of Kafka's own topics begin so. */
const INTERNAL = '__'

/**
 * A Kafka client on kafkajs 2.2.4, which is unmaintained, with a guard for each of its known defects (see the comments). Nothing is
 * connected until it is used.
 *
 * @param brokers `host:port`
 */
export function createKafka(options: { brokers: readonly string[]; clientId: string; log: Log }): KafkaPort {
  prepareKafkajs()
  const client = new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    // Little patience here: those who call try again, and know for how long it makes sense.
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 2 },
    logLevel: kafkajs.logLevel.WARN,
    // Every failure comes back as an error to someone who decides what it means; these lines are for those who look closer.
    logCreator: () => (entry) => options.log.debug({ kafka: entry.namespace }, entry.log.message),
  })
  let admin: Promise<Admin> | undefined

  /**
   * One administrative connection for all. What fails on one that has been used is tried once on a new one: kafkajs asks for all topics
   * that a connection ever saw, and fails for one that is gone.
   */
  const withAdmin = async <T>(task: (admin: Admin) => Promise<T>): Promise<T> => {
    const used = admin !== undefined
    const opening = (admin ??= openAdmin(client))
    try {
      return await task(await opening)
    } catch (error) {
      if (admin === opening) admin = undefined
      await opening.then(disconnectQuietly, () => undefined)
      if (used) return withAdmin(task)
      throw error
    }
  }

  return {
    brokers: options.brokers,
    clusterId: () => withAdmin(async (admin) => (await admin.describeCluster()).clusterId),
    topics: () => withAdmin(async (admin) => (await admin.listTopics()).filter((name) => !name.startsWith(INTERNAL)).toSorted()),
    async topicIds() {
      let failure: unknown
      let isOld = false
      for (const broker of options.brokers) {
        try {
          return await topicIds(broker, TOPIC_IDS_MS)
        } catch (error) {
          failure = error
          isOld ||= error instanceof NoTopicIds
        }
      }
      // Of brokers that are only away it is not known what they would have said: without ids a topic that was made again looks like the old.
      if (!isOld) throw failure
      options.log.debug(
        { err: failure },
        'no broker tells the ids of its topics: a topic that was made again is known by its offsets',
      )
      return new Map()
    },
    createTopic: ({ name, partitions, config }) =>
      withAdmin(async (admin) => {
        const { brokers } = await admin.describeCluster()
        const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
        await admin.createTopics({
          topics: [{ topic: name, numPartitions: partitions, replicationFactor: Math.min(3, brokers.length), configEntries }],
          waitForLeaders: true,
        })
      }),
    partitions: (topic) =>
      withAdmin(async (admin) => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length ?? 0),
    committed: (group, topics) =>
      withAdmin(async (admin) => {
        const answers = await admin.fetchOffsets({ groupId: group, topics: [...topics] })
        return answers.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset, metadata }) => ({
            topic,
            partition,
            offset: Number(offset) < 0 ? null : Number(offset),
            metadata: metadata ?? '',
          })),
        )
      }),
    offsets: (topic) =>
      withAdmin(async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic)
        return offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      }),
    consume: (consumer, events) => consume(client, consumer, events),
    producer: ({ timeoutMs }) => openProducer(client, timeoutMs),
    async close() {
      await admin?.then(disconnectQuietly, () => undefined)
      admin = undefined
    },
  }
}

async function openAdmin(client: kafkajs.Kafka): Promise<Admin> {
  const admin = client.admin()
  await admin.connect()
  return admin
}

async function openProducer(client: kafkajs.Kafka, timeoutMs: number): Promise<KafkaProducer> {
  const open = async (): Promise<Producer> => {
    // Not idempotent: kafkajs calls its own implementation experimental, it allows one request under way only, and a record that is
    // sent twice has one identity here anyway.
    const producer = client.producer({
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 },
    })
    await producer.connect()
    return producer
  }
  let current: Promise<Producer> | undefined = open()
  await current
  return {
    async send(topic, partition, records) {
      const opening = (current ??= open())
      const messages = records.map((record) => (partition === null ? record : { ...record, partition }))
      try {
        await (await opening).send({ topic, acks: -1, timeout: timeoutMs, messages })
      } catch (error) {
        // The connection is sound, and others send on it.
        if (isTooLarge(error)) throw error
        // kafkajs asks for all topics that it ever sent to, and fails for one that is gone.
        if (current === opening) current = undefined
        await opening.then(disconnectQuietly, () => undefined)
        throw error
      }
    },
    async close() {
      await current?.then(disconnectQuietly, () => undefined)
    },
  }
}
