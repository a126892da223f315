import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { randomFrom } from './support/random.ts'
import { sharedServer, type TestServer } from './support/server.ts'

/** 10,000 malformed bodies, each with good records beside the bad one where the framing allows it. */
const BODIES = 10_000
const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)

type Verdicts = {
  accepted: number
  duplicates: number
  rejected: { index: number; code: string; message: string }[]
  code?: string
}

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

function good(id: string): Record<string, unknown> {
  return {
    specversion: '1.0',
    id,
    source: '/test',
    type: 'invoice.received',
    time: '2026-03-02T09:30:00Z',
    data: { seq: 1, objects: [{ type: 'invoice', id: `INV-${id}` }] },
  }
}

function withData(id: string, data: Record<string, unknown>): string {
  return JSON.stringify({ ...good(id), data: { ...(good(id)['data'] as object), ...data } })
}

/** Each makes one bad record as text (or bytes); every answer must name its index and a code. */
const DAMAGE: Record<string, (pick: () => number, id: string) => string | Buffer> = {
  'a number for an id': (_, id) => JSON.stringify({ ...good(id), id: 7 }),
  'an empty id': (_, id) => JSON.stringify({ ...good(id), id: '' }),
  'no source': (_, id) => JSON.stringify({ ...good(id), source: undefined }),
  'a list for data': (_, id) => JSON.stringify({ ...good(id), data: [] }),
  'null for data': (_, id) => JSON.stringify({ ...good(id), data: null }),
  'another specversion': (_, id) => JSON.stringify({ ...good(id), specversion: '0.3' }),
  'a time without a zone': (_, id) => JSON.stringify({ ...good(id), time: '2026-03-02T09:30:00' }),
  'the 31st of February': (_, id) => JSON.stringify({ ...good(id), time: '2026-02-31T09:30:00Z' }),
  'a time in words': (_, id) => JSON.stringify({ ...good(id), time: 'yesterday' }),
  'a number for a time': (_, id) => JSON.stringify({ ...good(id), time: 1772443800 }),
  'a date far ahead': (_, id) => JSON.stringify({ ...good(id), time: '2048-03-02T09:30:00Z' }),
  'the year 9999': (_, id) => JSON.stringify({ ...good(id), time: '9999-12-31T23:59:59Z' }),
  'the year 1': (_, id) => JSON.stringify({ ...good(id), time: '0001-01-01T00:00:00Z' }),
  'no object': (_, id) => JSON.stringify({ ...good(id), data: {} }),
  'an empty list of objects': (_, id) => withData(id, { objects: [] }),
  'an object without an id': (_, id) => withData(id, { objects: [{ type: 'invoice' }] }),
  'a number for an object id': (_, id) => withData(id, { objects: [{ type: 'invoice', id: 5 }] }),
  'an object without a slash': (_, id) => JSON.stringify({ ...good(id), data: { object: 'INV-1' } }),
  'a negative seq': (_, id) => withData(id, { seq: -1 }),
  'a seq with a fraction': (_, id) => withData(id, { seq: 1.5 }),
  'a huge seq': (_, id) => withData(id, { seq: 1e300 }),
  'a huge number': (_, id) => withData(id, { seq: 0 }).replace('"seq":0', `"seq":${'9'.repeat(400)}`),
  'a huge amount': (_, id) => withData(id, { money: { amount: '1e99', currency: 'EUR' } }),
  'an amount in words': (_, id) => withData(id, { money: { amount: 'twelve', currency: 'EUR' } }),
  'a currency in lower case': (_, id) => withData(id, { money: { amount: '1', currency: 'eur' } }),
  'an unknown outcome': (_, id) => withData(id, { outcome: { status: 'maybe' } }),
  'an unknown actor kind': (_, id) => withData(id, { actor: { id: 'u', kind: 'ghost' } }),
  'confidence above one': (_, id) => withData(id, { ai: { model: 'm', confidence: 2 } }),
  'attempt zero': (_, id) => withData(id, { operation: { id: 'o', attempt: 0 } }),
  'a null byte': (_, id) => JSON.stringify({ ...good(id), source: 'a\u0000b' }),
  'a raw control character': (_, id) => JSON.stringify(good(id)).replace('/test', 'a\u0001b'),
  'half a surrogate pair': (_, id) => JSON.stringify(good(id)).replace('/test', String.raw`\ud800`),
  'a key twice': (_, id) => JSON.stringify(good(id)).replace('"source"', '"source":"/other","source"'),
  'a key twice, deep inside': (_, id) =>
    withData(id, { seq: 1 }).replace('"type":"invoice"', '"type":"invoice","type":"payment"'),
  'deep nesting': (pick, id) => {
    const depth = 20 + Math.floor(pick() * 2000)
    return withData(id, { attributes: { deep: 0 } }).replace('"deep":0', `"deep":${'['.repeat(depth)}${']'.repeat(depth)}`)
  },
  'a very long id': (_, id) => JSON.stringify({ ...good(id), id: 'x'.repeat(100_000) }),
  'thousands of objects': (_, id) =>
    withData(id, { objects: Array.from({ length: 2500 }, (_unused, at) => ({ type: 'invoice', id: `I${at}` })) }),
  'invalid UTF-8': (_, id) => {
    const [head = '', tail = ''] = JSON.stringify(good(id)).split('/test')
    return Buffer.concat([Buffer.from(`${head}/te`), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(tail)])
  },
  'a bare number': (pick) => String(Math.floor(pick() * 1e9)),
  'a bare string': () => '"hello"',
  'a bare null': () => 'null',
  'a trailing comma inside': (_, id) => JSON.stringify(good(id)).replace('"type"', ',"type"'),
  'single quotes': (_, id) => `{'id':'${id}'}`,
  'NaN for a value': (_, id) => withData(id, { seq: 0 }).replace('"seq":0', '"seq":NaN'),
  'a list for an object': () => '[]',
  'an empty object': () => '{}',
  'a prototype key': (_, id) => JSON.stringify(good(id)).replace('"data":{', '"data":{"__proto__":{"objects":[]},"objects":7,'),
  'a bad object attribute': (_, id) => withData(id, { object_attributes: { nothing: { a: 1 } } }),
  'a list as an attribute of an object': (_, id) => withData(id, { object_attributes: { 'invoice/1': { a: [1] } } }),
}

test(`10,000 malformed bodies: no crash, no 5xx, each bad record named, the good ones stored (seed ${seed})`, async () => {
  const tenant = await server.freshTenant()
  const pick = randomFrom(seed)
  const kinds = Object.entries(DAMAGE)
  let expected = 0
  let next = 0
  const failures: string[] = []

  const one = async (number: number): Promise<void> => {
    const [kind, damage] = kinds[number % kinds.length] ?? assert.fail('no kinds')
    const bad = damage(pick, `bad-${number}`)
    const before = Math.floor(pick() * 3)
    const behind = Math.floor(pick() * 3)
    const records: (string | Buffer)[] = [
      ...Array.from({ length: before }, (_, at) => JSON.stringify(good(`${number}-a${at}`))),
      bad,
      ...Array.from({ length: behind }, (_, at) => JSON.stringify(good(`${number}-b${at}`))),
    ]
    const ndjson = pick() < 0.5
    const separator = Buffer.from(ndjson ? '\n' : ',')
    const joined = Buffer.concat(
      records.flatMap((record, at) => (at === 0 ? [Buffer.from(record)] : [separator, Buffer.from(record)])),
    )
    const body = ndjson ? joined : Buffer.concat([Buffer.from('['), joined, Buffer.from(']')])
    const zipped = pick() < 0.2
    const answer = await server.ask<Verdicts>('POST', '/v1/events', {
      tenant,
      body: zipped ? gzipSync(body) : body,
      headers: {
        'content-type': ndjson ? 'application/x-ndjson' : 'application/json',
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      },
    })
    const { status, body: verdict } = answer
    const complain = (what: string) =>
      failures.push(`${kind} (body ${number}, ${ndjson ? 'ndjson' : 'array'}): ${what}: ${JSON.stringify(verdict).slice(0, 300)}`)
    if (status >= 500) complain(`status ${status}`)
    else if (!Array.isArray(verdict.rejected)) complain('no verdicts')
    else {
      const [rejection, ...others] = verdict.rejected
      if (rejection === undefined || others.length > 0) complain(`${verdict.rejected.length} rejections`)
      else if (rejection.index !== before) complain(`index ${rejection.index} instead of ${before}`)
      else if (!/^[a-z0-9_]+$/u.test(rejection.code)) complain('no code')
      if (verdict.accepted !== before + behind) complain(`${verdict.accepted} accepted instead of ${before + behind}`)
      expected += before + behind
    }
  }
  const worker = async () => {
    for (let number = next++; number < BODIES; number = next++) await one(number)
  }
  await Promise.all(Array.from({ length: 40 }, worker))
  assert.deepEqual(failures.slice(0, 10), [], `${failures.length} bodies answered wrongly`)

  await server.derived(tenant, ['processes'])
  const { body } = await server.ask<{ types: { type: string; objects: number }[] }>('GET', '/v1/process', { tenant })
  assert.deepEqual(
    body.types.map(({ type, objects }) => [type, objects]),
    [['invoice', expected]],
  )
})

const whole: [string, { body: string | Uint8Array; headers?: Record<string, string> }, number][] = [
  ['an empty body', { body: '' }, 400],
  ['a body of spaces', { body: Buffer.from('   ') }, 400],
  ['an array that breaks off', { body: Buffer.from('[{"specversion":"1.0",') }, 400],
  ['a gzip that is none', { body: 'hello', headers: { 'content-encoding': 'gzip' } }, 400],
  ['a gzip that breaks off', { body: gzipSync('{}'.repeat(1000)).subarray(0, 20), headers: { 'content-encoding': 'gzip' } }, 400],
  ['an unknown encoding', { body: '{}', headers: { 'content-encoding': 'zstd-of-mine' } }, 415],
  ['a media type that is not taken', { body: '<a/>', headers: { 'content-type': 'text/xml' } }, 415],
  [
    'a bomb: 200 MB of zeros in a small gzip',
    { body: gzipSync(Buffer.alloc(200 * 1024 * 1024)), headers: { 'content-encoding': 'gzip' } },
    413,
  ],
  ['UTF-16', { body: Buffer.from('{"a":1}', 'utf16le') }, 400],
]
for (const [name, request, status] of whole)
  test(`${name} is answered ${status} with a code`, async () => {
    const tenant = await server.freshTenant()
    const answer = await server.ask<{ code: string; request_id: string }>('POST', '/v1/events', { tenant, ...request })
    assert.equal(answer.status, status, JSON.stringify(answer.body).slice(0, 300))
    assert.match(answer.body.code, /^[a-z_]+$/u)
    assert.ok(answer.body.request_id.length > 0)
  })

test('a claimed length of a gigabyte is refused before it is read', async () => {
  const tenant = await server.freshTenant()
  const { request } = await import('node:http')
  const status = await new Promise<number>((resolve, reject) => {
    const outgoing = request(
      new URL('/v1/events', server.url),
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.token}`,
          'x-tenant-id': tenant,
          'content-type': 'application/json',
          'content-length': '1000000000',
        },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
        outgoing.destroy()
      },
    )
    outgoing.on('error', reject)
    outgoing.write('[')
  })
  assert.equal(status, 413)
})
