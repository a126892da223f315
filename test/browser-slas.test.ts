import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after } from 'node:test'
import { barriers, figure, settled, shows, startSite, whole } from './support/page.ts'

const site = await startSite()
const { server, open } = site
after(() => site.close())

const HOUR = 3_600_000
const now = Date.now()
const iso = (ms: number): string => new Date(ms).toISOString()

const event = (id: string, invoice: string, type: string, ms: number, data: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type,
  time: iso(ms),
  data: { object: `invoice/${invoice}`, ...data },
})

/** Invoices that were approved, every fifth of them late, and some that are open: two at risk, one paused, one overdue. */
async function fill(): Promise<void> {
  const definition = {
    id: 'approval',
    title: 'Invoice approved within a day',
    object_type: 'invoice',
    start: [{ activity: 'invoice.received' }],
    stop: [{ activity: 'invoice.approved' }],
    pause: [{ on: [{ activity: 'sent_to_supplier' }], until: [{ activity: 'supplier_answered' }], reason: 'supplier' }],
    target: { kind: 'elapsed', seconds: 86_400 },
    objective: 0.9,
  }
  const saved = await server.ask('POST', '/v1/slas', { tenant: 'acme', body: definition })
  assert.equal(saved.status, 201, JSON.stringify(saved.body))
  const finished = Array.from({ length: 100 }, (_, number) => {
    const from = now - 20 * 24 * HOUR + number * 4 * HOUR
    const took = number % 5 === 0 ? 30 : 2 + (number % 7)
    const entity = number % 2 === 0 ? 'DE01' : 'PL02'
    return [
      event(`r${number}`, `I${number}`, 'invoice.received', from, { attributes: { entity, supplier: 'S-1' } }),
      event(`a${number}`, `I${number}`, 'invoice.approved', Math.min(now - HOUR, from + took * HOUR)),
    ]
  }).flat()
  const money = (amount: string) => ({ money: { amount, currency: 'EUR' } })
  const { status } = await server.ask('POST', '/v1/events', {
    tenant: 'acme',
    body: [
      ...finished,
      event('small', 'SMALL', 'invoice.received', now - HOUR, money('100.00')),
      event('large', 'LARGE', 'invoice.received', now - HOUR, money('90000.00')),
      event('held', 'HELD', 'invoice.received', now - 9 * HOUR, money('500.00')),
      event('asked', 'HELD', 'sent_to_supplier', now - 8 * HOUR),
      event('late', 'LATE', 'invoice.received', now - 50 * HOUR, money('700.00')),
    ],
  })
  assert.equal(status, 200)
  await server.derived('acme')
}

await fill()

test('service levels show what was met, what is at risk by probability and money, what stands still and what was breached', async (t) => {
  const page = await open(t, '/slas?tenant=acme&range=30d')
  await settled(page)
  const levels = page.getByRole('region', { name: 'Attainment', exact: true })
  await shows(levels, /Invoice approved within a day/u)
  await shows(levels.getByRole('row').filter({ hasText: 'Invoice approved' }), /79\.2%/u)
  const board = page.getByRole('region', { name: 'At risk' })
  const first = board.getByRole('row').nth(1)
  await shows(first, /LARGE/u)
  await shows(first, /90,000 EUR/u)
  await shows(board.getByRole('row').nth(2), /SMALL/u)
  await shows(page.getByRole('region', { name: 'Paused' }), /HELD/u)
  await shows(page.getByRole('region', { name: 'Overdue' }), /LATE/u)
  await shows(page.getByRole('region', { name: 'Breaches' }), /LATE/u)
  const download = page.waitForEvent('download')
  await board.getByRole('button', { name: 'CSV' }).click()
  const csv = await readFile(await (await download).path(), 'utf8')
  assert.match(csv.split('\n')[1] ?? '', /^approval,1,invoice,LARGE,/u)
  assert.deepEqual(await barriers(page), [])
})

test('a service level shows its calibration and its definition, which is linted as it is typed and saved as a version', async (t) => {
  const page = await open(t, '/slas/approval?tenant=acme&range=30d', { scheme: 'dark' })
  await settled(page)
  await shows(figure(page, 'Overdue now'), whole(1))
  await shows(page.getByRole('region', { name: 'How well breaches are told' }), /20\.0%/u)
  const editor = page.getByRole('region', { name: 'Definition' })
  await shows(editor, /valid/u)
  await editor.getByLabel('Calendar').fill('moon')
  await shows(editor, /sla_calendar_unknown/u)
  assert.ok(await editor.getByRole('button', { name: 'Save as version 2' }).isDisabled())
  await editor.getByLabel('Calendar').fill('')
  await editor.getByLabel('Hours', { exact: true }).fill('36')
  await shows(editor, /valid/u)
  await editor.getByRole('button', { name: 'Save as version 2' }).click()
  await shows(page.getByRole('region', { name: 'Versions' }), /1 d 12 h elapsed/u)
  assert.deepEqual(await barriers(page), [])
})

test('breaches are told by cause, and a choice narrows their list', async (t) => {
  const page = await open(t, '/slas/approval?tenant=acme&range=30d')
  await settled(page)
  const causes = page.getByRole('region', { name: 'Breached because of' })
  const queue = causes.getByRole('button', { name: /^Queue/u })
  await shows(queue, /100\.0% of ended breaches/u)
  await queue.click()
  const breaches = page.getByRole('region', { name: 'Breaches', exact: true })
  await shows(breaches, /Because of Queue/u)
  await shows(breaches.getByRole('row').nth(1), /Queue/u)
  await breaches.getByRole('button', { name: 'Show breaches of all causes' }).click()
  await shows(breaches, /LATE/u)
  assert.deepEqual(await barriers(page), [])
})

test('a document tells its clocks', async (t) => {
  const page = await open(t, '/objects/invoice/LATE?tenant=acme')
  await settled(page)
  await shows(page.getByRole('region', { name: 'Service levels' }), /breached/u)
  assert.deepEqual(await barriers(page), [])
})

test('without service levels the page says what to do', async (t) => {
  const page = await open(t, '/slas?tenant=newcomer')
  await settled(page)
  await page.getByRole('link', { name: 'Define one' }).click()
  await shows(page.getByRole('region', { name: 'Definition' }), /valid/u)
  assert.deepEqual(await barriers(page), [])
  await page.goBack()
  await page.getByRole('button', { name: 'Take those that ship' }).click()
  await shows(page.getByRole('region', { name: 'Attainment', exact: true }), /Invoice received to approved/u)
})
