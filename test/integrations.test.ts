import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  Calls,
  IntegrationDetail,
  Integrations,
  Logs,
  Queues,
  RunDetail,
  Runs,
  Trace,
  Traces,
} from '../api/contract/integrations.ts'
import { ObjectTimeline } from '../api/contract/object.ts'
import { hexId, keyValues, type SpanSketch, tracesJson } from './support/otlp.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
let tenant: string
/** A full hour, in the past: every test asks for the three hours round it. */
const HOUR = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 6 * 3_600_000
const DAY = 86_400_000
const WINDOW = `from=${new Date(HOUR - 3_600_000).toISOString()}&to=${new Date(HOUR + 2 * 3_600_000).toISOString()}`
const MINUTE = 60_000

/** Calls of SAP: durations 10, 20, … 200 ms; of the twenty, two time out, one is throttled, one is a verdict, one conflicts. */
const sapCalls: SpanSketch[] = Array.from({ length: 20 }, (_, at) => {
  const code = [504, 504, 429, 422, 409][at] ?? 200
  return {
    trace: hexId(0x1000 + at, 32),
    id: hexId(0x1000 + at, 16),
    at: HOUR + at * MINUTE * 4,
    ms: (at + 1) * 10,
    name: 'POST',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/invoices',
      'peer.service': 'sap',
      'http.response.status_code': code,
      'app.case.invoice': `INV-${at % 10}`,
      ...(at === 12 ? { 'http.request.resend_count': 1 } : {}),
    },
    ...(code === 200 ? {} : { status: { code: 2, message: code === 422 ? 'cost centre closed' : `status ${code}` } }),
  }
})

async function get<T>(path: string, schema: { parse(value: unknown): T }, as = tenant): Promise<T> {
  const { status, body } = await server.ask('GET', path, { tenant: as })
  assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 500)}`)
  return schema.parse(body)
}

async function send(path: string, body: unknown, to = tenant): Promise<void> {
  const { status, body: answer } = await server.ask('POST', path, {
    tenant: to,
    body,
    headers: { 'content-type': 'application/json' },
  })
  assert.deepEqual([status, answer], [200, {}])
}

before(async () => {
  server = await sharedServer()
  tenant = await server.freshTenant()
  await server.ask('POST', '/v1/systems', { tenant, body: { id: 'sap', name: 'SAP', class: 'erp' } })
  await send('/v1/traces', tracesJson('n8n', sapCalls))
})
after(() => server.close())

test('a system shows its calls, failures by class, throttling, exact quantiles, and the documents that it blocks', async () => {
  const { systems, buckets } = await get(`/v1/integrations?${WINDOW}&bucket=hour`, Integrations)
  const sap = systems.find(({ system }) => system === 'sap')
  assert.ok(sap)
  const { first_at, last_at, last_error, ...figures } = sap
  assert.deepEqual(figures, {
    system: 'sap',
    system_class: 'erp',
    kinds: ['http'],
    reporters: ['n8n'],
    calls: 20,
    ok: 15,
    technical: 3,
    business: 1,
    unknown: 1,
    error_rate: 3 / 20,
    throttled: 1,
    unauthenticated: 0,
    refused: 0,
    timeouts: 2,
    cancelled: 0,
    retries: 1,
    p50_ms: 110,
    p95_ms: 200,
    p99_ms: 200,
    documents: 10,
    // All ten had a call that went well later.
    documents_blocked: 0,
  })
  assert.deepEqual([first_at, last_at].map(trimmed), [new Date(HOUR).toISOString(), new Date(HOUR + 76 * MINUTE).toISOString()])
  assert.deepEqual(
    [last_error?.status, last_error?.category, last_error?.trace_id],
    ['throttled', 'rate_limit', hexId(0x1002, 32)],
  )
  assert.deepEqual(
    buckets.map((row) => [trimmed(row.bucket), row.calls, row.technical, row.business, row.unknown]),
    [
      [trimmed(new Date(HOUR).toISOString()), 15, 3, 1, 1],
      [trimmed(new Date(HOUR + 60 * MINUTE).toISOString()), 5, 0, 0, 0],
    ],
  )
  const narrow = `from=${new Date(HOUR).toISOString()}&to=${new Date(HOUR + 12 * MINUTE).toISOString()}`
  const early = await get(`/v1/integrations/systems/sap?${narrow}&bucket=minute`, IntegrationDetail)
  assert.deepEqual([early.system.calls, early.system.documents_blocked], [3, 3])
  assert.deepEqual(
    early.blocked.map(({ type, id, operation, failures }) => [type, id, operation, failures]),
    [0, 1, 2].map((at) => ['invoice', `INV-${at}`, 'POST /invoices', 1]),
  )
  assert.deepEqual(
    early.buckets.map((row) => row.calls),
    [1, 1, 1],
  )
  const detail = await get(`/v1/integrations/systems/sap?${WINDOW}`, IntegrationDetail)
  assert.deepEqual(
    detail.operations.map(({ kind, operation, calls, technical }) => [kind, operation, calls, technical]),
    [['http', 'POST /invoices', 20, 3]],
  )
  assert.deepEqual(
    detail.errors.map((error) => [error.class, error.category, error.status, error.status_code, error.calls, error.message]),
    [
      ['technical', 'timeout', 'timeout', 504, 2, 'status 504'],
      ['unknown', '', 'failed', 409, 1, 'status 409'],
      ['business', 'master_data', 'failed', 422, 1, 'cost centre closed'],
      ['technical', 'rate_limit', 'throttled', 429, 1, 'status 429'],
    ],
  )
  assert.equal((await server.ask('GET', `/v1/integrations/systems/unheard-of?${WINDOW}`, { tenant })).status, 404)
  assert.equal((await server.ask('GET', '/v1/integrations?from=2026-01-01&to=2026-06-01&bucket=minute', { tenant })).status, 400)
})

/** Instants without zeros at their end, as the API writes them in any form. */
function trimmed(iso: string): string {
  return new Date(iso).toISOString()
}

test('a call that both sides report counts once, as the caller saw it; runs and work within a service are no calls', async () => {
  const other = await server.freshTenant()
  const trace = hexId(7, 32)
  const at = HOUR
  const client = { trace, id: hexId(1, 16), at, ms: 50, attributes: { 'peer.service': 'tax', 'http.request.method': 'GET' } }
  await send(
    '/v1/traces',
    tracesJson('n8n', [
      { ...client, attributes: { ...client.attributes, 'error.type': 'timeout' }, status: { code: 2 } },
      {
        trace,
        id: hexId(8, 16),
        kind: 1,
        at,
        name: 'workflow.execute',
        attributes: { 'n8n.execution.id': '1', 'n8n.execution.status': 'error' },
      },
      { trace, id: hexId(9, 16), kind: 1, at, name: 'render' },
    ]),
    other,
  )
  await send(
    '/v1/traces',
    tracesJson('tax', [
      { trace, id: hexId(2, 16), parent: hexId(1, 16), kind: 2, at, ms: 40, attributes: { 'http.request.method': 'GET' } },
      { trace, id: hexId(3, 16), parent: hexId(99, 16), kind: 2, at, ms: 30, attributes: { 'http.request.method': 'GET' } },
    ]),
    other,
  )
  const { systems } = await get(`/v1/integrations?${WINDOW}`, Integrations, other)
  assert.deepEqual(
    systems.map(({ system, calls, technical, timeouts, p50_ms }) => [system, calls, technical, timeouts, p50_ms]),
    [
      ['tax', 2, 1, 1, 50],
      ['n8n', 0, 0, 0, null],
    ],
  )
})

test('calls are found by what they are, page by page, without gap or repetition', async () => {
  const of = async (query: string) => (await get(`/v1/integrations/calls?${WINDOW}&${query}`, Calls)).calls
  assert.equal((await of('system=sap')).length, 20)
  assert.equal((await of('status=timeout')).length, 2)
  assert.equal((await of('status=not_ok')).length, 5)
  assert.equal((await of('class=business')).length, 1)
  assert.equal((await of('object=invoice/INV-3')).length, 2)
  assert.equal((await of(`trace=${hexId(0x1004, 32).toUpperCase()}`)).length, 1)
  assert.equal((await of('operation=POST%20/invoices')).length, 20)
  assert.equal((await of('kind=queue')).length, 0)
  assert.equal((await server.ask('GET', '/v1/integrations/calls?object=broken', { tenant })).status, 400)
  assert.equal((await server.ask('GET', '/v1/integrations/calls?after=x', { tenant })).status, 400)
  const seen: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: Calls = await get(
      `/v1/integrations/calls?${WINDOW}&limit=7${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      Calls,
    )
    seen.push(...page.calls.map((call) => call.trace_id))
    after = page.next
  }
  assert.deepEqual(seen, sapCalls.map(({ trace }) => trace).toReversed())
})

test('a trace is a tree in order, with its documents, its workflow events and its logs', async () => {
  const mine = await server.freshTenant()
  const trace = hexId(0xabc, 32)
  const id = (number: number) => hexId(number, 16)
  await send(
    '/v1/traces',
    tracesJson('n8n', [
      { trace, id: id(4), parent: id(2), at: HOUR + 30, ms: 10, attributes: { 'peer.service': 'tax' } },
      { trace, id: id(3), parent: id(2), at: HOUR + 20, ms: 10, attributes: { 'peer.service': 'sap' } },
      { trace, id: id(2), parent: id(1), at: HOUR + 10, ms: 40, kind: 1, attributes: { 'app.case.invoice': 'INV-1' } },
      { trace, id: id(1), at: HOUR, ms: 100, kind: 2 },
      { trace, id: id(6), parent: id(77), at: HOUR + 60, ms: 90, kind: 5 },
    ]),
    mine,
  )
  await send(
    '/v1/logs',
    {
      resourceLogs: [
        {
          resource: { attributes: keyValues({ 'service.name': 'sap' }) },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: `${HOUR + 25}000000`,
                  traceId: trace,
                  spanId: id(3),
                  severityNumber: 17,
                  body: { stringValue: 'posting failed' },
                },
                { timeUnixNano: `${HOUR + 26}000000`, body: { stringValue: 'elsewhere' } },
              ],
            },
          ],
        },
      ],
    },
    mine,
  )
  await server.ask('POST', '/v1/events', {
    tenant: mine,
    body: {
      specversion: '1.0',
      id: 'e1',
      source: '/erp',
      type: 'invoice.posted',
      time: new Date(HOUR + 50).toISOString(),
      traceparent: `00-${trace}-${id(3)}-01`,
      data: { object: 'invoice/INV-1' },
    },
  })
  const found = await get(`/v1/integrations/traces/${trace}`, Trace, mine)
  assert.deepEqual(
    found.spans.map((span) => [
      Number.parseInt(span.span_id, 16),
      span.depth,
      span.children,
      span.offset_ms,
      span.missing_parent,
    ]),
    [
      [1, 0, 1, 0, false],
      [2, 1, 2, 10, false],
      [3, 2, 0, 20, false],
      [4, 2, 0, 30, false],
      [6, 0, 0, 60, true],
    ],
  )
  assert.equal(found.duration_ms, 150)
  assert.deepEqual(found.documents, [{ type: 'invoice', id: 'INV-1', spans: 3 }])
  assert.deepEqual(
    found.events.map(({ activity, objects }) => [activity, objects]),
    [['invoice.posted', [{ type: 'invoice', id: 'INV-1' }]]],
  )
  assert.deepEqual(
    found.logs.map(({ body, severity, span_id }) => [body, severity, span_id]),
    [['posting failed', 'error', id(3)]],
  )
  assert.equal((await server.ask('GET', `/v1/integrations/traces/${hexId(0xdef, 32)}`, { tenant: mine })).status, 404)

  const { traces } = await get(`/v1/integrations/traces?${WINDOW}&object=invoice/INV-1`, Traces, mine)
  assert.deepEqual(
    traces.map((one) => [one.trace_id, one.spans, one.duration_ms, one.root.system, one.documents.length]),
    [[trace, 5, 150, 'n8n', 1]],
  )
})

test('a document shows the calls that served it, also those that only share its trace', async () => {
  const mine = await server.freshTenant()
  const traces = { named: hexId(0x51, 32), carried: hexId(0x52, 32), other: hexId(0x53, 32) }
  for (const [number, traceId] of [
    [1, traces.carried],
    [2, null],
  ] as const)
    await server.ask('POST', '/v1/events', {
      tenant: mine,
      body: {
        specversion: '1.0',
        id: `e${number}`,
        source: '/erp',
        type: 'invoice.received',
        time: new Date(HOUR).toISOString(),
        ...(traceId === null ? {} : { traceparent: `00-${traceId}-${hexId(9, 16)}-01` }),
        data: { object: `invoice/INV-${number}` },
      },
    })
  const http = { 'http.request.method': 'GET' }
  await send('/v1/traces', tracesJson('n8n', [{ trace: traces.named, id: hexId(1, 16), at: HOUR, attributes: http }]), mine)
  await send(
    '/v1/traces',
    tracesJson('n8n', [
      {
        trace: traces.named,
        id: hexId(2, 16),
        parent: hexId(3, 16),
        at: HOUR + 1,
        attributes: { ...http, 'app.case.invoice': 'INV-1' },
      },
      { trace: traces.named, id: hexId(4, 16), at: HOUR + 2, attributes: { ...http, 'app.case.invoice': 'INV-2' } },
      { trace: traces.carried, id: hexId(5, 16), at: HOUR + 3, attributes: http },
      { trace: traces.carried, id: hexId(6, 16), at: HOUR + 4, kind: 1 },
      { trace: traces.carried, id: hexId(8, 16), at: HOUR - 30 * DAY, attributes: http },
      { trace: traces.carried, id: hexId(9, 16), at: HOUR - 32 * DAY, attributes: http },
      { trace: traces.other, id: hexId(7, 16), at: HOUR + 5, attributes: http },
    ]),
    mine,
  )
  const { calls } = await get('/v1/objects/invoice/INV-1', ObjectTimeline, mine)
  assert.deepEqual(
    calls.map((call) => Number.parseInt(call.span_id, 16)),
    [9, 8, 1, 2, 5],
  )
})

test('queue depth, lag and restarts are series with what a counter grew', async () => {
  const mine = await server.freshTenant()
  const points = (values: readonly number[], attributes: Record<string, unknown> = {}) =>
    values.map((value, at) => ({
      timeUnixNano: `${HOUR + at * 20 * MINUTE}000000`,
      asInt: String(value),
      attributes: keyValues(attributes),
    }))
  const metric = (name: string, data: Record<string, unknown>) => ({
    resource: { attributes: keyValues({ 'k8s.container.name': 'n8n', 'k8s.pod.name': 'n8n-1' }) },
    scopeMetrics: [{ metrics: [{ name, ...data }] }],
  })
  await send(
    '/v1/metrics',
    {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'kafka.consumer_group.lag',
                  gauge: { dataPoints: points([5, 90, 7, 3], { topic: 'invoices', group: 'sap' }) },
                },
                { name: 'kafka.consumer_group.lag', gauge: { dataPoints: points([1], { topic: 'orders', group: 'sap' }) } },
              ],
            },
          ],
        },
        metric('k8s.container.restarts', { gauge: { dataPoints: points([2, 3, 0, 4]) } }),
        metric('unknown.thing', { gauge: { dataPoints: points([1]) } }),
      ],
    },
    mine,
  )
  const { measures, series } = await get(`/v1/integrations/queues?${WINDOW}&bucket=hour`, Queues, mine)
  assert.deepEqual(measures, [
    { measure: 'consumer_lag', series: 2, points: 5 },
    { measure: 'restarts', series: 1, points: 4 },
  ])
  const lag = series.find(({ resource }) => resource === 'invoices (sap)')
  assert.deepEqual([lag?.system, lag?.last, lag?.max, lag?.n, lag?.counter, lag?.increase], ['kafka', 3, 90, 4, false, null])
  assert.deepEqual(
    lag?.points.map(({ last, min, max, n }) => [last, min, max, n]),
    [
      [7, 5, 90, 3],
      [3, 3, 3, 1],
    ],
  )
  const restarts = series.find(({ measure }) => measure === 'restarts')
  assert.deepEqual(
    [restarts?.resource, restarts?.increase, restarts?.points.map(({ increase }) => increase)],
    ['n8n-1/n8n', 5, [1, 4]],
  )
  const narrowed = await get(`/v1/integrations/queues?${WINDOW}&measure=restarts`, Queues, mine)
  assert.deepEqual(
    narrowed.series.map(({ measure }) => measure),
    ['restarts'],
  )
})

test('logs are found by severity, event, text and system, page by page', async () => {
  const mine = await server.freshTenant()
  const record = (at: number, severityNumber: number, body: string, more: Record<string, unknown> = {}) => ({
    timeUnixNano: `${HOUR + at}000000`,
    severityNumber,
    body: { stringValue: body },
    ...more,
  })
  await send(
    '/v1/logs',
    {
      resourceLogs: [
        {
          resource: { attributes: keyValues({ 'service.name': 'camunda', 'k8s.pod.name': 'camunda-0' }) },
          scopeLogs: [
            {
              logRecords: [
                record(1, 9, 'Job started'),
                record(2, 13, 'Job slow'),
                record(3, 17, 'JOB failed', { eventName: 'job.failed' }),
                record(3, 17, 'other failed'),
              ],
            },
          ],
        },
      ],
    },
    mine,
  )
  const of = async (query: string) =>
    (await get(`/v1/integrations/logs?${WINDOW}&${query}`, Logs, mine)).logs.map(({ body }) => body)
  assert.deepEqual(await of('severity=warn&q=job'), ['JOB failed', 'Job slow'])
  assert.deepEqual(await of('event=job.failed'), ['JOB failed'])
  assert.equal((await of('resource=camunda-0&system=camunda')).length, 4)
  const bodies: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: Logs = await get(
      `/v1/integrations/logs?${WINDOW}&limit=1${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      Logs,
      mine,
    )
    bodies.push(...page.logs.map(({ body }) => body))
    after = page.next
  }
  assert.deepEqual(bodies.toSorted(), ['JOB failed', 'Job slow', 'Job started', 'other failed'])
})

test('a run is one run, whether its events, its spans or both tell of it', async () => {
  const mine = await server.freshTenant()
  const event = (run: string, at: number, type: string, data: Record<string, unknown> = {}) => ({
    specversion: '1.0',
    id: `${run}-${type}`,
    source: '/n8n',
    type,
    time: new Date(HOUR + at).toISOString(),
    data: {
      objects: [{ type: 'workflow_run', id: run }],
      workflow_run: `n8n:${run}`,
      system: 'n8n',
      system_class: 'workflow',
      step: 'erp-sync',
      ...data,
    },
  })
  const posted = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', {
    tenant: mine,
    body: [
      event('1', 0, 'workflow_run.started'),
      event('1', 1000, 'workflow_run.completed', { outcome: { status: 'ok' } }),
      event('2', 2000, 'workflow_run.started'),
      event('2', 5000, 'workflow_run.failed', { outcome: { status: 'failed', code: 'ECONNREFUSED', message: 'no route' } }),
      event('3', 6000, 'workflow_run.started'),
    ],
  })
  assert.deepEqual(posted.body.rejected, [])
  const trace = hexId(0x77, 32)
  const run = (id: string) => ({ 'n8n.execution.id': id, 'n8n.workflow.name': 'erp-sync' })
  await send(
    '/v1/traces',
    tracesJson('n8n', [
      {
        trace,
        id: hexId(1, 16),
        kind: 1,
        at: HOUR + 2000,
        ms: 3000,
        name: 'workflow.execute',
        attributes: { ...run('2'), 'n8n.execution.status': 'error' },
        status: { code: 2 },
      },
      {
        trace,
        id: hexId(2, 16),
        parent: hexId(1, 16),
        kind: 1,
        at: HOUR + 2100,
        ms: 100,
        name: 'node.execute',
        attributes: { 'n8n.node.name': 'Read', 'app.case.invoice': 'INV-1' },
      },
      {
        trace,
        id: hexId(3, 16),
        parent: hexId(1, 16),
        kind: 1,
        at: HOUR + 2300,
        ms: 100,
        name: 'node.execute',
        attributes: { 'n8n.node.name': 'Post', 'error.type': 'ECONNREFUSED' },
        status: { code: 2 },
      },
      {
        trace: hexId(0x78, 32),
        id: hexId(4, 16),
        kind: 1,
        at: HOUR + 9000,
        ms: 500,
        name: 'workflow.execute',
        attributes: { ...run('4'), 'n8n.execution.status': 'success' },
      },
    ]),
    mine,
  )
  const found = await get(`/v1/runs?${WINDOW}`, Runs, mine)
  assert.deepEqual(
    found.runs.map((one) => [one.run, one.workflow, one.status, one.duration_ms, one.nodes, one.failed_nodes, one.class]),
    [
      ['n8n:4', 'erp-sync', 'completed', 500, 0, 0, 'none'],
      ['n8n:3', 'erp-sync', 'running', null, 0, 0, 'none'],
      ['n8n:2', 'erp-sync', 'failed', 3000, 2, 1, 'technical'],
      ['n8n:1', 'erp-sync', 'completed', 1000, 0, 0, 'none'],
    ],
  )
  assert.deepEqual(found.workflows, [
    {
      system: 'n8n',
      workflow: 'erp-sync',
      runs: 4,
      completed: 2,
      failed: 1,
      timeouts: 0,
      errors: 1,
      cancelled: 0,
      waiting: 0,
      open: 1,
      p50_ms: 1000,
      p95_ms: 3000,
      last_at: found.workflows[0]?.last_at,
      // Four runs, and their events are not computed yet: unknown, which is not zero.
      pace: {
        state: 'learning',
        judged_by: null,
        learned_from_n: 0,
        due_by: null,
        judged_from: null,
        not_started: null,
        gaps: [],
      },
    },
  ])
  assert.deepEqual(
    (await get(`/v1/runs?${WINDOW}&status=failed`, Runs, mine)).runs.map((one) => one.run),
    ['n8n:2'],
  )
  const page = await get(`/v1/runs?${WINDOW}&limit=3`, Runs, mine)
  const rest = await get(`/v1/runs?${WINDOW}&limit=3&after=${encodeURIComponent(page.next ?? '')}`, Runs, mine)
  assert.deepEqual([page.runs.length, rest.runs.map((one) => one.run), rest.next], [3, ['n8n:1'], null])
  const detail = await get('/v1/runs/n8n%3A2', RunDetail, mine)
  assert.deepEqual(
    [detail.run.status, detail.run.trace_id, detail.run.documents],
    ['failed', trace, [{ type: 'invoice', id: 'INV-1' }]],
  )
  assert.deepEqual(
    detail.calls.map(({ kind, operation, status }) => [kind, operation, status]),
    [
      ['workflow', 'erp-sync', 'failed'],
      ['node', 'Read', 'ok'],
      ['node', 'Post', 'failed'],
    ],
  )
  assert.equal((await server.ask('GET', '/v1/runs/n8n%3A99', { tenant: mine })).status, 404)
  // Beyond what an hour of the key can be, on both sides.
  const ever = 'from=1950-01-01&to=2120-01-01'
  const all = await get(`/v1/runs?${WINDOW}`, Runs, mine)
  assert.deepEqual((await get(`/v1/runs?${ever}`, Runs, mine)).runs, all.runs)
  for (const window of ['from=1950-01-01&to=2030-01-01', 'from=2025-01-01&to=2110-01-01'])
    assert.deepEqual(
      (await get(`/v1/integrations?${window}&bucket=week`, Integrations, mine)).systems.map(({ calls }) => calls),
      (await get(`/v1/integrations?${WINDOW}&bucket=week`, Integrations, mine)).systems.map(({ calls }) => calls),
    )
})

test('a daily run that did not start is told with its instants, also where spans alone tell of runs, and by state of failure', async () => {
  const [mine, theirs] = [await server.freshTenant(), await server.freshTenant()]
  /** A Monday; both windows begin on it. */
  const first = Date.UTC(2026, 4, 4)
  const daily = (missing: readonly number[]) =>
    Array.from({ length: 28 }, (_, day) => day).filter((day) => !missing.includes(day))
  const event = (step: string, day: number, type: string, at: number, data: object = {}) => ({
    specversion: '1.0',
    id: `${step}-${day}-${type}`,
    source: '/n8n',
    type: `workflow_run.${type}`,
    time: new Date(first + day * DAY + at).toISOString(),
    data: { objects: [{ type: 'workflow_run', id: `${step}-${day}` }], system: 'n8n', step, ...data },
  })
  const run = (step: string, day: number, hour: number) => {
    const ends = { 20: ['failed', 'timeout'], 21: ['failed', 'failed'], 22: ['waiting', 'ok'], 23: ['cancelled', 'cancelled'] }
    const [type, status] = ends[day as keyof typeof ends] ?? ['completed', 'ok']
    const outcome = { status, ...(day === 21 ? { code: 'ECONNREFUSED' } : {}) }
    return [
      event(step, day, 'started', hour * 3_600_000),
      event(step, day, type ?? '', hour * 3_600_000 + 5 * MINUTE, { outcome }),
    ]
  }
  const body = [
    ...daily([10, 25]).flatMap((day) => run('close-of-day', day, 6)),
    ...daily([26, 27]).flatMap((day) => run('payment-file', day, 20)),
    ...daily([]).flatMap((day) => run('bank-statement', day, 7)),
  ]
  assert.deepEqual((await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant: mine, body })).body.rejected, [])
  await send(
    '/v1/traces',
    tracesJson(
      'airflow',
      daily([12]).map((day) => ({
        trace: hexId(0x900 + day, 32),
        id: hexId(0x900 + day, 16),
        kind: 1,
        at: first + day * DAY + 9 * 3_600_000,
        ms: 1000,
        name: 'workflow.execute',
        attributes: { 'n8n.execution.id': `s${day}`, 'n8n.workflow.name': 'rates', 'n8n.execution.status': 'success' },
      })),
    ),
    mine,
  )
  await server.derived(mine)
  const day = (number: number) => new Date(first + number * DAY).toISOString()
  const pacesOf = async (from: number, to: number, tenantOf = mine, more = '') => {
    const { workflows } = await get(`/v1/runs?from=${day(from)}&to=${day(to)}${more}`, Runs, tenantOf)
    return Object.fromEntries(
      workflows.map(({ workflow, runs, pace }) => [
        workflow,
        [
          runs,
          pace.state,
          pace.not_started,
          pace.gaps.map(({ from: at, to: next, expected }) => [at.slice(5, 16), next?.slice(5, 16), expected]),
        ],
      ]),
    )
  }
  assert.deepEqual(await pacesOf(0, 28), {
    'payment-file': [26, 'silent', 2, [['05-29T20:00', undefined, 2]]],
    'close-of-day': [
      26,
      'fresh',
      2,
      [
        ['05-13T06:00', '05-15T06:00', 1],
        ['05-28T06:00', '05-30T06:00', 1],
      ],
    ],
    'bank-statement': [28, 'fresh', 0, []],
    rates: [27, 'fresh', 1, [['05-15T09:00', '05-17T09:00', 1]]],
  })
  // The last day alone: what began before it is known, and a workflow without a run in it stands among them.
  assert.deepEqual(await pacesOf(27, 28), {
    'payment-file': [0, 'silent', 1, [['05-29T20:00', undefined, 1]]],
    'bank-statement': [1, 'fresh', 0, []],
    'close-of-day': [1, 'fresh', 0, []],
    rates: [1, 'fresh', 0, []],
  })
  assert.deepEqual(await pacesOf(0, 28, mine, '&workflow=rates'), {
    rates: [27, 'fresh', 1, [['05-15T09:00', '05-17T09:00', 1]]],
  })
  // Which runs are asked for changes no pace.
  assert.deepEqual((await pacesOf(0, 28, mine, '&status=failed'))['close-of-day']?.slice(0, 3), [2, 'fresh', 2])
  assert.deepEqual(await pacesOf(0, 28, theirs), {})
  const { workflows } = await get(`/v1/runs?from=${day(0)}&to=${day(28)}`, Runs, mine)
  const { completed, failed, timeouts, errors, cancelled, waiting, open } =
    workflows.find(({ workflow }) => workflow === 'bank-statement') ?? assert.fail()
  assert.deepEqual([completed, failed, timeouts, errors, cancelled, waiting, open], [24, 2, 1, 1, 1, 1, 1])
})

test("another tenant's telemetry changes no answer", async () => {
  const paths = [
    `/v1/integrations?${WINDOW}`,
    `/v1/integrations/systems/sap?${WINDOW}`,
    `/v1/integrations/calls?${WINDOW}`,
    `/v1/integrations/traces?${WINDOW}`,
    `/v1/integrations/traces/${hexId(0x1001, 32)}`,
    `/v1/integrations/queues?${WINDOW}`,
    `/v1/integrations/logs?${WINDOW}`,
    `/v1/runs?${WINDOW}`,
  ]
  const answers = () => Promise.all(paths.map(async (path) => JSON.stringify((await server.ask('GET', path, { tenant })).body)))
  const before = await answers()
  const other = await server.freshTenant()
  await send(
    '/v1/traces',
    tracesJson('n8n', [...sapCalls, ...sapCalls.map((call) => ({ ...call, ms: 9999, id: `${call.id?.slice(1)}f` }))]),
    other,
  )
  assert.deepEqual(await answers(), before)
})
