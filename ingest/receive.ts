import { createHash, randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Event, EVENT_LIMITS, isRefusal, readEvent, type Refusal } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Batch, DeadLetter } from './batch.ts'
import type { Front, FrontRecord } from './transport/kafka/front.ts'
import { type Framing, type RawRecord, readRecords } from './transport/records.ts'
import type { EventWriter, Verdict } from './write.ts'

/** What became of each record of a body; indices are positions in the body. */
export type Receipt = Omit<Verdict, 'refused'> & { rejected: ({ index: number } & Refusal)[] }

/** What receiving needs. */
export type Reception = {
  tenant: TenantId
  writer: EventWriter
  now: () => Instant
  /** Where records wait durably until they are read and stored; an import does without. */
  front?: Front | null
  /**
   * Marks the events of a file import, which may also lie in the future: what is wrong with a file's dates is told by its data-quality
   * report.
   */
  importId?: string
  /** Headers that are kept with a record that could not be read. */
  headers?: Readonly<Record<string, string>>
}

/** Most records of one body. */
export const RECEIVE_LIMITS = { records: 50_000 } as const

/**
 * Reads a body of CloudEvents, judges each record on its own, and stores the good ones; the others are kept as dead letters. Returns
 * once all are durable – in the stores or, with a front, in Kafka, from where they are read again and stored.
 */
export async function receiveBody(body: Buffer, framing: Framing, options: Reception): Promise<Receipt> {
  return receiveRecords(readRecords(body, framing), body, options)
}

/** As {@link receiveBody}, for records that are parsed already; their places are places in the body. */
export async function receiveRecords(records: Iterable<RawRecord>, body: Buffer, options: Reception): Promise<Receipt> {
  const { tenant, writer, now, importId, headers = {} } = options
  const front = importId === undefined ? (options.front ?? null) : null
  const waiting: FrontRecord[] = []
  const each = eachHeaders(headers)
  const receivedAt = now()
  const horizon = importId === undefined ? receivedAt : Number.MAX_SAFE_INTEGER - EVENT_LIMITS.future_s * 1e6
  const rejected: Receipt['rejected'] = []
  const events: { event: Event; ordinal: number; start: number; end: number }[] = []
  const letters: DeadLetter[] = []
  let digest: string | undefined
  /** The same record of the same body lies in the same place, however often it is sent. */
  const request = (): string => (digest ??= createHash('sha256').update(body).digest('hex'))
  const letter = (index: number, { start, end }: { start: number; end: number }, code: string, reason: string): DeadLetter => ({
    coordinates: { request: request(), index },
    headers,
    raw: body.subarray(start, end),
    format: 'cloudevents',
    code,
    reason,
    mapping: '',
    mappingVersion: 0,
  })
  let count = 0
  for (const record of records) {
    const { index } = record
    if (index % 1000 === 999) await breathe()
    if (index >= RECEIVE_LIMITS.records) {
      rejected.push({
        index,
        code: 'too_many_records',
        message: `a request carries at most ${RECEIVE_LIMITS.records} records`,
      })
      break
    }
    count = index + 1
    const event =
      'refusal' in record ? record.refusal : readEvent(record.value, { tenant, receivedAt: horizon, fallbackSeq: index })
    if (isRefusal(event)) {
      rejected.push({ index, ...event })
      letters.push(letter(index, record, event.code, event.message))
    } else events.push({ event, ordinal: index, start: record.start, end: record.end })
    if (front !== null) {
      const raw = body.subarray(record.start, record.end)
      waiting.push({ ...HTTP, tenant, body: raw, headers: each, request: request(), index, at: receivedAt })
    }
  }
  if (front !== null) {
    await front.send(waiting)
    return { accepted: events.length, duplicates: 0, conflicts: [], rejected }
  }
  const batch: Batch = {
    tenant,
    feed: importId === undefined ? 'http' : 'import',
    token: randomUUID(),
    at: writer.arrival(count),
    events,
    letters,
    ignored: 0,
    letterAt: (ordinal, reason) =>
      letter(ordinal, events.find((held) => held.ordinal === ordinal) ?? { start: 0, end: 0 }, 'store_refused', reason),
  }
  const { accepted, duplicates, conflicts, refused } = await writer.writeBatch(batch, importId)
  const positionOf = (index: number): number => events[index]?.ordinal ?? index
  return {
    accepted,
    duplicates,
    conflicts: conflicts.map(({ index, event_id }) => ({ index: positionOf(index), event_id })),
    rejected: [
      ...rejected,
      ...refused.map(({ index, reason }) => ({ index: positionOf(index), code: 'store_refused', message: reason })),
    ].toSorted((a, b) => a.index - b.index),
  }
}

/** What all records of `POST /v1/events` have in common on their way through the front. */
const HTTP = { feed: 'http', format: 'cloudevents', key: null } as const

/** Headers of one record of a body; those of an event in binary mode say what it is. */
function eachHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return headers['ce-specversion'] === undefined ? { ...headers, 'content-type': 'application/cloudevents+json' } : headers
}
