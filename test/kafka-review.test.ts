import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, suite, test } from 'node:test'
import kafkajs from 'kafkajs'
import { Registry } from 'prom-client'
import type { Judge, JudgedSource } from '../ingest/judge.ts'
import { readNote } from '../ingest/transport/kafka/claim.ts'
import { createFront, FRONT_TOPIC, frontBinding, type FrontRecord } from '../ingest/transport/kafka/front.ts'
import type { RangeWriter } from '../ingest/transport/kafka/partition.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { gzipCodec, lz4Codec, snappyCodec, zstdCodec } from '../platform/kafka/codecs.ts'
import { decodeRecords } from '../platform/kafka/decode-records.ts'
import { saveMapping } from '../platform/mappings.ts'
import { bound, event, events, freshGroup, kafkaBench, read, until } from './support/kafka-bench.ts'

const bench = await kafkaBench()
const client = new kafkajs.Kafka({ brokers: bench.broker.brokers, logLevel: kafkajs.logLevel.NOTHING })
const packer = client.producer()
await packer.connect()
after(async () => {
  await packer.disconnect()
  await bench.close()
})

const SLOW = { timeout: 180_000 }
const PATIENCE_MS = 120_000

/** Sends records as one batch, packed. */
async function sendPacked(topic: string, messages: { value: Buffer | string | null }[]): Promise<void> {
  await packer.send({
    topic,
    compression: kafkajs.CompressionTypes.ZSTD,
    acks: -1,
    messages: messages.map((message) => ({ ...message, partition: 0 })),
  })
}

/** Kilobytes that unpack to more than is taken, and beside them so many small records. */
function bomb(beside: number): { value: Buffer | string }[] {
  return [{ value: Buffer.alloc(130 * 1024 * 1024) }, ...Array.from({ length: beside }, () => ({ value: 'beside it' }))]
}

async function offsetsOf(tenant: string): Promise<string[]> {
  const found = await bench.letters(tenant)
  return found.map(({ code, coordinates }) => `${code} at ${(JSON.parse(coordinates) as { offset: string }).offset}`).toSorted()
}

suite('a batch of very many records', () => {
  test('that cannot be unpacked is one letter for its span of offsets, and what follows is read', SLOW, async () => {
    const tenant = await bench.stores.freshTenant()
    const topic = await bench.topic()
    await sendPacked(topic, bomb(2000))
    await bench.send(topic, 0, events(3))
    const run = bench.start({ bindings: [bound(tenant, topic)] })
    await until('all is read', () => run.state().partitions[0]?.committed === 2004, PATIENCE_MS)
    assert.deepEqual(await bench.stored(tenant), { rows: 3, events: 3 })
    assert.deepEqual(await offsetsOf(tenant), ['batch_unreadable at 0-2000'])
    const sums = (await bench.batches(tenant)).reduce(
      (sum, { received, inserted, rejected }) => [(sum[0] ?? 0) + received, (sum[1] ?? 0) + inserted, (sum[2] ?? 0) + rejected],
      [0, 0, 0],
    )
    assert.deepEqual(sums, [4, 3, 1])
    await run.stop()
  })
})

suite('what a fetch brings', () => {
  const require = createRequire(import.meta.url)
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Parameters<typeof decodeRecords>[0]
  /** A batch as it lies in Kafka, of which the records are what is given. */
  const batch = (first: number, lastDelta: number, count: number, body: Buffer, attributes = 0): Buffer => {
    const header = Buffer.alloc(61)
    header.writeBigInt64BE(BigInt(first), 0)
    header.writeInt32BE(49 + body.byteLength, 8)
    header.writeInt8(2, 16)
    header.writeInt16BE(attributes, 21)
    header.writeInt32BE(lastDelta, 23)
    header.writeInt32BE(count, 57)
    return Buffer.concat([header, body])
  }
  const decoded = async (...batches: Buffer[]) => {
    const bytes = Buffer.concat(batches)
    const size = Buffer.alloc(4)
    size.writeInt32BE(bytes.byteLength)
    return (await decodeRecords(new Decoder(Buffer.concat([size, bytes])))).map(({ offset, unreadable, isControlRecord }) =>
      unreadable === undefined
        ? `${offset}${isControlRecord ? ' unseen' : ''}`
        : `${unreadable.first}-${offset} ${unreadable.reason.slice(0, 19)}`,
    )
  }
  /** A record without key, value and headers at the beginning of its batch. */
  const record = Buffer.from([12, 0, 0, 0, 1, 1, 0])

  test('ends where the broker cut it off', async () => {
    const whole = batch(7, 0, 1, record)
    for (const cut of [0, 5, 20, 60, 61, whole.byteLength - 1])
      assert.deepEqual(await decoded(whole, batch(8, 0, 1, record).subarray(0, cut)), ['7'])
    assert.deepEqual(await decoded(Buffer.alloc(0)), [])
  })

  test('is read whole, however many records a batch holds', async () => {
    const many = await decoded(batch(0, 149_999, 150_000, Buffer.concat(Array.from({ length: 150_000 }, () => record))))
    assert.equal(many.length, 150_001)
  })

  test('leads on behind what compaction took, and behind what cannot be read', async () => {
    const nothing = Buffer.alloc(0)
    assert.deepEqual(await decoded(batch(10, 9, 0, nothing)), ['19 unseen'])
    assert.deepEqual(await decoded(batch(10, 9, 1, record), batch(20, 0, 1, record)), ['10', '19 unseen', '20'])
    const garbage = Buffer.from('garbage')
    assert.match((await decoded(batch(10, 1, 2, garbage), batch(12, 0, 1, record))).join(), /^10-10 [^,]+,11-11 [^,]+,12$/u)
    assert.match((await decoded(batch(10, 9, 2, garbage))).join(), /^10-19 [^,]*$/u)
    assert.match(
      (await decoded(batch(10, 59_999, 60_000, garbage), batch(60_010, 0, 1, record))).join(),
      /^10-60009 [^,]+,60010$/u,
    )
    assert.match((await decoded(batch(10, 9, 10, garbage, 3))).join(), /^(?:\d+-\d+ is no frame of LZ4,?){10}$/u)
    assert.deepEqual(await decoded(batch(10, 1_999_999_999, 2_000_000_000, garbage)), ['10-2000000009 it holds 2000000000'])
  })
})

suite('a batch that unpacks to more than is taken', () => {
  const plain = Buffer.alloc(130 * 1024 * 1024)
  for (const [name, codec] of Object.entries({ gzip: gzipCodec, snappy: snappyCodec, lz4: lz4Codec, zstd: zstdCodec }))
    test(`is refused when it is packed with ${name}`, SLOW, async () => {
      await assert.rejects(codec.decompress(await codec.compress(plain)), /more than|larger than/u)
    })

  test('is refused as several blocks or frames too', SLOW, async () => {
    const half = plain.subarray(0, plain.byteLength / 2 + 1)
    for (const codec of [gzipCodec, snappyCodec]) {
      const packed = await codec.compress(half)
      await assert.rejects(codec.decompress(Buffer.concat([packed, packed])), /more than|larger than/u)
    }
  })

  test('costs no memory when it is packed with lz4', SLOW, async () => {
    const packed = await lz4Codec.compress(plain)
    const before = process.resourceUsage().maxRSS
    const grown = Buffer.concat([
      packed.subarray(0, 7),
      ...Array.from({ length: 20 }, () => packed.subarray(7, -4)),
      Buffer.alloc(4),
    ])
    await assert.rejects(lz4Codec.decompress(grown), /more than/u)
    assert.ok(process.resourceUsage().maxRSS - before < 200 * 1024, `${process.resourceUsage().maxRSS - before} KiB`)
  })

  test('and lz4 of every shape is read as before', async () => {
    for (const size of [0, 1, 15, 16, 300, 70_000, 5_000_000])
      for (const plain of [Buffer.alloc(size, 'ab'), randomBytes(size)])
        assert.deepEqual(await lz4Codec.decompress(await lz4Codec.compress(plain)), plain)
    await assert.rejects(lz4Codec.decompress(Buffer.from('no frame at all')))
    await assert.rejects(lz4Codec.decompress((await lz4Codec.compress(randomBytes(500))).subarray(0, 100)))
  })
})

const recordOf = (tenant: TenantId, index: number, body: string, feed = 'http'): FrontRecord => ({
  tenant,
  feed,
  format: feed === 'http' ? 'cloudevents' : 'mapped-json',
  key: null,
  body: Buffer.from(body),
  headers: {},
  request: `req-${tenant}`,
  index,
  at: bench.now(),
})

suite('the topic of the front', () => {
  const front = createFront({ kafka: bench.kafka, now: bench.now, log: bench.log })
  after(() => front.stop())
  /** Some kilobyte each, most of it in a header. */
  const padded = (tenant: TenantId, count: number): FrontRecord[] =>
    events(count).map((body, index) => ({
      ...recordOf(tenant, index, body),
      headers: { 'x-padding': randomBytes(750).toString('base64') },
    }))

  test(
    'made by somebody else with the usual limit takes many small records, and refuses only one that is too large',
    SLOW,
    async () => {
      await bench.kafka.createTopic({ name: FRONT_TOPIC, partitions: 1, config: {} })
      const [one, two] = [await bench.stores.freshTenant(), await bench.stores.freshTenant()]
      await front.send(padded(one, 3000))
      const large = front.send([recordOf(two, 2000, randomBytes(1_500_000).toString('base64'))])
      const beside = front.send(padded(two, 2000))
      await assert.rejects(large, (error) => error instanceof SightlineError && error.code === 'body_too_large')
      await beside
      assert.equal(front.state().failing_since, null)
      const run = bench.start({ bindings: [frontBinding(() => null)] })
      await until(
        'all events are stored',
        async () => (await bench.stored(one)).events === 3000 && (await bench.stored(two)).events === 2000,
        PATIENCE_MS,
      )
      await run.stop()
    },
  )

  test('names what it holds for nobody: by place, in the state, the measures and for good', SLOW, async () => {
    const tenant = await bench.stores.freshTenant()
    const [{ high: begin } = { high: 0 }] = await bench.kafka.offsets(FRONT_TOPIC)
    await sendPacked(FRONT_TOPIC, bomb(2))
    await bench.send(FRONT_TOPIC, 0, [null, null, 'whose?'])
    await front.send([recordOf(tenant, 0, JSON.stringify(event()))])
    const registry = new Registry()
    const run = bench.start({ bindings: [frontBinding(() => null)], registry })
    await until('all is read', () => run.state().partitions[0]?.committed === begin + 7, PATIENCE_MS)
    assert.deepEqual(await bench.stored(tenant), { rows: 1, events: 1 })
    await until('it is named', () => run.state().gaps.filter(({ topic }) => topic === FRONT_TOPIC).length >= 3)
    const named = run.state().gaps.filter(({ topic, from }) => topic === FRONT_TOPIC && from >= begin)
    assert.deepEqual(
      named.map(({ from, to, reason }) => [from - begin, to - begin, reason]),
      [
        [0, 3, 'unreadable'],
        [3, 5, 'empty'],
        [5, 6, 'unowned'],
      ],
    )
    const measure = await registry.getSingleMetric('sightline_kafka_unowned_records_total')?.get()
    assert.deepEqual(
      measure?.values.map(({ labels, value }) => [labels['topic'], value]),
      [[FRONT_TOPIC, 6]],
    )
    await run.stop()
  })
})

suite('a range with records of very many feeds', () => {
  const FEEDS = 300
  const mapping = (activity: string) => ({
    title: 'Billing',
    rules: [{ events: [{ activity, time: '$.at', objects: [{ type: 'invoice', id: '$.number', required: true }] }] }],
    otherwise: { reject: 'It is no invoice.' },
  })

  test('is stored again with the versions of mappings that it was claimed with', SLOW, async () => {
    const tenant = verifiedTenant(await bench.stores.freshTenant())
    const { db } = bench.stores.stores.postgres
    const save = (activity: string) => saveMapping(db, { tenant, name: 'billing', body: mapping(activity), actor: 'test' })
    await save('first reading')
    const front = createFront({ kafka: bench.kafka, now: bench.now, log: bench.log })
    const bodies = Array.from({ length: FEEDS }, (_, index) =>
      JSON.stringify({ number: `N-${index}`, at: '2026-11-20T10:00:00Z' }),
    )
    await front.send(bodies.map((body, index) => recordOf(tenant, index, body, `a-feed-with-a-rather-long-name-${index}`)))
    await front.stop()
    const source = (tenantId: TenantId, id: string): JudgedSource => ({
      tenantId,
      id,
      format: 'mapped-json',
      mapping: 'billing',
      mappingVersion: null,
      systemId: null,
    })
    const bindings = [frontBinding(source)]
    const opened: (number | undefined)[] = []
    const judge: Judge = {
      open(of, how) {
        if (of.tenantId === tenant) opened.push(how?.mappingVersion ?? undefined)
        return bench.judge.open(of, how)
      },
    }
    let isClaimed = false
    const cut: RangeWriter = {
      arrival: bench.writer.arrival,
      async writeRange(range, signal) {
        if (!range.batches.some((batch) => batch.tenant === tenant)) return bench.writer.writeRange(range, signal)
        isClaimed = true
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        })
      },
    }
    const group = freshGroup()
    const doomed = bench.start({ bindings, group, writer: cut, limits: { drainMs: 0 } })
    await until('the range is claimed', () => isClaimed, PATIENCE_MS)
    await doomed.stop()
    const [left] = await bench.kafka.committed(group, [FRONT_TOPIC])
    assert.ok(left !== undefined && left.metadata.length < 4096)
    assert.ok(readNote(left.metadata)?.claim !== null, left.metadata)
    await save('second reading')
    const heir = bench.start({ bindings, group, judge })
    await until('all is stored', async () => (await bench.stored(tenant)).events === FEEDS, PATIENCE_MS)
    assert.deepEqual(new Set(opened), new Set([1]))
    const activities = await bench.rows<{ source_activity: string; n: number }>(
      `SELECT source_activity, toUInt32(count()) AS n FROM sightline.events WHERE tenant_id = '${tenant}' GROUP BY source_activity`,
    )
    assert.deepEqual(activities, [{ source_activity: 'first reading', n: FEEDS }])
    const high = (await bench.kafka.offsets(FRONT_TOPIC))[0]?.high ?? 0
    await read(heir, high)
    await heir.stop()
  })
})
