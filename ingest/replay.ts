import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Db } from '../platform/postgres/client.ts'
import { findSource } from '../platform/sources.ts'
import { type ListedLetter, type WholeLetter, wholeLetters } from '../queries/dead-letters.ts'
import { knownEvents } from '../queries/known-events.ts'
import { asStoreError, sqlText, type TenantReader } from '../queries/run.ts'
import type { Batch, Coordinates, Outcome } from './batch.ts'
import { changeLetters } from './dead-letters.ts'
import type { RecordIn } from './format.ts'
import type { Judge, Reader } from './judge.ts'
import { inTurnOfLetters } from './letter-turn.ts'
import { eventRow } from './row.ts'
import { minuteOf } from './rows.ts'
import { settle } from './settle.ts'
import type { EventWriter } from './write.ts'

/** What became of a letter that was read again. */
export type ReplayResult = {
  id: string
  /**
   * stored: its events are there now; duplicate: they were there already; conflict: another content is there under the identity, and
   * both are kept; ignored: the mapping leaves the record out; rejected: it still cannot be read; skipped: it cannot be replayed
   */
  outcome: 'stored' | 'duplicate' | 'conflict' | 'ignored' | 'rejected' | 'skipped'
  events: { event_id: string; activity: string; object: string }[]
  /** Code and sentence of the reason; empty where it was read. */
  code: string
  reason: string
  mapping: string
  mapping_version: number
}

/** What a replay works with. */
export type ReplayStores = {
  clickhouse: ClickHouseClient
  reader: TenantReader
  db: Db
  writer: EventWriter
  judge: Judge
  now(): Instant
}

/** Bytes of letters that are held at once. */
const HELD_BYTES = 8 * 1024 * 1024
/** How long ClickHouse may be away before a replay gives up, ms. */
const PATIENCE_MS = 20_000

const CoordinatesShape = z.union([
  z.object({ cluster: z.string(), topic: z.string(), epoch: z.number(), partition: z.number(), offset: z.string() }),
  z.object({ request: z.string(), index: z.number() }),
])

/**
 * The identity that a record without one of its own gets from where it lies. Records and their replays take it from here, so that both
 * are one event.
 */
export function naturalIdOf(at: Coordinates): string {
  if ('topic' in at) return [at.cluster, at.topic, at.epoch, at.partition, at.offset].join('/')
  return at.index === 0 ? at.request : `${at.request}#${at.index}`
}

/** Headers of a dead letter that hold what else came with its Kafka record. */
const KEY_HEADER = 'kafka-key'
const TIME_HEADER = 'kafka-timestamp'

/** The headers that a dead letter keeps: those of the record, and its key and time, which a format may need when it is read again. */
export function headersOfLetter({ headers, key, timestamp }: RecordIn): Record<string, string> {
  const kept: Record<string, string> = { ...headers }
  for (const name of [KEY_HEADER, TIME_HEADER]) delete kept[name]
  if (key !== null) kept[KEY_HEADER] = Buffer.from(key).toString('utf8')
  if (timestamp !== null) kept[TIME_HEADER] = instantToIso(timestamp)
  return kept
}

/** The record of a dead letter as it came, see {@link headersOfLetter}. */
export function recordOfLetter(letter: Pick<WholeLetter, 'raw' | 'headers'>, at: Coordinates): RecordIn {
  const body = Buffer.from(letter.raw, 'base64')
  // Over HTTP headers of these names are the sender's own.
  if (!('topic' in at)) return { body, headers: letter.headers, key: null, timestamp: null }
  const { [KEY_HEADER]: key, [TIME_HEADER]: time, ...headers } = letter.headers
  return {
    body,
    headers,
    key: key === undefined ? null : Buffer.from(key),
    timestamp: time === undefined ? null : instantFromIso(time),
  }
}

/**
 * Reads dead letters again, as their source is read now, and stores what they hold: with the identity, the arrival and so the rank among
 * copies that it would have had at once. Doing it again, in part or at the same time elsewhere, changes nothing.
 *
 * @param options.mapping in place of the one that the letter's source has now
 * @param options.note who asks
 * @throws SightlineError `store_unavailable`
 */
export async function replayLetters(
  stores: ReplayStores,
  letters: readonly ListedLetter[],
  options: { mapping?: { name: string; version?: number | undefined } | undefined; dryRun: boolean; note: string },
): Promise<ReplayResult[]> {
  const readers = new Map<string, Promise<Reader>>()
  const readerOf = (letter: WholeLetter): Promise<Reader> => {
    const key = `${letter.feed}\n${letter.format}\n${letter.mapping}`
    const known = readers.get(key) ?? openReader(stores, letter, options.mapping)
    readers.set(key, known)
    return known
  }
  const results: ReplayResult[] = []
  for (const part of byBytes(letters)) {
    const whole = new Map((await wholeLetters(stores.reader, part)).map((letter) => [letter.letter_id, letter]))
    const judged: Judged[] = []
    for (const id of part) {
      const letter = whole.get(id)
      if (letter !== undefined) judged.push(judge(stores.reader.tenant, letter, await readerOf(letter)))
    }
    await compare(stores, judged)
    if (!options.dryRun) await store(stores, judged, options.note)
    results.push(...judged.map(({ result }) => result))
  }
  return results
}

type Judged = {
  result: ReplayResult
  /** What is written; null where nothing is. */
  batch: Batch | null
  rows: { event_id: string; content_hash: string }[]
}

async function openReader(
  { reader, db, judge }: ReplayStores,
  letter: WholeLetter,
  mapping: { name: string; version?: number | undefined } | undefined,
): Promise<Reader> {
  const source = (await findSource(db, reader.tenant, letter.feed)) ?? {
    tenantId: reader.tenant,
    id: letter.feed,
    format: letter.format,
    mapping: letter.mapping === '' ? null : letter.mapping,
    mappingVersion: null,
    systemId: null,
  }
  return judge.open(source, { observe: false, mapping })
}

function judge(tenant: TenantId, letter: WholeLetter, reader: Reader): Judged {
  const result: ReplayResult = {
    id: letter.letter_id,
    outcome: 'stored',
    events: [],
    code: '',
    reason: '',
    mapping: reader.mapping,
    mapping_version: reader.mappingVersion,
  }
  const none = (outcome: ReplayResult['outcome'], code: string, reason: string): Judged => ({
    result: { ...result, outcome, code, reason },
    batch: null,
    rows: [],
  })
  const hindrance = hindranceOf(letter)
  if (hindrance !== null) return none('skipped', hindrance.code, hindrance.reason)
  const coordinates = CoordinatesShape.parse(letter.coordinates)
  const at = instantFromIso(letter.received_at)
  if (at === null) throw new Error(`the letter ${letter.letter_id} came at ${letter.received_at}, which is no instant`)
  const outcome = readAgain(letter, reader, coordinates, at)
  if ('reject' in outcome) return none('rejected', outcome.reject.code, outcome.reject.message)
  const events = 'drop' in outcome ? [] : outcome.events
  if ('drop' in outcome) Object.assign(result, { outcome: 'ignored', reason: outcome.drop })
  const rows = events.map((event) => eventRow(tenant, event, { receivedAt: at, importId: '' }))
  result.events = events.map((event) => ({
    event_id: event.event_id,
    activity: event.source_activity,
    object: event.objects[0] === undefined ? '' : `${event.objects[0].type}/${event.objects[0].id}`,
  }))
  const content = digest([...rows.map((row) => `${row.event_id} ${row.content_hash}`), 'drop' in outcome ? outcome.drop : ''])
  const batch: Batch = {
    tenant,
    feed: letter.feed,
    // The same letter with the same content is the same batch, whenever and wherever it is replayed.
    token: `replay|${letter.letter_id}|${content}`,
    at,
    events: events.map((event, ordinal) => ({ event, ordinal })),
    letters: [],
    ignored: 'drop' in outcome ? 1 : 0,
  }
  return { result, batch, rows }
}

function hindranceOf(letter: WholeLetter): { code: string; reason: string } | null {
  if (letter.state === 'purged') return { code: 'purged', reason: 'Its bytes were purged.' }
  if (letter.feed === 'import')
    return { code: 'not_replayable', reason: 'It is part of an import, which is undone as a whole: import the corrected file.' }
  if (letter.feed === 'otlp' || letter.format === 'telemetry')
    return { code: 'not_replayable', reason: 'It is telemetry, which is read by its exporter only.' }
  if (Buffer.byteLength(letter.raw, 'base64') < letter.raw_bytes)
    return { code: 'not_replayable', reason: 'Only the beginning of this large record was kept: send it again.' }
  return null
}

function readAgain(letter: WholeLetter, reader: Reader, coordinates: Coordinates, receivedAt: Instant): Outcome {
  const record = recordOfLetter(letter, coordinates)
  // An event that was read, and refused by the store for a value.
  if (letter.format === 'event') return { events: [JSON.parse(Buffer.from(record.body).toString('utf8')) as Event] }
  const naturalId = naturalIdOf(coordinates)
  const seq = 'topic' in coordinates ? Number.parseInt(coordinates.offset, 10) : coordinates.index
  const events: Event[] = []
  let drop = ''
  for (const [index, part] of reader.split(record).entries()) {
    const id = index === 0 ? naturalId : `${naturalId}#${index}`
    const outcome = reader.read(part, { receivedAt, seq, naturalId: id })
    if ('reject' in outcome) return outcome
    if ('drop' in outcome) drop = outcome.drop
    else events.push(...outcome.events)
  }
  return events.length === 0 ? { drop } : { events }
}

/** Says of each letter whether its events are there already, as the letters before it leave things. */
async function compare({ reader }: ReplayStores, judged: readonly Judged[]): Promise<void> {
  const known = await knownEvents(reader, [...new Set(judged.flatMap(({ rows }) => rows.map((row) => row.event_id)))])
  const contents = new Map([...known].map(([id, found]) => [id, new Set(found.contents)]))
  for (const { result, rows } of judged) {
    if (rows.length === 0) continue
    let [there, other] = [0, 0]
    for (const { event_id, content_hash } of rows) {
      const held = contents.get(event_id) ?? new Set()
      if (held.has(content_hash)) there++
      else if (held.size > 0) other++
      contents.set(event_id, held.add(content_hash))
    }
    if (other > 0) result.outcome = 'conflict'
    else if (there === rows.length) result.outcome = 'duplicate'
  }
}

async function store(stores: ReplayStores, judged: readonly Judged[], note: string): Promise<void> {
  const { clickhouse, reader, writer, db, now } = stores
  const { tenant } = reader
  const batches = judged.flatMap(({ batch }) => batch ?? [])
  const ids = [...new Set(judged.flatMap(({ rows }) => rows.map((row) => row.event_id)))]
  if (batches.length > 0) {
    const token = `replay|${digest(batches.map((batch) => batch.token))}`
    const patience = AbortSignal.timeout(PATIENCE_MS)
    try {
      await writer.writeRange({ token, batches }, patience)
    } catch (error) {
      if (!patience.aborted) throw error
      throw new SightlineError('store_unavailable', 'ClickHouse does not take the events right now.', {
        next: 'Replay again later: what was stored already counts once.',
        retryAfterS: 10,
        cause: error,
      })
    }
    const stored = await knownEvents(reader, ids)
    for (const one of judged) markRefused(one, stored)
    // A letter is older than copies that came after it by other ways: it is the first arrival now.
    await writer.inTurn(() => settle(clickhouse, tenant, { events: [], roots: [], conflicts: ids }, now))
    const minutes = new Set([...batches.map(({ at }) => minuteOf(at)), ...[...stored.values()].flatMap((one) => one.minutes)])
    await settleMinutes(clickhouse, tenant, minutes, now())
  }
  await inTurnOfLetters(db, tenant, async () => {
    const change = (state: 'open' | 'replayed', text: string, letters: readonly string[]) =>
      changeLetters(clickhouse, tenant, letters, { state, note: text, replayed: true, now: now() })
    await change(
      'replayed',
      note,
      judged.filter(({ result }) => !['rejected', 'skipped'].includes(result.outcome)).map(({ result }) => result.id),
    )
    const refused = judged.filter(({ result }) => result.outcome === 'rejected')
    for (const [reason, ofReason] of Map.groupBy(refused, ({ result }) => `${result.code}: ${result.reason}`))
      await change(
        'open',
        `${note}: still refused – ${reason}`,
        ofReason.map(({ result }) => result.id),
      )
  })
}

function markRefused({ result, rows }: Judged, stored: ReadonlyMap<string, { contents: ReadonlySet<string> }>): void {
  if (rows.every((row) => stored.get(row.event_id)?.contents.has(row.content_hash) === true)) return
  Object.assign(result, { outcome: 'rejected', code: 'store_refused', reason: 'The store does not take a value of it.' })
}

/** Tells first arrivals from copies in minutes that were settled before the replay. */
async function settleMinutes(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  minutes: ReadonlySet<number>,
  now: Instant,
): Promise<void> {
  try {
    for (const minute of minutes)
      await clickhouse.command({
        query: sqlText('settle/ledger'),
        query_params: {
          tenant_id: tenant,
          minute: instantToClickHouse(minute * 1e6).slice(0, 19),
          settled_at: instantToClickHouse(now),
        },
      })
  } catch (error) {
    throw asStoreError(error, 'settling the ledger')
  }
}

function byBytes(letters: readonly ListedLetter[]): string[][] {
  const parts: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const { letter_id, raw_bytes } of letters) {
    if (bytes + raw_bytes > HELD_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(letter_id)
    bytes += raw_bytes
  }
  return parts
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex')
}
