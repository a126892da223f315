import { isAscii, isUtf8 } from 'node:buffer'
import { EVENT_LIMITS, type Refusal } from '../../model/event.ts'

/**
 * One record of a body: its position, where its bytes lie (`start` to before `end`), and what `JSON.parse` made of it, or why it is
 * refused.
 */
export type RawRecord = { index: number; start: number; end: number } & ({ value: unknown } | { refusal: Refusal })

/** How the records lie in the body. */
export type Framing = 'json' | 'ndjson' | 'single'

const QUOTE = 34
const BACKSLASH = 92
const SPACE = 32

/**
 * Splits a body into records, each judged on its own, so that one bad record never costs its neighbours.
 *
 * `json` is one object or an array of them; an array that breaks off or holds garbage yields the elements before the break and a
 * refusal at its index. `ndjson` is one object a line; blank lines are skipped and do not count. `single` is one value, an array being
 * one too.
 */
export function* readRecords(body: Buffer, framing: Framing): Generator<RawRecord> {
  const ascii = isAscii(body)
  const valid = ascii || isUtf8(body)
  // One byte a character: what separates records is ASCII, so places in this text are places in the bytes, and the text of pure ASCII
  // is parsed markedly faster than decoded UTF-8.
  const bytes = body.toString('latin1')
  const from = bytes.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const slices =
    framing === 'ndjson' ? lines(bytes, from) : framing === 'json' ? elements(bytes, from) : [trimmed(bytes, from, bytes.length)]
  let index = 0
  for (const slice of slices) {
    const { start, end } = slice
    const place = { index: index++, start, end }
    if (slice.broken !== undefined) yield { ...place, refusal: { code: 'json_invalid', message: slice.broken } }
    else if (!valid && !isUtf8(body.subarray(start, end)))
      yield { ...place, refusal: { code: 'utf8_invalid', message: 'is not valid UTF-8' } }
    else if (end - start > EVENT_LIMITS.bytes)
      yield { ...place, refusal: { code: 'record_too_large', message: `is over ${EVENT_LIMITS.bytes / 1024} KiB` } }
    else {
      const read = readRecord(ascii ? bytes.slice(start, end) : body.toString('utf8', start, end))
      yield 'code' in read ? { ...place, refusal: read } : { ...place, value: read.value }
    }
  }
}

/** UTF-8's, one character a byte. */
const BYTE_ORDER_MARK = '\u00EF\u00BB\u00BF'

type Slice = { start: number; end: number; broken?: string }

function trimmed(text: string, start: number, end: number): Slice {
  const first = skipSpace(text, start)
  let last = end
  while (last > first && text.charCodeAt(last - 1) <= SPACE) last--
  return { start: Math.min(first, last), end: last }
}

function* lines(text: string, from: number): Generator<Slice> {
  for (let start = from; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = trimmed(text, start, end)
    if (line.start < line.end) yield line
    start = end + 1
  }
}

/** The elements of a top-level array, or the whole text when it is no array. */
function* elements(text: string, from: number): Generator<Slice> {
  let at = skipSpace(text, from)
  if (text[at] !== '[') {
    const whole = trimmed(text, at, text.length)
    if (whole.start < whole.end) yield whole
    return
  }
  at = skipSpace(text, at + 1)
  if (text[at] === ']') return yield* trailing(text, at + 1)
  for (;;) {
    const end = endOfValue(text, at)
    if (end === -1) return yield { start: at, end: text.length, broken: 'the array breaks off inside this record' }
    yield trimmed(text, at, end)
    if (text[end] === ']') return yield* trailing(text, end + 1)
    at = skipSpace(text, end + 1)
  }
}

function* trailing(text: string, at: number): Generator<Slice> {
  const start = skipSpace(text, at)
  if (start < text.length) yield { start, end: text.length, broken: 'there is text after the end of the array' }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= SPACE) at++
  return at
}

/** Position of the comma or bracket that ends the value at `from` on the array's own level; -1 when the text breaks off. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at = endOfString(text, at)
      if (at === -1) return -1
    } else if (char === 91 || char === 123) depth++
    else if (char === 93 || char === 125) {
      if (depth === 0) return char === 93 ? at : -1
      depth--
    } else if (char === 44 && depth === 0) return at
  }
  return -1
}

/** Position of the quote that closes the string opened at `open`; -1 when it never closes. */
function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let escapes = 0
    while (text.charCodeAt(close - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return close
  }
  return -1
}

/** What a text holds, or why it is refused. */
function readRecord(text: string): { value: unknown } | Refusal {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return {
      code: 'json_invalid',
      message: `is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'syntax error'}`,
    }
  }
  const keys = countKeys(value, 0)
  if (keys === -1) return { code: 'too_deep', message: `is nested deeper than ${EVENT_LIMITS.depth} levels` }
  if (keys !== countKeyMarks(text) && repeatsKey(text))
    return { code: 'duplicate_key', message: 'holds a key twice in one object, so it has two readings' }
  return { value }
}

/** Keys in a value at all levels; -1 when it is nested deeper than allowed. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth >= EVENT_LIMITS.depth) return -1
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) {
      const inner = countKeys(item, depth + 1)
      if (inner === -1) return -1
      count += inner
    }
    return count
  }
  const record = value as Record<string, unknown>
  for (const key in record) {
    const inner = countKeys(record[key], depth + 1)
    if (inner === -1) return -1
    count += 1 + inner
  }
  return count
}

/** How often a colon follows a quote in a JSON text: once for every key, and more only for text that looks like one. */
function countKeyMarks(text: string): number {
  let count = 0
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1
    while (text.charCodeAt(before) <= SPACE) before--
    if (text.charCodeAt(before) === QUOTE) count++
  }
  return count
}

/** Exact look for a key that an object holds twice. The text is valid JSON of bounded depth. */
function repeatsKey(text: string): boolean {
  const seen: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '{') seen.push(new Set())
    else if (char === '[') seen.push(null)
    else if (char === '}' || char === ']') seen.pop()
    else if (char === '"') {
      const close = endOfString(text, at)
      const after = skipSpace(text, close + 1)
      const keys = seen.at(-1)
      if (text[after] === ':' && keys != null) {
        const key = String(JSON.parse(text.slice(at, close + 1)))
        if (keys.has(key)) return true
        keys.add(key)
      }
      at = close
    }
  }
  return false
}
