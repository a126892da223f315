import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { verifiedTenant } from '../model/tenant.ts'
import { barriers, settled, shows, startSite } from './support/page.ts'
import { storeReference, type StatedReference } from './support/store-reference.ts'

const { server, open, close } = await startSite()
after(close)

const HERE = '?tenant=acme&from=2026-02-01&to=2026-12-01&range=custom'

/** A control's worked example as the company's history. */
before(async () => {
  for (const control of ['self-approval', 'split-requisitions', 'over-budget', 'duplicate-exact', 'reported-by-workflow']) {
    const file = (name: string) => readFileSync(new URL(`./controls/${control}/${name}`, import.meta.url), 'utf8')
    const reference: StatedReference[] = JSON.parse(file('reference.json'))
    await storeReference(server.stores.clickhouse.writer, verifiedTenant('acme'), reference)
    const events: { id: string }[] = file('events.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    const body = events.map((event) => ({ ...event, id: `${control}-${event.id}` }))
    const sent = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant: 'acme', body })
    assert.deepEqual([sent.status, sent.body.rejected], [200, []])
  }
  await server.derived('acme')
})

for (const scheme of ['light', 'dark'] as const)
  test(`controls are listed by category with what they need, and nothing bars anybody (${scheme})`, async (t) => {
    const page = await open(t, `/controls${HERE}`, { scheme })
    await settled(page)
    await shows(page.getByRole('region', { name: 'Segregation of duties' }), 'Requester approves own request')
    await shows(page.getByRole('region', { name: 'Contracts' }), 'not evaluable: needs contracts')
    assert.deepEqual(await barriers(page), [])
    await page
      .getByRole('button', { name: /Evidence of/u })
      .first()
      .click()
    await shows(page.getByRole('dialog'), 'Evidence')
    await page.getByRole('dialog').getByRole('table', { name: 'Events that show it' }).waitFor()
    assert.deepEqual(await barriers(page), [])
  })

test('a violation is accepted with a reason and an attestation, and says so', async (t) => {
  const page = await open(t, `/controls/self-approval${HERE}`)
  await settled(page)
  await page
    .getByRole('button', { name: /Evidence of/u })
    .first()
    .click()
  const drawer = page.getByRole('dialog', { name: 'Violation', exact: true })
  await drawer.getByRole('button', { name: 'Accept' }).click()
  const dialog = page.getByRole('dialog', { name: 'Accept the violation' })
  await dialog.getByLabel('Why').fill('small amount, checked by hand')
  assert.ok(await dialog.getByRole('button', { name: 'Accept' }).isDisabled())
  await dialog.getByLabel('Attested by').fill('Olga Weiss')
  await dialog.getByRole('button', { name: 'Accept' }).click()
  await shows(drawer.getByRole('table', { name: 'What people decided' }), 'Olga Weiss')
  await drawer.getByRole('button', { name: 'Reopen' }).waitFor()
})

test('a replay with another tolerance tells which documents would pass', async (t) => {
  const page = await open(t, `/controls/split-requisitions${HERE}`)
  await settled(page)
  const panel = page.getByRole('region', { name: 'What if' })
  await panel.getByLabel('Would be').fill('10000')
  await panel.getByRole('button', { name: 'Replay' }).click()
  await shows(panel, /violations, \+/u)
  await panel.getByRole('table', { name: 'Documents that would change' }).waitFor()
  await shows(page.getByRole('region', { name: 'Policy versions' }), 'split_limit 3000')
  assert.deepEqual(await barriers(page), [])
})

test('the evidence pack is a file', async (t) => {
  const page = await open(t, `/controls${HERE}`)
  await settled(page)
  await page.getByRole('button', { name: 'Evidence pack' }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/u }).click()])
  assert.equal(file.suggestedFilename(), 'evidence.csv')
})

test('a company without events sees what its controls need', async (t) => {
  const page = await open(t, '/controls?tenant=newcomer')
  await settled(page)
  await shows(page.getByRole('region', { name: 'Violations' }), 'No violation in this window')
})
