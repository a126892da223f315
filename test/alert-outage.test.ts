import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { and, eq } from 'drizzle-orm'
import { Registry } from 'prom-client'
import { engineParts } from '../alerts/engine.ts'
import { createOutbox } from '../alerts/outbox.ts'
import { tickTenant } from '../alerts/tick.ts'
import type { Note } from '../model/alert-note.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { Routing } from '../model/alert-routing.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { type Instant, instantFromIso } from '../model/instant.ts'
import { SlaDefinition } from '../model/sla.ts'
import { alertInstances } from '../platform/postgres/schema.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { receiveEvents, stateAlerts } from './support/alert-tenant.ts'
import { derive } from './support/derive.ts'
import { startReceiver } from './support/receiver.ts'
import { sharedStores } from './support/stores.ts'

const tests = await sharedStores()
const { stores } = tests
const receiver = await startReceiver()
after(async () => {
  await receiver.close()
  await tests.close()
})

const INVOICES = 300
const OWNERS = ['ada', 'ben', 'cleo', 'dan', 'eve']
/** Owners who still have something to do when the connector works again, and how many invoices each. */
const STILL_OPEN: Readonly<Record<string, number>> = { ada: 40, ben: 35, cleo: 25 }
const SECOND = 1e6
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const at = (text: string): Instant => instantFromIso(`2026-03-03T${text}Z`) ?? assert.fail(text)
const ownerOf = (number: number): string => OWNERS[number % OWNERS.length] ?? ''
const isStillOpen = (number: number): boolean => Math.floor(number / OWNERS.length) < (STILL_OPEN[ownerOf(number)] ?? 0)

let serial = 0
function event(type: string, time: Instant, invoice: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id: `e${++serial}`,
    source: '/n8n',
    type,
    time: new Date(time / 1000).toISOString(),
    data: { objects: [{ type: 'invoice', id: invoice }], ...data },
  }
}
const matched = { system: 'sap-eu', system_class: 'erp', step: 'erp.match' }
const attempt = (invoice: string, time: Instant, number: number, isDone: boolean) =>
  event(isDone ? 'operation.succeeded' : 'operation.failed', time, invoice, {
    ...matched,
    operation: { id: `match:${invoice}`, attempt: number },
    outcome: isDone ? { status: 'ok' } : { status: 'failed', code: 'HTTP 503', message: 'service unavailable', retryable: true },
  })

const APPROVAL = SlaDefinition.parse({
  id: 'approval',
  title: 'Invoice approval',
  object_type: 'invoice',
  start: [{ activity: 'invoice.received' }],
  stop: [{ activity: 'invoice.approved' }],
  target: { kind: 'elapsed', seconds: 4 * 3600 },
  warn: [0.75],
})
const DEADLINES = AlertRule.parse({
  id: 'late-approvals',
  title: 'Invoices past their approval deadline',
  class: 'business',
  watch: {
    kind: 'clock',
    slas: ['approval'],
    steps: [
      { at: { warn: 0.75 }, severity: 'medium' },
      { at: 'breach', severity: 'high' },
    ],
  },
  group_by: ['sla', 'owner'],
})
const INCIDENTS = ALERT_PACK.rules.find(({ id }) => id === 'technical-incidents') ?? assert.fail()
const ROUTING = Routing.parse({
  routes: [
    { class: 'business', parties: ['owners'] },
    { class: 'technical', parties: ['on-call'] },
  ],
  parties: ['owners', 'on-call'].map((id) => ({ id, title: id, steps: [{ after_s: 0, to: [{ channel: id }] }] })),
})

test('an outage that blocks 300 invoices makes one page, and when it is over one follow-up for each owner who is still late', async () => {
  const tenant = await tests.freshTenant()
  const secrets = await openSecretBox({ key: 'k'.repeat(40), folder: null })
  await stateAlerts(stores, secrets, tenant, {
    slas: [APPROVAL],
    rules: [DEADLINES, INCIDENTS],
    routing: ROUTING,
    webhooks: { owners: `${receiver.url}/ok/owners`, 'on-call': `${receiver.url}/ok/on-call` },
  })
  let now = at('07:00:00')
  const engine = engineParts({ stores, log: tests.log, links: null, url: 'http://sightline.test', now: async () => now })
  const outbox = createOutbox({
    stores,
    secrets,
    now: () => now,
    log: tests.log,
    registry: new Registry(),
    reach: 'private',
    smtpUrl: undefined,
  })
  /** Lets time pass, with what arrives until then; returns what was delivered. */
  const until = async (time: Instant, events: readonly unknown[] = []): Promise<{ to: string; note: Note }[]> => {
    now = time
    if (events.length > 0) {
      await receiveEvents(stores, tenant, events, now)
      await derive(tests, tenant, now, ['timelines', 'incidents'])
    }
    await tickTenant(engine, tenant)
    await outbox.drainOnce()
    return receiver.received.splice(0).map(({ path, body }) => ({
      to: path.split('/').at(-1) ?? '',
      note: (JSON.parse(body) as { data: Note }).data,
    }))
  }
  const said = (told: readonly { to: string; note: Note }[]) => told.map(({ to, note }) => `${to} ${note.kind}`).toSorted()

  // A morning on which the connector works, and three hundred invoices come.
  const calm = Array.from({ length: 30 }, (_, n) => attempt(`CALM-${n}`, at('07:01:00') + n * MINUTE, 1, true))
  const invoices = Array.from({ length: INVOICES }, (_, n) => ({ id: `INV-${1000 + n}`, number: n }))
  const received = invoices.map(({ id, number }) =>
    event('invoice.received', at('08:00:00') + number * SECOND, id, {
      money: { amount: '100.50', currency: 'EUR' },
      object_attributes: { [`invoice/${id}`]: { approver: ownerOf(number), entity: 'DE01' } },
    }),
  )
  assert.deepEqual(await until(at('08:30:00'), [...calm, ...received]), [])

  // The nightly run of postings fails within seconds, and every retry until noon.
  const failed = (time: Instant, number: number) =>
    invoices.map((invoice) => attempt(invoice.id, time + invoice.number * 0.03 * SECOND, number, false))
  assert.deepEqual(await until(at('09:00:12'), failed(at('09:00:00'), 1)), [])
  const [page, ...others] = await until(at('09:00:25'))
  assert.deepEqual([page?.to, page?.note.kind, others], ['on-call', 'firing', []])
  const note = page?.note ?? assert.fail()
  assert.deepEqual([note.rule.id, note.scope.n, note.scope.money], ['technical-incidents', INVOICES, 'EUR 30,150.00'])
  assert.deepEqual(new Set(note.members.map(({ object }) => object?.id)), new Set(invoices.map(({ id }) => id)))
  assert.equal(note.members.length + note.more, INVOICES)
  assert.match(note.title, /sap-eu.* blocks 300 documents/u)
  for (const [number, time] of ['10:30:00', '12:15:00'].entries())
    assert.deepEqual(
      await until(at(time) + 20 * SECOND, failed(at(time), number + 2)),
      [],
      'clocks warn and breach: nobody is told',
    )
  const firing = await stores.postgres.db
    .select()
    .from(alertInstances)
    .where(and(eq(alertInstances.tenantId, tenant), eq(alertInstances.rule, 'late-approvals')))
  assert.deepEqual([firing.length, new Set(firing.map(({ state }) => state))], [INVOICES, new Set(['firing'])])

  // Silence is no recovery.
  assert.deepEqual(await until(at('12:25:00')), [])

  // It works again: all operations succeed within a minute; what is not still open is approved within two minutes of it.
  const back = at('12:30:00')
  const healed = invoices.map(({ id, number }) => attempt(id, back + number * 0.1 * SECOND, 4, true))
  const approved = invoices
    .filter(({ number }) => !isStillOpen(number))
    .map(({ id, number }) => event('invoice.approved', back + (35 + number * 0.2) * SECOND, id))
  const [soon, later] = [approved.slice(0, 120), approved.slice(120)]
  const over = await until(back + 50 * SECOND, [...healed, ...soon])
  assert.deepEqual(said(over), ['on-call resolved'])
  assert.equal(over[0]?.note.alert_id, note.alert_id)
  assert.deepEqual(await until(back + 110 * SECOND, later), [])
  const followUps = await until(back + 50 * SECOND + 125 * SECOND)
  assert.deepEqual(said(followUps), ['owners follow_up', 'owners follow_up', 'owners follow_up'])
  const byOwner = new Map(followUps.map((one) => [one.note.labels['owner'] ?? '', one.note]))
  assert.deepEqual(
    Object.fromEntries([...byOwner].map(([owner, { scope, members }]) => [owner, [scope.n, members.length]])),
    Object.fromEntries(Object.entries(STILL_OPEN).map(([owner, n]) => [owner, [n, n]])),
  )
  const numberOf = new Map(invoices.map(({ id, number }) => [id, number]))
  for (const { members } of byOwner.values())
    for (const { object, technical_s } of members) {
      const number = numberOf.get(object?.id ?? '') ?? assert.fail(object?.id)
      assert.ok(isStillOpen(number))
      // From the first failure of its operation to its success.
      assert.equal(technical_s, Math.round(3.5 * 3600 + number * 0.07), `invoice ${object?.id}`)
    }

  // The owners do what is left: each is told once that it is over, and the outage is not told of again.
  const rest = invoices.filter(({ number }) => isStillOpen(number))
  assert.deepEqual(
    said(
      await until(
        back + HOUR,
        rest.map(({ id }) => event('invoice.approved', back + 50 * MINUTE, id)),
      ),
    ),
    ['owners resolved', 'owners resolved', 'owners resolved'],
  )
  assert.deepEqual(await until(back + 5 * HOUR), [])
})
