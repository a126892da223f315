import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sharedServer, type TestServer } from './support/server.ts'

type CloudEvent = { id: string; time: string; type: string; data: Record<string, unknown> } & Record<string, unknown>

const seed = Number(process.env['SEED'] ?? 20260302)
let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

function random(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

/** A log with rework, equal instants, several objects an event, exceptions with a technical root, and operations. */
function log(): CloudEvent[] {
  const pick = random(seed)
  const events: CloudEvent[] = []
  let seq = 0
  const add = (time: number, type: string, data: Record<string, unknown>) =>
    events.push({
      specversion: '1.0',
      id: `e${events.length}`,
      source: '/erp',
      type,
      time: new Date(time).toISOString(),
      data: { seq: seq++, ...data },
    })
  const steps = [
    'invoice.received',
    'invoice.captured',
    'invoice.match_started',
    'invoice.matched',
    'invoice.approved',
    'invoice.posted',
  ]
  add(Date.UTC(2026, 0, 4), 'exception.raised', {
    objects: [{ type: 'connector', id: 'wms' }],
    exception: { id: 'INC-1', state: 'raised' },
    outcome: { status: 'timeout', code: 'SOURCE_SILENT' },
    system: 'wms',
  })
  for (let number = 0; number < 120; number++) {
    const objects = [
      { type: 'invoice', id: `INV-${number}` },
      { type: 'purchase_order', id: `PO-${Math.floor(number / 3)}` },
    ]
    const attributes = { entity: number % 2 === 0 ? 'DE01' : 'PL02', supplier: `S-${number % 7}` }
    let time = Date.UTC(2026, 0, 5) + Math.floor(pick() * 40 * 86_400) * 1000
    for (const type of steps) {
      if (pick() < 0.1) continue
      add(time, type, { objects, attributes, actor: { id: 'u1', kind: 'human' } })
      if (pick() < 0.15) add(time, type, { objects, attributes })
      if (pick() < 0.6) time += Math.floor(pick() * 200_000) * 1000
    }
    if (pick() < 0.3)
      add(time, 'exception.raised', {
        objects,
        attributes,
        exception: { id: `EX-${number}`, state: 'raised', caused_by: pick() < 0.4 ? 'INC-1' : null },
        outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
      })
    if (pick() < 0.3)
      add(time, 'operation.failed', {
        objects,
        attributes,
        operation: { id: `post-${number}`, attempt: 1 },
        outcome: { status: 'failed', code: 'HTTP 503', retryable: true },
        system: 'sap-eu',
      })
  }
  return events
}

const RANGE = 'from=2026-01-01&to=2026-06-01'
const QUESTIONS = [
  '/v1/process',
  ...['invoice', 'purchase_order'].flatMap((type) =>
    ['summary', 'variants', 'map', 'durations'].map((view) => `/v1/process/${type}/${view}`),
  ),
  `/v1/kpis/exception-rate?${RANGE}&bucket=week&group_by=entity`,
  `/v1/kpis/technical-failure-rate?${RANGE}`,
  `/v1/kpis/invoice-cycle?${RANGE}&group_by=supplier`,
  `/v1/kpis/unclassified-rate?${RANGE}`,
  `/v1/kpis/rework-rate?${RANGE}`,
  `/v1/exceptions?${RANGE}`,
]

async function answers(tenant: string): Promise<string[]> {
  await server.derived(tenant)
  return Promise.all(
    QUESTIONS.map(async (path) => {
      const { status, body } = await server.ask('GET', path, { tenant })
      assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`)
      return `${path} ${JSON.stringify(body)}`
    }),
  )
}

async function send(tenant: string, events: readonly CloudEvent[]): Promise<void> {
  const { status, body } = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant, body: events })
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300))
  assert.deepEqual(body.rejected, [])
}

function shuffled<T>(items: readonly T[], pick: () => number): T[] {
  const copy = [...items]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(pick() * (at + 1))
    ;[copy[at], copy[other]] = [copy[other] as T, copy[at] as T]
  }
  return copy
}

async function reference(): Promise<string[]> {
  const tenant = await server.freshTenant()
  await send(tenant, log())
  return answers(tenant)
}

test('the log is rich enough to tell a difference', async () => {
  const text = (await reference()).join('\n')
  assert.match(text, /"variants":[1-9]\d/u)
  assert.match(text, /match\.receipt/u)
  assert.match(text, /"class":"technical","category":"silence","items":1?\d/u)
})

const deliveries: Record<string, (events: CloudEvent[], pick: () => number) => CloudEvent[][]> = {
  shuffled: (events, pick) => [shuffled(events, pick)],
  'every event twice, shuffled': (events, pick) => [shuffled([...events, ...events], pick)],
  'split over ten requests': (events) =>
    Array.from({ length: 10 }, (_, at) => events.filter((_event, position) => position % 10 === at)),
  'sent twice': (events) => [events, events],
  'backwards, one request for each thirty': (events) => {
    const back = events.toReversed()
    return Array.from({ length: Math.ceil(back.length / 30) }, (_, at) => back.slice(at * 30, at * 30 + 30))
  },
}
for (const [name, deliver] of Object.entries(deliveries))
  test(`the same log ${name} gives byte-equal answers`, async () => {
    const tenant = await server.freshTenant()
    for (const request of deliver(log(), random(seed + 1))) await send(tenant, request)
    assert.deepEqual(await answers(tenant), await reference())
  })

test('ten requests at once give byte-equal answers', async () => {
  const tenant = await server.freshTenant()
  const events = log()
  await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      send(
        tenant,
        events.filter((_event, position) => position % 10 === at),
      ),
    ),
  )
  assert.deepEqual(await answers(tenant), await reference())
})

/** Corrections of every seventh event: another activity and instant, another object; then back to what it was. */
function corrections(events: readonly CloudEvent[]): { there: CloudEvent[]; back: CloudEvent[] } {
  const picked = events.filter((_, at) => at % 7 === 3)
  return {
    there: picked.map((event) => ({
      ...event,
      id: `${event.id}-c1`,
      type: 'invoice.cancelled',
      time: new Date(Date.parse(event.time) + 3_600_000).toISOString(),
      data: { ...event.data, corrects: event.id, objects: [{ type: 'invoice', id: 'INV-WRONG' }] },
    })),
    back: picked.map((event) => ({ ...event, id: `${event.id}-c2`, data: { ...event.data, corrects: `${event.id}-c1` } })),
  }
}

test('corrected and corrected back gives byte-equal answers, in whatever order it arrives', async () => {
  const events = log()
  const { there, back } = corrections(events)
  const before = await reference()

  const inOrder = await server.freshTenant()
  await send(inOrder, events)
  await send(inOrder, there)
  const moved = await answers(inOrder)
  assert.notDeepEqual(moved, before, 'a correction moves the numbers')
  await send(inOrder, back)
  assert.deepEqual(await answers(inOrder), before)

  const backwards = await server.freshTenant()
  await send(backwards, back)
  await send(backwards, there)
  await send(backwards, events)
  assert.deepEqual(await answers(backwards), before)

  const mixed = await server.freshTenant()
  await send(mixed, shuffled([...events, ...there, ...back], random(seed + 2)))
  assert.deepEqual(await answers(mixed), before)
})

test('a correction without its way back is the log as if it had always been so', async () => {
  const events = log()
  const { there } = corrections(events)
  const corrected = new Set(there.map((event) => event.data['corrects']))
  const plain = await server.freshTenant()
  await send(plain, [
    ...events.filter((event) => !corrected.has(event.id)),
    ...there.map((event) => ({ ...event, data: { ...event.data, corrects: undefined } })),
  ])
  const tenant = await server.freshTenant()
  await send(tenant, shuffled([...events, ...there], random(seed + 3)))
  const views = (all: string[]) => all.filter((answer) => answer.includes('/v1/process'))
  assert.deepEqual(views(await answers(tenant)), views(await answers(plain)))
})

test("another tenant's rows change none of mine", async () => {
  const mine = await server.freshTenant()
  await send(mine, log())
  const before = await answers(mine)
  const other = await server.freshTenant()
  await send(
    other,
    log().map((event) => ({ ...event, time: new Date(Date.parse(event.time) + 86_400_000).toISOString() })),
  )
  assert.deepEqual(await answers(mine), before)
  assert.notDeepEqual(await answers(other), before)
})

test('two different events with one id: the first stands, the second is kept and named as a conflict', async () => {
  const tenant = await server.freshTenant()
  const [first] = log().slice(1)
  assert.ok(first !== undefined)
  await send(tenant, [first])
  const before = await answers(tenant)
  const other = {
    ...first,
    type: 'invoice.cancelled',
    time: '2026-02-01T00:00:00Z',
    data: { ...first.data, objects: [{ type: 'invoice', id: 'INV-OTHER' }] },
  }
  const { body } = await server.ask<{ accepted: number; conflicts: { index: number }[] }>('POST', '/v1/events', {
    tenant,
    body: [other],
  })
  assert.equal(body.accepted, 0)
  assert.deepEqual(
    body.conflicts.map(({ index }) => index),
    [0],
  )
  assert.deepEqual(await answers(tenant), before)
  const sources = await server.ask<{ conflicts: { copies: number; natural_id: string }[] }>('GET', '/v1/sources', { tenant })
  assert.deepEqual(
    sources.body.conflicts.map(({ copies, natural_id }) => [copies, natural_id]),
    [[2, first.id]],
  )
})

test('the business exception rate does not move when technical failures are injected', async () => {
  const tenant = await server.freshTenant()
  const events = log()
  await send(tenant, events)
  const rate = async () => (await server.ask('GET', `/v1/kpis/exception-rate?${RANGE}&bucket=week`, { tenant })).body
  const failures = async () =>
    (await server.ask<{ rows: { value: number; n: number }[] }>('GET', `/v1/kpis/technical-failure-rate?${RANGE}`, { tenant }))
      .body.rows[0]
  await server.derived(tenant)
  const before = await rate()
  const failedBefore = await failures()
  await send(
    tenant,
    events
      .filter((event) => event.type === 'invoice.received')
      .flatMap((event, at) =>
        [1, 2, 3].map((attempt) => ({
          ...event,
          id: `tech-${at}-${attempt}`,
          type: attempt === 3 ? 'operation.abandoned' : 'operation.failed',
          data: {
            ...event.data,
            seq: 100_000 + at,
            operation: { id: `injected-${at}`, attempt },
            outcome: { status: ['failed', 'timeout', 'failed'][at % 3], code: ['HTTP 503', 'ETIMEDOUT', 'HTTP 401'][at % 3] },
            system: 'sap-eu',
            system_class: 'erp',
          },
        })),
      ),
  )
  await server.derived(tenant)
  assert.deepEqual(await rate(), before)
  const failedAfter = await failures()
  const injected = events.filter((event) => event.type === 'invoice.received').length
  assert.equal(failedAfter?.n, (failedBefore?.n ?? 0) + injected)
})
