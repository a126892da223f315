import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { Exceptions } from '../api/contract/exception.ts'
import { instantFromIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { type ExceptionScope, exceptions } from '../queries/exceptions.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

let sent = 0

/** An event at a minute of 2 March 2026; objects as `type/id`, the first one first. */
function event(minute: number, type: string, objects: string, data: Record<string, unknown> = {}, source = '/workflow/n8n') {
  return {
    specversion: '1.0',
    id: `x${++sent}`,
    source,
    type,
    time: new Date(Date.UTC(2026, 2, 2, 8, minute)).toISOString(),
    data: {
      seq: minute,
      objects: objects
        .split(' ')
        .map((text) => ({ type: text.slice(0, text.indexOf('/')), id: text.slice(text.indexOf('/') + 1) })),
      ...data,
    },
  }
}

const PRICE = { status: 'rejected', code: 'PRICE_VARIANCE', message: 'unit price 10.40 over 10.00' }
const DOWN = { status: 'failed', code: 'HTTP 503', message: 'service unavailable', retryable: true }
const ok = { status: 'ok' }
const from = instantFromIso('2026-03-01T00:00:00Z') ?? 0
const to = instantFromIso('2026-04-01T00:00:00Z') ?? 0

async function ask(tenant: TenantId, scope: Partial<ExceptionScope> = {}) {
  await derive({ stores }, tenant, to, ['exceptions'])
  return Exceptions.parse(
    await exceptions(tenantReader(stores.clickhouse.reader, tenant), { from, to, bucket: 'day', limit: 100, ...scope }),
  )
}

const total = (answer: Exceptions, name: string) => answer.totals.find((one) => one.class === name)
const store = (tenant: TenantId, events: readonly unknown[]) => storeEvents(stores.clickhouse.writer, tenant, events)

test('a business exception is one item from raised to resolved, with message and evidence of its raising', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event(0, 'exception.raised', 'invoice/I1 purchase_order/P1', {
      outcome: PRICE,
      exception: { id: 'EX1', state: 'raised' },
      system: 'n8n',
    }),
    event(60, 'exception.assigned', 'invoice/I1', { exception: { id: 'EX1', state: 'assigned' } }),
    event(180, 'exception.resolved', 'invoice/I1', { outcome: ok, exception: { id: 'EX1', state: 'resolved' } }),
    event(10, 'exception.raised', 'invoice/I2', { outcome: PRICE, exception: { id: 'EX2', state: 'raised' } }),
    event(20, 'exception.resolved', 'invoice/I2', { outcome: ok, exception: { id: 'EX2', state: 'resolved' } }),
    event(30, 'exception.raised', 'invoice/I2', { outcome: PRICE, exception: { id: 'EX2', state: 'raised' } }),
  ])
  const answer = await ask(tenant)
  assert.deepEqual(answer.totals, [
    { class: 'business', items: 2, objects: 2, open: 1, median_hours: 3 },
    { class: 'technical', items: 0, objects: 0, open: 0, median_hours: null },
    { class: 'unknown', items: 0, objects: 0, open: 0, median_hours: null },
  ])
  assert.deepEqual(answer.categories, [
    { class: 'business', category: 'match.price', items: 2, objects: 2, open: 1, median_hours: 3 },
  ])
  assert.deepEqual(answer.trend, [{ bucket: '2026-03-02T00:00:00.000000Z', class: 'business', items: 2 }])
  const [reopened, first] = answer.items
  assert.deepEqual([reopened?.id, reopened?.resolved_at], ['EX2', null])
  assert.deepEqual(
    [first?.id, first?.object_type, first?.object_id, first?.message, first?.system, first?.attempts],
    ['EX1', 'invoice', 'I1', 'unit price 10.40 over 10.00', 'n8n', 0],
  )
  assert.equal(first?.resolved_at, '2026-03-02T11:00:00.000000Z')
  assert.ok((first?.evidence.length ?? 0) > 0 && (first?.confidence ?? 0) > 0.5)
})

test('a technical failure is one item an operation, whatever it raised besides, and ends with the next success', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event(0, 'operation.failed', 'invoice/I1 purchase_order/P1', {
      operation: { id: 'post:I1', attempt: 1 },
      outcome: DOWN,
      system: 'sap',
    }),
    event(30, 'operation.failed', 'invoice/I1 purchase_order/P1', {
      operation: { id: 'post:I1', attempt: 2 },
      outcome: DOWN,
      system: 'sap',
    }),
    event(31, 'exception.raised', 'invoice/I1', { outcome: DOWN, exception: { id: 'EXT', state: 'raised' } }),
    event(120, 'operation.succeeded', 'invoice/I1', { operation: { id: 'post:I1', attempt: 3 }, outcome: ok, system: 'sap' }),
    event(0, 'operation.failed', 'invoice/I2', { operation: { id: 'post:I2', attempt: 1 }, outcome: DOWN, system: 'sap' }),
    event(0, 'operation.succeeded', 'invoice/I3', { operation: { id: 'post:I3', attempt: 1 }, outcome: ok, system: 'sap' }),
    event(0, 'operation.failed', 'invoice/I4', { operation: { id: 'post:I4', attempt: 1 }, outcome: DOWN, system: 'tax' }),
    event(1, 'operation.abandoned', 'invoice/I4', { operation: { id: 'post:I4', attempt: 1 }, outcome: DOWN, system: 'tax' }),
    event(60, 'invoice.posted', 'invoice/I4', { actor: { id: 'ann' } }),
  ])
  const answer = await ask(tenant)
  assert.deepEqual(total(answer, 'technical'), { class: 'technical', items: 3, objects: 3, open: 1, median_hours: 1.5 })
  assert.equal(total(answer, 'business')?.items, 0)
  assert.deepEqual(
    answer.items.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, attempts, resolved_at }) => [id, attempts, resolved_at]),
    [
      ['post:I1', 3, '2026-03-02T10:00:00.000000Z'],
      ['post:I2', 1, null],
      ['post:I4', 1, '2026-03-02T09:00:00.000000Z'],
    ],
  )
  assert.deepEqual(answer.systems, [
    { system: 'sap', failed_attempts: 3, operations: 2, objects: 2 },
    { system: 'tax', failed_attempts: 1, operations: 1, objects: 1 },
  ])
})

test('unknown failures are a class of their own', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event(0, 'exception.raised', 'invoice/I1', {
      outcome: { status: 'cancelled', code: 'QQ-17' },
      exception: { id: 'EX1', state: 'raised' },
    }),
  ])
  const answer = await ask(tenant)
  assert.deepEqual(
    answer.totals.map(({ class: name, items }) => [name, items]),
    [
      ['business', 0],
      ['technical', 0],
      ['unknown', 1],
    ],
  )
})

test('a verdict is an item where its source names no exceptions, and only once a document and category', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event(0, 'approval.decided', 'approval/A1 requisition/R1', { outcome: { status: 'rejected' } }, '/erp/old'),
    event(5, 'requisition.rejected', 'requisition/R1', { outcome: { status: 'rejected' } }, '/erp/old'),
    event(5, 'policy.violated', 'requisition/R1', { policy: { id: 'p', decision: 'violated' } }, '/erp/old'),
    event(5, 'invoice.mismatched', 'invoice/I1', { outcome: PRICE }, '/erp/new'),
    event(6, 'exception.raised', 'invoice/I1', { outcome: PRICE, exception: { id: 'EX1', state: 'raised' } }),
    event(7, 'invoice.mismatched', 'invoice/I2', { outcome: PRICE }),
  ])
  const answer = await ask(tenant)
  assert.deepEqual(
    answer.items.map(({ category, object_id, resolved_at }) => [category, object_id, resolved_at]),
    [
      ['match.price', 'I1', null],
      ['approval.rejected', 'R1', '2026-03-02T08:00:00.000000Z'],
    ],
  )
})

test('class and category narrow the list and the trend, never the totals', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event(0, 'exception.raised', 'invoice/I1', { outcome: PRICE, exception: { id: 'EX1', state: 'raised' } }),
    event(1, 'exception.raised', 'invoice/I2', {
      outcome: { status: 'rejected', code: 'TAX_MISMATCH' },
      exception: { id: 'EX2', state: 'raised' },
    }),
    event(2, 'operation.failed', 'invoice/I3', { operation: { id: 'o3', attempt: 1 }, outcome: DOWN }),
  ])
  const technical = await ask(tenant, { class: 'technical' })
  assert.deepEqual(
    technical.items.map((item) => item.id),
    ['o3'],
  )
  assert.deepEqual(
    technical.trend.map((row) => [row.class, row.items]),
    [['technical', 1]],
  )
  assert.equal(total(technical, 'business')?.items, 2)
  const tax = await ask(tenant, { category: 'tax_coding' })
  assert.deepEqual(
    tax.items.map((item) => item.id),
    ['EX2'],
  )
  assert.deepEqual(
    (await ask(tenant, { limit: 1 })).items.map((item) => item.id),
    ['o3'],
  )
})

test('copies, corrections and other tenants change no item', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const events = [
    event(0, 'exception.raised', 'invoice/I1', { outcome: PRICE, exception: { id: 'EX1', state: 'raised' } }),
    event(1, 'operation.failed', 'invoice/I3', { operation: { id: 'o3', attempt: 1 }, outcome: DOWN }),
  ]
  await store(tenant, events)
  const before = await ask(tenant)
  await store(tenant, events.toReversed())
  await store(other, [
    ...events,
    event(9, 'operation.succeeded', 'invoice/I3', { operation: { id: 'o3', attempt: 2 }, outcome: ok }),
  ])
  assert.deepEqual(await ask(tenant), before)
  const raised = events[0]
  assert.ok(raised !== undefined)
  await store(tenant, [
    {
      ...raised,
      id: 'late-news',
      type: 'invoice.matched',
      data: { objects: raised.data['objects'], corrects: raised.id, outcome: ok },
    },
  ])
  assert.deepEqual(
    (await ask(tenant)).items.map((item) => item.id),
    ['o3'],
  )
})
