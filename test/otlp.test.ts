import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, BatchLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { LetterReplayed, Letters } from '../api/contract/dead-letters.ts'
import { runServer } from '../cli/run-server.ts'
import type { Log } from '../ingest/otlp/logs.ts'
import { createTelemetryWriter, TELEMETRY_LIMITS, type TelemetryBatch } from '../ingest/otlp/writer.ts'
import { settleLedger } from '../ingest/ledger.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { readEnv } from '../platform/env.ts'
import { freePort } from '../platform/free-port.ts'
import { openLog } from '../platform/log.ts'
import { createTenant } from '../platform/tenants.ts'
import { hexId, keyValues, partialSuccess, rpcStatus, sendRaw, spanJson, type SpanSketch, tracesJson } from './support/otlp.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

const JSON_TYPE = { 'content-type': 'application/json' }
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' }

async function rows<T>(sql: string, params: Record<string, unknown>): Promise<T[]> {
  const answer = await server.stores.clickhouse.writer.query({ query: sql, query_params: params, format: 'JSONEachRow' })
  return answer.json<T>()
}

type Stored = Record<string, unknown>

function storedCalls(tenant: string, columns = '*'): Promise<Stored[]> {
  return rows(
    `SELECT ${columns} FROM sightline.integration_calls FINAL WHERE tenant_id = {tenant:String} ORDER BY started_at, span_id`,
    {
      tenant,
    },
  )
}

function post(tenant: string, path: string, body: unknown, headers: Record<string, string> = JSON_TYPE) {
  return server.ask<{ partialSuccess?: Record<string, unknown>; code?: number; message?: string }>('POST', path, {
    tenant,
    body,
    headers,
  })
}

/** Options of an exporter of the SDK that sends to a tenant. */
function exporter(tenant: string, path: string, compression: 'gzip' | 'none') {
  return {
    url: new URL(path, server.url).href,
    headers: { authorization: `Bearer ${server.token}`, 'x-tenant-id': tenant },
    compression: compression as never,
  }
}

const RESOURCE = resourceFromAttributes({ 'service.name': 'n8n', 'service.version': '2.42.0' })

/** The same trace, by the SDK, to an exporter. */
async function exportTrace(kind: 'proto' | 'json', tenant: string, compression: 'gzip' | 'none'): Promise<void> {
  const options = exporter(tenant, '/v1/traces', compression)
  const provider = new TracerProvider({
    resource: RESOURCE,
    spanProcessors: [
      new BatchSpanProcessor({ exporter: kind === 'proto' ? new ProtoTraceExporter(options) : new JsonTraceExporter(options) }),
    ],
  })
  const tracer = provider.getTracer('flow')
  const start = Date.now() - 60_000
  const root = tracer.startSpan('workflow.execute', {
    startTime: start,
    attributes: { 'n8n.workflow.name': 'Post invoices', 'n8n.execution.id': '8123', 'app.case.invoice': ['INV-1', 'INV-2'] },
  })
  const call = tracer.startSpan(
    'POST',
    {
      kind: SpanKind.CLIENT,
      startTime: start + 5,
      attributes: {
        'http.request.method': 'POST',
        'server.address': 'erp.example.com',
        'url.path': '/invoices/7',
        'http.response.status_code': 503,
        'app.ratio': 0.25,
        'app.flag': true,
        'app.list': ['ä', 'b'],
      },
    },
    trace.setSpan(context.active(), root),
  )
  call.recordException(new TypeError('fetch failed'))
  call.setStatus({ code: SpanStatusCode.ERROR, message: 'Service Unavailable' })
  call.end(start + 105.5)
  root.end(start + 200)
  await provider.forceFlush()
  await provider.shutdown()
}

test('a trace that the SDK exports is stored alike as protobuf and as JSON, plain and gzip', async () => {
  const kept: unknown[] = []
  for (const kind of ['proto', 'json'] as const)
    for (const compression of ['none', 'gzip'] as const) {
      const tenant = await server.freshTenant()
      await exportTrace(kind, tenant, compression)
      const stored = await storedCalls(tenant)
      assert.equal(stored.length, 2, `${kind} ${compression}`)
      const [root, call] = stored
      assert.ok(root && call)
      assert.deepEqual(
        [root['kind'], root['workflow'], root['workflow_run'], root['duration_ms'], root['parent_span_id'], root['object_ids']],
        ['workflow', 'Post invoices', 'n8n:8123', 200, '', ['INV-1', 'INV-2']],
      )
      assert.deepEqual(
        [
          call['system'],
          call['operation'],
          call['status'],
          call['status_code'],
          call['class'],
          call['category'],
          call['duration_ms'],
        ],
        ['erp.example.com', 'POST /invoices/{}', 'failed', 503, 'technical', 'unavailable', 100.5],
      )
      assert.deepEqual([call['message'], call['error_type'], call['span_kind']], ['fetch failed', 'TypeError', 'client'])
      assert.deepEqual(
        [call['parent_span_id'], call['trace_id'], call['object_ids']],
        [root['span_id'], root['trace_id'], ['INV-1', 'INV-2']],
      )
      const attributes = JSON.parse(String(call['attributes'])) as Record<string, unknown>
      assert.deepEqual([attributes['app.ratio'], attributes['app.flag'], attributes['app.list']], [0.25, true, ['ä', 'b']])
      const { events: _, ...rest } = attributes
      kept.push(rest)
    }
  for (const one of kept) assert.deepEqual(one, kept[0])
})

test('logs and metrics that the SDK exports are stored', async () => {
  const tenant = await server.freshTenant()
  const logs = new LoggerProvider({
    resource: RESOURCE,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(exporter(tenant, '/v1/logs', 'gzip')) })],
  })
  const logger = logs.getLogger('flow')
  logger.emit({
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'posting failed',
    attributes: { 'app.case.invoice': 'INV-1', code: 7 },
  })
  logger.emit({ severityNumber: 9, body: { step: 'post', tries: [1, 2] } })
  await logs.forceFlush()
  await logs.shutdown()
  const stored = await rows<Stored>(
    `SELECT * FROM sightline.logs FINAL WHERE tenant_id = {tenant:String} ORDER BY severity_number DESC`,
    { tenant },
  )
  assert.deepEqual(
    stored.map((log) => [log['system'], log['severity'], log['body'], log['object_ids']]),
    [
      ['n8n', 'error', 'posting failed', ['INV-1']],
      ['n8n', 'info', '{"step":"post","tries":[1,2]}', []],
    ],
  )

  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(exporter(tenant, '/v1/metrics', 'gzip')),
    exportIntervalMillis: 3_600_000,
  })
  const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] })
  const meter = provider.getMeter('flow')
  meter.createGauge('n8n_scaling_mode_queue_jobs_waiting').record(42, { queue: 'jobs' })
  meter.createCounter('posted', { unit: '{invoice}' }).add(3)
  const histogram = meter.createHistogram('http.client.request.duration', { unit: 's' })
  for (const value of [0.1, 0.2, 0.6]) histogram.record(value)
  await reader.forceFlush()
  await provider.shutdown()
  const points = await rows<Stored>(
    `SELECT name, type, measure, value, count, sum, monotonic, resource, attributes, system FROM sightline.metric_points FINAL
     WHERE tenant_id = {tenant:String} ORDER BY name LIMIT 1 BY name`,
    { tenant },
  )
  const [http, jobs, posted] = points
  assert.ok(http && jobs && posted)
  assert.deepEqual(
    [jobs['type'], jobs['measure'], jobs['value'], jobs['resource'], jobs['system']],
    ['gauge', 'queue_depth', 42, 'jobs', 'n8n'],
  )
  assert.deepEqual([posted['type'], posted['monotonic'], posted['value'], posted['measure']], ['sum', true, 3, ''])
  assert.deepEqual([http['type'], http['measure'], http['count']], ['histogram', 'latency', 3])
  assert.ok(Math.abs(Number(http['value']) - 0.3) < 1e-9)
  assert.equal((JSON.parse(String(http['attributes'])) as { distribution: { max: number } }).distribution.max, 0.6)
})

const EXAMPLES = new URL('../../shared/data/payloads-otlp-cloudevents/otlp/', import.meta.url)

test(
  "the specification's JSON examples are taken",
  { skip: existsSync(EXAMPLES) ? false : 'the examples are not on this machine' },
  async () => {
    const tenant = await server.freshTenant()
    for (const [path, file] of [
      ['/v1/traces', 'trace.json'],
      ['/v1/logs', 'logs.json'],
      ['/v1/logs', 'events.json'],
      ['/v1/metrics', 'metrics.json'],
    ] as const) {
      const answer = await post(tenant, path, readFileSync(new URL(file, EXAMPLES)))
      assert.deepEqual([answer.status, answer.body], [200, {}], file)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/u)
    }
    const [span] = await storedCalls(tenant)
    assert.deepEqual(
      [span?.['trace_id'], span?.['parent_span_id'], span?.['operation'], span?.['duration_ms']],
      ['5b8efff798038103d269b633813fc60c', 'eee19b7ec3c1b173', "I'm a server span", 1000],
    )
    const events = await rows<Stored>(
      `SELECT event_name, body FROM sightline.logs FINAL WHERE tenant_id = {tenant:String} ORDER BY event_name`,
      {
        tenant,
      },
    )
    assert.deepEqual(
      events.map((event) => event['event_name']),
      ['', 'browser.page_view'],
    )
    const points = await rows<Stored>(
      `SELECT name, type, value, count, sum FROM sightline.metric_points FINAL WHERE tenant_id = {tenant:String} ORDER BY name`,
      { tenant },
    )
    assert.deepEqual(
      points.map((point) => [point['name'], point['type'], point['value'], Number(point['count']), point['sum']]),
      [
        ['my.counter', 'sum', 5, 1, 5],
        ['my.exponential.histogram', 'exponential_histogram', 10 / 3, 3, 10],
        ['my.gauge', 'gauge', 10, 1, 10],
        ['my.histogram', 'histogram', 1, 2, 2],
      ],
    )
  },
)

test('bad spans are counted with their reasons, the good ones beside them are stored', async () => {
  const tenant = await server.freshTenant()
  const far = Date.now() + 48 * 3_600_000
  const spans: SpanSketch[] = [
    { name: 'good' },
    { trace: '00000000000000000000000000000000' },
    { trace: 'abc' },
    { id: 'zz' },
    { at: 0 },
    { at: far },
    { at: Date.UTC(1999, 0) },
  ]
  const asJson = await post(tenant, '/v1/traces', tracesJson('n8n', spans))
  assert.equal(asJson.status, 200)
  assert.equal(asJson.body.partialSuccess?.['rejectedSpans'], '6')
  const message = String(asJson.body.partialSuccess?.['errorMessage'])
  for (const reason of ['2× a span has no trace id', 'no span id', 'has no time', 'ahead of the clock', 'ten years old'])
    assert.ok(message.includes(reason), `${reason}: ${message}`)
  assert.deepEqual(
    (await storedCalls(tenant, 'operation')).map((call) => call['operation']),
    ['good'],
  )
  const letters = await rows<Stored>(`SELECT * FROM sightline.dead_letters WHERE tenant_id = {tenant:String}`, { tenant })
  assert.deepEqual(
    letters.map((letter) => [letter['feed'], letter['format'], letter['code']]),
    [['otlp', 'otlp-traces', 'record_rejected']],
  )

  const answer = await sendRaw(`${server.url}/v1/traces`, {
    headers: { ...PROTO_TYPE, authorization: `Bearer ${server.token}`, 'x-tenant-id': tenant },
    // One span with nothing in it, twice.
    body: Buffer.from([10, 6, 18, 4, 18, 0, 18, 0]),
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'application/x-protobuf')
  const partial = partialSuccess(answer.body)
  assert.equal(partial?.rejected, 2)
  assert.match(partial?.message ?? '', /no trace id/u)
  const empty = await sendRaw(`${server.url}/v1/metrics`, {
    headers: { ...PROTO_TYPE, authorization: `Bearer ${server.token}`, 'x-tenant-id': tenant },
    body: Buffer.alloc(0),
  })
  assert.deepEqual([empty.status, empty.body.length], [200, 0])
})

test('measurements that are no numbers are rejected, markers of absence are passed over', async () => {
  const tenant = await server.freshTenant()
  const now = `${Date.now()}000000`
  const gauge = (points: Record<string, unknown>[], name = 'kafka.consumer_group.lag') => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: points } }] }] }],
  })
  const points = [
    { timeUnixNano: now, asInt: '17', attributes: keyValues({ topic: 'invoices', group: 'sap', partition: 0 }) },
    { timeUnixNano: now, asDouble: 'NaN' },
    { timeUnixNano: now, asDouble: '-Infinity' },
    { timeUnixNano: now },
    { timeUnixNano: '0', asInt: 5 },
    { timeUnixNano: now, flags: 1 },
  ]
  const answer = await post(tenant, '/v1/metrics', gauge(points))
  assert.equal(answer.body.partialSuccess?.['rejectedDataPoints'], '4')
  const stored = await rows<Stored>(`SELECT * FROM sightline.metric_points FINAL WHERE tenant_id = {tenant:String}`, { tenant })
  assert.deepEqual(
    stored.map((point) => [point['system'], point['measure'], point['resource'], point['value']]),
    [['kafka', 'consumer_lag', 'invoices (sap)', 17]],
  )
  const [batch] = await rows<Stored>(
    `SELECT received, inserted, rejected, ignored FROM sightline.ingest_batches FINAL WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  assert.deepEqual(batch, { received: 6, inserted: 1, rejected: 4, ignored: 1 })
})

test('what the receivers of the Collector measure is known by its meaning', async () => {
  const tenant = await server.freshTenant()
  const now = `${Date.now()}000000`
  const metrics: [string, Record<string, unknown>, Record<string, unknown>, string, string, string][] = [
    [
      'rabbitmq.message.current',
      { 'rabbitmq.queue.name': 'invoices' },
      { state: 'ready' },
      'queue_depth',
      'invoices',
      'rabbitmq',
    ],
    ['redis.clients.connected', {}, {}, 'connections', '', 'redis'],
    ['postgresql.backends', { 'postgresql.database.name': 'n8n' }, {}, 'connections', 'n8n', 'postgresql'],
    [
      'k8s.container.restarts',
      { 'k8s.pod.name': 'n8n-1', 'k8s.container.name': 'n8n' },
      {},
      'restarts',
      'n8n-1/n8n',
      'n8n-1/n8n',
    ],
    ['container.memory.usage.total', { 'container.name': 'camunda' }, {}, 'memory', 'camunda', 'camunda'],
  ]
  const answer = await post(tenant, '/v1/metrics', {
    resourceMetrics: metrics.map(([name, resource, attributes]) => ({
      resource: { attributes: keyValues(resource) },
      scopeMetrics: [
        { metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: now, asInt: 3, attributes: keyValues(attributes) }] } }] },
      ],
    })),
  })
  assert.deepEqual(answer.body, {})
  const stored = await rows<Stored>(
    `SELECT name, measure, resource FROM sightline.metric_points FINAL WHERE tenant_id = {tenant:String}`,
    {
      tenant,
    },
  )
  for (const [name, , , measure, resource] of metrics) {
    const point = stored.find((one) => one['name'] === name)
    assert.deepEqual([point?.['measure'], point?.['resource']], [measure, resource], name)
  }
})

test('events of Kubernetes are told by either receiver of the Collector', async () => {
  const tenant = await server.freshTenant()
  const now = `${Date.now()}000000`
  const answer = await post(tenant, '/v1/logs', {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'k8s.object.kind': 'Pod', 'k8s.object.name': 'n8n-1', 'k8s.node.name': 'node-2' }) },
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: now,
                severityText: 'Warning',
                body: { stringValue: 'Back-off restarting failed container' },
                attributes: keyValues({ 'k8s.event.reason': 'BackOff', 'k8s.event.count': 4 }),
              },
            ],
          },
        ],
      },
      {
        scopeLogs: [
          {
            logRecords: [
              {
                observedTimeUnixNano: now,
                attributes: keyValues({ 'event.domain': 'k8s', 'event.name': 'n8n-1.17', 'k8s.resource.name': 'events' }),
                body: {
                  kvlistValue: {
                    values: keyValues({
                      type: 'ADDED',
                      object: {
                        kind: 'Event',
                        reason: 'OOMKilling',
                        note: 'Memory cgroup out of memory',
                        type: 'Warning',
                        regarding: { kind: 'Pod', name: 'n8n-1' },
                      },
                    }),
                  },
                },
              },
            ],
          },
        ],
      },
    ],
  })
  assert.deepEqual(answer.body, {})
  const stored = await rows<Stored>(
    `SELECT system, severity, event_name, body, resource FROM sightline.logs FINAL WHERE tenant_id = {tenant:String} ORDER BY event_name`,
    { tenant },
  )
  assert.deepEqual(
    stored.map((log) => Object.values(log)),
    [
      ['kubernetes', 'warn', 'k8s.BackOff', 'Back-off restarting failed container', 'Pod/n8n-1'],
      ['kubernetes', 'warn', 'k8s.OOMKilling', 'Memory cgroup out of memory', 'Pod/n8n-1'],
    ],
  )
})

test('the same request again counts once, and the ledger balances', async () => {
  const tenant = await server.freshTenant()
  const body = tracesJson('n8n', [{ attributes: { 'app.case.invoice': 'INV-1' } }, {}, { at: 0 }])
  const log = { timeUnixNano: `${Date.now()}000000`, body: { stringValue: 'hello' } }
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [log, log] }] }] }
  for (let round = 0; round < 3; round++) {
    assert.equal((await post(tenant, '/v1/traces', body)).status, 200)
    assert.equal((await post(tenant, '/v1/logs', logs)).status, 200)
  }
  assert.equal((await storedCalls(tenant)).length, 2)
  const timeline = await rows<Stored>(`SELECT * FROM sightline.object_calls FINAL WHERE tenant_id = {tenant:String}`, { tenant })
  assert.equal(timeline.length, 1)
  await settleLedger(server.stores.clickhouse.writer, { now: Date.now() * 1000, sinceS: 3600, quietS: -120 })
  const [claimed] = await rows<Stored>(
    `SELECT toUInt32(sum(received)) AS received, toUInt32(sum(inserted)) AS inserted, toUInt32(sum(rejected)) AS rejected
     FROM sightline.ingest_batches FINAL WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  const [settled] = await rows<Stored>(
    `SELECT toUInt32(sum(arrived)) AS arrived, toUInt32(sum(stored)) AS stored FROM sightline.ingest_ledger FINAL WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  assert.deepEqual(claimed, { received: 15, inserted: 12, rejected: 3 })
  assert.deepEqual(settled, { arrived: 12, stored: 3 })
})

test('a stranger is refused before the body is read, in the encoding of the request', async () => {
  for (const path of ['/v1/traces', '/v1/logs', '/v1/metrics']) {
    const asProto = await sendRaw(`${server.url}${path}`, { headers: { ...PROTO_TYPE, 'content-length': '1000000' }, body: null })
    assert.equal(asProto.status, 401)
    assert.equal(asProto.headers['content-type'], 'application/x-protobuf')
    assert.equal(rpcStatus(asProto.body).code, 16)
    const asJson = await sendRaw(`${server.url}${path}`, { headers: { ...JSON_TYPE, 'content-length': '1000000' }, body: null })
    assert.equal(asJson.status, 401)
    assert.equal((JSON.parse(asJson.body.toString()) as { code: number }).code, 16)
  }
  const tenant = await server.freshTenant()
  const minted = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: [tenant] },
  })
  const refused = await server.ask<{ code: number }>('POST', '/v1/traces', {
    token: minted.body.token,
    body: {},
    headers: JSON_TYPE,
  })
  assert.deepEqual([refused.status, refused.body.code], [403, 7])
  assert.equal((await server.ask('GET', '/v1/traces')).status, 405)
})

test('bodies that are too large, or grow too large, are refused and not held', async () => {
  const tenant = await server.freshTenant()
  const headers = { authorization: `Bearer ${server.token}`, 'x-tenant-id': tenant }
  const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024, 32))
  const before = process.memoryUsage().rss
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      sendRaw(`${server.url}/v1/traces`, { headers: { ...headers, ...JSON_TYPE, 'content-encoding': 'gzip' }, body: bomb }),
    ),
  )
  for (const answer of answers) assert.equal(answer.status, 413)
  assert.ok(process.memoryUsage().rss - before < 400 * 1024 * 1024)
  const announced = await sendRaw(`${server.url}/v1/logs`, {
    headers: { ...headers, ...PROTO_TYPE, 'content-length': String(17 * 1024 * 1024) },
    body: null,
  })
  assert.equal(announced.status, 413)
  assert.equal(rpcStatus(announced.body).code, 3)
  const many = Buffer.alloc(1024 * 1024, Buffer.from([18, 0]))
  const length = many.length
  const nested = Buffer.concat([Buffer.from([18, ...varint(length)]), many])
  const crowded = await sendRaw(`${server.url}/v1/traces`, {
    headers: { ...headers, ...PROTO_TYPE },
    body: Buffer.concat([Buffer.from([10, ...varint(nested.length)]), nested]),
  })
  assert.equal(crowded.status, 413)
  const deep = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":${'{"arrayValue":{"values":['.repeat(20_000)}{}${']}}'.repeat(20_000)}}]}]}]}`
  assert.equal((await post(tenant, '/v1/logs', deep)).status, 400)
})

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

test('wrong types and encodings are told apart from what may be sent again', async () => {
  const tenant = await server.freshTenant()
  const cases: [Record<string, string>, unknown, number][] = [
    [{ 'content-type': 'text/plain' }, '{}', 415],
    [{ ...JSON_TYPE, 'content-encoding': 'br' }, '{}', 415],
    [{ ...JSON_TYPE, 'content-encoding': 'gzip' }, 'not gzip', 400],
    [JSON_TYPE, 'not json', 400],
    [JSON_TYPE, '[]', 400],
    [JSON_TYPE, '{"resourceSpans":5}', 400],
    [JSON_TYPE, '{"resourceSpans":[5]}', 400],
    [JSON_TYPE, '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7}]}]}]}', 400],
    [JSON_TYPE, '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-5"}]}]}]}', 400],
    [PROTO_TYPE, Buffer.from([0xff, 0xff]), 400],
    [PROTO_TYPE, '{"resourceSpans":[]}', 400],
    [{ 'content-type': 'application/json; charset=utf-8' }, '{"resourceSpans":[],"unknown":{"a":1}}', 200],
  ]
  for (const [headers, body, status] of cases) {
    const answer = await post(tenant, '/v1/traces', body, headers)
    assert.equal(answer.status, status, `${JSON.stringify(headers)} ${String(body)}`)
    assert.equal(answer.headers.get('retry-after'), null)
  }
})

test('garbage is never answered with a failure of the server', async () => {
  const tenant = await server.freshTenant()
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
  console.log(`seed ${seed}`)
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
  const valid = JSON.stringify(
    tracesJson('n8n', [{ attributes: { a: 1, b: ['x', 2.5], 'app.case.invoice': 'I' } }, { status: { code: 2 } }]),
  )
  const captured = await capturedProtobuf()
  const bodies: [Record<string, string>, Buffer | string][] = []
  for (let round = 0; round < 120; round++) {
    const bytes = Buffer.from(captured)
    for (let flips = draw(12) + 1; flips > 0; flips--) bytes[draw(bytes.length)] = draw(256)
    bodies.push([PROTO_TYPE, bytes.subarray(0, draw(4) === 0 ? draw(bytes.length) : bytes.length)])
    bodies.push([PROTO_TYPE, Buffer.from(Array.from({ length: draw(200) }, () => draw(256)))])
    const at = draw(valid.length)
    bodies.push([
      JSON_TYPE,
      `${valid.slice(0, at)}${['"', '}', 'null', '-1', '\ud800', '1e999', '[]', '\u0000'][draw(8)]}${valid.slice(at + draw(8))}`,
    ])
    const tree = JSON.parse(valid) as unknown
    mutate(tree, draw)
    bodies.push([JSON_TYPE, JSON.stringify(tree)])
  }
  for (const [headers, body] of bodies)
    for (const path of ['/v1/traces', '/v1/logs', '/v1/metrics']) {
      if (path !== '/v1/traces' && draw(3) > 0) continue
      const answer = await post(tenant, path, body, headers)
      assert.ok(
        answer.status === 200 || answer.status === 400,
        `${answer.status} ${path} ${Buffer.from(body).toString('base64')} ${JSON.stringify(answer.body)}`,
      )
    }
})

/** Puts something of another kind somewhere into a tree. */
function mutate(tree: unknown, draw: (below: number) => number): void {
  const places: [Record<string, unknown>, string][] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key])
      walk((value as Record<string, unknown>)[key])
    }
  }
  walk(tree)
  const odd = [
    null,
    -1,
    1e300,
    'x',
    [],
    {},
    true,
    '\ud83d',
    '\u0000',
    'NaN',
    '99999999999999999999',
    { stringValue: '\udfff' },
    2 ** 60,
    '',
  ]
  for (let changes = draw(3) + 1; changes > 0; changes--) {
    const [into, key] = places[draw(places.length)] ?? []
    if (into !== undefined && key !== undefined) into[key] = odd[draw(odd.length)]
  }
}

/** What the SDK's exporter sends, caught by a server of its own. */
async function capturedProtobuf(): Promise<Buffer> {
  const { createServer } = await import('node:http')
  const bodies: Buffer[] = []
  const sink = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.end()
    })
  })
  await new Promise<void>((resolve) => {
    sink.listen(0, '127.0.0.1', resolve)
  })
  const address = sink.address()
  assert.ok(typeof address === 'object' && address !== null)
  const provider = new TracerProvider({
    resource: RESOURCE,
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new ProtoTraceExporter({ url: `http://127.0.0.1:${address.port}/v1/traces` }) }),
    ],
  })
  for (let at = 0; at < 3; at++)
    provider
      .getTracer('t')
      .startSpan(`s${at}`, { attributes: { 'app.case.invoice': 'I', n: at, list: ['a', 'b'] } })
      .end()
  await provider.forceFlush()
  await provider.shutdown()
  sink.closeAllConnections()
  sink.close()
  return bodies[0] ?? Buffer.alloc(0)
}

test("one tenant's spans, logs and measurements are no other's, whatever they say", async () => {
  const [mine, theirs] = [await server.freshTenant(), await server.freshTenant()]
  const minted = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'mine', scopes: ['ingest'], tenant_ids: [mine] },
  })
  const span = spanJson({ trace: hexId(1, 32), attributes: { tenant_id: theirs, 'tenant.id': theirs } })
  const body = {
    resourceSpans: [{ resource: { attributes: keyValues({ tenant_id: theirs }) }, scopeSpans: [{ spans: [span] }] }],
  }
  const sent = await server.ask('POST', '/v1/traces', { token: minted.body.token, body, headers: JSON_TYPE })
  assert.equal(sent.status, 200)
  const forbidden = await server.ask<{ code: number }>('POST', '/v1/traces', {
    token: minted.body.token,
    tenant: theirs,
    body,
    headers: JSON_TYPE,
  })
  assert.deepEqual([forbidden.status, forbidden.body.code], [403, 7])
  assert.equal((await storedCalls(mine)).length, 1)
  assert.equal((await storedCalls(theirs)).length, 0)
})

test("the registry's names are the systems of the calls", async () => {
  const tenant = await server.freshTenant()
  const made = await server.ask('POST', '/v1/systems', {
    tenant,
    body: { id: 'sap-eu', name: 'SAP Europe', class: 'erp', aliases: ['erp.example.com', 'sap.internal:8443'] },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  await post(
    tenant,
    '/v1/traces',
    tracesJson('n8n', [
      { attributes: { 'http.request.method': 'GET', 'server.address': 'ERP.example.com', 'http.response.status_code': 422 } },
      { attributes: { 'http.request.method': 'GET', 'server.address': 'sap.internal', 'server.port': 8443 } },
    ]),
  )
  const stored = await storedCalls(tenant, 'system, system_class, class')
  assert.deepEqual(stored, [
    { system: 'sap-eu', system_class: 'erp', class: 'business' },
    { system: 'sap-eu', system_class: 'erp', class: 'none' },
  ])
})

test('while ClickHouse is away a request is told to come back, what waits is bounded, and what comes again counts once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-test-'))
  const log = openLog({ level: 'fatal', human: true })
  const users = {
    writer: { username: 'sightline_writer', password: 'away-w' },
    reader: { username: 'sightline_reader', password: 'away-w' },
  }
  const port = await freePort()
  const engine = () => startEmbeddedClickHouse({ dir: join(folder, 'engine'), log, port, users })
  let running = await engine()
  const own = await runServer({
    env: readEnv({
      SIGHTLINE_DATA: join(folder, 'data'),
      SIGHTLINE_PORT: '0',
      CLICKHOUSE_URL: `http://sightline_writer:away-w@127.0.0.1:${port}`,
    }),
    log,
    webFolder: null,
  })
  try {
    const tenant = verifiedTenant('away')
    await createTenant(own.stores.postgres.db, { id: tenant, name: tenant })
    const spans = [{ at: Date.now() - 60_000 }, { at: Date.now() - 60_000 }]
    const send = (headers: Record<string, string>, body: Uint8Array) =>
      sendRaw(`${own.url}/v1/traces`, {
        headers: { ...headers, authorization: `Bearer ${own.adminToken ?? ''}`, 'x-tenant-id': tenant },
        body,
      })
    const body = Buffer.from(JSON.stringify(tracesJson('n8n', spans)))
    assert.equal((await send(JSON_TYPE, body)).status, 200)
    await running.stop()
    const away = await Promise.all([send(JSON_TYPE, body), send(PROTO_TYPE, await capturedProtobuf())])
    for (const answer of away) {
      assert.equal(answer.status, 503)
      assert.ok(Number(answer.headers['retry-after']) >= 1)
    }
    assert.equal((JSON.parse(String(away[0]?.body)) as { code: number }).code, 14)
    assert.equal(rpcStatus(away[1]?.body ?? Buffer.alloc(0)).code, 14)

    const writer = createTelemetryWriter({ clickhouse: own.stores.clickhouse.writer, now: () => Date.now() * 1000 })
    running = await engine()
    assert.deepEqual(await writer.write({ ...batchOf(1, 'a'), tenant }), { refused: [] })
    await running.stop()
    const first = writer.write(batchOf(TELEMETRY_LIMITS.pendingRows + 1, 'b'))
    const failed = assert.rejects(first, { code: 'store_unavailable' })
    while (writer.pending() === 0) await setImmediate()
    await assert.rejects(writer.write(batchOf(1, 'c')), { code: 'overloaded', retryAfterS: 1 })
    await failed
    await writer.drain()
    assert.equal(writer.pending(), 0)
    await assert.rejects(writer.write(batchOf(1, 'd')), { code: 'draining' })

    running = await engine()
    assert.equal((await send(JSON_TYPE, body)).status, 200)
    const counted = await own.stores.clickhouse.writer.query({
      query: 'SELECT toUInt32(count()) AS calls FROM sightline.integration_calls FINAL WHERE tenant_id = {tenant:String}',
      query_params: { tenant },
      format: 'JSONEachRow',
    })
    assert.deepEqual(await counted.json(), [{ calls: 2 }])
  } finally {
    await own.stop()
    await running.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** A batch of as many logs. */
function batchOf(records: number, token: string): TelemetryBatch {
  const log: Log = {
    ordinal: 0,
    system: 'x',
    at: Date.now() * 1000,
    logId: '00000000-0000-4000-8000-000000000000',
    reporter: '',
    severity: '',
    severityNumber: 0,
    eventName: '',
    body: '',
    traceId: '',
    spanId: '',
    resource: '',
    documents: { types: [], ids: [] },
    attributes: '{}',
  }
  return {
    tenant: verifiedTenant('t'),
    feed: 'otlp',
    token,
    at: Date.now() * 1000,
    table: 'logs',
    records: Array.from({ length: records }, (_, ordinal) => ({ ...log, ordinal })),
    rejected: 0,
    ignored: 0,
    letter: null,
  }
}

test('a record that does not fit its table is refused by itself', async () => {
  const tenant = verifiedTenant(await server.freshTenant())
  const { clickhouse } = server.stores
  const writer = createTelemetryWriter({ clickhouse: clickhouse.writer, now: () => Date.now() * 1000 })
  const batch = { ...batchOf(3, 'odd'), tenant } as TelemetryBatch & { table: 'logs' }
  const records = batch.records.map((record, at) => ({
    ...record,
    logId: at === 1 ? 'no uuid' : hexId(at, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-'),
  }))
  const { refused } = await writer.write({ ...batch, records })
  assert.deepEqual(
    refused.map(({ at }) => at),
    [1],
  )
  const [count] = await rows<Stored>(
    `SELECT toUInt32(count()) AS logs FROM sightline.logs FINAL WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  assert.deepEqual(count, { logs: 2 })
  const [ledger] = await rows<Stored>(
    `SELECT received, inserted, rejected FROM sightline.ingest_batches FINAL WHERE tenant_id = {tenant:String}`,
    {
      tenant,
    },
  )
  assert.deepEqual(ledger, { received: 3, inserted: 2, rejected: 1 })
  const letters = await rows<Stored>(
    `SELECT feed, format, code, reason, coordinates, JSONExtractString(base64Decode(raw), 'logId') AS log
      FROM sightline.dead_letters FINAL WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  assert.deepEqual(letters, [
    {
      feed: 'otlp',
      format: 'telemetry',
      code: 'store_refused',
      reason: 'no uuid is no UUID',
      coordinates: '{"request":"odd","index":1}',
      log: 'no uuid',
    },
  ])
  const listed = await server.ask<Letters>('GET', '/v1/dead-letters', { tenant })
  const [letter] = listed.body.letters
  const replayed = await server.ask<LetterReplayed>('POST', '/v1/dead-letters/replay', {
    tenant,
    body: { ids: [letter?.id], dry_run: false },
  })
  assert.deepEqual(
    replayed.body.results.map(({ outcome, code }) => [outcome, code]),
    [['skipped', 'not_replayable']],
  )
})

test('telemetry of a source that the store refuses is no record of its format, and is not replayed as one', async () => {
  const tenant = verifiedTenant(await server.freshTenant())
  const writer = createTelemetryWriter({ clickhouse: server.stores.clickhouse.writer, now: () => Date.now() * 1000 })
  const batch = { ...batchOf(1, 'pulled'), tenant, feed: 'n8n-source' } as TelemetryBatch & { table: 'logs' }
  await writer.write({ ...batch, records: batch.records.map((record) => ({ ...record, logId: 'no uuid' })) })
  const listed = await server.ask<Letters>('GET', '/v1/dead-letters', { tenant })
  const replayed = await server.ask<LetterReplayed>('POST', '/v1/dead-letters/replay', {
    tenant,
    body: { ids: listed.body.letters.map(({ id }) => id), dry_run: false },
  })
  assert.deepEqual(
    replayed.body.results.map(({ outcome, code }) => [outcome, code]),
    [['skipped', 'not_replayable']],
  )
})
