import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { DelayDocuments, Delays, DocumentDelays } from '../api/contract/delays.ts'
import type { ObjectTimeline } from '../api/contract/object.ts'
import { DELAY_GROUPS, SEGMENT_GROUPS } from '../queries/delays/scope.ts'
import { sharedServer, type TestServer } from './support/server.ts'

const FOLDER = new URL('attribution/', import.meta.url)
const HOUR = 3600
const CASES = {
  A: 'a-price-mismatch-over-an-outage',
  C: 'c-receipt-missing-for-a-silent-feed',
  D: 'd-posting-into-an-outage',
  F: 'f-sent-back-to-the-supplier',
  L: 'late-for-two-causes-together',
} as const

let server: TestServer
let tenant: string

type Event = { id: string; time: string; data: Record<string, unknown> }

/** The events of a golden case about an invoice, under an invoice's name of its own, `days` later. */
function eventsOf(mark: keyof typeof CASES, days = 0): Event[] {
  const lines = readFileSync(new URL(`${CASES[mark]}/events.jsonl`, FOLDER), 'utf8').trim()
  const renamed = lines
    .replaceAll('"I1"', `"${mark}${days}"`)
    .replaceAll(/"(EX|AP|INC)-(\d)"/gu, `"$1-$2-${mark}${days}"`)
    .replaceAll(/"(?:post|tax):I1"/gu, `"op-${mark}${days}"`)
    .replaceAll(/"e(\d)"/gu, `"e$1-${mark}${days}"`)
    .split('\n')
  return renamed.map((line) => {
    const event = JSON.parse(line) as Event
    const time = new Date(Date.parse(event.time) + days * 86_400_000).toISOString()
    const due = event.data['due_at']
    return {
      ...event,
      time,
      data: {
        ...event.data,
        ...(typeof due === 'string' ? { due_at: new Date(Date.parse(due) + days * 86_400_000).toISOString() } : {}),
        attributes: { entity: mark === 'F' ? 'FR01' : 'DE01', supplier: 'S-9' },
      },
    }
  })
}

async function send(events: unknown[], to = tenant): Promise<void> {
  const sent = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant: to, body: events })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []], JSON.stringify(sent.body))
  await server.derived(to)
}

async function delays(query: string, of = tenant): Promise<Delays> {
  const { status, body } = await server.ask<Delays>('GET', `/v1/process/invoice/delays?${query}`, { tenant: of })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
async function documents(query: string, of = tenant): Promise<DelayDocuments['documents']> {
  const path = `/v1/process/invoice/delays/documents?${query}`
  const { status, body } = await server.ask<DelayDocuments>('GET', path, { tenant: of })
  assert.equal(status, 200, JSON.stringify(body))
  return body.documents
}
async function ofDocument(id: string, of = tenant, type = 'invoice'): Promise<DocumentDelays> {
  const { body } = await server.ask<ObjectTimeline>('GET', `/v1/objects/${type}/${id}`, { tenant: of })
  assert.ok(body.delays, JSON.stringify(body))
  return body.delays
}

const MARCH = 'from=2026-03-01&to=2026-03-16'
const hours = (s: number): number => Math.round((s / HOUR) * 1e6) / 1e6

before(async () => {
  server = await sharedServer()
  tenant = await server.freshTenant()
  await send((Object.keys(CASES) as (keyof typeof CASES)[]).flatMap((mark) => eventsOf(mark)))
})
after(() => server.close())

test('the causes of all documents add up to their elapsed time, and each document tells its own', async () => {
  const answer = await delays(MARCH)
  const total = answer.causes.reduce((sum, one) => sum + one.working_s + one.off_s, 0)
  assert.equal(answer.documents, 5)
  assert.equal(hours(total), hours(answer.elapsed_s))
  const technical = answer.causes.find((one) => one.cause === 'technical')
  assert.equal(hours(technical?.working_s ?? 0), hours((42.5 + 66 + 5 / 60 + 24) * HOUR), 'C, D and the late one')
  const one = await ofDocument('A0')
  assert.deepEqual(
    one.segments.map(({ cause, working_s, off_s, holder }) => [cause, hours(working_s), hours(off_s), holder]),
    [
      ['business_exception', 2, 0, ''],
      ['business_exception', 5, 64, 'bob'],
      ['queue', hours(300), 0, ''],
    ],
  )
  assert.equal((await ofDocument('C0')).segments[0]?.system, 'wms', 'the system at the root')
})

test('documents are found by cause, stage, holder, system and by what made them late', async () => {
  const ids = async (query: string) => (await documents(`${MARCH}&${query}`)).map(({ id }) => id)
  assert.deepEqual(await ids('cause=technical'), ['D0', 'C0', 'L0'])
  assert.deepEqual(await ids('holder=bob'), ['A0', 'D0'])
  assert.deepEqual(await ids('system=sap'), ['D0'])
  assert.deepEqual(await ids('late_because=technical%2Bsupplier'), ['L0'])
  assert.deepEqual(await ids('late_because=technical'), [])
  assert.deepEqual(await ids('entity=FR01'), ['F0'])
  assert.deepEqual((await documents(`${MARCH}&limit=2`)).length, 2)
  const { late } = await delays(MARCH)
  assert.deepEqual([late.with_deadline, late.late, late.unexplained], [1, 1, 0])
  assert.ok(late.because.some(({ causes, documents: n }) => causes.join('+') === 'technical+supplier' && n === 1))
})

test('time is grouped by what documents are and by what segments are', async () => {
  const byEntity = await delays(`${MARCH}&group_by=entity`)
  assert.deepEqual(
    byEntity.groups.map(({ group, documents: n }) => [group, n]),
    [
      ['DE01', 4],
      ['FR01', 1],
    ],
  )
  const bySystem = await delays(`${MARCH}&group_by=system`)
  const systems = bySystem.rows
    .filter((row) => row.cause === 'technical')
    .map(({ group, working_s }) => [group, hours(working_s)])
  assert.deepEqual(systems, [
    ['sap', hours((66 + 5 / 60) * HOUR)],
    ['tax', 24],
    ['wms', 42.5],
  ])
  for (const name of DELAY_GROUPS) {
    const { rows, groups, elapsed_s } = await delays(`${MARCH}&group_by=${name}`)
    assert.equal(hours(rows.reduce((sum, row) => sum + row.working_s + row.off_s, 0)), hours(elapsed_s), name)
    const isOfSegments = (SEGMENT_GROUPS as readonly string[]).includes(name)
    assert.equal(
      groups.reduce((sum, row) => sum + row.documents, 0),
      isOfSegments ? 0 : 5,
      name,
    )
  }
  const byDay = await delays(`${MARCH}&bucket=day`)
  assert.deepEqual(
    byDay.groups.map(({ bucket, documents: n }) => [bucket.slice(0, 10), n]),
    [
      ['2026-03-04', 2],
      ['2026-03-05', 1],
      ['2026-03-09', 2],
    ],
  )
})

test('the difference of two periods is told by stage and cause', async () => {
  const own = await server.freshTenant()
  await send([...eventsOf('A', 0), ...eventsOf('D', 14)], own)
  const answer = await delays('from=2026-03-15&to=2026-03-29&compare=previous', own)
  const changes = Object.fromEntries(answer.stages.map((one) => [`${one.stage} ${one.cause}`, hours(one.change_s ?? Number.NaN)]))
  assert.deepEqual(changes, {
    'posting technical': hours((66 + 5 / 60) * HOUR),
    'posting business_exception': -68,
    'posting queue': 1,
  })
  assert.equal(answer.previous?.documents, 1)
})

test('documents that are open say what they wait for now, and close when the answer comes, however late', async () => {
  const own = await server.freshTenant()
  const asked = eventsOf('F').slice(0, 1)
  await send(asked, own)
  const waiting = await ofDocument('F0', own)
  assert.deepEqual(
    [waiting.finished, waiting.provisional, waiting.open?.cause, waiting.open?.holder],
    [false, true, 'supplier', 'S-9'],
  )
  assert.ok(waiting.elapsed_s > 0 && waiting.segments.length === 0)
  const { open, documents: finished } = await delays(MARCH, own)
  assert.deepEqual([finished, open.map(({ cause, documents: n }) => [cause, n])], [0, [['supplier', 1]]])
  assert.deepEqual(
    (await documents(`${MARCH}&open_cause=supplier`, own)).map(({ id }) => id),
    ['F0'],
  )
  const asOf = new Date().toISOString()
  await send(eventsOf('F').slice(1), own)
  const closed = await ofDocument('F0', own)
  assert.deepEqual(
    [closed.finished, closed.open, hours(closed.segments[0]?.working_s ?? 0)],
    [true, null, 16],
    'a supplier in office hours',
  )
  assert.equal((await delays(MARCH, own)).documents, 1)
  assert.deepEqual((await delays(MARCH, own)).open, [])
  const then = await delays(`${MARCH}&as_of=${encodeURIComponent(asOf)}`, own)
  assert.deepEqual([then.documents, then.open.length], [0, 1], 'as it was known before the answer came')
})

test('the way of an invoice is told from the requisition to the payment, and no instant twice', async () => {
  const own = await server.freshTenant()
  const objects = (...ids: string[]) =>
    ids.map((id) => ({ type: { R: 'requisition', P: 'purchase_order', I: 'invoice' }[id.slice(0, 1)] ?? '', id }))
  let number = 0
  const event = (type: string, time: string, ids: string[], data: Record<string, unknown> = {}) => ({
    specversion: '1.0',
    id: `w${++number}`,
    source: '/way',
    type,
    time,
    data: { objects: objects(...ids), actor: { id: 'bot', kind: 'system' }, ...data },
  })
  await send(
    [
      event('requisition.created', '2026-03-02T08:00:00Z', ['R1']),
      event('requisition.submitted', '2026-03-02T09:00:00Z', ['R1']),
      event('approval.requested', '2026-03-02T09:00:00Z', ['R1'], {
        step: 'a',
        waits_on: { kind: 'person', id: 'bob', step: 'a' },
      }),
      event('approval.decided', '2026-03-02T15:00:00Z', ['R1'], { step: 'a' }),
      event('requisition.approved', '2026-03-02T15:00:00Z', ['R1']),
      event('requisition.converted', '2026-03-02T16:00:00Z', ['R1', 'P1']),
      event('po.created', '2026-03-02T16:00:00Z', ['P1', 'R1']),
      event('po.sent', '2026-03-02T17:00:00Z', ['P1', 'R1'], {
        step: 'po.send',
        waits_on: { kind: 'supplier', id: 'S-9', step: 'po.deliver' },
      }),
      event('invoice.received', '2026-03-03T17:00:00Z', ['I9', 'P1']),
      event('goods_receipt.recorded', '2026-03-04T17:00:00Z', ['P1', 'R1'], { step: 'po.deliver' }),
      event('invoice.posted', '2026-03-03T19:00:00Z', ['I9', 'P1']),
      event('po.closed', '2026-03-05T17:00:00Z', ['P1', 'R1']),
      event('payment.cleared', '2026-03-06T19:00:00Z', ['I9']),
    ],
    own,
  )
  const path = `/v1/process/procure_to_pay/delays`
  const { body: answer } = await server.ask<Delays>('GET', `${path}?${MARCH}`, { tenant: own })
  assert.deepEqual([answer.documents, hours(answer.elapsed_s)], [1, 4 * 24 + 10], 'from the submission on')
  const charged = answer.causes
    .filter((one) => one.working_s + one.off_s > 0)
    .map((one) => [one.cause, hours(one.working_s + one.off_s)])
  assert.deepEqual(charged, [
    ['supplier', 24],
    ['person', 6],
    ['queue', 76],
  ])
  const { body: listed } = await server.ask<DelayDocuments>('GET', `${path}/documents?${MARCH}`, { tenant: own })
  assert.deepEqual(
    listed.documents[0]?.segments.map(({ from, cause, stage }) => `${from.slice(8, 13)} ${cause} ${stage}`),
    [
      '02T09 person requisition approval',
      '02T15 queue requisition ordering',
      '02T16 queue order dispatch',
      '02T17 supplier order delivery',
      '03T17 queue invoice posting',
      '03T19 queue invoice settlement',
    ],
  )
  const { body: then } = await server.ask<Delays>('GET', `${path}?${MARCH}&as_of=2026-01-01`, { tenant: own })
  assert.equal(then.documents, 0)
})

test('an empty window is refused, and a type without documents has no time', async () => {
  const backwards = await server.ask<{ code: string }>('GET', '/v1/process/invoice/delays?from=2026-03-02&to=2026-03-01', {
    tenant,
  })
  assert.deepEqual([backwards.status, backwards.body.code], [400, 'parameter_invalid'])
  const unknown = await server.ask<Delays>('GET', '/v1/process/nothing/delays', { tenant })
  assert.deepEqual([unknown.status, unknown.body.documents, unknown.body.rows], [200, 0, []])
})
