import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import { textChunks } from '../input.ts'

/** One member of a top-level collection: `name` is its key where the collection is an object. */
export type JsonElement = { section: string; name?: string; value: unknown }

/** Marks that a section of the document has ended, or is no array or object (then with its value). */
export type JsonSectionEnd = { section: string; ended: true; value?: unknown }

/** Characters of one element: far beyond any real event, and small enough to hold. */
const MAX_ELEMENT = 32 * 1024 * 1024

/**
 * Walks a JSON document without holding it: `{section: [element, …], section: {name: element, …}}`, or one top-level array (whose
 * section is the empty text). Elements of the sections in `wanted` are parsed, others only skipped.
 *
 * @throws SightlineError `file_invalid` with the line where the document breaks
 */
export async function* jsonElements(input: Input, wanted: ReadonlySet<string>): AsyncGenerator<JsonElement | JsonSectionEnd> {
  const source = textChunks(input.bytes())
  let buffer = ''
  let at = 0
  let line = 1
  let over = false

  const fail = (message: string, position = at): never => {
    throw new SightlineError(
      'file_invalid',
      `${input.name} is not valid JSON at line ${line + newlines(buffer, 0, position)}: ${message}.`,
      {
        next: 'The file may be truncated: export it again.',
      },
    )
  }
  /** Reads more, dropping what is done; false at the end of the file. */
  const more = async (): Promise<boolean> => {
    if (over) return false
    if (at > 0) {
      line += newlines(buffer, 0, at)
      buffer = buffer.slice(at)
      at = 0
    }
    if (buffer.length > MAX_ELEMENT) fail('one record is longer than 32 MB', 0)
    // A long element is scanned again from its start: growing by its own length keeps that linear.
    const goal = buffer.length
    for (let read = 0; read <= goal;) {
      const next = await source.next()
      if (next.done === true) {
        over = true
        return read > 0
      }
      buffer += next.value
      read += Math.max(1, next.value.length)
    }
    return true
  }
  /** The next character that is no space, or '' at the end of the file. */
  const peek = async (): Promise<string> => {
    for (;;) {
      while (at < buffer.length && isSpace(buffer.charCodeAt(at))) at++
      if (at < buffer.length) return buffer.charAt(at)
      if (!(await more())) return ''
    }
  }
  const expect = async (character: string): Promise<void> => {
    const found = await peek()
    if (found !== character)
      fail(found === '' ? `the file ends where "${character}" belongs` : `"${found}" stands where "${character}" belongs`)
    at++
  }
  /** The text of the value at the cursor. */
  const take = async (): Promise<string> => {
    if ((await peek()) === '') fail('the file ends inside a record')
    for (;;) {
      const end = endOfValue(buffer, at, over)
      if (end !== -1) {
        const text = buffer.slice(at, end)
        at = end
        return text
      }
      if (!(await more())) {
        if (!over) continue
        const last = endOfValue(buffer, at, true)
        if (last === -1) fail('the file ends inside a record', buffer.length)
      }
    }
  }
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (error) {
      return fail(
        error instanceof Error ? error.message.replace(/ in JSON.*| \(line.*/u, '').slice(0, 120) : 'broken value',
        Math.max(0, at - text.length),
      )
    }
  }
  const key = async (): Promise<string> => {
    if ((await peek()) !== '"') fail('a key in quotes is missing')
    const name = parsed(await take())
    await expect(':')
    return String(name)
  }
  async function* members(section: string, open: string): AsyncGenerator<JsonElement> {
    const close = open === '[' ? ']' : '}'
    await expect(open)
    if ((await peek()) === close) {
      at++
      return
    }
    for (;;) {
      const name = open === '{' ? await key() : undefined
      const text = await take()
      if (wanted.has(section)) yield { section, ...(name === undefined ? {} : { name }), value: parsed(text) }
      const next = await peek()
      at++
      if (next === close) return
      if (next !== ',') {
        at--
        fail(next === '' ? 'the file ends in the middle' : `"${next}" stands where "," or "${close}" belongs`)
      }
    }
  }

  try {
    if ((await peek()) === '\ufeff') at++
    const first = await peek()
    if (first === '[') yield* members('', '[')
    else {
      await expect('{')
      if ((await peek()) === '}') return
      for (;;) {
        const section = await key()
        const start = await peek()
        if (start === '[' || start === '{') {
          yield* members(section, start)
          yield { section, ended: true }
        } else yield { section, ended: true, value: parsed(await take()) }
        const next = await peek()
        if (next === '}') break
        await expect(',')
      }
    }
  } finally {
    await source.return(undefined)
  }
}

const QUOTE = 34
const BACKSLASH = 92

/** Where the value that starts at `start` ends, or -1 where the text breaks off before. */
function endOfValue(text: string, start: number, over: boolean): number {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return endOfString(text, start)
  if (first !== 123 && first !== 91) {
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === 44 || code === 93 || code === 125 || isSpace(code)) return i
    }
    return over ? text.length : -1
  }
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) {
      const end = endOfString(text, i)
      if (end === -1) return -1
      i = end - 1
    } else if (code === 123 || code === 91) depth++
    else if ((code === 125 || code === 93) && --depth === 0) return i + 1
  }
  return -1
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; ;) {
    const quote = text.indexOf('"', i)
    if (quote === -1) return -1
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
    i = quote + 1
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

function newlines(text: string, from: number, to: number): number {
  let count = 0
  for (let i = text.indexOf('\n', from); i !== -1 && i < to; i = text.indexOf('\n', i + 1)) count++
  return count
}
