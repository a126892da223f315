import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after } from 'node:test'
import { eq } from 'drizzle-orm'
import { alertCursors } from '../platform/postgres/schema.ts'
import { plantAlert, plantSetup } from './support/alert-rows.ts'
import { barriers, figure, settled, shows, startSite } from './support/page.ts'

const site = await startSite()
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
