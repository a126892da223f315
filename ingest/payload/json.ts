import { isAscii, isUtf8 } from 'node:buffer'

/** A parsed payload, or why there is none. */
export type Parsed = { value: unknown } | { code: string; message: string }

/** A number of sixteen digits or more: rare, so that the slower reading costs nothing elsewhere. */
const LONG_NUMBER = /[:,[\s]-?\d[\d.]{15}/u

/**
 * Reads a body as JSON. Numbers with more digits than a double keeps come out as text, so that no id and no amount is changed.
 * A byte order mark is left out.
 */
export function parseJson(body: Uint8Array): Parsed {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const ascii = isAscii(buffer)
  if (!ascii && !isUtf8(buffer)) return { code: 'utf8_invalid', message: 'is not valid UTF-8' }
  let text = buffer.toString(ascii ? 'latin1' : 'utf8')
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  if (text.trim() === '') return { code: 'json_invalid', message: 'is empty' }
  try {
    return { value: LONG_NUMBER.test(text) ? (JSON.parse(text, exactNumber) as unknown) : (JSON.parse(text) as unknown) }
  } catch (error) {
    return {
      code: 'json_invalid',
      message: `is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'syntax error'}`,
    }
  }
}

function exactNumber(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || source.length < 16) return value
  return String(value) === source || /e/iu.test(source) ? value : source
}

/** Reads a form (`a=1&b=2`) as an object of texts; of a name that comes twice, the first counts. */
export function parseForm(body: Uint8Array): Parsed {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!isAscii(buffer)) return { code: 'form_invalid', message: 'is not a form: it holds other characters than ASCII' }
  const fields = Object.create(null) as Record<string, string>
  for (const [name, value] of new URLSearchParams(buffer.toString('latin1'))) fields[name] ??= value
  return { value: fields }
}
