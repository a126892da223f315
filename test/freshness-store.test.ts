import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { insertBatches } from '../ingest/ledger.ts'
import { createEventWriter } from '../ingest/write.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import { type Instant, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { freshness, OF_SOURCES, pastFreshness } from '../queries/freshness.ts'
import { tenantReader } from '../queries/run.ts'
import { randomFrom } from './support/random.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

const MINUTE = 60e6
const DAY = 24 * 60 * MINUTE
const NOW = Date.UTC(2026, 10, 20, 12) * 1000

let ids = 0

const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: () => NOW })

/** Stores events of a source that happened at these instants and arrived together. */
async function arrive(tenant: TenantId, source: string, happened: readonly Instant[], at: Instant, feed = 'http'): Promise<void> {
  const events = happened.map((time, ordinal) => {
    const event = readEvent(
      {
        specversion: '1.0',
        id: `e${++ids}`,
        source,
        type: 'invoice.received',
        time: instantToIso(time),
        data: { object: 'invoice/1' },
      },
      { tenant, receivedAt: at, fallbackSeq: 0 },
    )
    assert.ok(!isRefusal(event))
    return { event, ordinal }
  })
  await writer.writeBatch({ tenant, feed, token: `t${++ids}`, at, events, letters: [], ignored: 0 })
}

/** Events that come a minute after they happened. */
const arriveLive = (tenant: TenantId, source: string, happened: readonly Instant[]) =>
  Promise.all(happened.map((at) => arrive(tenant, source, [at], at + MINUTE)))

async function batches(tenant: TenantId, feed: string, ats: readonly Instant[]): Promise<void> {
  await insertBatches(
    stores.clickhouse.writer,
    ats.map((at) => ({
      batch: { tenant, feed, token: `${feed}${at}`, at },
      received: 1,
      inserted: 1,
      knownDuplicates: 0,
      rejected: 0,
      ignored: 0,
      late: 0,
    })),
    NOW,
    { attempts: 1 },
  )
}

const every = (minutes: number, from: Instant, to: Instant) =>
  Array.from({ length: Math.floor((to - from) / (minutes * MINUTE)) + 1 }, (_, at) => from + at * minutes * MINUTE)
const ask = (tenant: TenantId, now: Instant, more: Partial<Parameters<typeof freshness>[1]> = {}) =>
  freshness(tenantReader(stores.clickhouse.reader, tenant), { keeper: {}, now, ...more })

test('what is to be learned anew is learned beside those who ask at once, and a failure of that is told to the next', async () => {
  const tenant = await freshTenant()
  const keeper = {}
  await batches(tenant, 'erp', every(10, NOW - 2 * DAY, NOW - DAY))
  const learned = async (now: Instant, more: Partial<Parameters<typeof freshness>[1]> = {}) =>
    (await ask(tenant, now, { keeper, ...more })).feeds.get('erp')?.learned_from_n
  const first = await learned(NOW)
  await batches(tenant, 'erp', every(10, NOW - DAY + 10 * MINUTE, NOW - 10 * MINUTE))
  assert.equal(await learned(NOW + 11 * MINUTE, { atOnce: true }), first)
  const until = performance.now() + 20_000
  while ((await learned(NOW + 11 * MINUTE, { atOnce: true })) === first) assert.ok(performance.now() < until, 'it is learned')
  const second = await learned(NOW + 11 * MINUTE)
  assert.ok((second ?? 0) > (first ?? 0))
  await batches(tenant, 'erp', every(5, NOW - 5 * MINUTE, NOW))
  assert.ok(((await learned(NOW + 22 * MINUTE)) ?? 0) > (second ?? 0), 'who does not ask at once waits')
  const direct = tenantReader(stores.clickhouse.reader, tenant)
  const failing: typeof direct = {
    tenant,
    rows: (query, params) =>
      query.name === 'read/freshness-sources' ? Promise.reject(new Error('it cannot be learned')) : direct.rows(query, params),
  }
  const again = () => freshness(failing, { keeper, now: NOW + 33 * MINUTE, atOnce: true })
  await again()
  await assert.rejects(
    async () => {
      for (const last = performance.now() + 20_000; performance.now() < last;) await again()
    },
    { message: 'it cannot be learned' },
  )
})

test('a way in that stops is silent; one that goes on, one that is paused and one that never sent are told apart', async () => {
  const tenant = await freshTenant()
  await batches(tenant, 'erp', every(10, NOW - 12 * DAY, NOW))
  await batches(tenant, 'crm', every(10, NOW - 12 * DAY, NOW - 3 * 60 * MINUTE))
  await batches(tenant, 'old', every(10, NOW - 60 * DAY, NOW - 50 * DAY))
  await batches(tenant, 'import', [NOW])
  const { feeds } = await ask(tenant, NOW + MINUTE, {
    registered: ['erp', 'empty', 'idle'],
    paused: new Set(['idle']),
    declared: new Map([['empty', 60]]),
  })
  assert.deepEqual(
    [...feeds].map(([feed, { state }]) => [feed, state]),
    [
      ['crm', 'silent'],
      ['erp', 'fresh'],
      ['old', 'silent'],
      ['empty', 'never'],
      ['idle', 'paused'],
    ],
  )
  const crm = feeds.get('crm')
  assert.equal(crm?.last_received_at, '2026-11-20T09:00:00.000Z')
  assert.ok((crm?.learned_from_n ?? 0) > 1500)
  assert.ok((crm?.silent_since ?? '') > '2026-11-20T09:10:00' && (crm?.silent_since ?? '') < '2026-11-20T09:30:00')
})

test('a history that is loaded at once teaches the pace, and what comes live after it is judged by it', async () => {
  const tenant = await freshTenant()
  const loaded = NOW - 2 * DAY
  const past = every(15, loaded - 20 * DAY, loaded - 2 * DAY)
  await arrive(tenant, '/erp', past, loaded)
  await arriveLive(tenant, '/erp', every(15, loaded, NOW))
  const { sources } = await ask(tenant, NOW + 5 * MINUTE)
  const erp = sources.get('/erp')
  assert.equal(erp?.state, 'fresh', JSON.stringify(erp))
  assert.ok((erp?.learned_from_n ?? 0) > 1500)
  assert.equal((await ask(tenant, NOW + 3 * 60 * MINUTE)).sources.get('/erp')?.state, 'silent')
})

test('files and old histories are no live source: nobody waits for them', async () => {
  const tenant = await freshTenant()
  const past = every(15, NOW - 200 * DAY, NOW - 190 * DAY)
  await arrive(tenant, '/file', past, NOW, 'import')
  await arrive(tenant, '/posted', past, NOW)
  const { sources } = await ask(tenant, NOW + DAY)
  assert.deepEqual(
    [...sources].map(([source, { state }]) => [source, state]),
    [
      ['/file', 'never'],
      ['/posted', 'never'],
    ],
  )
})

test('a source that ships a week of events every Sunday is waited for till Sunday', async () => {
  const tenant = await freshTenant()
  const sunday = Date.UTC(2026, 10, 15, 20) * 1000
  for (let week = 25; week >= 0; week--) {
    const shipped = sunday - week * 7 * DAY
    await arrive(tenant, '/weekly', every(60, shipped - 7 * DAY, shipped), shipped)
  }
  const { sources } = await ask(tenant, NOW)
  assert.notEqual(sources.get('/weekly')?.state, 'silent', JSON.stringify(sources.get('/weekly')))
})

/** What the pace of a source is learned from, by a plain reading of all its events. */
function learnedFrom(source: string, sent: readonly { occurred: Instant; received: Instant; file: boolean }[]) {
  const minute = (at: Instant) => Math.floor(at / MINUTE)
  const live = sent.filter(({ file }) => !file).map(({ received }) => received)
  const [firstLive, lastLive] = [Math.min(...live), Math.max(...live)]
  const lastOccurred = Math.max(...sent.map(({ occurred }) => occurred))
  const [history, own] = [new Set<number>(), new Set<number>()]
  for (const { occurred, received, file } of sent) {
    const old = minute(received) < minute(firstLive + DAY) && occurred < received - 36 * 60 * MINUTE
    if (file || old) history.add(minute(occurred))
    else own.add(minute(received))
  }
  const since = (minutes: ReadonlySet<number>, last: Instant) =>
    [...minutes].filter((one) => one >= minute(last - 28 * DAY)).toSorted((a, b) => a - b)
  return {
    source,
    has_live: live.length > 0 ? 1 : 0,
    last_live_us: live.length > 0 ? lastLive : 0,
    first_live_us: live.length > 0 ? firstLive : 0,
    last_occurred_us: lastOccurred,
    last_received_us: Math.max(...sent.map(({ received }) => received)),
    arrivals: since(own, lastLive),
    happened: since(history, lastOccurred),
  }
}

test('a pace is learned of those minutes that a plain reading of all events gives', async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  const below = (most: number) => Math.floor(random() * most)
  const tenant = await freshTenant()
  const expected = []
  const stored = []
  for (const [source, ofFiles] of [
    ['/both', 0.5],
    ['/early', 0],
    ['/files', 1],
    ['/late', 0],
    ['/little', 0.2],
  ] as const) {
    const first = NOW - (3 + below(60)) * DAY
    const sent = []
    for (let batch = 0; batch < 40; batch++) {
      const received = first + (batch === 0 ? 0 : below(batch % 2 === 0 ? 2 * DAY : NOW - first))
      const back = [0, 36 * 60, 36 * 60 + 1, below(40 * 24 * 60)][below(4)] ?? 0
      const happened = Array.from({ length: 1 + below(9) }, () => received - back * MINUTE - below(3 * MINUTE))
      const file = random() < ofFiles
      stored.push(arrive(tenant, source, happened, received, file ? 'import' : 'http'))
      sent.push(...happened.map((occurred, ordinal) => ({ occurred, received: received + ordinal, file })))
    }
    expected.push(learnedFrom(source, sent))
  }
  await Promise.all(stored)
  assert.deepEqual(await tenantReader(stores.clickhouse.reader, tenant).rows(OF_SOURCES, {}), expected)
})

test('between two learnings the last signs are read anew', async () => {
  const tenant = await freshTenant()
  const keeper = {}
  await batches(tenant, 'erp', every(10, NOW - 12 * DAY, NOW))
  assert.equal((await ask(tenant, NOW, { keeper })).feeds.get('erp')?.state, 'fresh')
  const later = NOW + 9 * MINUTE
  await batches(tenant, 'erp', [later])
  await arrive(tenant, '/new', [later], later)
  const again = await ask(tenant, later, { keeper })
  assert.equal(again.feeds.get('erp')?.last_received_at, '2026-11-20T12:09:00.000Z')
  assert.equal(again.sources.get('/new')?.state, 'learning')
})

test('freshness of the past is what was told then: of what came live, and of what was loaded where history counts', async () => {
  const tenant = await freshTenant()
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const none = { paused: new Set<string>(), declared: new Map<string, number>() }
  await batches(tenant, 'erp', every(10, NOW - 60 * DAY, NOW - 40 * DAY))
  await batches(tenant, 'erp', every(10, NOW - 39 * DAY, NOW))
  await arrive(tenant, '/file', every(15, NOW - 60 * DAY, NOW - 30 * DAY), NOW, 'import')
  const asKnown = pastFreshness(reader, { history: false, ...none })
  const hindsight = pastFreshness(reader, { history: true, ...none })
  const said: string[] = []
  for (const ago of [61, 59.5, 50, 39.5, 38, 29, 1]) {
    const at = NOW - ago * DAY + MINUTE
    const [known, all] = [await asKnown(at), await hindsight(at)]
    assert.equal(known.get('/file'), undefined)
    said.push(`${ago}: ${known.get('erp')?.state ?? 'unknown'} ${all.get('/file')?.state ?? 'unknown'}`)
  }
  assert.deepEqual(said, [
    '61: unknown unknown',
    '59.5: learning learning',
    '50: fresh fresh',
    '39.5: silent fresh',
    '38: fresh fresh',
    '29: fresh silent',
    '1: fresh silent',
  ])
  const live = await ask(tenant, NOW + MINUTE)
  assert.equal((await asKnown(NOW + MINUTE)).get('erp')?.state, live.feeds.get('erp')?.state)
  const paused = pastFreshness(reader, { history: false, paused: new Set(['erp']), declared: new Map() })
  assert.equal((await paused(NOW - 39.5 * DAY)).get('erp')?.state, 'paused')
  const declared = pastFreshness(reader, { history: false, paused: new Set(), declared: new Map([['erp', 60]]) })
  assert.equal((await declared(NOW - 39 * DAY + 5 * MINUTE)).get('erp')?.state, 'silent')
})
