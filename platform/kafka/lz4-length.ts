const MAGIC = 0x184d2204
const HAS_DICTIONARY = 0x01
const HAS_LENGTH = 0x08
const HAS_BLOCK_CHECKSUMS = 0x10
/** Bit of a block's size that says that the block lies there as it is. */
const STORED = 0x80000000
/** A length of so much in a token goes on in the bytes that follow. */
const CONTINUED = 15
const SHORTEST_MATCH = 4

/**
 * Bytes that a frame of LZ4 holds when it is unpacked, found by adding up its sequences without unpacking them: the decompressor has no
 * limit of its own, and what a frame says of its length need not be true. What is wrong with a frame otherwise is for the decompressor.
 *
 * @param most counting ends beyond it
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @throws RangeError where the frame breaks off
 */
export function lz4Length(frame: Buffer, most: number): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new Error('is no frame of LZ4')
  const flags = frame.readUInt8(4)
  // Magic, flags, size of blocks, checksum of the header.
  let at = 7 + ((flags & HAS_LENGTH) === 0 ? 0 : 8) + ((flags & HAS_DICTIONARY) === 0 ? 0 : 4)
  let length = 0
  while (length <= most) {
    const size = frame.readUInt32LE(at)
    at += 4
    if (size === 0) break
    const isStored = size >= STORED
    const end = at + (isStored ? size - STORED : size)
    if (end > frame.byteLength) throw new RangeError('a block of LZ4 breaks off')
    length += isStored ? end - at : blockLength(frame, at, end, most - length)
    at = end + ((flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4)
  }
  return length
}

/** @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function blockLength(frame: Buffer, from: number, end: number, most: number): number {
  let at = from
  let length = 0
  const continued = (start: number): number => {
    let sum = start
    for (let byte = 255; byte === 255 && at < end;) {
      byte = frame[at++] ?? 0
      sum += byte
    }
    return sum
  }
  while (at < end && length <= most) {
    const token = frame[at++] ?? 0
    const literals = token >> 4 === CONTINUED ? continued(CONTINUED) : token >> 4
    length += literals
    at += literals
    // The last sequence of a block has no match.
    if (at >= end) break
    at += 2
    const match = token & CONTINUED
    length += SHORTEST_MATCH + (match === CONTINUED ? continued(CONTINUED) : match)
  }
  return length
}
