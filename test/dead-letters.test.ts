import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Letter, LetterPurged, LetterReplayed, Letters } from '../api/contract/dead-letters.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import type { DeadLetter } from '../ingest/batch.ts'
import { settleLedger } from '../ingest/ledger.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { saveMapping } from '../platform/mappings.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { createSource } from '../platform/sources.ts'
import { knownEvents } from '../queries/known-events.ts'
import { tenantReader } from '../queries/run.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

const now = (): number => Date.now() * 1000

/** A mapping of invoices; the broken one looks for the number where there is none. */
function mappingOf(field: string): Record<string, unknown> {
  return {
    name: 'billing',
    version: 1,
    title: 'Invoices of the billing system',
    source: 'billing',
    id: { concat: ['received ', '$.number'] },
    time: '$.at',
    activity: 'received',
    rules: [
      { name: 'left out', when: { value: '$.kind', is: 'ping' }, drop: 'A ping says nothing.' },
      {
        name: 'invoice',
        events: [
          {
            canonical: 'invoice.received',
            objects: [{ type: 'invoice', id: `$.${field}`, required: true }],
            attributes: { note: '$.note' },
          },
        ],
      },
    ],
    otherwise: { reject: 'It is no invoice.' },
  }
}

/** A tenant with a source `billing` whose mapping is broken. */
async function billing(): Promise<string> {
  const tenant = await server.freshTenant()
  const { db } = server.stores.postgres
  await saveMapping(db, { tenant: verifiedTenant(tenant), name: 'billing', body: mappingOf('invoice_no'), actor: 'test' })
  await createSource(
    db,
    await openSecretBox({ key: 'x'.repeat(32), folder: null }),
    {
      tenantId: verifiedTenant(tenant),
      id: 'billing',
      name: 'Billing',
      kind: 'webhook',
      format: 'mapped-json',
      mapping: 'billing',
      secret: null,
    },
    'test',
  )
  return tenant
}

async function repair(tenant: string): Promise<void> {
  const { db } = server.stores.postgres
  await saveMapping(db, { tenant: verifiedTenant(tenant), name: 'billing', body: mappingOf('number'), actor: 'test' })
}

function letterOf(request: string, index: number, record: unknown, code = 'mapping_value_missing'): DeadLetter {
  return {
    coordinates: { request, index },
    headers: { 'content-type': 'application/json', authorization: 'Bearer never-kept' },
    raw: record instanceof Uint8Array ? record : Buffer.from(JSON.stringify(record)),
    format: 'mapped-json',
    code,
    reason: `object 1: id is missing in record ${index}`,
    mapping: 'billing',
    mappingVersion: 1,
  }
}

const invoice = (number: string, note = ''): Record<string, string> => ({ number, at: '2026-11-20T10:00:00Z', note })

/** Stores records as dead letters the way a webhook does. */
async function fail(tenant: string, request: string, records: readonly unknown[]): Promise<void> {
  const at = server.writer.arrival(records.length)
  const letters = records.map((record, index) => letterOf(request, index, record))
  await server.writer.writeBatch({
    tenant: verifiedTenant(tenant),
    feed: 'billing',
    token: `${request}-${at}`,
    at,
    events: [],
    letters,
    ignored: 0,
  })
}

async function letters(tenant: string, query = ''): Promise<Letters> {
  const { status, body } = await server.ask<Letters>('GET', `/v1/dead-letters${query}`, { tenant })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

async function replay(tenant: string, body: Record<string, unknown>): Promise<LetterReplayed> {
  const answer = await server.ask<LetterReplayed>('POST', '/v1/dead-letters/replay', { tenant, body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

async function totals(tenant: string): Promise<Ledger['totals'] & { balanced: boolean }> {
  await settleLedger(server.stores.clickhouse.writer, { now: now() + 200e6, sinceS: 3600, quietS: 0 })
  const to = new Date(Date.now() + 60_000).toISOString()
  const { body } = await server.ask<Ledger>('GET', `/v1/ledger?bucket=minute&to=${to}`, { tenant })
  return { ...body.totals, balanced: body.balanced }
}

async function invoices(tenant: string): Promise<string[]> {
  await server.derived(tenant, ['processes'])
  const { body } = await server.ask<{ objects: { id: string }[] }>('GET', '/v1/objects/invoice?limit=500', { tenant })
  return body.objects.map(({ id }) => id).toSorted()
}

test('what cannot be read is listed, found by its content, and shown byte for byte without credentials', async () => {
  const tenant = await server.freshTenant()
  const bad = Buffer.concat([Buffer.from('{"specversion":"1.0","id":"\xff'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
  const sent = await server.ask('POST', '/v1/events', {
    tenant,
    body: Buffer.concat([Buffer.from('{"unmistakable": "Zollgebühr"}\nnot json at all\n'), bad, Buffer.from('\n')]),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  assert.equal(sent.status, 400)
  const found = await letters(tenant)
  assert.equal(found.total, 3)
  assert.deepEqual(found.states, [
    { state: 'open', letters: 3 },
    { state: 'replayed', letters: 0 },
    { state: 'purged', letters: 0 },
  ])
  assert.deepEqual(found.feeds, [{ feed: 'http', letters: 3 }])
  assert.equal(found.letters[0]?.coordinates !== undefined && 'request' in found.letters[0].coordinates, true)

  assert.equal((await letters(tenant, '?q=ZOLLGEB')).letters.length, 1)
  assert.equal((await letters(tenant, '?q=nowhere')).total, 0)
  const ofCode = await letters(tenant, '?code=json_invalid')
  assert.equal(ofCode.letters.length, ofCode.total)
  assert.deepEqual(ofCode.codes, [{ code: 'json_invalid', letters: ofCode.total }])

  const first = await letters(tenant, '?limit=2')
  assert.ok(first.next !== null)
  const rest = await letters(tenant, `?limit=2&after=${encodeURIComponent(first.next)}`)
  assert.equal(rest.next, null)
  assert.deepEqual(new Set([...first.letters, ...rest.letters].map(({ id }) => id)), new Set(found.letters.map(({ id }) => id)))

  const raws: Letter[] = []
  for (const { id } of found.letters) raws.push((await server.ask<Letter>('GET', `/v1/dead-letters/${id}`, { tenant })).body)
  const text = raws.find(({ raw }) => raw.includes('Zollgebühr'))
  assert.equal(text?.encoding, 'utf8')
  assert.equal(text?.raw, '{"unmistakable": "Zollgebühr"}')
  assert.equal(text?.headers['authorization'], undefined)
  assert.equal(text?.headers['content-type'], 'application/x-ndjson')
  const binary = raws.find(({ encoding }) => encoding === 'base64')
  assert.deepEqual(Buffer.from(binary?.raw ?? '', 'base64'), bad)

  const lines = await server.ask<string>('GET', '/v1/dead-letters/export', { tenant })
  assert.match(lines.headers.get('content-type') ?? '', /^application\/x-ndjson/u)
  const exported = lines.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Letter)
  assert.deepEqual(
    exported.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    raws.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  )
})

test('after the mapping is repaired, a replay stores what was refused; doing it again changes nothing', async () => {
  const tenant = await billing()
  await fail(tenant, 'r1', [invoice('A'), invoice('B'), { kind: 'ping' }, { nothing: true }])
  const before = await totals(tenant)
  assert.deepEqual([before.received, before.rejected, before.balanced], [4, 4, true])
  const ids = (await letters(tenant)).letters.map(({ id }) => id)

  const still = await replay(tenant, { ids })
  assert.deepEqual(still.counts, { stored: 0, duplicate: 0, conflict: 0, ignored: 1, rejected: 3, skipped: 0 })
  assert.match(still.results.find(({ outcome }) => outcome === 'rejected')?.reason ?? '', /./u)
  const tried = (await letters(tenant)).letters
  assert.equal(tried.length, 3)
  for (const letter of tried) {
    assert.equal(letter.replays, 1)
    assert.match(letter.note, /^replayed by Administrator: still refused/u)
  }

  await repair(tenant)
  const dry = await replay(tenant, { ids, dry_run: true })
  assert.deepEqual(dry.counts, { stored: 2, duplicate: 0, conflict: 0, ignored: 1, rejected: 1, skipped: 0 })
  assert.deepEqual(await invoices(tenant), [])
  assert.equal((await letters(tenant)).total, 3)

  const done = await replay(tenant, { ids })
  assert.deepEqual(done.counts, dry.counts)
  const stored = done.results.filter(({ outcome }) => outcome === 'stored')
  assert.deepEqual(
    stored.map(({ mapping, mapping_version, events }) => [mapping, mapping_version, events.length]),
    [
      ['billing', 2, 1],
      ['billing', 2, 1],
    ],
  )
  assert.deepEqual(await invoices(tenant), ['A', 'B'])
  assert.deepEqual(
    (await letters(tenant, '?state=all')).states.map(({ letters: n }) => n),
    [1, 3, 0],
  )
  const after = await totals(tenant)
  assert.deepEqual([after.stored, after.rejected, after.ignored, after.missing, after.balanced], [2, 4, 1, 0, true])

  for (let again = 0; again < 2; again++) {
    const { counts } = await replay(tenant, { ids })
    assert.deepEqual(counts, { stored: 0, duplicate: 2, conflict: 0, ignored: 1, rejected: 1, skipped: 0 })
    assert.deepEqual(await totals(tenant), after)
  }
  const both = await Promise.all([replay(tenant, { ids }), replay(tenant, { ids })])
  for (const { counts } of both) assert.equal(counts.duplicate, 2)
  assert.deepEqual(await totals(tenant), after)
})

test('a replayed record has the identity and the rank that it would have had', async () => {
  const tenant = await billing()
  await fail(tenant, 'early', [invoice('A', 'as it came first'), invoice('B', 'the same')])
  await repair(tenant)
  // Meanwhile both came by another way: one with other words, one word for word.
  for (const [index, record] of [invoice('A', 'as it came second'), invoice('B', 'the same')].entries())
    await fail(tenant, `later-${index}`, [record])
  const open = (await letters(tenant)).letters
  const late = open.filter(({ coordinates }) => 'request' in coordinates && coordinates.request.startsWith('later'))
  const early = open.filter(({ coordinates }) => 'request' in coordinates && coordinates.request === 'early')
  assert.deepEqual((await replay(tenant, { ids: late.map(({ id }) => id) })).counts.stored, 2)

  const { results } = await replay(tenant, { ids: early.map(({ id }) => id) })
  assert.deepEqual(results.map(({ outcome }) => outcome).toSorted(), ['conflict', 'duplicate'])
  const conflicting = results.find(({ outcome }) => outcome === 'conflict')?.events[0]
  const { body } = await server.ask<{ conflicts: { event_id: string }[] }>('GET', '/v1/sources', { tenant })
  assert.deepEqual(
    body.conflicts.map(({ event_id }) => event_id),
    [conflicting?.event_id],
  )
  // The letter came first, so its words stand.
  const shown = await server.ask<{ events: { attributes: { note: string } }[] }>('GET', '/v1/objects/invoice/A', { tenant })
  assert.deepEqual(
    shown.body.events.map(({ attributes }) => attributes.note),
    ['as it came first'],
  )
  // Three contents of two identities came; one content came twice.
  const { stored, duplicate, rejected, missing, balanced } = await totals(tenant)
  assert.deepEqual(
    { stored, duplicate, rejected, missing, balanced },
    { stored: 3, duplicate: 1, rejected: 4, missing: 0, balanced: true },
  )
  const reader = tenantReader(server.stores.clickhouse.reader, verifiedTenant(tenant))
  const known = await knownEvents(reader, [conflicting?.event_id ?? ''])
  assert.equal(known.get(conflicting?.event_id ?? '')?.contents.size, 2)
})

test('a mapping can be tried in place of the one that the source has', async () => {
  const tenant = await billing()
  await fail(tenant, 'r1', [invoice('A')])
  await saveMapping(server.stores.postgres.db, {
    tenant: verifiedTenant(tenant),
    name: 'billing-next',
    body: { ...mappingOf('number'), name: 'billing-next' },
    actor: 'test',
  })
  const [letter] = (await letters(tenant)).letters
  const tried = await replay(tenant, { ids: [letter?.id], mapping: { name: 'billing-next' }, dry_run: true })
  assert.deepEqual([tried.results[0]?.outcome, tried.results[0]?.mapping], ['stored', 'billing-next'])
  assert.equal((await replay(tenant, { ids: [letter?.id], dry_run: true })).results[0]?.outcome, 'rejected')
  const nowhere = await replay(tenant, { ids: [letter?.id], mapping: { name: 'nowhere' } })
  assert.equal(nowhere.results[0]?.code, 'mapping_missing')
})

test('many letters are replayed in parts, with what is left told each time', async () => {
  const tenant = await billing()
  const count = 1100
  await fail(
    tenant,
    'bulk',
    Array.from({ length: count }, (_, index) => invoice(`N${String(index).padStart(4, '0')}`)),
  )
  await fail(tenant, 'other', [{ nothing: true }])
  await repair(tenant)
  const left: number[] = []
  let stored = 0
  for (let after: string | null | undefined; after !== null;) {
    const part = await replay(tenant, { filter: { feed: 'billing', q: 'number' }, ...(after === undefined ? {} : { after }) })
    stored += part.counts.stored
    left.push(part.remaining)
    after = part.next
  }
  assert.deepEqual([stored, left], [count, [600, 100, 0]])
  const { total } = await letters(tenant)
  assert.equal(total, 1)
  const sums = await totals(tenant)
  assert.deepEqual([sums.stored, sums.missing, sums.balanced], [count, 0, true])
})

test('a purge takes the bytes off the disk, keeps the count, and says who did it', async () => {
  const tenant = await billing()
  await fail(tenant, 'r1', [{ secret: 'iban DE00 4711' }, { secret: 'iban DE00 4712' }, invoice('A')])
  const before = await totals(tenant)
  const { letters: all } = await letters(tenant)
  const [kept, ...gone] = all
  const refused = await server.ask('POST', '/v1/dead-letters/purge', { tenant, body: { ids: gone.map(({ id }) => id) } })
  assert.equal(refused.status, 400)
  const purged = await server.ask<LetterPurged>('POST', '/v1/dead-letters/purge', {
    tenant,
    body: { ids: gone.map(({ id }) => id), reason: 'holds bank accounts' },
  })
  assert.deepEqual(purged.body, { purged: 2, next: null, remaining: 0 })

  const { writer: clickhouse } = server.stores.clickhouse
  const answer = await clickhouse.query({
    query: `SELECT count() AS n FROM sightline.dead_letters WHERE tenant_id = {tenant:String} AND letter_id IN {ids:Array(UUID)} AND (raw != '' OR headers != '{}')`,
    query_params: { tenant, ids: gone.map(({ id }) => id) },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ n: string | number }>()
  assert.equal(Number(row?.n), 0, 'no version of a purged letter holds bytes')
  const one = await server.ask<Letter>('GET', `/v1/dead-letters/${gone[0]?.id}`, { tenant })
  assert.deepEqual([one.body.state, one.body.raw, one.body.headers], ['purged', '', {}])
  assert.match(one.body.note, /^purged by Administrator: holds bank accounts$/u)
  assert.equal((await letters(tenant)).letters[0]?.id, kept?.id)
  assert.deepEqual(await totals(tenant), before)

  const again = await replay(tenant, { ids: gone.map(({ id }) => id) })
  assert.equal(again.counts.skipped, 2)
  const twice = await server.ask<LetterPurged>('POST', '/v1/dead-letters/purge', {
    tenant,
    body: { ids: gone.map(({ id }) => id), reason: 'again' },
  })
  assert.equal(twice.body.purged, 0)
  const audit = await server.stores.postgres.pool.query<{ action: string; detail: { reason?: string } }>(
    'SELECT action, detail FROM audit WHERE tenant_id = $1 ORDER BY id',
    [tenant],
  )
  const deeds = audit.rows.filter(({ action }) => action.startsWith('dead_letters.'))
  assert.deepEqual(
    deeds.map(({ action, detail }) => [action, detail.reason ?? null]),
    [
      ['dead_letters.purged', 'holds bank accounts'],
      ['dead_letters.replayed', null],
    ],
  )
})

test('letters of another tenant are not there, and only an administrator replays or purges', async () => {
  const mine = await billing()
  const other = await server.freshTenant()
  await fail(mine, 'r1', [invoice('A')])
  const [letter] = (await letters(mine)).letters
  assert.equal((await letters(other, '?state=all')).total, 0)
  const id = letter?.id ?? ''
  assert.equal((await server.ask('GET', `/v1/dead-letters/${id}`, { tenant: other })).status, 404)
  for (const [path, body] of [
    ['replay', { ids: [id] }],
    ['purge', { ids: [id], reason: 'not mine' }],
  ] as const)
    assert.equal((await server.ask('POST', `/v1/dead-letters/${path}`, { tenant: other, body })).status, 404, path)
  const key = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reads', scopes: ['read'], tenant_ids: [mine] },
  })
  for (const path of ['replay', 'purge'])
    assert.equal(
      (await server.ask('POST', `/v1/dead-letters/${path}`, { token: key.body.token, body: { ids: [id], reason: 'abc' } }))
        .status,
      403,
    )
  for (const body of [{}, { ids: [id], filter: {} }, { ids: [] }, { filter: { state: 'purged' } }])
    assert.equal((await server.ask('POST', '/v1/dead-letters/replay', { tenant: mine, body })).status, 400, JSON.stringify(body))
  assert.equal((await letters(mine)).total, 1)
})
