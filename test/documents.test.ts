import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)
const NOW = Date.UTC(2026, 2, 20) * 1000
let serial = 0

function event(type: string, object: string, hour: number, said: Record<string, unknown> = {}) {
  const [kind = '', id = ''] = object.split('/')
  return {
    specversion: '1.0',
    id: `d-${++serial}`,
    source: '/erp',
    type,
    time: new Date(Date.UTC(2026, 2, 2) + hour * 3_600_000).toISOString(),
    subject: id,
    data: { objects: [{ type: kind, id }], system: 'erp', ...said },
  }
}

test('a document says what it waits on, and a late event changes that', async () => {
  const tenant = await freshTenant()
  const rows = async () => {
    const answer = await stores.clickhouse.writer.query({
      query: `SELECT document_id, outcome, waits_on, waits_id, toString(amount) AS amount, touches, length(exceptions) AS open
              FROM sightline.documents FINAL WHERE tenant_id = {tenant:String} ORDER BY document_id`,
      query_params: { tenant },
      format: 'JSONEachRow',
    })
    return answer.json()
  }
  await storeEvents(stores.clickhouse.writer, tenant, [
    event('invoice.received', 'invoice/A', 0, { money: { amount: '100.00', currency: 'EUR' } }),
    event('approval.requested', 'invoice/A', 1, { waits_on: { kind: 'person', id: 'u1', step: 'approve' } }),
    event('invoice.received', 'invoice/B', 0),
    event('exception.raised', 'invoice/B', 1, {
      exception: { id: 'EX-1', state: 'raised', caused_by: null },
      outcome: { status: 'rejected', code: 'PRICE_VARIANCE', message: 'price' },
    }),
    event('invoice.received', 'invoice/C', 0),
    event('payment.transmitted', 'invoice/C', 9, { actor: { id: 'u2', kind: 'human' } }),
  ])
  await derive({ stores }, tenant, NOW)
  assert.deepEqual(await rows(), [
    { document_id: 'A', outcome: '', waits_on: 'person', waits_id: 'u1', amount: '100', touches: 0, open: 0 },
    { document_id: 'B', outcome: '', waits_on: 'exception', waits_id: 'match.price', amount: '0', touches: 0, open: 1 },
    { document_id: 'C', outcome: 'done', waits_on: '', waits_id: '', amount: '0', touches: 1, open: 0 },
  ])
  await storeEvents(stores.clickhouse.writer, tenant, [
    event('exception.resolved', 'invoice/B', 5, { exception: { id: 'EX-1', state: 'resolved', caused_by: null } }),
  ])
  await derive({ stores }, tenant, NOW)
  assert.deepEqual((await rows())[1], {
    document_id: 'B',
    outcome: '',
    waits_on: 'queue',
    waits_id: '',
    amount: '0',
    touches: 0,
    open: 0,
  })
})
