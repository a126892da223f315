/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>

const NONE: Json = Object.freeze({})

/** The value as an object; an empty one where it is none. */
export function objectOf(value: unknown): Json {
  return isJson(value) ? value : NONE
}

/** Whether a value is an object, and no list. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as text; empty where it is neither text nor number. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
}

/** The fields that are there: neither missing nor null nor empty. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name in fields) {
    const value = fields[name]
    if (value !== undefined && value !== null && value !== '') found[name] = value
  }
  return found
}
