import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Message } from 'kafkajs'
import type { Letter, Letters } from '../api/contract/dead-letters.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import { openLog } from '../platform/log.ts'
import { poison, POISON_KINDS } from './crash/poison.ts'
import { drained, eventually, openWorld, type World } from './crash/world.ts'

const TENANT = 'poison'
const TOPIC = 'erp.poison'
const PARTITIONS = 4
const EVENTS = 10_000
const ONE_IN = 100

let world: World
before(async () => {
  world = await openWorld({ log: openLog({ level: 'error', human: true }), replicas: 1, ways: false })
})
after(async () => {
  await world.stop()
})

const event = (n: number) => ({
  specversion: '1.0',
  id: `e${n}`,
  source: '/erp/sap-eu',
  type: 'invoice.received',
  time: new Date(Date.UTC(2026, 1, 1) + n * 1000).toISOString(),
  data: { object: `invoice/INV-${n}`, money: { amount: '12.50', currency: 'EUR' } },
})

test(
  'one per cent of garbage blocks nothing, and every bad record lies in the dead letters as it came',
  { timeout: 240_000 },
  async (t) => {
    await world.admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }], waitForLeaders: true })
    const sent: Message[][] = Array.from({ length: PARTITIONS }, () => [])
    const bad = new Map<string, { kind: string; value: Buffer }>()
    for (let n = 0; n < EVENTS; n++) {
      const partition = n % PARTITIONS
      const messages = sent[partition] ?? []
      messages.push({ key: `INV-${n}`, value: JSON.stringify(event(n)) })
      if (n % ONE_IN !== 0) continue
      const { kind, value, headers } = poison(n / ONE_IN)
      bad.set(`${TOPIC}/${partition}/${messages.length}`, { kind, value })
      messages.push({ key: `garbage-${n}`, value, headers })
    }
    assert.equal(new Set([...bad.values()].map(({ kind }) => kind)).size, POISON_KINDS.length)
    const producer = world.kafka.producer()
    await producer.connect()
    for (const [partition, messages] of sent.entries())
      for (let at = 0; at < messages.length; at += 500)
        await producer.send({
          topic: TOPIC,
          acks: -1,
          messages: messages.slice(at, at + 500).map((message) => ({ ...message, partition })),
        })
    await producer.disconnect()
    await world.bind([{ tenant: TENANT, topic: TOPIC, partitions: PARTITIONS }])

    await eventually('the topic is read to its end', 90_000, () => drained(world, [TOPIC]))
    await eventually('the ledger balances', 30_000, async () => {
      const { totals, balanced } = await world.ask<Ledger>('GET', '/v1/ledger?bucket=day', TENANT)
      const { received, stored, duplicate, rejected, ignored, in_flight } = totals
      const settled = balanced && in_flight === 0 && received === EVENTS + bad.size && stored === EVENTS && rejected === bad.size
      return settled && duplicate === 0 && ignored === 0 ? true : JSON.stringify(totals)
    })

    const found = new Map<string, string>()
    for (let after: string | null = ''; after !== null;) {
      const cursor = after === '' ? '' : `&after=${encodeURIComponent(after)}`
      const page: Letters = await world.ask('GET', `/v1/dead-letters?limit=200${cursor}`, TENANT)
      for (const { id, coordinates } of page.letters) {
        assert.ok('topic' in coordinates)
        found.set(`${coordinates.topic}/${coordinates.partition}/${coordinates.offset}`, id)
      }
      after = page.next
    }
    assert.deepEqual([...found.keys()].toSorted(), [...bad.keys()].toSorted())
    for (const [place, { kind, value }] of bad) {
      const letter = await world.ask<Letter>('GET', `/v1/dead-letters/${found.get(place)}`, TENANT)
      const raw = Buffer.from(letter.raw ?? '', letter.encoding === 'base64' ? 'base64' : 'utf8')
      assert.ok(raw.equals(value), `${kind} at ${place}: ${letter.raw}`)
      assert.equal(letter.headers['x-garbage'], kind)
      assert.ok(letter.code !== '' && letter.reason !== '', kind)
    }
    t.diagnostic(`${bad.size} bad records of ${POISON_KINDS.length} kinds among ${EVENTS} events`)
  },
)
