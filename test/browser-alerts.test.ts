import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after } from 'node:test'
import { eq } from 'drizzle-orm'
import { alertCursors } from '../platform/postgres/schema.ts'
import { plantAlert, plantSetup } from './support/alert-rows.ts'
import { startReceiver } from './support/receiver.ts'
import { barriers, figure, settled, shows, startSite } from './support/page.ts'

// What is looked at was written by the test: no engine may go on with it.
const site = await startSite({ parts: ['api', 'ingest'] })
const { server, open } = site
after(() => site.close())
const { db } = server.stores.postgres

const now = Date.now()
await plantSetup(db, 'acme')
await db
  .insert(alertCursors)
  .values({ tenantId: 'acme', tick: 7, watermark: (now - 6000) * 1000, evaluatedAt: new Date(now + 600_000) })
const outage = await plantAlert(db, 'acme', {
  rule: 'connector-down',
  class: 'technical',
  severity: 'critical',
  title: 'sap-eu fails: 300 invoices are blocked',
  money: 1_204_331.2,
  parties: [{ party: 'integration-team' }],
})
const late = await plantAlert(db, 'acme', {
  title: '12 of 340 invoices are late',
  money: 84_200,
  members: [{ technical_s: 5400 }, { ended_at: new Date(now).toISOString() }],
  notes: [{}, { kind: 'escalated', channelId: 'on-call', state: 'dead', error: '410 Gone', sentAt: null, receipt: null }],
})
await plantAlert(db, 'acme', { title: 'Cheap, and as grave', money: 5, body: { stale: 'the source coupa is silent' } })
await plantAlert(db, 'acme', { title: 'Held by the outage', inhibitedBy: outage })
await plantAlert(db, 'acme', { title: 'Long over', openedAgo: 900, resolvedAgo: 600 })

const receiver = await startReceiver()
after(() => receiver.close())

/** A service level, and an invoice that is long past it. */
async function breach(): Promise<void> {
  const sla = {
    id: 'approval',
    title: 'Invoice approval',
    object_type: 'invoice',
    start: [{ activity: 'invoice.received' }],
    stop: [{ activity: 'invoice.approved' }],
    target: { kind: 'elapsed', seconds: 86_400 },
  }
  assert.equal((await server.ask('POST', '/v1/slas', { tenant: 'acme', body: sla })).status, 201)
  const time = new Date(now - 50 * 3_600_000).toISOString()
  const event = { specversion: '1.0', id: '1', source: '/erp', type: 'invoice.received', time, data: { object: 'invoice/LATE' } }
  assert.equal((await server.ask('POST', '/v1/events', { tenant: 'acme', body: [event] })).status, 200)
  await server.derived('acme')
}
await breach()

test('the inbox shows the grave and costly first, walks by j and k, acknowledges by a and opens by Enter', async (t) => {
  const page = await open(t, '/alerts?tenant=acme')
  await settled(page)
  const list = page.getByRole('region', { name: 'Alerts', exact: true })
  await shows(list.getByRole('row').nth(1), /sap-eu fails.*Technical.*told/u)
  await shows(list.getByRole('row').nth(2), /12 of 340 invoices are late/u)
  await shows(list.getByRole('row').nth(3), /Cheap.*stale/u)
  await shows(page.getByRole('main'), /1 message of the last seven days reached nobody.*On-call phone.*410 Gone/u)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const csv = await readFile(await (await download).path(), 'utf8')
  assert.match(csv.split('\n')[1] ?? '', /,critical,technical,firing,sap-eu fails/u)
  await page.getByText('Business 2').click()
  await shows(list.getByRole('row').nth(1), /12 of 340/u)
  await page.getByText('Held back 1').click()
  await shows(list, /Held by the outage.*held back while an incident lasts/u)
  await page.getByText('Open 3').click()
  await shows(list.getByRole('row').nth(1), /sap-eu/u)
  assert.deepEqual(await barriers(page), [])
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await page.keyboard.press('a')
  await shows(list.getByRole('row').nth(1), /acknowledged by/u)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /sap-eu fails/u }).waitFor()
})

test('an alert tells its story, and is noted, handed over, acknowledged and judged', async (t) => {
  const page = await open(t, `/alerts/${late}?tenant=acme`, { scheme: 'dark' })
  await settled(page)
  await shows(figure(page, 'Affected'), '2 of 340 invoices')
  const members = page.getByRole('region', { name: 'What belongs to it' })
  await shows(members.getByRole('row').nth(1), /INV-0.*goes on.*1 h 30 m/u)
  await shows(page.getByRole('region', { name: 'Changes of state', exact: true }), /inactive → firing/u)
  await shows(page.getByRole('region', { name: 'Messages', exact: true }), /reached nobody.*410 Gone/u)
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Add a note' }).click()
  await dialog.getByLabel('Note').fill('Keller is on leave')
  assert.deepEqual(await barriers(page), [])
  await dialog.getByRole('button', { name: 'Add it' }).click()
  await shows(page.getByRole('region', { name: 'Story' }), /Keller is on leave/u)
  await page.getByRole('button', { name: 'Hand over' }).click()
  await dialog.getByLabel('To').selectOption('Procurement')
  await dialog.getByLabel('What they should know').fill('It is their price')
  await dialog.getByRole('button', { name: 'Hand over' }).click()
  const parties = page.getByRole('region', { name: 'Who answers for it' })
  await shows(parties, /Accounts payable.*handed over.*Procurement.*not told yet/u)
  await page.getByRole('button', { name: 'Acknowledge' }).click()
  await dialog.getByRole('button', { name: 'Acknowledge' }).click()
  await shows(parties, /Procurement.*acknowledged/u)
  await page.getByRole('button', { name: 'Noise' }).click()
  await shows(page.getByRole('main'), /called noise/u)
  assert.deepEqual(await barriers(page), [])
})

test('a rule is changed in its form, linted as it is typed, backtested before and after, saved, and shows what changed', async (t) => {
  const page = await open(t, '/alerts/rules?tenant=acme')
  await settled(page)
  const rules = page.getByRole('region', { name: 'List of rules' })
  await shows(rules.getByRole('row').nth(1), /Invoices late for approval.*in force.*your own/u)
  await shows(rules, /Technical incident that blocks documents.*ships/u)
  await rules.getByRole('link', { name: 'Invoices late for approval' }).click()
  const editor = page.getByRole('region', { name: 'Definition' })
  await shows(editor, /valid|warning/u)
  await editor.getByLabel('Title').fill('')
  await shows(editor, /1 mistake.*rule_invalid/u)
  assert.ok(await editor.getByRole('button', { name: 'Save', exact: true }).isDisabled())
  await editor.getByLabel('Title').fill('Invoices late')
  await editor.getByLabel('Must hold for', { exact: true }).fill('90')
  await editor.getByText('What changes').click()
  await shows(editor, /− title: Invoices late for approval.*\+ for_s: 5400/su)
  await editor.getByText('Form', { exact: true }).click()
  await shows(editor, /changed, not saved/u)
  const backtest = page.getByRole('region', { name: 'Backtest' })
  await backtest.getByLabel('Over').selectOption('7')
  await backtest.getByRole('button', { name: 'Run it' }).click()
  await shows(figure(backtest, 'Changes of state'), /[1-9]/u)
  await shows(figure(backtest, 'As it stands'), /1 page/u)
  await backtest.getByRole('img', { name: /Pages by day.*As it stands.*With the change/u }).waitFor()
  await editor.getByLabel('Why it is changed').fill('Mornings settle by themselves')
  await editor.getByRole('button', { name: 'Save', exact: true }).click()
  const versions = page.getByRole('region', { name: 'Versions' })
  await shows(versions, /Mornings settle by themselves/u)
  await versions.getByRole('button', { name: 'What changed' }).first().click()
  await shows(versions, /\+ for_s: 5400/u)
  assert.deepEqual(await barriers(page), [])
})

test('a channel is set up from its kind, tested, and says what the receiver said', async (t) => {
  const page = await open(t, '/alerts/channels/new?tenant=acme', { scheme: 'dark' })
  await settled(page)
  const settings = page.getByRole('region', { name: 'Settings' })
  await settings.getByLabel('Kind').selectOption('Slack')
  await settings.getByRole('textbox', { name: /^Id/u }).fill('ops')
  await settings.getByRole('textbox', { name: /^Title/u }).fill('Operations')
  await settings.getByLabel(/^URL/u).fill(`${receiver.url}/ok`)
  await settings.getByRole('button', { name: 'Add the channel' }).click()
  await page.getByRole('heading', { name: 'Operations' }).waitFor()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await shows(page.getByRole('region', { name: 'Does it reach anybody?' }), /The receiver has taken it.*ok/u)
  assert.equal(receiver.received.length, 1)
  // The secret is not shown again.
  assert.equal(await settings.getByLabel(/^URL/u).inputValue(), '')
  assert.deepEqual(await barriers(page), [])
})

test('routing shows who would be told, and another party is added by its form', async (t) => {
  const page = await open(t, '/alerts/routing?tenant=acme')
  await settled(page)
  await shows(page.getByRole('region', { name: 'Routes', exact: true }), /Business.*Accounts payable/u)
  const preview = page.getByRole('region', { name: 'Who would be told?' })
  await preview.getByLabel('Rule').selectOption('invoice-deadlines')
  await preview.getByRole('button', { name: 'Show who' }).click()
  await shows(preview, /Accounts payable.*ap-queue/u)
  assert.deepEqual(await barriers(page), [])
  await page.getByText('Change it', { exact: true }).click()
  const editor = page.getByRole('region', { name: 'Change the routing' })
  await editor.getByRole('button', { name: 'Add a party' }).click()
  const party = editor.getByRole('group', { name: 'Parties' })
  await party.getByLabel('Id').last().fill('requesters')
  await party.getByLabel('Title').last().fill('Requesters')
  assert.deepEqual(await barriers(page), [])
  await editor.getByLabel('Why it is changed').fill('Requesters want to know')
  await editor.getByRole('button', { name: 'Save as version 2' }).click()
  await shows(page.getByRole('region', { name: 'Parties', exact: true }), /Requesters.*wait in the inbox/u)
  const versions = page.getByRole('region', { name: 'Versions' })
  await shows(versions, /2.*Requesters want to know.*1/u)
  await versions.getByRole('button', { name: 'What changed' }).first().click()
  await shows(versions, /requesters/u)
  assert.deepEqual(await barriers(page), [])
})

test('an alert is silenced from the inbox with what that matches, and the silence is ended', async (t) => {
  const page = await open(t, '/alerts?tenant=acme&q=Cheap')
  await settled(page)
  const row = page.getByRole('region', { name: 'Alerts', exact: true }).getByRole('row').nth(1)
  await row.getByRole('button', { name: 'Silence' }).click()
  const dialog = page.getByRole('dialog')
  await shows(dialog, /Matches [1-9]\d* open alerts? and \d+ documents? or keys? now/u)
  assert.deepEqual(await barriers(page), [])
  await dialog.getByLabel('Reason').fill('The supplier moves its portal')
  await dialog.getByRole('button', { name: 'Silence it' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('tab', { name: 'Silences' }).click()
  const silences = page.getByRole('region', { name: 'List of silences' })
  await shows(silences, /Invoices late.*holds.*The supplier moves its portal/u)
  assert.deepEqual(await barriers(page), [])
  await silences.getByRole('button', { name: 'End it now' }).click()
  await shows(silences, /ended/u)
})

test('an inbox without alerts says whether the engine looks, and one that stands still is called so', async (t) => {
  const page = await open(t, '/alerts?tenant=newcomer')
  await settled(page)
  await shows(page.getByRole('main'), /No alert is open.*The engine has not looked at this tenant yet/u)
  assert.deepEqual(await barriers(page), [])
  const stopped = new Date(now - 300_000)
  await db.update(alertCursors).set({ evaluatedAt: stopped }).where(eq(alertCursors.tenantId, 'acme'))
  const other = await open(t, '/alerts?tenant=acme')
  await shows(other.getByRole('main'), /Alerts are not being evaluated/u)
})
