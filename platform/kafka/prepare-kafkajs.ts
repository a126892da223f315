import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { type Codec, gzipCodec, lz4Codec, snappyCodec, zstdCodec } from './codecs.ts'

/** Header that marks a record of a batch that could not be unpacked; its value says why. The record has no body. */
export const UNREADABLE_HEADER = 'sightline-unreadable'

let prepared = false

/**
 * Registers all codecs with kafkajs and mends its timer, once a process.
 *
 * - kafkajs ends a consumer at the first snappy, lz4 or zstd batch, and for gzip it sets no limit to what a batch may hold.
 * - Its request queue schedules a check with a negative delay whenever nothing is throttled, and so wakes a thousand times a second.
 */
export function prepareKafkajs(): void {
  if (prepared) return
  prepared = true
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = () => tolerant(gzipCodec)
  CompressionCodecs[CompressionTypes.Snappy] = () => tolerant(snappyCodec)
  CompressionCodecs[CompressionTypes.LZ4] = () => tolerant(lz4Codec)
  CompressionCodecs[CompressionTypes.ZSTD] = () => tolerant(zstdCodec)
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  queue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
}

type RequestQueue = {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  pending: unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

function scheduleCheckPendingRequests(this: RequestQueue): void {
  const throttledFor = this.throttledUntil - Date.now()
  if (this.throttleCheckTimeoutId !== null || (this.pending.length === 0 && throttledFor <= 0)) return
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(throttledFor, 10),
  )
}

/** A codec that gives marked records in place of a batch that it cannot unpack, so that one bad batch never blocks its partition. */
function tolerant(codec: Codec): {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(packed: Buffer): Promise<Buffer>
} {
  return {
    compress: (encoder) => codec.compress(encoder.buffer),
    decompress: (packed) =>
      codec
        .decompress(packed)
        .catch((error: unknown) => unreadableRecords(error instanceof Error ? error.message : String(error))),
  }
}

/** Records of the largest unreadable batch that is passed over. */
const MOST_UNREADABLE = 50_000

/** Records in Kafka's encoding, one for each offset that a batch may have: no key, no value, one header with the reason. */
function unreadableRecords(reason: string): Buffer {
  const name = Buffer.from(UNREADABLE_HEADER)
  const value = Buffer.from(reason.slice(0, 200))
  const header = Buffer.concat([zigzag(1), zigzag(name.byteLength), name, zigzag(value.byteLength), value])
  const parts: Buffer[] = []
  for (let offset = 0; offset < MOST_UNREADABLE; offset++) {
    // Attributes, timestamp delta, offset delta, no key, no value.
    const body = Buffer.concat([Buffer.from([0, 0]), zigzag(offset), zigzag(-1), zigzag(-1), header])
    parts.push(zigzag(body.byteLength), body)
  }
  return Buffer.concat(parts)
}

/** A number as a zigzag varint. */
function zigzag(value: number): Buffer {
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  const bytes: number[] = []
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}
