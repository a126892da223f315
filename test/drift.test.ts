import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Quality, Sources } from '../api/contract/data.ts'
import type { DriftFinding } from '../api/contract/freshness.ts'
import { createShapes, SAMPLING, type Shapes } from '../ingest/shapes.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
let clock = Date.UTC(2026, 10, 22) * 1000
before(async () => {
  server = await sharedServer()
})

const opened: Shapes[] = []
after(async () => {
  await Promise.all(opened.map((shapes) => shapes.stop()))
  await server.close()
})

function open(): Shapes {
  const { stores } = server
  const shapes = createShapes({
    db: stores.postgres.db,
    clickhouse: stores.clickhouse.writer,
    now: () => clock,
    log: LOG,
    flushMs: 0,
  })
  opened.push(shapes)
  return shapes
}
const LOG = { warn: (detail: unknown) => assert.fail(JSON.stringify(detail)), debug: () => undefined } as never

const order = (at: number): Record<string, unknown> => ({ id: `PO-${at}`, total: at, supplier: { id: 'S' } })
const USED = new Set(['total'])

/** Lets a source send so many records; a second is a flush, as sampling looks at some a second only. */
async function send(shapes: Shapes, tenant: string, n: number, record: (at: number) => unknown = order): Promise<void> {
  for (let sent = 0; sent < n;) {
    const part = Math.min(n - sent, SAMPLING.perSecond)
    for (let at = 0; at < part; at++) shapes.observe(tenant, 'erp', '', record(sent + at), USED)
    await shapes.flush()
    clock += 61e6
    sent += part
  }
}

const findings = async (tenant: string) => (await server.ask<Quality>('GET', '/v1/quality', { tenant })).body.findings
const acknowledge = (tenant: string, body: unknown) =>
  server.ask<DriftFinding>('POST', '/v1/quality/acknowledge', { tenant, body })
const without = (field: string) => (at: number) =>
  Object.fromEntries(Object.entries(order(at)).filter(([name]) => name !== field))

test('a field that a mapping reads and that vanishes is an open error until it is back; then it can come again', async () => {
  const tenant = await server.freshTenant()
  const shapes = open()
  await send(shapes, tenant, 100)
  assert.deepEqual(await findings(tenant), [])
  await send(shapes, tenant, 8, without('total'))
  const [finding, ...others] = await findings(tenant)
  assert.deepEqual(others, [])
  assert.deepEqual(
    [finding?.feed, finding?.check, finding?.subject, finding?.severity, finding?.state],
    ['erp', 'field_vanished', 'total', 'error', 'open'],
  )
  assert.deepEqual(finding?.evidence['before'], { with: 100, of: 100 })
  const again = open()
  await send(again, tenant, 5, without('total'))
  const [later] = await findings(tenant)
  assert.equal(later?.first_at, finding?.first_at, 'another process goes on where the first one was')
  assert.ok((later?.last_at ?? '') > (finding?.last_at ?? ''))
  assert.equal(later?.evidence['missing'], 13)
  await send(again, tenant, 1)
  assert.deepEqual(
    (await findings(tenant)).map(({ state }) => state),
    ['gone'],
  )
  await send(shapes, tenant, 20, without('total'))
  assert.deepEqual(
    (await findings(tenant)).map(({ state }) => state),
    ['open'],
  )
})

test('an acknowledged finding stays acknowledged while it stands, and who did it is kept', async () => {
  const tenant = await server.freshTenant()
  const shapes = open()
  await send(shapes, tenant, 100)
  await send(shapes, tenant, 20, without('total'))
  const of = { feed: 'erp', check: 'field_vanished', subject: 'total' }
  const done = await acknowledge(tenant, { ...of, note: 'agreed with the vendor' })
  assert.deepEqual([done.status, done.body.state], [200, 'acknowledged'])
  await send(shapes, tenant, 20, without('total'))
  assert.deepEqual(
    (await findings(tenant)).map(({ state }) => state),
    ['acknowledged'],
  )
  const audit = await server.stores.postgres.pool.query<{ detail: Record<string, unknown> }>(
    `SELECT detail FROM audit WHERE tenant_id = $1 AND action = 'finding.acknowledged'`,
    [tenant],
  )
  assert.deepEqual(audit.rows, [{ detail: { check: 'field_vanished', subject: 'total', note: 'agreed with the vendor' } }])
  assert.equal((await acknowledge(tenant, { ...of, subject: 'nothing' })).status, 404)
  assert.equal((await acknowledge(await server.freshTenant(), of)).status, 404)
})

test('several processes that see parts of a source know it as well as one would', async () => {
  const tenant = await server.freshTenant()
  const [one, two] = [open(), open()]
  for (let round = 0; round < 5; round++) {
    for (let at = 0; at < 10; at++) (at % 2 === 0 ? one : two).observe(tenant, 'erp', '', order(at))
    await Promise.all([one.flush(), two.flush()])
  }
  const { rows } = await server.stores.postgres.pool.query<{ samples: string }>(
    `SELECT samples FROM payload_shapes WHERE tenant_id = $1`,
    [tenant],
  )
  assert.deepEqual(rows, [{ samples: '50' }])
})

test('observing a flood looks at a few records a second and keeps to its bounds', () => {
  const shapes = open()
  const began = performance.now()
  const records = 200_000
  for (let at = 0; at < records; at++) shapes.observe('t', 'erp', `kind-${at % 500}`, order(at))
  const each = ((performance.now() - began) * 1000) / records
  assert.ok(each < 20, `${each.toFixed(2)} µs a record`)
})

test('a source that sends and one that stops are told apart on the sources page', async () => {
  const tenant = await server.freshTenant()
  const registered = await server.ask<{ source: { id: string } }>('POST', '/v1/sources', {
    tenant,
    body: {
      name: 'ERP hooks',
      kind: 'n8n',
      format: 'n8n-execution',
      secret: 'key-key-key',
      config: { base_url: 'http://127.0.0.1:1', interval_s: 3600, expected_every_s: 60 },
    },
  })
  assert.equal(registered.status, 201, JSON.stringify(registered.body))
  const event = {
    specversion: '1.0',
    id: '1',
    source: '/erp',
    type: 'invoice.received',
    time: new Date().toISOString(),
    data: { object: 'invoice/1' },
  }
  assert.equal((await server.ask('POST', '/v1/events', { tenant, body: [event] })).status, 200)
  const { body } = await server.ask<Sources>('GET', '/v1/sources', { tenant })
  assert.deepEqual(
    body.sources.map(({ source, freshness }) => [source, freshness.state]),
    [['/erp', 'learning']],
  )
  const feeds = new Map(body.feeds.map((one) => [one.feed, one]))
  assert.deepEqual([...feeds.keys()].toSorted(), ['erp-hooks', 'http'])
  assert.equal(feeds.get('http')?.freshness.state, 'learning')
  assert.equal(feeds.get('http')?.connector, null)
  assert.equal(feeds.get('erp-hooks')?.freshness.state, 'never')
  assert.notEqual(feeds.get('erp-hooks')?.connector, null)
  const bad = await server.ask('POST', '/v1/sources', {
    tenant,
    body: { name: 'x', kind: 'n8n', format: 'n8n-execution', secret: 'key-key-key', config: { base_url: 'ftp://n8n' } },
  })
  assert.equal(bad.status, 400)
})
