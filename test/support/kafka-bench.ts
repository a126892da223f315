import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { createJudge, type Judge } from '../../ingest/judge.ts'
import { createMappings } from '../../ingest/payload/catalogue.ts'
import type { TopicBinding } from '../../ingest/transport/kafka/bindings.ts'
import { type KafkaIngest, startKafka } from '../../ingest/transport/kafka/consumer.ts'
import type { KafkaLimits } from '../../ingest/transport/kafka/limits.ts'
import type { RangeWriter } from '../../ingest/transport/kafka/partition.ts'
import { createEventWriter, type EventWriter } from '../../ingest/write.ts'
import { createKafka } from '../../platform/kafka/kafkajs.ts'
import type { KafkaPort, KafkaProducer } from '../../platform/kafka/port.ts'
import { type Log, openLog } from '../../platform/log.ts'
import { sharedBroker, type TestBroker } from './kafka.ts'
import { sharedStores, type TestStores } from './stores.ts'

/** A broker, stores and what it takes to consume from one into the other. */
export type KafkaBench = {
  broker: TestBroker
  stores: TestStores
  kafka: KafkaPort
  writer: EventWriter
  judge: Judge
  log: Log
  now(): number
  /** A topic that nobody else has. */
  topic(partitions?: number, name?: string): Promise<string>
  /** Sends values to one partition. */
  send(
    topic: string,
    partition: number,
    values: readonly (string | Buffer | null)[],
    headers?: Record<string, string>,
  ): Promise<void>
  producer: KafkaProducer
  /** Starts a consumer of a group that nobody else has, unless one is given. It is stopped in the end if the test does not. */
  start(options: {
    bindings: readonly TopicBinding[] | (() => TopicBinding[])
    group?: string
    limits?: Partial<KafkaLimits>
    kafka?: KafkaPort
    writer?: RangeWriter
    judge?: Judge
    registry?: Registry
  }): KafkaIngest
  /** Rows of a query, as the writer, who sees every tenant. */
  rows<T>(query: string): Promise<T[]>
  close(): Promise<void>
}

/** Quick enough for tests: a lost member is replaced after three seconds. */
const QUICK: Partial<KafkaLimits> = { sessionMs: 3000, pollMs: 250, fetchWaitMs: 100, lingerMs: 50, settleMs: 100 }

export async function kafkaBench(): Promise<KafkaBench> {
  const [broker, stores] = await Promise.all([sharedBroker(), sharedStores()])
  const log = openLog({ level: 'fatal', human: true })
  const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000)
  const kafka = createKafka({ brokers: broker.brokers, clientId: 'sightline-test', log })
  const producer = await kafka.producer({ timeoutMs: 10_000 })
  const writer = createEventWriter({ clickhouse: stores.stores.clickhouse.writer, now })
  const judge = createJudge({ mappings: createMappings(stores.stores.postgres.db) })
  const started: KafkaIngest[] = []
  return {
    broker,
    stores,
    kafka,
    writer,
    judge,
    log,
    now,
    producer,
    async topic(partitions = 1, name = `t-${randomBytes(5).toString('hex')}`) {
      await kafka.createTopic({ name, partitions, config: {} })
      return name
    },
    async send(topic, partition, values, headers = {}) {
      const records = values.map((value) => ({
        key: null,
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers,
      }))
      for (let at = 0; at < records.length; at += 1000) {
        const part = records.slice(at, at + 1000)
        // The client fails once after a topic that it knows was deleted.
        await producer.send(topic, partition, part).catch(() => producer.send(topic, partition, part))
      }
    },
    start(options) {
      const { bindings } = options
      const run = startKafka({
        kafka: options.kafka ?? kafka,
        db: stores.stores.postgres.db,
        bindings: () => Promise.resolve(typeof bindings === 'function' ? bindings() : [...bindings]),
        judge: options.judge ?? judge,
        writer: options.writer ?? writer,
        now,
        log,
        registry: options.registry ?? new Registry(),
        group: options.group ?? `g-${randomBytes(5).toString('hex')}`,
        limits: { ...QUICK, ...options.limits },
      })
      started.push(run)
      return run
    },
    async rows<T>(query: string) {
      const result = await stores.stores.clickhouse.writer.query({ query, format: 'JSONEachRow' })
      return result.json<T>()
    },
    async close() {
      await Promise.all(started.map((run) => run.stop()))
      await producer.close()
      await kafka.close()
      await broker.stop()
      await stores.close()
    },
  }
}

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await sleep(25)
  }
}
