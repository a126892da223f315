import assert from 'node:assert/strict'
import { request as rawRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Problem } from '../api/contract/common.ts'
import type { IngestAnswer } from '../api/contract/data.ts'
import { ROUTES } from '../api/routes.ts'
import { randomFrom } from './support/random.ts'
import { plantAlert } from './support/alert-rows.ts'
import { type Answer, sharedServer, type TestServer } from './support/server.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
let server: TestServer
let mine: string
let other: string
before(async () => {
  server = await sharedServer()
  ;[mine, other] = [await server.freshTenant(), await server.freshTenant()]
  await post(mine, [event('e1')])
  await post(other, [event('e1', { supplier: 'FOREIGN' }), event('e2', { supplier: 'FOREIGN' })])
})
after(() => server.close())

type Minted = { key: { id: string; expires_at: string | null }; token: string }
type Schema = { enum?: string[]; type?: string; $ref?: string }
type Parameter = { in: string; name: string; required?: boolean; schema: Schema }
type Operation = {
  summary?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
  security?: Record<string, string[]>[]
}
type Document = {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> }
}

const RANGE = 'from=2026-01-01&to=2026-06-01'

function event(id: string, data: Record<string, unknown> = {}): Record<string, unknown> {
  const { supplier = 'S-1', ...more } = data
  return {
    specversion: '1.0',
    id,
    source: '/erp',
    type: 'invoice.received',
    time: '2026-03-02T09:30:00Z',
    data: { seq: 1, objects: [{ type: 'invoice', id: `INV-${id}` }], attributes: { supplier }, ...more },
  }
}

function post(
  tenant: string,
  body: unknown,
  headers: Record<string, string> = {},
  token?: string,
): Promise<Answer<IngestAnswer>> {
  return server.ask('POST', '/v1/events', { tenant, body, headers, ...(token === undefined ? {} : { token }) })
}

async function mint(scopes: string[], tenants: string[] | null, more: Record<string, unknown> = {}): Promise<Minted> {
  const made = await server.ask<Minted>('POST', '/v1/keys', { body: { name: 'test', scopes, tenant_ids: tenants, ...more } })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}

/** Checks that an answer is a problem document with this status and code, and gives it. */
function problem(answer: Answer<unknown>, status: number, code: string, what = ''): Problem {
  assert.equal(answer.status, status, `${what} ${JSON.stringify(answer.body).slice(0, 300)}`)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/u, what)
  const body = Problem.parse(answer.body)
  assert.equal(body.code, code, what)
  assert.equal(body.status, status, what)
  assert.equal(body.request_id, answer.headers.get('x-request-id'), what)
  assert.doesNotMatch(body.detail, /\n|node_modules|\.ts\b|\.sql\b|DB::/u, what)
  return body
}

/** The path of a route with sample values in the place of its parameters. */
function filled(path: string, values: Record<string, string> = {}): string {
  const samples: Record<string, string> = {
    type: 'invoice',
    id: /^\/v1\/(?:imports|dead-letters)/u.test(path) ? '00000000-0000-4000-8000-000000000000' : 'INV-e1',
    name: path.startsWith('/v1/mappings') ? 'stripe' : 'exception-rate',
    ...values,
  }
  return path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => encodeURIComponent(samples[name] ?? 'x'))
}

async function openApi(): Promise<Document> {
  const { status, body } = await server.ask<Document>('GET', '/openapi.json', { token: null })
  assert.equal(status, 200)
  return body
}

test('the OpenAPI document is complete and consistent', async () => {
  const document = await openApi()
  assert.match(document.openapi, /^3\.1\.\d$/u)
  assert.ok(document.info.title !== '' && document.info.version !== '')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  const known = [
    ...ROUTES.map((route) => `${route.method} ${route.path}`),
    'post /v1/events',
    'post /v1/webhooks/{address}',
    'post /v1/traces',
    'post /v1/logs',
    'post /v1/metrics',
    'post /v1/session',
    'delete /v1/session',
  ]
  assert.deepEqual(described.toSorted(), known.toSorted())
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const what = `${method} ${path}`
      assert.ok((operation.summary ?? '') !== '', what)
      const parameters = operation.parameters ?? []
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      assert.equal(new Set(names).size, names.length, what)
      assert.ok(
        parameters.every((parameter) => ['path', 'query', 'header', 'cookie'].includes(parameter.in) && 'schema' in parameter),
        what,
      )
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      assert.ok(
        inPath.every(({ required }) => required === true),
        what,
      )
      const placeholders = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name = '']) => name)
      assert.deepEqual(inPath.map(({ name }) => name).toSorted(), placeholders.toSorted(), what)
      assert.ok(
        Object.keys(operation.responses).some((status) => /^2\d\d$/u.test(status)),
        what,
      )
      for (const [status, response] of Object.entries(operation.responses)) {
        assert.match(status, /^(?:[1-5]\d\d|default)$/u, what)
        assert.ok(typeof response.description === 'string' && response.description !== '', `${what} ${status}`)
      }
      for (const requirement of operation.security ?? [])
        for (const scheme of Object.keys(requirement))
          assert.ok(scheme in document.components.securitySchemes, `${what} ${scheme}`)
    }
  }
  walk(document, '#')

  function walk(value: unknown, at: string): void {
    if (typeof value !== 'object' || value === null) return
    if ('$ref' in value && typeof value.$ref === 'string') {
      const target = value.$ref
        .split('/')
        .slice(1)
        .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document)
      assert.ok(value.$ref.startsWith('#/') && target !== undefined, `${at}: ${value.$ref}`)
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`)
  }
})

test('the documentation is a page whose scripts and styles are served', async () => {
  const page = await fetch(new URL('/docs', server.url))
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/u)
  const html = await page.text()
  const files = [...html.matchAll(/(?:src|href)="([\w.-]+\.(?:js|css))"/gu)].map(([, file]) => file ?? '')
  assert.ok(files.length >= 3, html)
  for (const file of files) {
    const answer = await fetch(new URL(file, new URL('/docs/', server.url)))
    assert.equal(answer.status, 200, file)
    assert.match(answer.headers.get('content-type') ?? '', file.endsWith('.css') ? /^text\/css/u : /javascript/u)
  }
})

/** What queries must say where they ask for it. */
const NEEDED = [
  ['kpi', 'capture-lag'],
  ['month', '2026-01'],
  ['days', '400'],
] as const

test('every answer of a GET route is what the OpenAPI document says', async () => {
  const alert = await plantAlert(server.stores.postgres.db, mine, {})
  for (const route of ROUTES.filter(({ method, media }) => method === 'get' && media === 'json')) {
    const query = NEEDED.flatMap(([name, value]) =>
      route.query?.shape[name]?.safeParse(undefined).success === false ? [`${name}=${value}`] : [],
    )
    if (route.path.endsWith('/conformance')) query.push('order=a,b')
    const path = route.path === '/v1/alerts/{id}' ? `/v1/alerts/${alert}` : filled(route.path)
    const answer = await server.ask('GET', `${path}?${query.join('&')}`, { tenant: mine })
    // Of these the tenant has none.
    if (answer.status === 404 && /\{(?:id|kind)\}/u.test(route.path)) continue
    assert.equal(answer.status, 200, `${route.path} ${JSON.stringify(answer.body)}`)
    assert.equal(answer.headers.get('cache-control'), 'no-store', route.path)
    assert.deepEqual(route.response.parse(answer.body), answer.body, route.path)
  }
})

test('without a credential every operation answers 401, before it reads the body', async () => {
  const operations = [
    ...ROUTES.map((route) => ({ method: route.method.toUpperCase(), path: filled(route.path) })),
    { method: 'POST', path: '/v1/events' },
  ]
  for (const { method, path } of operations) {
    const what = `${method} ${path}`
    const body =
      method === 'GET' || method === 'DELETE' ? {} : { body: '{"broken', headers: { 'content-type': 'application/json' } }
    for (const token of [null, 'slk_nobody']) {
      const answer = await server.ask(method, path, { token, tenant: mine, ...body })
      problem(answer, 401, 'unauthenticated', what)
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer', what)
    }
  }
  for (const authorization of ['Basic eDp5', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(5000)}`])
    problem(
      await server.ask('GET', '/v1/session', { token: null, headers: { authorization } }),
      401,
      'unauthenticated',
      authorization.slice(0, 40),
    )
  problem(await server.ask('GET', '/metrics', { token: null }), 401, 'unauthenticated')
})

test('what is not there is 404, and a method that a path does not take is 405 with those that it does', async () => {
  for (const path of ['/', '/nothing', '/docs/nothing', '/v1', '/v1/nothing', '/v1/process/invoice/nothing', '/healthz/x'])
    problem(await server.ask('GET', path, { tenant: mine }), 404, 'not_found', path)
  problem(await server.ask('GET', '/v1/kpis/no-such-kpi', { tenant: mine }), 404, 'not_found')
  problem(await server.ask('GET', '/v1/objects/invoice/none', { tenant: mine }), 404, 'not_found')
  problem(await server.ask('GET', filled('/v1/imports/{id}'), { tenant: mine }), 404, 'not_found')
  problem(await server.ask('DELETE', '/v1/keys/none'), 404, 'not_found')
  problem(await server.ask('GET', '/v1/objects/%E0%A4%A/x', { tenant: mine }), 400, 'bad_request')
  const taken = Map.groupBy(
    [
      ...ROUTES,
      ...['post /v1/events', 'post /v1/session', 'delete /v1/session', 'get /healthz', 'get /readyz', 'get /openapi.json'].map(
        (text) => {
          const [method = '', path = ''] = text.split(' ')
          return { method, path }
        },
      ),
    ],
    ({ path }) => path,
  )
  for (const [path, operations] of taken) {
    const methods = new Set(operations.map(({ method }) => method.toUpperCase()))
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (methods.has(method)) continue
      const answer = await server.ask(method, filled(path), { tenant: mine })
      problem(answer, 405, 'method_not_allowed', `${method} ${path}`)
      const allow = answer.headers
        .get('allow')
        ?.split(', ')
        .filter((one) => one !== 'HEAD' && one !== 'OPTIONS')
      assert.deepEqual(allow?.toSorted(), [...methods].toSorted(), path)
    }
  }
})

test('a key does what its scopes and tenants say, and nothing once it is revoked or over', async () => {
  const [reading, sending] = await Promise.all([mint(['read'], [mine]), mint(['ingest'], [mine])])
  assert.equal((await server.ask('GET', '/v1/process', { token: reading.token })).status, 200)
  problem(await post(mine, [event('x')], {}, reading.token), 403, 'forbidden')
  assert.equal((await post(mine, [event('e1')], {}, sending.token)).body.duplicates, 1)
  for (const route of ROUTES) {
    const path = filled(route.path)
    const what = `${route.method} ${path}`
    const ask = (token: string) =>
      server.ask(route.method.toUpperCase(), path, { token, tenant: mine, ...(route.body === null ? {} : { body: {} }) })
    if (route.scope !== 'ingest') problem(await ask(sending.token), 403, 'forbidden', what)
    if (route.scope !== 'read') problem(await ask(reading.token), 403, 'forbidden', what)
  }
  const both = await mint(['read'], [mine, other])
  problem(await server.ask('GET', '/v1/process', { token: both.token }), 400, 'parameter_invalid')
  assert.equal((await server.ask('GET', '/v1/process', { token: both.token, tenant: other })).status, 200)

  const local = await mint(['admin'], [mine])
  const minting = (tenants: string[] | null) =>
    server.ask('POST', '/v1/keys', { token: local.token, body: { name: 'more', scopes: ['read'], tenant_ids: tenants } })
  problem(await minting(null), 403, 'tenant_forbidden')
  problem(await minting([other]), 403, 'tenant_forbidden')
  assert.equal((await minting([mine])).status, 201)
  problem(await server.ask('POST', '/v1/tenants', { token: local.token, body: { id: 'more', name: 'More' } }), 403, 'forbidden')
  problem(await server.ask('DELETE', `/v1/keys/${both.key.id}`, { token: local.token }), 404, 'not_found')

  const over = await mint(['read'], [mine], { expires_at: '2026-01-01T00:00:00Z' })
  problem(await server.ask('GET', '/v1/process', { token: over.token }), 401, 'unauthenticated')
  assert.equal((await server.ask('DELETE', `/v1/keys/${reading.key.id}`)).status, 204)
  problem(await server.ask('GET', '/v1/process', { token: reading.token }), 401, 'unauthenticated')
  const kept = await server.ask('GET', '/v1/keys')
  assert.doesNotMatch(JSON.stringify(kept.body), /slk_[\w-]{20}/u)
})

test('a key for tenants that do not exist, or with a date that is none, is refused', async () => {
  const body = { name: 'k', scopes: ['read'], tenant_ids: [mine] }
  for (const wrong of [
    { expires_at: 'tomorrow' },
    { expires_at: '2026-02-31T00:00:00Z' },
    { expires_at: '' },
    { tenant_ids: ['no-such-tenant'] },
    { tenant_ids: [] },
    { scopes: [] },
    { scopes: ['root'] },
    { name: '' },
    { name: 'a\u0000b' },
    { tenant_ids: [`${mine}\u0000`] },
  ])
    problem(
      await server.ask('POST', '/v1/keys', { body: { ...body, ...wrong } }),
      400,
      'parameter_invalid',
      JSON.stringify(wrong),
    )
})

test('hostile text in a body is refused or kept, never a failure of ours', async () => {
  const hostile = ['\u0000', 'a\u0000b', '\uD800', "'; DROP TABLE tenants; --", 'x'.repeat(100_000), '\u202E\uFFFF']
  const started = { source: '/file', file_name: 'f.csv', file_sha256: 'a'.repeat(64), bytes: 1, format: 'csv', mapping: null }
  const made = await server.ask<{ id: string }>('POST', '/v1/imports', { tenant: mine, body: started })
  assert.equal(made.status, 201)
  const bodies = hostile.flatMap(
    (text) =>
      [
        ['POST', '/v1/tenants', { id: text, name: 'x' }],
        ['POST', '/v1/tenants', { id: mine, name: text }],
        ['POST', '/v1/tenants', { id: mine, name: 'x', kind: 'client', parent_id: text }],
        ['POST', '/v1/imports', { ...started, source: text }],
        ['POST', '/v1/imports', { ...started, file_name: text }],
        ['POST', '/v1/imports', { ...started, format: text }],
        ['POST', '/v1/imports', { ...started, mapping: { [text]: [text] } }],
        ['POST', '/v1/imports', { ...started, repair: text }],
        ['PATCH', `/v1/imports/${made.body.id}`, { state: text }],
        ['PATCH', `/v1/imports/${made.body.id}`, { report: report(text) }],
        ['POST', '/v1/session', { token: text }],
      ] as const,
  )
  const numbers = [1e300, -1, 1.5, Number.MAX_SAFE_INTEGER, 9e18, '7', null, true, [], {}]
  const more = numbers.flatMap((value) => [
    ['POST', '/v1/imports', { ...started, bytes: value }] as const,
    ['PATCH', `/v1/imports/${made.body.id}`, { records_read: value, accepted: value }] as const,
    ['POST', '/v1/keys', value] as const,
    ['POST', '/v1/tenants', value] as const,
  ])
  for (const [method, path, body] of [...bodies, ...more]) {
    const answer = await server.ask(method, path, { tenant: mine, body })
    assert.ok(
      answer.status < 500,
      `${method} ${path} ${JSON.stringify(body).slice(0, 100)}: ${answer.status} ${JSON.stringify(answer.body)}`,
    )
  }

  function report(text: string): unknown {
    const finding = { check: text, severity: 'info', count: 1, of: 1, share: 1, message: text, evidence: [{ detail: text }] }
    return {
      findings: [finding],
      events: 1,
      objects: 1,
      activities: 1,
      first_at: null,
      last_at: null,
      checked: [text],
      notes: [text],
    }
  }
})

test('a browser signs in with a cookie that scripts and other sites cannot use, and out again', async () => {
  const origin = server.url
  const signIn = (body: unknown, headers: Record<string, string>) =>
    server.ask<{ name: string }>('POST', '/v1/session', { token: null, body, headers })
  problem(await signIn({ token: 'slk_wrong' }, { origin }), 401, 'unauthenticated')
  problem(await signIn({ token: server.token }, { origin: 'https://evil.example' }), 403, 'forbidden')
  problem(await signIn({ token: server.token }, { origin: 'null' }), 403, 'forbidden')
  problem(await signIn({ token: 7 }, { origin }), 400, 'parameter_invalid')
  const signedIn = await signIn({ token: server.token }, { origin })
  assert.equal(signedIn.status, 200)
  const [cookie = ''] = signedIn.headers.getSetCookie()
  assert.match(cookie, /; Path=\/(?:;|$)/u)
  assert.match(cookie, /; HttpOnly(?:;|$)/u)
  assert.match(cookie, /; SameSite=Strict(?:;|$)/u)
  assert.ok(!cookie.includes(server.token))
  const session = { cookie: cookie.split(';')[0] ?? '' }
  const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    server.ask(method, path, { token: null, headers: { ...session, ...headers }, ...(body === undefined ? {} : { body }) })
  assert.equal((await ask('GET', '/v1/session', {})).status, 200)
  assert.equal((await ask('GET', '/v1/process', { 'x-tenant-id': mine })).status, 200)
  for (const foreign of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
    { 'sec-fetch-site': 'cross-site' },
    { origin: `${origin}.evil.example` },
  ]) {
    const what = JSON.stringify(foreign)
    problem(await ask('POST', '/v1/tenants', foreign, { id: 'evil', name: 'Evil' }), 403, 'forbidden', what)
    problem(await ask('POST', '/v1/events', { ...foreign, 'x-tenant-id': mine }, [event('evil')]), 403, 'forbidden', what)
    problem(await ask('DELETE', '/v1/keys/none', foreign), 403, 'forbidden', what)
    problem(await ask('DELETE', '/v1/session', foreign), 403, 'forbidden', what)
  }
  assert.equal((await ask('GET', '/v1/session', {})).status, 200)
  problem(await ask('DELETE', '/v1/keys/none', { origin }), 404, 'not_found')
  const out = await ask('DELETE', '/v1/session', { origin })
  assert.equal(out.status, 204)
  assert.match(out.headers.getSetCookie()[0] ?? '', /Expires=Thu, 01 Jan 1970/u)
  problem(await ask('GET', '/v1/session', {}), 401, 'unauthenticated')
})

test('the session of a revoked key is over', async () => {
  const { key, token } = await mint(['read'], [mine])
  const { headers } = await server.ask('POST', '/v1/session', { token: null, body: { token }, headers: { origin: server.url } })
  const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? ''
  assert.equal((await server.ask('GET', '/v1/process', { token: null, headers: { cookie } })).status, 200)
  await server.ask('DELETE', `/v1/keys/${key.id}`)
  problem(await server.ask('GET', '/v1/process', { token: null, headers: { cookie } }), 401, 'unauthenticated')
})

test("another tenant's name answers like a name that nobody has", async () => {
  const [local, whole] = [await mint(['read', 'ingest'], [mine]), server.token]
  const strange = [
    other,
    'no-such-tenant',
    mine.toUpperCase(),
    `${mine} ${other}`,
    `${mine},${other}`,
    `${mine}' OR '1'='1`,
    '*',
    'x'.repeat(5000),
  ]
  for (const tenant of strange) {
    const read = problem(await server.ask('GET', '/v1/process', { token: local.token, tenant }), 403, 'tenant_forbidden', tenant)
    const sent = problem(await post(tenant, [event('x')], {}, local.token), 403, 'tenant_forbidden', tenant)
    const plain = ({ detail, title, type }: Problem) => [detail.replace(tenant.slice(0, 80), 'T'), title, type]
    const nobody = problem(
      await server.ask('GET', '/v1/process', { token: local.token, tenant: 'nobody' }),
      403,
      'tenant_forbidden',
    )
    for (const one of [read, sent])
      assert.deepEqual(plain(one), plain({ ...nobody, detail: nobody.detail.replace('nobody', tenant.slice(0, 80)) }))
    if (tenant !== other)
      problem(await server.ask('GET', '/v1/process', { token: whole, tenant }), 403, 'tenant_forbidden', tenant)
  }
  assert.equal((await post(mine, [event('own', { tenant_id: other })], {}, local.token)).body.accepted, 1)
  assert.equal((await server.ask('GET', '/v1/objects/invoice/INV-own', { tenant: other })).status, 404)
  assert.equal((await server.ask('GET', '/v1/objects/invoice/INV-own', { tenant: mine })).status, 200)
})

test('two tenant headers in one request are refused', async () => {
  const { token } = await mint(['read'], [mine])
  const status = await new Promise<number>((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const headers = ['host', hostname, 'authorization', `Bearer ${token}`, 'x-tenant-id', mine, 'X-Tenant-Id', other]
    rawRequest({ hostname, port, path: '/v1/process', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 403)
})

test('a window, bucket, dimension or limit that makes no sense is named', async () => {
  for (const [path, said] of [
    ['/v1/kpis/exception-rate?from=yesterday', /from/u],
    ['/v1/kpis/exception-rate?to=2026-02-31', /to/u],
    ['/v1/kpis/exception-rate?from=2026-03-02T09:00:00', /from/u],
    ['/v1/kpis/exception-rate?from=2026-03-02&to=2026-03-02', /from.*before/u],
    ['/v1/kpis/exception-rate?from=2026-03-02&to=2026-03-01', /from.*before/u],
    ['/v1/exceptions?from=2026-03-02&to=2026-03-01', /from.*before/u],
    ['/v1/process/invoice/summary?from=2026-03-02&to=2026-03-01', /from.*before/u],
    ['/v1/kpis/exception-rate?bucket=fortnight', /bucket/u],
    ['/v1/kpis/exception-rate?group_by=tenant_id', /group_by/u],
    ['/v1/kpis/exception-rate?compare=next', /compare/u],
    ['/v1/kpis/exception-rate?from=2026-01-01&from=2026-02-01', /from/u],
    ['/v1/exceptions?class=none', /class/u],
    ['/v1/exceptions?limit=1e9', /limit/u],
    ['/v1/objects/invoice?limit=999999999999999999999', /limit/u],
    ['/v1/objects/invoice?limit=0', /limit/u],
    ['/v1/objects/invoice?limit=-1', /limit/u],
    ['/v1/objects/invoice?limit=many', /limit/u],
    ['/v1/objects/invoice?limit=', /limit/u],
    ['/v1/objects/invoice?after=%00', /after/u],
    ['/v1/process/invoice/variants?limit=1001', /limit/u],
    ['/v1/process/invoice/map?names=other', /names/u],
    ['/v1/imports/7', /id/u],
  ] as const)
    assert.match(problem(await server.ask('GET', path, { tenant: mine }), 400, 'parameter_invalid', path).detail, said)
})

test('the longest window in the smallest buckets is answered', async () => {
  const range = 'from=1900-01-01&to=2250-01-01'
  for (const path of [
    `/v1/kpis/exception-rate?${range}&bucket=hour&compare=previous`,
    `/v1/kpis/invoice-cycle?${range}&bucket=hour&group_by=supplier&compare=previous`,
    `/v1/exceptions?${range}&bucket=hour`,
    `/v1/process/invoice/summary?${range}`,
  ]) {
    const answer = await server.ask('GET', path, { tenant: mine })
    assert.equal(answer.status, 200, `${path} ${JSON.stringify(answer.body).slice(0, 300)}`)
  }
})

test(`hostile text in any parameter is text: no failure, no row of another tenant (seed ${seed})`, async () => {
  const { token } = await mint(['read', 'admin'], [mine])
  const document = await openApi()
  const hostile = [
    "' OR 1=1 --",
    "') OR tenant_id != '' --",
    '{tenant_id:String}',
    other,
    '`events`; SELECT * FROM events',
    '\\',
    "\\' OR 1=1 --",
    'a\u0000b',
    '\n\t\r',
    '%',
    '_',
    '../../../etc/passwd',
    '\uFFFD\u{1F4A3}',
    'x'.repeat(10_000),
    '__proto__',
    '-1',
    'NaN',
  ]
  const asked: string[] = []
  // Each parameter gets some of the texts, and each text goes to many parameters; the next seed chooses others.
  const pick = randomFrom(seed)
  for (const [path, { get }] of Object.entries(document.paths)) {
    for (const parameter of get?.parameters ?? []) {
      for (const text of hostile.filter(() => pick() < 0.4)) {
        if (parameter.in === 'path') asked.push(filled(path, { [parameter.name]: text }))
        if (parameter.in === 'query') asked.push(`${filled(path)}?${new URLSearchParams({ [parameter.name]: text })}`)
      }
    }
  }
  assert.ok(asked.length > 500, `${asked.length} requests`)
  for (let at = 0; at < asked.length; at += 8) {
    await Promise.all(
      asked.slice(at, at + 8).map(async (path) => {
        const answer = await server.ask('GET', path, { token })
        const what = `${path.slice(0, 200)}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`
        assert.ok(answer.status < 500, what)
        assert.doesNotMatch(JSON.stringify(answer.body), /FOREIGN|INV-e2/u, what)
        if (answer.status >= 400) Problem.parse(answer.body)
      }),
    )
  }
})

test('answers carry the headers that keep a browser safe, and say nothing of what serves them', async () => {
  for (const path of ['/healthz', '/v1/kpis', '/v1/none', '/docs', '/openapi.json']) {
    const { headers } = await server.ask('GET', path)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'/u, path)
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'self'/u, path)
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /script-src[^;]*unsafe/u, path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.ok(headers.has('referrer-policy') && headers.has('x-frame-options'), path)
    assert.equal(headers.get('x-powered-by'), null, path)
    assert.equal(headers.get('access-control-allow-origin'), null, path)
    assert.match(headers.get('x-request-id') ?? '', /^[\w.-]+$/u, path)
  }
  const asked = await server.ask('GET', '/v1/kpis', { headers: { 'x-request-id': 'mine-7' } })
  assert.equal(asked.headers.get('x-request-id'), 'mine-7')
  const forged = await server.ask('GET', '/v1/kpis', { headers: { 'x-request-id': '<script>' } })
  assert.doesNotMatch(forged.headers.get('x-request-id') ?? '', /</u)
  for (const path of ['/v1/none', '/readyz'])
    assert.equal((await server.ask('GET', path)).headers.get('cache-control'), 'no-store', path)
})

test('long answers are compressed for who asks for it', async () => {
  const catalogue = async (encoding: string) =>
    (await server.ask('GET', '/v1/kpis', { headers: { 'accept-encoding': encoding } })).headers
  const zipped = await catalogue('gzip')
  assert.equal(zipped.get('content-encoding'), 'gzip')
  assert.match(zipped.get('vary') ?? '', /Accept-Encoding/iu)
  assert.equal((await catalogue('identity')).get('content-encoding'), null)
})

test('figures over all tenants are for who may see all tenants', async () => {
  const { token } = await mint(['read', 'admin'], [mine])
  problem(await server.ask('GET', '/metrics', { token }), 403, 'forbidden')
  const metrics = await server.ask<string>('GET', '/metrics')
  assert.equal(metrics.status, 200)
  assert.match(metrics.body, /^sightline_http_request_duration_seconds_count\{/mu)
  assert.ok(!metrics.body.includes(mine))
})

test('events arrive alone, in a batch, line by line, in binary mode, compressed and in the short form', async () => {
  const tenant = await server.freshTenant()
  const json = 'application/cloudevents+json'
  const { data, specversion, ...attributes } = event('binary')
  const binary = Object.fromEntries(
    Object.entries({ ...attributes, specversion }).map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value))]),
  )
  const lines = [event('line-1'), event('line-2')].map((one) => JSON.stringify(one)).join('\n')
  const forms: [string, unknown, Record<string, string>, number][] = [
    ['alone', JSON.stringify(event('alone')), { 'content-type': json }, 1],
    ['alone as plain JSON', JSON.stringify(event('plain')), { 'content-type': 'application/json; charset=utf-8' }, 1],
    [
      'a batch',
      JSON.stringify([event('b1'), event('b2'), event('b3')]),
      { 'content-type': 'application/cloudevents-batch+json' },
      3,
    ],
    ['NDJSON', `${lines}\n`, { 'content-type': 'application/x-ndjson' }, 2],
    ['binary', JSON.stringify(data), { ...binary, 'content-type': 'application/json' }, 1],
    ['gzip', gzipSync(JSON.stringify([event('zip')])), { 'content-type': json, 'content-encoding': 'gzip' }, 1],
    ['short', JSON.stringify({ ...event('short'), data: { object: 'invoice/INV-1' } }), { 'content-type': json }, 1],
  ]
  for (const [name, body, headers, accepted] of forms) {
    const answer = await post(tenant, body, headers)
    assert.deepEqual([answer.status, answer.body], [200, { accepted, duplicates: 0, rejected: [], conflicts: [] }], name)
    const again = await post(tenant, body, headers)
    assert.deepEqual(again.body, { accepted: 0, duplicates: accepted, rejected: [], conflicts: [] }, name)
  }
  await server.derived(tenant, ['processes'])
  const { body } = await server.ask<{ types: unknown[] }>('GET', '/v1/process', { tenant })
  assert.deepEqual(body.types, [{ type: 'invoice', events: 10, objects: 10 }])
  const short = await server.ask<{ events: unknown[] }>('GET', '/v1/objects/invoice/INV-1', { tenant })
  assert.equal(short.body.events.length, 1)
})

test('a body that is no set of events says why', async () => {
  const json = { 'content-type': 'application/json' }
  problem(await post(mine, '<a/>', { 'content-type': 'text/xml' }), 415, 'media_type_unsupported')
  problem(await post(mine, '[]', { ...json, 'content-encoding': 'compress' }), 415, 'encoding_unsupported')
  problem(await post(mine, '', json), 400, 'body_invalid')
  problem(await post(mine, ' \n ', json), 400, 'body_invalid')
  problem(await post(mine, 'no gzip', { ...json, 'content-encoding': 'gzip' }), 400, 'bad_request')
  problem(
    await post(mine, gzipSync(Buffer.alloc(40 * 1024 * 1024, 32)), { ...json, 'content-encoding': 'gzip' }),
    413,
    'body_too_large',
  )
  problem(await server.ask('POST', '/v1/events?import=x', { tenant: mine, body: [event('e1')] }), 400, 'parameter_invalid')
  problem(await server.ask('POST', '/v1/keys', { body: '{"a', headers: json }), 400, 'bad_request')
  problem(
    await server.ask('POST', '/v1/keys', { body: JSON.stringify({ a: 'x'.repeat(3_000_000) }), headers: json }),
    413,
    'body_too_large',
  )
  const mixed = await post(mine, [event('m1'), { specversion: '1.0' }])
  assert.equal(mixed.status, 200)
  assert.deepEqual([mixed.body.accepted, mixed.body.rejected.map(({ index }) => index)], [1, [1]])
  assert.equal((await server.ask('GET', `/v1/kpis/exception-rate?${RANGE}`, { tenant: mine })).status, 200)
})
