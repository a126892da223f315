import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import type { Event } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { RegisteredSource } from '../../platform/sources.ts'
import type { DeadLetter, Outcome } from '../batch.ts'
import type { RecordIn } from '../format.ts'
import type { Reader } from '../judge.ts'
import type { Front } from '../transport/kafka/front.ts'
import type { EventWriter } from '../write.ts'

/** Bounds of one delivery. */
export const DELIVERY_LIMITS = {
  /** Of the body as it is sent. */
  bytes: 1024 * 1024,
  /** Of the body after decompression; with its headers it fits into a record of the front. */
  inflatedBytes: 7 * 1024 * 1024,
  records: 10_000,
} as const

/** A verified delivery: its body as it was sent. `naturalId` is the same when its sender sends it again. */
export type Delivery = { body: Uint8Array; headers: Readonly<Record<string, string>>; naturalId: string }

/** What became of the records of a delivery; indices are positions in its body. */
export type DeliveryReceipt = {
  accepted: number
  duplicates: number
  ignored: number
  rejected: { index: number; code: string; message: string }[]
  conflicts: { index: number; event_id: string }[]
}

/**
 * A record of a delivery and what its source's reader made of it. `naturalId` is where it lies too: the transport's id of the delivery,
 * and behind it the position of all records but the first.
 */
export type JudgedRecord = { index: number; record: RecordIn; naturalId: string; outcome: Outcome }

/** Content codings that are undone. */
export const DELIVERY_ENCODINGS: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip', 'deflate'])

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) }

/**
 * Reads a delivery record by record.
 *
 * @returns its records, and the body that holds them, decompressed; null where it could not be taken apart and is one rejected record
 */
export async function judgeDelivery(
  reader: Reader,
  delivery: Delivery,
  receivedAt: Instant,
): Promise<{ records: JudgedRecord[]; opened: RecordIn | null }> {
  const { headers, naturalId } = delivery
  const whole = { body: delivery.body, headers, key: null, timestamp: null }
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase()
  let record: RecordIn = whole
  if (encoding !== '' && encoding !== 'identity') {
    try {
      const { 'content-encoding': _, ...rest } = headers
      const body = await unpack[encoding === 'deflate' ? 'deflate' : 'gzip'](delivery.body, {
        maxOutputLength: DELIVERY_LIMITS.inflatedBytes,
      })
      record = { ...whole, headers: rest, body }
    } catch (error) {
      const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
      const outcome = tooLarge
        ? refused('record_too_large', `is over ${DELIVERY_LIMITS.inflatedBytes / 1024 / 1024} MiB after decompression`)
        : refused('encoding_invalid', `is not what its content-encoding "${encoding}" says`)
      return { records: [{ index: 0, record: whole, naturalId, outcome }], opened: null }
    }
  }
  const records = reader.split(record)
  if (records.length > DELIVERY_LIMITS.records) {
    const outcome = refused(
      'too_many_records',
      `holds ${records.length} records, where ${DELIVERY_LIMITS.records} are taken at once`,
    )
    return { records: [{ index: 0, record, naturalId, outcome }], opened: null }
  }
  const judged = records.map((part, index) => {
    const id = index === 0 ? naturalId : `${naturalId}#${index}`
    return { index, record: part, naturalId: id, outcome: reader.read(part, { receivedAt, seq: index, naturalId: id }) }
  })
  return { records: judged, opened: record }
}

/**
 * Stores what a verified delivery holds: its events, and what could not be read as dead letters. Returns once both are durable – in the
 * stores or, with a front, in Kafka, from where they are read again and stored.
 *
 * @throws SightlineError `overloaded`, `store_unavailable` or `draining`: the sender may send it again
 */
export async function receiveDelivery(
  services: { writer: Pick<EventWriter, 'writeBatch' | 'arrival'>; front: Front | null; now: () => Instant },
  source: RegisteredSource,
  reader: Reader,
  delivery: Delivery,
): Promise<DeliveryReceipt> {
  const { writer, front, now } = services
  const at = now()
  const { records, opened } = await judgeDelivery(reader, delivery, at)
  const letter = ({ record, naturalId }: JudgedRecord, code: string, reason: string): DeadLetter => ({
    coordinates: { request: naturalId, index: 0 },
    headers: record.headers,
    raw: record.body,
    format: reader.format,
    code,
    reason,
    mapping: reader.mapping,
    mappingVersion: reader.mappingVersion,
  })
  const rejected: DeliveryReceipt['rejected'] = []
  const events: { event: Event; ordinal: number; of: JudgedRecord }[] = []
  const letters: DeadLetter[] = []
  let ignored = 0
  let ordinal = 0
  for (const one of records) {
    const { outcome, index } = one
    if ('reject' in outcome) {
      rejected.push({ index, ...outcome.reject })
      letters.push(letter(one, outcome.reject.code, outcome.reject.message))
      ordinal++
    } else if ('drop' in outcome || outcome.events.length === 0) {
      ignored++
      ordinal++
    } else for (const event of outcome.events) events.push({ event, ordinal: ordinal++, of: one })
  }
  if (front !== null && opened !== null) {
    const { tenantId: tenant, id: feed, format } = source
    const { body, headers, key } = opened
    await front.send([{ tenant, feed, format, key, body, headers, request: delivery.naturalId, index: 0, at }])
    return { accepted: events.length, duplicates: 0, ignored, rejected, conflicts: [] }
  }
  const { accepted, duplicates, conflicts, refused } = await writer.writeBatch({
    tenant: source.tenantId,
    feed: source.id,
    token: randomUUID(),
    at: writer.arrival(ordinal),
    events,
    letters,
    ignored,
    letterAt(position, reason) {
      const held = events.find((one) => one.ordinal === position)
      if (held === undefined) throw new RangeError(`the delivery has no event at ${position}`)
      return letter(held.of, 'store_refused', reason)
    },
  })
  const indexOf = (position: number): number => events[position]?.of.index ?? 0
  return {
    accepted,
    duplicates,
    ignored,
    rejected: [
      ...rejected,
      ...refused.map(({ index, reason }) => ({ index: indexOf(index), code: 'store_refused', message: reason })),
    ].toSorted((a, b) => a.index - b.index),
    conflicts: conflicts.map(({ index, event_id }) => ({ index: indexOf(index), event_id })),
  }
}

function refused(code: string, message: string): Outcome {
  return { reject: { code, message } }
}
