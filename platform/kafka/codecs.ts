import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappy'
import { lz4Length } from './lz4-length.ts'

/** Packs and unpacks the records of a batch. */
export type Codec = { compress(plain: Buffer): Promise<Buffer>; decompress(packed: Buffer): Promise<Buffer> }

/**
 * Largest batch after decompression, which every codec keeps before it unpacks more: a broker takes batches of 1 MiB by default, and honest
 * ones shrink by ten, not by hundreds.
 */
export const UNPACKED_BYTES = 128 * 1024 * 1024

const LIMIT = { maxOutputLength: UNPACKED_BYTES }

export const gzipCodec: Codec = {
  compress: promisify<Buffer, Buffer>(gzip),
  decompress: (packed) => promisify<Buffer, typeof LIMIT, Buffer>(gunzip)(packed, LIMIT),
}

export const zstdCodec: Codec = {
  compress: promisify<Buffer, Buffer>(zstdCompress),
  decompress: (packed) => promisify<Buffer, typeof LIMIT, Buffer>(zstdDecompress)(packed, LIMIT),
}

export const lz4Codec: Codec = {
  compress: (plain) => compressFrame(plain),
  async decompress(packed) {
    if (lz4Length(packed, UNPACKED_BYTES) > UNPACKED_BYTES)
      throw new Error(`a batch of LZ4 holds more than ${UNPACKED_BYTES} bytes`)
    return decompressFrame(packed)
  },
}

/** Start of the framing of the Java library xerial: magic, version and the oldest version that can read it. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1])
const XERIAL_MAGIC = XERIAL.subarray(0, 8)

/** Snappy as producers write it: bare, or in the blocks of xerial; streams of the latter may follow each other. */
export const snappyCodec: Codec = {
  async compress(plain) {
    const block = await snappyCompress(plain)
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.byteLength)
    return Buffer.concat([XERIAL, length, block])
  },
  async decompress(packed) {
    if (!isXerial(packed, 0)) return unpackBlock(packed, UNPACKED_BYTES)
    const blocks: Buffer[] = []
    let left = UNPACKED_BYTES
    for (let at = 0; at < packed.byteLength;) {
      if (isXerial(packed, at)) {
        at += XERIAL.byteLength
        continue
      }
      const length = packed.readInt32BE(at)
      if (length < 0 || at + 4 + length > packed.byteLength) throw new Error('a block of Snappy breaks off')
      const block = await unpackBlock(packed.subarray(at + 4, at + 4 + length), left)
      left -= block.byteLength
      blocks.push(block)
      at += 4 + length
    }
    return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks)
  },
}

function isXerial(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, at + XERIAL_MAGIC.byteLength).equals(XERIAL_MAGIC)
}

async function unpackBlock(block: Buffer, most: number): Promise<Buffer> {
  if (snappyLength(block) > most) throw new Error(`a batch of Snappy holds more than ${UNPACKED_BYTES} bytes`)
  return snappyUncompress(block, { asBuffer: true }) as Promise<Buffer>
}

/** What a block of Snappy says at its start that it holds, as a varint. */
function snappyLength(block: Buffer): number {
  let length = 0
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return length
  }
  return Infinity
}
