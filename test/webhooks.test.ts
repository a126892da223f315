import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as rawRequest, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import express from 'express'
import fc from 'fast-check'
import pino from 'pino'
import { Registry } from 'prom-client'
import { Webhook } from 'standardwebhooks'
import type { RegisteredSource, SourceCreated, SourceRotated, SourceTested, WebhookAnswer } from '../api/contract/feeds.ts'
import { problemHandler } from '../api/problem.ts'
import { postWebhook } from '../api/webhooks.ts'
import { createJudge } from '../ingest/judge.ts'
import { createMappings, type Mappings } from '../ingest/payload/catalogue.ts'
import { signedHeaders } from '../ingest/webhook/signature.ts'
import { createEventWriter, type EventWriter } from '../ingest/write.ts'
import { WebhookConfig } from '../model/webhook.ts'
import { openLog } from '../platform/log.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { type Answer, sharedServer, type TestServer } from './support/server.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
const run = promisify(execFile)
const clock = (): number => Date.now() * 1000

let server: TestServer
/** A second process on the same stores, as far as memory goes; its clock can be turned. */
let second: { url: string; http: Server; offUs: number }
before(async () => {
  server = await sharedServer()
  second = await startSecond()
})
after(async () => {
  second.http.close()
  second.http.closeAllConnections()
  await server.close()
})

async function startSecond(): Promise<typeof second> {
  const started = { url: '', http: createServer(), offUs: 0 }
  const now = () => clock() + started.offUs
  const writer = createEventWriter({ clickhouse: server.stores.clickhouse.writer, now })
  return Object.assign(started, await serveWebhooks(writer, now))
}

/** The endpoint alone, as another process has it: it shares the stores with the server and nothing else. */
async function serveWebhooks(
  writer: Pick<EventWriter, 'writeBatch' | 'arrival'>,
  now: () => number,
  mappings: Mappings = createMappings(server.stores.postgres.db),
) {
  const { stores } = server
  const logged: { level: number; err?: { message: string; stack: string } }[] = []
  const log = pino({}, { write: (line) => void logged.push(JSON.parse(line) as (typeof logged)[number]) })
  const app = express()
  app.post(
    '/v1/webhooks/:address',
    postWebhook({
      stores,
      writer: { ...server.writer, ...writer },
      front: null,
      secrets: await openSecretBox({ key: undefined, folder: stores.folder }),
      judge: createJudge({ mappings, log }),
      registry: new Registry(),
      now,
    }),
  )
  app.use(problemHandler(openLog({ level: 'silent', human: true })))
  const http = createServer(app)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  return { http, logged, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

type Source = { tenant: string; id: string; path: string; secret: string; config: WebhookConfig }

async function register(settings: Record<string, unknown>, more: Record<string, unknown> = {}, tenant?: string): Promise<Source> {
  const owner = tenant ?? (await server.freshTenant())
  const made = await server.ask<SourceCreated>('POST', '/v1/sources', {
    tenant: owner,
    body: { name: 'Hook', kind: 'webhook', format: 'cloudevents', config: settings, ...more },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { source, secret } = made.body
  const given = typeof more['secret'] === 'string' ? more['secret'] : ''
  return {
    tenant: owner,
    id: source.id,
    path: source.path ?? '',
    secret: secret ?? given,
    config: WebhookConfig.parse(source.config),
  }
}

const STANDARD = { scheme: 'standard-webhooks' }
let ids = 0

function event(id = `e${++ids}`, type = 'invoice.received'): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: '/erp',
    type,
    time: '2026-03-02T09:30:00Z',
    data: { objects: [{ type: 'invoice', id: `INV-${id}` }] },
  })
}

type Sent = Answer<WebhookAnswer & { code?: string; detail?: string }>

async function post(path: string, body: string | Uint8Array, headers: Record<string, string>, url = server.url): Promise<Sent> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as BodyInit,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Sent['body'] }
}

function sign(source: Source, body: string | Uint8Array, at = clock(), secret = source.secret): Record<string, string> {
  return signedHeaders(source.config, secret, Buffer.from(body), at) ?? assert.fail('nobody can sign')
}

function send(source: Source, body: string | Uint8Array, headers: Record<string, string> = {}, url = server.url): Promise<Sent> {
  return post(source.path, body, { ...sign(source, body), ...headers }, url)
}

function refused(answer: Sent, status: number, code: string): void {
  assert.equal(answer.body.code, code, JSON.stringify(answer.body))
  assert.equal(answer.status, status)
  assert.match(answer.headers.get('content-type') ?? '', /problem\+json/u)
}

async function count(table: 'events' | 'dead_letters', tenant: string): Promise<number> {
  const answer = await server.stores.clickhouse.writer.query({
    query: `SELECT toUInt32(count()) AS n FROM sightline.${table} FINAL WHERE tenant_id = {tenant:String}`,
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ n: number }>()
  return row?.n ?? -1
}

async function letters(tenant: string): Promise<{ feed: string; code: string; raw: string; headers: string; format: string }[]> {
  const answer = await server.stores.clickhouse.writer.query({
    query: `SELECT feed, code, base64Decode(raw) AS raw, headers, format FROM sightline.dead_letters FINAL
      WHERE tenant_id = {tenant:String} ORDER BY raw`,
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  return answer.json()
}

test('a delivery that the Standard Webhooks library signs is stored once, however often it comes', async () => {
  const source = await register(STANDARD)
  const body = event('first')
  const at = new Date()
  const headers = (id: string, when: Date) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(when.getTime() / 1000)),
    'webhook-signature': new Webhook(source.secret).sign(id, when, body),
  })
  const taken = await post(source.path, body, headers('msg_1', at))
  assert.equal(taken.status, 200)
  assert.deepEqual(taken.body, { accepted: 1, duplicates: 0, ignored: 0, rejected: [], conflicts: [] })
  refused(await post(source.path, body, headers('msg_1', at)), 409, 'webhook_replayed')
  // A genuine retry is signed anew.
  const retry = await post(source.path, body, headers('msg_1', new Date(at.getTime() - 2000)))
  assert.equal(retry.status, 200)
  assert.deepEqual([retry.body.accepted, retry.body.duplicates], [0, 1])
  assert.equal(await count('events', source.tenant), 1)
})

test('wrong, missing, malformed, stale and cut deliveries are refused by their codes, and nothing of them is parsed or kept', async () => {
  const source = await register(STANDARD)
  const other = await register(STANDARD)
  // If this were parsed, it would be a dead letter.
  const body = '{"this is": "no event"'
  const good = sign(source, body)
  // Signed as they are sent where a second more or less tells.
  const tries: [string, Record<string, string> | (() => Record<string, string>), string | Uint8Array, string][] = [
    ['no header', {}, body, 'signature_missing'],
    ['no timestamp', omit(good, 'webhook-timestamp'), body, 'signature_missing'],
    ['another secret', sign(source, body, clock(), other.secret), body, 'signature_invalid'],
    [
      'another version',
      { ...good, 'webhook-signature': (good['webhook-signature'] ?? '').replace('v1,', 'v2,') },
      body,
      'signature_invalid',
    ],
    ['no base64', { ...good, 'webhook-signature': 'v1,***' }, body, 'signature_invalid'],
    ['an empty signature', { ...good, 'webhook-signature': 'v1,' }, body, 'signature_invalid'],
    ['another id', { ...good, 'webhook-id': 'msg_x' }, body, 'signature_invalid'],
    ['another time', { ...good, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) }, body, 'signature_invalid'],
    ['a time in words', { ...good, 'webhook-timestamp': 'now' }, body, 'signature_invalid'],
    ['one byte less', good, body.slice(0, -1), 'signature_invalid'],
    ['one byte more', good, `${body} `, 'signature_invalid'],
    ['an empty body', good, '', 'signature_invalid'],
    ['too old', () => sign(source, body, clock() - 301e6), body, 'signature_stale'],
    ['from the future', () => sign(source, body, clock() + 302e6), body, 'signature_stale'],
  ]
  for (const [what, headers, sent, code] of tries) {
    const answer = await post(source.path, sent, typeof headers === 'function' ? headers() : headers)
    assert.equal(answer.status, 401, what)
    assert.equal(answer.body.code, code, what)
    assert.doesNotMatch(JSON.stringify(answer.body), new RegExp(source.secret.slice(6, 20), 'u'), what)
  }
  assert.equal(await count('dead_letters', source.tenant), 0)
  // With its signature it is one.
  const taken = await post(source.path, body, good)
  assert.equal(taken.status, 200)
  assert.deepEqual([taken.body.accepted, taken.body.rejected.length], [0, 1])
  assert.equal(await count('dead_letters', source.tenant), 1)
})

test('an address that nobody has is refused, and so is one that was removed', async () => {
  const source = await register(STANDARD)
  for (const address of ['x', randomBytes(24).toString('base64url'), '..%2f..', '%00', 'a'.repeat(5000)])
    refused(await post(`/v1/webhooks/${address}`, '{}', {}), 404, 'webhook_unknown')
  const gone = await server.ask('DELETE', `/v1/sources/${source.id}`, { tenant: source.tenant })
  assert.equal(gone.status, 204)
  refused(await send(source, event()), 404, 'webhook_unknown')
  assert.equal((await fetch(new URL(source.path, server.url))).status, 405)
})

test('a paused source asks to come again, and takes what comes then', async () => {
  const source = await register(STANDARD)
  const patch = (state: string) =>
    server.ask<RegisteredSource>('PATCH', `/v1/sources/${source.id}`, { tenant: source.tenant, body: { state } })
  assert.equal((await patch('paused')).body.state, 'paused')
  const body = event()
  const answer = await send(source, body)
  refused(answer, 503, 'source_paused')
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
  assert.equal((await patch('active')).status, 200)
  assert.equal((await send(source, body)).body.accepted, 1)
})

test('what is too large is refused without being read: announced, in pieces, and inflated', async () => {
  const source = await register(STANDARD)
  const large = Buffer.alloc(1024 * 1024 + 1, 120)
  refused(await send(source, large), 413, 'body_too_large')
  const announced = await raw(
    `POST ${source.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\ncontent-type: application/json\r\n\r\n{`,
    false,
  )
  assert.match(announced, /^HTTP\/1\.1 413 [\s\S]*connection: close/iu)
  const endless = await chunked(source.path, 64 * 1024, 400)
  assert.equal(endless.status, 413)
  assert.ok(endless.sent < 8 * 1024 * 1024, `${endless.sent} bytes were taken`)
  // A bomb is opened only for who can sign it, and not far.
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32))
  const answer = await send(source, bomb, { 'content-encoding': 'gzip' })
  assert.equal(answer.status, 200)
  assert.deepEqual(
    answer.body.rejected.map(({ code }) => code),
    ['record_too_large'],
  )
  assert.equal((await send(source, event(), { 'content-encoding': 'br' })).body.code, 'encoding_unsupported')
  const multipart = { 'content-type': 'multipart/form-data; boundary=x' }
  assert.equal((await send(source, event(), multipart)).body.code, 'media_type_unsupported')
})

test('a body that breaks off is never parsed', async () => {
  const source = await register({ scheme: 'bearer' })
  const head = `POST ${source.path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${source.secret}\r\ncontent-type: application/json\r\n`
  const body = event()
  for (const cut of [
    `${head}content-length: ${body.length + 10}\r\n\r\n${body}`,
    `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`,
  ])
    assert.doesNotMatch(await raw(cut), /^HTTP\/1\.1 [25]/u)
  assert.equal(await count('events', source.tenant), 0)
  assert.equal(await count('dead_letters', source.tenant), 0)
})

test('a compressed body is signed as it is sent', async () => {
  const source = await register(STANDARD)
  const zipped = gzipSync(event())
  assert.equal((await send(source, zipped, { 'content-encoding': 'gzip' })).body.accepted, 1)
  const plain = event()
  const wrong = await post(source.path, gzipSync(plain), { ...sign(source, plain), 'content-encoding': 'gzip' })
  refused(wrong, 401, 'signature_invalid')
  // Signed, but no gzip: kept as it came.
  const broken = await send(source, 'no gzip at all', { 'content-encoding': 'gzip' })
  assert.deepEqual(
    broken.body.rejected.map(({ code }) => code),
    ['encoding_invalid'],
  )
  const [kept] = await letters(source.tenant)
  assert.equal(kept?.raw, 'no gzip at all')
  assert.match(kept?.headers ?? '', /"content-encoding":"gzip"/u)
})

test('a record that cannot be read is a dead letter without credentials; the same delivery again is the same letter', async () => {
  const source = await register({ scheme: 'bearer', id_header: 'x-delivery' })
  const body = '{"specversion":"1.0","id":"x"}'
  const headers = { 'x-delivery': 'd1', 'x-event': 'hello', 'x-custom-token': 'hush', cookie: 'a=b' }
  const answer = await send(source, body, headers)
  assert.equal(answer.status, 200)
  assert.equal(answer.body.rejected.length, 1)
  // Another delivery id, another delivery; the same one is known without being read.
  assert.deepEqual((await send(source, body, headers)).body.duplicates, 1)
  assert.equal((await send(source, body, { ...headers, 'x-delivery': 'd2' })).body.rejected.length, 1)
  const kept = await letters(source.tenant)
  assert.equal(kept.length, 2)
  for (const letter of kept) {
    assert.deepEqual([letter.feed, letter.raw, letter.format], [source.id, body, 'cloudevents'])
    assert.match(letter.headers, /"x-event":"hello"/u)
    assert.doesNotMatch(letter.headers, new RegExp(`${source.secret}|hush|a=b`, 'u'))
  }
})

test('a retry of what cannot be read, signed anew, is the same dead letter', async () => {
  const source = await register(STANDARD)
  const body = 'no json'
  for (const secondsAgo of [0, 5, 9]) {
    const at = new Date(Date.now() - secondsAgo * 1000)
    const headers = {
      'webhook-id': 'msg_same',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(source.secret).sign('msg_same', at, body),
    }
    assert.equal((await post(source.path, body, headers)).body.rejected.length, 1)
  }
  assert.equal(await count('dead_letters', source.tenant), 1)
})

test('a record whose fault is told in the middle of a character is kept like any other', async () => {
  const source = await register({ scheme: 'bearer' })
  const bodies = Array.from({ length: 8 }, (_, at) => `{"a":1} ${'x'.repeat(at)}${'😀'.repeat(60)}`)
  for (const body of bodies) assert.equal((await send(source, body)).body.rejected.length, 1)
  assert.deepEqual((await letters(source.tenant)).map(({ raw }) => raw).toSorted(), bodies.toSorted())
})

test('a delivery on which the mapping itself fails is a dead letter, and its sender does not repeat it for ever', async (t) => {
  const source = await register(STANDARD, { format: 'mapped-json', mapping: 'stripe' })
  const sound = createMappings(server.stores.postgres.db)
  const failing: Mappings = {
    async find(tenant, name, version) {
      const found = await sound.find(tenant, name, version)
      if (found === null) return null
      return {
        ...found,
        read() {
          throw new Error('nobody thought of this')
        },
      }
    },
  }
  const writer = createEventWriter({ clickhouse: server.stores.clickhouse.writer, now: clock })
  const process = await serveWebhooks(writer, clock, failing)
  t.after(() => {
    process.http.close()
    process.http.closeAllConnections()
  })
  const answer = await send(source, '{"odd":1}', {}, process.url)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.deepEqual(answer.body, {
    accepted: 0,
    duplicates: 0,
    ignored: 0,
    rejected: [{ index: 0, code: 'format_failed', message: 'the format itself failed: nobody thought of this' }],
    conflicts: [],
  })
  assert.deepEqual(
    (await letters(source.tenant)).map(({ feed, code, raw, format }) => ({ feed, code, raw, format })),
    [{ feed: source.id, code: 'format_failed', raw: '{"odd":1}', format: 'mapped-json' }],
  )
  const errors = process.logged.filter(({ level }) => level === pino.levels.values['error'])
  assert.deepEqual(
    errors.map(({ err }) => err?.message),
    ['nobody thought of this'],
  )
  assert.match(errors[0]?.err?.stack ?? '', /webhooks\.test\.ts/u)
})

test('a batch of events has a verdict each', async () => {
  const source = await register(STANDARD)
  const body = `[${event()},{"specversion":"1.0"},${event()}]`
  const answer = await send(source, body, { 'content-type': 'application/cloudevents-batch+json' })
  assert.deepEqual([answer.body.accepted, answer.body.rejected.map(({ index }) => index)], [2, [1]])
  assert.equal(await count('events', source.tenant), 2)
  assert.deepEqual(
    (await letters(source.tenant)).map(({ raw }) => raw),
    ['{"specversion":"1.0"}'],
  )
})

test('deliveries of GitHub-, Stripe- and HMAC-style senders, and of those that have a token only', async () => {
  const settings = [
    { scheme: 'github' },
    { scheme: 'stripe' },
    { scheme: 'hmac-header', header: 'x-sig', encoding: 'base64', algorithm: 'sha1' },
    { scheme: 'hmac-header', header: 'x-sig', signed: 'v0:{timestamp}:{body}', prefix: 'v0=', timestamp_header: 'x-at' },
    { scheme: 'bearer', header: 'x-gitlab-token' },
    { scheme: 'basic' },
  ]
  for (const one of settings) {
    const source = await register(one)
    const body = event()
    const headers = sign(source, body)
    assert.equal((await post(source.path, body, headers)).body.accepted, 1, one.scheme)
    const again = await post(source.path, body, headers)
    const timed = one.scheme === 'stripe' || 'timestamp_header' in one
    if (timed) refused(again, 409, 'webhook_replayed')
    else
      assert.deepEqual([again.status, again.body], [200, { accepted: 0, duplicates: 1, ignored: 0, rejected: [], conflicts: [] }])
    assert.equal(
      (await post(source.path, event(), headers)).status,
      one.scheme === 'bearer' || one.scheme === 'basic' ? 200 : 401,
    )
    assert.equal((await post(source.path, body, {})).body.code, 'signature_missing')
  }
})

test('the secret of the sender is taken where it made it, and one of the wrong form is refused', async () => {
  const source = await register({ scheme: 'stripe' }, { secret: 'whsec_from_the_sender' })
  assert.equal((await send(source, event())).body.accepted, 1)
  for (const [config, secret] of [
    [{ scheme: 'basic' }, 'without-colon'],
    [STANDARD, 'whsec_****'],
    [STANDARD, 'whpk_AAAA'],
  ] as const) {
    const answer = await server.ask<{ code: string }>('POST', '/v1/sources', {
      tenant: source.tenant,
      body: { name: 'x', kind: 'webhook', format: 'cloudevents', config, secret },
    })
    assert.deepEqual([answer.status, answer.body.code], [400, 'parameter_invalid'], secret)
  }
})

test('rotation: both secrets are taken, then only the new one; it is shown once', async () => {
  const source = await register(STANDARD)
  const rotate = (body: Record<string, unknown>) =>
    server.ask<SourceRotated>('POST', `/v1/sources/${source.id}/rotate`, { tenant: source.tenant, body })
  const { body: rotated } = await rotate({ overlap_s: 3600 })
  assert.match(rotated.secret, /^whsec_/u)
  assert.ok(Date.parse(rotated.old_until ?? '') > Date.now() + 3500e3)
  for (const secret of [source.secret, rotated.secret]) {
    const body = event()
    assert.equal((await post(source.path, body, sign(source, body, clock(), secret))).body.accepted, 1)
  }
  const listed = await server.ask('GET', '/v1/sources', { tenant: source.tenant })
  const text = JSON.stringify(listed.body)
  for (const kept of [source.secret.slice(8, 24), rotated.secret.slice(8, 24), 'sealed']) assert.ok(!text.includes(kept))
  // An hour later, by the clock of the other process.
  second.offUs = 3601e6
  const body = event()
  const late = (secret: string) => post(source.path, body, sign(source, body, clock() + second.offUs, secret), second.url)
  refused(await late(source.secret), 401, 'signature_invalid')
  assert.equal((await late(rotated.secret)).body.accepted, 1)
  second.offUs = 0
  const { body: ended } = await rotate({ overlap_s: 0 })
  assert.equal(ended.old_until, null)
  refused(await post(source.path, body, sign(source, body, clock(), rotated.secret)), 401, 'signature_invalid')
})

test('two processes share what they remember, and a delivery is remembered as long as it would pass', async () => {
  const source = await register(STANDARD)
  const body = event()
  const signedAt = clock()
  const headers = sign(source, body, signedAt)
  assert.equal((await post(source.path, body, headers, second.url)).body.accepted, 1)
  refused(await post(source.path, body, headers), 409, 'webhook_replayed')
  for (const ageS of [-297, 297]) {
    second.offUs = ageS * 1e6 - (clock() - signedAt)
    refused(await post(source.path, body, headers, second.url), 409, 'webhook_replayed')
  }
  second.offUs = 302e6
  refused(await post(source.path, body, headers, second.url), 401, 'signature_stale')
  second.offUs = 0
})

test('what is remembered is forgotten once it cannot pass any more', async () => {
  const source = await register(STANDARD)
  const { pool } = server.stores.postgres
  const kept = async () =>
    (await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM webhook_deliveries WHERE address = $1', [address(source)]))
      .rows[0]?.n
  const body = event()
  await post(source.path, body, sign(source, body))
  assert.equal(await kept(), 1)
  second.offUs = 7200e6
  const later = event()
  await post(source.path, later, sign(source, later, clock() + second.offUs), second.url)
  second.offUs = 0
  assert.equal(await kept(), 1)
})

test('equal deliveries at the same time are stored once', async () => {
  for (const settings of [STANDARD, { scheme: 'github' }]) {
    const source = await register(settings)
    const body = event()
    const headers = sign(source, body)
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(source.path, body, headers)))
    assert.equal(answers.filter(({ body }) => body.accepted === 1).length, 1)
    assert.equal(await count('events', source.tenant), 1)
  }
})

test('a delivery that could not be stored can come again as it is', async () => {
  const source = await register({ ...STANDARD })
  const body = event()
  const headers = sign(source, body)
  const { writer } = server
  const broken = await serveWebhooks({ ...writer, writeBatch: () => Promise.reject(new Error('the store is away')) }, clock)
  const failed = await post(source.path, body, headers, broken.url)
  broken.http.close()
  broken.http.closeAllConnections()
  assert.equal(failed.status, 500)
  assert.equal((await post(source.path, body, headers)).body.accepted, 1)
})

test('what comes to the address of one tenant never becomes another’s, whatever it says', async () => {
  const [mine, other] = [await register(STANDARD), await register(STANDARD)]
  const body = JSON.stringify({ ...(JSON.parse(event()) as object), tenant: other.tenant, tenant_id: other.tenant })
  const headers = { 'x-tenant-id': other.tenant, 'ce-tenant': other.tenant }
  assert.equal((await send(mine, body, headers)).body.accepted, 1)
  refused(await post(other.path, body, sign(mine, body)), 401, 'signature_invalid')
  assert.deepEqual([await count('events', mine.tenant), await count('events', other.tenant)], [1, 0])
  const key = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'k', scopes: ['admin'], tenant_ids: [other.tenant] },
  })
  const { token } = key.body
  const foreign = await server.ask<{ registered: RegisteredSource[] }>('GET', '/v1/sources', { token })
  assert.deepEqual(
    foreign.body.registered.map(({ path }) => path),
    [other.path],
  )
  for (const [method, path, more] of [
    ['PATCH', '', { state: 'paused' }],
    ['DELETE', '', undefined],
    ['POST', '/rotate', {}],
    ['POST', '/test', { payload: 'x' }],
  ] as const) {
    const renamed = mine.id === other.id ? `${mine.id}-x` : mine.id
    const answer = await server.ask(method, `/v1/sources/${renamed}${path}`, {
      token,
      ...(more === undefined ? {} : { body: more }),
    })
    assert.equal(answer.status, 404, `${method} ${path}`)
  }
})

test('only an administrator registers sources and sees addresses; topics take one of the whole installation', async () => {
  const source = await register(STANDARD)
  const mint = async (scopes: string[]) =>
    (await server.ask<{ token: string }>('POST', '/v1/keys', { body: { name: 'k', scopes, tenant_ids: [source.tenant] } })).body
      .token
  const [reader, admin] = [await mint(['read', 'ingest']), await mint(['admin'])]
  const listed = await server.ask<{ registered: RegisteredSource[]; formats: { name: string }[] }>('GET', '/v1/sources', {
    token: reader,
  })
  assert.deepEqual(
    listed.body.registered.map(({ id, path }) => [id, path]),
    [[source.id, null]],
  )
  assert.ok(listed.body.formats.some(({ name }) => name === 'cloudevents'))
  const body = { name: 'x', kind: 'webhook', format: 'cloudevents', config: STANDARD }
  assert.equal((await server.ask('POST', '/v1/sources', { token: reader, body })).status, 403)
  assert.equal((await server.ask('POST', '/v1/sources', { token: admin, body })).status, 201)
  const topic = { name: 'x', kind: 'kafka', format: 'cloudevents', config: { topics: 'orders' } }
  assert.equal((await server.ask('POST', '/v1/sources', { token: admin, body: topic })).status, 403)
  assert.equal((await server.ask('POST', '/v1/sources', { tenant: source.tenant, body: topic })).status, 201)
})

test('settings that cannot work are refused with what is wrong', async () => {
  const tenant = await server.freshTenant()
  for (const [more, wrong] of [
    [{ config: {} }, /scheme/u],
    [{ config: { scheme: 'none' } }, /scheme/u],
    [{ config: { scheme: 'hmac-header' } }, /config\.header/u],
    [{ config: { scheme: 'hmac-header', header: 'a b' } }, /config\.header/u],
    [{ config: { scheme: 'hmac-header', header: 'x', signed: '{everything}' } }, /config\.signed/u],
    [{ config: { ...STANDARD, tolerance_s: 0 } }, /tolerance/u],
    [{ format: 'nothing' }, /no format/u],
    [{ id: 'http' }, /id of a source/u],
    [{ name: '' }, /name/u],
  ] as const) {
    const answer = await server.ask<{ code: string; detail: string }>('POST', '/v1/sources', {
      tenant,
      body: { name: 'x', kind: 'webhook', format: 'cloudevents', config: STANDARD, ...more },
    })
    assert.deepEqual([answer.status, answer.body.code], [400, 'parameter_invalid'], JSON.stringify(more))
    assert.match(answer.body.detail, wrong)
  }
})

test('a test of a source tells what would become of a payload and stores nothing', async () => {
  const source = await register(STANDARD)
  const payload = event('tested')
  const tried = await server.ask<SourceTested>('POST', `/v1/sources/${source.id}/test`, {
    tenant: source.tenant,
    body: { payload },
  })
  assert.equal(tried.status, 200)
  const [record] = tried.body.records
  assert.equal(record?.outcome, 'events')
  assert.deepEqual(record?.events[0]?.objects, [{ type: 'invoice', id: 'INV-tested' }])
  const bad = await server.ask<SourceTested>('POST', `/v1/sources/${source.id}/test`, {
    tenant: source.tenant,
    body: { payload: Buffer.from('{').toString('base64'), encoding: 'base64' },
  })
  assert.equal(bad.body.records[0]?.outcome, 'rejected')
  assert.equal((await count('events', source.tenant)) + (await count('dead_letters', source.tenant)), 0)
  // Its headers sign the payload for an example that works.
  assert.equal((await post(source.path, payload, tried.body.signed_headers ?? {})).body.accepted, 1)
})

test('an address is confirmed to its sender, to those that can sign only', async () => {
  const slack = await register({
    scheme: 'hmac-header',
    header: 'x-slack-signature',
    prefix: 'v0=',
    signed: 'v0:{timestamp}:{body}',
    timestamp_header: 'x-slack-request-timestamp',
    handshake: 'url_verification',
  })
  const asked = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB' })
  const answer = await send(slack, asked)
  assert.deepEqual([answer.status, answer.body], [200, { challenge: '3eZbrw1aB' } as never])
  refused(await post(slack.path, asked, {}), 401, 'signature_missing')
  const monday = await register({ scheme: 'bearer', handshake: 'challenge' })
  assert.deepEqual((await send(monday, '{"challenge":"abc"}')).body, { challenge: 'abc' } as never)
  assert.equal((await send(monday, '{"challenge":"abc","event":{}}')).body.rejected.length, 1)
  const none = await register({ scheme: 'bearer' })
  assert.equal((await send(none, '{"challenge":"abc"}')).body.rejected.length, 1)
})

test('the shell registers, lists, tests and rotates a source', async () => {
  const tenant = await server.freshTenant()
  const sightline = (...words: string[]) =>
    run(process.execPath, ['cli/main.ts', 'source', ...words, '--tenant', tenant, '--url', server.url, '--key', server.token])
  const made = await sightline('create', '--name', 'From the shell', '--scheme', 'github')
  const [, id = '', url = '', secret = ''] =
    /^source {2}(\S+)\naddress (\S+)\nsecret {2}(\S+)\n$/u.exec(made.stdout) ?? assert.fail(made.stdout)
  const source: Source = { tenant, id, path: new URL(url).pathname, secret, config: WebhookConfig.parse({ scheme: 'github' }) }
  assert.equal((await send(source, event())).body.accepted, 1)
  assert.equal((await sightline('list')).stdout, `${id}  webhook  active  cloudevents  ${source.path}\n`)
  const file = join(await mkdtemp(join(tmpdir(), 'sightline-hook-')), 'payload.json')
  await writeFile(file, event('shell'))
  assert.match(
    (await sightline('test', id, file)).stdout,
    /^record 0: events\n {2}2026-03-02T\S+ {2}invoice\.received {2}invoice\/INV-shell\n$/u,
  )
  await writeFile(file, '{')
  const failed = await sightline('test', id, file).catch((error: { code: number; stdout: string }) => error)
  assert.match(failed.stdout, /^record 0: rejected json_invalid/u)
  assert.equal('code' in failed && failed.code, 1)
  await writeFile(file, "the sender's own secret\n")
  assert.match(
    (await sightline('rotate', id, '--overlap', '0', '--secret-file', file)).stdout,
    /^The old secret is no longer taken\.\n$/u,
  )
  assert.equal((await send({ ...source, secret: "the sender's own secret" }, event())).body.accepted, 1)
  await rm(dirname(file), { recursive: true })
})

test('refusals are counted by code, never by address', async () => {
  const source = await register(STANDARD)
  await post(source.path, 'x', {})
  const { body } = await server.ask<string>('GET', '/metrics')
  assert.match(body, /sightline_webhook_refusals_total\{code="signature_missing"\} [1-9]/u)
  assert.doesNotMatch(body, new RegExp(address(source), 'u'))
})

test('a source with a pack reads the deliveries of its sender', async () => {
  const source = await register(
    { scheme: 'stripe' },
    { format: 'mapped-json', mapping: 'stripe', secret: 'whsec_stripe_endpoint' },
  )
  const invoice = {
    id: 'evt_1',
    object: 'event',
    type: 'invoice.paid',
    created: Math.floor(Date.now() / 1000) - 60,
    livemode: false,
    data: {
      object: {
        id: 'in_1',
        object: 'invoice',
        number: 'A-1',
        amount_paid: 12_340,
        currency: 'eur',
        customer: 'cus_1',
        status: 'paid',
      },
    },
  }
  const body = JSON.stringify(invoice)
  const answer = await send(source, body)
  assert.deepEqual([answer.body.accepted, answer.body.rejected], [1, []])
  // The sender's retry: a new timestamp, the same event.
  const retry = await post(source.path, body, sign(source, body, clock() - 3e6))
  assert.deepEqual([retry.body.accepted, retry.body.duplicates], [0, 1])
})

test(`4,000 forged, damaged and garbled requests: no 5xx, and nothing is stored or kept (seed ${seed})`, async () => {
  const schemes = [
    STANDARD,
    { scheme: 'github' },
    { scheme: 'stripe' },
    { scheme: 'hmac-header', header: 'x-sig', prefix: 'v0=', signed: '{timestamp}{body}', timestamp_header: 'x-at' },
    { scheme: 'bearer' },
    { scheme: 'basic' },
  ]
  const tenant = await server.freshTenant()
  const made: Source[] = []
  for (const scheme of schemes) made.push(await register(scheme, {}, tenant))
  const printable = fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
    maxLength: 120,
  })
  const damage = fc.record({
    source: fc.constantFrom(...made),
    body: fc.oneof(
      fc.constant(Buffer.from(event('forged'))),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    ),
    kind: fc.constantFrom('body', 'cut', 'header', 'missing', 'secret', 'swap'),
    at: fc.nat(),
    bits: fc.integer({ min: 1, max: 255 }),
    garbage: printable,
    encoding: fc.constantFrom({}, { 'content-encoding': 'gzip' }, { 'content-type': 'text/xml' }, { 'content-type': ';;;' }),
  })
  const tries = fc.sample(damage, { seed, numRuns: 4000 })
  const statuses = new Map<string, number>()
  const one = async ({ source, body, kind, at, bits, garbage, encoding }: (typeof tries)[number]): Promise<void> => {
    let headers = sign(source, body)
    let sent = body
    const names = Object.keys(headers)
    const name = names[at % names.length] ?? ''
    const isToken = source.config.scheme === 'bearer' || source.config.scheme === 'basic'
    const damage = isToken && kind !== 'missing' ? 'header' : kind
    if (damage === 'body' && body.length > 0) {
      sent = Buffer.from(body)
      sent[at % body.length] = (sent[at % body.length] ?? 0) ^ bits
    } else if (damage === 'cut' && body.length > 0) sent = body.subarray(0, at % body.length)
    else if (damage === 'missing') headers = omit(headers, name)
    else if (damage === 'swap') headers = sign(source, Buffer.concat([body, Buffer.from('.')]))
    else if (damage === 'secret') headers = sign(source, body, clock(), `whsec_${randomBytes(32).toString('base64')}`)
    else headers = { ...headers, [name]: garbage.trim() === headers[name] ? 'x' : garbage }
    const answer = await post(source.path, sent, { ...headers, ...encoding })
    const code = `${answer.status} ${answer.body.code ?? ''}`
    statuses.set(code, (statuses.get(code) ?? 0) + 1)
    if (answer.status !== 401)
      assert.fail(`${source.config.scheme} ${kind} ${JSON.stringify(headers)}: ${JSON.stringify(answer.body)}`)
  }
  const workers = Array.from({ length: 16 }, async (_, worker) => {
    for (let at = worker; at < tries.length; at += 16) await one(tries[at] ?? assert.fail('no try'))
  })
  await Promise.all(workers)
  assert.deepEqual([...statuses.keys()].toSorted(), ['401 signature_invalid', '401 signature_missing'])
  assert.deepEqual([await count('events', tenant), await count('dead_letters', tenant)], [0, 0])
  // The same bodies, signed: parsed now, and never an error of ours.
  const signedOnes = tries.filter((_, at) => at % 20 === 0)
  for (const { source, body, encoding } of signedOnes) {
    const answer = await send(source, body, encoding)
    assert.ok(answer.status === 200 || answer.status === 409, `${answer.status} ${JSON.stringify(answer.body)}`)
  }
  assert.ok((await count('dead_letters', tenant)) > 0)
  assert.equal(await count('events', tenant), 1)
})

test('the key of the secrets lies in the data folder, closed to others', async () => {
  const { folder } = server.stores
  const kept = await readFile(join(folder?.path ?? '', 'secrets', 'sealing-key'), 'utf8')
  assert.equal(createHash('sha256').update(Buffer.from(kept.trim(), 'base64url')).digest().length, 32)
})

function omit(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}

function address(source: Source): string {
  return source.path.split('/').at(-1) ?? ''
}

/** Sends bytes as they are, ends the sending side where `ends`, and gives what came back. */
function raw(text: string, ends = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes.toString()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
    if (ends) socket.end(text)
    else socket.write(text)
  })
}

/** Sends pieces without end until an answer comes. */
function chunked(path: string, size: number, pieces: number): Promise<{ status: number; sent: number }> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const request = rawRequest(new URL(path, server.url), { method: 'POST', headers: { 'content-type': 'application/json' } })
    request.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, sent })
      request.destroy()
    })
    request.on('error', (error) => reject(error))
    const piece = Buffer.alloc(size, 120)
    const next = (): void => {
      if (request.destroyed || sent >= size * pieces) return
      sent += size
      request.write(piece, () => setTimeout(next, 1))
    }
    next()
  })
}
