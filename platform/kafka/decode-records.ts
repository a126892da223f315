import { createRequire } from 'node:module'

/** Why a batch cannot be read, on the record that stands for it; `first` is the offset that the record stands for from, up to its own. */
export type Unreadable = { reason: string; first: number }

/** A record as kafkajs hands it on. */
export type DecodedRecord = {
  magicByte: number
  attributes: number
  timestamp: string
  offset: string
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer | Buffer[]>
  isControlRecord: boolean
  batchContext: { inTransaction: boolean; producerId: string }
  unreadable?: Unreadable
}

/** The reader of bytes of kafkajs. */
type Decoder = { readInt32(): number; canReadBytes(count: number): boolean; readBytes(count: number): Buffer }

const require = createRequire(import.meta.url)
const DecoderOf = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: Decoder,
) => Promise<{ records: DecodedRecord[] }>
const decodeOldFormat = require('kafkajs/src/protocol/messageSet/decoder') as (
  decoder: Decoder,
  bytes: number,
) => Promise<DecodedRecord[]>

/** Records of one batch: more are not unpacked, as each costs half a kilobyte of memory, however few bytes of the batch it takes. */
const BATCH_RECORDS = 500_000
/** What one fetch of a partition holds when it is unpacked, beyond which the batches that follow are left to the next fetch. */
const FETCH_BYTES = 64 * 1024 * 1024
const RECORD_BYTES = 64
/** An unreadable batch of so many records has a stand-in for each of them, a larger one has one for all. */
const SINGLE_STAND_INS = 1000

/** Bytes of a batch before its records; its length counts from the 12th on. */
const HEADER_BYTES = 61
const BEFORE_LENGTH = 12
const MAGIC_AT = 16
const BATCH_MAGIC = 2
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/**
 * Reads the records that a fetch brought of one partition, in place of what kafkajs does there, which has three defects: a batch that
 * cannot be read fails the whole fetch and so blocks its partition for ever; so does a readable one of more than some 120,000 records,
 * which are passed as arguments of a call; and there is no limit to what the batches of a fetch hold together when they are unpacked.
 *
 * A batch that cannot be read gives stand-ins without key and value that say why. The records of every batch end at its last offset, with
 * one that no reader sees where compaction took that: otherwise a batch that it emptied is fetched for ever.
 */
export async function decodeRecords(decoder: Decoder): Promise<DecodedRecord[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const bytes = decoder.readBytes(size)
  if (bytes.byteLength > MAGIC_AT && bytes[MAGIC_AT] !== BATCH_MAGIC) return decodeOldFormat(new DecoderOf(bytes), size)
  const records: DecodedRecord[] = []
  let unpacked = 0
  for (let at = 0; unpacked < FETCH_BYTES;) {
    const batch = batchAt(bytes, at)
    if (batch === null) break
    at += batch.byteLength
    for (const record of await recordsOf(batch)) {
      records.push(record)
      unpacked += RECORD_BYTES + (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0)
    }
  }
  return records
}

/** The batch that begins there; null where what is left is none: the broker cuts off at a number of bytes. */
function batchAt(bytes: Buffer, at: number): Buffer | null {
  if (at + HEADER_BYTES > bytes.byteLength || bytes[at + MAGIC_AT] !== BATCH_MAGIC) return null
  const end = at + BEFORE_LENGTH + bytes.readInt32BE(at + 8)
  return end < at + HEADER_BYTES || end > bytes.byteLength ? null : bytes.subarray(at, end)
}

async function recordsOf(batch: Buffer): Promise<DecodedRecord[]> {
  const count = batch.readInt32BE(57)
  if (count > BATCH_RECORDS) return standIns(batch, `it holds ${count} records, where at most ${BATCH_RECORDS} are taken`)
  try {
    const { records } = await decodeBatch(new DecoderOf(batch))
    const { last } = offsetsOf(batch)
    return records.at(-1)?.offset === String(last) ? records : [...records, { ...standIn(batch, last), isControlRecord: true }]
  } catch (error) {
    return standIns(batch, error instanceof Error ? error.message : String(error))
  }
}

function standIns(batch: Buffer, reason: string): DecodedRecord[] {
  const { first, last } = offsetsOf(batch)
  const count = batch.readInt32BE(57)
  const unreadable = (from: number, to: number): DecodedRecord => ({
    ...standIn(batch, to),
    unreadable: { reason: reason.slice(0, 200), first: from },
  })
  // Of a batch that was compacted nobody knows which offsets are left.
  if (count > SINGLE_STAND_INS || count !== last - first + 1) return [unreadable(first, last)]
  return Array.from({ length: count }, (_, delta) => unreadable(first + delta, first + delta))
}

function offsetsOf(batch: Buffer): { first: number; last: number } {
  const first = Number(batch.readBigInt64BE(0))
  return { first, last: first + batch.readInt32BE(23) }
}

function standIn(batch: Buffer, offset: number): DecodedRecord {
  const attributes = batch.readInt16BE(21)
  return {
    magicByte: BATCH_MAGIC,
    attributes: 0,
    timestamp: String(batch.readBigInt64BE(35)),
    offset: String(offset),
    key: null,
    value: null,
    headers: {},
    isControlRecord: (attributes & CONTROL) > 0,
    batchContext: { inTransaction: (attributes & TRANSACTIONAL) > 0, producerId: String(batch.readBigInt64BE(43)) },
  }
}
