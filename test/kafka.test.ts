import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, suite, test } from 'node:test'
import kafkajs from 'kafkajs'
import { createFront, FRONT_LIMITS, FRONT_TOPIC, frontBinding } from '../ingest/transport/kafka/front.ts'
import { readNote } from '../ingest/transport/kafka/claim.ts'
import { SightlineError } from '../platform/errors.ts'
import { bound, event, events, freshGroup, kafkaBench, read, until } from './support/kafka-bench.ts'

const bench = await kafkaBench()
after(() => bench.close())

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
    assert.deepEqual(await bench.stored(tenant), { rows: 250, events: 250 })
    assert.deepEqual(await bench.letters(tenant), [])
    await run.stop()
  })

  test('moves the offset behind what it stored, and notes no claim once nothing is under way', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const name = freshGroup()
    const run = bench.start({ bindings: [bound(tenant, topic)], group: name })
    await bench.send(topic, 0, events(10))
    await read(run, 10)
    await bench.send(topic, 0, events(5))
    await read(run, 15)
    await run.stop()
    const [found] = await bench.kafka.committed(name, [topic])
    assert.deepEqual([found?.offset, readNote(found?.metadata ?? '')], [15, { epoch: 0, claim: null }])
    const brought = await bench.batches(tenant)
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
    assert.deepEqual((await bench.stored(tenant)).events, 3)
    const found = await bench.letters(tenant)
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
    assert.deepEqual(await bench.stored(tenant), { rows: 200, events: 200 })
    const found = await bench.letters(tenant)
    const offsets = found
      .map(({ coordinates }) => Number((JSON.parse(coordinates) as { offset: string }).offset))
      .toSorted((a, b) => a - b)
    assert.deepEqual(
      offsets,
      poison.map((_, index) => index * 11),
    )
    const brought = await bench.batches(tenant)
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
    assert.deepEqual(await bench.stored(tenant), { rows: 6, events: 6 })
    const places = await bench.rows<{ ordinal: number }>(
      `SELECT ordinal FROM sightline.events WHERE tenant_id = '${tenant}' ORDER BY batch_id, ordinal`,
    )
    assert.equal(new Set(places.map(({ ordinal }) => ordinal)).size, 6)
    assert.deepEqual(
      (await bench.letters(tenant)).map(({ coordinates }) => (JSON.parse(coordinates) as { offset: string }).offset),
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
    assert.deepEqual(
      [(await bench.stored(one)).events, (await bench.stored(two)).events, (await bench.stored(owner)).events],
      [4, 3, 0],
    )
    const found = await bench.letters(owner)
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
    assert.deepEqual(await bench.stored(tenant), { rows: 5, events: 5 })
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
    await until('the new topic is read', async () => (await bench.stored(tenant)).events === 50)
    await until('it is committed', () => run.state().partitions.some(({ epoch, committed: at }) => epoch === 1 && at === 30))
    assert.equal(
      (await bench.batches(tenant))
        .filter(({ token }) => token.includes(`|${topic}|1|0|`))
        .reduce((sum, { inserted }) => sum + inserted, 0),
      30,
    )
    await run.stop()
  })

  test('records that were deleted before they were read are a gap with a name', async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    const name = freshGroup()
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
    assert.deepEqual((await bench.stored(tenant)).events, 11)
    const gap = second.state().gaps.find((one) => one.topic === topic)
    assert.deepEqual([gap?.from, gap?.to, gap?.reason], [5, 9, 'expired'])
    await second.stop()
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
      [await bench.stored(one), await bench.stored(two)],
      [
        { rows: 50, events: 50 },
        { rows: 20, events: 20 },
      ],
    )
    assert.deepEqual(
      (await bench.letters(one)).map(({ feed, coordinates }) => [feed, JSON.parse(coordinates)]),
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
