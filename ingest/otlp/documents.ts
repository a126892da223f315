import { objectRefFromText } from '../../model/event.ts'
import type { Attributes, Value } from './telemetry.ts'

/** Documents that a record names, as parallel arrays, each document once. */
export type Documents = { types: string[]; ids: string[] }

export const NO_DOCUMENTS: Documents = { types: [], ids: [] }

/** Of one record. */
const MOST_DOCUMENTS = 100

/**
 * The convention by which spans, logs and points name the documents that they serve. Any of
 *
 * - `app.case.<type>`: an id or an array of ids – `app.case.invoice = "INV-1"`,
 * - `app.case.type` with `app.case.id`: a type, and an id or an array of ids of it,
 * - `app.case.ref`: `type/id`, or an array of those,
 * - the W3C `baggage` of a request with the same keys.
 *
 * A prefix before `app.case.` is passed over (`baggage.`, `n8n.node.custom.`), as the writers of baggage and of custom attributes add one.
 */
const CASE_KEY = /^(?:baggage\.|n8n\.(?:node|workflow)\.custom\.)?app\.case\.([\w.-]{1,100})$/u
const BAGGAGE_KEYS: ReadonlySet<string> = new Set(['baggage', 'http.request.header.baggage'])

/** What a key says of documents: `ref`, `type`, `id`, `baggage`, or `=` and the type whose ids it holds; null for any other key. */
export function documentKey(key: string): string | null {
  if (BAGGAGE_KEYS.has(key)) return 'baggage'
  const name = CASE_KEY.exec(key)?.[1]
  if (name === undefined) return null
  return name === 'type' || name === 'id' || name === 'ref' ? name : `=${name}`
}

/** Gathers documents from the attributes that {@link documentKey} knows. */
export class DocumentGatherer {
  private types: string[] = []
  private ids: string[] = []
  private type = ''
  private pending: string[] = []

  /** Takes an attribute with what {@link documentKey} says of its key. */
  add(told: string, value: Value): void {
    if (told === 'type') this.type = typeof value === 'string' ? value : ''
    else if (told === 'id') this.pending = texts(value)
    else if (told === 'ref')
      for (const text of texts(value)) {
        const object = objectRefFromText(text)
        if (object !== null) this.put(object.type, object.id)
      }
    else if (told === 'baggage') for (const text of texts(value)) this.addBaggage(text)
    else for (const id of texts(value)) this.put(told.slice(1), id)
  }

  /** The documents so far; starts anew. */
  take(): Documents {
    if (this.type !== '') for (const id of this.pending) this.put(this.type, id)
    this.type = ''
    this.pending = []
    if (this.types.length === 0) return NO_DOCUMENTS
    const found = { types: this.types, ids: this.ids }
    this.types = []
    this.ids = []
    return found
  }

  private addBaggage(header: string): void {
    for (const member of header.slice(0, 8192).split(',')) {
      const [pair = ''] = member.split(';')
      const equals = pair.indexOf('=')
      const told = documentKey(pair.slice(0, Math.max(equals, 0)).trim())
      if (told !== null && told !== 'baggage') this.add(told, decoded(pair.slice(equals + 1).trim()))
    }
  }

  private put(type: string, id: string): void {
    if (type === '' || id === '' || type.length > 200 || id.length > 512 || this.types.length >= MOST_DOCUMENTS) return
    for (let at = 0; at < this.types.length; at++) if (this.types[at] === type && this.ids[at] === id) return
    this.types.push(type)
    this.ids.push(id)
  }
}

/** The documents that attributes name. */
export function documentsOf(...from: readonly Attributes[]): Documents {
  const gatherer = new DocumentGatherer()
  for (const { keys, values } of from)
    for (const [at, key] of keys.entries()) {
      const told = documentKey(key)
      if (told !== null) gatherer.add(told, values[at] ?? null)
    }
  return gatherer.take()
}

/** Both lists as one, each document once. */
export function mergedDocuments(a: Documents, b: Documents): Documents {
  if (a.types.length === 0) return b
  if (b.types.length === 0) return a
  const merged = { types: [...a.types], ids: [...a.ids] }
  const known = new Set(a.types.map((type, at) => `${type}/${a.ids[at]}`))
  for (const [at, type] of b.types.entries()) {
    const id = b.ids[at] ?? ''
    if (known.has(`${type}/${id}`) || merged.types.length >= MOST_DOCUMENTS) continue
    merged.types.push(type)
    merged.ids.push(id)
  }
  return merged
}

function texts(value: Value): string[] {
  if (Array.isArray(value)) return value.slice(0, MOST_DOCUMENTS).flatMap(texts)
  if (typeof value === 'number') return [String(value)]
  return typeof value === 'string' && value !== '' ? [value] : []
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
