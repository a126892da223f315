import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Ledger } from '../api/contract/ledger.ts'
import { settleLedger } from '../ingest/ledger.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

const event = (id: string) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type: 'invoice.received',
  time: '2026-03-02T09:30:00Z',
  data: { object: `invoice/${id}` },
})

async function ledger(tenant: string, query = ''): Promise<Ledger> {
  const to = new Date(Date.now() + 60_000).toISOString()
  const { status, body } = await server.ask('GET', `/v1/ledger?to=${to}${query}`, { tenant })
  assert.equal(status, 200, JSON.stringify(body))
  return Ledger.parse(body)
}

test('everything that is sent is accounted for, at every moment and in every bucket', async () => {
  const tenant = await server.freshTenant()
  const send = (body: unknown) => server.ask('POST', '/v1/events', { tenant, body })
  await send([event('a'), event('b'), { not: 'an event' }])
  const early = await ledger(tenant)
  assert.equal(early.balanced, true)
  assert.equal(early.totals.received, 3)
  await send([event('b'), event('c')])
  await settleLedger(server.stores.clickhouse.writer, { now: Date.now() * 1000 + 200e6, sinceS: 3600, quietS: 0 })
  for (const bucket of ['minute', 'hour', 'day']) {
    const { rows, totals, feeds, balanced } = await ledger(tenant, `&bucket=${bucket}`)
    assert.equal(balanced, true)
    assert.deepEqual(totals, {
      received: 5,
      stored: 3,
      duplicate: 1,
      rejected: 1,
      ignored: 0,
      in_flight: 0,
      missing: 0,
      late: totals.late,
    })
    assert.deepEqual(feeds, [{ feed: 'http', ...totals, balanced: true }])
    assert.equal(
      rows.reduce((sum, row) => sum + row.received, 0),
      5,
    )
    for (const row of rows) assert.match(row.bucket, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:00Z$/u)
    assert.deepEqual(
      rows.map((row) => row.bucket),
      rows.map((row) => row.bucket).toSorted((a, b) => (a < b ? 1 : -1)),
    )
  }
  assert.equal((await ledger(tenant, '&feed=http')).totals.received, 5)
  assert.deepEqual((await ledger(tenant, '&feed=nowhere')).rows, [])
  assert.equal((await ledger(await server.freshTenant())).totals.received, 0)
})

test('rows that were acknowledged and are not there are named as missing, never as balanced', async () => {
  const tenant = await server.freshTenant()
  await server.ask('POST', '/v1/events', { tenant, body: [event('a'), event('b')] })
  await server.stores.clickhouse.writer.command({
    query: 'ALTER TABLE sightline.batch_arrivals DELETE WHERE tenant_id = {tenant:String} SETTINGS mutations_sync = 2',
    query_params: { tenant },
  })
  const { totals, balanced, feeds } = await ledger(tenant)
  assert.deepEqual([totals.missing, balanced, feeds[0]?.balanced], [2, false, false])
})

test('a window that is empty, or too long for minutes, is refused', async () => {
  const tenant = await server.freshTenant()
  const status = async (query: string) => (await server.ask('GET', `/v1/ledger?${query}`, { tenant })).status
  assert.equal(await status('from=2026-01-01&to=2026-01-01'), 400)
  assert.equal(await status('from=2026-01-01&to=2026-01-09&bucket=minute'), 400)
  assert.equal(await status('from=2026-01-01&to=2026-01-09&bucket=hour'), 200)
  assert.equal(await status('bucket=week'), 400)
})
