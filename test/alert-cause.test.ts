import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eq } from 'drizzle-orm'
import { causeText } from '../model/alert-cause.ts'
import type { AlertBody } from '../model/alert-body.ts'
import type { Note } from '../model/alert-note.ts'
import { Routing } from '../model/alert-routing.ts'
import { alertNotes, alerts } from '../platform/postgres/schema.ts'
import { playCase } from './support/alert-case.ts'
import { readCase } from './support/alert-case-setup.ts'
import { sharedStores } from './support/stores.ts'

const tests = await sharedStores()
after(() => tests.close())

const H = 3600e6
const of = (cause: string, us: number, waits_now = false) => ({ cause, us, waits_now })

test('the cause of late documents is what their time went to, and what they wait for now', () => {
  assert.equal(causeText([]), '')
  assert.equal(causeText([[of('queue', 0, true)]]), '')
  assert.equal(
    causeText([[of('person', 3 * H, true), of('technical', H)]]),
    'Of its time 75 % went to people, 25 % to technical failures. Now it waits for a person.',
  )
  assert.equal(
    causeText([
      [of('person', 6 * H, true), of('queue', 1.2 * H)],
      [of('person', 2 * H), of('supplier', 10 * H, true), of('touch', 0.1 * H)],
      [of('person', 1 * H, true)],
    ]),
    'Of their time 49 % went to suppliers, 44 % to people, 6 % to queues. Now 2 wait for a person, 1 for a supplier.',
  )
})

test('what has ended waits for nothing', () => {
  assert.equal(causeText([[of('business_exception', H)]]), 'Of its time 100 % went to business exceptions.')
})

test('a page of clocks says what the time of its documents went to, in the inbox and in its messages', async () => {
  const tenant = await tests.freshTenant()
  await playCase(tests, tenant, readCase(fileURLToPath(new URL('alert-cases/thresholds', import.meta.url))))
  const { db } = tests.stores.postgres
  const [alert] = await db.select().from(alerts).where(eq(alerts.tenantId, tenant))
  assert.ok(alert !== undefined)
  assert.match((alert.body as AlertBody).cause, /^Of its time \d+ % went to /u)
  const notes = await db.select().from(alertNotes).where(eq(alertNotes.tenantId, tenant))
  assert.ok(notes.length > 1)
  for (const { body } of notes) assert.match((body as Note).cause, /^Of its time /u)
})

test('a page that nobody is told of has its cause in the inbox, too', async () => {
  const tenant = await tests.freshTenant()
  const { setup, ...rest } = readCase(fileURLToPath(new URL('alert-cases/breach-and-done', import.meta.url)))
  await playCase(tests, tenant, { ...rest, setup: { ...setup, routing: Routing.parse({ routes: [], parties: [] }) } })
  const [alert] = await tests.stores.postgres.db.select().from(alerts).where(eq(alerts.tenantId, tenant))
  assert.ok(alert !== undefined)
  assert.match((alert.body as AlertBody).cause, /^Of its time /u)
})
