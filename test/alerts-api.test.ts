import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eq } from 'drizzle-orm'
import type { AlertDetail, AlertEngine, AlertQuality, Alerts } from '../api/contract/alerts.ts'
import { openAlertLinks } from '../platform/alert-link.ts'
import { alertCursors, alertParties, alerts, audit } from '../platform/postgres/schema.ts'
import { plantAlert, plantSetup } from './support/alert-rows.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())
const { db } = server.stores.postgres

type Problem = { code: string; detail: string }

async function fresh(): Promise<string> {
  const tenant = await server.freshTenant()
  await plantSetup(db, tenant)
  return tenant
}

async function list(tenant: string, query = ''): Promise<Alerts> {
  const { status, body } = await server.ask<Alerts>('GET', `/v1/alerts?${query}`, { tenant })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const titles = ({ alerts: found }: Alerts): string[] => found.map(({ title }) => title)

test('the grave alerts come first, of these the costly, of these the old, page by page', async () => {
  const tenant = await fresh()
  await plantAlert(db, tenant, { title: 'cheap', severity: 'high', money: 10, openedAgo: 5 })
  await plantAlert(db, tenant, { title: 'unknown money', severity: 'high', money: null, openedAgo: 500 })
  await plantAlert(db, tenant, { title: 'costly, young', severity: 'high', money: 84_200.55, openedAgo: 5 })
  await plantAlert(db, tenant, { title: 'costly, old', severity: 'high', money: 84_200.55, openedAgo: 90 })
  await plantAlert(db, tenant, { title: 'critical', severity: 'critical', class: 'technical', openedAgo: 1 })
  await plantAlert(db, tenant, { title: 'over', severity: 'critical', resolvedAgo: 2 })
  const expected = ['critical', 'costly, old', 'costly, young', 'cheap', 'unknown money']
  const all = await list(tenant)
  assert.deepEqual(titles(all), expected)
  assert.deepEqual(all.counts, { open: 5, business: 4, technical: 1, unacknowledged: 5, held: 0, resolved: 1 })
  const paged: string[] = []
  for (let next: string | null = ''; next !== null;) {
    const page: Alerts = await list(tenant, `limit=2${next === '' ? '' : `&after=${encodeURIComponent(next)}`}`)
    paged.push(...titles(page))
    ;({ next } = page)
  }
  assert.deepEqual(paged, expected)
  assert.deepEqual(titles(await list(tenant, 'class=technical')), ['critical'])
  assert.deepEqual(titles(await list(tenant, 'state=resolved&sort=newest')), ['over'])
  assert.deepEqual(titles(await list(tenant, 'severity=critical&state=all')), ['over', 'critical'])
})

test('alerts are found by party, rule and the documents that they are about, and a wildcard is a letter', async () => {
  const tenant = await fresh()
  await plantAlert(db, tenant, { title: 'A', parties: [{ party: 'procurement' }], members: [{ label: 'invoice X_1' }] })
  await plantAlert(db, tenant, { title: 'B', rule: 'connector-down' })
  assert.deepEqual(titles(await list(tenant, 'party=procurement')), ['A'])
  assert.deepEqual(titles(await list(tenant, 'rule=connector-down')), ['B'])
  assert.deepEqual(titles(await list(tenant, 'q=x_1')), ['A'])
  assert.deepEqual(titles(await list(tenant, 'q=%25')), [])
  const { status } = await server.ask('GET', '/v1/alerts?after=nonsense', { tenant })
  assert.equal(status, 400)
})

test('an alert tells its story: who did what, event time beside engine time, messages with receipts, what holds it back', async () => {
  const tenant = await fresh()
  const incident = await plantAlert(db, tenant, { title: 'SAP is down', class: 'technical' })
  const id = await plantAlert(db, tenant, { inhibitedBy: incident })
  const { body } = await server.ask<AlertDetail>('GET', `/v1/alerts/${id}`, { tenant })
  assert.equal(body.rule_title, 'Invoices late for approval')
  assert.equal(body.runbook, 'https://wiki.example/late-invoices')
  assert.equal(body.held_by?.title, 'SAP is down')
  assert.deepEqual(
    body.parties.map(({ title, state }) => [title, state]),
    [['Accounts payable', 'told']],
  )
  assert.equal(body.deliveries[0]?.receipt, '250 2.0.0 queued as 7F3C')
  assert.equal(body.story[0]?.actor_name, 'Sightline')
  assert.equal(body.closable, false)
  assert.deepEqual(
    body.choices.map(({ party }) => party),
    ['procurement', 'integration-team'],
  )
  const other = await server.ask<AlertDetail>('GET', `/v1/alerts/${incident}`, { tenant })
  assert.deepEqual(
    other.body.holds.map((one) => one.id),
    [id],
  )
  const [transition] = other.body.transitions
  assert.ok(transition !== undefined && Date.parse(transition.decided_at) - Date.parse(transition.at) === 60_000)
  assert.equal((await list(tenant, 'held=true')).alerts[0]?.id, id)
  assert.equal((await list(tenant, 'held=false')).counts.open, 1)
})

test('an acknowledgement stands once however often it is sent, until the alert gets graver', async () => {
  const tenant = await fresh()
  const id = await plantAlert(db, tenant, { parties: [{}, { party: 'procurement', state: 'held' }] })
  const acknowledge = async (body: object = {}) =>
    server.ask<AlertDetail>('POST', `/v1/alerts/${id}/acknowledge`, { tenant, body })
  const one = await acknowledge({ party: 'procurement', note: 'on it' })
  assert.equal(one.status, 200, JSON.stringify(one.body))
  const answers = await Promise.all([acknowledge(), acknowledge(), acknowledge()])
  const told = answers.at(-1)?.body
  assert.deepEqual(
    told?.parties.map(({ state, acknowledged_severity: severity, next_at: next }) => [state, severity, next]),
    [
      ['acknowledged', 'high', null],
      ['acknowledged', 'high', null],
    ],
  )
  const acknowledged = (of: AlertDetail | undefined) => of?.story.filter(({ what }) => what === 'acknowledged') ?? []
  const story = (await server.ask<AlertDetail>('GET', `/v1/alerts/${id}`, { tenant })).body
  assert.deepEqual(
    acknowledged(story).map(({ detail }) => detail['parties']),
    [['procurement'], ['accounts-payable']],
  )
  assert.equal((await list(tenant, 'mine=true')).alerts.length, 1)
  assert.equal((await list(tenant)).counts.unacknowledged, 0)
  await db.update(alerts).set({ severity: 'critical' }).where(eq(alerts.id, id))
  const again = await acknowledge()
  assert.equal(acknowledged(again.body).length, 3)
  assert.deepEqual(
    again.body.parties.map((party) => party.acknowledged_severity),
    ['critical', 'critical'],
  )
  const entries = await db.select().from(audit).where(eq(audit.subject, id))
  assert.equal(entries.filter(({ action }) => action === 'alert.acknowledged').length, 3)
  const stranger = await acknowledge({ party: 'nobody' })
  assert.equal((stranger.body as unknown as Problem).code, 'parameter_invalid')
})

test('a party hands over to another one, whose clock begins, and the engine is woken', async () => {
  const tenant = await fresh()
  const id = await plantAlert(db, tenant, {})
  const body = { party: 'accounts-payable', to: 'procurement', note: 'their price' }
  const first = await server.ask<AlertDetail>('POST', `/v1/alerts/${id}/hand-over`, { tenant, body })
  assert.equal(first.status, 200, JSON.stringify(first.body))
  const second = await server.ask<AlertDetail>('POST', `/v1/alerts/${id}/hand-over`, { tenant, body })
  assert.equal(second.body.story.filter(({ what }) => what === 'handed_over').length, 1)
  const parties = await db.select().from(alertParties).where(eq(alertParties.alertId, id)).orderBy(alertParties.party)
  assert.deepEqual(
    parties.map(({ party, state, step }) => [party, state, step]),
    [
      ['accounts-payable', 'handed_over', 1],
      ['procurement', 'held', 0],
    ],
  )
  const [alert] = await db.select().from(alerts).where(eq(alerts.id, id))
  assert.ok(alert?.nextAt !== null && alert?.nextAt !== undefined && alert.nextAt <= new Date())
  const back = { party: 'procurement', to: 'accounts-payable', note: 'ours after all' }
  const returned = await server.ask<AlertDetail>('POST', `/v1/alerts/${id}/hand-over`, { tenant, body: back })
  assert.deepEqual(
    returned.body.parties.map(({ state }) => state),
    ['held', 'handed_over'],
  )
  const unknown = await server.ask<Problem>('POST', `/v1/alerts/${id}/hand-over`, { tenant, body: { ...back, to: 'moon' } })
  assert.equal(unknown.body.code, 'parameter_invalid')
})

test('nobody closes an alert that goes on; a stale one and one whose documents are over can be closed with a reason', async () => {
  const tenant = await fresh()
  const close = (id: string, body: object = { reason: 'source retired' }) =>
    server.ask<AlertDetail & Problem>('POST', `/v1/alerts/${id}/resolve`, { tenant, body })
  const running = await close(await plantAlert(db, tenant, {}))
  assert.equal(running.status, 409)
  assert.match(running.body.detail, /1 of 1 are not over/u)
  const stale = await plantAlert(db, tenant, { body: { stale: 'sap-eu is silent since 08:00' } })
  assert.equal((await close(stale, {})).status, 400)
  const closed = await close(stale)
  assert.deepEqual([closed.body.state, closed.body.parties[0]?.state], ['resolved', 'done'])
  assert.equal((await close(stale)).body.story.filter(({ what }) => what === 'resolved').length, 1)
  const over = await plantAlert(db, tenant, { members: [{ ended_at: new Date().toISOString() }] })
  assert.equal((await close(over)).body.state, 'resolved')
  const acknowledged = await server.ask<Problem>('POST', `/v1/alerts/${over}/acknowledge`, { tenant, body: {} })
  assert.equal(acknowledged.status, 409)
})

test('a rule is judged by what people said and did about its pages', async () => {
  const tenant = await fresh()
  for (let number = 0; number < 10; number++)
    await plantAlert(db, tenant, { openedAgo: 100 + number * 300, resolvedAgo: 97 + number * 300, group: `g${number}` })
  const noisy = await plantAlert(db, tenant, { rule: 'noisy' })
  const verdict = (value: string) =>
    server.ask<AlertDetail>('POST', `/v1/alerts/${noisy}/verdict`, { tenant, body: { verdict: value } })
  await verdict('useful')
  await verdict('noise')
  const judged = (await verdict('noise')).body
  assert.deepEqual([judged.verdict, judged.story.filter(({ what }) => what === 'verdict').length], ['noise', 2])
  await server.ask('POST', `/v1/alerts/${noisy}/note`, { tenant, body: { text: 'known' } })
  const noted = await server.ask<AlertDetail>('POST', `/v1/alerts/${noisy}/note`, { tenant, body: { text: 'known' } })
  assert.equal(noted.body.story.filter(({ what }) => what === 'note').length, 1)
  const { body } = await server.ask<AlertQuality>('GET', '/v1/alerts/quality', { tenant })
  const [late, other] = body.rules
  assert.deepEqual(
    [late?.title, late?.pages, late?.self_healed, late?.advice[0]?.kind, late?.advice[0]?.seconds],
    ['Invoices late for approval', 10, 10, 'raise_for', 240],
  )
  assert.deepEqual([other?.noise, other?.precision?.value], [1, 0])
})

test('the engine says how far it is, and which messages nobody got', async () => {
  const tenant = await fresh()
  const ask = async () => (await server.ask<AlertEngine>('GET', '/v1/alerts/engine', { tenant })).body
  assert.equal((await ask()).state, 'never')
  const now = Date.now()
  const cursor = { tenantId: tenant, tick: 7, watermark: (now - 9000) * 1000, evaluatedAt: new Date(now) }
  await db.insert(alertCursors).values(cursor)
  await plantAlert(db, tenant, {
    notes: [
      { state: 'dead', error: '550 no such user' },
      { state: 'queued', createdAt: new Date(now - 5000), nextAt: new Date(now + 3_600_000) },
    ],
  })
  const alive = await ask()
  assert.deepEqual([alive.state, alive.tick, alive.queued, alive.dead], ['alive', 7, 1, 1])
  assert.deepEqual(alive.dead_channels[0], { ...alive.dead_channels[0], title: 'AP queue', error: '550 no such user' })
  assert.ok(alive.lag_s !== null && alive.lag_s >= 9 && alive.lag_s < 60)
  await db
    .update(alertCursors)
    .set({ evaluatedAt: new Date(now - 130_000) })
    .where(eq(alertCursors.tenantId, tenant))
  assert.equal((await ask()).state, 'late')
})

test("another tenant's alert is neither seen nor changed", async () => {
  const [mine, theirs] = [await fresh(), await fresh()]
  const id = await plantAlert(db, theirs, {})
  assert.equal((await server.ask('GET', `/v1/alerts/${id}`, { tenant: mine })).status, 404)
  for (const act of ['acknowledge', 'verdict', 'note', 'resolve']) {
    const body = { acknowledge: {}, verdict: { verdict: 'noise' }, note: { text: 'x' }, resolve: { reason: 'gone' } }[act]
    assert.equal((await server.ask('POST', `/v1/alerts/${id}/${act}`, { tenant: mine, body })).status, 404)
  }
})

test('a link of a message asks first, acknowledges for its party once it is told to, and shows what it is about in the brand', async () => {
  const tenant = await fresh()
  const id = await plantAlert(db, tenant, { title: '12 invoices <late>' })
  const links = await openAlertLinks({ key: undefined, folder: server.stores.folder })
  const now = Date.now() * 1000
  const path = `/a/${links.sign({ tenant, alert: id, party: 'accounts-payable' }, now)}`
  const open = (method: string, address = path) => server.ask<string>(method, address, { token: null })
  const state = async () => (await db.select().from(alertParties).where(eq(alertParties.alertId, id)))[0]
  // A mail scanner opens it, twice.
  await open('GET')
  const asked = await open('GET')
  assert.equal(asked.status, 200)
  assert.match(asked.body, /12 invoices &lt;late&gt;.*Acknowledge it for Accounts payable\?.*<button/su)
  assert.equal(asked.headers.get('cache-control'), 'no-store')
  assert.match(asked.headers.get('content-security-policy') ?? '', /default-src 'self'/u)
  assert.equal((await state())?.state, 'told')
  assert.match((await open('POST')).body, /Acknowledged for Accounts payable/u)
  assert.equal((await state())?.acknowledgedBy, 'link:accounts-payable')
  assert.match((await open('POST')).body, /acknowledged for Accounts payable already/u)
  const { body } = await server.ask<AlertDetail>('GET', `/v1/alerts/${id}`, { tenant })
  assert.equal(body.parties[0]?.acknowledged_by, 'Accounts payable, from the message')
  assert.equal(body.story.filter(({ what }) => what === 'acknowledged').length, 1)
  assert.equal((await open('GET', `${path.slice(0, -2)}xx`)).status, 404)
  const old = links.sign({ tenant, alert: id, party: 'accounts-payable' }, now - 8 * 86_400e6)
  assert.equal((await open('POST', `/a/${old}`)).status, 410)
})
