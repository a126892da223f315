import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { Registry } from 'prom-client'
import { problemHandler } from '../api/problem.ts'
import { postWebhook } from '../api/webhooks.ts'
import { createJudge } from '../ingest/judge.ts'
import { createMappings } from '../ingest/payload/catalogue.ts'
import { receiveBody } from '../ingest/receive.ts'
import { type KafkaIngest, startKafka } from '../ingest/transport/kafka/consumer.ts'
import { createFront, type Front, frontBinding } from '../ingest/transport/kafka/front.ts'
import { newSecret, signedHeaders } from '../ingest/webhook/signature.ts'
import { createEventWriter } from '../ingest/write.ts'
import type { TenantId } from '../model/tenant.ts'
import { WebhookConfig } from '../model/webhook.ts'
import { createKafka } from '../platform/kafka/kafkajs.ts'
import type { KafkaPort } from '../platform/kafka/port.ts'
import { openSecretBox, type SecretBox } from '../platform/secrets.ts'
import { createSource, listSources, type RegisteredSource } from '../platform/sources.ts'
import { startBroker, type TestBroker } from './support/kafka.ts'
import { sharedStores, type TestStores } from './support/stores.ts'

const now = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000)
const config = WebhookConfig.parse({ scheme: 'standard-webhooks' })
const secret = newSecret(config)

let shared: TestStores
let broker: TestBroker
let kafka: KafkaPort
let front: Front
let consumer: KafkaIngest
let box: SecretBox
let url: string
const http = createServer()
let sources: RegisteredSource[] = []

before(async () => {
  ;[shared, broker] = await Promise.all([sharedStores(), startBroker()])
  const { stores, log } = shared
  const { db } = stores.postgres
  box = await openSecretBox({ key: 'k'.repeat(40), folder: null })
  const judge = createJudge({ mappings: createMappings(db), log })
  const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now })
  kafka = createKafka({ brokers: broker.brokers, clientId: 'test', log })
  front = createFront({ kafka, now, log, partitions: 2 })
  const bindings = () =>
    Promise.resolve([
      frontBinding((tenant, feed) => sources.find(({ tenantId, id }) => tenantId === tenant && id === feed) ?? null),
    ])
  consumer = startKafka({ kafka, db, bindings, judge, writer, now, log, registry: new Registry() })
  const app = express()
  const services = {
    stores,
    writer: { ...writer, writeBatch: refuse },
    front,
    secrets: box,
    judge,
    registry: new Registry(),
    now,
  }
  app.post('/v1/webhooks/:address', postWebhook(services))
  app.use(problemHandler(log))
  http.on('request', app)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
after(async () => {
  http.close()
  http.closeAllConnections()
  await front.stop()
  await consumer.stop()
  await kafka.close()
  await broker.stop()
  await shared.close()
})

/** The endpoint must not need ClickHouse. */
function refuse(): never {
  throw new Error('the endpoint wrote by itself')
}

async function register(tenantId: TenantId): Promise<RegisteredSource> {
  const { db } = shared.stores.postgres
  const made = await createSource(
    db,
    box,
    { tenantId, name: 'Hook', kind: 'webhook', format: 'cloudevents', config, secret },
    'test',
  )
  sources = await listSources(db, null)
  return made
}

async function send(source: RegisteredSource, body: string | Uint8Array, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...signedHeaders(config, secret, Buffer.from(body), now()), ...more }
  const response = await fetch(`${url}/v1/webhooks/${source.address}`, { method: 'POST', headers, body: body as BodyInit })
  return { status: response.status, headers, body: (await response.json()) as Record<string, unknown> }
}

function event(id: string): string {
  const data = { objects: [{ type: 'invoice', id: `INV-${id}` }] }
  return JSON.stringify({ specversion: '1.0', id, source: '/erp', type: 'invoice.received', time: '2026-03-02T09:30:00Z', data })
}

async function rows<T>(query: string, tenant: TenantId): Promise<T[]> {
  const answer = await shared.stores.clickhouse.writer.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
  return answer.json<T>()
}

const events = (tenant: TenantId) =>
  rows<{ natural_id: string; feed: string }>(
    'SELECT natural_id, feed FROM sightline.events FINAL WHERE tenant_id = {tenant:String} ORDER BY natural_id',
    tenant,
  )
const letters = (tenant: TenantId) =>
  rows<{ raw: string; feed: string; coordinates: string; headers: string }>(
    'SELECT base64Decode(raw) AS raw, feed, coordinates, headers FROM sightline.dead_letters FINAL WHERE tenant_id = {tenant:String}',
    tenant,
  )

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries++) {
    assert.ok(tries < 900, 'it did not arrive')
    await sleep(100)
  }
}

test('a delivery is acknowledged by Kafka and stored from there, its unreadable records as dead letters', async () => {
  const tenant = await shared.freshTenant()
  const source = await register(tenant)
  const body = gzipSync(`[${event('a')},{"specversion":"1.0"},${event('b')}]`)
  const sent = await send(source, body, { 'content-encoding': 'gzip', 'x-event': 'hello' })
  assert.equal(sent.status, 200)
  assert.deepEqual([sent.body['accepted'], (sent.body['rejected'] as { index: number }[]).map(({ index }) => index)], [2, [1]])
  await until(async () => (await events(tenant)).length === 2 && (await letters(tenant)).length === 1)
  assert.deepEqual(
    (await events(tenant)).map(({ natural_id, feed }) => [natural_id, feed]),
    [
      ['a', source.id],
      ['b', source.id],
    ],
  )
  const [letter] = await letters(tenant)
  assert.deepEqual([letter?.raw, letter?.feed], ['{"specversion":"1.0"}', source.id])
  assert.deepEqual(JSON.parse(letter?.coordinates ?? ''), {
    request: `${String(sent.headers['webhook-id' as never])}#1`,
    index: 0,
  })
  assert.match(letter?.headers ?? '', /"x-event":"hello"/u)
  assert.doesNotMatch(letter?.headers ?? '', /signature/u)
})

test('a delivery that Kafka took is known when it comes again', async () => {
  const source = await register(await shared.freshTenant())
  const sent = await send(source, event('c'))
  assert.equal(sent.status, 200)
  assert.equal((await send(source, event('c'), sent.headers)).status, 409)
})

test('events of POST /v1/events wait in Kafka too, each with its place in the body', async () => {
  const tenant = await shared.freshTenant()
  const options = {
    tenant,
    writer: { ...createEventWriter({ clickhouse: shared.stores.clickhouse.writer, now }), writeBatch: refuse },
    now,
    front,
  }
  const headers = { 'content-type': 'application/x-ndjson' }
  const receipt = await receiveBody(Buffer.from(`${event('d')}\nno json\n${event('e')}`), 'ndjson', { ...options, headers })
  assert.deepEqual([receipt.accepted, receipt.rejected.map(({ index, code }) => [index, code])], [2, [[1, 'json_invalid']]])
  await until(async () => (await events(tenant)).length === 2 && (await letters(tenant)).length === 1)
  const [letter] = await letters(tenant)
  assert.deepEqual([letter?.raw, letter?.feed, JSON.parse(letter?.coordinates ?? '').index], ['no json', 'http', 1])
})

test('while the broker is away nothing is acknowledged, and the same delivery is taken once it is back', async () => {
  const tenant = await shared.freshTenant()
  const source = await register(tenant)
  await broker.kill()
  const refused = await send(source, event('f'))
  assert.deepEqual([refused.status, refused.body['code']], [503, 'store_unavailable'])
  await broker.restart()
  await until(async () => (await send(source, event('f'), refused.headers)).status !== 503)
  await until(async () => (await events(tenant)).length === 1)
})
