import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { createJudge, type Judge } from '../../ingest/judge.ts'
import { createMappings } from '../../ingest/payload/catalogue.ts'
import { sourceBinding, type TopicBinding } from '../../ingest/transport/kafka/bindings.ts'
import { type KafkaIngest, startKafka } from '../../ingest/transport/kafka/consumer.ts'
import type { KafkaLimits } from '../../ingest/transport/kafka/limits.ts'
import type { RangeWriter } from '../../ingest/transport/kafka/partition.ts'
import { createEventWriter, type EventWriter } from '../../ingest/write.ts'
import { createKafka } from '../../platform/kafka/kafkajs.ts'
import type { KafkaPort, KafkaProducer } from '../../platform/kafka/port.ts'
import { type Log, openLog } from '../../platform/log.ts'
import { kafkaSource } from './kafka-source.ts'
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
  /** Distinct events, and the rows that their objects have in the timelines as they lie, copies among them: one each here. */
  stored(tenant: string): Promise<{ rows: number; events: number }>
  letters(tenant: string): Promise<{ code: string; coordinates: string; raw: string; feed: string }[]>
  batches(tenant: string): Promise<{ token: string; received: number; inserted: number; rejected: number; ignored: number }[]>
  close(): Promise<void>
}

let ids = 0

/** A CloudEvent that nobody else has sent, about an invoice of its own. */
export function event(id = `e-${++ids}`, more: object = {}): object {
  return {
    specversion: '1.0',
    id,
    source: '/erp',
    type: 'invoice.received',
    time: '2026-11-01T10:00:00Z',
    data: { objects: [{ type: 'invoice', id: `INV-${id}` }] },
    ...more,
  }
}

/** So many of them, as texts. */
export function events(count: number): string[] {
  return Array.from({ length: count }, () => JSON.stringify(event()))
}

/** A consumer group that nobody else is in. */
export function freshGroup(): string {
  return `g-${randomBytes(5).toString('hex')}`
}

/** The binding of a source of a tenant. */
export function bound(tenant: string, topics: string, more: Partial<Parameters<typeof kafkaSource>[0]> = {}): TopicBinding {
  const binding = sourceBinding(kafkaSource({ tenant, id: 'erp', topics, ...more }))
  if (binding === null) throw new Error(`the source for ${topics} binds nothing`)
  return binding
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
  const judge = createJudge({ mappings: createMappings(stores.stores.postgres.db), log })
  const started: KafkaIngest[] = []
  const rows = async <T>(query: string): Promise<T[]> => {
    const result = await stores.stores.clickhouse.writer.query({ query, format: 'JSONEachRow' })
    return result.json<T>()
  }
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
        group: options.group ?? freshGroup(),
        limits: { ...QUICK, ...options.limits },
      })
      started.push(run)
      return run
    },
    rows,
    async stored(tenant) {
      const [found] = await rows<{ rows: number; events: number }>(
        `SELECT toUInt32(uniqExact(event_id)) AS events,
          (SELECT toUInt32(count()) FROM sightline.object_events WHERE tenant_id = '${tenant}') AS rows
        FROM sightline.events WHERE tenant_id = '${tenant}'`,
      )
      return found ?? { rows: 0, events: 0 }
    },
    letters: (tenant) =>
      rows(
        `SELECT code, coordinates, base64Decode(raw) AS raw, feed FROM sightline.dead_letters FINAL WHERE tenant_id = '${tenant}'`,
      ),
    batches: (tenant) =>
      rows(`SELECT token, received, inserted, rejected, ignored FROM sightline.ingest_batches FINAL
        WHERE tenant_id = '${tenant}' ORDER BY token`),
    async close() {
      await Promise.all(started.map((run) => run.stop()))
      await producer.close()
      await kafka.close()
      await broker.stop()
      await stores.close()
    },
  }
}

/** Waits until so many records are committed. */
export function read(run: KafkaIngest, count: number): Promise<void> {
  const committed = () => run.state().partitions.reduce((sum, partition) => sum + (partition.committed ?? 0), 0)
  return until(`${count} records committed`, () => committed() >= count)
}

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await sleep(25)
  }
}
