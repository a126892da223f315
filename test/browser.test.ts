import { AxeBuilder } from '@axe-core/playwright'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { IngestAnswer, Quality, Sources } from '../api/contract/data.ts'
import type { Exceptions } from '../api/contract/exception.ts'
import type { KpiAnswer, KpiCatalogue } from '../api/contract/kpi.ts'
import type { ObjectTimeline } from '../api/contract/object.ts'
import type { ProcessSummary, ProcessTypes, ProcessVariants } from '../api/contract/process.ts'
import { buildWeb } from '../web/build.ts'
import { PAGES as NAVIGATION } from '../web/shell/pages.ts'
import { startBrowser, type TestBrowser } from './support/browser.ts'
import { loadInto, view } from './support/ground-truth.ts'
import { startServer, type TestServer } from './support/server.ts'

const PATIENCE_MS = 45_000
const DAY_MS = 86_400_000
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 30 * DAY_MS
/** The window that the pages open with. */
const WINDOW = `from=${new Date(START - 60 * DAY_MS).toISOString().slice(0, 10)}`
const BUSINESS_STEPS = 'without=operation.,ai.,policy.'

let server: TestServer
let browser: TestBrowser
let folder: string

before(async () => {
  server = await startServer({ webFolder: (await buildWeb({ onlyIfStale: true })).folder })
  browser = await startBrowser()
  folder = await mkdtemp(join(tmpdir(), 'sightline-browser-test-'))
  for (const [id, name] of [
    ['acme', 'Acme Industries'],
    ['files', 'Filed Away'],
    ['newcomer', 'Newcomer'],
  ])
    assert.equal((await server.ask('POST', '/v1/tenants', { body: { id, name } })).status, 201)
  const sent = await server.ask<IngestAnswer>('POST', '/v1/events', { tenant: 'acme', body: invoices() })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []], JSON.stringify(sent.body))
  await writeFile(join(folder, 'orders.csv'), orders())
  assert.equal((await loadInto(server, { path: join(folder, 'orders.csv'), tenant: 'files' })).rejected, 0)
  for (const tenant of ['acme', 'files']) await server.derived(tenant)
})
after(async () => {
  await browser.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

type Data = Record<string, unknown>

/** Twelve invoices: INV-3 mismatched and settled, INV-4 still disputed, INV-5 retried, INV-6 stuck, INV-7 corrected, INV-8 coded by an AI. */
function invoices(): unknown[] {
  const events: unknown[] = []
  for (let number = 1; number <= 12; number++) {
    const invoice = `INV-${number}`
    const happen = (type: string, hour: number, data: Data = {}, id = `${invoice}/${type}/${hour}`): void => {
      events.push({
        specversion: '1.0',
        id,
        source: '/erp/acme',
        type,
        time: new Date(START + number * DAY_MS + hour * 3_600_000).toISOString(),
        data: {
          objects: [{ type: 'invoice', id: invoice }],
          actor: { id: 'svc-ap', kind: 'system' },
          attributes: { supplier: number % 3 === 0 ? 'Borealis' : 'Cygnus', entity: 'DE01' },
          ...data,
        },
      })
    }
    const exception = (state: string): Data => ({ exception: { id: `EX-${number}`, state } })
    const post = (attempt: number, outcome: Data): Data => ({
      operation: { id: `post:${invoice}`, attempt },
      system: 'sap-eu',
      system_class: 'erp',
      outcome,
    })
    happen('invoice.received', 0)
    happen('invoice.captured', 1)
    happen('invoice.match_started', 2)
    if (number === 3 || number === 4) {
      happen('invoice.mismatched', 3, {
        ...exception('raised'),
        outcome: { status: 'rejected', code: 'PRICE_VARIANCE', message: 'unit price 10.40 over 10.00' },
      })
      if (number === 4) continue
      happen('exception.resolved', 8, { ...exception('resolved'), actor: { id: 'u17', kind: 'human' } })
    }
    happen('invoice.matched', 9)
    if (number === 8)
      happen('ai.acted', 10, {
        actor: { id: 'coding-agent', kind: 'ai_agent' },
        ai: { model: 'coder-2', kind: 'coding', input_ref: 'doc/8', confidence: 0.97, reviewer: 'u17', decision: 'accepted' },
      })
    happen('invoice.approved', 12, { actor: { id: 'u17', kind: 'human' } })
    if (number === 5 || number === 6) {
      happen('operation.failed', 13, post(1, { status: 'failed', code: 'HTTP_503', message: 'Service Unavailable' }))
      if (number === 6) continue
      happen('operation.succeeded', 14, post(2, { status: 'ok' }))
    }
    happen('invoice.posted', 15)
    if (number === 7) {
      const corrects = `${invoice}/invoice.captured/1`
      happen('invoice.captured', 1.5, { corrects }, `${invoice}/again`)
    }
  }
  return events
}

/** A log of a spreadsheet, some of its rows there twice. */
function orders(): string {
  const rows = ['case,activity,timestamp,resource']
  for (let order = 1; order <= 20; order++)
    for (const [hour, activity] of ['Create order', 'Approve order', 'Send order', 'Receive goods'].entries()) {
      const row = `O-${order},${activity},${new Date(START + order * DAY_MS + hour * 3_600_000).toISOString()},u${order % 4}`
      rows.push(row, ...(order <= 5 && hour === 1 ? [row] : []))
    }
  return `${rows.join('\n')}\n`
}

type Options = { scheme?: 'light' | 'dark'; token?: string; expected?: RegExp }

/** Signs in by the link; at the end nothing may stand on the console but what is expected. */
async function open(t: TestContext, path: string, { scheme = 'light', token = server.token, expected }: Options = {}) {
  const opened = await browser.openPage(`${new URL(path, server.url).href}#token=${token}`, { colorScheme: scheme })
  opened.page.setDefaultTimeout(PATIENCE_MS)
  t.after(async () => {
    await opened.close()
    const surprises = opened.errors.filter((line) => expected === undefined || !expected.test(line))
    assert.deepEqual(surprises, [], 'console errors')
  })
  return opened.page
}

/** Waits until an element holds a text. */
async function shows(element: Locator, text: string | RegExp): Promise<void> {
  await element.filter({ hasText: text }).first().waitFor()
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('main .mantine-Skeleton-root, main[aria-busy="true"]') === null)
}

/** The value that stands under a name in a list of figures. */
function figure(within: Locator | Page, name: string): Locator {
  return within.locator(`dl.figures > div:has(> dt:text-is(${JSON.stringify(name)})) > dd`)
}

/** A number as a whole, not as a part of a longer one. */
const whole = (number: string | number): RegExp =>
  new RegExp(`(?<![\\d.,])${String(number).replace('.', String.raw`\.`)}(?![\\d%]|[.,]\\d)`, 'u')
const percent = (share: number | null | undefined): RegExp => whole(`${((share ?? Number.NaN) * 100).toFixed(1)}%`)
const kpi = (tenant: string, name: string): Promise<KpiAnswer> =>
  view(server, tenant, `/v1/kpis/${name}?${WINDOW}&bucket=all&compare=previous`)

test('the link signs in and leaves no token behind; the overview shows what the API answers', async (t) => {
  const page = await open(t, '/?tenant=acme')
  await settled(page)
  assert.ok(!page.url().includes('token'), page.url())
  const { totals } = await view<Exceptions>(server, 'acme', `/v1/exceptions?${WINDOW}`)
  for (const [name, of] of [
    ['exception-rate', 'business'],
    ['technical-failure-rate', 'technical'],
  ] as const) {
    const [row] = (await kpi('acme', name)).rows
    const panel = page.locator(`.headline[data-class="${of}"]`)
    assert.ok(row !== undefined && row.value !== null && row.value > 0)
    await shows(panel.locator('.headline-value'), percent(row.value))
    await shows(panel.getByText(/^n = /u), whole(row.n))
    await shows(figure(panel, 'Documents hit'), whole(totals.find((one) => one.class === of)?.objects ?? -1))
    await panel.locator('.recharts-wrapper').waitFor()
  }
  const { kpis } = await view<KpiCatalogue>(server, 'acme', '/v1/kpis')
  const unmeasured = page.getByRole('region', { name: 'Not measurable with this data' })
  for (const { kpi: name, title, unit } of kpis.filter(
    (one) => one.overview && !/^(?:exception|technical-failure)-rate$/u.test(one.kpi),
  )) {
    const [row] = (await kpi('acme', name)).rows
    if (row === undefined || (row.n === 0 && row.open === 0)) {
      await unmeasured.getByRole('link', { name: title, exact: true }).waitFor()
      continue
    }
    const card = page.getByRole('article').filter({ has: page.getByRole('link', { name: title, exact: true }) })
    if (unit === 'ratio') await shows(card.locator('.kpi-value'), row.value === null ? 'None yet' : percent(row.value))
    await shows(card.locator('.kpi-foot'), whole(row.n))
  }
})

test('a KPI opens with its figures, its groups and its meaning; a group filters the page', async (t) => {
  const page = await open(t, '/?tenant=acme')
  await page.getByRole('link', { name: 'Business exception rate', exact: true }).click()
  await shows(page.getByRole('heading', { level: 1 }), 'Business exception rate')
  const [row] = (await kpi('acme', 'exception-rate')).rows
  const head = page.getByRole('region', { name: 'By week', exact: true })
  await shows(figure(head, 'In the window'), percent(row?.value))
  await shows(figure(head, 'Still open'), whole(row?.open ?? -1))
  await page.getByLabel('Group by').selectOption('supplier')
  const { rows } = await view<KpiAnswer>(server, 'acme', `/v1/kpis/exception-rate?${WINDOW}&bucket=all&group_by=supplier`)
  const table = page.getByRole('region', { name: 'Business exception rate by Supplier' })
  for (const { group, value } of rows) await shows(table.getByRole('row').filter({ hasText: group }), percent(value))
  await table.getByRole('button', { name: 'Borealis' }).click()
  await page.getByRole('button', { name: 'Remove the filter Supplier Borealis' }).waitFor()
  await shows(figure(head, 'In the window'), percent(rows.find(({ group }) => group === 'Borealis')?.value))
})

test('the process page leaves system events out until all are asked for; a variant shows its example', async (t) => {
  const page = await open(t, '/process/invoice?tenant=acme')
  const summary = page.getByRole('region', { name: 'Summary' })
  const [few, all] = await Promise.all(
    [BUSINESS_STEPS, ''].map((what) => view<ProcessSummary>(server, 'acme', `/v1/process/invoice/summary?${WINDOW}&${what}`)),
  )
  assert.ok(few !== undefined && all !== undefined && few.events < all.events)
  await shows(figure(summary, 'Events'), whole(few.events))
  await shows(figure(summary, 'Variants'), whole(few.variants))
  await page.getByText('left out: system operations, AI actions and policy checks').waitFor()
  const { variants } = await view<ProcessVariants>(server, 'acme', `/v1/process/invoice/variants?${WINDOW}&${BUSINESS_STEPS}`)
  const first = page.getByRole('list', { name: 'Variants' }).getByRole('listitem').first()
  await shows(first.locator('.variant-share'), percent(variants[0]?.share))
  await first.getByRole('button').click()
  await first.getByRole('button', { pressed: true }).waitFor()
  await first.getByRole('link', { name: variants[0]?.example ?? '', exact: true }).waitFor()
  await page.locator('.react-flow__node').first().waitFor()
  await page.getByText('Table', { exact: true }).click()
  await page.getByRole('region', { name: 'Paths between activities' }).getByRole('row').nth(1).waitFor()
  await page.getByText('All events', { exact: true }).click()
  await shows(figure(summary, 'Events'), whole(all.events))
  assert.equal(new URL(page.url()).searchParams.get('steps'), 'all')
})

test('exceptions and failures stand apart with the numbers of the API; one opens with the evidence for its class', async (t) => {
  const page = await open(t, '/exceptions?tenant=acme')
  const answer = await view<Exceptions>(server, 'acme', `/v1/exceptions?${WINDOW}`)
  for (const [of, name, open] of [
    ['business', 'Business exceptions', 'Open'],
    ['technical', 'Technical failures', 'Not recovered'],
  ] as const) {
    const column = page.getByRole('region', { name, exact: true })
    const total = answer.totals.find((one) => one.class === of)
    assert.deepEqual([total?.items, total?.open], [2, 1], of)
    await shows(figure(column, of === 'business' ? 'Exceptions' : 'Failed operations'), whole(total?.items ?? -1))
    await shows(figure(column, open), whole(total?.open ?? -1))
  }
  const business = page.getByRole('region', { name: 'Business exceptions', exact: true })
  await business.getByRole('button', { name: /^Price mismatch 2/u }).click()
  await business.getByRole('heading', { name: 'Latest: Price mismatch' }).waitFor()
  const item = answer.items.find((one) => one.object_id === 'INV-4')
  assert.equal(item?.category, 'match.price')
  await business.getByRole('row').filter({ hasText: 'INV-4' }).getByRole('button', { name: 'Price mismatch' }).click()
  const drawer = page.getByRole('dialog')
  await shows(drawer, 'unit price 10.40 over 10.00')
  for (const line of item.evidence) await shows(drawer, line)
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  await page
    .getByRole('region', { name: 'Technical failures', exact: true })
    .getByRole('button', { name: 'sap-eu: System unavailable' })
    .first()
    .waitFor()
})

test('a document is found by part of its id; its timeline shows correction, AI and what blocks it', async (t) => {
  const page = await open(t, '/objects/invoice?tenant=acme')
  const rows = page.getByRole('region', { name: 'Documents of type Invoice' }).getByRole('row')
  await page.getByLabel('Part of the id').fill('nv-7')
  await page.getByText('with “nv-7” in the id').waitFor()
  await page.getByText('1 shown', { exact: true }).waitFor()
  await rows.getByRole('link', { name: 'INV-7', exact: true }).click()
  await page.getByText('superseded by a correction').waitFor()
  await page.getByText('corrects an earlier event').waitFor()
  const corrected = await view<ObjectTimeline>(server, 'acme', '/v1/objects/invoice/INV-7')
  const counted = corrected.events.filter(({ superseded }) => !superseded).length
  assert.equal(counted, corrected.events.length - 1)
  await shows(figure(page, 'Events'), whole(counted))
  await page.getByRole('button', { name: 'Invoice matched' }).click()
  await shows(page.locator('.entry-details'), '/erp/acme')

  await page.getByRole('button', { name: 'Search a document' }).click()
  await page.getByRole('combobox', { name: /Part of a document/u }).fill('INV-6')
  await page.getByRole('option', { name: /INV-6/u }).waitFor()
  await page.keyboard.press('Enter')
  await shows(page.getByRole('region', { name: 'Blocked by technology' }), /sap-eu.*system unavailable/u)

  await page.goto(new URL('/objects/invoice/INV-8?tenant=acme', server.url).href)
  await page.getByText('coding-agent (AI agent)').waitFor()
})

test('the data page shows sources and the quality report; an administrator undoes an import after a word of warning', async (t) => {
  const page = await open(t, '/data?tenant=files')
  const { sources } = await view<Sources>(server, 'files', '/v1/sources')
  const [source] = sources
  assert.ok(source !== undefined && sources.length === 1)
  const row = page.getByRole('region', { name: 'Sources' }).getByRole('row').filter({ hasText: source.source })
  await row
    .getByRole('cell', { name: String(source.events), exact: true })
    .first()
    .waitFor()
  await page.getByRole('tab', { name: 'Unmapped activities' }).click()
  await page.getByRole('cell', { name: 'Receive goods', exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Imports and quality' }).click()
  const [imported] = (await view<Quality>(server, 'files', '/v1/quality')).imports
  const finding = imported?.report?.findings[0]
  assert.ok(imported !== undefined && finding !== undefined, 'the report names the rows that are there twice')
  const entry = page.getByRole('region', { name: 'orders.csv' })
  await shows(entry, `${imported.accepted} accepted`)
  await shows(entry, finding.message)
  await entry.getByRole('button', { name: 'Undo this import' }).click()
  const dialog = page.getByRole('dialog')
  await shows(dialog, `The ${imported.accepted} events that orders.csv brought leave every view and KPI of Filed Away`)
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.notDeepEqual((await view<ProcessTypes>(server, 'files', '/v1/process')).types, [])
  await entry.getByRole('button', { name: 'Undo this import' }).click()
  await dialog.getByRole('button', { name: 'Undo the import' }).click()
  await entry.getByText('undone', { exact: true }).waitFor()
  await server.derived('files')
  assert.deepEqual((await view<ProcessTypes>(server, 'files', '/v1/process')).types, [])
})

test('tenant, time range and theme change what is shown, and stay on the next page', async (t) => {
  const page = await open(t, '/?tenant=newcomer')
  await page.getByRole('heading', { name: 'No events yet' }).waitFor()
  await shows(page.getByLabel('Request that sends one event'), 'x-tenant-id: newcomer')
  await page.getByRole('button', { name: /Switch tenant/u }).click()
  await page.getByRole('menuitem', { name: 'Acme Industries' }).click()
  await page.locator('.headline').first().waitFor()
  assert.equal(new URL(page.url()).searchParams.get('tenant'), 'acme')
  await page.getByText('7 d', { exact: true }).click()
  await page.getByText('Last 7 days, compared with the 7 days before').waitFor()
  await page.getByText('All', { exact: true }).click()
  await page.getByText('All history', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  await page.getByRole('link', { name: 'Process', exact: true }).click()
  await shows(page.getByRole('heading', { level: 1 }), 'How invoices run')
  const { objects } = await view<ProcessSummary>(server, 'acme', `/v1/process/invoice/summary`)
  await shows(figure(page, 'Invoice'), whole(objects))
  assert.deepEqual(
    ['tenant', 'range'].map((name) => new URL(page.url()).searchParams.get(name)),
    ['acme', 'all'],
  )
  await page.reload()
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
})

test('a document, KPI or page that is not there says so', async (t) => {
  const page = await open(t, '/objects/invoice/NOPE-1?tenant=acme', { expected: /404/u })
  await shows(page.getByRole('alert'), 'not_found')
  await page.goto(new URL('/kpis/nope?tenant=acme', server.url).href)
  await page.getByRole('heading', { name: 'There is no KPI named nope' }).waitFor()
  await page.goto(new URL('/nowhere?tenant=acme', server.url).href)
  await page.getByRole('heading', { name: 'No such page' }).waitFor()
})

const PAGES = [
  '/?tenant=acme',
  '/kpis/exception-rate?tenant=acme&by=supplier',
  '/process/invoice?tenant=acme',
  '/exceptions?tenant=acme',
  '/objects/invoice?tenant=acme',
  '/objects/invoice/INV-6?tenant=acme',
  '/data?tenant=files&tab=imports',
  '/?tenant=newcomer',
]
for (const scheme of ['light', 'dark'] as const)
  test(`no page has a barrier that axe finds, ${scheme} theme`, async (t) => {
    const page = await open(t, '/data?tenant=acme', { scheme })
    await settled(page)
    for (const path of PAGES) {
      await page.goto(new URL(path, server.url).href)
      await settled(page)
      const { violations } = await new AxeBuilder({ page }).analyze()
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
      assert.deepEqual(found, [], path)
    }
  })

test('while answers are computed for the first time pages say so, and not that there is nothing', async (t) => {
  assert.equal((await server.ask('POST', '/v1/tenants', { body: { id: 'waiting', name: 'Waiting' } })).status, 201)
  assert.equal((await server.ask('POST', '/v1/events', { tenant: 'waiting', body: invoices() })).status, 200)
  const page = await open(t, '/incidents?tenant=waiting')
  await page.getByRole('heading', { name: 'Not computed yet' }).first().waitFor()
  await page.goto(new URL('/?tenant=waiting', server.url).href)
  await page.getByText('Not computed yet').first().waitFor()
  assert.equal(await page.getByText('Not measurable with this data').count(), 0)
  await page.goto(new URL('/controls?tenant=waiting', server.url).href)
  await page.getByRole('heading', { name: 'Not computed yet' }).waitFor()
  assert.equal(await page.getByText('evaluated', { exact: true }).count(), 0)
  await server.derived('waiting')
  await page.goto(new URL('/slas?tenant=waiting', server.url).href)
  await page.getByRole('heading', { name: 'No service level is defined' }).waitFor()
  await page.goto(new URL('/?tenant=waiting', server.url).href)
  await page.getByText('Not measurable with this data').first().waitFor()
  assert.equal(await page.getByText('Not computed yet').count(), 0)
})

test('a refused token says why; signing out ends the session', async (t) => {
  const page = await open(t, '/?tenant=acme', { token: 'slk_wrong', expected: /401/u })
  await shows(page.getByRole('alert'), 'This token is unknown, expired or revoked')
  await page.getByLabel('Token', { exact: true }).fill(server.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.headline').first().waitFor()
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'sightline_session')
  assert.ok(cookie?.httpOnly === true)
  const asked = () => server.ask('GET', '/v1/session', { token: null, headers: { cookie: `${cookie.name}=${cookie.value}` } })
  assert.equal((await asked()).status, 200)
  await page.getByRole('button', { name: /^Signed in as/u }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in to Sightline' }).waitFor()
  assert.equal((await asked()).status, 401)
  await page.reload()
  await page.getByRole('heading', { name: 'Sign in to Sightline' }).waitFor()
})

test('every page of the navigation has a shortcut of its own', () => {
  assert.equal(new Set(NAVIGATION.map(({ key }) => key)).size, NAVIGATION.length)
  assert.equal(new Set(NAVIGATION.map(({ path }) => path)).size, NAVIGATION.length)
})
