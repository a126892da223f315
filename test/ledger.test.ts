import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Batch } from '../ingest/batch.ts'
import { settleLedger } from '../ingest/ledger.ts'
import { createEventWriter } from '../ingest/write.ts'
import { type Event, isRefusal, readEvent } from '../model/event.ts'
import type { TenantId } from '../model/tenant.ts'
import { deadLetters, wholeLetters } from '../queries/dead-letters.ts'
import { ledger } from '../queries/ledger.ts'
import { tenantReader } from '../queries/run.ts'
import { sharedStores } from './support/stores.ts'

const { stores, close, freshTenant } = await sharedStores()
after(close)
const { writer: clickhouse, reader } = stores.clickhouse

const now = (): number => Date.now() * 1000
const newWriter = () => createEventWriter({ clickhouse, now })
const range = () => ({ from: now() - 3600e6, to: now() + 3600e6 })

function eventOf(tenant: TenantId, id: string, code = ''): Event {
  const event = readEvent(
    {
      specversion: '1.0',
      id,
      source: '/erp/test',
      type: 'invoice.received',
      time: '2026-03-02T09:30:00Z',
      data: { seq: 1, object: `invoice/${id}`, ...(code === '' ? {} : { outcome: { status: 'ok', code } }) },
    },
    { tenant, receivedAt: now(), fallbackSeq: 0 },
  )
  if (isRefusal(event)) throw new Error(event.message)
  return event
}

function batchOf(tenant: TenantId, token: string, at: number, ids: readonly string[], letters: Batch['letters'] = []): Batch {
  return {
    tenant,
    feed: 'erp',
    token,
    at,
    events: ids.map((id, ordinal) => ({ event: eventOf(tenant, id), ordinal })),
    letters,
    ignored: 1,
  }
}

async function totals(tenant: TenantId) {
  await settleLedger(clickhouse, { now: now() + 200e6, sinceS: 3600, quietS: 0 })
  return (await ledger(tenantReader(reader, tenant), { ...range(), bucket: 'hour', feed: '' })).totals
}

test('the ledger tells what was stored, what was a copy, what was rejected and what was left out', async () => {
  const tenant = await freshTenant()
  const writer = newWriter()
  const letter = {
    coordinates: { request: 'r1', index: 3 },
    headers: { 'content-type': 'application/json', authorization: 'Bearer secret' },
    raw: Buffer.from('{"broken'),
    format: 'cloudevents',
    code: 'json_invalid',
    reason: 'is not JSON: \ud83d',
    mapping: '',
    mappingVersion: 0,
  }
  await writer.writeBatch(batchOf(tenant, 'one', writer.arrival(5), ['a', 'b', 'c'], [letter]))
  await writer.writeBatch(batchOf(tenant, 'two', writer.arrival(3), ['c', 'd']))
  // A process that remembers nothing: the store finds the copy.
  await newWriter().writeBatch(batchOf(tenant, 'three', writer.arrival(3), ['a', 'e']))
  assert.deepEqual(await totals(tenant), {
    received: 11,
    stored: 5,
    duplicate: 2,
    rejected: 1,
    ignored: 3,
    in_flight: 0,
    late: 6,
    missing: 0,
  })
  const found = await deadLetters(tenantReader(reader, tenant), {})
  assert.equal(found.length, 1)
  const [whole] = await wholeLetters(tenantReader(reader, tenant), [found[0]?.letter_id ?? ''])
  assert.equal(Buffer.from(whole?.raw ?? '', 'base64').toString(), '{"broken')
  assert.deepEqual(whole?.headers, { 'content-type': 'application/json' })
})

test('the password in the body of a cXML document is not kept', async () => {
  const tenant = await freshTenant()
  const writer = newWriter()
  const letter = {
    coordinates: { request: 'r1', index: 0 },
    headers: {},
    raw: Buffer.from('<cXML><SharedSecret x="y">top secret</SharedSecret><broken'),
    format: 'cxml',
    code: 'xml_invalid',
    reason: 'is not XML',
    mapping: '',
    mappingVersion: 0,
  }
  await writer.writeBatch(batchOf(tenant, 'one', writer.arrival(1), [], [letter]))
  const [found] = await deadLetters(tenantReader(reader, tenant), {})
  assert.equal(found?.beginning, '<cXML><SharedSecret x="y">**********</SharedSecret><broken')
})

test('a Kafka range that is replayed counts once, and one that was cut off before its count is made good', async () => {
  const tenant = await freshTenant()
  const signal = new AbortController().signal
  const writer = newWriter()
  const at = writer.arrival(3)
  const token = 'v1|c|orders|0|0|0-2'
  const one = { token, batches: [batchOf(tenant, token, at, ['a', 'b', 'c'])] }
  await writer.writeRange(one, signal)
  await newWriter().writeRange(one, signal)
  await writer.writeRange(one, signal)
  const expected = { received: 4, stored: 3, duplicate: 0, rejected: 0, ignored: 1, in_flight: 0, late: 3, missing: 0 }
  assert.deepEqual(await totals(tenant), expected)
})

test('a range that was claimed before an outage takes the first arrival from a copy that was settled meanwhile', async () => {
  const tenant = await freshTenant()
  const writer = newWriter()
  const { signal } = new AbortController()
  const claimed = writer.arrival(1) - 600e6
  const token = (offset: number) => `v1|c|orders|0|0|${offset}-${offset}`
  await writer.writeRange({ token: token(9), batches: [batchOf(tenant, token(9), writer.arrival(1), ['a'])] }, signal)
  assert.equal((await totals(tenant)).stored, 1)
  await newWriter().writeRange({ token: token(3), batches: [batchOf(tenant, token(3), claimed, ['a', 'b'])] }, signal)
  assert.deepEqual(await totals(tenant), {
    received: 5,
    stored: 2,
    duplicate: 1,
    rejected: 0,
    ignored: 2,
    in_flight: 0,
    late: 3,
    missing: 0,
  })
})

test('rows that were acknowledged and are gone are named as missing', async () => {
  const tenant = await freshTenant()
  const writer = newWriter()
  await writer.writeBatch(batchOf(tenant, 'one', writer.arrival(3), ['a', 'b', 'c']))
  await clickhouse.command({
    query: `ALTER TABLE sightline.batch_arrivals DELETE WHERE tenant_id = {tenant:String} SETTINGS mutations_sync = 2`,
    query_params: { tenant },
  })
  const { missing } = await totals(tenant)
  assert.equal(missing, 3)
})

test('what is not yet told apart is in flight, and the equation holds at every moment', async () => {
  const tenant = await freshTenant()
  const writer = newWriter()
  await writer.writeBatch(batchOf(tenant, 'one', writer.arrival(3), ['a', 'b', 'c']))
  const { totals: early } = await ledger(tenantReader(reader, tenant), { ...range(), bucket: 'minute', feed: '' })
  assert.deepEqual(early, { received: 4, stored: 0, duplicate: 0, rejected: 0, ignored: 1, in_flight: 3, late: 3, missing: 0 })
  const settled = await totals(tenant)
  assert.deepEqual(settled, { ...early, stored: 3, in_flight: 0 })
})
