import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { Registry } from 'prom-client'
import { sourceBinding, type TopicBinding } from '../ingest/transport/kafka/bindings.ts'
import { claimNote, readNote } from '../ingest/transport/kafka/claim.ts'
import { createFront, FRONT_LIMITS, FRONT_TOPIC, frontBinding } from '../ingest/transport/kafka/front.ts'
import type { KafkaIngest } from '../ingest/transport/kafka/consumer.ts'
import type { RangeWriter } from '../ingest/transport/kafka/partition.ts'
import { createKafka } from '../platform/kafka/kafkajs.ts'
import type { KafkaPort, Membership } from '../platform/kafka/port.ts'
import { SightlineError } from '../platform/errors.ts'
import { kafkaBench, until } from './support/kafka-bench.ts'
import { kafkaSource } from './support/kafka-source.ts'

const bench = await kafkaBench()
after(() => bench.close())

let ids = 0
const event = (id = `e-${++ids}`, more: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type: 'invoice.received',
  time: '2026-11-01T10:00:00Z',
  data: { objects: [{ type: 'invoice', id: `INV-${id}` }] },
  ...more,
})
const events = (count: number) => Array.from({ length: count }, () => JSON.stringify(event()))
const group = () => `g-${randomBytes(5).toString('hex')}`

function bound(
  tenant: string,
  topics: string,
  more: { id?: string; config?: Record<string, unknown>; format?: string } = {},
): TopicBinding {
  const binding = sourceBinding(kafkaSource({ tenant, id: more.id ?? 'erp', topics, ...more }))
  assert.ok(binding !== null)
  return binding
}

/** Distinct events, and the rows that their objects have in the timelines as they lie, copies among them: one each here. */
async function stored(tenant: string): Promise<{ rows: number; events: number }> {
  const [found] = await bench.rows<{ rows: number; events: number }>(
    `SELECT toUInt32(uniqExact(event_id)) AS events, (SELECT toUInt32(count()) FROM sightline.object_events WHERE tenant_id = '${tenant}') AS rows
     FROM sightline.events WHERE tenant_id = '${tenant}'`,
  )
  return found ?? { rows: 0, events: 0 }
}

type Letter = { code: string; coordinates: string; raw: string; feed: string }
const letters = (tenant: string) =>
  bench.rows<Letter>(
    `SELECT code, coordinates, base64Decode(raw) AS raw, feed FROM sightline.dead_letters FINAL WHERE tenant_id = '${tenant}'`,
  )

type Batch = { token: string; received: number; inserted: number; rejected: number; ignored: number }
const batches = (tenant: string) =>
  bench.rows<Batch>(
    `SELECT token, received, inserted, rejected, ignored FROM sightline.ingest_batches FINAL WHERE tenant_id = '${tenant}' ORDER BY token`,
  )

const committed = (run: KafkaIngest) => run.state().partitions.reduce((sum, partition) => sum + (partition.committed ?? 0), 0)
const read = (run: KafkaIngest, count: number) => until(`${count} records committed`, () => committed(run) >= count)

suite('what lies in a topic', () => {
  test('is read once, whatever it was packed with', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic(2)
    const client = new kafkajs.Kafka({ brokers: bench.broker.brokers, logLevel: kafkajs.logLevel.NOTHING })
    const producer = client.producer()
    await producer.connect()
    const { CompressionTypes } = kafkajs
    for (const compression of [
      CompressionTypes.None,
      CompressionTypes.GZIP,
      CompressionTypes.Snappy,
      CompressionTypes.LZ4,
      CompressionTypes.ZSTD,
    ])
      await producer.send({
        topic,
        compression,
        acks: -1,
        messages: events(50).map((value, index) => ({ value, partition: index % 2 })),
      })
    await producer.disconnect()
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await read(run, 250)
    assert.deepEqual(await stored(tenant), { rows: 250, events: 250 })
    assert.deepEqual(await letters(tenant), [])
    await run.stop()
  })

  test('moves the offset behind what it stored, and notes no claim once nothing is under way', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const name = group()
    const run = bench.start({ bindings: [bound(tenant, topic)], group: name })
    await bench.send(topic, 0, events(10))
    await read(run, 10)
    await bench.send(topic, 0, events(5))
    await read(run, 15)
    await run.stop()
    const [found] = await bench.kafka.committed(name, [topic])
    assert.deepEqual([found?.offset, readNote(found?.metadata ?? '')], [15, { epoch: 0, claim: null }])
    const brought = await batches(tenant)
    assert.equal(
      brought.reduce((sum, { inserted }) => sum + inserted, 0),
      15,
    )
    const cluster = await bench.kafka.clusterId()
    assert.match(brought[0]?.token ?? '', new RegExp(String.raw`^v1\|${cluster}\|${topic}\|0\|0\|0-\d+$`, 'u'))
  })

  test('of a batch that cannot be unpacked becomes dead letters, and what follows is read', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const client = new kafkajs.Kafka({ brokers: bench.broker.brokers, logLevel: kafkajs.logLevel.NOTHING })
    const producer = client.producer()
    await producer.connect()
    // 130 MiB of zeros pack into kilobytes: the broker takes them.
    const bomb = [{ value: Buffer.alloc(130 * 1024 * 1024) }, { value: 'beside it' }]
    await producer.send({ topic, compression: kafkajs.CompressionTypes.ZSTD, acks: -1, messages: bomb })
    await producer.disconnect()
    await bench.send(topic, 0, events(3))
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await read(run, 5)
    assert.deepEqual((await stored(tenant)).events, 3)
    const found = await letters(tenant)
    assert.deepEqual(
      found.map(({ code, coordinates }) => `${code} at ${(JSON.parse(coordinates) as { offset: string }).offset}`).toSorted(),
      ['batch_unreadable at 0', 'batch_unreadable at 1'],
    )
    await run.stop()
  })

  test('with garbage among it: every bad record is a dead letter with its coordinates, and none blocks the partition', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const poison: (string | Buffer)[] = [
      'null',
      '42',
      '"text"',
      '{',
      '{"specversion":"1.0"}',
      'x\u0000\u0001\u0002',
      Buffer.from([0xff, 0xfe, 0xfd]),
      Buffer.from([0xc3, 0x28]),
      JSON.stringify(event('no-time', { time: 'yesterday' })),
      JSON.stringify(event('no-object', { data: {} })),
      JSON.stringify({ ...event('x'), type: '' }),
      JSON.stringify(event('future', { time: '2199-01-01T00:00:00Z' })),
      JSON.stringify(event('old', { specversion: '0.3' })),
      `{"a":1,"a":2,${JSON.stringify(event('twice')).slice(1)}`,
      '['.repeat(100),
      JSON.stringify(event('large', { data: { objects: [{ type: 'invoice', id: 'x' }], blob: 'x'.repeat(300_000) } })),
      '<invoice/>',
      '{"__proto__":{"x":1}}',
      '[]x',
      JSON.stringify('['.repeat(9)),
    ]
    const good = events(200)
    const mixed: (string | Buffer | null)[] = good.flatMap((value, index) =>
      index % 10 === 0 ? [poison[index / 10] ?? null, value] : [value],
    )
    mixed.push(null)
    await bench.send(topic, 0, mixed)
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await read(run, 221)
    assert.deepEqual(await stored(tenant), { rows: 200, events: 200 })
    const found = await letters(tenant)
    const offsets = found
      .map(({ coordinates }) => Number((JSON.parse(coordinates) as { offset: string }).offset))
      .toSorted((a, b) => a - b)
    assert.deepEqual(
      offsets,
      poison.map((_, index) => index * 11),
    )
    const brought = await batches(tenant)
    const sumOf = (of: 'received' | 'ignored') => brought.reduce((sum, batch) => sum + batch[of], 0)
    assert.deepEqual([sumOf('received'), sumOf('ignored')], [221, 1])
    await run.stop()
  })

  test('several events in one record have places and identities of their own', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const several = Array.from({ length: 4 }, () => event())
    await bench.send(topic, 0, [JSON.stringify(several), JSON.stringify(event()), JSON.stringify([event(), { broken: true }])])
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await read(run, 3)
    assert.deepEqual(await stored(tenant), { rows: 6, events: 6 })
    const places = await bench.rows<{ ordinal: number }>(
      `SELECT ordinal FROM sightline.events WHERE tenant_id = '${tenant}' ORDER BY batch_id, ordinal`,
    )
    assert.equal(new Set(places.map(({ ordinal }) => ordinal)).size, 6)
    assert.deepEqual(
      (await letters(tenant)).map(({ coordinates }) => (JSON.parse(coordinates) as { offset: string }).offset),
      ['2#1'],
    )
    await run.stop()
  })
})

suite('whose a record is', () => {
  test('says a trusted producer by key or header, among the tenants it may name', async () => {
    const [owner, one, two] = [
      await bench.stores.freshTenant(),
      await bench.stores.freshTenant(),
      await bench.stores.freshTenant(),
    ]
    const [byHeader, byKey] = [await bench.topic(), await bench.topic()]
    for (const [tenant, values] of [
      [one, events(3)],
      [two, events(2)],
      ['stranger', events(1)],
    ] as const) {
      await bench.send(byHeader, 0, values, { 'X-Tenant': tenant })
      await bench.producer.send(byKey, 0, [
        { key: Buffer.from(tenant), value: Buffer.from(JSON.stringify(event())), headers: {} },
      ])
    }
    await bench.send(byHeader, 0, events(1))
    const config = { allowed_tenants: [one, two] }
    const run = bench.start({
      bindings: [
        bound(owner, byHeader, { id: 'by-header', config: { ...config, tenant_from: 'header:x-tenant' } }),
        bound(owner, byKey, { id: 'by-key', config: { ...config, tenant_from: 'key' } }),
      ],
    })
    await read(run, 10)
    assert.deepEqual([(await stored(one)).events, (await stored(two)).events, (await stored(owner)).events], [4, 3, 0])
    const found = await letters(owner)
    assert.deepEqual(found.map(({ code, feed }) => `${feed} ${code}`).toSorted(), [
      'by-header tenant_unknown',
      'by-header tenant_unknown',
      'by-key tenant_unknown',
    ])
    await run.stop()
  })

  test('topics that come to match a pattern are read without a restart of the process', async () => {
    const tenant = await bench.stores.freshTenant()
    const prefix = `erp-${randomBytes(4).toString('hex')}`
    await bench.topic(1, `${prefix}.orders`)
    await bench.topic(1, `other-${prefix}`)
    await bench.send(`${prefix}.orders`, 0, events(2))
    await bench.send(`other-${prefix}`, 0, events(2))
    const run = bench.start({ bindings: [bound(tenant, `/${prefix}\\..+/`)] })
    await read(run, 2)
    await bench.topic(1, `${prefix}.invoices`)
    await bench.send(`${prefix}.invoices`, 0, events(3))
    await read(run, 5)
    assert.deepEqual(await stored(tenant), { rows: 5, events: 5 })
    assert.deepEqual(
      run.state().partitions.map(({ topic }) => topic),
      [`${prefix}.invoices`, `${prefix}.orders`],
    )
    await run.stop()
  })

  test('a topic that is made again is another one: read from its beginning, under a new epoch, and what was missed is named', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await bench.send(topic, 0, events(20))
    await read(run, 20)
    const admin = new kafkajs.Kafka({ brokers: bench.broker.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    // The client asks for what it deleted, and says that it is not there.
    await admin.deleteTopics({ topics: [topic] }).catch(() => undefined)
    await until('the topic is gone', async () => !(await bench.kafka.topics()).includes(topic))
    await bench.topic(1, topic)
    await admin.disconnect()
    await bench.send(topic, 0, events(30))
    await until('the new topic is read', async () => (await stored(tenant)).events === 50)
    await until('it is committed', () => run.state().partitions.some(({ epoch, committed: at }) => epoch === 1 && at === 30))
    assert.equal(
      (await batches(tenant))
        .filter(({ token }) => token.includes(`|${topic}|1|0|`))
        .reduce((sum, { inserted }) => sum + inserted, 0),
      30,
    )
    await run.stop()
  })

  test('records that were deleted before they were read are a gap with a name', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const name = group()
    const first = bench.start({ bindings: [bound(tenant, topic)], group: name })
    await bench.send(topic, 0, events(5))
    await read(first, 5)
    await first.stop()
    await bench.send(topic, 0, events(10))
    const admin = new kafkajs.Kafka({ brokers: bench.broker.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '9' }] })
    await admin.disconnect()
    const second = bench.start({ bindings: [bound(tenant, topic)], group: name })
    await read(second, 15)
    assert.deepEqual((await stored(tenant)).events, 11)
    const gap = second.state().gaps.find((one) => one.topic === topic)
    assert.deepEqual([gap?.from, gap?.to, gap?.reason], [5, 9, 'expired'])
    await second.stop()
  })
})

/** Where a consumer is cut off, as a kill would. */
type Cut = 'before the claim' | 'after the claim' | 'after the insert' | 'before the next claim'

/** A port and a writer that stop answering at a point: what was done there is done, and nothing after it ever is. */
function cutAt(cut: Cut): { kafka: KafkaPort; writer: RangeWriter; reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  const never = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      resolve()
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  const wrapped = (membership: Membership): Membership => ({
    ...membership,
    async commit(place, offset, metadata) {
      if (cut === 'before the claim') return never(membership.signal)
      if (cut === 'before the next claim' && offset > 0) return never(membership.signal)
      await membership.commit(place, offset, metadata)
    },
  })
  return {
    reached,
    kafka: {
      ...bench.kafka,
      consume: (options, told) =>
        bench.kafka.consume(options, { ...told, onJoined: (membership) => told.onJoined(wrapped(membership)) }),
    },
    writer: {
      arrival: bench.writer.arrival,
      async writeRange(range, signal) {
        if (cut === 'after the claim') return never(signal)
        await bench.writer.writeRange(range, signal)
        if (cut === 'after the insert') return never(signal)
      },
    },
  }
}

suite('a consumer that ends', () => {
  for (const cut of ['before the claim', 'after the claim', 'after the insert', 'before the next claim'] as const)
    test(`${cut} leaves nothing out and nothing twice`, async () => {
      const tenant = await bench.stores.freshTenant()
      const topic = await bench.topic()
      const name = group()
      await bench.send(topic, 0, events(300))
      const { reached, ...parts } = cutAt(cut)
      const limits = { rangeRecords: 100, drainMs: 0 }
      const doomed = bench.start({ bindings: [bound(tenant, topic)], group: name, limits, ...parts })
      await reached
      const inserted = (await stored(tenant)).rows
      await doomed.stop()
      const [left] = await bench.kafka.committed(name, [topic])
      const claim = readNote(left?.metadata ?? '')?.claim ?? null
      assert.equal(claim === null, cut === 'before the claim')
      assert.equal(inserted, cut === 'after the insert' || cut === 'before the next claim' ? 100 : 0)
      const registry = new Registry()
      const heir = bench.start({ bindings: [bound(tenant, topic)], group: name, limits: { rangeRecords: 170 }, registry })
      await read(heir, 300)
      // Rows as they lie, without merging copies: the first layer alone holds.
      assert.deepEqual(await stored(tenant), { rows: 300, events: 300 })
      const brought = await batches(tenant)
      assert.equal(
        brought.reduce((sum, one) => sum + one.inserted, 0),
        300,
      )
      const replays = (await registry.getSingleMetric('sightline_kafka_replays_total')?.get())?.values[0]?.value ?? 0
      assert.equal(replays, claim === null ? 0 : 1)
      if (claim !== null) {
        assert.deepEqual([claim.first, claim.last], [0, 99])
        const arrivals = await bench.rows<{ at: string }>(
          `SELECT toString(toUnixTimestamp64Micro(min(received_at))) AS at FROM sightline.events WHERE tenant_id = '${tenant}'`,
        )
        assert.equal(arrivals[0]?.at, String(claim.at))
      }
      await heir.stop()
    })

  test('while others go on: partitions change hands and every event is stored once', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic(4)
    const name = group()
    const limits = { rangeRecords: 50, drainMs: 0 }
    const first = bench.start({ bindings: [bound(tenant, topic)], group: name, limits })
    await until('the first has all partitions', () => first.state().partitions.length === 4)
    let sent = 0
    const produce = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await bench.send(topic, round % 4, events(60))
        sent += 60
        await sleep(10)
      }
    }
    await produce(12)
    const kafka = createKafka({ brokers: bench.broker.brokers, clientId: 'second', log: bench.log })
    const second = bench.start({ bindings: [bound(tenant, topic)], group: name, limits, kafka })
    await Promise.all([
      produce(24),
      until('both have partitions', () => second.state().partitions.length === 2 && first.state().partitions.length === 2),
    ])
    await Promise.all([first.stop(), produce(12)])
    await until('the second has all partitions', () => second.state().partitions.length === 4)
    await read(second, sent)
    assert.deepEqual(await stored(tenant), { rows: sent, events: sent })
    assert.equal(
      (await batches(tenant)).reduce((sum, { inserted }) => sum + inserted, 0),
      sent,
    )
    await second.stop()
    await kafka.close()
  })

  test('and comes back from the dead: what it then commits is refused', async () => {
    const topic = await bench.topic()
    await bench.send(topic, 0, events(10))
    const name = group()
    const options = { group: name, topics: [topic], sessionMs: 3000, waitMs: 100, fetchBytes: 1e6, partitionBytes: 1e6 }
    const quiet = { onRecords: () => false, onSkipped: () => undefined, onEnded: () => undefined }
    const memberships: Membership[] = []
    const fetched = Promise.withResolvers<void>()
    const zombie = await bench.kafka.consume(options, {
      ...quiet,
      onJoined(membership) {
        memberships.push(membership)
        for (const place of membership.partitions) membership.resume(place)
      },
      onRecords() {
        fetched.resolve()
        return false
      },
    })
    await fetched.promise
    const [old] = memberships
    assert.ok(old !== undefined)
    const place = { topic, partition: 0 }
    await old.commit(place, 3, 'mine')
    const other = await bench.kafka.consume(options, { ...quiet, onJoined: () => undefined })
    await until('the group rebalanced', () => old.signal.aborted)
    await until('it joined again', () => memberships.length > 1)
    await assert.rejects(old.commit(place, 9, 'late'), /rebalancing/u)
    const [kept] = await bench.kafka.committed(name, [topic])
    assert.deepEqual([kept?.offset, kept?.metadata], [3, 'mine'])
    await Promise.all([zombie.close(2000), other.close(2000)])
  })
})

suite('a store that is away', () => {
  test('costs neither the place in the group nor memory: fetching pauses, and goes on afterwards', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic(2)
    const open = Promise.withResolvers<void>()
    const writer: RangeWriter = {
      arrival: bench.writer.arrival,
      async writeRange(range, signal) {
        await open.promise
        await bench.writer.writeRange(range, signal)
      },
    }
    for (let batch = 0; batch < 40; batch++) await bench.send(topic, batch % 2, events(100))
    const limits = { rangeRecords: 100, partitionBytes: 40_000, fetchPartitionBytes: 20_000, sessionMs: 1500 }
    const run = bench.start({ bindings: [bound(tenant, topic)], limits, writer })
    await until(
      'both partitions are paused',
      () => run.state().partitions.length === 2 && run.state().partitions.every(({ paused }) => paused),
    )
    await sleep(4000)
    const state = run.state()
    assert.equal(state.rebalances, 1)
    assert.ok(
      state.partitions.every(({ buffered, lag }) => buffered < 500 && lag === 2000),
      JSON.stringify(state.partitions),
    )
    open.resolve()
    await read(run, 4000)
    assert.deepEqual(await stored(tenant), { rows: 4000, events: 4000 })
    assert.equal(run.state().rebalances, 1)
    await run.stop()
  })
})

suite('a consumer that fails silently', () => {
  test('is started again when records wait and nothing moves', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    let deaf = true
    const kafka: KafkaPort = {
      ...bench.kafka,
      consume(options, told) {
        const silent = deaf
        deaf = false
        return bench.kafka.consume(options, silent ? { ...told, onRecords: () => false } : told)
      },
    }
    const registry = new Registry()
    const run = bench.start({ bindings: [bound(tenant, topic)], kafka, registry, limits: { watchdogMs: 1000 } })
    await bench.send(topic, 0, events(4))
    await read(run, 4)
    assert.equal(run.state().restarts, 1)
    assert.match(await registry.metrics(), /restarts_total\{reason="stalled"\} 1/u)
    assert.match(await registry.metrics(), new RegExp(String.raw`kafka_events_total\{topic="${topic}",partition="0"\} 4`, 'u'))
    await run.stop()
  })

  test('an idle client does not wake a thousand times a second', async () => {
    const idle = createKafka({ brokers: bench.broker.brokers, clientId: 'idle', log: bench.log })
    await idle.topics()
    const original = globalThis.setTimeout
    let timers = 0
    globalThis.setTimeout = new Proxy(original, {
      apply(target, self, given: Parameters<typeof setTimeout>) {
        timers++
        return Reflect.apply(target, self, given)
      },
    })
    await sleep(1000)
    globalThis.setTimeout = original
    await idle.close()
    assert.ok(timers < 100, `${timers} timers in a second`)
  })
})

suite('the durable front', () => {
  const front = createFront({ kafka: bench.kafka, now: bench.now, log: bench.log, partitions: 3 })
  after(() => front.stop())
  const record = (tenant: Awaited<ReturnType<typeof bench.stores.freshTenant>>, index: number, body: string) => ({
    tenant,
    feed: 'http',
    format: 'cloudevents',
    key: null,
    body: Buffer.from(body),
    headers: { 'content-type': 'application/cloudevents+json' },
    request: 'req-1',
    index,
    at: bench.now(),
  })

  test('confirms what it took, and the consumer stores it for the tenant that sent it', async () => {
    const [one, two] = [await bench.stores.freshTenant(), await bench.stores.freshTenant()]
    await Promise.all([
      front.send(events(50).map((body, index) => record(one, index, body))),
      front.send(events(20).map((body, index) => record(two, index, body))),
      front.send([record(one, 50, '{"garbage"')]),
    ])
    assert.equal(await bench.kafka.partitions(FRONT_TOPIC), 3)
    await bench.producer.send(FRONT_TOPIC, 0, [{ key: null, value: Buffer.from('whose?'), headers: {} }])
    const run = bench.start({ bindings: [frontBinding(() => null)] })
    await read(run, 72)
    assert.deepEqual(
      [await stored(one), await stored(two)],
      [
        { rows: 50, events: 50 },
        { rows: 20, events: 20 },
      ],
    )
    assert.deepEqual(
      (await letters(one)).map(({ feed, coordinates }) => [feed, JSON.parse(coordinates)]),
      [['http', { request: 'req-1', index: 50 }]],
    )
    await run.stop()
  })

  test('takes a large record, and says so of one that is too large', async () => {
    const tenant = await bench.stores.freshTenant()
    await front.send([record(tenant, 0, 'x'.repeat(6 * 1024 * 1024))])
    await assert.rejects(
      front.send([record(tenant, 0, 'x'.repeat(FRONT_LIMITS.recordBytes + 1))]),
      (error) => error instanceof SightlineError && error.code === 'body_too_large',
    )
  })

  test('says that the store is unavailable while the broker is away, and confirms again afterwards', async () => {
    const tenant = await bench.stores.freshTenant()
    await bench.broker.kill()
    await assert.rejects(
      front.send([record(tenant, 0, JSON.stringify(event()))]),
      (error) => error instanceof SightlineError && error.code === 'store_unavailable' && error.retryAfterS !== undefined,
    )
    await bench.broker.restart()
    await until('it confirms', () =>
      front.send([record(tenant, 0, JSON.stringify(event()))]).then(
        () => true,
        () => false,
      ),
    )
  })
})

test('a broker that is killed and comes back costs nothing', async () => {
  const tenant = await bench.stores.freshTenant()
  const topic = await bench.topic(2)
  const run = bench.start({ bindings: [bound(tenant, topic)] })
  await bench.send(topic, 0, events(100))
  await read(run, 100)
  await bench.broker.kill()
  await until('it is noticed', () => run.state().error !== null)
  await bench.broker.restart()
  await until('it takes records', () =>
    bench.send(topic, 1, events(1)).then(
      () => true,
      () => false,
    ),
  )
  await bench.send(topic, 1, events(100))
  await until('all are stored', async () => (await stored(tenant)).rows >= 201, 40_000)
  await sleep(500)
  const { rows, events: distinct } = await stored(tenant)
  assert.equal(rows, distinct)
  await run.stop()
})

test('a claim in Kafka reads as it was documented', () => {
  const note = claimNote({ epoch: 2, first: 5, last: 9, at: 17, versions: new Map([['acme/erp', 3]]) })
  assert.equal(note, 'v1;2;5-9;17;acme/erp:3')
})
