import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runServer } from '../cli/run-server.ts'
import type { Batch, DeadLetter } from '../ingest/batch.ts'
import { insertDeadLetters } from '../ingest/dead-letters.ts'
import { formatNamed } from '../ingest/formats.ts'
import { keepSettled } from '../ingest/keep-settled.ts'
import { keepLedger, settleLedger } from '../ingest/ledger.ts'
import { receiveOtlp } from '../ingest/otlp/receive.ts'
import { createTelemetryWriter, TELEMETRY_LIMITS } from '../ingest/otlp/writer.ts'
import { headersOfLetter, recordOfLetter } from '../ingest/replay.ts'
import { frontBinding } from '../ingest/transport/kafka/front.ts'
import { sweepConflicts } from '../ingest/settle.ts'
import { createEventWriter, WRITER_LIMITS } from '../ingest/write.ts'
import { type Event, isRefusal, readEvent } from '../model/event.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { connectClickHouse } from '../platform/clickhouse/client.ts'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { openLog } from '../platform/log.ts'
import { ledger } from '../queries/ledger.ts'
import { tenantReader } from '../queries/run.ts'
import { startClickHouseWay } from './support/clickhouse-way.ts'
import { keyValues } from './support/otlp.ts'

const { direct, through, address, set, untilHeld, close } = await startClickHouseWay()
after(close)

const now = (): number => Date.now() * 1000
const newWriter = () => createEventWriter({ clickhouse: through.writer, now })
const newTenant = (): TenantId => verifiedTenant(`t-${randomUUID().slice(0, 8)}`)

function eventOf(tenant: TenantId, id: string, data: Record<string, unknown> = {}): Event {
  const event = readEvent(
    {
      specversion: '1.0',
      id,
      source: '/erp/test',
      type: 'invoice.received',
      time: '2026-03-02T09:30:00Z',
      data: { seq: 1, object: `invoice/${id}`, ...data },
    },
    { tenant, receivedAt: now(), fallbackSeq: 0 },
  )
  if (isRefusal(event)) throw new Error(event.message)
  return event
}

function batchOf(tenant: TenantId, at: number, ids: readonly string[]): Batch {
  return {
    tenant,
    feed: 'erp',
    token: randomUUID(),
    at,
    events: ids.map((id, ordinal) => ({ event: eventOf(tenant, id), ordinal })),
    letters: [],
    ignored: 0,
  }
}

const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID())

/** What a promise came to within a time; `hangs` where it did not. */
async function within<T>(ms: number, promise: Promise<T>): Promise<unknown> {
  const over = new AbortController()
  const late = sleep(ms, 'hangs', { signal: over.signal }).catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } catch (error) {
    return error
  } finally {
    over.abort()
  }
}

test('while a Kafka range waits for ClickHouse, a call over HTTP is told so and does not wait with it', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const giveUp = new AbortController()
  set('broken')
  const range = writer.writeRange({ token: randomUUID(), batches: [batchOf(tenant, now(), ids(5))] }, giveUp.signal)
  range.catch(() => undefined)
  await sleep(50)
  const answer = await within(15_000, writer.write(tenant, [eventOf(tenant, 'http')]))
  set('open')
  await range
  assert.ok(answer instanceof SightlineError && answer.code === 'store_unavailable', String(answer))
  assert.equal(writer.pending(), 0)
})

test('ranges that follow each other without a pause do not keep calls over HTTP waiting', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  let over = false
  const { signal } = new AbortController()
  const consumers = Array.from({ length: 3 }, async () => {
    while (!over)
      await writer.writeRange({ token: randomUUID(), batches: [batchOf(tenant, writer.arrival(300), ids(300))] }, signal)
  })
  await sleep(200)
  const answer = await within(6000, writer.write(tenant, [eventOf(tenant, 'http')]))
  over = true
  await Promise.all(consumers)
  assert.deepEqual(answer, { accepted: 1, duplicates: 0, conflicts: [], refused: [] })
})

test('an event that the store refused is not taken for stored when it comes again', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const event = eventOf(tenant, 'refused', { money: { amount: '1', currency: 'EUR' } })
  const bad = { ...event, data: { ...event.data, money: { amount: 'much', currency: 'EUR' } } }
  const events = [eventOf(tenant, 'good'), bad]
  assert.equal((await writer.write(tenant, events)).refused.length, 1)
  const again = await writer.write(tenant, events)
  assert.equal(again.duplicates, 1)
  assert.equal(again.refused.length, 1)
})

test('the ledger settles what was claimed days ago and stored only now', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const at = now() - 5 * 86_400e6
  await writer.writeRange({ token: randomUUID(), batches: [batchOf(tenant, at, ids(7))] }, new AbortController().signal)
  await settleLedger(direct.writer, { now: now() + 200e6, sinceS: 2 * 3600, quietS: 0 })
  const { totals } = await ledger(tenantReader(direct.reader, tenant), { from: at - 3600e6, to: now(), bucket: 'day', feed: '' })
  assert.equal(totals.in_flight, 0)
  assert.equal(totals.stored, 7)
})

test('letters of two sources whose senders count their deliveries alike are two letters', async () => {
  const tenant = newTenant()
  const letter = (raw: string): DeadLetter => ({
    coordinates: { request: '17', index: 0 },
    headers: {},
    raw: Buffer.from(raw),
    format: 'mapped-json',
    code: 'json_invalid',
    reason: 'is not JSON',
    mapping: '',
    mappingVersion: 0,
  })
  const at = now()
  const letters = ['erp', 'portal'].map((feed) => ({ tenant, feed, at, letter: letter(feed) }))
  await insertDeadLetters(direct.writer, letters, { attempts: 1 })
  const answer = await direct.writer.query({
    query: 'SELECT toUInt32(count()) AS count FROM sightline.dead_letters FINAL WHERE tenant_id = {tenant:String}',
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  assert.deepEqual(await answer.json(), [{ count: 2 }])
})

test('a long look for conflicting copies keeps nobody waiting', async () => {
  const tenant = newTenant()
  const writer = newWriter()
  const over = new AbortController()
  let looking = false
  const written = Promise.withResolvers<void>()
  const slow = new Proxy(direct.writer, {
    get(client, name) {
      if (name !== 'query') return Reflect.get(client, name) as unknown
      return async (asked: Parameters<typeof client.query>[0]) => {
        if (asked.query.includes('min(content_hash)')) {
          looking = true
          await written.promise
        }
        return client.query(asked)
      }
    },
  })
  const keeping = keepSettled({
    clickhouse: slow,
    writer,
    now,
    signal: over.signal,
    onError: (error) => assert.fail(String(error)),
  })
  while (!looking) await sleep(5)
  const answer = await within(15_000, writer.write(tenant, [eventOf(tenant, 'meanwhile')]))
  written.resolve()
  over.abort()
  await keeping
  assert.deepEqual(answer, { accepted: 1, duplicates: 0, conflicts: [], refused: [] })
})

test('a range that is given up does not wait for a ClickHouse that hangs', async () => {
  const tenant = newTenant()
  const hanging = createServer()
  const held = new Set<Socket>()
  hanging.on('connection', (socket) => held.add(socket))
  await new Promise<void>((resolve) => {
    hanging.listen(0, '127.0.0.1', resolve)
  })
  const client = connectClickHouse({ ...address, url: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}` })
  const writer = createEventWriter({ clickhouse: client.writer, now })
  const giveUp = new AbortController()
  const range = writer.writeRange({ token: randomUUID(), batches: [batchOf(tenant, now(), ids(5))] }, giveUp.signal)
  range.catch(() => undefined)
  await sleep(200)
  giveUp.abort(new Error('rebalance'))
  const answer = await within(2000, range)
  for (const socket of held) socket.destroy()
  hanging.close()
  await client.close()
  assert.ok(answer instanceof Error && answer.message === 'rebalance', String(answer))
})

test('a stop does not wait for what is being settled in a ClickHouse that hangs', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-stop-'))
  const { username, password } = address.writer
  const server = await runServer({
    env: readEnv({
      SIGHTLINE_DATA: folder,
      SIGHTLINE_PORT: '0',
      CLICKHOUSE_URL: `http://${username}:${password}@${new URL(address.url).host}`,
      CLICKHOUSE_READER_PASSWORD: address.reader.password,
    }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
    parts: ['ingest'],
  })
  t.after(async () => {
    set('open')
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  set('held')
  // The ledger is settled every three seconds.
  await untilHeld()
  const stopping = server.stop()
  assert.equal(await within(30_000, stopping), undefined)
})

test('what is settled anew is given up at once with its signal', async () => {
  const over = new AbortController()
  const errors: unknown[] = []
  set('held')
  const settling = Promise.all([
    keepSettled({
      clickhouse: through.writer,
      writer: newWriter(),
      now,
      signal: over.signal,
      onError: (error) => errors.push(error),
    }),
    keepLedger(through.writer, { now, signal: over.signal, onError: (error) => errors.push(error) }),
  ])
  await untilHeld()
  over.abort()
  const answer = await within(2000, settling)
  set('open')
  assert.notEqual(answer, 'hangs')
  assert.deepEqual(errors, [])
})

test('a range that is given up while it is settled does not wait for a ClickHouse that hangs', async () => {
  const tenant = newTenant()
  const giveUp = new AbortController()
  const settling = Promise.withResolvers<void>()
  const hanging = new Proxy(through.writer, {
    get(client, name) {
      if (name !== 'query') return Reflect.get(client, name) as unknown
      return (asked: Parameters<typeof client.query>[0]) => {
        if (asked.query.includes('corrections')) {
          set('held')
          settling.resolve()
        }
        return client.query(asked)
      }
    },
  })
  const writer = createEventWriter({ clickhouse: hanging, now })
  const range = writer.writeRange({ token: randomUUID(), batches: [batchOf(tenant, now(), ids(5))] }, giveUp.signal)
  range.catch(() => undefined)
  await settling.promise
  await untilHeld()
  giveUp.abort(new Error('rebalance'))
  const answer = await within(2000, range)
  set('open')
  assert.ok(answer instanceof Error && answer.message === 'rebalance', String(answer))
})

test('a letter from Kafka is read again with the key and the time that its record had', () => {
  const format = formatNamed('debezium-outbox')
  assert.ok(format !== undefined)
  const record = {
    body: Buffer.from('{"amount":12}'),
    headers: { id: '5f0c', eventtype: 'invoice.received', aggregatetype: 'invoice' },
    key: Buffer.from('INV-7'),
    timestamp: 1_772_443_800_000_000,
  }
  const context = { tenant: 'acme', receivedAt: now(), seq: 0, naturalId: 'n', source: 'feed/erp', system: null, mapping: null }
  const coordinates = { cluster: 'c', topic: 't', epoch: 0, partition: 0, offset: '7' }
  const letter = { raw: record.body.toString('base64'), headers: headersOfLetter(record) }
  const first = format.read(record, context)
  assert.ok('events' in first, JSON.stringify(first))
  assert.deepEqual(format.read(recordOfLetter(letter, coordinates), context), first)
})

test('a record that waited in Kafka is judged as it would have been over HTTP', () => {
  const headers = { 'sl-tenant': 'acme', 'sl-feed': 'http', 'sl-format': 'cloudevents', 'sl-request': 'r', 'sl-index': '0' }
  const address = frontBinding(() => null).address({ offset: 0, key: null, value: Buffer.from('{}'), headers, timestamp: 1 })
  assert.ok('record' in address)
  assert.equal(address.record.timestamp, null)
})

test('two contents of one event that two processes took are settled by the first look over all', async () => {
  const tenant = newTenant()
  await newWriter().write(tenant, [eventOf(tenant, 'e', { step: 'first' })])
  await newWriter().write(tenant, [eventOf(tenant, 'e', { step: 'second' })])
  await sweepConflicts(direct.writer, 0, now)
  const answer = await direct.writer.query({
    query: 'SELECT step FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String} AND live',
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  assert.deepEqual(await answer.json(), [{ step: 'first' }])
})

/** Logs of one host each, as a Collector sends them. */
function logsOf(hosts: readonly string[]): Buffer {
  const timeUnixNano = `${Date.now()}000000`
  return Buffer.from(
    JSON.stringify({
      resourceLogs: hosts.map((host) => ({
        resource: { attributes: keyValues({ 'host.name': host }) },
        scopeLogs: [{ logRecords: [{ timeUnixNano, body: { stringValue: `on ${host}` } }] }],
      })),
    }),
  )
}

test('log records that the store refuses for a value are dead letters of their own, told to the sender, and cost no other', async (t) => {
  const tenant = newTenant()
  const { writer: client, reader } = direct
  const telemetry = createTelemetryWriter({ clickhouse: client, now })
  const receive = (hosts: readonly string[]) =>
    receiveOtlp(
      { signal: 'logs', encoding: 'json', body: logsOf(hosts), tenant, feed: 'otlp' },
      { resolve: () => null, writer: telemetry, arrival: () => now() },
    )
  assert.deepEqual(await receive(['0']), { accepted: 1, rejected: 0, message: '' })
  // From now on the store takes numbers only, which the writer does not know.
  await client.command({ query: 'ALTER TABLE sightline.logs MODIFY COLUMN resource UInt32' })
  t.after(() => client.command({ query: 'ALTER TABLE sightline.logs MODIFY COLUMN resource LowCardinality(String)' }))
  const [good, mixed] = await Promise.all([receive(['1', '2']), receive(['3', 'four', '5', 'six'])])
  assert.deepEqual(good, { accepted: 2, rejected: 0, message: '' })
  assert.deepEqual([mixed.accepted, mixed.rejected], [2, 2])
  assert.match(mixed.message, /four/u)
  const rows = async <T>(query: string): Promise<T[]> => {
    const answer = await client.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
    return answer.json<T>()
  }
  assert.deepEqual(await rows('SELECT body FROM sightline.logs FINAL WHERE tenant_id = {tenant:String} ORDER BY body'), [
    { body: 'on 0' },
    { body: 'on 1' },
    { body: 'on 2' },
    { body: 'on 3' },
    { body: 'on 5' },
  ])
  const letters = await rows<{ index: number; code: string; format: string; raw: string; reason: string }>(
    `SELECT toUInt32(JSONExtractInt(coordinates, 'index')) AS index, code, format, base64Decode(raw) AS raw, reason
      FROM sightline.dead_letters FINAL WHERE tenant_id = {tenant:String} ORDER BY index`,
  )
  assert.deepEqual(
    letters.map(({ index, code, format, raw }) => [index, code, format, (JSON.parse(raw) as { body: string }).body]),
    [
      [1, 'store_refused', 'telemetry', 'on four'],
      [3, 'store_refused', 'telemetry', 'on six'],
    ],
  )
  assert.match(letters[1]?.reason ?? '', /six/u)
  await settleLedger(client, { now: now() + 200e6, sinceS: 3600, quietS: 0 })
  const { totals } = await ledger(tenantReader(reader, tenant), { from: now() - 3600e6, to: now(), bucket: 'day', feed: '' })
  assert.deepEqual([totals.received, totals.stored, totals.rejected, totals.in_flight], [7, 5, 2, 0])
})

/** ClickHouse, where the first insert into a table takes its time. */
function slowAtFirst(table: string) {
  let first = true
  return new Proxy(direct.writer, {
    get(client, name) {
      if (name !== 'exec') return Reflect.get(client, name) as unknown
      return async (asked: Parameters<typeof client.exec>[0]) => {
        if (first && asked.query_params?.['table'] === table) {
          first = false
          await sleep(1500)
        }
        return client.exec(asked)
      }
    },
  })
}

async function countOf(table: 'events' | 'logs', tenant: TenantId): Promise<number> {
  const answer = await direct.writer.query({
    query: 'SELECT toUInt32(count()) AS count FROM {table:Identifier} WHERE tenant_id = {tenant:String}',
    query_params: { table, tenant },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ count: number }>()
  return row?.count ?? -1
}

test('a call of more events than one block holds is acknowledged when all of them are durable', async () => {
  const tenant = newTenant()
  const writer = createEventWriter({ clickhouse: slowAtFirst('events'), now })
  const batch = batchOf(tenant, now(), ids(2 * WRITER_LIMITS.blockRows))
  assert.equal((await writer.writeBatch(batch)).accepted, 2 * WRITER_LIMITS.blockRows)
  assert.equal(await countOf('events', tenant), 2 * WRITER_LIMITS.blockRows)
  assert.equal(writer.pending(), 0)
})

test('a request of more log records than one block holds is acknowledged when all of them are durable', async () => {
  const tenant = newTenant()
  const writer = createTelemetryWriter({ clickhouse: slowAtFirst('logs'), now })
  const at = now()
  const log = { system: 'x', at, reporter: '', severity: '', severityNumber: 0, eventName: '', body: '', traceId: '', spanId: '' }
  const records = ids(2 * TELEMETRY_LIMITS.blockRows).map((logId, ordinal) => ({
    ...log,
    ordinal,
    logId,
    resource: '',
    documents: { types: [], ids: [] },
    attributes: '{}',
  }))
  const { refused } = await writer.write({
    tenant,
    feed: 'otlp',
    token: randomUUID(),
    at,
    table: 'logs',
    records,
    rejected: 0,
    ignored: 0,
    letter: null,
  })
  assert.deepEqual(refused, [])
  assert.equal(await countOf('logs', tenant), records.length)
  assert.equal(writer.pending(), 0)
})
