import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { barriers, figure, settled, shows, type Site, startSite } from './support/page.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 20 * DAY_MS
const CASES = ['a-price-mismatch-over-an-outage', 'd-posting-into-an-outage', 'late-for-two-causes-together']

let site: Site

before(async () => {
  site = await startSite()
  const events = CASES.flatMap((name, number) => {
    const lines = readFileSync(new URL(`attribution/${name}/events.jsonl`, import.meta.url), 'utf8').trim()
    const shift = START - Date.UTC(2026, 2, 2)
    const later = (text: string): string => new Date(Date.parse(text) + shift).toISOString()
    return lines
      .replaceAll('"I1"', `"INV-${number}"`)
      .replaceAll(/"(EX|AP|INC)-(\d)"/gu, `"$1-$2-${number}"`)
      .replaceAll(/"e(\d)"/gu, `"e$1-${number}"`)
      .split('\n')
      .map((line) => {
        const event = JSON.parse(line) as { time: string; data: { due_at?: string } }
        const { due_at: due } = event.data
        return {
          ...event,
          time: later(event.time),
          data: { ...event.data, ...(due === undefined ? {} : { due_at: later(due) }) },
        }
      })
  })
  const sent = await site.server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant: 'acme', body: events })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []])
  await site.server.derived('acme')
})
after(() => site.close())

const from = new Date(START - 10 * DAY_MS).toISOString().slice(0, 10)

for (const scheme of ['light', 'dark'] as const)
  test(`where the time went is told by cause, stage and document, and what made documents late (${scheme})`, async (t) => {
    const page = await site.open(t, `/delays/invoice?tenant=acme&from=${from}`, { scheme })
    await settled(page)
    await shows(figure(page, 'Finished'), '3')
    await shows(page.getByRole('list', { name: 'Late because of causes' }), 'Technical failure and Supplier')
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('button', { name: 'Posting, Technical failure' }).click()
    await page.waitForURL(/stage=posting/u)
    const rows = page.getByRole('table', { name: 'Documents and where their time went' }).locator('tbody tr')
    await shows(rows, 'INV-1')
    await page.waitForFunction(() => document.querySelectorAll('.delay-documents tbody tr').length === 1)
    await shows(rows.first(), '2 d 18 h')
    await page.getByRole('button', { name: /Remove the filter Stage/u }).click()
    await page.getByRole('link', { name: 'INV-1' }).click()
    await settled(page)
    await shows(page.getByRole('region', { name: /Where the time went/u }), 'Technical failure')
    await page.getByText('Each stretch', { exact: true }).click()
    await shows(page.getByRole('table', { name: /Each stretch/u }), 'sap')
    assert.deepEqual(await barriers(page), [])
  })

test('the segments of the documents come as a file, and a newcomer is told how to begin', async (t) => {
  const page = await site.open(t, `/delays/invoice?tenant=acme&from=${from}`)
  await settled(page)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('region', { name: 'Documents', exact: true }).getByRole('button', { name: 'CSV' }).click(),
  ])
  const text = readFileSync(await file.path(), 'utf8').split('\r\n')
  assert.match(text[0] ?? '', /document,from,to,cause,working_s,off_s/u)
  const technical = text.filter((line) => line.startsWith('INV-1,') && line.includes(',technical,'))
  assert.equal(technical.reduce((sum, line) => sum + Number(line.split(',')[4]), 0) * 1000, 66 * HOUR_MS + 5 * 60_000)
  const newcomer = await site.open(t, '/delays?tenant=newcomer')
  await settled(newcomer)
  await shows(newcomer.locator('main'), 'Where the time went')
})
