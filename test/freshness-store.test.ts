import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertBatches } from '../ingest/ledger.ts'
import { createEventWriter } from '../ingest/write.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import { type Instant, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { freshness, pastFreshness } from '../queries/freshness.ts'
import { tenantReader } from '../queries/run.ts'
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
