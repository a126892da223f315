import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnectorRunner, type RunnerServices } from '../ingest/connectors/runner.ts'
import { createTelemetryWriter } from '../ingest/otlp/writer.ts'
import { createEventWriter } from '../ingest/write.ts'
import type { TenantId } from '../model/tenant.ts'
import { connectorStates } from '../platform/connector-state.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { createSource, updateSource } from '../platform/sources.ts'
import { createSystem } from '../platform/systems.ts'
import { type Execution, type N8nServer, startN8n } from './support/n8n.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)
const { db } = stores.postgres
const { writer: clickhouse } = stores.clickhouse
const secrets = await openSecretBox({ key: 'k'.repeat(40), folder: null })
const clock = () => Date.now() * 1000

let n8n: N8nServer
let tenant: TenantId
beforeEach(async () => {
  n8n = await startN8n()
  tenant = await freshTenant()
})
afterEach(async () => {
  await n8n.close()
  await stores.postgres.pool.query('DELETE FROM sources')
})

const SOURCE = 'flows'

async function register(config: Record<string, unknown> = {}, secret = n8n.key): Promise<void> {
  await createSource(
    db,
    secrets,
    {
      tenantId: tenant,
      id: SOURCE,
      name: 'Flows',
      kind: 'n8n',
      format: 'n8n-execution',
      config: { base_url: n8n.url, interval_s: 1, ...config },
      secret,
    },
    'test',
  )
}

function runner(more: Partial<RunnerServices> = {}) {
  return createConnectorRunner({
    db,
    clickhouse: stores.clickhouse,
    writer: createEventWriter({ clickhouse, now: clock }),
    telemetry: createTelemetryWriter({ clickhouse, now: clock }),
    secrets,
    now: clock,
    log,
    ...more,
  })
}
const { log } = await sharedStores()

/** Polls once, whether or not it is due. */
async function poll(more: Partial<RunnerServices> = {}): Promise<void> {
  await stores.postgres.pool.query(`UPDATE connector_state SET next_at = NULL WHERE tenant_id = $1`, [tenant])
  const one = runner(more)
  await one.tick()
  await one.stop()
}

const status = async () => (await connectorStates(db, tenant)).get(SOURCE)

async function rows<T>(query: string): Promise<T[]> {
  const answer = await clickhouse.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
  return answer.json<T>()
}

const told = () =>
  rows<{ id: string; activity: string }>(
    `SELECT natural_id AS id, activity FROM sightline.events FINAL WHERE tenant_id = {tenant:String} ORDER BY occurred_at, natural_id`,
  ).then((all) => all.map(({ id }) => id))

const count = (table: string, where = '1') =>
  rows<{ n: number }>(
    `SELECT toUInt32(count()) AS n FROM sightline.${table} FINAL WHERE tenant_id = {tenant:String} AND ${where}`,
  ).then(([row]) => row?.n)

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

function run(id: number, more: Partial<Execution> = {}): Execution {
  return {
    id,
    workflowId: 'wf-1',
    workflow: 'Post invoices',
    status: 'success',
    startedAt: minutesAgo(60 - (id % 50)),
    stoppedAt: minutesAgo(59 - (id % 50)),
    ...more,
  }
}

test('a run becomes events on its timeline and on those of its documents, and its nodes become calls', async () => {
  await createSystem(db, tenant, 'test', { id: 'sap-eu', name: 'SAP', class: 'erp', aliases: ['sap.example.com'] })
  await register({
    documents: [{ type: 'purchase_order', path: "$.data.resultData.runData['Read order'][0].data.main[0][*].json.po" }],
  })
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const started = Date.parse(`${day}T08:00:00Z`)
  n8n.put(
    run(8123, {
      status: 'error',
      startedAt: new Date(started).toISOString(),
      stoppedAt: new Date(started + 2500).toISOString(),
      retryOf: '8100',
      customData: { invoice_id: 'INV-1, INV-2', note: 'x' },
      nodes: [
        { name: 'Read order', type: 'n8n-nodes-base.code' },
        { name: 'Post to SAP', type: 'n8n-nodes-base.httpRequest', parameters: { url: 'https://sap.example.com/invoices' } },
      ],
      runData: {
        'Read order': [
          { startTime: started + 5, executionTime: 10, executionStatus: 'success', data: { main: [[{ json: { po: 'PO-7' } }]] } },
        ],
        'Post to SAP': [
          {
            startTime: started + 20,
            executionTime: 900,
            executionStatus: 'error',
            error: { name: 'NodeApiError', message: 'Service unavailable', httpCode: '503' },
          },
        ],
      },
      error: { name: 'NodeApiError', message: 'Service unavailable', httpCode: '503' },
    }),
  )
  await poll()
  assert.equal((await status())?.error, null)
  const events = await rows<Record<string, unknown>>(
    `SELECT natural_id, activity, step, status, code, class, system, workflow_run, source, object_types, object_ids, toString(occurred_at) AS at
     FROM sightline.events FINAL WHERE tenant_id = {tenant:String} ORDER BY occurred_at, seq`,
  )
  const documents = {
    object_types: ['workflow_run', 'purchase_order', 'invoice', 'invoice'],
    object_ids: ['n8n:8123', 'PO-7', 'INV-1', 'INV-2'],
  }
  const common = { system: 'n8n', workflow_run: 'n8n:8123', source: 'feed/flows' }
  assert.deepEqual(events, [
    {
      natural_id: '8123:running',
      activity: 'workflow_run.started',
      step: '',
      status: '',
      code: '',
      class: 'none',
      ...common,
      object_types: ['workflow_run'],
      object_ids: ['n8n:8123'],
      at: `${day} 08:00:00.000000`,
    },
    {
      natural_id: '8123:node:Read order:0',
      activity: 'workflow_run.step_completed',
      step: 'Read order',
      status: 'ok',
      code: '',
      class: 'none',
      ...common,
      ...documents,
      at: `${day} 08:00:00.015000`,
    },
    {
      natural_id: '8123:node:Post to SAP:0',
      activity: 'workflow_run.step_completed',
      step: 'Post to SAP',
      status: 'failed',
      code: 'HTTP 503',
      class: 'technical',
      ...common,
      ...documents,
      at: `${day} 08:00:00.920000`,
    },
    {
      natural_id: '8123:error',
      activity: 'workflow_run.failed',
      step: 'Post to SAP',
      status: 'failed',
      code: 'HTTP 503',
      class: 'technical',
      ...common,
      ...documents,
      at: `${day} 08:00:02.500000`,
    },
  ])
  const calls = await rows<Record<string, unknown>>(
    `SELECT system, system_class, kind, operation, status, status_code, duration_ms, class, workflow, workflow_run, trace_id, parent_span_id, object_ids, feed
     FROM sightline.integration_calls FINAL WHERE tenant_id = {tenant:String} ORDER BY started_at, kind`,
  )
  const call = {
    workflow: 'Post invoices',
    workflow_run: 'n8n:8123',
    trace_id: 'n8n:8123',
    object_ids: ['PO-7', 'INV-1', 'INV-2'],
    feed: 'flows',
  }
  assert.deepEqual(calls, [
    {
      system: 'n8n',
      system_class: 'workflow',
      kind: 'workflow',
      operation: 'Post invoices',
      status: 'failed',
      status_code: 0,
      duration_ms: 2500,
      class: 'technical',
      ...call,
      parent_span_id: '',
    },
    {
      system: 'n8n',
      system_class: 'workflow',
      kind: 'node',
      operation: 'Read order',
      status: 'ok',
      status_code: 0,
      duration_ms: 10,
      class: 'none',
      ...call,
      parent_span_id: 'run',
    },
    {
      system: 'sap-eu',
      system_class: 'erp',
      kind: 'connector',
      operation: 'Post to SAP',
      status: 'failed',
      status_code: 503,
      duration_ms: 900,
      class: 'technical',
      ...call,
      parent_span_id: 'run',
    },
  ])
  const ledger = await rows<{ received: number; arrived: number }>(
    `SELECT toUInt32(sum(received)) AS received, (SELECT toUInt32(sum(n)) FROM (SELECT groupBitmapMerge(ordinals) AS n FROM sightline.batch_arrivals WHERE tenant_id = {tenant:String} GROUP BY batch_id)) AS arrived
     FROM sightline.ingest_batches FINAL WHERE tenant_id = {tenant:String}`,
  )
  assert.deepEqual(ledger, [{ received: 7, arrived: 7 }])
})

test('a thousand runs come over several pages, each once, and polling again adds nothing', async () => {
  await register({ data: false, calls: false })
  n8n.put(...Array.from({ length: 1100 }, (_, at) => run(at + 1)))
  await poll()
  assert.equal(await count('events'), 2200)
  assert.ok(n8n.asked.filter((path) => path.includes('cursor=')).length >= 4)
  n8n.asked.length = 0
  await poll()
  assert.equal(await count('events'), 2200)
  assert.equal(n8n.asked.filter((path) => !path.includes('status=')).length, 1, n8n.asked.join('\n'))
  n8n.put(run(1101))
  await poll()
  assert.equal(await count('events'), 2202)
  assert.equal(
    await rows(`SELECT 1 FROM sightline.ingest_batches FINAL WHERE tenant_id = {tenant:String} AND received > 100`).then(
      (all) => all.length,
    ),
    0,
  )
})

test('only what began within the backfill is taken', async () => {
  await register({ data: false, backfill_days: 2 })
  n8n.put(run(1, { startedAt: minutesAgo(4 * 1440), stoppedAt: minutesAgo(4 * 1440) }), run(2))
  await poll()
  assert.deepEqual(await told(), ['2:running', '2:success'])
})

for (const behaviour of [
  { hides: 'running', listsRunning: true },
  { hides: 'active', listsRunning: true },
  { hides: 'active', listsRunning: false },
] as const)
  test(`a run that waits for days is seen waiting, and ending, where n8n hides ${behaviour.hides} runs and ${behaviour.listsRunning ? 'lists' : 'does not list'} them by status`, async () => {
    Object.assign(n8n.behaviour, behaviour)
    await register()
    const node = { startTime: Date.parse(minutesAgo(30)), executionTime: 5, executionStatus: 'success' }
    n8n.put(run(1))
    await poll()
    n8n.put(run(2, { status: 'running', stoppedAt: null }), run(3), run(4))
    await poll()
    assert.ok((await told()).includes('2:running'), 'seen under way')
    const stopped = minutesAgo(20)
    n8n.put(run(2, { status: 'waiting', stoppedAt: stopped, waitTill: '3000-01-01T00:00:00.000Z', runData: { Ask: [node] } }))
    await poll()
    await poll()
    assert.deepEqual(
      (await told()).filter((id) => id.startsWith('2:')).toSorted(),
      ['2:node:Ask:0', '2:running', `2:waiting:${stopped}`].toSorted(),
    )
    n8n.put(
      run(2, {
        stoppedAt: minutesAgo(1),
        customData: { invoice: 'I-9' },
        runData: { Ask: [node], Post: [{ ...node, startTime: Date.parse(minutesAgo(2)) }] },
      }),
    )
    await poll()
    await poll()
    assert.deepEqual(
      (await told()).filter((id) => id.startsWith('2:')).toSorted(),
      ['2:node:Ask:0', '2:node:Post:0', '2:running', '2:success', `2:waiting:${stopped}`].toSorted(),
    )
    const conflicts = await rows(
      `SELECT event_id FROM sightline.events WHERE tenant_id = {tenant:String} GROUP BY event_id HAVING uniqExact(content_hash) > 1`,
    )
    assert.deepEqual(conflicts, [], 'nothing was told twice in different words')
  })

test('runs that are over between two polls below a longer one are not missed', async () => {
  await register({ data: false })
  n8n.put(run(10))
  await poll()
  n8n.put(run(11, { status: 'running', stoppedAt: null }), run(12), run(14))
  n8n.behaviour.listsRunning = false
  await poll()
  n8n.put(run(11), run(13))
  await poll()
  const all = await told()
  for (const id of ['11:success', '12:success', '14:success']) assert.ok(all.includes(id), id)
})

test('a wrong key, a throttle, a fault and nonsense are told with a next step, and lose nothing', async () => {
  await register({}, 'wrong-key-1')
  n8n.put(run(1))
  await poll()
  assert.match((await status())?.error ?? '', /does not accept the key \(401\)\. Give the source a new key/u)
  assert.equal((await status())?.succeeded_at, null)
  const good = await freshTenant()
  tenant = good
  await register()
  const cases = [
    [{ status: 429, headers: { 'retry-after': '120' } }, /asked less often \(429\)/u],
    [{ status: 500 }, /has a problem of its own \(500\)/u],
    [{ status: 302, headers: { location: 'http://169.254.169.254/' } }, /leads elsewhere \(302\), which is not followed/u],
    ['truncated', /no JSON, or broke off/u],
    [{ body: '<html>login</html>' }, /no JSON/u],
    [{ body: '{"hello": "world"}' }, /not as n8n does/u],
  ] as const
  for (const [fault, expected] of cases) {
    n8n.fail('/executions', fault)
    await poll()
    assert.match((await status())?.error ?? '', expected)
  }
  assert.equal((await status())?.failures, cases.length)
  await poll()
  assert.deepEqual([(await status())?.error, (await status())?.failures], [null, 0])
  assert.deepEqual(await told(), ['1:running', '1:success'])
})

test('n8n that asks to wait two minutes is left alone that long', async () => {
  await register()
  n8n.fail('/executions', { status: 429, headers: { 'retry-after': '120' } })
  await poll()
  const waits = Date.parse((await status())?.next_at ?? '') - Date.now()
  assert.ok(waits > 110_000 && waits < 200_000, `${waits} ms`)
  n8n.asked.length = 0
  const again = runner()
  await again.tick()
  await again.stop()
  assert.deepEqual(n8n.asked, [])
})

test('where the results of one run cannot be had, the others come, and that run comes without them in the end', async () => {
  await register()
  n8n.put(run(1), run(2), run(3))
  n8n.fail('/executions/2?', { status: 500 }, { status: 500 }, { status: 500 }, { status: 500 })
  await poll()
  assert.deepEqual((await told()).filter((id) => id.endsWith('success')).toSorted(), ['1:success', '3:success'])
  await poll()
  await poll()
  assert.ok((await told()).includes('2:success'))
  assert.equal((await status())?.error, null)
})

test('a poll that breaks off in the middle goes on where it was, with nothing lost and nothing twice', async () => {
  await register({ data: false })
  n8n.put(...Array.from({ length: 700 }, (_, at) => run(at + 1)))
  n8n.fail('cursor=', 'truncated')
  await poll()
  assert.match((await status())?.error ?? '', /broke off/u)
  assert.equal(await count('events'), 500)
  n8n.put(run(701))
  await poll()
  await poll()
  assert.equal(await count('events'), 1402)
})

test('a source that is polled by one process is left to it, and taken over when that one is gone', async () => {
  await register()
  n8n.put(run(1))
  n8n.fail('/executions', 'hang')
  const first = runner({ leaseMs: 1500 })
  const hanging = first.tick()
  for (let waits = 0; n8n.asked.length === 0 && waits < 200; waits++) await sleep(20)
  const second = runner()
  await second.tick()
  assert.equal(n8n.asked.length, 1, 'the second leaves it alone')
  await stores.postgres.pool.query(
    `UPDATE connector_state SET lease_until = now() - interval '1 second', next_at = NULL WHERE tenant_id = $1`,
    [tenant],
  )
  await second.tick()
  assert.deepEqual(await told(), ['1:running', '1:success'])
  await first.stop()
  await hanging
  assert.equal((await status())?.error, null, 'the one that lost it says nothing')
  await second.stop()
})

test('stopping ends a poll at once and leaves the source to others', async () => {
  await register()
  n8n.fail('/executions', 'hang')
  const one = runner()
  const polling = one.tick()
  for (let waits = 0; n8n.asked.length === 0 && waits < 200; waits++) await sleep(20)
  const began = performance.now()
  await one.stop()
  await polling
  assert.ok(performance.now() - began < 2000)
  const { rows: left } = await stores.postgres.pool.query<{ lease_owner: string | null }>(
    `SELECT lease_owner FROM connector_state WHERE tenant_id = $1`,
    [tenant],
  )
  assert.deepEqual(left, [{ lease_owner: null }])
})

test('a source that is paused is not asked', async () => {
  await register()
  await updateSource(db, tenant, SOURCE, { state: 'paused' }, 'test')
  await poll()
  assert.deepEqual(n8n.asked, [])
})

test('an execution that cannot be read is a dead letter with its bytes', async () => {
  await register({ data: false })
  n8n.put(run(1), run(2, { startedAt: 'yesterday' }))
  await poll()
  const letters = await rows<Record<string, unknown>>(
    `SELECT code, format, coordinates, base64Decode(raw) AS raw FROM sightline.dead_letters FINAL WHERE tenant_id = {tenant:String}`,
  )
  assert.equal(letters.length, 1)
  assert.deepEqual(
    [letters[0]?.['code'], letters[0]?.['format'], letters[0]?.['coordinates']],
    ['n8n_invalid', 'n8n-execution', '{"request":"n8n/2","index":0}'],
  )
  assert.equal((JSON.parse(String(letters[0]?.['raw'])) as { startedAt: string }).startedAt, 'yesterday')
  await poll()
  assert.equal(await count('dead_letters'), 1)
})

test('a workflow that should have run and did not is found silent, and is no longer once it runs', async () => {
  await register({ data: false, calls: false, backfill_days: 30, workflows: [{ id: 'wf-never', every_s: 3600 }] })
  await stores.postgres.pool.query(`UPDATE sources SET created_at = now() - interval '1 day' WHERE tenant_id = $1`, [tenant])
  const hourly = (firstId: number, workflowId: string, lastHoursAgo: number) =>
    Array.from({ length: 400 }, (_, at) => {
      const startedAt = minutesAgo(60 * (lastHoursAgo + 399 - at) + 1)
      return run(firstId + at, { workflowId, startedAt, stoppedAt: startedAt })
    })
  n8n.put(...hourly(1, 'wf-1', 6), ...hourly(1001, 'wf-2', 0))
  await poll()
  const findings = () =>
    rows<{ subject: string; severity: string; state: string }>(
      `SELECT subject, severity, state FROM sightline.quality_findings FINAL WHERE tenant_id = {tenant:String} AND check_id = 'workflow_silent' ORDER BY subject`,
    )
  assert.deepEqual(await findings(), [
    { subject: 'wf-1', severity: 'warning', state: 'open' },
    { subject: 'wf-never', severity: 'error', state: 'open' },
  ])
  n8n.put(
    run(2001, { startedAt: minutesAgo(1), stoppedAt: minutesAgo(1) }),
    run(2002, { workflowId: 'wf-never', startedAt: minutesAgo(1), stoppedAt: minutesAgo(1) }),
  )
  await poll({ now: () => clock() + 120e6 })
  assert.deepEqual(
    (await findings()).map(({ state }) => state),
    ['gone', 'gone'],
  )
})
