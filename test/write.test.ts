import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEventWriter, WRITER_LIMITS } from '../ingest/write.ts'
import { type Event, isRefusal, readEvent } from '../model/event.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { startClickHouseWay } from './support/clickhouse-way.ts'

const { direct, through, set, untilHeld, close } = await startClickHouseWay()
after(close)

const now = (): number => Date.now() * 1000
const newWriter = () => createEventWriter({ clickhouse: through.writer, now })
const newTenant = (): TenantId => verifiedTenant(`t-${randomUUID().slice(0, 8)}`)

function eventOf(tenant: TenantId, id: string, data: Record<string, unknown> = {}): Event {
  const { type = 'invoice.received', ...rest } = data
  const event = readEvent(
    {
      specversion: '1.0',
      id,
      source: '/erp/test',
      type,
      time: '2026-03-02T09:30:00Z',
      data: { seq: 1, objects: [{ type: 'invoice', id: `INV-${id}` }], ...rest },
    },
    { tenant, receivedAt: now(), fallbackSeq: 0 },
  )
  if (isRefusal(event)) throw new Error(event.message)
  return event
}

function eventsOf(
  tenant: TenantId,
  prefix: string,
  count: number,
  data: (at: number) => Record<string, unknown> = () => ({}),
): Event[] {
  return Array.from({ length: count }, (_, at) => eventOf(tenant, `${prefix}-${at}`, data(at)))
}

async function rows<T>(query: string, tenant: TenantId): Promise<T[]> {
  const answer = await direct.writer.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
  return answer.json<T>()
}

/** Events and rows of timelines of a tenant, as reads see them. */
async function stored(tenant: TenantId): Promise<{ events: number; places: number }> {
  const [counts] = await rows<{ events: number; places: number }>(
    `SELECT
        (SELECT toUInt32(count()) FROM sightline.events FINAL WHERE tenant_id = {tenant:String}) AS events,
        (SELECT toUInt32(count()) FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND live) AS places`,
    tenant,
  )
  return counts ?? { events: -1, places: -1 }
}

async function insertsSoFar(): Promise<number> {
  const [count] = await rows<{ count: number }>(
    `SELECT toUInt32(sum(value)) AS count FROM system.events WHERE event = 'InsertQuery'`,
    newTenant(),
  )
  return count?.count ?? 0
}

test('calls that arrive during an insert share the next one', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const before = await insertsSoFar()
  set('held')
  const first = writer.write(tenant, eventsOf(tenant, 'first', 5))
  await untilHeld()
  const others = Array.from({ length: 20 }, (_, at) => writer.write(tenant, eventsOf(tenant, `other-${at}`, 5)))
  assert.equal(writer.pending(), 105)
  set('open')
  assert.equal((await first).accepted, 5)
  assert.deepEqual(new Set((await Promise.all(others)).map(({ accepted }) => accepted)), new Set([5]))
  // Two blocks, each with its rows of the ledger.
  assert.equal((await insertsSoFar()) - before, 4)
  assert.equal(writer.pending(), 0)
  assert.deepEqual(await stored(tenant), { events: 105, places: 105 })
})

test('a copy is known at once, in one call and over two', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const events = eventsOf(tenant, 'e', 3)
  const [first] = events
  assert.ok(first !== undefined)
  assert.deepEqual(await writer.write(tenant, [...events, first]), { accepted: 3, duplicates: 1, conflicts: [], refused: [] })
  assert.deepEqual(await writer.write(tenant, events), { accepted: 0, duplicates: 3, conflicts: [], refused: [] })
  assert.deepEqual(await stored(tenant), { events: 3, places: 3 })
})

test('a copy that another process stored is stored once', async () => {
  const tenant = newTenant()
  const events = eventsOf(tenant, 'e', 3)
  await newWriter().write(tenant, events)
  assert.equal((await newWriter().write(tenant, events)).accepted, 3)
  assert.deepEqual(await stored(tenant), { events: 3, places: 3 })
})

test('of two contents of one event the first stands, and the other is named and kept', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  await writer.write(tenant, [eventOf(tenant, 'e', { step: 'first' })])
  const verdict = await writer.write(tenant, [eventOf(tenant, 'new'), eventOf(tenant, 'e', { step: 'second' })])
  assert.deepEqual(verdict, {
    accepted: 1,
    duplicates: 0,
    conflicts: [{ index: 1, event_id: eventOf(tenant, 'e').event_id }],
    refused: [],
  })
  const standing = await rows<{ step: string }>(
    `SELECT step FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND live AND object_id = 'INV-e'`,
    tenant,
  )
  assert.deepEqual(standing, [{ step: 'first' }])
  const kept = await rows<{ step: string }>(
    `SELECT step FROM sightline.events FINAL WHERE tenant_id = {tenant:String} AND natural_id = 'e' ORDER BY received_at`,
    tenant,
  )
  assert.deepEqual(kept, [{ step: 'first' }, { step: 'second' }])
})

test('what waits is bounded: beyond it callers are told to come back, and nothing that was taken is lost', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const pattern = eventOf(tenant, 'pattern')
  const block = () => Array.from({ length: WRITER_LIMITS.blockRows }, () => ({ ...pattern, event_id: randomUUID() }))
  set('held')
  const taken = Array.from({ length: WRITER_LIMITS.pendingRows / WRITER_LIMITS.blockRows }, () => writer.write(tenant, block()))
  assert.equal(writer.pending(), WRITER_LIMITS.pendingRows)
  const error = await failure(writer.write(tenant, [pattern]))
  assert.equal(error.code, 'overloaded')
  assert.equal(error.status, 429)
  assert.ok((error.retryAfterS ?? 0) > 0)
  set('open')
  await Promise.all(taken)
  assert.equal((await writer.write(tenant, [pattern])).accepted, 1)
  assert.equal((await stored(tenant)).events, WRITER_LIMITS.pendingRows + 1)
})

test('a writer that drains finishes what it took and takes no more', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  set('held')
  const taken = [writer.write(tenant, eventsOf(tenant, 'a', 5)), writer.write(tenant, eventsOf(tenant, 'b', 5))]
  await untilHeld()
  const drained = writer.drain()
  const error = await failure(writer.write(tenant, eventsOf(tenant, 'late', 1)))
  assert.equal(error.code, 'draining')
  assert.equal(error.status, 503)
  set('open')
  await drained
  assert.deepEqual(await stored(tenant), { events: 10, places: 10 })
  assert.deepEqual(
    (await Promise.all(taken)).map(({ accepted }) => accepted),
    [5, 5],
  )
})

test('while ClickHouse is away nothing is acknowledged, and sending again afterwards loses and doubles nothing', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const events = eventsOf(tenant, 'e', 50)
  set('broken')
  const error = await failure(writer.write(tenant, events))
  assert.equal(error.code, 'store_unavailable')
  assert.equal(error.status, 503)
  assert.ok((error.retryAfterS ?? 0) > 0)
  assert.equal(writer.pending(), 0)
  set('open')
  assert.deepEqual(await writer.write(tenant, events), { accepted: 50, duplicates: 0, conflicts: [], refused: [] })
  assert.deepEqual(await stored(tenant), { events: 50, places: 50 })
})

test('an interruption shorter than the writer’s patience is not noticed', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  set('broken')
  const writing = writer.write(tenant, eventsOf(tenant, 'e', 5))
  await sleep(150)
  set('open')
  assert.equal((await writing).accepted, 5)
  assert.deepEqual(await stored(tenant), { events: 5, places: 5 })
})

test('an answer that is lost on its way back changes no number', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  set('answer lost')
  assert.equal((await writer.write(tenant, eventsOf(tenant, 'e', 50))).accepted, 50)
  assert.deepEqual(await stored(tenant), { events: 50, places: 50 })
})

test('a call of twenty thousand corrections is stored and settled', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  await writer.write(tenant, eventsOf(tenant, 'e', 20_000))
  const corrections = eventsOf(tenant, 'c', 20_000, (at) => ({
    corrects: `e-${at}`,
    objects: [{ type: 'invoice', id: `INV-e-${at}` }],
    step: 'corrected',
  }))
  assert.equal((await writer.write(tenant, corrections)).accepted, 20_000)
  const places = await rows<{ step: string; count: number }>(
    `SELECT step, toUInt32(count()) AS count FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND live GROUP BY step`,
    tenant,
  )
  assert.deepEqual(places, [{ step: 'corrected', count: 20_000 }])
  assert.equal((await writer.write(tenant, eventsOf(tenant, 'after', 20_000))).accepted, 20_000)
})

test('twenty thousand exceptions take the class of their technical causes, which come later', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const raised = eventsOf(tenant, 'x', 20_000, (at) => ({
    type: 'exception.raised',
    outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
    exception: { id: `EX-${at}`, state: 'raised', caused_by: `INC-${at}` },
  }))
  const causes = eventsOf(tenant, 'i', 20_000, (at) => ({
    type: 'exception.raised',
    outcome: { status: 'timeout', code: 'TIMEOUT' },
    exception: { id: `INC-${at}`, state: 'raised' },
  }))
  await writer.write(tenant, raised)
  await writer.write(tenant, causes)
  const classes = await rows<{ class: string; count: number }>(
    `SELECT class, toUInt32(count()) AS count FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND live GROUP BY class`,
    tenant,
  )
  assert.deepEqual(classes, [{ class: 'technical', count: 40_000 }])
})

async function failure(promise: Promise<unknown>): Promise<SightlineError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof SightlineError, `it failed otherwise: ${String(error)}`)
  return error
}
