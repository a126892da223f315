import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertValues } from '../ingest/rows.ts'
import { settleLeftovers, settleRecent } from '../ingest/settle.ts'
import { type Event, isRefusal, readEvent } from '../model/event.ts'
import { eventRow, EVENT_COLUMNS } from '../ingest/row.ts'
import type { TenantId } from '../model/tenant.ts'
import { processVariants } from '../queries/process.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

let arrival = Date.UTC(2026, 2, 3) * 1000

function event(tenant: TenantId, id: string, type: string, data: Record<string, unknown>): Event {
  const read = readEvent(
    { specversion: '1.0', id, source: '/erp', type, time: '2026-03-02T09:30:00Z', data: { object: 'invoice/I-1', ...data } },
    { tenant, receivedAt: arrival, fallbackSeq: 0 },
  )
  if (isRefusal(read)) return assert.fail(read.message)
  return read
}

/** Stores a block as the writer does, and dies before it settles anything. */
async function storeAndDie(tenant: TenantId, events: Event[]): Promise<void> {
  const rows = events.map((one) => eventRow(tenant, one, { receivedAt: arrival++, importId: '' }).values)
  const into = { table: 'events', columns: EVENT_COLUMNS }
  assert.deepEqual(await insertValues(stores.clickhouse.writer, into, rows, '', { attempts: 1 }), [])
}

test('what a process left unsettled when it died is settled by the next one', async () => {
  const tenant = await freshTenant()
  await storeAndDie(tenant, [
    event(tenant, 'a', 'invoice.received', { seq: 1 }),
    event(tenant, 'b', 'invoice.captured', { seq: 2, corrects: 'a' }),
    event(tenant, 'x', 'exception.raised', {
      seq: 3,
      exception: { id: 'EX-1', state: 'raised', caused_by: 'INC-1' },
      outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
    }),
    event(tenant, 'i', 'exception.raised', {
      seq: 4,
      object: 'connector/wms',
      exception: { id: 'INC-1', state: 'raised' },
      outcome: { status: 'timeout', code: 'SOURCE_SILENT' },
    }),
  ])
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const variants = async () => {
    await derive({ stores }, tenant, undefined, ['processes'])
    return (await processVariants(reader, { type: 'invoice', names: 'canonical', limit: 5 })).variants[0]?.activities
  }
  const classes = async () => {
    const answer = await stores.clickhouse.writer.query({
      query: `SELECT class FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND exception_id = 'EX-1'`,
      query_params: { tenant },
      format: 'JSONEachRow',
    })
    return (await answer.json<{ class: string }>()).map((row) => row.class)
  }
  assert.deepEqual(await variants(), ['invoice.received', 'invoice.captured', 'exception.raised'])
  assert.deepEqual(await classes(), ['business'])

  await settleLeftovers(stores.clickhouse.writer, () => arrival++)
  assert.deepEqual(await variants(), ['invoice.captured', 'exception.raised'])
  assert.deepEqual(await classes(), ['technical'])
})

test('what two processes wrote over one another is put right by the next look', async () => {
  const tenant = await freshTenant()
  const { writer } = stores.clickhouse
  const before = arrival
  await storeAndDie(tenant, [
    event(tenant, 'a', 'invoice.received', { seq: 1 }),
    event(tenant, 'b', 'invoice.captured', { seq: 2, corrects: 'a' }),
  ])
  await settleRecent(writer, before, () => arrival++)
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const variants = async () => {
    await derive({ stores }, tenant, undefined, ['processes'])
    return (await processVariants(reader, { type: 'invoice', names: 'canonical', limit: 5 })).variants[0]?.activities
  }
  assert.deepEqual(await variants(), ['invoice.captured'])
  // Another process had read the timeline before, and writes what it read afterwards.
  await writer.command({
    query: `INSERT INTO sightline.object_events SELECT * REPLACE (true AS live, version + 1 AS version)
            FROM sightline.object_events AS held FINAL WHERE tenant_id = {tenant:String} AND NOT held.live`,
    query_params: { tenant },
  })
  assert.deepEqual((await variants())?.toSorted(), ['invoice.captured', 'invoice.received'])
  await settleRecent(writer, before, () => arrival++)
  assert.deepEqual(await variants(), ['invoice.captured'])
})
