import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IngestAnswer } from '../api/contract/data.ts'
import type { IntegrationDetail, Integrations, Runs, Trace } from '../api/contract/integrations.ts'
import type { Systems } from '../api/contract/systems.ts'
import { view } from './support/ground-truth.ts'
import { hexId, keyValues, spanJson, type SpanSketch } from './support/otlp.ts'
import { barriers, figure, settled, shows, startSite, whole } from './support/page.ts'

const HOUR_MS = 3_600_000
const NOW = Date.now()
/** The trace of INV-3, whose posting fails. */
const FAILED = hexId(3, 32)

const { server, open, close } = await startSite()
after(close)

before(async () => {
  const sent = await server.ask<IngestAnswer>('POST', '/v1/events', { tenant: 'acme', body: events() })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []], JSON.stringify(sent.body))
  const system = await server.ask('POST', '/v1/systems', {
    tenant: 'acme',
    body: {
      id: 'sap-eu',
      name: 'SAP Europe',
      class: 'erp',
      owner: 'Finance systems',
      runbook_url: 'https://wiki.example.com/sap',
    },
  })
  assert.equal(system.status, 201, JSON.stringify(system.body))
  await send('traces', {
    resourceSpans: [
      { resource: { attributes: keyValues({ 'service.name': 'ap-connector' }) }, scopeSpans: [{ spans: calls() }] },
      { resource: { attributes: keyValues({ 'service.name': 'n8n' }) }, scopeSpans: [{ spans: runs() }] },
    ],
  })
  await send('logs', {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'service.name': 'ap-connector' }) },
        scopeLogs: [
          {
            logRecords: [
              log(17, 'posting INV-3 failed', 3, { traceId: FAILED, spanId: hexId(302, 16) }),
              log(9, 'polling for approved invoices', 1),
            ],
          },
        ],
      },
    ],
  })
  await send('metrics', {
    resourceMetrics: [
      {
        resource: { attributes: keyValues({ 'service.name': 'rabbitmq' }) },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'rabbitmq.message.current',
                unit: '{messages}',
                gauge: {
                  dataPoints: [5, 9, 41].map((value, index) => ({
                    timeUnixNano: nanos(NOW - (3 - index) * HOUR_MS),
                    asInt: String(value),
                    attributes: keyValues({ 'rabbitmq.queue.name': 'invoices.post' }),
                  })),
                },
              },
            ],
          },
        ],
      },
    ],
  })
  await server.derived('acme')
})

const nanos = (ms: number): string => String(BigInt(ms) * 1_000_000n)

async function send(signal: 'traces' | 'logs' | 'metrics', body: unknown): Promise<void> {
  const answer = await server.ask('POST', `/v1/${signal}`, { tenant: 'acme', body })
  assert.deepEqual([answer.status, answer.body], [200, {}], signal)
}

function log(severityNumber: number, body: string, hoursAgo: number, more: object = {}): unknown {
  return { timeUnixNano: nanos(NOW - hoursAgo * HOUR_MS + 600), severityNumber, body: { stringValue: body }, ...more }
}

/** Six postings of invoices to SAP, each with a tax lookup: the third fails, the fifth is throttled. */
function calls(): unknown[] {
  const sketches: SpanSketch[] = []
  for (let number = 1; number <= 6; number++) {
    const at = NOW - number * HOUR_MS
    const trace = hexId(number, 32)
    const root = hexId(number * 100, 16)
    const code = number === 3 ? 503 : number === 5 ? 429 : 201
    sketches.push(
      { trace, id: root, name: 'post invoice', kind: 1, at, ms: 900, attributes: { 'app.case.invoice': `INV-${number}` } },
      {
        trace,
        id: hexId(number * 100 + 1, 16),
        parent: root,
        name: 'POST /tax',
        at: at + 50,
        ms: 80,
        attributes: { 'app.system': 'vertex', 'http.request.method': 'POST', 'http.response.status_code': 200 },
      },
      {
        trace,
        id: hexId(number * 100 + 2, 16),
        parent: root,
        name: 'POST /invoices',
        at: at + 200,
        ms: 400 + number,
        attributes: { 'app.system': 'sap-eu', 'http.request.method': 'POST', 'http.response.status_code': code },
        ...(number === 3 ? { status: { code: 2, message: 'SAP dispatcher not reachable' } } : {}),
      },
    )
  }
  return sketches.map((sketch, position) => spanJson(sketch, position))
}

/** A run of an n8n workflow with two nodes, the second of which failed. */
function runs(): unknown[] {
  const trace = hexId(77, 32)
  const at = NOW - 2 * HOUR_MS
  const of = { 'n8n.workflow.name': 'Invoice intake', 'n8n.execution.id': '8123' }
  return [
    {
      trace,
      id: hexId(7700, 16),
      name: 'workflow.execute',
      kind: 1,
      at,
      ms: 2000,
      attributes: { ...of, 'n8n.execution.status': 'error', 'app.case.invoice': 'INV-2' },
      status: { code: 2, message: 'Post to SAP: no answer' },
    },
    {
      trace,
      id: hexId(7701, 16),
      parent: hexId(7700, 16),
      name: 'node.execute',
      kind: 1,
      at: at + 20,
      ms: 300,
      attributes: { ...of, 'n8n.node.name': 'Extract fields' },
    },
    {
      trace,
      id: hexId(7702, 16),
      parent: hexId(7700, 16),
      name: 'node.execute',
      kind: 1,
      at: at + 400,
      ms: 1500,
      attributes: { ...of, 'n8n.node.name': 'Post to SAP' },
      status: { code: 2, message: 'no answer' },
    },
  ].map((sketch: SpanSketch, position) => spanJson(sketch, position))
}

/** What happened to the invoices, and what an AI did to two of them: one reviewed, one approved by nobody. */
function events(): unknown[] {
  const event = (id: string, type: string, number: number, data: object): unknown => ({
    specversion: '1.0',
    id,
    source: '/erp/acme',
    type,
    time: new Date(NOW - 8 * HOUR_MS + number * 60_000).toISOString(),
    data: { object: `invoice/INV-${number}`, system: 'sap-eu', ...data },
  })
  const actor = { id: 'ap-agent', kind: 'ai_agent' }
  return [
    ...[1, 2, 3, 4, 5, 6].map((number) => event(`r-${number}`, 'invoice.received', number, {})),
    event('ai-1', 'ai.acted', 1, {
      actor,
      ai: {
        model: 'coder-2',
        kind: 'classification',
        input_ref: 'doc/1',
        confidence: 0.97,
        reviewer: 'u17',
        decision: 'accepted',
      },
    }),
    ...Array.from({ length: 12 }, (_, index) =>
      event(`ai-s${index}`, 'ai.suggested', 4, {
        actor,
        ai: {
          model: 'coder-2',
          kind: 'classification',
          input_ref: `line/${index}`,
          confidence: 0.91,
          reviewer: 'u17',
          decision: index < 9 ? 'accepted' : 'overridden',
        },
      }),
    ),
    // A nightly flow that stays away for three days now.
    ...Array.from({ length: 25 }, (_, index) => ({
      specversion: '1.0',
      id: `nightly-${index}`,
      source: '/n8n',
      type: 'workflow_run.started',
      time: new Date(NOW - 5 * HOUR_MS - (index + 3) * 24 * HOUR_MS).toISOString(),
      data: { object: `workflow_run/nightly-${index}`, system: 'n8n', step: 'Nightly close' },
    })),
    event('ai-2', 'invoice.approved', 2, { actor, ai: { model: 'approver-1', kind: 'recommendation', confidence: 0.7 } }),
  ]
}

test('systems stand with the figures of the API; one opens with its errors and the documents that wait for it', async (t) => {
  const page = await open(t, '/integrations?tenant=acme')
  await settled(page)
  assert.equal(new URL(page.url()).pathname, '/integrations/systems')
  const { systems } = await view<Integrations>(server, 'acme', '/v1/integrations')
  const table = page.getByRole('region', { name: 'List of systems' })
  const sap = systems.find(({ system }) => system === 'sap-eu')
  assert.deepEqual([sap?.calls, sap?.throttled, sap?.documents_blocked], [6, 1, 2])
  for (const { system, calls, error_rate } of systems.filter((one) => one.calls > 0)) {
    const row = table.getByRole('row').filter({ hasText: system === 'sap-eu' ? 'SAP Europe' : system })
    await row
      .getByRole('cell', { name: String(calls), exact: true })
      .first()
      .waitFor()
    await shows(row, `${((error_rate ?? 0) * 100).toFixed(1)}%`)
  }
  await page.locator('.recharts-wrapper').first().waitFor()
  await shows(table.getByRole('link', { name: 'Runbook' }), 'Runbook')

  await table.getByRole('link', { name: 'SAP Europe' }).click()
  const detail = await view<IntegrationDetail>(server, 'acme', '/v1/integrations/systems/sap-eu')
  await shows(figure(page, 'Calls'), whole(detail.system.calls))
  await shows(figure(page, 'Documents blocked'), whole(detail.system.documents_blocked))
  const blocked = page.getByRole('region', { name: 'List of documents that wait for this system' })
  await shows(blocked.getByRole('row').filter({ hasText: 'INV-3' }), 'SAP dispatcher not reachable')
  await page.getByRole('region', { name: 'Latest failing calls' }).getByRole('row').nth(2).waitFor()
  await blocked.getByRole('link', { name: 'INV-3' }).click()
  await page.getByRole('heading', { level: 1, name: 'INV-3' }).waitFor()
})

test('a failing call leads to its trace: a waterfall with the failure chosen, its documents, events and logs', async (t) => {
  const page = await open(t, '/integrations/traces?tenant=acme')
  await page.getByText('With a failure', { exact: true }).click()
  const list = page.getByRole('region', { name: 'List of traces' })
  const row = list.getByRole('row').filter({ hasText: 'INV-3' })
  await row.getByRole('link', { name: 'post invoice' }).click()
  const trace = await view<Trace>(server, 'acme', `/v1/integrations/traces/${FAILED}`)
  await shows(figure(page, 'Spans'), whole(trace.spans.length))
  const bars = page.getByRole('list', { name: 'Spans of the trace' })
  assert.equal(await bars.getByRole('button').count(), 3)
  await bars.getByRole('button', { name: /^POST \/invoices: failed/u, pressed: true }).waitFor()
  await page.getByRole('region', { name: 'POST /invoices' }).getByText('SAP dispatcher not reachable').waitFor()
  await bars.getByRole('button', { name: /^POST \/tax/u }).click()
  await page.getByRole('region', { name: 'POST /tax' }).getByRole('link', { name: 'vertex' }).waitFor()
  await shows(page.getByRole('region', { name: 'List of log records' }), 'posting INV-3 failed')
  await page.getByRole('link', { name: 'INV-3' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'INV-3' }).waitFor()
})

test('a document shows the calls that served it, and the way to it in its system once that is registered', async (t) => {
  const page = await open(t, '/objects/invoice/INV-3?tenant=acme')
  await page.getByRole('button', { name: 'sap-eu: POST /invoices' }).waitFor()
  await shows(page.locator('.timeline-call').filter({ hasText: 'POST /invoices' }), /System unavailable.*failed · 503/u)
  await page.getByRole('switch', { name: 'Calls between systems' }).click()
  await page.locator('.timeline-call').first().waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('link', { name: /^Open in/u }).count(), 0)

  await page.goto(new URL('/integrations/systems?tenant=acme', server.url).href)
  await page.getByRole('button', { name: 'Edit SAP Europe' }).click()
  const form = page.getByRole('dialog', { name: 'Edit SAP Europe' })
  await form.getByLabel('Link to a document in it').fill('http://sap.example.com/{id}')
  await shows(form, 'is not an https address')
  await form.getByLabel('Link to a document in it').fill('https://sap.example.com/{type}/{id}')
  await shows(form, 'https://sap.example.com/invoice/INV-1001')
  assert.deepEqual(await barriers(page), [])
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'detached' })
  await page.goto(new URL('/objects/invoice/INV-3?tenant=acme', server.url).href)
  const link = page.getByRole('link', { name: 'Open in SAP Europe' })
  assert.equal(await link.getAttribute('href'), 'https://sap.example.com/invoice/INV-3')
})

test('a system that only telemetry knows is registered from the list', async (t) => {
  const page = await open(t, '/integrations/systems?tenant=acme')
  await page.getByRole('button', { name: 'Edit vertex' }).click()
  const form = page.getByRole('dialog', { name: 'Register a system' })
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Vertex tax engine')
  await form.getByLabel('Class').selectOption('Tax')
  await form.getByRole('button', { name: 'Register it' }).click()
  await page.getByRole('region', { name: 'List of systems' }).getByRole('link', { name: 'Vertex tax engine' }).waitFor()
  const { systems } = await view<Systems>(server, 'acme', '/v1/systems')
  assert.equal(systems.find(({ id }) => id === 'vertex')?.class, 'tax')
})

test('queues, runs with their nodes, and logs are there with their filters', async (t) => {
  const page = await open(t, '/integrations/queues?tenant=acme')
  const queue = page
    .getByRole('region', { name: 'List of series of queue depth' })
    .getByRole('row')
    .filter({ hasText: 'invoices.post' })
  await queue.getByRole('cell', { name: '41', exact: true }).first().waitFor()

  await page.getByRole('tab', { name: 'Workflow runs' }).click()
  const { runs: all } = await view<Runs>(server, 'acme', '/v1/runs')
  assert.deepEqual(
    all.map(({ run, status }) => [run, status]),
    [['n8n:8123', 'failed']],
  )
  const nightly = page.getByRole('region', { name: 'List of workflows' }).getByRole('row').filter({ hasText: 'Nightly close' })
  await shows(nightly, 'silent')
  const missed = page.getByRole('region', { name: 'List of starts that were expected' }).getByRole('row')
  await shows(missed.filter({ hasText: 'Nightly close' }), 'none yet')
  await page.getByRole('link', { name: 'n8n:8123' }).click()
  await shows(figure(page, 'Failed nodes'), whole(all[0]?.failed_nodes ?? -1))
  const bars = page.getByRole('list', { name: 'Nodes and calls of the run' })
  await bars.getByRole('button', { name: /Extract fields/u }).click()
  await page.getByRole('region', { name: 'Extract fields' }).waitFor()

  await page.getByRole('tab', { name: 'Logs' }).click()
  const lines = page.getByRole('region', { name: 'List of log records' }).getByRole('row')
  await lines.nth(2).waitFor()
  await page.getByLabel('Severity').selectOption('Errors and worse')
  await shows(page.getByText(/shown, latest first/u), '1 record')
  await shows(lines, 'posting INV-3 failed')
})

test('AI actions stand by kind and model; one that nobody decided stands apart with its document', async (t) => {
  const page = await open(t, '/ai?tenant=acme')
  await shows(figure(page, 'Took effect unreviewed'), whole(1))
  const unreviewed = page.getByRole('region', { name: 'List of what took effect' }).getByRole('row')
  await shows(unreviewed.filter({ hasText: 'INV-2' }), 'ap-agent, approver-1')
  await shows(page.getByRole('region', { name: 'AI actions by kind and model' }).getByRole('row'), 'coder-2')
  await page.getByRole('img', { name: /stated 91.5%, 76.9% of 13/u }).waitFor()
  await unreviewed.getByRole('link', { name: 'INV-2' }).click()
  await page.getByRole('heading', { level: 1, name: 'INV-2' }).waitFor()
})

test('the keys g and i lead to the integrations, and the span stays from section to section', async (t) => {
  const page = await open(t, '/?tenant=acme')
  await settled(page)
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await page.waitForURL(/\/integrations/u)
  await page.getByText('7 d', { exact: true }).click()
  await page.getByText('last 7 days').waitFor()
  await page.getByRole('tab', { name: 'Traces' }).click()
  await page.getByRole('region', { name: 'List of traces' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('span'), '7d')
})

const PAGES = [
  '/integrations/systems?tenant=acme',
  '/integrations/systems/sap-eu?tenant=acme',
  '/integrations/queues?tenant=acme',
  '/integrations/runs?tenant=acme',
  '/integrations/runs/n8n%3A8123?tenant=acme',
  '/integrations/traces?tenant=acme',
  `/integrations/traces/${FAILED}?tenant=acme`,
  '/integrations/logs?tenant=acme',
  '/objects/invoice/INV-3?tenant=acme',
  '/ai?tenant=acme',
  '/integrations/systems?tenant=newcomer',
  '/ai?tenant=newcomer',
]
for (const scheme of ['light', 'dark'] as const)
  test(`no page about integrations or AI has a barrier that axe finds, ${scheme} theme`, async (t) => {
    const page = await open(t, PAGES[0] ?? '/', { scheme })
    await settled(page)
    for (const path of PAGES) {
      await page.goto(new URL(path, server.url).href)
      await settled(page)
      assert.deepEqual(await barriers(page), [], path)
    }
  })
