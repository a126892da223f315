import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestAnswer, Quality, Sources } from '../api/contract/data.ts'
import type { Letters } from '../api/contract/dead-letters.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import type { MappingDetail } from '../api/contract/mappings.ts'
import type { ObjectTimeline } from '../api/contract/object.ts'
import { runServer } from '../cli/run-server.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { readEnv } from '../platform/env.ts'
import { freePort } from '../platform/free-port.ts'
import { openLog } from '../platform/log.ts'
import { buildWeb } from '../web/build.ts'
import { view } from './support/ground-truth.ts'
import { barriers, pagesOf, settled, shows, startSite, whole } from './support/page.ts'

const NOW = Date.now()
const SECRET = 'a-secret-of-the-sender'
const MAPPING = {
  name: 'erp-invoices',
  version: 1,
  title: 'Invoices of our ERP',
  input: 'json',
  rules: [
    {
      name: 'posted',
      when: { value: '$.state', is: 'posted' },
      events: [
        {
          activity: '$.state',
          canonical: 'invoice.posted',
          id: '{$.number}/{$.state}',
          time: '$.changed_at',
          objects: [{ type: 'invoice', id: '$.number' }],
        },
      ],
    },
  ],
  otherwise: { reject: 'This state is not known' },
}

const { server, browser, open, close } = await startSite()
after(close)

before(async () => {
  const sent = await server.ask<IngestAnswer>('POST', '/v1/events', { tenant: 'acme', body: events(40) })
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  const again = await server.ask<IngestAnswer>('POST', '/v1/events', { tenant: 'acme', body: events(10) })
  assert.equal(again.status, 200, JSON.stringify(again.body))
  const saved = await server.ask('POST', '/v1/mappings/erp-invoices', { tenant: 'acme', body: { body: MAPPING } })
  assert.equal(saved.status, 201, JSON.stringify(saved.body))
  const made = await server.ask('POST', '/v1/sources', {
    tenant: 'acme',
    body: {
      name: 'Our ERP',
      kind: 'webhook',
      format: 'mapped-json',
      mapping: 'erp-invoices',
      config: { scheme: 'github' },
      secret: SECRET,
    },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
})

function events(size: number): unknown[] {
  return Array.from({ length: size }, (_, index) => ({
    specversion: '1.0',
    id: `e-${index}`,
    source: '/erp/acme',
    type: 'invoice.received',
    time: new Date(NOW - index * 60_000).toISOString(),
    data: { object: `invoice/INV-${index}` },
  }))
}

const githubSigned = (secret: string, body: string): Record<string, string> => ({
  'content-type': 'application/json',
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
})

/** Sends a body to a webhook of a tenant as its sender would. */
async function deliver(path: string, body: string, secret = SECRET): Promise<{ status: number; body: unknown }> {
  return server.ask('POST', path, { token: null, body, headers: githubSigned(secret, body) })
}

async function registered(name: string): Promise<Sources['registered'][number] & { path: string }> {
  const { registered: sources } = await view<Sources>(server, 'acme', '/v1/sources')
  const found = sources.find((one) => one.name === name)
  assert.ok(found !== undefined && found.path !== null, `${name} is registered`)
  return { ...found, path: found.path }
}

test('a webhook is set up, tried, paused, and its secret changed, all by hand; the secret shows once', async (t) => {
  const page = await open(t, '/data?tenant=acme')
  await settled(page)
  assert.equal(new URL(page.url()).pathname, '/data/sources')
  await page.getByRole('button', { name: 'Add a source' }).click()
  const form = page.getByRole('dialog', { name: 'Add a source' })
  await form.getByRole('textbox', { name: 'Name' }).fill('Coupa notifications')
  await form.getByLabel('Signature').selectOption('GitHub')
  await form.getByLabel('Format').selectOption('cloudevents')
  await form.getByRole('button', { name: 'Add the source' }).click()
  const done = page.getByRole('dialog', { name: 'The source is there' })
  const secret = await done.getByLabel('Secret', { exact: true }).last().innerText()
  assert.ok(secret.length >= 16, 'a secret was made')
  await done.getByRole('button', { name: 'Try it' }).click()
  await shows(done.getByRole('list', { name: 'What would become of it' }), /1 event\s*Invoice received of invoice INV-TEST-1/u)
  await shows(done.getByLabel('Request that sends the payload signed'), 'x-hub-signature-256')
  await done.getByRole('button', { name: 'Done' }).click()
  await done.waitFor({ state: 'detached' })

  const source = await registered('Coupa notifications')
  const event = (id: string): string => JSON.stringify({ ...(events(1)[0] as object), id, source: '/coupa' })
  assert.equal((await deliver(source.path, event('c-1'), secret)).status, 200)
  await page.getByRole('button', { name: 'Pause Coupa notifications' }).click()
  const row = page
    .getByRole('region', { name: 'List of registered sources' })
    .getByRole('row')
    .filter({ hasText: 'Coupa notifications' })
  await shows(row, 'paused')
  assert.equal((await deliver(source.path, event('c-2'), secret)).status, 503)
  await page.getByRole('button', { name: 'Resume Coupa notifications' }).click()
  await page.getByRole('button', { name: 'Pause Coupa notifications' }).waitFor()

  await row.getByRole('button', { name: 'Coupa notifications', exact: true }).click()
  const drawer = page.getByRole('dialog', { name: 'Coupa notifications' })
  assert.equal(await drawer.getByText(secret).count(), 0, 'the secret is shown once only')
  await drawer.getByLabel('The present one').selectOption('ends at once')
  await drawer.getByRole('button', { name: 'Rotate the secret' }).click()
  const renewed = await drawer.getByLabel('Secret', { exact: true }).last().innerText()
  assert.notEqual(renewed, secret)
  assert.equal((await deliver(source.path, event('c-3'), secret)).status, 401)
  assert.equal((await deliver(source.path, event('c-3'), renewed)).status, 200)
  assert.deepEqual(await barriers(page), [])
})

test('the ledger says what became of every record, that it balances, and exports the same', async (t) => {
  const page = await open(t, '/data/ledger?tenant=acme')
  await settled(page)
  const ledger = await view<Ledger>(server, 'acme', '/v1/ledger?bucket=hour')
  assert.ok(ledger.balanced && ledger.totals.received >= 50, JSON.stringify(ledger.totals))
  const equation = page.locator('.equation')
  for (const [name, key] of [
    ['Received', 'received'],
    ['Rejected', 'rejected'],
    ['Ignored', 'ignored'],
  ] as const)
    await shows(equation.locator(`.equation-term:has(dt:has-text("${name}")) dd`), whole(ledger.totals[key]))
  await equation.getByText('balances').waitFor()
  await page.locator('.recharts-wrapper').first().waitFor()
  const http = ledger.feeds.find(({ feed }) => feed === 'http')
  const row = page.getByRole('region', { name: 'Ledger by way in' }).getByRole('row').filter({ hasText: 'http' })
  await shows(row, 'balances')
  await row
    .getByRole('cell', { name: String(http?.received), exact: true })
    .first()
    .waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  const [head, ...lines] = (await readFile(await download.path(), 'utf8')).slice(1).split('\r\n')
  assert.equal(head, 'hour_start,way_in,received,stored,duplicate,rejected,ignored,in_flight,missing,late')
  const sum = lines.reduce((total, line) => total + Number(line.split(',')[2]), 0)
  assert.equal(sum, (await view<Ledger>(server, 'acme', '/v1/ledger?bucket=hour')).totals.received)
  await page.getByText('1 h', { exact: true }).click()
  await page.getByRole('heading', { name: 'Ledger, last hour' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('span'), '1h')
})

test('a dead letter is found, its mapping mended on the letter itself, and the letter replayed: once, also when replayed twice', async (t) => {
  const source = await registered('Our ERP')
  for (const number of ['INV-501', 'INV-502']) {
    const record = JSON.stringify({ number, state: 'verbucht', changed_at: '2026-11-20T08:00:00Z' })
    const answer = await deliver(source.path, record)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
  await deliver(source.path, 'no JSON, \u0007')
  const page = await open(t, '/data/dead-letters?tenant=acme')
  const list = page.getByRole('region', { name: 'List of dead letters' })
  await page.getByRole('button', { name: /^mapping no rule/u }).click()
  await list.getByRole('row').nth(2).waitFor()
  await page.getByLabel('Text in the record, its reason or its coordinates').fill('INV-501')
  await page.waitForFunction(() => document.querySelectorAll('[aria-label="List of dead letters"] tbody tr').length === 1)
  await list.getByRole('button', { name: 'This state is not known' }).click()
  const drawer = page.getByRole('dialog', { name: 'Dead letter' })
  await shows(drawer.getByLabel('Bytes of the record'), '"state": "verbucht"')
  await drawer.getByText('Hex', { exact: true }).click()
  await shows(drawer.getByLabel('Bytes of the record'), '000000  7b 22 6e 75 6d')
  await shows(drawer, 'erp-invoices, version 1')
  await drawer.getByRole('link', { name: 'Open the mapping with this letter' }).click()

  const editor = page.getByLabel('Mapping as JSON')
  await shows(page.getByRole('region', { name: 'What becomes of it' }), /rejected.*This state is not known/u)
  const text = await editor.inputValue()
  await editor.fill(text.replace('"canonical": "invoice.posted"', '"canonical": "invoice.eaten"'))
  await shows(page.getByRole('list', { name: 'What is wrong with the mapping' }), 'rules[0].events[0].canonical')
  await editor.fill(text.slice(0, -3))
  await shows(page.getByRole('list', { name: 'What is wrong with the mapping' }), 'This is no JSON')
  await editor.fill(text.replace('"is": "posted"', '"is": ["posted", "verbucht"]'))
  await shows(page.getByRole('region', { name: 'What becomes of it' }), /read: 1 event.*Invoice posted/u)
  await page.getByRole('button', { name: 'Differences' }).click()
  const changes = page.getByRole('group', { name: 'Changes since it was saved' })
  await shows(changes, /\+.*\["posted", "verbucht"\]/u)
  assert.deepEqual(
    await changes.locator('[data-kind]').evaluateAll((lines) => lines.map((line) => line.getAttribute('data-kind'))),
    ['same', 'same', 'same', 'gone', 'new', 'same', 'same', 'same'],
  )
  await changes.focus()
  assert.ok(await changes.evaluate((block) => block === document.activeElement), 'what scrolls is reached by keyboard')
  assert.deepEqual(await barriers(page), [])
  await page.getByRole('button', { name: 'Save as version 2' }).click()
  await page.getByLabel('Version', { exact: true }).waitFor()
  const saved = await view<MappingDetail>(server, 'acme', '/v1/mappings/erp-invoices')
  assert.equal(saved.version, 2)

  await page.goto(new URL('/data/dead-letters?tenant=acme&code=mapping_no_rule', server.url).href)
  for (const [first, again] of [
    ['2 would be stored', '2 stored'],
    ['2 would be duplicate', '2 duplicate'],
  ] as const) {
    await page.getByRole('button', { name: /^Try a replay of all/u }).click()
    const dialog = page.getByRole('dialog', { name: 'Replay dead letters' })
    await shows(dialog.getByRole('list', { name: 'Outcomes' }), first)
    await dialog.getByRole('button', { name: 'Replay 2 letters' }).click()
    await shows(dialog.getByRole('list', { name: 'Outcomes' }), again)
    await dialog.getByRole('link', { name: 'INV-501' }).waitFor()
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
    await page.getByText('Replayed (2)').click()
  }
  const posted = await view<ObjectTimeline>(server, 'acme', '/v1/objects/invoice/INV-501')
  assert.deepEqual(
    posted.events.map(({ activity }) => activity),
    ['invoice.posted'],
  )
})

test('letters are purged with a reason, after a word of warning; their bytes are gone and the ledger still balances', async (t) => {
  const page = await open(t, '/data/dead-letters?tenant=acme&code=json_invalid')
  const list = page.getByRole('region', { name: 'List of dead letters' })
  await list
    .getByRole('checkbox', { name: /^Select: / })
    .first()
    .check()
  await page.getByRole('button', { name: 'Purge 1 selected…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Purge dead letters?' })
  const purge = dialog.getByRole('button', { name: 'Purge', exact: true })
  assert.ok(await purge.isDisabled())
  await dialog.getByLabel('Why').fill('a test of the sender')
  assert.ok(await purge.isDisabled())
  await dialog.getByLabel(/^I mean it/u).check()
  assert.deepEqual(await barriers(page), [])
  await purge.click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('Purged (1)').click()
  await list.getByRole('row').nth(1).getByRole('button').click()
  await shows(page.getByRole('dialog', { name: 'Dead letter' }), 'a test of the sender')
  const { letters } = await view<Letters>(server, 'acme', '/v1/dead-letters?state=purged')
  assert.equal(letters.length, 1)
  assert.ok((await view<Ledger>(server, 'acme', '/v1/ledger?bucket=hour')).balanced)
})

test('a change in what a source sends is shown on the data page until somebody acknowledges it', async (t) => {
  const instant = new Date().toISOString().replace('T', ' ').slice(0, 19)
  await server.stores.clickhouse.writer.insert({
    table: 'sightline.quality_findings',
    format: 'JSONEachRow',
    values: [
      {
        tenant_id: 'acme',
        feed: 'our-erp',
        check_id: 'field_vanished',
        subject: 'invoice changed_at',
        severity: 'error',
        message: 'The field changed_at is no longer sent, and the mapping reads it.',
        evidence: '{}',
        first_at: instant,
        last_at: instant,
        state: 'open',
        version: '1',
      },
    ],
  })
  const page = await open(t, '/data/sources?tenant=acme')
  const row = page.getByRole('row').filter({ hasText: 'The field changed_at is no longer sent' })
  await row.getByRole('button', { name: /^Acknowledge/u }).click()
  await page.getByText('What comes has the shape that it used to have.').waitFor()
  const { findings } = await view<Quality>(server, 'acme', '/v1/quality')
  assert.deepEqual(
    findings.map(({ state }) => state),
    ['acknowledged'],
  )
})

test('a mapping that ships is copied under a name of its own', async (t) => {
  const page = await open(t, '/data/mappings?tenant=newcomer')
  await page.getByRole('link', { name: /^Stripe/u }).click()
  await page.getByText('ships; save a copy to change it').waitFor()
  await page.getByLabel('Name of the mapping').fill('our-stripe')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(/\/data\/mappings\/our-stripe/u)
  await page.getByRole('link', { name: 'Mappings', exact: true }).click()
  await page.getByRole('region', { name: 'List of own mappings' }).getByText('our-stripe').first().waitFor()
  assert.deepEqual(await barriers(page), [])
})

const PAGES = [
  '/data/sources?tenant=acme',
  '/data/sources?tenant=acme&add=source',
  '/data/ledger?tenant=acme',
  '/data/dead-letters?tenant=acme&state=all',
  '/data/mappings?tenant=acme',
  '/data/mappings/erp-invoices?tenant=acme',
  '/data/sources?tenant=newcomer',
  '/data/ledger?tenant=newcomer',
  '/data/dead-letters?tenant=newcomer',
]
for (const scheme of ['light', 'dark'] as const)
  test(`no section of the data page has a barrier that axe finds, ${scheme} theme`, async (t) => {
    const page = await open(t, PAGES[0] ?? '/', { scheme })
    await settled(page)
    for (const path of PAGES) {
      await page.goto(new URL(path, server.url).href)
      await settled(page)
      assert.deepEqual(await barriers(page), [], path)
    }
  })

test('while ClickHouse is away the data page says so, keeps what was known last, and catches up by itself', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-browser-away-'))
  const log = openLog({ level: 'fatal', human: true })
  const port = await freePort()
  const users = {
    writer: { username: 'sightline_writer', password: 'w-0123456789' },
    reader: { username: 'sightline_reader', password: 'r-0123456789' },
  }
  const start = (): Promise<EmbeddedClickHouse> => startEmbeddedClickHouse({ dir: join(folder, 'clickhouse'), log, port, users })
  let clickhouse = await start()
  const away = await runServer({
    env: readEnv({
      SIGHTLINE_DATA: join(folder, 'data'),
      SIGHTLINE_PORT: '0',
      CLICKHOUSE_URL: `http://${users.writer.username}:${users.writer.password}@127.0.0.1:${port}`,
      CLICKHOUSE_READER_PASSWORD: users.reader.password,
    }),
    log,
    webFolder: (await buildWeb({ onlyIfStale: true })).folder,
  })
  t.after(async () => {
    await away.stop()
    await clickhouse.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  const token = away.adminToken ?? ''
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(new URL(path, away.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  assert.equal((await post('/v1/tenants', { id: 'acme', name: 'Acme' })).status, 201)
  assert.equal((await post('/v1/events', events(5))).status, 200)

  const page = await pagesOf({ url: away.url, token }, browser)(t, '/data/sources?tenant=acme', { expected: /50[03]/u })
  const received = page.locator('.equation-term:has(dt:has-text("Received")) dd')
  await shows(received, whole(5))
  await clickhouse.stop()
  await shows(page.getByText('Not ready.').locator('..'), /clickhouse: .*No event is lost/u)
  await page
    .getByText(/The event store does not answer: this is what was known last/u)
    .first()
    .waitFor({ timeout: 40_000 })
  await shows(received, whole(5))
  assert.equal((await post('/v1/events', events(6))).status, 503)
  assert.deepEqual(await barriers(page), [])

  clickhouse = await start()
  await waitUntil(async () => (await post('/v1/events', events(6))).status === 200)
  await page.getByText('Not ready.').waitFor({ state: 'detached', timeout: 30_000 })
  await shows(page.locator('.equation'), 'balances')
  await page.waitForFunction(() => document.querySelector('.former') === null, undefined, { timeout: 60_000 })
  await shows(page.locator('.equation-term:has(dt:has-text("Stored")) dd'), whole(6))
  // It goes before its server does: what it would ask of one that is gone is no fault of the page.
  await page.context().close()
})

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'it came back in time')
    await sleep(250)
  }
}
