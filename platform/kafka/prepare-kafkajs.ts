import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { type Codec, gzipCodec, lz4Codec, snappyCodec, zstdCodec } from './codecs.ts'
import { decodeRecords } from './decode-records.ts'

let prepared = false

/**
 * Registers all codecs with kafkajs and mends its timer and its reading of records, once a process and before the first fetch.
 *
 * - kafkajs ends a consumer at the first snappy, lz4 or zstd batch, and for gzip it sets no limit to what a batch may hold.
 * - Its request queue schedules a check with a negative delay whenever nothing is throttled, and so wakes a thousand times a second.
 * - A batch that it cannot read blocks a partition for ever, see {@link decodeRecords}.
 */
export function prepareKafkajs(): void {
  if (prepared) return
  prepared = true
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = () => registered(gzipCodec)
  CompressionCodecs[CompressionTypes.Snappy] = () => registered(snappyCodec)
  CompressionCodecs[CompressionTypes.LZ4] = () => registered(lz4Codec)
  CompressionCodecs[CompressionTypes.ZSTD] = () => registered(zstdCodec)
  const require = createRequire(import.meta.url)
  const queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  queue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
  // The module is a function that its users take when they are loaded, which is with the first fetch.
  const decoder = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages')
  require(decoder)
  const loaded = require.cache[decoder]
  if (loaded === undefined) throw new Error('the reading of records of kafkajs is not where it was')
  loaded.exports = decodeRecords
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

/** A codec as kafkajs calls it. */
function registered(codec: Codec): {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(packed: Buffer): Promise<Buffer>
} {
  return { compress: (encoder) => codec.compress(encoder.buffer), decompress: codec.decompress }
}
