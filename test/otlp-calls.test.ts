import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mapSpans } from '../ingest/otlp/calls.ts'
import { readJson } from '../ingest/otlp/json.ts'
import type { Resolver } from '../ingest/otlp/system.ts'
import { hexId, type SpanSketch, tracesJson } from './support/otlp.ts'

const REGISTRY: Record<string, { system: string; class: string }> = {
  'erp.example.com': { system: 'sap-eu', class: 'erp' },
  'tax-engine': { system: 'vertex', class: 'tax' },
  kong: { system: 'kong', class: 'gateway' },
  n8n: { system: 'n8n', class: 'workflow' },
  mailer: { system: 'mailer', class: 'collaboration' },
}
const resolve: Resolver = (name) => REGISTRY[name.toLowerCase()] ?? null

function calls(service: string, spans: readonly SpanSketch[], resource: Record<string, unknown> = {}) {
  const groups = readJson(Buffer.from(JSON.stringify(tracesJson(service, spans, resource))), 'traces')
  const { calls: mapped, rejected } = mapSpans(groups, resolve, Date.now() * 1000)
  assert.deepEqual(rejected, [])
  return mapped
}

/** The one call that a span is read as. */
function call(service: string, sketch: SpanSketch, resource: Record<string, unknown> = {}) {
  const [only] = calls(service, [sketch], resource)
  assert.ok(only)
  return only
}

type Expected = Partial<ReturnType<typeof call>>

function expectCall(what: string, found: ReturnType<typeof call>, expected: Expected): void {
  const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as keyof typeof found]]))
  assert.deepEqual(picked, expected, what)
}

test('an HTTP call is told alike by the new and the old semantic conventions', () => {
  const now = call('n8n', {
    name: 'POST',
    attributes: {
      'http.request.method': 'POST',
      'url.full': 'https://erp.example.com/api/v1/invoices/INV-10077/lines?x=1',
      'server.address': 'erp.example.com',
      'server.port': 443,
      'http.response.status_code': 201,
      'http.request.resend_count': 2,
    },
  })
  const then = call('n8n', {
    name: 'HTTP POST',
    attributes: {
      'http.method': 'POST',
      'http.url': 'https://erp.example.com/api/v1/invoices/INV-10078/lines',
      'net.peer.name': 'erp.example.com',
      'http.status_code': 201,
      'http.resend_count': 2,
    },
  })
  for (const one of [now, then])
    expectCall('http', one, {
      system: 'sap-eu',
      systemClass: 'erp',
      reporter: 'n8n',
      kind: 'http',
      spanKind: 'client',
      operation: 'POST /api/v1/invoices/{}/lines',
      status: 'ok',
      statusCode: 201,
      attempt: 3,
      class: 'none',
      durationMs: 20,
    })
})

test('queues are told alike by new and old names, and a process is the work of the consumer', () => {
  const cases: [SpanSketch, Expected][] = [
    [
      {
        name: 'publish invoices',
        kind: 4,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'send',
          'messaging.destination.name': 'invoices',
          'server.address': 'broker-1',
        },
      },
      { kind: 'queue', system: 'kafka', systemClass: 'broker', operation: 'publish invoices', queue: 'invoices' },
    ],
    [
      {
        name: 'invoices send',
        kind: 4,
        attributes: { 'messaging.system': 'kafka', 'messaging.operation': 'send', 'messaging.destination': 'invoices' },
      },
      { kind: 'queue', system: 'kafka', operation: 'publish invoices', queue: 'invoices' },
    ],
    [
      {
        name: 'poll invoices',
        kind: 3,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'receive',
          'messaging.destination.name': 'invoices',
          'messaging.consumer.group.name': 'sap',
        },
      },
      { kind: 'queue', system: 'kafka', operation: 'receive invoices' },
    ],
    [
      {
        name: 'process invoices',
        kind: 5,
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.operation.type': 'process',
          'messaging.destination.name': 'invoices',
          'messaging.message.delivery_count': 4,
        },
      },
      { kind: 'queue', system: 'invoice-worker', operation: 'process invoices', attempt: 4, spanKind: 'consumer' },
    ],
  ]
  for (const [sketch, expected] of cases) expectCall(sketch.name ?? '', call('invoice-worker', sketch), expected)
})

test('rpc, graphql, databases, AI and functions have a kind, an operation and a system', () => {
  const cases: [string, SpanSketch, Expected][] = [
    [
      'grpc',
      {
        attributes: {
          'rpc.system': 'grpc',
          'rpc.service': 'tax.v1.Tax',
          'rpc.method': 'Quote',
          'rpc.grpc.status_code': 14,
          'peer.service': 'tax-engine',
        },
        status: { code: 2, message: 'no connection established' },
      },
      {
        kind: 'connector',
        system: 'vertex',
        operation: 'tax.v1.Tax/Quote',
        status: 'failed',
        statusCode: 14,
        class: 'technical',
        category: 'unavailable',
      },
    ],
    [
      'grpc by name',
      {
        attributes: {
          'rpc.system.name': 'grpc',
          'rpc.method': 'tax.v1.Tax/Quote',
          'rpc.response.status_code': 'DEADLINE_EXCEEDED',
          'peer.service': 'tax-engine',
        },
      },
      { operation: 'tax.v1.Tax/Quote', status: 'timeout', class: 'technical', category: 'timeout' },
    ],
    [
      'graphql',
      {
        kind: 2,
        attributes: {
          'graphql.operation.type': 'query',
          'graphql.operation.name': 'Suppliers',
          'http.request.method': 'POST',
          'http.route': '/graphql',
        },
      },
      { kind: 'graphql', operation: 'query Suppliers', system: 'reporter' },
    ],
    [
      'database',
      { attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.collection.name': 'invoices' } },
      { kind: 'database', operation: 'SELECT invoices', system: 'postgresql' },
    ],
    [
      'old database',
      { attributes: { 'db.system': 'redis', 'db.operation': 'HGET', 'net.peer.name': '10.0.0.3' } },
      { kind: 'database', operation: 'HGET', system: 'redis' },
    ],
    [
      'AI',
      {
        attributes: {
          'gen_ai.provider.name': 'openai',
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-5',
          'server.address': 'api.openai.com',
        },
      },
      { kind: 'connector', operation: 'chat gpt-5', system: 'openai', systemClass: 'ai' },
    ],
    ['work inside', { kind: 1, name: 'render', attributes: {} }, { kind: 'other', operation: 'render', system: 'reporter' }],
  ]
  for (const [what, sketch, expected] of cases) expectCall(what, call('reporter', sketch), expected)
})

test('a gateway throttles, does not know, and refuses: three states of their own, all technical', () => {
  const cases: [number, Expected][] = [
    [429, { status: 'throttled', class: 'technical', category: 'rate_limit' }],
    [401, { status: 'unauthenticated', class: 'technical', category: 'auth' }],
    [403, { status: 'refused', class: 'technical', category: 'auth' }],
    [504, { status: 'timeout', class: 'technical', category: 'timeout' }],
  ]
  for (const [code, expected] of cases) {
    const found = call('kong', {
      kind: 2,
      attributes: { 'http.request.method': 'GET', 'http.route': '/erp/{proxy}', 'http.response.status_code': code },
    })
    expectCall(String(code), found, {
      kind: 'gateway',
      system: 'kong',
      systemClass: 'gateway',
      operation: 'GET /erp/{proxy}',
      ...expected,
    })
  }
  expectCall(
    'a gateway that no registry knows',
    call('acme-api-gateway', { kind: 2, attributes: { 'http.request.method': 'GET' } }),
    {
      kind: 'gateway',
      system: 'acme-api-gateway',
      systemClass: 'gateway',
    },
  )
  expectCall('a payment gateway is none', call('payment-gateway', { kind: 2, attributes: { 'http.request.method': 'GET' } }), {
    kind: 'http',
    systemClass: '',
  })
})

test('a verdict is business, a failure to reach one is technical, and both are told apart by code, system and words', () => {
  const erp = { 'http.request.method': 'POST', 'server.address': 'erp.example.com', 'http.route': '/invoices' }
  const cases: [string, SpanSketch, Expected][] = [
    [
      'ERP 422 cost centre closed',
      {
        attributes: { ...erp, 'http.response.status_code': 422, 'error.type': '422' },
        status: { code: 2, message: 'cost centre 4711 is closed' },
      },
      { status: 'failed', statusCode: 422, class: 'business', category: 'master_data' },
    ],
    [
      'ERP 503',
      { attributes: { ...erp, 'http.response.status_code': 503, 'error.type': '503' }, status: { code: 2 } },
      { status: 'failed', class: 'technical', category: 'unavailable' },
    ],
    [
      '422 of a system without judgement',
      {
        attributes: { 'http.request.method': 'POST', 'peer.service': 'mailer', 'http.response.status_code': 422 },
        status: { code: 2 },
      },
      { class: 'technical', category: 'schema_mapping' },
    ],
    [
      'said outright',
      {
        attributes: {
          ...erp,
          'http.response.status_code': 200,
          'app.outcome.status': 'rejected',
          'app.outcome.code': 'PRICE_VARIANCE',
          'app.outcome.message': 'unit price 10.40 over 10.00',
        },
      },
      { status: 'ok', class: 'business', category: 'match.price', message: 'unit price 10.40 over 10.00' },
    ],
    [
      'a timeout that only the exception names',
      {
        attributes: { 'http.request.method': 'POST', 'server.address': 'erp.example.com' },
        status: { code: 2 },
        events: [
          {
            name: 'exception',
            attributes: { 'exception.type': 'java.net.SocketTimeoutException', 'exception.message': 'Read timed out' },
          },
        ],
      },
      { status: 'timeout', errorType: 'java.net.SocketTimeoutException', message: 'Read timed out', category: 'timeout' },
    ],
    [
      'a refused connection',
      {
        attributes: { 'http.request.method': 'POST', 'server.address': 'erp.example.com', 'error.type': 'ECONNREFUSED' },
        status: { code: 2 },
      },
      { status: 'failed', class: 'technical', category: 'unavailable', errorType: 'ECONNREFUSED' },
    ],
    [
      'a 4xx that may be either stays unknown',
      { attributes: { ...erp, 'http.response.status_code': 409 }, status: { code: 2 } },
      { status: 'failed', class: 'unknown' },
    ],
    [
      'an exception that was handled is no failure',
      {
        attributes: { ...erp, 'http.response.status_code': 200 },
        events: [{ name: 'exception', attributes: { 'exception.type': 'X' } }],
      },
      { status: 'ok', class: 'none', errorType: '' },
    ],
    [
      'a status "Ok" stands over the code',
      { attributes: { ...erp, 'http.response.status_code': 404 }, status: { code: 1 } },
      { status: 'ok', class: 'none', statusCode: 404 },
    ],
  ]
  for (const [what, sketch, expected] of cases) expectCall(what, call('n8n', sketch), expected)
})

test('runs and nodes of n8n are told, and what they call belongs to their run and their documents', () => {
  const trace = hexId(77, 32)
  const [run, node, http, other] = calls('n8n', [
    {
      name: 'workflow.execute',
      kind: 1,
      trace,
      id: hexId(1, 16),
      attributes: {
        'n8n.workflow.id': 'wf-7',
        'n8n.workflow.name': 'Post invoices',
        'n8n.execution.id': '8123',
        'n8n.execution.status': 'error',
        'n8n.execution.error_type': 'NodeApiError',
      },
      status: { code: 2, message: 'Request failed with status code 503' },
    },
    {
      name: 'node.execute',
      kind: 1,
      trace,
      id: hexId(2, 16),
      parent: hexId(1, 16),
      attributes: {
        'n8n.node.name': 'Post to ERP',
        'n8n.node.type': 'n8n-nodes-base.httpRequest',
        'n8n.node.custom.app.case.invoice': 'INV-1',
      },
      events: [
        {
          name: 'exception',
          attributes: { 'exception.type': 'NodeApiError', 'exception.message': 'Request failed with status code 503' },
        },
      ],
      status: { code: 2 },
    },
    {
      name: 'POST',
      trace,
      id: hexId(3, 16),
      parent: hexId(2, 16),
      attributes: { 'http.request.method': 'POST', 'server.address': 'erp.example.com', 'http.response.status_code': 503 },
    },
    { name: 'GET', trace: hexId(78, 32), id: hexId(4, 16), attributes: { 'http.request.method': 'GET' } },
  ])
  assert.ok(run && node && http && other)
  expectCall('run', run, {
    kind: 'workflow',
    system: 'n8n',
    operation: 'Post invoices',
    status: 'failed',
    workflow: 'Post invoices',
    workflowRun: 'n8n:8123',
    class: 'technical',
    category: 'unavailable',
  })
  expectCall('node', node, {
    kind: 'node',
    operation: 'Post to ERP',
    workflow: 'Post invoices',
    workflowRun: 'n8n:8123',
    errorType: 'NodeApiError',
    class: 'technical',
    category: 'unavailable',
    documents: { types: ['invoice'], ids: ['INV-1'] },
  })
  expectCall('http', http, { system: 'sap-eu', workflowRun: 'n8n:8123', documents: { types: ['invoice'], ids: ['INV-1'] } })
  expectCall('other trace', other, { workflowRun: '', documents: { types: [], ids: [] } })
})

test('documents are named by attributes, baggage and links, and a span has those of the nearest span above that names any', () => {
  const trace = hexId(5, 32)
  const named: [Record<string, unknown>, { types: string[]; ids: string[] }][] = [
    [{ 'app.case.invoice': 'INV-1' }, { types: ['invoice'], ids: ['INV-1'] }],
    [
      { 'app.case.invoice': ['INV-1', 'INV-2', 'INV-1'], 'app.case.purchase_order': 4500012 },
      { types: ['invoice', 'invoice', 'purchase_order'], ids: ['INV-1', 'INV-2', '4500012'] },
    ],
    [
      { 'app.case.id': 'PO-1', 'app.case.type': 'purchase_order' },
      { types: ['purchase_order'], ids: ['PO-1'] },
    ],
    [{ 'app.case.ref': ['invoice/INV/7', 'broken'] }, { types: ['invoice'], ids: ['INV/7'] }],
    [
      { 'http.request.header.baggage': ['app.case.invoice=INV%2D9;p=1, other=x,app.case.ref=supplier/S-1'] },
      { types: ['invoice', 'supplier'], ids: ['INV-9', 'S-1'] },
    ],
    [{ 'baggage.app.case.invoice': 'INV-3' }, { types: ['invoice'], ids: ['INV-3'] }],
    [
      { 'app.case.invoice': '', 'app.case.type': 'invoice' },
      { types: [], ids: [] },
    ],
  ]
  for (const [attributes, documents] of named) {
    const found = call('n8n', { attributes })
    expectCall(JSON.stringify(attributes), found, { documents })
    assert.equal(found.attributes, '{}')
  }
  const span = (id: number, parent: number | null, attributes = {}): SpanSketch => ({
    trace,
    id: hexId(id, 16),
    ...(parent === null ? {} : { parent: hexId(parent, 16) }),
    attributes,
  })
  // Children end, and are sent, before their parents.
  const found = calls('n8n', [
    span(4, 3),
    span(3, 2, { 'app.case.invoice': 'INV-2' }),
    span(2, 1),
    span(9, 99),
    span(1, null, { 'app.case.invoice': 'INV-1' }),
  ])
  assert.deepEqual(
    found.map(({ documents }) => documents.ids),
    [['INV-2'], ['INV-2'], ['INV-1'], ['INV-1'], ['INV-1']],
  )
  const [consumer] = calls('worker', [
    { kind: 5, links: [{ trace, id: hexId(1, 16), attributes: { 'app.case.invoice': 'INV-5' } }] },
    { trace, id: hexId(1, 16), attributes: { 'app.case.invoice': 'INV-1' } },
  ])
  assert.deepEqual(consumer?.documents.ids, ['INV-5'])
  const [linked] = calls('worker', [
    { kind: 5, links: [{ trace, id: hexId(1, 16) }] },
    { trace, id: hexId(1, 16), attributes: { 'app.case.invoice': 'INV-1' } },
  ])
  assert.deepEqual(linked?.documents.ids, ['INV-1'])
  assert.deepEqual(call('worker', {}, { 'app.case.contract': 'C-1' }).documents, { types: ['contract'], ids: ['C-1'] })
})

test('spans that lie in a ring do not keep the server busy', () => {
  const trace = hexId(6, 32)
  const ring = Array.from({ length: 50 }, (_, at) => ({
    trace,
    id: hexId(at + 1, 16),
    parent: hexId(((at + 1) % 50) + 1, 16),
    attributes: at === 25 ? { 'app.case.invoice': 'INV-1' } : {},
  }))
  assert.ok(calls('x', ring).every(({ documents }) => documents.ids[0] === 'INV-1'))
})

test('credentials in attributes are not kept', () => {
  const { attributes } = call('n8n', {
    attributes: {
      'http.request.header.authorization': ['Bearer abc'],
      'http.request.header.cookie': ['a=b'],
      'app.api_key': 'abc',
      'db.password': 'abc',
      'app.kept': 'yes',
    },
  })
  assert.deepEqual(JSON.parse(attributes), { 'app.kept': 'yes' })
})

test('operations have few names: what varies in a path is left out', () => {
  const paths: Record<string, string> = {
    '/api/v1/invoices/INV-1/lines/10': '/api/v1/invoices/{}/lines/{}',
    '/oauth2/token': '/oauth2/token',
    "/odata/A_Invoice(Id='7')/to_Item?$top=1": '/odata/A_Invoice({})/to_Item',
    '/f/3f0c6f0e-5d0e-5b3e-9f55-6f2f6f1a9a01': '/f/{}',
    '/': '/',
  }
  for (const [path, template] of Object.entries(paths))
    assert.equal(call('x', { attributes: { 'http.request.method': 'GET', 'url.path': path } }).operation, `GET ${template}`)
})
