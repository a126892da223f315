import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { TenantId } from '../model/tenant.ts'
import { ageing } from '../queries/ageing.ts'
import { compactOpen } from '../queries/derive/compact-open.ts'
import { exceptions } from '../queries/exceptions.ts'
import { kpiAnswer } from '../queries/kpi.ts'
import { searchObjects } from '../queries/objects.ts'
import { processSummary, processTypes } from '../queries/process.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

const NOW = Date.UTC(2026, 4, 1) * 1000
const reader = (tenant: TenantId) => tenantReader(stores.clickhouse.reader, tenant)
const at = (text: string) => Date.parse(`${text}T00:00:00Z`) * 1000

function event(id: string, type: string, time: string, objects: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id,
    source: '/erp',
    type,
    time: `${time}Z`,
    data: {
      objects: objects.split(' ').map((text) => ({ type: text.split('/')[0], id: text.split('/')[1] })),
      system: 'erp',
      ...data,
    },
  }
}

async function send(tenant: TenantId, ...events: object[]): Promise<void> {
  await storeEvents(stores.clickhouse.writer, tenant, events)
  await derive({ stores }, tenant, NOW, ['processes', 'exceptions', 'kpis', 'documents'])
}

test('a late event moves a trace to the day that it really began on', async () => {
  const tenant = await freshTenant()
  const summary = (from: string, to: string) =>
    processSummary(reader(tenant), { type: 'invoice', names: 'canonical', from: at(from), to: at(to) })
  await send(tenant, event('2', 'invoice.captured', '2026-03-05T08:00:00', 'invoice/A'))
  assert.equal((await summary('2026-03-05', '2026-03-06')).objects, 1)
  await send(tenant, event('1', 'invoice.received', '2026-03-02T08:00:00', 'invoice/A'))
  assert.equal((await summary('2026-03-05', '2026-03-06')).objects, 0)
  const moved = await summary('2026-03-02', '2026-03-03')
  assert.deepEqual([moved.objects, moved.events, moved.duration_s.max], [1, 2, 259_200])
  assert.deepEqual(await processTypes(reader(tenant), stores.postgres.db), [{ type: 'invoice', events: 2, objects: 1 }])
})

test('a type is listed before its traces are computed', async () => {
  const tenant = await freshTenant()
  await storeEvents(stores.clickhouse.writer, tenant, [event('1', 'po.created', '2026-03-02T08:00:00', 'purchase_order/P')])
  assert.deepEqual(await processTypes(reader(tenant), stores.postgres.db), [{ type: 'purchase_order', events: 0, objects: 0 }])
})

test('what closes leaves open work, for good once that is compacted, and comes back when it opens again', async () => {
  const tenant = await freshTenant()
  const open = async () => {
    const { items } = await ageing(reader(tenant), { now: NOW, type: '', waits: '', band: null, limit: 50, offset: 0 })
    return items.map(({ id }) => id)
  }
  const kept = async () => {
    const answer = await stores.clickhouse.writer.query({
      query: 'SELECT document_id FROM sightline.open_documents WHERE tenant_id = {tenant:String} ORDER BY document_id',
      query_params: { tenant },
      format: 'JSONEachRow',
    })
    return (await answer.json<{ document_id: string }>()).map(({ document_id }) => document_id)
  }
  await send(
    tenant,
    event('1', 'invoice.received', '2026-03-02T08:00:00', 'invoice/A'),
    event('2', 'invoice.received', '2026-03-03T08:00:00', 'invoice/B'),
  )
  assert.deepEqual(await open(), ['A', 'B'])
  await send(tenant, event('3', 'payment.cleared', '2026-03-04T08:00:00', 'invoice/A'))
  assert.deepEqual(await open(), ['B'])
  await compactOpen(stores.clickhouse.writer)
  assert.deepEqual([await open(), await kept()], [['B'], ['B']])
  await send(tenant, event('4', 'invoice.posted', '2026-03-04T08:00:00', 'invoice/A', { corrects: '3' }))
  assert.deepEqual(await open(), ['A', 'B'])
})

test('documents that rested long follow those of the last weeks, page by page', async () => {
  const tenant = await freshTenant()
  const days = ['2026-04-30', '2026-04-20', '2026-04-10', '2026-02-10', '2026-01-10', '2025-06-10', '2019-01-10']
  await send(tenant, ...days.map((day, number) => event(`${number}`, 'invoice.received', `${day}T08:00:00`, `invoice/${number}`)))
  for (const limit of [1, 2, 3, 4, 7]) {
    const listed: string[] = []
    let after: string | undefined
    do {
      const page = await searchObjects(reader(tenant), 'invoice', { limit, now: NOW, ...(after === undefined ? {} : { after }) })
      listed.push(...page.objects.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after !== undefined)
    assert.deepEqual(listed, ['0', '1', '2', '3', '4', '5', '6'], `${limit} a page`)
  }
})

test('the page of exceptions and the KPI count the same items, also where documents share an exception', async () => {
  const tenant = await freshTenant()
  const price = { outcome: { status: 'rejected', code: 'PRICE_VARIANCE' } }
  const raised = (id: string) => ({ ...price, exception: { id, state: 'raised' } })
  const failed = (id: string, attempt: number) => ({
    operation: { id, attempt },
    outcome: { status: 'failed', code: 'HTTP 503', retryable: true },
  })
  await send(
    tenant,
    event('1', 'exception.raised', '2026-03-02T08:00:00', 'invoice/A purchase_order/P', raised('X1')),
    event('2', 'exception.raised', '2026-03-02T09:00:00', 'invoice/B purchase_order/P', raised('X1')),
    event('3', 'exception.resolved', '2026-03-03T08:00:00', 'invoice/A', { exception: { id: 'X1', state: 'resolved' } }),
    event('4', 'operation.failed', '2026-03-02T08:00:00', 'invoice/C', failed('O1', 1)),
    event('5', 'operation.failed', '2026-03-02T08:05:00', 'invoice/C', failed('O1', 2)),
    event('6', 'operation.succeeded', '2026-03-02T08:10:00', 'invoice/C', {
      operation: { id: 'O1', attempt: 3 },
      outcome: { status: 'ok' },
    }),
    event('7', 'operation.failed', '2026-03-02T08:00:00', 'invoice/D', failed('O2', 1)),
    event('8', 'operation.abandoned', '2026-03-02T09:00:00', 'invoice/D', failed('O2', 2)),
    event('9', 'invoice.approved', '2026-03-02T11:00:00', 'invoice/D'),
  )
  const scope = { from: at('2026-03-01'), to: at('2026-04-01') }
  const shown = await exceptions(reader(tenant), { ...scope, bucket: 'all', limit: 50 })
  const of = (name: string) => shown.totals.find((total) => total.class === name)
  assert.deepEqual([of('business')?.items, of('business')?.open, of('business')?.median_hours], [2, 1, 24])
  assert.deepEqual([of('technical')?.items, of('technical')?.open], [2, 0])
  assert.deepEqual(
    shown.items
      .filter(({ class: name }) => name === 'technical')
      .map(({ id, attempts, resolved_at }) => [id, attempts, resolved_at]),
    [
      ['O1', 3, '2026-03-02T08:10:00.000000Z'],
      ['O2', 2, '2026-03-02T11:00:00.000000Z'],
    ],
  )
  assert.deepEqual(shown.systems, [{ system: 'erp', failed_attempts: 4, operations: 2, objects: 2 }])
  const kpi = await kpiAnswer(reader(tenant), 'unclassified-rate', { ...scope, bucket: 'all', now: NOW })
  assert.equal(kpi.rows[0]?.n, 4)
})
