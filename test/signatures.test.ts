import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import {
  credentialHeaders,
  type Headers,
  newSecret,
  secretFault,
  signedHeaders,
  type Verified,
  verifyDelivery,
} from '../ingest/webhook/signature.ts'
import type { Instant } from '../model/instant.ts'
import { WebhookConfig } from '../model/webhook.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
const NOW: Instant = Date.UTC(2026, 10, 22, 12) * 1000
const SECOND = 1e6
const BODY = Buffer.from('{"type":"invoice.received","amount":"1.00","name":"Zürich"}')

const config = (settings: Record<string, unknown>): WebhookConfig => WebhookConfig.parse(settings)
const STANDARD = config({ scheme: 'standard-webhooks' })
const GITHUB = config({ scheme: 'github' })
const STRIPE = config({ scheme: 'stripe' })
const SLACK = config({
  scheme: 'hmac-header',
  header: 'X-Slack-Signature',
  prefix: 'v0=',
  signed: 'v0:{timestamp}:{body}',
  timestamp_header: 'X-Slack-Request-Timestamp',
})
const SHOP = config({ scheme: 'hmac-header', header: 'x-shop-hmac-sha256', encoding: 'base64' })
const WITH_ID = config({
  scheme: 'hmac-header',
  header: 'x-sig',
  algorithm: 'sha512',
  signed: '{id}|{url}|{timestamp}|{body}',
  url: 'https://example.com/hook',
  timestamp_header: 'x-at',
  timestamp_unit: 'iso',
  id_header: 'x-id',
})
const BEARER = config({ scheme: 'bearer' })
const GITLAB = config({ scheme: 'bearer', header: 'X-Gitlab-Token' })
const BASIC = config({ scheme: 'basic' })
const ALL = { STANDARD, GITHUB, STRIPE, SLACK, SHOP, WITH_ID, BEARER, GITLAB, BASIC }

function verify(settings: WebhookConfig, secrets: string | string[], headers: Headers, body: Uint8Array = BODY, now = NOW) {
  return verifyDelivery(settings, [secrets].flat(), { headers, body }, now)
}

function passed(result: Verified | string): Verified {
  assert.ok(typeof result !== 'string', `refused: ${JSON.stringify(result)}`)
  return result
}

function signed(settings: WebhookConfig, secret: string, body: Uint8Array = BODY, now = NOW): Record<string, string> {
  return signedHeaders(settings, secret, body, now) ?? assert.fail('nobody can sign')
}

test('a delivery signed by the Standard Webhooks library passes, and its id is the delivery’s', () => {
  const secret = newSecret(STANDARD)
  const signature = new Webhook(secret).sign('msg_1', new Date(NOW / 1000), BODY.toString())
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(NOW / SECOND), 'webhook-signature': signature }
  const verified = passed(verify(STANDARD, secret, headers))
  assert.equal(verified.id, 'msg_1')
  assert.equal(verified.timed, true)
  assert.equal(verified.expiresAt, NOW + 300 * SECOND)
  // And the other way round: what is signed here is good for the library.
  const clock = Date.now() * 1000
  assert.deepEqual(
    new Webhook(secret).verify(BODY.toString(), signed(STANDARD, secret, BODY, clock)),
    JSON.parse(BODY.toString()),
  )
})

test('the example of the Standard Webhooks specification passes', () => {
  const body = '{"event_type":"ping","data":{"success":true}}'
  const headers = {
    'webhook-id': 'msg_loFOjxBNrRLzqYUf',
    'webhook-timestamp': '1731705121',
    'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  }
  const at = 1_731_705_121 * SECOND
  passed(verify(STANDARD, 'whsec_plJ3nmyCDGBKInavdOK15jsl', headers, Buffer.from(body), at))
  assert.equal(verify(STANDARD, 'whsec_plJ3nmyCDGBKInavdOK15jsm', headers, Buffer.from(body), at), 'signature_invalid')
})

test('the example of GitHub’s documentation passes', () => {
  const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' }
  const verified = passed(verify(GITHUB, "It's a Secret to Everybody", headers, Buffer.from('Hello, World!')))
  assert.equal(verified.timed, false)
  assert.equal(verified.expiresAt, null)
  assert.equal(verify(GITHUB, "It's a secret to Everybody", headers, Buffer.from('Hello, World!')), 'signature_invalid')
})

test('Stripe’s header passes with one of several signatures, and its timestamp must stand there once', () => {
  const secret = 'whsec_test_secret'
  const t = String(NOW / SECOND)
  const v1 = createHmac('sha256', secret).update(`${t}.${BODY.toString()}`).digest('hex')
  const wrong = 'a'.repeat(64)
  passed(verify(STRIPE, secret, { 'stripe-signature': `t=${t},v1=${v1}` }))
  passed(verify(STRIPE, secret, { 'stripe-signature': `t=${t}, v1=${wrong}, v1=${v1}, v0=${wrong}` }))
  assert.equal(verify(STRIPE, secret, { 'stripe-signature': `t=${t},v0=${v1}` }), 'signature_invalid')
  assert.equal(verify(STRIPE, secret, { 'stripe-signature': `t=${t},t=${t},v1=${v1}` }), 'signature_invalid')
  assert.equal(verify(STRIPE, secret, { 'stripe-signature': `v1=${v1}` }), 'signature_invalid')
  assert.equal(verify(STRIPE, secret, {}), 'signature_missing')
})

test('Paddle’s header passes by settings alone', () => {
  const paddle = config({
    scheme: 'stripe',
    header: 'paddle-signature',
    separator: ';',
    timestamp_field: 'ts',
    signature_field: 'h1',
    signed: '{timestamp}:{body}',
  })
  const ts = String(NOW / SECOND)
  const h1 = createHmac('sha256', 'pdl').update(`${ts}:${BODY.toString()}`).digest('hex')
  passed(verify(paddle, 'pdl', { 'paddle-signature': `ts=${ts};h1=${h1}` }))
})

test('Slack-like and Shopify-like headers pass by settings alone', () => {
  const t = String(NOW / SECOND)
  const hex = createHmac('sha256', 's3cret-text').update(`v0:${t}:`).update(BODY).digest('hex')
  passed(verify(SLACK, 's3cret-text', { 'x-slack-signature': `v0=${hex}`, 'x-slack-request-timestamp': t }))
  assert.equal(verify(SLACK, 's3cret-text', { 'x-slack-signature': `v0=${hex}` }), 'signature_missing')
  assert.equal(verify(SLACK, 's3cret-text', { 'x-slack-signature': hex, 'x-slack-request-timestamp': t }), 'signature_invalid')
  const base64 = createHmac('sha256', 's3cret-text').update(BODY).digest('base64')
  passed(verify(SHOP, 's3cret-text', { 'x-shop-hmac-sha256': base64 }))
})

test('a public key verifies Ed25519 signatures, and nothing else', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const secret = `whpk_${raw.toString('base64')}`
  assert.equal(secretFault(STANDARD, secret), null)
  const t = String(NOW / SECOND)
  const v1a = sign(null, Buffer.concat([Buffer.from(`msg_2.${t}.`), BODY]), privateKey).toString('base64')
  const headers = { 'webhook-id': 'msg_2', 'webhook-timestamp': t, 'webhook-signature': `v1,${v1a} v1a,${v1a}` }
  passed(verify(STANDARD, secret, headers))
  assert.equal(verify(STANDARD, secret, { ...headers, 'webhook-id': 'msg_3' }), 'signature_invalid')
  // The public key is no shared secret: who knows it must not be able to sign with it.
  const forged = createHmac('sha256', raw).update(`msg_2.${t}.`).update(BODY).digest('base64')
  assert.equal(verify(STANDARD, secret, { ...headers, 'webhook-signature': `v1,${forged}` }), 'signature_invalid')
  assert.equal(signedHeaders(STANDARD, secret, BODY, NOW), null)
})

test('tokens pass whole and in their header only', () => {
  passed(verify(BEARER, 'token-of-coupa', { authorization: 'Bearer token-of-coupa' }))
  passed(verify(GITLAB, 'token-of-gitlab', { 'x-gitlab-token': 'token-of-gitlab' }))
  passed(verify(BASIC, 'user:pass:word', { authorization: `Basic ${Buffer.from('user:pass:word').toString('base64')}` }))
  assert.equal(verify(BEARER, 'token-of-coupa', { authorization: 'token-of-coupa' }), 'signature_invalid')
  assert.equal(verify(BEARER, 'token-of-coupa', { authorization: 'Bearer token-of-coup' }), 'signature_invalid')
  assert.equal(verify(BEARER, 'token-of-coupa', { authorization: 'Bearer token-of-coupaa' }), 'signature_invalid')
  assert.equal(verify(BASIC, 'user:word', { authorization: 'Basic !!' }), 'signature_invalid')
  assert.equal(verify(BASIC, 'user:word', { 'x-gitlab-token': 'user:word' }), 'signature_missing')
})

test('the timestamp may be off by the tolerance exactly, before and after', () => {
  for (const settings of [STANDARD, STRIPE, SLACK, WITH_ID]) {
    const secret = newSecret(settings)
    const headers = signed(settings, secret)
    for (const off of [-300, -1, 0, 1, 300]) passed(verify(settings, secret, headers, BODY, NOW + off * SECOND))
    assert.equal(verify(settings, secret, headers, BODY, NOW + 300 * SECOND + 1), 'signature_stale')
    assert.equal(verify(settings, secret, headers, BODY, NOW - 300 * SECOND - 1), 'signature_stale')
    // Who cannot sign learns nothing about the clock here.
    assert.equal(verify(settings, newSecret(settings), headers, BODY, NOW + 900 * SECOND), 'signature_invalid')
  }
})

test('what the sender did not sign is believed by nobody', () => {
  const secret = newSecret(WITH_ID)
  const headers = signed(WITH_ID, secret)
  assert.equal(passed(verify(WITH_ID, secret, headers)).id, headers['x-id'])
  assert.equal(verify(WITH_ID, secret, { ...headers, 'x-id': 'other' }), 'signature_invalid')
  // GitHub's delivery id is not signed: changing it must not make a second delivery of the first.
  const github = signed(GITHUB, 'secret-text')
  const [one, other] = ['a', 'b'].map((id) => passed(verify(GITHUB, 'secret-text', { ...github, 'x-github-delivery': id })))
  assert.deepEqual(one, other)
  assert.throws(() => config({ scheme: 'hmac-header', header: 'x', timestamp_header: 'x-at' }), /timestamp/u)
  assert.throws(() => config({ scheme: 'hmac-header', header: 'x', signed: '{timestamp}{body}' }), /timestamp/u)
  assert.throws(() => config({ scheme: 'hmac-header', header: 'x', signed: 'no body' }), /body/u)
  assert.throws(() => config({ scheme: 'hmac-header', header: 'x', signed: '{body}{id}' }), /id/u)
})

test('what is signed cannot be cut into id, timestamp and body in another place', () => {
  const secret = newSecret(STANDARD)
  const later = String(NOW / SECOND + 60)
  const body = Buffer.from(`${later}.{"a":1}`)
  const t = String(NOW / SECOND)
  const signature = new Webhook(secret).sign('msg', new Date(NOW / 1000), body.toString())
  passed(verify(STANDARD, secret, { 'webhook-id': 'msg', 'webhook-timestamp': t, 'webhook-signature': signature }, body))
  const cut = { 'webhook-id': `msg.${t}`, 'webhook-timestamp': later, 'webhook-signature': signature }
  assert.equal(verify(STANDARD, secret, cut, Buffer.from('{"a":1}')), 'signature_invalid')
})

test('a delivery that was signed with two secrets is one delivery', () => {
  const [first, second] = [newSecret(STANDARD), newSecret(STANDARD)]
  const ids = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(NOW / SECOND) }
  const [a = '', b = ''] = [first, second].map((secret) =>
    new Webhook(secret).sign('msg_1', new Date(NOW / 1000), BODY.toString()),
  )
  const both = passed(verify(STANDARD, [first, second], { ...ids, 'webhook-signature': `${a} ${b}` }))
  for (const one of [a, b])
    assert.equal(passed(verify(STANDARD, [first, second], { ...ids, 'webhook-signature': one })).digest, both.digest)
  passed(verify(STANDARD, [second], { ...ids, 'webhook-signature': `${a} ${b}` }))
  assert.equal(verify(STANDARD, [second], { ...ids, 'webhook-signature': a }), 'signature_invalid')
  assert.equal(verify(STANDARD, [], { ...ids, 'webhook-signature': a }), 'signature_invalid')
})

test('each scheme takes what it makes, and refuses every other secret, body and header', () => {
  for (const [name, settings] of Object.entries(ALL)) {
    const secret = newSecret(settings)
    assert.equal(secretFault(settings, secret), null, name)
    const headers = signed(settings, secret)
    passed(verify(settings, secret, headers))
    assert.equal(verify(settings, newSecret(settings), headers), 'signature_invalid', name)
    assert.equal(verify(settings, secret, {}), 'signature_missing', name)
    const isToken = settings.scheme === 'bearer' || settings.scheme === 'basic'
    if (!isToken) {
      assert.equal(verify(settings, secret, headers, BODY.subarray(0, -1)), 'signature_invalid', name)
      assert.equal(verify(settings, secret, headers, Buffer.concat([BODY, Buffer.from(' ')])), 'signature_invalid', name)
    }
    const credentials = credentialHeaders(settings)
    assert.ok(
      Object.entries(headers).every(([header, value]) => credentials.includes(header) || !value.includes(secret)),
      name,
    )
  }
})

test(`no changed byte of body or signature passes, and no garbage in a header fails otherwise (seed ${seed})`, () => {
  const cases = Object.entries(ALL).map(([name, settings]) => ({ name, settings, secret: newSecret(settings) }))
  const which = fc.constantFrom(...cases)
  const options = { seed, numRuns: 2000 }
  fc.assert(
    fc.property(which, fc.uint8Array({ maxLength: 300 }), ({ settings, secret }, body) => {
      passed(verify(settings, secret, signed(settings, secret, body), body))
    }),
    options,
  )
  fc.assert(
    fc.property(
      which,
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (one, body, at, bits) => {
        const { settings, secret } = one
        if (settings.scheme === 'bearer' || settings.scheme === 'basic') return
        const headers = signed(settings, secret, body)
        const changed = Uint8Array.from(body)
        changed[at % body.length] = (changed[at % body.length] ?? 0) ^ bits
        assert.equal(verify(settings, secret, headers, changed), 'signature_invalid')
        assert.equal(verify(settings, secret, headers, body.subarray(0, at % body.length)), 'signature_invalid')
      },
    ),
    options,
  )
  // Each header replaced by garbage: refused by one of the three codes, or – for headers that mean nothing – as before.
  fc.assert(
    fc.property(
      which,
      fc.nat(),
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom('', ',', 'v1,', '=', 't=,v1=', 'v1,====', 'Basic', '0', '-1', '1e9', '9'.repeat(40)),
      ),
      ({ settings, secret }, at, garbage) => {
        const headers = signed(settings, secret)
        const names = Object.keys(headers)
        const name = names[at % names.length] ?? ''
        if (garbage === headers[name] || (settings.scheme === 'bearer' && name === settings.id_header)) return
        const result = verify(settings, secret, { ...headers, [name]: garbage })
        assert.ok(typeof result === 'string', `${settings.scheme} took ${JSON.stringify(garbage)} in ${name}`)
      },
    ),
    options,
  )
  // A header that comes twice has two readings.
  for (const { settings, secret } of cases) {
    const headers = signed(settings, secret)
    for (const name of Object.keys(headers)) {
      const twice = verify(settings, secret, { ...headers, [name]: [headers[name] ?? '', headers[name] ?? ''] })
      assert.equal(twice, 'signature_missing')
    }
  }
})

test('secrets and signatures are compared as digests of equal length, whatever was sent, and every secret is tried', () => {
  const source = readFileSync(new URL('../ingest/webhook/signature.ts', import.meta.url), 'utf8')
  const comparisons = source.split('\n').filter((line) => line.includes('timingSafeEqual('))
  assert.equal(comparisons.length, 1)
  assert.match(comparisons[0] ?? '', /timingSafeEqual\(createHash\('sha256'\).*createHash\('sha256'\)/u)
  // Tokens of any length are compared and none makes the comparison throw.
  for (const length of [1, 31, 32, 33, 5000])
    assert.equal(verify(BEARER, 'token-of-coupa', { authorization: `Bearer ${'x'.repeat(length)}` }), 'signature_invalid')
  const secrets = Array.from({ length: 5 }, () => newSecret(GITHUB))
  for (const secret of secrets) passed(verify(GITHUB, secrets, signed(GITHUB, secret)))
  // The time for the first secret, the last and none is the same within what a busy machine allows.
  const asked = [secrets[0], secrets[4], 'another'].map((secret) => ({
    headers: signed(GITHUB, secret ?? ''),
    runs: [] as number[],
  }))
  for (let run = 0; run < 400; run++)
    for (const { headers, runs } of asked) {
      const start = process.hrtime.bigint()
      verify(GITHUB, secrets, headers)
      runs.push(Number(process.hrtime.bigint() - start))
    }
  const [first = 0, last = 0, none = 0] = asked.map(({ runs }) => runs.toSorted((a, b) => a - b)[200] ?? 0)
  assert.ok(Math.max(first, last, none) < 3 * Math.min(first, last, none), `${first} ${last} ${none}`)
})
