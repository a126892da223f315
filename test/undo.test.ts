import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Import, Sources } from '../api/contract/data.ts'
import type { Exceptions } from '../api/contract/exception.ts'
import type { ProcessVariants } from '../api/contract/process.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

type Data = Record<string, unknown>
const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 9, 0) + minute * 60_000).toISOString()

function event(id: string, minute: number, type: string, data: Data = {}): Data {
  return { specversion: '1.0', id, source: '/erp', type, time: at(minute), data: { seq: minute, object: 'invoice/I-1', ...data } }
}

function exception(id: string, minute: number, raised: string, causedBy: string | null): Data {
  return event(id, minute, 'exception.raised', {
    exception: { id: raised, state: 'raised', caused_by: causedBy },
    outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
  })
}

function attempt(id: string, minute: number, status: 'failed' | 'ok'): Data {
  return event(id, minute, status === 'ok' ? 'operation.succeeded' : 'operation.failed', {
    object: 'payment/P-1',
    operation: { id: 'OP-1', attempt: 1 },
    outcome: status === 'ok' ? { status } : { status, code: 'HTTP 503' },
  })
}

async function post(tenant: string, events: Data[], path = '/v1/events'): Promise<{ accepted: number; duplicates: number }> {
  const { status, body } = await server.ask<{ accepted: number; duplicates: number }>('POST', path, { tenant, body: events })
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300))
  return body
}

async function importOf(tenant: string, events: Data[]): Promise<string> {
  const made = await server.ask<Import>('POST', '/v1/imports', {
    tenant,
    body: { source: '/import/x', file_name: 'x', file_sha256: 'a'.repeat(64), bytes: 1, format: 'cloudevents', mapping: null },
  })
  await post(tenant, events, `/v1/events?import=${made.body.id}`)
  return made.body.id
}

async function variant(tenant: string): Promise<string[]> {
  await server.derived(tenant, ['processes'])
  const { body } = await server.ask<ProcessVariants>('GET', '/v1/process/invoice/variants', { tenant })
  return body.variants[0]?.activities ?? []
}

async function businessItems(tenant: string): Promise<number> {
  await server.derived(tenant, ['exceptions'])
  const { body } = await server.ask<Exceptions>('GET', '/v1/exceptions?from=2026-03-01&to=2026-04-01', { tenant })
  return body.totals.find((total) => total.class === 'business')?.items ?? -1
}

/** The rows of a table that stand. */
async function rowsOf(tenant: string, table: string): Promise<{ live?: boolean }[]> {
  const answer = await server.stores.clickhouse.writer.query({
    query: 'SELECT * FROM sightline.{table:Identifier} FINAL WHERE tenant_id = {tenant:String}',
    query_params: { tenant, table },
    format: 'JSONEachRow',
  })
  return answer.json<{ live?: boolean }>()
}

/** What is told of a tenant's sources, and how many decisions of policies and links between documents are known. */
async function told(tenant: string) {
  const { body } = await server.ask<Sources>('GET', '/v1/sources', { tenant })
  return {
    events: body.sources.reduce((sum, { events }) => sum + events, 0),
    conflicts: body.conflicts.map(({ natural_id }) => natural_id),
    decisions: (await rowsOf(tenant, 'policy_decisions')).filter(({ live }) => live).length,
    links: (await rowsOf(tenant, 'object_links')).length,
  }
}

test('undo gives back what a correction of the import had replaced', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, [event('e1', 1, 'invoice.received'), event('e2', 2, 'invoice.posted')])
  const id = await importOf(tenant, [event('c1', 1, 'invoice.captured', { corrects: 'e1' })])
  assert.deepEqual(await variant(tenant), ['invoice.captured', 'invoice.posted'])
  assert.equal((await server.ask('DELETE', `/v1/imports/${id}`, { tenant })).status, 200)
  assert.deepEqual(await variant(tenant), ['invoice.received', 'invoice.posted'])
})

test('undo gives an exception its own class again when its technical cause goes', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, [exception('x1', 1, 'EX-1', 'OP-1')])
  assert.equal(await businessItems(tenant), 1)
  const id = await importOf(tenant, [attempt('t1', 0, 'failed')])
  assert.equal(await businessItems(tenant), 0)
  await server.ask('DELETE', `/v1/imports/${id}`, { tenant })
  assert.equal(await businessItems(tenant), 1)
})

test('an event that came by import and live stays after the undo of the import', async () => {
  const tenant = await server.freshTenant()
  const one = event('e1', 1, 'invoice.received')
  const id = await importOf(tenant, [one, event('e2', 2, 'invoice.posted')])
  await post(tenant, [one])
  await server.ask('DELETE', `/v1/imports/${id}`, { tenant })
  assert.deepEqual(await variant(tenant), ['invoice.received'])
})

test('undo takes what an import alone told of sources, conflicts, policies and links', async () => {
  const tenant = await server.freshTenant()
  const decided = { id: 'match-tolerance', version: '1', decision: 'passed' }
  const received = event('e1', 1, 'invoice.received')
  await post(tenant, [received, event('p1', 2, 'policy.evaluated', { policy: decided })])
  const minutes = async () => (await rowsOf(tenant, 'source_minutes')).length
  const [before, minutesBefore] = [await told(tenant), await minutes()]
  assert.deepEqual(before, { events: 2, conflicts: [], decisions: 1, links: 0 })
  const id = await importOf(tenant, [
    { ...received, time: at(7) },
    event('p2', 3, 'policy.evaluated', { policy: { ...decided, decision: 'violated' } }),
    event('m1', 4, 'invoice.posted', {
      object: undefined,
      objects: [
        { type: 'invoice', id: 'I-1' },
        { type: 'purchase_order', id: 'P-1' },
      ],
    }),
  ])
  assert.deepEqual(await told(tenant), { events: 4, conflicts: ['e1'], decisions: 2, links: 2 })
  assert.equal(await minutes(), minutesBefore + 3)
  assert.equal((await server.ask('DELETE', `/v1/imports/${id}`, { tenant })).status, 200)
  assert.deepEqual(await told(tenant), before)
  assert.equal(await minutes(), minutesBefore)
})

test('a decision that only a later, conflicting copy tells of is none', async () => {
  const tenant = await server.freshTenant()
  const policy = { id: 'match-tolerance', version: '1', decision: 'violated' }
  await post(tenant, [event('p1', 2, 'policy.evaluated', { outcome: { status: 'ok' } })])
  await post(tenant, [event('p1', 2, 'policy.evaluated', { policy })])
  assert.deepEqual(await told(tenant), { events: 1, conflicts: ['p1'], decisions: 0, links: 0 })
})

test('events without a policy leave no row among the decisions of policies', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, [event('e1', 1, 'invoice.received'), event('e2', 2, 'invoice.posted')])
  assert.deepEqual(await rowsOf(tenant, 'policy_decisions'), [])
})

test('a cause that a correction withdraws, and a failure that a correction heals, leave the exception business', async () => {
  const withdrawn = await server.freshTenant()
  await post(withdrawn, [attempt('t1', 0, 'failed'), exception('x1', 1, 'EX-1', 'OP-1')])
  assert.equal(await businessItems(withdrawn), 0)
  const plain = exception('x2', 1, 'EX-1', null)
  await post(withdrawn, [{ ...plain, data: { ...(plain['data'] as Data), corrects: 'x1' } }])
  assert.equal(await businessItems(withdrawn), 1)

  const healed = await server.freshTenant()
  await post(healed, [attempt('t1', 0, 'failed'), exception('x1', 1, 'EX-1', 'OP-1')])
  const ok = attempt('t2', 0, 'ok')
  await post(healed, [{ ...ok, data: { ...(ok['data'] as Data), corrects: 't1' } }])
  assert.equal(await businessItems(healed), 1)
})

test('a later, conflicting copy neither corrects nor causes anything', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, [event('e1', 1, 'invoice.received'), event('e2', 2, 'invoice.posted'), exception('x1', 3, 'EX-1', null)])
  await post(tenant, [attempt('t1', 0, 'failed')])
  const before = [await variant(tenant), await businessItems(tenant)]
  await post(tenant, [event('e2', 2, 'invoice.posted', { corrects: 'e1' }), exception('x1', 3, 'EX-1', 'OP-1')])
  assert.deepEqual([await variant(tenant), await businessItems(tenant)], before)
})

test('five thousand corrections and ten thousand events in one request are settled', async () => {
  const tenant = await server.freshTenant()
  const many = (count: number, make: (number: number) => Data) => Array.from({ length: count }, (_, number) => make(number))
  await post(
    tenant,
    many(5000, (n) => event(`e${n}`, 1, 'invoice.received', { object: `invoice/I-${n}` })),
  )
  await post(tenant, [
    ...many(5000, (n) => event(`c${n}`, 1, 'invoice.captured', { object: `invoice/I-${n}`, corrects: `e${n}` })),
    ...many(5000, (n) => event(`p${n}`, 2, 'invoice.posted', { object: `invoice/I-${n}` })),
    ...many(4000, (n) => ({
      ...exception(`x${n}`, 3, `EX-${n}`, 'OP-1'),
      data: { ...(exception(`x${n}`, 3, `EX-${n}`, 'OP-1')['data'] as Data), object: `invoice/I-${n}` },
    })),
    attempt('t1', 0, 'failed'),
  ])
  const { events } = await told(tenant)
  assert.ok(Math.abs(events / 19_001 - 1) < 0.03, `${events} events are estimated`)
  await server.derived(tenant, ['processes'])
  const { body } = await server.ask<ProcessVariants>('GET', '/v1/process/invoice/variants', { tenant })
  assert.deepEqual(
    body.variants.map(({ activities, count }) => [activities.join(' '), count]),
    [
      ['invoice.captured invoice.posted exception.raised', 4000],
      ['invoice.captured invoice.posted', 1000],
    ],
  )
  assert.equal(await businessItems(tenant), 0)
})

test('a thousand exceptions with ids of three hundred characters are taken', async () => {
  const tenant = await server.freshTenant()
  const long = 'x'.repeat(290)
  const sent = Array.from({ length: 1000 }, (_, number) => exception(`x${number}`, 1, `${long}${number}`, 'OP-1'))
  assert.equal((await post(tenant, [...sent, attempt('t1', 0, 'failed')])).accepted, 1001)
  assert.equal(await businessItems(tenant), 0)
})
