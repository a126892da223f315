import { SightlineError } from '../../platform/errors.ts'
import { type Nanos, type Value } from './telemetry.ts'

/** Texts up to this many bytes are looked up before they are made: keys, names of services and methods repeat in every span. */
const CACHED_BYTES = 48
const CACHE_SLOTS = 8192
const cache: string[] = Array.from({ length: CACHE_SLOTS }, () => '')

/** How a field lies on the wire. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** The tag of a field: its number and its wire type in one number, as it is read. */
export function tag(field: number, wire: number): number {
  return field * 8 + wire
}

/**
 * Reads the protobuf wire format of a body. A message within is read by setting `end` to where it ends and back.
 *
 * @throws SightlineError `body_invalid` where the bytes end too early or are no protobuf
 */
export class WireReader {
  readonly buffer: Buffer
  at: number
  end: number

  constructor(buffer: Buffer) {
    this.buffer = buffer
    this.at = 0
    this.end = buffer.length
  }

  /** Reads a length, makes it the new end and returns the old one: hand it to {@link close}. */
  open(): number {
    const length = this.uint()
    const { end } = this
    if (length > end - this.at) throw malformed('a length runs over the end')
    this.end = this.at + length
    return end
  }

  close(end: number): void {
    this.at = this.end
    this.end = end
  }

  /** The next tag, or 0 at the end of the message. */
  next(): number {
    if (this.at >= this.end) return 0
    const found = this.uint()
    if (found < 8) throw malformed('a field has the number 0')
    return found
  }

  /** An unsigned varint; above 2^53 it is not exact. */
  uint(): number {
    const { buffer, end } = this
    let { at } = this
    if (at >= end) throw malformed('it ends in the middle of a number')
    let byte = buffer[at++] ?? 0
    if (byte < 128) {
      this.at = at
      return byte
    }
    let value = byte & 127
    let scale = 128
    for (let count = 1; count < 10; count++) {
      if (at >= end) throw malformed('it ends in the middle of a number')
      byte = buffer[at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) {
        this.at = at
        return value
      }
      scale *= 128
    }
    throw malformed('a number is longer than ten bytes')
  }

  /** A signed 64-bit varint; text beyond 2^53. */
  int(): number | string {
    const start = this.at
    const value = this.uint()
    if (value <= Number.MAX_SAFE_INTEGER) return value
    let exact = 0n
    for (let at = this.at - 1; at >= start; at--) exact = (exact << 7n) | BigInt((this.buffer[at] ?? 0) & 127)
    const signed = BigInt.asIntN(64, exact)
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed.toString()
  }

  /** A zigzag varint of 32 bits. */
  sint32(): number {
    const value = this.uint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  fixed32(): number {
    this.need(4)
    const value = this.buffer.readUInt32LE(this.at)
    this.at += 4
    return value
  }

  double(): number {
    this.need(8)
    const value = this.buffer.readDoubleLE(this.at)
    this.at += 8
    return value
  }

  /** An unsigned number of 64 bits; above 2^53 it is not exact. */
  fixed64(): number {
    this.need(8)
    const { buffer, at } = this
    this.at = at + 8
    return word(buffer, at + 4) * 4294967296 + word(buffer, at)
  }

  /** A signed number of 64 bits; beyond 2^53 it is not exact. */
  sfixed64(): number {
    this.need(8)
    const low = word(this.buffer, this.at)
    const high = this.buffer.readInt32LE(this.at + 4)
    this.at += 8
    return high * 4294967296 + low
  }

  /** Nanoseconds since 1970 as exact microseconds and the rest: 2^32 ns are 4,294,967 µs and 296 ns. */
  nanos(): Nanos {
    this.need(8)
    const { buffer, at } = this
    const high = word(buffer, at + 4)
    const rest = high * 296 + word(buffer, at)
    this.at = at + 8
    const us = Math.floor(rest / 1000)
    return { us: high * 4294967 + us, ns: rest - us * 1000 }
  }

  text(): string {
    const length = this.uint()
    const { buffer, at } = this
    if (length > this.end - at) throw malformed('a text runs over the end')
    const end = at + length
    this.at = end
    if (length === 0) return ''
    if (length > CACHED_BYTES) return buffer.toString('utf8', at, end)
    let key = length
    let high = 0
    for (let place = at; place < end; place++) {
      const byte = buffer[place] ?? 0
      key = Math.imul(key, 31) + byte
      high |= byte
    }
    if (high > 127) return buffer.toString('utf8', at, end)
    const slot = (key ^ (key >>> 13)) & (CACHE_SLOTS - 1)
    const known = cache[slot] ?? ''
    if (known.length === length && sameText(known, buffer, at)) return known
    return (cache[slot] = buffer.toString('latin1', at, end))
  }

  hex(): string {
    const length = this.uint()
    const { at } = this
    if (length > this.end - at) throw malformed('an id runs over the end')
    this.at = at + length
    // An id has 8 or 16 bytes; of what is none, the beginning shows that it is not.
    return this.buffer.toString('hex', at, at + Math.min(length, 17))
  }

  base64(): string {
    const length = this.uint()
    const { at } = this
    if (length > this.end - at) throw malformed('bytes run over the end')
    this.at = at + length
    return this.buffer.toString('base64', at, at + length)
  }

  passOver(found: number): void {
    const wire = found % 8
    if (wire === WIRE.varint) this.uint()
    else if (wire === WIRE.fixed64) this.move(8)
    else if (wire === WIRE.bytes) this.move(this.uint())
    else if (wire === WIRE.fixed32) this.move(4)
    else throw malformed(`wire type ${wire} is not known`)
  }

  /** A repeated number, packed or not. */
  numbers(found: number, into: Value[], limit: number, read: () => number): void {
    if (found % 8 !== WIRE.bytes) {
      const value = read()
      if (into.length < limit) into.push(value)
      return
    }
    const end = this.open()
    while (this.at < this.end) {
      const value = read()
      if (into.length < limit) into.push(value)
    }
    this.close(end)
  }

  private move(bytes: number): void {
    this.need(bytes)
    this.at += bytes
  }

  private need(bytes: number): void {
    if (bytes > this.end - this.at) throw malformed('it ends in the middle of a field')
  }
}

function word(buffer: Buffer, at: number): number {
  return (buffer[at] ?? 0) + (buffer[at + 1] ?? 0) * 256 + (buffer[at + 2] ?? 0) * 65536 + (buffer[at + 3] ?? 0) * 16777216
}

function sameText(known: string, buffer: Buffer, at: number): boolean {
  for (let place = 0; place < known.length; place++) if (known.charCodeAt(place) !== buffer[at + place]) return false
  return true
}

/** What is said of a body that cannot be read. */
export function malformed(why: string): SightlineError {
  return new SightlineError('body_invalid', `The body is not a request of OTLP: ${why}.`, {
    next: 'Send ExportTraceServiceRequest, ExportLogsServiceRequest or ExportMetricsServiceRequest, as Content-Type says.',
  })
}
