import kafkajs, { type Consumer, type EachBatchPayload, type Kafka, type KafkaMessage } from 'kafkajs'
import type { DecodedRecord } from './decode-records.ts'
import type {
  ConsumerEvents,
  ConsumerOptions,
  FetchedRecords,
  KafkaConsumer,
  KafkaRecord,
  Membership,
  TopicPartition,
} from './port.ts'

const HEARTBEATS_A_SESSION = 4
const STOP_REASON_MS = 1000

/** Ends a connection that is given up: that it fails to say goodbye changes nothing. */
export async function disconnectQuietly(connection: { disconnect(): Promise<void> }): Promise<void> {
  await connection.disconnect().catch(() => undefined)
}

/** Opens a consumer. */
export async function consume(client: Kafka, options: ConsumerOptions, events: ConsumerEvents): Promise<KafkaConsumer> {
  let generation = 0
  let membership: AbortController | undefined
  let closed = false
  let ended = false
  let lastSign = Date.now()
  // Only the payload of a batch offers a commit that is sent once, under the generation of the moment it is called: `commitOffsets` of
  // the consumer tries again after a rebalance, under a generation that no longer owns the partition, and Kafka takes that.
  let commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined

  /** Ends the membership before a new generation can begin, not when it is announced: nothing old is ever committed under it. */
  const endMembership = (): void => {
    generation++
    membership?.abort(new Error('the consumer group is rebalancing'))
    membership = undefined
  }
  const end = (error: Error): void => {
    if (closed || ended) return
    ended = true
    endMembership()
    events.onEnded(error)
  }

  const consumer = client.consumer({
    groupId: options.group,
    sessionTimeout: options.sessionMs,
    heartbeatInterval: Math.max(100, Math.floor(options.sessionMs / HEARTBEATS_A_SESSION)),
    rebalanceTimeout: Math.max(options.sessionMs, 10_000),
    maxWaitTimeInMs: options.waitMs,
    maxBytes: options.fetchBytes,
    maxBytesPerPartition: options.partitionBytes,
    minBytes: 1,
    metadataMaxAge: 30_000,
    // Restarting is decided above, where it is seen and counted.
    retry: { initialRetryTime: 200, maxRetryTime: 2000, retries: 5, restartOnFailure: () => Promise.resolve(false) },
    partitionAssigners: [
      (config) => {
        const { name, version, assign, protocol } = kafkajs.PartitionAssigners.roundRobin(config)
        const self = { name, version }
        return {
          name,
          version,
          assign: (group) => assign.call(self, group),
          // Asked for when a join begins.
          protocol(subscription) {
            endMembership()
            return protocol.call(self, subscription)
          },
        }
      },
    ],
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    lastSign = Date.now()
    if (closed) return
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    )
    membership = new AbortController()
    const joined = membershipOf(consumer, partitions, generation, membership.signal, () => commitOnce)
    for (const place of partitions) joined.pause(place)
    events.onJoined(joined)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error))
  // A consumer that crashes stops first, and says why afterwards.
  consumer.on(consumer.events.STOP, () => {
    if (!closed) setTimeout(() => end(new Error('the consumer stopped')), STOP_REASON_MS)
  })
  for (const sign of [consumer.events.FETCH, consumer.events.HEARTBEAT])
    consumer.on(sign, () => {
      lastSign = Date.now()
    })
  // A fetch that brings only transaction markers or compacted records never reaches eachBatch.
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    if (batchSize === 0 && !closed) events.onSkipped({ topic, partition }, Number(lastOffset) + 1)
  })

  const close = async (withinMs: number): Promise<void> => {
    closed = true
    endMembership()
    const patience = Promise.withResolvers<void>()
    const late = setTimeout(patience.resolve, withinMs)
    await Promise.race([disconnectQuietly(consumer), patience.promise])
    clearTimeout(late)
  }
  try {
    await consumer.connect()
    // Otherwise an offset that has expired resets to the end, and what lies between is never read.
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch(payload) {
        commitOnce = payload.commitOffsetsIfNecessary
        if (!closed && !ended) {
          const fetched = fetchedRecords(payload.batch)
          const last = payload.batch.messages.at(-1)
          if (last !== undefined && events.onRecords(fetched)) payload.resolveOffset(last.offset)
        }
        return Promise.resolve()
      },
    })
  } catch (error) {
    await close(2000)
    throw error
  }
  return { lastSignOfLife: () => lastSign, close }
}

function membershipOf(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  generation: number,
  signal: AbortSignal,
  commitOnce: () => EachBatchPayload['commitOffsetsIfNecessary'] | undefined,
): Membership {
  const whileMember = (act: () => void): void => {
    if (!signal.aborted) act()
  }
  const one = ({ topic, partition }: TopicPartition) => [{ topic, partitions: [partition] }]
  return {
    generation,
    partitions,
    signal,
    async commit({ topic, partition }, offset, metadata) {
      signal.throwIfAborted()
      const commit = commitOnce()
      if (commit === undefined) throw new Error('nothing can be committed before the first fetch')
      // The types of kafkajs leave out that an offset takes metadata.
      const one: Commit = { partition, offset: String(offset), metadata }
      await commit({ topics: [{ topic, partitions: [one] }] })
      signal.throwIfAborted()
    },
    seek: ({ topic, partition }, offset) => whileMember(() => consumer.seek({ topic, partition, offset: String(offset) })),
    pause: (place) => whileMember(() => consumer.pause(one(place))),
    resume: (place) => whileMember(() => consumer.resume(one(place))),
  }
}

type Commit = { partition: number; offset: string; metadata: string }

type Batch = EachBatchPayload['batch'] & { fetchedOffset: string }

function fetchedRecords(batch: EachBatchPayload['batch']): FetchedRecords {
  const records = batch.messages.map(recordOf)
  let bytes = 0
  for (const { key, value, headers } of records) {
    bytes += 64 + (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
    for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  }
  return {
    topic: batch.topic,
    partition: batch.partition,
    from: Number((batch as Batch).fetchedOffset),
    records,
    next: Number(batch.lastOffset()) + 1,
    end: Number(batch.highWatermark),
    bytes,
  }
}

function recordOf(message: KafkaMessage): KafkaRecord {
  const { unreadable } = message as Pick<DecodedRecord, 'unreadable'>
  return {
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? {} : headersOf(message.headers),
    timestamp: Number(message.timestamp),
    ...(unreadable === undefined ? {} : { unreadable }),
  }
}

/** Headers as text; of a name that comes several times the last one counts. */
function headersOf(headers: NonNullable<KafkaMessage['headers']>): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const given = headers[name]
    const last = Array.isArray(given) ? given.at(-1) : given
    if (last != null) texts[name] = typeof last === 'string' ? last : last.toString('utf8')
  }
  return texts
}
