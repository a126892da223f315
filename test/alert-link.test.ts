import assert from 'node:assert/strict'
import test from 'node:test'
import { openAlertLinks } from '../platform/alert-link.ts'
import { SightlineError } from '../platform/errors.ts'

const NOW = Date.UTC(2026, 2, 2) * 1000
const DAY = 86_400e6
const claim = { tenant: 'acme', alert: '7d9f2f5e-1b1c-4c1e-9b7e-3f6a2b9c1d00', party: 'accounts-payable' }
const folder = { secret: () => Promise.resolve('the-key-that-the-folder-keeps') }

test('a link that was signed here acknowledges one alert for one party for seven days', async () => {
  const links = await openAlertLinks({ key: 'k'.repeat(32), folder: null })
  const token = links.sign(claim, NOW)
  assert.match(token, /^[\w.-]+$/u, 'stands in an address as it is')
  assert.deepEqual(links.verify(token, NOW), claim)
  assert.deepEqual(links.verify(token, NOW + 7 * DAY - 1), claim)
  assert.equal(links.verify(token, NOW + 7 * DAY), 'expired')
})

test('a link that was changed, made up, or signed elsewhere is none', async () => {
  const links = await openAlertLinks({ key: 'k'.repeat(32), folder: null })
  const [version, text = '', mac = ''] = links.sign(claim, NOW).split('.')
  const other = Buffer.from(JSON.stringify({ ...claim, tenant: 'globex', expires: NOW + DAY })).toString('base64url')
  const flipped = `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`
  for (const token of [
    '',
    'v1..',
    `v2.${text}.${mac}`,
    `v1.${other}.${mac}`,
    `v1.${text}.${flipped}`,
    `v1.${text}.${mac}x`,
    `${version}.${text}.`,
  ])
    assert.equal(links.verify(token, NOW), 'invalid', token)
  const elsewhere = await openAlertLinks({ key: 'o'.repeat(32), folder: null })
  assert.equal(elsewhere.verify(`v1.${text}.${mac}`, NOW), 'invalid')
})

test('what the folder’s key signed holds after a key was set, and without any key nothing is signed', async () => {
  const before = await openAlertLinks({ key: undefined, folder })
  const since = await openAlertLinks({ key: 'k'.repeat(32), folder })
  assert.deepEqual(since.verify(before.sign(claim, NOW), NOW), claim)
  const none = await openAlertLinks({ key: undefined, folder: null })
  assert.throws(
    () => none.sign(claim, NOW),
    (error) => error instanceof SightlineError && error.code === 'secret_key_missing',
  )
  assert.equal(none.verify(before.sign(claim, NOW), NOW), 'invalid')
})
