import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { ObjectSearch, ObjectTimeline } from '../api/contract/object.ts'
import type { TenantId } from '../model/tenant.ts'
import { objectTimeline, searchObjects } from '../queries/objects.ts'
import { tenantReader } from '../queries/run.ts'
import { sources } from '../queries/sources.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

/** An event with this id at a minute of 2 March 2026 on the objects `type/id`. */
function event(id: string, minute: number, type: string, objects: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id,
    source: '/erp/sap',
    type,
    time: new Date(Date.UTC(2026, 2, 2, 8, minute)).toISOString(),
    data: {
      objects: objects
        .split(' ')
        .map((text) => ({ type: text.slice(0, text.indexOf('/')), id: text.slice(text.indexOf('/') + 1) })),
      ...data,
    },
  }
}

const DOWN = { status: 'failed', code: 'HTTP 503', message: 'service unavailable', retryable: true }
const ok = { status: 'ok' }
const reader = (tenant: TenantId) => tenantReader(stores.clickhouse.reader, tenant)
const store = (tenant: TenantId, events: readonly unknown[]) => storeEvents(stores.clickhouse.writer, tenant, events)
const timeline = async (tenant: TenantId, type: string, id: string) =>
  ObjectTimeline.omit({ delays: true }).parse(await objectTimeline(reader(tenant), type, id))
const search = async (tenant: TenantId, type: string, query: { q?: string; limit: number; after?: string }) => {
  const now = Date.UTC(2026, 2, 3) * 1000
  await derive({ stores }, tenant, now, ['processes'])
  return ObjectSearch.parse(await searchObjects(reader(tenant), type, { ...query, now }))
}

test('a document shows its events in order with everything that was sent', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event('b', 0, 'invoice.captured', 'invoice/I1', { seq: 2 }),
    event('a', 0, 'invoice.received', 'invoice/I1 purchase_order/P1', {
      seq: 1,
      actor: { id: 'svc', kind: 'system' },
      money: { amount: '1248.00', currency: 'EUR' },
      due_at: '2026-04-01T00:00:00Z',
      terms: { days: 30 },
      object_attributes: { 'invoice/I1': { supplier: 'S-9', category: 'MRO', number: 4711 } },
      attributes: { plant: 'P4', colour: 'green' },
    }),
    event('c', 61, 'invoice.mismatched', 'invoice/I1 purchase_order/P1 approval/A1', {
      seq: 3,
      outcome: { status: 'rejected', code: 'PRICE_VARIANCE', message: 'too dear' },
      exception: { id: 'EX-1', state: 'raised' },
      policy: { id: 'price-tolerance', version: '7', decision: 'violated' },
      waits_on: { kind: 'person', id: 'u17', step: 'approve' },
      ai: { model: 'm', confidence: 0.9 },
    }),
    event('d', 62, 'mystery step', 'invoice/I1', { seq: 4, object_attributes: { 'invoice/I1': { supplier: 'S-10' } } }),
  ])
  const shown = await timeline(tenant, 'invoice', 'I1')
  assert.deepEqual(
    shown.events.map((one) => one.activity),
    ['invoice.received', 'invoice.captured', 'invoice.mismatched', 'mystery step'],
  )
  assert.deepEqual([shown.first_at, shown.duration_s], ['2026-03-02T08:00:00.000000Z', 3720])
  assert.deepEqual(shown.attributes, { category: 'MRO', number: '4711', supplier: 'S-10' })
  assert.deepEqual(shown.related, [
    { type: 'purchase_order', id: 'P1', events: 2 },
    { type: 'approval', id: 'A1', events: 1 },
  ])
  assert.deepEqual(shown.blocked_by, [])
  assert.deepEqual(shown.open_exceptions, [
    { exception_id: 'EX-1', category: 'match.price', class: 'business', since: '2026-03-02T09:01:00.000000Z' },
  ])
  const [received, , mismatched, unmapped] = shown.events
  assert.deepEqual(received?.money, { amount: '1248', currency: 'EUR' })
  assert.deepEqual(received?.attributes, { category: 'MRO', colour: 'green', plant: 'P4', supplier: 'S-9', terms: { days: 30 } })
  assert.equal(received?.due_at, '2026-04-01T00:00:00.000000Z')
  assert.deepEqual(
    [
      mismatched?.classification.class,
      mismatched?.exception?.id,
      mismatched?.policy?.version,
      mismatched?.waits_on?.id,
      mismatched?.ai,
    ],
    ['business', 'EX-1', '7', 'u17', { confidence: 0.9, model: 'm' }],
  )
  assert.deepEqual([unmapped?.mapped, unmapped?.superseded, unmapped?.ended_at], [false, false, null])
})

test('a started and completed step is one line with an end and the outcome of its end', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event('s', 0, 'invoice.captured', 'invoice/I1', { lifecycle: 'started' }),
    event('e', 30, 'invoice.captured', 'invoice/I1', { lifecycle: 'completed', completes: 's', outcome: DOWN }),
    event('x', 40, 'invoice.matched', 'invoice/I1', { lifecycle: 'completed', completes: 'never-sent' }),
  ])
  const { events, last_at } = await timeline(tenant, 'invoice', 'I1')
  assert.deepEqual(
    events.map((one) => [one.activity, one.occurred_at, one.ended_at, one.outcome.status]),
    [
      ['invoice.captured', '2026-03-02T08:00:00.000000Z', '2026-03-02T08:30:00.000000Z', 'failed'],
      ['invoice.matched', '2026-03-02T08:40:00.000000Z', null, ''],
    ],
  )
  assert.equal(last_at, '2026-03-02T08:40:00.000000Z')
})

test('a corrected event stays visible as superseded and counts nowhere', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event('a', 0, 'invoice.received', 'invoice/I1'),
    event('b', 9, 'operation.failed', 'invoice/I1', { operation: { id: 'o', attempt: 1 }, outcome: DOWN }),
    event('c', 9, 'operation.succeeded', 'invoice/I1', { operation: { id: 'o', attempt: 1 }, outcome: ok, corrects: 'b' }),
  ])
  const shown = await timeline(tenant, 'invoice', 'I1')
  assert.deepEqual(
    shown.events
      .toSorted((a, b) => (a.activity < b.activity ? -1 : 1))
      .map((one) => [one.activity, one.superseded, one.corrects !== null]),
    [
      ['invoice.received', false, false],
      ['operation.failed', true, false],
      ['operation.succeeded', false, true],
    ],
  )
  assert.equal(shown.events.find((one) => one.superseded)?.event_id, shown.events.find((one) => one.corrects !== null)?.corrects)
  assert.deepEqual(shown.blocked_by, [])
  assert.deepEqual((await search(tenant, 'invoice', { limit: 5 })).objects[0]?.technical_failures, 0)
})

test('a document says which technical failure blocks it until a retry, or another way, brings it on', async () => {
  const tenant = await freshTenant()
  const failed = (id: string, minute: number, operation: string, attempt: number, type = 'operation.failed') =>
    event(id, minute, type, 'invoice/I1', { operation: { id: operation, attempt }, outcome: DOWN, system: 'sap-eu' })
  await store(tenant, [
    failed('1', 0, 'healed', 1),
    event('2', 5, 'operation.succeeded', 'invoice/I1', { operation: { id: 'healed', attempt: 2 }, outcome: ok }),
    failed('3', 10, 'by-hand', 1),
    failed('4', 11, 'by-hand', 1, 'operation.abandoned'),
    failed('5', 12, 'stuck', 1),
    failed('6', 20, 'stuck', 2),
    event('7', 30, 'invoice.posted', 'invoice/I1'),
  ])
  assert.deepEqual((await timeline(tenant, 'invoice', 'I1')).blocked_by, [
    { operation_id: 'stuck', system: 'sap-eu', category: 'unavailable', since: '2026-03-02T08:12:00.000000Z', attempts: 2 },
  ])
})

test('an object that no event names, or only those of another tenant, is not found', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  await store(other, [event('a', 0, 'invoice.received', 'invoice/I1')])
  await assert.rejects(objectTimeline(reader(tenant), 'invoice', 'I1'), { code: 'not_found' })
  assert.deepEqual(await search(tenant, 'invoice', { limit: 5 }), { type: 'invoice', objects: [], next: null })
})

test('documents are found by part of their id, page by page, the latest active first', async () => {
  const tenant = await freshTenant()
  const ids = Array.from({ length: 25 }, (_, at) => `INV-%/${at}`)
  await store(tenant, [
    ...ids.map((id, at) =>
      event(`r${at}`, at < 10 ? 0 : at, 'invoice.received', `invoice/${id}`, {
        attributes: { supplier: 'acme', entity: 'DE01' },
      }),
    ),
    event('m', 50, 'invoice.mismatched', 'invoice/INV-%/3', { outcome: { status: 'rejected', code: 'PRICE_VARIANCE' } }),
    event('f', 51, 'operation.failed', 'invoice/INV-%/3', { operation: { id: 'o', attempt: 1 }, outcome: DOWN }),
    event('p', 50, 'po.created', 'purchase_order/INV-%/3'),
  ])
  const pages: string[] = []
  let after: string | undefined
  do {
    const page = await search(tenant, 'invoice', { q: 'inv-%', limit: 7, ...(after === undefined ? {} : { after }) })
    pages.push(...page.objects.map((one) => one.id))
    after = page.next ?? undefined
  } while (after !== undefined)
  assert.deepEqual(pages.toSorted(), ids.toSorted())
  assert.deepEqual(pages.slice(0, 3), ['INV-%/3', 'INV-%/24', 'INV-%/23'])
  assert.deepEqual((await search(tenant, 'invoice', { q: '%/3', limit: 5 })).objects, [
    {
      id: 'INV-%/3',
      events: 3,
      first_at: '2026-03-02T08:00:00.000000Z',
      last_at: '2026-03-02T08:51:00.000000Z',
      last_activity: 'operation.failed',
      supplier: 'acme',
      entity: 'DE01',
      business_exceptions: 1,
      technical_failures: 1,
    },
  ])
  await assert.rejects(search(tenant, 'invoice', { limit: 5, after: 'x' }), { code: 'parameter_invalid' })
})

test('sources say what arrived, what has no canonical name, what conflicts and what was corrected', async () => {
  const tenant = await freshTenant()
  const received = event('a', 0, 'invoice.received', 'invoice/I1 purchase_order/P1')
  await store(tenant, [
    received,
    event('b', 5, 'Vendor creates invoice', 'invoice/I1'),
    { ...event('c', 6, 'po.sent', 'purchase_order/P1'), source: '/portal' },
  ])
  await store(tenant, [received, { ...received, time: '2026-03-03T08:00:00Z' }])
  await store(tenant, [event('d', 7, 'invoice.captured', 'invoice/I1', { corrects: 'b' })])
  const shown = await sources(reader(tenant))
  assert.deepEqual(
    shown.sources.map(({ source, events, objects, unmapped, first_at }) => [source, events, objects, unmapped, first_at]),
    [
      ['/erp/sap', 3, 2, 1, '2026-03-02T08:00:00.000000Z'],
      ['/portal', 1, 1, 0, '2026-03-02T08:06:00.000000Z'],
    ],
  )
  assert.deepEqual(shown.unmapped, [{ activity: 'Vendor creates invoice', events: 1, source: '/erp/sap' }])
  assert.deepEqual(
    shown.conflicts.map(({ natural_id, source, copies }) => [natural_id, source, copies]),
    [['a', '/erp/sap', 2]],
  )
  assert.equal(shown.corrections, 1)
})
