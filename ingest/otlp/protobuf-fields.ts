import { type Attributes, OTLP_LIMITS, tooManyRecords, type Value } from './telemetry.ts'
import { malformed, tag, WIRE, type WireReader } from './wire.ts'

/** Field numbers are those of opentelemetry-proto 1.x, wire types included. */
export const BYTES_1 = tag(1, WIRE.bytes)
export const BYTES_2 = tag(2, WIRE.bytes)
export const BYTES_3 = tag(3, WIRE.bytes)
export const BYTES_4 = tag(4, WIRE.bytes)
export const BYTES_5 = tag(5, WIRE.bytes)
export const BYTES_6 = tag(6, WIRE.bytes)
export const BYTES_7 = tag(7, WIRE.bytes)
export const BYTES_8 = tag(8, WIRE.bytes)
export const BYTES_9 = tag(9, WIRE.bytes)
export const BYTES_10 = tag(10, WIRE.bytes)
export const BYTES_11 = tag(11, WIRE.bytes)
export const BYTES_12 = tag(12, WIRE.bytes)
export const BYTES_13 = tag(13, WIRE.bytes)
export const BYTES_15 = tag(15, WIRE.bytes)
export const VARINT_1 = tag(1, WIRE.varint)
export const VARINT_2 = tag(2, WIRE.varint)
export const VARINT_3 = tag(3, WIRE.varint)
export const VARINT_6 = tag(6, WIRE.varint)
export const VARINT_8 = tag(8, WIRE.varint)
export const VARINT_10 = tag(10, WIRE.varint)
export const FIXED_1 = tag(1, WIRE.fixed64)
export const FIXED_2 = tag(2, WIRE.fixed64)
export const FIXED_3 = tag(3, WIRE.fixed64)
export const FIXED_4 = tag(4, WIRE.fixed64)
export const FIXED_5 = tag(5, WIRE.fixed64)
export const FIXED_6 = tag(6, WIRE.fixed64)
export const FIXED_7 = tag(7, WIRE.fixed64)
export const FIXED_8 = tag(8, WIRE.fixed64)
export const FIXED_11 = tag(11, WIRE.fixed64)
export const FIXED_12 = tag(12, WIRE.fixed64)
export const FIXED_13 = tag(13, WIRE.fixed64)
export const FIXED_14 = tag(14, WIRE.fixed64)

/** How many records, and messages that group them, may still come. */
export type Left = { records: number }

/** Counts one more. */
export function take(left: Left): void {
  if (--left.records < 0) tooManyRecords()
}

/** Attributes to be filled. */
export function noAttributes(): Attributes {
  return { keys: [], values: [] }
}

/** Attributes of what has none. */
export const NOTHING: Attributes = { keys: [], values: [] }

/** Reads a `KeyValue` into attributes. */
export function keyValue(reader: WireReader, into: Attributes): void {
  let key = ''
  let value: Value = null
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) key = reader.text()
    else if (found === BYTES_2) value = anyValue(reader, 0)
    else reader.passOver(found)
  reader.close(end)
  if (into.keys.length >= OTLP_LIMITS.attributes) return
  into.keys.push(key)
  into.values.push(value)
}

/** Reads an `AnyValue`. */
export function anyValue(reader: WireReader, depth: number): Value {
  if (depth > OTLP_LIMITS.depth) throw malformed(`values lie in each other more than ${OTLP_LIMITS.depth} deep`)
  let value: Value = null
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) value = reader.text()
    else if (found === VARINT_2) value = reader.uint() !== 0
    else if (found === VARINT_3) value = reader.int()
    else if (found === FIXED_4) value = reader.double()
    else if (found === BYTES_5) value = arrayValue(reader, depth)
    else if (found === BYTES_6) value = listValue(reader, depth)
    else if (found === BYTES_7) value = reader.base64()
    else reader.passOver(found)
  reader.close(end)
  return value
}

function arrayValue(reader: WireReader, depth: number): Value[] {
  const values: Value[] = []
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) {
      const value = anyValue(reader, depth + 1)
      if (values.length < OTLP_LIMITS.attributes) values.push(value)
    } else reader.passOver(found)
  reader.close(end)
  return values
}

function listValue(reader: WireReader, depth: number): Record<string, Value> {
  const entries: [string, Value][] = []
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next()) {
    if (found !== BYTES_1) {
      reader.passOver(found)
      continue
    }
    let key = ''
    let value: Value = null
    const inner = reader.open()
    for (let field = reader.next(); field !== 0; field = reader.next())
      if (field === BYTES_1) key = reader.text()
      else if (field === BYTES_2) value = anyValue(reader, depth + 1)
      else reader.passOver(field)
    reader.close(inner)
    if (entries.length < OTLP_LIMITS.attributes) entries.push([key, value])
  }
  reader.close(end)
  return Object.fromEntries(entries)
}
