import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { barriers, settled, shows, type Site, startSite } from './support/page.ts'

let site: Site
before(async () => {
  site = await startSite()
})
after(() => site.close())

test('an administrator sees what a retention would remove, and confirms it before it is set', async (t) => {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await site.open(t, '/data/retention?tenant=acme', { scheme })
    await settled(page)
    const panel = page.getByRole('region', { name: 'Retention' })
    await shows(panel, scheme === 'light' ? 'for ever' : '400 days')
    await panel.getByRole('button', { name: 'Change…' }).click()
    const form = page.getByRole('dialog', { name: 'Change the retention' })
    const days = form.getByLabel('Days', { exact: true })
    await days.fill('30')
    await shows(form, 'A whole number from 90 to 36500')
    const wanted = scheme === 'light' ? '400' : '90'
    await days.fill(wanted)
    await form.getByRole('button', { name: 'Show what would go' }).click()
    await shows(form, /Of what ended before .* 0 documents with 0 events would go now/u)
    assert.deepEqual(await barriers(page), [])
    const set = form.getByRole('button', { name: 'Change it' })
    assert.equal(await set.isDisabled(), true)
    await form.getByLabel('What is removed cannot be brought back').check()
    await set.click()
    await form.waitFor({ state: 'detached' })
    await shows(panel, `${wanted} days`)
    await shows(panel, 'in effect from')
    assert.deepEqual(await barriers(page), [])
  }
})

test('who may only read sees the retention and is offered no change', async (t) => {
  const made = await site.server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: ['acme'] },
  })
  const page = await site.open(t, '/data/retention?tenant=acme', { token: made.body.token })
  await settled(page)
  const panel = page.getByRole('region', { name: 'Retention' })
  await shows(panel, 'Last removal')
  assert.equal(await panel.getByRole('button').count(), 0)
})
