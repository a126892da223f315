import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { readNote } from '../ingest/transport/kafka/claim.ts'
import type { RangeWriter } from '../ingest/transport/kafka/partition.ts'
import { createKafka } from '../platform/kafka/kafkajs.ts'
import type { KafkaPort, Membership } from '../platform/kafka/port.ts'
import { bound, events, freshGroup, kafkaBench, read, until } from './support/kafka-bench.ts'

const bench = await kafkaBench()
after(() => bench.close())

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
      const name = freshGroup()
      await bench.send(topic, 0, events(300))
      const { reached, ...parts } = cutAt(cut)
      const limits = { rangeRecords: 100, drainMs: 0 }
      const doomed = bench.start({ bindings: [bound(tenant, topic)], group: name, limits, ...parts })
      await reached
      const inserted = (await bench.stored(tenant)).rows
      await doomed.stop()
      const [left] = await bench.kafka.committed(name, [topic])
      const claim = readNote(left?.metadata ?? '')?.claim ?? null
      assert.equal(claim === null, cut === 'before the claim')
      assert.equal(inserted, cut === 'after the insert' || cut === 'before the next claim' ? 100 : 0)
      const registry = new Registry()
      const heir = bench.start({ bindings: [bound(tenant, topic)], group: name, limits: { rangeRecords: 170 }, registry })
      await read(heir, 300)
      // Rows as they lie, without merging copies: the first layer alone holds.
      assert.deepEqual(await bench.stored(tenant), { rows: 300, events: 300 })
      const brought = await bench.batches(tenant)
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
    const name = freshGroup()
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
    assert.deepEqual(await bench.stored(tenant), { rows: sent, events: sent })
    assert.equal(
      (await bench.batches(tenant)).reduce((sum, { inserted }) => sum + inserted, 0),
      sent,
    )
    await second.stop()
    await kafka.close()
  })

  test('and comes back from the dead: what it then commits is refused', async () => {
    const topic = await bench.topic()
    await bench.send(topic, 0, events(10))
    const name = freshGroup()
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
    const limits = { rangeRecords: 100, partitionBytes: 40_000, fetchPartitionBytes: 20_000, sessionMs: 3000 }
    const run = bench.start({ bindings: [bound(tenant, topic)], limits, writer })
    await until(
      'both partitions are paused',
      () => run.state().partitions.length === 2 && run.state().partitions.every(({ paused }) => paused),
    )
    await sleep(8000)
    const state = run.state()
    assert.equal(state.rebalances, 1)
    assert.ok(
      state.partitions.every(({ buffered, lag }) => buffered < 500 && lag === 2000),
      JSON.stringify(state.partitions),
    )
    open.resolve()
    await read(run, 4000)
    assert.deepEqual(await bench.stored(tenant), { rows: 4000, events: 4000 })
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
    const run = bench.start({ bindings: [bound(tenant, topic)], kafka, registry, limits: { watchdogMs: 4000 } })
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
  await until('all are stored', async () => (await bench.stored(tenant)).rows >= 201, 40_000)
  await sleep(500)
  const { rows, events: distinct } = await bench.stored(tenant)
  assert.equal(rows, distinct)
  await run.stop()
})
