import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readiness } from '../api/contract/admin.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import { openLog } from '../platform/log.ts'
import { drained, eventually, openWorld, type World } from './crash/world.ts'

/** How long ClickHouse is away: `MINUTES=10 node test/run.ts outage` for the long one. */
const MINUTES = Number(process.env['MINUTES'] ?? 1)
const RATE = 2000
/** The other outages are short, and slow. */
const SHORT_MS = 6000
const SHORT_RATE = 500
const MIB = 1024 * 1024
/** The heap that a consumer gets: what it holds must fit, however much waits. Beyond its heap are buffers and the process itself. */
const HEAP_MIB = 512
const MEMORY = 1024 * MIB

let world: World
before(async () => {
  world = await openWorld({
    log: openLog({ level: 'error', human: true }),
    replicas: 1,
    ways: false,
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
  })
  await world.bind([])
})
after(async () => {
  await world.stop()
})

/** A steady stream into a topic of its own until it is stopped. */
type Stream = { sent(): number; stop(): Promise<number> }

async function stream(topic: string, rate: number): Promise<Stream> {
  const producer = world.kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  let sent = 0
  let ended = false
  const answers: Promise<unknown>[] = []
  const start = performance.now()
  const running = (async () => {
    while (!ended) {
      const due = Math.floor(((performance.now() - start) / 1000) * rate)
      if (due > sent) {
        const messages = Array.from({ length: due - sent }, (_, at) => message(sent + at))
        sent = due
        answers.push(producer.send({ topic, acks: -1, messages }))
      }
      await sleep(25)
    }
    await Promise.all(answers)
    await producer.disconnect()
  })()
  return {
    sent: () => sent,
    async stop() {
      ended = true
      await running
      return sent
    },
  }
}

const message = (n: number) => ({
  key: `INV-${n % 5000}`,
  value: JSON.stringify({
    specversion: '1.0',
    id: `e${n}`,
    source: '/erp/sap-eu',
    type: n % 3 === 0 ? 'invoice.received' : 'invoice.matched',
    time: new Date(Date.UTC(2026, 1, 1) + n * 10).toISOString(),
    data: {
      objects: [
        { type: 'invoice', id: `INV-${n % 5000}` },
        { type: 'purchase_order', id: `PO-${n % 3000}` },
      ],
      actor: { id: 'svc-match', kind: 'system' },
      system: 'sap-eu',
      money: { amount: '1248.00', currency: 'EUR' },
      attributes: { entity: 'DE01', supplier: `S-${n % 200}` },
    },
  }),
})

async function readiness(url: string): Promise<{ status: number; body: Readiness }> {
  const response = await fetch(new URL('/readyz', url))
  return { status: response.status, body: (await response.json()) as Readiness }
}

function consumer() {
  const replica = world.replicas[0]
  assert.ok(replica !== undefined)
  return replica.process
}

/** How many events of a tenant can be queried. */
function stored(tenant: string): Promise<number> {
  return counted('SELECT toUInt32(count()) AS n FROM sightline.events FINAL WHERE tenant_id = {tenant:String}', tenant)
}

/** How many rows of events a tenant has: what a look each second may cost where they are many. */
function rows(tenant: string): Promise<number> {
  return counted('SELECT toUInt32(count()) AS n FROM sightline.events WHERE tenant_id = {tenant:String}', tenant)
}

async function counted(query: string, tenant: string): Promise<number> {
  const { writer } = world.clickhouse.clients
  const answer = await writer.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
  const [found] = await answer.json<{ n: number }>()
  return found?.n ?? 0
}

/** Whether readiness is red, and which reason it gives. */
async function expectRed(): Promise<string> {
  let reason = ''
  await eventually('readiness is red', 30_000, async () => {
    const { status, body } = await readiness(consumer().url())
    const failed = body.checks.filter(({ ok }) => !ok)
    reason = failed.map(({ name, detail }) => `${name}: ${detail}`).join('; ')
    return status === 503 && failed.length > 0 ? true : `${status} ${JSON.stringify(body)}`
  })
  return reason
}

/** Nothing lost, nothing twice, nothing among the dead letters, the process still the same one and ready again. */
async function expectWhole(tenant: string, topic: string, sent: number, pid: number): Promise<void> {
  await eventually('everything is read', 240_000, () => drained(world, [topic]))
  assert.equal(await stored(tenant), sent)
  await eventually('the ledger balances', 60_000, async () => {
    const { totals, balanced } = await world.ask<Ledger>('GET', '/v1/ledger?bucket=day', tenant)
    const { received, stored: first, duplicate, rejected, in_flight, missing } = totals
    const expected = received === sent && first === sent && duplicate === 0 && rejected === 0 && in_flight === 0 && missing === 0
    return balanced && expected ? true : `sent ${sent}: ${JSON.stringify(totals)}`
  })
  const { total } = await world.ask<{ total: number }>('GET', '/v1/dead-letters?state=all&limit=1', tenant)
  assert.equal(total, 0)
  assert.equal(consumer().pid(), pid)
  await eventually('readiness is green', 30_000, async () => {
    const { status, body } = await readiness(consumer().url())
    return status === 200 ? true : JSON.stringify(body)
  })
}

test(
  `ClickHouse away for ${MINUTES} min at ${RATE} events/s: nothing is lost, memory is bounded, the backlog is caught up`,
  {
    timeout: (MINUTES * 2 + 10) * 60_000,
  },
  async (t) => {
    const [tenant, topic] = ['away', 'erp.away']
    await world.bind([{ tenant, topic, partitions: 4 }])
    const pid = consumer().pid()
    const live = await stream(topic, RATE)
    await eventually('the stream is read', 60_000, async () => ((await stored(tenant)) > RATE ? true : 'not yet'))
    await world.clickhouse.kill()
    t.diagnostic(`readiness: ${await expectRed()}`)
    const refused = await fetch(new URL('/v1/events', world.api.url()), {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}`, 'x-tenant-id': tenant, 'content-type': 'application/json' },
      body: message(0).value,
    })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)

    const end = performance.now() + MINUTES * 60_000
    let most = 0
    while (performance.now() < end) {
      most = Math.max(most, (await consumer().memory()).now)
      assert.equal(consumer().pid(), pid, consumer().output().slice(-2000))
      assert.equal((await readiness(consumer().url())).status, 503)
      await sleep(1000)
    }
    await world.clickhouse.start()
    const before = await rows(tenant)
    await eventually('it is read again', 60_000, async () => ((await rows(tenant)) > before ? true : 'nothing yet'))
    const [back, first] = [performance.now(), await rows(tenant)]
    let caught = first
    await eventually('the backlog is caught up', MINUTES * 60_000 + 120_000, async () => {
      await sleep(800)
      caught = await rows(tenant)
      const behind = live.sent() - caught
      return behind < 2 * RATE ? true : `${behind} events behind`
    })
    const seconds = (performance.now() - back) / 1000
    const rate = (caught - first) / seconds
    const { peak } = await consumer().memory()
    await expectWhole(tenant, topic, await live.stop(), pid)
    t.diagnostic(
      `memory: ${Math.round(most / MIB)} MiB at most while away, ${Math.round(peak / MIB)} MiB at most ever; ` +
        `catch-up: ${Math.round(rate)} events/s for ${seconds.toFixed(1)} s, ${(rate / RATE).toFixed(1)} × the live rate`,
    )
    assert.ok(peak < MEMORY, `${Math.round(peak / MIB)} MiB`)
    assert.ok(rate >= 2 * RATE, `${Math.round(rate)} events/s`)
  },
)

/** Breaks something while a stream comes, and repairs it after a while. */
async function outage(t: TestContext, name: string, breaks: readonly string[], repairs: readonly string[]): Promise<void> {
  const [tenant, topic] = [name, `erp.${name}`]
  await world.bind([{ tenant, topic, partitions: 2 }])
  const pid = consumer().pid()
  const live = await stream(topic, SHORT_RATE)
  await eventually('the stream is read', 60_000, async () => ((await stored(tenant)) > 0 ? true : 'not yet'))
  const { writer } = world.clickhouse.clients
  for (const query of breaks) await writer.command({ query })
  t.diagnostic(`readiness: ${(await expectRed()).slice(0, 300)}`)
  await sleep(SHORT_MS)
  for (const query of repairs) await writer.command({ query })
  await sleep(2000)
  await expectWhole(tenant, topic, await live.stop(), pid)
}

for (const table of ['events', 'object_events'])
  test(`disk full for ${table}: nothing is lost, and it recovers by itself`, { timeout: 300_000 }, (t) =>
    outage(
      t,
      `full-${table.replace('_', '-')}`,
      [`ALTER TABLE sightline.${table} MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000`],
      [`ALTER TABLE sightline.${table} RESET SETTING min_free_disk_bytes_to_perform_insert`],
    ),
  )

test('too many parts: nothing is lost, and it recovers by itself', { timeout: 300_000 }, (t) =>
  outage(
    t,
    'parts',
    ['ALTER TABLE sightline.events MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1'],
    ['ALTER TABLE sightline.events RESET SETTING parts_to_throw_insert, parts_to_delay_insert'],
  ),
)

test('the target of a view is gone: nothing is lost, and it recovers when it is back', { timeout: 300_000 }, (t) =>
  outage(
    t,
    'view',
    ['RENAME TABLE sightline.object_events TO sightline.object_events_away'],
    ['RENAME TABLE sightline.object_events_away TO sightline.object_events'],
  ),
)
