import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eq } from 'drizzle-orm'
import { engineParts } from '../alerts/engine.ts'
import { replay } from '../alerts/replay.ts'
import { tickTenant } from '../alerts/tick.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { SlaDefinition } from '../model/sla.ts'
import type { TenantId } from '../model/tenant.ts'
import { changeRules } from '../platform/alert-rules.ts'
import { alertTransitions } from '../platform/postgres/schema.ts'
import { saveSla } from '../platform/slas.ts'
import { asKnown } from './support/as-known.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const tests = await sharedStores()
after(() => tests.close())
const { db } = tests.stores.postgres
const instant = (time: string): number => Date.parse(`2026-03-02T${time}:00Z`) * 1000
const rule = AlertRule.parse({
  id: 'late',
  title: 'Late',
  class: 'business',
  watch: { kind: 'clock', slas: ['hour'] },
})

async function started(): Promise<{ tenant: TenantId; look(time: string): Promise<string[]> }> {
  const tenant = await tests.freshTenant()
  await saveSla(db, {
    tenant,
    actor: 'test',
    sla: SlaDefinition.parse({
      id: 'hour',
      title: 'Within an hour',
      object_type: 'invoice',
      start: [{ activity: 'invoice.received' }],
      stop: [{ activity: 'invoice.approved' }],
      target: { kind: 'elapsed', seconds: 3600 },
    }),
  })
  await db.transaction((tx) => changeRules(tx, { tenant, actor: 'test', changes: [{ kind: 'save', rule }] }))
  let now = 0
  const { stores, log } = tests
  const engine = engineParts({ stores, log, links: null, url: 'http://sightline.test', now: () => Promise.resolve(now) })
  return {
    tenant,
    async look(time) {
      now = instant(time)
      await tickTenant(engine, tenant)
      const rows = await db.select().from(alertTransitions).where(eq(alertTransitions.tenantId, tenant))
      return rows.map(({ key, to }) => `${key} ${to}`)
    },
  }
}

const event = (id: string, invoice: string, type: string, time: string) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type,
  time: `2026-03-02T${time}:00Z`,
  data: { object: `invoice/${invoice}` },
})

test('a breach is not told while an approval waits to be computed; of other documents it is', async () => {
  const { clickhouse } = tests.stores
  const { tenant, look } = await started()
  const received = ['A', 'B'].map((invoice) => event(`r${invoice}`, invoice, 'invoice.received', '09:00'))
  await storeEvents(clickhouse.writer, tenant, received)
  await derive(tests, tenant, instant('09:10'))
  assert.deepEqual(await look('09:10'), [])
  await storeEvents(clickhouse.writer, tenant, [event('aA', 'A', 'invoice.approved', '09:50')])
  assert.deepEqual(await look('10:30'), ['invoice/B hour//1 firing'])
  await derive(tests, tenant, instant('10:31'))
  assert.deepEqual(await look('10:32'), ['invoice/B hour//1 firing'])
  const { live, replayed } = await asKnown(tests, tenant, [rule])
  assert.deepEqual(replayed, live)
})

test('what waited is told as soon as the answers say that it is late after all', async () => {
  const { clickhouse } = tests.stores
  const { tenant, look } = await started()
  await storeEvents(clickhouse.writer, tenant, [event('r', 'A', 'invoice.received', '09:00')])
  await derive(tests, tenant, instant('09:10'))
  assert.deepEqual(await look('09:10'), [])
  await storeEvents(clickhouse.writer, tenant, [event('c', 'A', 'invoice.captured', '09:50')])
  assert.deepEqual(await look('10:30'), [])
  await derive(tests, tenant, instant('10:31'))
  assert.deepEqual(await look('10:32'), ['invoice/A hour//1 firing'])
  const { live, replayed } = await asKnown(tests, tenant, [rule])
  assert.deepEqual(replayed, live)
})

test('a backtest counts the pages that are told in its window, and not what was open before', async () => {
  const { tenant } = await started()
  await storeEvents(tests.stores.clickhouse.writer, tenant, [
    event('rA', 'A', 'invoice.received', '09:00'),
    event('rB', 'B', 'invoice.received', '10:00'),
  ])
  await derive(tests, tenant, instant('12:00'))
  const each = { ...rule, group_by: ['key' as const] }
  const found = await replay(tests.stores, tenant, {
    rule: each,
    from: instant('10:30'),
    to: instant('12:00'),
    mode: 'hindsight',
  })
  assert.deepEqual(
    found.pages.map(({ at, n }) => [at, n]),
    [[instant('11:01'), 1]],
  )
})
