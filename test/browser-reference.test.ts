import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after, before } from 'node:test'
import type { ReferenceRows } from '../api/contract/reference.ts'
import { referenceRows } from '../demo/reference.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { barriers, settled, shows, startSite } from './support/page.ts'

const { server, open, close } = await startSite()
after(close)

before(async () => {
  const demo = DEMO_TENANTS.find(({ id }) => id === 'kestrel')
  assert.ok(demo !== undefined)
  const stated = referenceRows({ seed: 7, anchor: Date.UTC(2026, 10, 20) }, demo)
  for (const [kind, rows] of Map.groupBy(stated, (row) => row.kind)) {
    if (kind === 'systems') continue
    const body = { rows: rows.map(({ kind: _kind, ...row }) => row) }
    const { status } = await server.ask('POST', `/v1/reference/${kind}`, { tenant: 'acme', body })
    assert.equal(status, 200, kind)
  }
})

async function stored(kind: string, key: string): Promise<[string, string | null, unknown][]> {
  const { body } = await server.ask<ReferenceRows>('GET', `/v1/reference/${kind}?q=${encodeURIComponent(key)}`, {
    tenant: 'acme',
  })
  return body.rows.map(({ valid_from, valid_to, body: said }) => [valid_from.slice(0, 10), valid_to?.slice(0, 10) ?? null, said])
}

test('a supplier is added, changed from a later day, ended, and its history tells all of it', async (t) => {
  const page = await open(t, '/reference?tenant=acme')
  await settled(page)
  assert.equal(new URL(page.url()).pathname, '/reference/suppliers')
  await page.getByLabel('Part of the key').fill('ZZ-')
  await shows(page.getByRole('main'), 'No row matches')
  await page.getByRole('button', { name: 'Add a row' }).click()
  const form = page.getByRole('dialog', { name: 'Add to suppliers' })
  await form.getByRole('textbox', { name: 'Key', exact: true }).fill('ZZ-1')
  await form.getByLabel('Valid from').fill('2026-01-01')
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Altus Works')
  await form.getByLabel('Status').selectOption('approved')
  assert.deepEqual(await barriers(page), [])
  await form.getByRole('button', { name: 'Add it' }).click()
  await form.waitFor({ state: 'detached' })
  const table = page.getByRole('region', { name: 'Rows of suppliers' })
  await shows(table, 'Altus Works')
  await page.getByRole('button', { name: 'Change ZZ-1' }).click()
  const change = page.getByRole('dialog', { name: 'Change ZZ-1' })
  await change.getByLabel('Valid from').fill('2026-06-01')
  await change.getByLabel('Status').selectOption('blocked')
  await change.getByRole('button', { name: 'Save' }).click()
  await change.waitFor({ state: 'detached' })
  await shows(table, '2026-06-01 on')
  assert.deepEqual(
    (await stored('suppliers', 'ZZ-1')).map(([from, to, said]) => [from, to, (said as { status: string }).status]),
    [
      ['2026-01-01', '2026-06-01', 'approved'],
      ['2026-06-01', null, 'blocked'],
    ],
  )
  await page.getByLabel('Valid on').fill('2026-03-01')
  await table.getByText('2026-06-01 on').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Every period' }).click()
  await shows(table, '2026-06-01 on')
  await page.getByRole('button', { name: 'End ZZ-1' }).last().click()
  const end = page.getByRole('dialog', { name: 'End ZZ-1' })
  await end.getByLabel('Holds until').fill('2026-09-01')
  await end.getByRole('button', { name: 'End it' }).click()
  await end.waitFor({ state: 'detached' })
  await shows(table, '2026-06-01 to 2026-09-01')
  await table.getByRole('button', { name: 'ZZ-1', exact: true }).first().click()
  const history = page.getByRole('dialog', { name: 'ZZ-1' })
  await history.getByRole('listitem').nth(3).waitFor()
  assert.equal(await history.getByRole('listitem').count(), 4)
  assert.deepEqual(await barriers(page), [])
})

test('a table is tried before it is kept, its mistakes told by row, taken back, and goes out as it came in', async (t) => {
  const page = await open(t, '/reference/budgets?tenant=newcomer')
  await settled(page)
  await shows(page.getByRole('main'), 'No budgets yet')
  await page.getByRole('button', { name: 'Import CSV' }).click()
  const form = page.getByRole('dialog', { name: 'Import budgets' })
  const csv = [
    'key,entity,period,amount,currency',
    'DE01/2026,DE01,2026,5000.50,EUR',
    'DE02/2026,DE02,2026-13,10,EUR',
    'DE03/2026,DE03,2026-Q1,10,EUR',
  ].join('\n')
  await form.getByLabel('Table').fill(csv)
  await form.getByRole('button', { name: 'Show what would become of it' }).click()
  await shows(form.getByRole('region', { name: 'Rows that are refused' }), /2\s*period: is not a year/u)
  assert.deepEqual(await barriers(page), [])
  await form.getByRole('checkbox', { name: /leave 1 row out/u }).check()
  await form.getByRole('button', { name: 'Keep 2 rows' }).click()
  await form.getByRole('button', { name: 'Done' }).click()
  await shows(page.getByRole('region', { name: 'Rows of budgets' }), 'DE03/2026')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV', exact: true }).click(),
  ])
  assert.match(await readFile(await file.path(), 'utf8'), /DE01\/2026,1970-01-01T00:00:00.000Z,,DE01,,,2026,5000.50,EUR\r\n/u)
  await page.getByRole('button', { name: /^Undo the change/u }).click()
  await shows(page.getByRole('main'), 'No budgets yet')
})

test('every kind can be looked at, in both themes, and a reader is offered no change', async (t) => {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await open(t, '/reference/targets?tenant=acme', { scheme })
    await settled(page)
    await shows(page.getByRole('region', { name: 'Rows of targets' }), 'exception-rate')
    assert.deepEqual(await barriers(page), [])
  }
  const page = await open(t, '/reference/suppliers?tenant=acme')
  for (const link of await page.getByRole('navigation', { name: 'Kinds of reference data' }).getByRole('link').all()) {
    await link.click()
    await settled(page)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    assert.deepEqual(await barriers(page), [], page.url())
  }
  const made = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: ['acme'] },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const reading = await open(t, '/reference/contracts?tenant=acme', { token: made.body.token })
  await settled(reading)
  await shows(reading.getByRole('region', { name: 'Rows of contracts' }), /\S/u)
  for (const name of ['Add a row', 'Import CSV', /^Change/u, /^End/u, /^Undo/u])
    assert.equal(await reading.getByRole('button', { name }).count(), 0, String(name))
})
