import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROUTES } from '../api/routes.ts'
import { Calendar } from '../model/calendar.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { checkClickHouse, connectClickHouse } from '../platform/clickhouse/client.ts'
import { startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { reportKafka } from '../platform/kafka-state.ts'
import { openLog } from '../platform/log.ts'
import { alertNotes } from '../platform/postgres/schema.ts'
import { storeCalendar } from '../queries/calendar-store.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'
import { migrateClickHouse } from '../queries/migrate.ts'
import { aNote } from './support/notes.ts'
import { plantAlert } from './support/alert-rows.ts'
import { startServer, type TestServer } from './support/server.ts'

/** What only one of the two tenants says, wherever text can stand. */
const [MINE, THEIRS] = ['ALPHA', 'BRAVO'] as const
const RANGE = { from: '2026-01-01', to: '2026-06-01' }

let server: TestServer
let mine: string
let theirs: string
/** A key of my tenant alone that may do everything there. */
let token: string
const imports: Record<string, string> = {}
let letters: string[] = []
let incidents: string[] = []
let violations: string[] = []
/** Alerts of both tenants, by id. */
const alerts: string[] = []
/** What I was told before the other tenant sent anything, and what I and the other are told since. */
let alone: Map<string, string>
let beside: Map<string, string>
let others: Map<string, string>
/** The OpenAPI document's operations. */
let operations: Record<string, { get?: { parameters?: Parameter[] } }>

before(async () => {
  // Without the engine: what it opens depends on when it looks.
  server = await startServer({ parts: ['api', 'ingest'] })
  operations = (await server.ask<{ paths: typeof operations }>('GET', '/openapi.json')).body.paths
  mine = await server.freshTenant()
  theirs = await server.freshTenant()
  const minted = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: MINE, scopes: ['read', 'ingest', 'admin'], tenant_ids: [mine] },
  })
  ;({ token } = minted.body)
  await fill(mine, MINE, 4)
  await server.derived(mine)
  // Known before anybody has them: the same questions are asked each time.
  letters = await letterIds(mine)
  incidents = await incidentIds(mine)
  violations = await violationIds(mine)
  alone = await answers(questions())
  await fill(theirs, THEIRS, 9)
  await server.derived(theirs)
  beside = await answers(questions())
  others = await answers(questions(), { token: server.token, tenant: theirs })
})
after(() => server.close())

/**
 * Sends a tenant's documents. Both tenants use the same sources, event ids, object ids, exception and operation ids, so that whatever
 * forgets the tenant blends them; every text and every figure differs.
 */
async function fill(tenant: string, mark: string, invoices: number): Promise<void> {
  const started = await server.ask<{ id: string }>('POST', '/v1/imports', {
    tenant,
    body: {
      source: `/file/${mark}`,
      file_name: `${mark}.csv`,
      file_sha256: 'a'.repeat(64),
      bytes: invoices,
      format: 'csv',
      mapping: null,
    },
  })
  assert.equal(started.status, 201, JSON.stringify(started.body))
  imports[tenant] = started.body.id
  const events = log(mark, invoices)
  for (const body of [events.slice(0, -1), events.slice(-1)]) {
    const sent = await server.ask<{ rejected: unknown[] }>('POST', `/v1/events?import=${started.body.id}`, { tenant, body })
    assert.deepEqual([sent.status, sent.body.rejected], [200, []], JSON.stringify(sent.body))
  }
  const finding = {
    check: mark,
    severity: 'info',
    count: invoices,
    of: 9,
    share: 0.5,
    message: mark,
    evidence: [{ object: mark, detail: mark }],
  }
  const report = {
    findings: [finding],
    events: invoices,
    objects: 1,
    activities: 1,
    first_at: null,
    last_at: null,
    checked: [mark],
    notes: [mark],
  }
  const done = await server.ask('PATCH', `/v1/imports/${started.body.id}`, {
    tenant,
    body: { state: 'done', accepted: invoices, report },
  })
  assert.equal(done.status, 200, JSON.stringify(done.body))
  await fillIngestion(tenant, mark, invoices)
  const calendar = Calendar.parse({
    name: mark,
    zone: 'UTC',
    week: { mon: [{ from: '09:00', to: '17:00' }] },
    holidays: null,
    exceptions: [],
    version: 1,
  })
  await storeCalendar(
    server.stores.clickhouse.writer,
    verifiedTenant(tenant),
    calendar,
    Date.UTC(2026, 0) * 1000,
    Date.UTC(2026, 1) * 1000,
  )
  await untilSettled(tenant)
}

/** What a tenant registers and what its integrations say: systems, sources, mappings, spans, metrics, logs, dead letters, Kafka's lag. */
async function fillIngestion(tenant: string, mark: string, size: number): Promise<void> {
  const post = async (path: string, body: unknown, expected: number): Promise<void> => {
    const { status, body: answer } = await server.ask('POST', path, { tenant, body })
    assert.equal(status, expected, `${path}: ${JSON.stringify(answer)}`)
  }
  await post('/v1/systems', { id: 'erp', name: mark, class: 'erp', owner: mark }, 201)
  await post('/v1/frozen-months', { month: '2026-01', note: mark }, 201)
  const kept = await server.ask('PATCH', '/v1/retention', { tenant, body: { days: 1000 + size } })
  assert.equal(kept.status, 200, JSON.stringify(kept.body))
  await post(
    '/v1/sources',
    { id: 'portal', name: mark, kind: 'webhook', format: 'cloudevents', config: { scheme: 'github' } },
    201,
  )
  for (const [kind, body] of [
    ['suppliers', { name: mark, status: 'approved', class: mark }],
    ['contracts', { supplier: mark }],
  ] as const)
    await post(
      `/v1/reference/${kind}`,
      { rows: Array.from({ length: size }, (_, at) => ({ key: `${mark}-${kind}-${at}`, body })) },
      200,
    )
  await post(
    '/v1/slas',
    {
      id: 'posting',
      title: mark,
      object_type: 'invoice',
      start: [{ activity: 'invoice.received' }],
      stop: [{ activity: 'invoice.approved' }],
      target: { kind: 'elapsed', seconds: 60 },
    },
    201,
  )
  await post(
    '/v1/rules',
    { rule: { id: 'erp-silent', title: mark, class: 'technical', watch: { kind: 'source' } }, note: mark },
    201,
  )
  const party = { id: 'desk', title: mark, steps: [] }
  await post('/v1/routing', { routing: { routes: [{ parties: ['desk'] }], parties: [party] } }, 201)
  const silenced = { rules: ['erp-silent'] }
  await post('/v1/silences', { matcher: silenced, from: '2026-01-01', to: '2120-01-01', reason: mark }, 201)
  await post(
    '/v1/channels',
    { id: 'ops', title: mark, kind: 'alertmanager', config: { url: 'http://127.0.0.1:9/hook', receiver: mark } },
    201,
  )
  const at = new Date()
  const note = aNote({ title: mark, tenant })
  const row = { tenantId: tenant, key: `${tenant}/note`, channelId: 'ops', kind: 'firing', body: note, nextAt: at, createdAt: at }
  await server.stores.postgres.db.insert(alertNotes).values({ ...row, state: 'sent' as const, receipt: mark })
  const planted = { title: mark, rule: mark.toLowerCase(), group: mark, money: size, members: [{ label: mark }] }
  alerts.push(await plantAlert(server.stores.postgres.db, tenant, planted, Date.UTC(2026, 1, 10)))
  await post('/v1/targets', { kpi: 'exception-rate', dimension: 'supplier', group: mark, value: size / 100 }, 200)
  const { body: pack } = await server.ask<{ body: Record<string, unknown> }>('GET', '/v1/mappings/coupa-style', { tenant })
  const { version: _version, ...mapping } = pack.body
  await post('/v1/mappings/own', { body: { ...mapping, name: 'own', title: mark } }, 201)
  const start = BigInt(Date.UTC(2026, 1, 3)) * 1_000_000n
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const resource = { attributes: [text('service.name', `${mark}-connector`), text('host.name', mark)] }
  const ends = Array.from({ length: size }, (_, at) => String(start + BigInt(size * (at + 1)) * 1_000_000n))
  const spans = ends.map((endTimeUnixNano, at) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: `eee19b7ec3c1b1${(at + 16).toString(16)}`,
    name: `POST ${mark}`,
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano,
    attributes: [
      text('server.address', 'erp'),
      text('http.request.method', 'POST'),
      text('app.case.invoice', 'INV-1'),
      text('workflow.run.id', mark),
      { key: 'http.response.status_code', value: { intValue: '503' } },
    ],
    status: { code: 2, message: mark },
  }))
  await post('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }, 200)
  // The frozen month keeps all but the old ones from a removal.
  const old = BigInt(Date.UTC(2025, 11)) * 1_000_000n
  const logRecords = [...ends, ...ends.map((_, at) => String(old + BigInt(at) * 1_000_000n))].map((timeUnixNano) => ({
    timeUnixNano,
    severityNumber: 17,
    body: { stringValue: mark },
  }))
  await post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }, 200)
  const dataPoints = ends.map((timeUnixNano, at) => ({
    timeUnixNano,
    asInt: String(size * at),
    attributes: [text('group', mark)],
  }))
  const metrics = [{ name: 'kafka.consumer_group.lag', gauge: { dataPoints } }]
  await post('/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }, 200)
  await post(
    '/v1/events',
    Array.from({ length: size }, (_, at) => ({ specversion: '1.0', id: `${mark}-bad-${at}` })),
    400,
  )
  const { db } = server.stores.postgres
  await reportKafka(db, mark, {
    cluster: 'c',
    connected: true,
    error: null,
    // A report counts for seconds, and this test takes longer.
    as_of: (Date.now() + 3_600_000) * 1000,
    rebalances: 0,
    restarts: 0,
    partitions: [
      {
        tenant,
        feed: mark,
        topic: mark,
        partition: 0,
        committed: 0,
        end: size,
        lag: size,
        paused: false,
        replaying: false,
        last_progress_at: 0,
        error: null,
      },
    ],
    gaps: [],
  })
}

/** Waits until the ledger has told copies from first arrivals: until then its answer changes by itself. */
async function untilSettled(tenant: string): Promise<void> {
  for (;;) {
    const { body } = await server.ask<{ totals: { in_flight: number } }>('GET', '/v1/ledger', { tenant })
    if (body.totals.in_flight === 0) return
    await sleep(200)
  }
}

/** Letters of a tenant, by id. */
async function letterIds(tenant: string): Promise<string[]> {
  const { body } = await server.ask<{ letters: { id: string }[] }>('GET', '/v1/dead-letters', { tenant })
  return body.letters.map(({ id }) => id)
}

/** Incidents of a tenant, by id. */
async function incidentIds(tenant: string): Promise<string[]> {
  const { body } = await server.ask<{ incidents: { id: string }[] }>('GET', `/v1/incidents?from=${RANGE.from}`, { tenant })
  assert.ok(body.incidents.length > 0, 'its failed operations are an incident')
  return body.incidents.map(({ id }) => id)
}

/** Violations of a tenant, by id: somebody approves an invoice that the same person captured. */
async function violationIds(tenant: string): Promise<string[]> {
  const { body } = await server.ask<{ violations: { id: string }[] }>('GET', `/v1/violations?from=${RANGE.from}`, { tenant })
  assert.ok(body.violations.length > 0, 'its approvals violate a control')
  return body.violations.map(({ id }) => id)
}

function log(mark: string, invoices: number): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = []
  let minute = 0
  const add = (type: string, data: Record<string, unknown>, id = `e${events.length}`) => {
    const time = new Date(Date.UTC(2026, 1, 2) + (minute += invoices) * 3_600_000).toISOString()
    events.push({ specversion: '1.0', id, source: '/erp', type, time, data: { seq: events.length, ...data } })
  }
  const named = (kind: string) => `${mark}-${kind}`
  const attributes = {
    ...Object.fromEntries(
      ['entity', 'business_unit', 'plant', 'region', 'risk_category', 'budget_owner', 'category', 'supplier', 'approver'].map(
        (name) => [name, named(name)],
      ),
    ),
    note: named('note'),
  }
  for (let number = 1; number <= invoices; number++) {
    const objects = [
      { type: 'invoice', id: `INV-${number}`, qualifier: named('role') },
      { type: 'purchase_order', id: `PO-${number}` },
      { type: 'supplier', id: named('supplier') },
    ]
    const common = {
      objects,
      attributes,
      system: named('sap'),
      actor: { id: named('user'), kind: 'human' },
      money: { amount: String(1000 * invoices + number), currency: 'EUR' },
      object_attributes: { [`invoice/INV-${number}`]: { buyer: named('buyer') } },
      due_at: '2026-03-01T00:00:00Z',
    }
    for (const type of [
      'requisition.created',
      'po.created',
      'invoice.received',
      'invoice.captured',
      'invoice.matched',
      'invoice.approved',
      named('odd'),
    ])
      add(type, common)
    add('exception.raised', {
      ...common,
      exception: { id: `EX-${number}`, state: 'raised', caused_by: 'INC-1' },
      outcome: { status: 'rejected', code: named('CODE'), message: named('message') },
    })
    add('operation.failed', {
      ...common,
      operation: { id: `post-${number}`, attempt: 1 },
      outcome: { status: 'failed', code: 'HTTP 503', message: named('message'), retryable: true },
    })
    add('policy.evaluated', { ...common, policy: { id: named('policy'), version: '1', decision: 'violated' } })
    add('payment.cleared', common)
    add('workflow_run.completed', {
      ...common,
      objects: [{ type: 'workflow_run', id: 'n8n:1' }],
      workflow_run: 'n8n:1',
      activity: 'workflow_run.completed',
    })
    add('onboarding.requested', { ...common, objects: [{ type: 'onboarding', id: `ONB-${number}` }] })
    add('invoice.posted', {
      ...common,
      actor: { id: named('agent'), kind: 'ai_agent' },
      ai: { model: named('model'), kind: 'classification', confidence: 0.5 },
    })
  }
  // Only the other tenant knows the incident that both name as a cause.
  if (mark === THEIRS)
    add('exception.raised', {
      objects: [{ type: 'connector', id: mark }],
      exception: { id: 'INC-1', state: 'raised' },
      outcome: { status: 'timeout', code: 'SOURCE_SILENT' },
    })
  add('invoice.received', { objects: [{ type: 'invoice', id: 'INV-1' }], corrects: 'e2', attributes })
  add('invoice.received', { objects: [{ type: 'invoice', id: 'INV-1' }], attributes: { supplier: named('conflict') } }, 'e3')
  return events
}

/** A path to ask; `plain` without a choice of its query, `bound` where its route answers for one tenant. */
type Question = { route: string; path: string; plain: boolean; bound: boolean }
type Parameter = { in: string; name: string; schema: { enum?: string[]; maximum?: number } }

/** What may stand in the path of a route. */
const SAMPLES: Record<string, (path: string) => string[]> = {
  kind: () => ['suppliers', 'contracts'],
  type: () => ['invoice', 'purchase_order', 'connector', 'supplier'],
  name: (path) => (path.startsWith('/v1/mappings') ? ['own', 'coupa-style'] : kpiCatalogue().map(({ kpi }) => kpi)),
  id: (path) => idsOf(path),
}

function idsOf(path: string): string[] {
  if (path.startsWith('/v1/imports')) return Object.values(imports)
  if (path.startsWith('/v1/dead-letters')) return letters
  if (path.startsWith('/v1/incidents')) return incidents
  if (path.startsWith('/v1/integrations/systems')) return ['erp', `${MINE}-connector`, `${THEIRS}-connector`]
  if (path.startsWith('/v1/integrations/traces')) return ['5b8efff798038103d269b633813fc60c']
  if (path.startsWith('/v1/violations')) return violations.slice(0, 3)
  if (path.startsWith('/v1/controls')) return ['self-approval', 'order-after-risk-rise']
  if (path.startsWith('/v1/alerts')) return alerts
  if (path.startsWith('/v1/slas')) return ['posting', 'none']
  if (path.startsWith('/v1/rules')) return ['erp-silent', 'none']
  if (path.startsWith('/v1/channels')) return ['ops', 'none']
  if (path.startsWith('/v1/runs')) return ['n8n:1', `${THEIRS}-run`]
  return ['INV-1', 'INV-2', 'INV-9', `${THEIRS}-supplier`]
}

/** Routes that hold arrivals, what was known between them, or ids, which cannot be left out of the answer. */
const OF_ITS_TIME = new Set([
  '/v1/imports/{id}',
  '/v1/ledger',
  '/v1/dead-letters/export',
  '/v1/dead-letters/{id}',
  '/v1/alerts/{id}',
  '/v1/objects/{type}/{id}/history',
  '/v1/channels',
  '/v1/channels/{id}/notes',
])

/** Routes that tell instants of now alone, the same for all who are up to date. */
const OF_NOW = new Set(['/v1/answers', '/v1/alerts/engine'])

/** Routes that answer these tenants alike, since neither has evaluated a policy whose versions could be compared. */
const ALIKE = new Set(['/v1/controls/{id}/versions'])

/** What is asked for by its arrival; everything else by when it happened. */
const BY_ARRIVAL = /^\/v1\/(?:dead-letters|ledger)/u

/** What queries must say where they have it. */
const REQUIRED: Record<string, string> = { kpi: 'capture-lag', month: '2026-03', days: '90' }

/** Every GET route with known objects in its path, over the window of the data; the first of each also with every choice that its query has. */
function questions(): Question[] {
  return ROUTES.filter(({ method, path }) => method === 'get' && !OF_NOW.has(path)).flatMap((route) => {
    let paths: string[] = [route.path]
    for (const [placeholder, name = ''] of route.path.matchAll(/\{(\w+)\}/gu)) {
      const sample = SAMPLES[name]
      assert.ok(sample, `say in SAMPLES what may stand for {${name}} of ${route.path}`)
      paths = paths.flatMap((path) => sample(route.path).map((value) => path.replace(placeholder, encodeURIComponent(value))))
    }
    const query = (operations[route.path]?.get?.parameters ?? []).filter((parameter) => parameter.in === 'query')
    const has = (name: string) => query.some((parameter) => parameter.name === name)
    const base: Record<string, string> = has('from') && has('to') && !BY_ARRIVAL.test(route.path) ? { ...RANGE } : {}
    for (const [name, value] of Object.entries(REQUIRED)) if (has(name)) base[name] = value
    const choices = query.flatMap((parameter): Record<string, string>[] => {
      if (parameter.schema.enum !== undefined) return parameter.schema.enum.map((value) => ({ [parameter.name]: value }))
      if (parameter.name === 'limit') return [{ limit: String(parameter.schema.maximum) }]
      return ['from', 'to', 'after'].includes(parameter.name)
        ? []
        : [{ [parameter.name]: `${THEIRS}-${parameter.name}` }, { [parameter.name]: MINE }]
    })
    return paths.flatMap((path, at) =>
      [{}, ...(at === 0 ? choices : [])].map((choice, index) => {
        const search = new URLSearchParams({ ...base, ...choice }).toString()
        return { route: route.path, path: search === '' ? path : `${path}?${search}`, plain: index === 0, bound: route.tenant }
      }),
    )
  })
}

/** Who asked when, under which number, and how long ago something was then. */
const MOMENTARY = new Set([
  'parameters',
  'used_s',
  'burned_s',
  'known_since',
  'known_from',
  'last_used_at',
  'request_id',
  'as_of',
  'from',
  'to',
  'freshness',
  'takes_effect_at',
  'cut',
  'feeds',
  'state',
  'elapsed_s',
  'waited_s',
  'aged_s',
])

/** What it answers is counted beside those who ask: to the end here, and anew after it was asked for two others. */
const COUNTED = '/v1/retention/preview'

/** The answers as status and text, by path; `forged` is added to each request. */
async function answers(
  asked: Question[],
  as: { token: string; tenant?: string } = { token },
  forged: { query: Record<string, string>; headers: Record<string, string> } = { query: {}, headers: {} },
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let at = 0; at < asked.length; at += 6) {
    await Promise.all(
      asked.slice(at, at + 6).map(async ({ path }) => {
        const url = new URL(path, server.url)
        for (const [name, value] of Object.entries(forged.query)) url.searchParams.append(name, value)
        const ask = (from: URL) =>
          server.ask<Record<string, unknown>>('GET', `${from.pathname}${from.search}`, { ...as, headers: forged.headers })
        if (url.pathname === COUNTED)
          for (const days of ['3650', '3651']) {
            const another = new URL(url)
            another.searchParams.set('days', days)
            await ask(another)
          }
        let answer = await ask(url)
        while (url.pathname === COUNTED && answer.body['removes'] === null) {
          await sleep(50)
          answer = await ask(url)
        }
        assert.ok(answer.status < 500, `${path}: ${JSON.stringify(answer.body)}`)
        const text = JSON.stringify(answer.body, (name, value: unknown) => (MOMENTARY.has(name) ? null : value))
        found.set(path, `${answer.status} ${text}`)
      }),
    )
  }
  return found
}

test("another tenant's rows change no answer of any route, and none of them is in one", async () => {
  const asked = questions()
  assert.ok(asked.length > 100, `${asked.length} questions`)
  for (const { path } of asked) {
    const answer = beside.get(path) ?? ''
    if (!path.includes(THEIRS)) assert.ok(!answer.includes(THEIRS), `${path}: ${answer.slice(0, 400)}`)
    assert.ok(!answer.includes(theirs), `${path}: ${answer.slice(0, 400)}`)
    const before = alone.get(path)
    if (before !== undefined) assert.equal(answer, before, path)
  }
  assert.equal(beside.get(`/v1/imports/${imports[theirs]}`)?.slice(0, 4), '404 ')
})

test('every route that answers for a tenant tells the two apart', async () => {
  const asked = questions().filter(({ bound }) => bound)
  const different = new Set(asked.filter(({ path }) => beside.get(path) !== others.get(path)).map(({ route }) => route))
  const told = new Set(asked.map(({ route }) => route).filter((route) => !ALIKE.has(route)))
  assert.deepEqual([...different].filter((route) => told.has(route)).toSorted(), [...told].toSorted())
  for (const { path } of asked) {
    const answer = others.get(path) ?? ''
    if (!path.includes(MINE)) assert.ok(!answer.includes(MINE), `${path}: ${answer.slice(0, 400)}`)
  }
})

test('nothing that a caller adds to a request widens what it reads', async () => {
  const asked = questions()
  const forged = await answers(
    asked,
    { token },
    {
      query: {
        tenant_id: theirs,
        param_tenant_id: theirs,
        tenant: theirs,
        user: 'sightline_writer',
        database: 'system',
        settings: 'readonly=0',
      },
      headers: {
        'x-clickhouse-user': 'sightline_writer',
        x_tenant_id: theirs,
        'tenant-id': theirs,
        'x-forwarded-tenant': theirs,
        'x-original-url': '/metrics',
      },
    },
  )
  assert.deepEqual(forged, beside)
  const bound = asked.filter((one) => one.bound && one.plain)
  const whole = await answers(bound, { token: server.token, tenant: mine })
  for (const { path } of bound) assert.equal(whole.get(path), beside.get(path), path)
})

test('a key of one tenant changes nothing of another', async () => {
  const theirImport = imports[theirs] ?? ''
  for (const [method, path, body] of [
    ['PATCH', `/v1/imports/${theirImport}`, { state: 'failed' }],
    ['DELETE', `/v1/imports/${theirImport}`, undefined],
    [
      'POST',
      `/v1/events?import=${theirImport}`,
      [
        {
          specversion: '1.0',
          id: 'x',
          source: '/erp',
          type: 'po.created',
          time: '2026-02-02T00:00:00Z',
          data: { object: 'po/1' },
        },
      ],
    ],
  ] as const) {
    const { status } = await server.ask(method, path, { token, body })
    assert.ok(status === 404 || status === 400, `${method} ${path}: ${status}`)
    assert.equal((await server.ask(method, path, { token, tenant: theirs, body })).status, 403, `${method} ${path}`)
  }
  const bound = questions().filter((one) => one.bound && one.plain)
  for (const [path, answer] of await answers(bound, { token: server.token, tenant: theirs }))
    assert.equal(answer, others.get(path), path)
})

test('what is sent beside another tenant is kept and classified as if nobody else were there', async () => {
  const later = await server.freshTenant()
  await fill(later, MINE, 4)
  await server.derived(later)
  const asked = questions().filter(({ route, bound, plain }) => bound && plain && !OF_ITS_TIME.has(route))
  // Ids are of their tenant, and arrival has its time; a line of an export is text, its quotes are escaped.
  const neutral = (text = '') =>
    text
      .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gu, 'ID')
      .replaceAll(
        /(\\*"(?:\w*received_at|known_at|known_from|started_at|finished_at|created_at|updated_at|changed_at|recorded_at)\\*":)\\*"[^"\\]*\\*"/gu,
        '$1""',
      )
      .replaceAll(/\/v1\/webhooks\/[^"]*/gu, 'ADDRESS')
      .replaceAll(/"secrets":\[[^\]]*\]/gu, '')
      .replaceAll(later, mine)
  for (const [path, answer] of await answers(asked, { token: server.token, tenant: later }))
    assert.equal(neutral(answer), neutral(alone.get(path)), path)
})

/** A user that reads, what its row policies compare, and how a request names tenants to it. */
const READERS = [
  {
    user: 'sightline_reader',
    client: 'reader',
    filter: `tenant_id = getClientHTTPHeader('x-tenant-id')`,
    header: 'x-tenant-id',
    together: [],
    least: 40,
  },
  {
    user: 'sightline_portfolio',
    client: 'portfolio',
    filter: `has(splitByChar(',', getClientHTTPHeader('x-tenant-ids')), tenant_id)`,
    header: 'x-tenant-ids',
    together: ['isolation-a', 'isolation-b'],
    least: 5,
  },
] as const

for (const { user, client, filter, header, together, least } of READERS)
  test(`every table of tenants that ${user} may read shows the rows of the tenants in its header, and none without`, async () => {
    const { writer, [client]: reader } = server.stores.clickhouse
    const rows = async <T>(sql: string): Promise<T[]> => (await writer.query({ query: sql, format: 'JSONEachRow' })).json<T>()
    const granted = await rows<{ table: string }>(
      `SELECT DISTINCT table FROM system.grants WHERE user_name = '${user}' AND database = 'sightline' ORDER BY table`,
    )
    const confined = await rows<{ table: string }>(
      `SELECT DISTINCT table FROM system.row_policies WHERE database = 'sightline' AND has(apply_to_list, '${user}')
       AND select_filter = '${filter.replaceAll("'", "''")}' ORDER BY table`,
    )
    assert.deepEqual(confined, granted)
    assert.ok(granted.every(({ table }) => table !== ''))
    const there = await rows<{ name: string; engine: string; owned: number }>(
      `SELECT name, engine, name IN (SELECT table FROM system.columns WHERE database = 'sightline' AND name = 'tenant_id') AS owned
     FROM system.tables WHERE database = 'sightline'`,
    )
    const tables = there.filter(({ name }) => granted.some(({ table }) => table === name))
    assert.ok(tables.length >= least, JSON.stringify(tables))
    const [a, b] = ['isolation-a', 'isolation-b']
    for (const { name, engine, owned } of tables) {
      assert.ok(owned === 1 && engine.endsWith('MergeTree'), name)
      // Rows of long ago are over their time to live in some tables.
      const at = Math.floor(Date.now() / 1000)
      await writer.insert({
        table: name,
        values: [a, b].map((tenant_id) => ({
          tenant_id,
          received_at: at * 1e6,
          marked_at: at * 1e6,
          version: at * 1e6,
          minute: at,
        })),
        format: 'JSONEachRow',
        clickhouse_settings: { input_format_skip_unknown_fields: 1 },
      })
      const seen = async (headers: Record<string, string>) => {
        const answer = await reader.query({
          query: `SELECT DISTINCT tenant_id FROM sightline.${name}`,
          format: 'JSONEachRow',
          http_headers: headers,
        })
        return (await answer.json<{ tenant_id: string }>()).map(({ tenant_id }) => tenant_id)
      }
      assert.deepEqual(await seen({ [header]: a }), [a], name)
      if (together.length > 0) assert.deepEqual((await seen({ [header]: together.join(',') })).toSorted(), together, name)
      for (const headers of [
        {},
        { [header]: '' },
        { [header]: `${a}' OR '1'='1` },
        { [header]: `${a};${b}` },
        { [header]: '%' },
        { 'x-tenant': a },
      ])
        assert.deepEqual(await seen(headers), [], `${name} ${JSON.stringify(headers)}`)
    }
    for (const { name } of there) {
      if (granted.some(({ table }) => table === name)) continue
      const asked = reader.query({
        query: `SELECT * FROM sightline.\`${name}\` LIMIT 1`,
        format: 'JSONEachRow',
        http_headers: { [header]: a },
      })
      await assert.rejects(asked, /Not enough privileges/u, name)
    }
  })

test('no SQL of the reader reaches the rows of another tenant', async () => {
  const { reader, url } = server.stores.clickhouse
  const { host } = new URL(url)
  const shown = async (sql: string): Promise<string> => {
    const answer = await reader.query({ query: sql, format: 'JSONEachRow', http_headers: { 'x-tenant-id': mine } })
    return answer.text()
  }
  const them = `'${theirs}'`
  const confined = [
    'SELECT * FROM events',
    'SELECT * FROM events FINAL',
    `SELECT * FROM events WHERE tenant_id = ${them}`,
    `SELECT * FROM events WHERE tenant_id != '${mine}' OR 1`,
    `SELECT * FROM events PREWHERE tenant_id = ${them} OR 1`,
    'SELECT * FROM events UNION ALL SELECT * FROM events FINAL',
    `WITH stolen AS (SELECT * FROM events WHERE tenant_id = ${them}) SELECT * FROM stolen`,
    `SELECT a.*, b.* FROM object_events AS a FULL JOIN events AS b USING (event_id)`,
    'SELECT * FROM events AS a, object_events AS b LIMIT 500',
    'SELECT * FROM object_events WHERE event_id IN (SELECT event_id FROM events)',
    'SELECT * FROM object_events WHERE event_id GLOBAL IN (SELECT event_id FROM events)',
    'SELECT * FROM object_state ANTI LEFT JOIN events USING (tenant_id)',
    `SELECT (SELECT groupArray(natural_id || supplier) FROM events) AS found`,
    `WITH '${mine}' AS tenant_id SELECT supplier, message FROM events`,
    `SELECT '${mine}' AS tenant_id, supplier, message FROM events`,
    `SELECT ${them} AS tenant_id, supplier, message FROM events`,
    `SELECT supplier, ${them} AS \`getClientHTTPHeader('x-tenant-id')\` FROM events`,
    'SELECT * EXCEPT tenant_id FROM (SELECT * FROM events)',
    'SELECT * REPLACE (tenant_id AS tenant_id) FROM corrections',
    'SELECT * FROM calendar_boundaries ORDER BY at LIMIT 5 BY calendar',
    "SELECT * FROM merge('sightline', '^(events|object_events)$')",
    'SELECT * FROM view(SELECT * FROM events)',
    'SELECT tenant_id, count() FROM events GROUP BY tenant_id WITH ROLLUP',
    'SELECT min(supplier), max(supplier), anyLast(message), uniqExact(tenant_id) FROM events',
    'SELECT *, _part, _table FROM events',
    `SELECT * FROM events SAMPLE 1`,
    'EXPLAIN SELECT * FROM events',
    'EXPLAIN ESTIMATE SELECT * FROM events',
    'SHOW CREATE TABLE events',
  ]
  for (const sql of confined) {
    const answer = await shown(sql).catch((error: unknown) => String(error))
    assert.ok(!answer.replaceAll(sql, '').includes(THEIRS), `${sql}: ${answer.slice(0, 300)}`)
    if (!sql.includes(them)) assert.ok(!answer.includes(theirs), `${sql}: ${answer.slice(0, 300)}`)
  }
  assert.ok((await shown('SELECT supplier FROM events')).includes(MINE))
  const refused = [
    'SELECT * FROM events SETTINGS readonly = 0',
    "SELECT * FROM events SETTINGS additional_table_filters = {'events': '1'}",
    'SELECT * FROM events SETTINGS allow_get_client_http_header = 0',
    'SET readonly = 0',
    'SELECT * FROM exception_roots',
    'SELECT * FROM object_events_from_events',
    'SELECT * FROM object_state_from_events',
    'SELECT * FROM corrections_from_events',
    'SELECT * FROM exception_roots_from_events',
    "SELECT * FROM merge('sightline', '.*roots.*')",
    `SELECT * FROM remote('${host}', sightline.events, 'sightline_writer', '')`,
    `SELECT * FROM remote('${host}', sightline.events)`,
    `SELECT * FROM url('${url}/?query=SELECT+1', 'LineAsString')`,
    "SELECT * FROM file('data/store/**', 'LineAsString')",
    `SELECT * FROM clusterAllReplicas('default', sightline.events)`,
    "SELECT dictGet('sightline.any', 'x', 1)",
    'SELECT * FROM system.query_log',
    'SELECT * FROM system.processes',
    'SELECT * FROM system.parts_columns',
    'SELECT * FROM system.detached_parts',
    'SELECT * FROM system.users',
    'CREATE TEMPORARY TABLE x AS SELECT * FROM events',
    'CREATE VIEW v AS SELECT * FROM events',
    "CREATE FUNCTION getClientHTTPHeader AS (name) -> 'x'",
    'INSERT INTO events SELECT * FROM events',
    "SELECT * FROM executable('x.sh', 'TSV', 'x String')",
  ]
  for (const sql of refused) await assert.rejects(shown(sql), sql)
  for (const sql of ['SELECT name, total_rows, total_bytes FROM system.tables', 'SELECT * FROM system.columns'])
    assert.equal(await shown(sql), '', sql)
})

test('settings and names in the address of a query do not help the reader, and a second header shows one tenant at most', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-isolation-'))
  const log = openLog({ level: 'warn', human: true })
  const engine = await startEmbeddedClickHouse({ dir, log })
  after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  after(engine.stop)
  const { writer, close } = connectClickHouse(engine)
  await checkClickHouse(engine)
  await migrateClickHouse(writer, log)
  await writer.insert({ table: 'events', values: [{ tenant_id: mine }, { tenant_id: theirs }], format: 'JSONEachRow' })
  await close()
  const { hostname, port } = new URL(engine.url)
  const { username, password } = engine.reader
  const raw = (search: string, headers: string[]): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const all = [
        'host',
        hostname,
        'connection',
        'close',
        'x-clickhouse-user',
        username,
        'x-clickhouse-key',
        password,
        ...headers,
      ]
      const asking = request(
        { hostname, port, method: 'POST', path: `/?database=sightline${search}`, headers: all },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text: text.trim() }))
        },
      )
      asking.on('error', reject)
      asking.end('SELECT DISTINCT tenant_id FROM events')
    })
  const header = ['x-tenant-id', mine]
  assert.deepEqual(await raw('', header), { status: 200, text: mine })
  for (const search of [
    '&readonly=0',
    '&allow_get_client_http_header=0',
    '&additional_table_filters=%7B%27sightline.events%27%3A%271%27%7D',
    '&role=sightline_writer',
    '&default_format=Native&max_threads=1',
  ]) {
    const { status, text } = await raw(search, header)
    assert.ok(status >= 400 && !text.includes(theirs), `${search}: ${status} ${text}`)
  }
  for (const search of [`&param_tenant_id=${theirs}`, `&x-tenant-id=${theirs}`, `&tenant_id=${theirs}`]) {
    const { text } = await raw(search, header)
    assert.ok(!text.includes(theirs), `${search}: ${text}`)
  }
  const doubled = await raw('', [...header, 'X-Tenant-Id', theirs])
  assert.ok([mine, theirs, ''].includes(doubled.text), doubled.text)
  assert.deepEqual(await raw('', ['x-tenant-id', `${mine}, ${theirs}`]), { status: 200, text: '' })
})
