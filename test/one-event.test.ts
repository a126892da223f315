import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import type { Sources } from '../api/contract/data.ts'
import type { SourceCreated, WebhookAnswer } from '../api/contract/feeds.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import type { ObjectTimeline } from '../api/contract/object.ts'
import { openLog } from '../platform/log.ts'
import { eventually, openWorld, type World } from './crash/world.ts'

const TENANT = 'one-event'
const TOPIC = 'erp.one-event'
const MAIN = new URL('../cli/main.ts', import.meta.url).pathname
const run = promisify(execFile)

let world: World
let webhook: { path: string; secret: string }

before(async () => {
  world = await openWorld({ log: openLog({ level: 'error', human: true }), replicas: 1, ways: false })
  await world.bind([{ tenant: TENANT, topic: TOPIC, partitions: 1 }])
  const made = await world.ask<SourceCreated>('POST', '/v1/sources', TENANT, {
    id: 'hooks',
    name: 'ERP webhooks',
    kind: 'webhook',
    format: 'cloudevents',
    config: { scheme: 'standard-webhooks' },
  })
  webhook = { path: made.source.path ?? '', secret: made.secret ?? '' }
})
after(async () => {
  await world.stop()
})

const event = (id: string, amount: string) => ({
  specversion: '1.0',
  id,
  source: '/erp/sap-eu',
  type: 'invoice.received',
  time: '2026-03-02T09:30:00Z',
  data: {
    objects: [
      { type: 'invoice', id: `INV-${id}` },
      { type: 'purchase_order', id: `PO-${id}` },
    ],
    money: { amount, currency: 'EUR' },
  },
})

type CloudEvent = ReturnType<typeof event>

async function byKafka(value: CloudEvent): Promise<void> {
  const producer = world.kafka.producer()
  await producer.connect()
  await producer.send({ topic: TOPIC, messages: [{ key: value.id, value: JSON.stringify(value) }] })
  await producer.disconnect()
}

async function byWebhook(value: CloudEvent): Promise<WebhookAnswer> {
  const body = JSON.stringify(value)
  const id = `msg_${value.id}_${Number(value.data.money.amount)}`
  const at = new Date()
  const response = await fetch(new URL(webhook.path, world.api.url()), {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(webhook.secret).sign(id, at, body),
    },
  })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as WebhookAnswer
}

async function byFile(value: CloudEvent): Promise<void> {
  const path = join(world.folder, `${value.id}.jsonl`)
  await writeFile(path, `${JSON.stringify(value)}\n`)
  await run(process.execPath, [MAIN, 'import', path, '--tenant', TENANT, '--as-is'], { env: { ...process.env, ...world.env } })
}

async function timeline(type: string, id: string): Promise<ObjectTimeline | null> {
  return world.ask<ObjectTimeline>('GET', `/v1/objects/${type}/${id}`, TENANT).catch((error: unknown) => {
    if (String(error).includes('404')) return null
    throw error
  })
}

const WAYS = { webhook: byWebhook, Kafka: byKafka, file: byFile }
const ORDERS = [
  ['webhook', 'Kafka', 'file'],
  ['Kafka', 'file', 'webhook'],
  ['file', 'webhook', 'Kafka'],
] as const

for (const [at, order] of ORDERS.entries())
  test(`the same event by ${order.join(', then ')} is one event`, { timeout: 120_000 }, async () => {
    const id = `same-${at}`
    for (const [step, way] of order.entries()) {
      await WAYS[way](event(id, '1248.00'))
      const expected = 3 * at + step + 1
      await eventually(`the event by ${way} is in the ledger`, 60_000, async () => {
        const { totals } = await world.ask<Ledger>('GET', '/v1/ledger?bucket=day', TENANT)
        return totals.received === expected && totals.in_flight === 0 ? true : JSON.stringify(totals)
      })
    }
    const { balanced, totals } = await world.ask<Ledger>('GET', '/v1/ledger?bucket=day', TENANT)
    assert.deepEqual([totals.stored, totals.duplicate], [at + 1, 2 * (at + 1)])
    assert.ok(balanced)
    for (const type of ['invoice', 'purchase_order']) {
      const found = await timeline(type, `${type === 'invoice' ? 'INV' : 'PO'}-${id}`)
      assert.equal(found?.events.length, 1, `${type} by ${order.join(', ')}`)
    }
  })

test('of two events with one id the first stands and the second is kept and named', { timeout: 120_000 }, async () => {
  const id = 'conflict'
  await byKafka(event(id, '100.00'))
  await eventually('the first is there', 30_000, async () =>
    (await timeline('invoice', `INV-${id}`)) === null ? 'it is not' : true,
  )
  await byWebhook(event(id, '999.00'))
  await eventually('the conflict is named', 60_000, async () => {
    const { conflicts } = await world.ask<Sources>('GET', '/v1/sources', TENANT)
    return JSON.stringify(conflicts).includes(id) ? true : JSON.stringify(conflicts)
  })
  const found = await timeline('invoice', `INV-${id}`)
  assert.deepEqual(
    found?.events.map(({ money }) => money),
    [{ amount: '100', currency: 'EUR' }],
  )
  const kept = await world.clickhouse.clients.writer.query({
    query: `SELECT toString(amount) AS amount FROM sightline.events WHERE tenant_id = {tenant:String} AND natural_id = {id:String} ORDER BY amount`,
    query_params: { tenant: TENANT, id },
    format: 'JSONEachRow',
  })
  assert.deepEqual(await kept.json(), [{ amount: '100' }, { amount: '999' }])
})
