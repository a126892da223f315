import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { barriers, settled, shows, type Site, startSite } from './support/page.ts'

let site: Site

function event(type: string, time: string, invoice: string): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: `${invoice}-${type}`,
    source: '/erp',
    type,
    time,
    data: { seq: 1, objects: [{ type: 'invoice', id: invoice }] },
  }
}

async function send(events: readonly Record<string, unknown>[]): Promise<void> {
  const sent = await site.server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant: 'acme', body: events })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []])
  await site.server.derived('acme')
}

before(async () => {
  site = await startSite()
  await send([
    event('invoice.received', '2026-03-02T08:00:00Z', 'INV-1'),
    event('invoice.captured', '2026-03-02T10:00:00Z', 'INV-1'),
    event('invoice.received', '2026-03-10T08:00:00Z', 'INV-2'),
  ])
})
after(() => site.close())

test('a month is closed, what comes late is listed as restated, and the month is opened again', async (t) => {
  const page = await site.open(t, '/kpis?tenant=acme', { expected: /400/u })
  await settled(page)
  await page.getByRole('link', { name: 'Closed months' }).click()
  await settled(page)
  await shows(page.getByRole('main'), 'No month is closed')
  await page.getByRole('button', { name: 'Close a month' }).click()
  const form = page.getByRole('dialog', { name: 'Close a month' })
  const month = form.locator('input[type=month]')
  assert.match(await month.inputValue(), /^\d{4}-\d{2}$/u)
  await month.evaluate((input) => input.removeAttribute('max'))
  await month.fill('2199-01')
  await form.getByRole('button', { name: 'Close it' }).click()
  await shows(form.getByRole('alert'), 'has not ended')
  await month.fill('2026-03')
  await form.getByLabel('Note').fill('reported to the board')
  assert.deepEqual(await barriers(page), [])
  await form.getByRole('button', { name: 'Close it' }).click()
  await form.waitFor({ state: 'detached' })
  await shows(page.getByRole('region', { name: 'Months' }), 'reported to the board')
  await shows(page.getByRole('main'), 'Nothing of this month has changed since')

  await send([event('invoice.captured', '2026-03-10T12:00:00Z', 'INV-2')])
  for (const scheme of ['light', 'dark'] as const) {
    const later = await site.open(t, '/kpis/months?tenant=acme', { scheme })
    await settled(later)
    const restated = later.getByRole('region', { name: 'Restated in Mar 2026' })
    await shows(restated.getByRole('row', { name: /Capture lag/u }), /2 h.*3 h/u)
    await later.getByRole('button', { name: 'What changed of Capture lag' }).click()
    await shows(later.getByRole('region', { name: 'Capture lag: what changed' }), 'INV-2')
    assert.deepEqual(await barriers(later), [])
    const [file] = await Promise.all([later.waitForEvent('download'), restated.getByRole('button', { name: 'CSV' }).click()])
    assert.match(await readFile(await file.path(), 'utf8'), /^capture-lag,s,7200,10800,1,2,1,0,1$/mu)
  }

  await page.getByRole('button', { name: 'Open Mar 2026 again' }).click()
  await shows(page.getByRole('main'), 'No month is closed')
})

test('who may only read is offered no closing and no opening', async (t) => {
  const closed = await site.server.ask('POST', '/v1/frozen-months', { tenant: 'acme', body: { month: '2026-02', note: '' } })
  assert.equal(closed.status, 201)
  const made = await site.server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: ['acme'] },
  })
  const page = await site.open(t, '/kpis/months?tenant=acme', { token: made.body.token })
  await settled(page)
  await shows(page.getByRole('region', { name: 'Months' }), 'Feb 2026')
  for (const name of ['Close a month', /again$/u]) assert.equal(await page.getByRole('button', { name }).count(), 0, String(name))
})
