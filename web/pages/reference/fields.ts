import type { ReferenceKindInfo } from '../../../api/contract/reference.ts'
import { jsonText } from '../../json-text.ts'

/** How a field of a row is asked for. */
export type Field = {
  name: string
  required: boolean
  kind: 'text' | 'number' | 'choice' | 'list' | 'json'
  options: readonly string[]
}

type Schema = {
  type?: string
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

/** The fields of a kind's rows, as its JSON schema tells them. */
export function fieldsOf({ schema }: Pick<ReferenceKindInfo, 'schema'>): Field[] {
  const { properties = {}, required = [] } = schema as Schema
  return Object.entries(properties).map(([name, of]) => ({ name, required: required.includes(name), ...form(of) }))
}

function form(of: Schema): Pick<Field, 'kind' | 'options'> {
  if (of.enum !== undefined) return { kind: 'choice', options: of.enum.map(String) }
  if (of.anyOf !== undefined) {
    const some = of.anyOf.filter(({ type }) => type !== 'null')
    const [only] = some
    if (some.length === 1 && only !== undefined) return form(only)
    return { kind: some.every(({ type }) => isPlain(type)) ? 'text' : 'json', options: [] }
  }
  if (of.type === 'array') return { kind: of.items?.type === 'string' ? 'list' : 'json', options: [] }
  if (of.type === 'integer' || of.type === 'number') return { kind: 'number', options: [] }
  return { kind: isPlain(of.type) ? 'text' : 'json', options: [] }
}

function isPlain(type: string | undefined): boolean {
  return type === 'string' || type === 'number' || type === 'integer'
}

/** What stands in a form. */
export type Values = Readonly<Record<string, string | readonly string[]>>

/** What a row says, as a form shows it. */
export function valuesOf(fields: readonly Field[], body: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(
    fields.map(({ name, kind }) => {
      const value = body[name]
      if (kind === 'list') return [name, Array.isArray(value) ? value.map(String) : []]
      if (value === null || value === undefined) return [name, '']
      return [name, kind === 'json' || typeof value === 'object' ? jsonText(value) : plainText(value)]
    }),
  )
}

/** What a form says, as a row's body; `problems` by field where its JSON cannot be read. What is empty is left out. */
export function bodyOf(
  fields: readonly Field[],
  values: Values,
): { body: Record<string, unknown>; problems: Readonly<Record<string, string>> } {
  const body: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const { name, kind, required } of fields) {
    const value = values[name] ?? ''
    if (typeof value !== 'string') {
      if (value.length > 0) body[name] = value
      continue
    }
    const text = value.trim()
    if (text === '') {
      // A field that must be there and may be null says null.
      if (required && kind === 'json') body[name] = null
    } else if (kind === 'number') body[name] = Number.isNaN(Number(text)) ? text : Number(text)
    else if (kind === 'json') {
      const read = parsed(text)
      if ('problem' in read) problems[name] = read.problem
      else body[name] = read.value
    } else body[name] = text
  }
  return { body, problems }
}

/** A value in one line, for a table. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return ''
  if (Array.isArray(value))
    return value.every((one) => typeof one === 'string')
      ? value.join(', ')
      : `${value.length} ${value.length === 1 ? 'entry' : 'entries'}`
  if (typeof value !== 'object') return plainText(value)
  const { amount, currency } = value as { amount?: unknown; currency?: unknown }
  if (typeof amount === 'string' && typeof currency === 'string') return `${amount} ${currency}`
  return Object.entries(value)
    .filter(([, one]) => !(Array.isArray(one) && one.length === 0))
    .map(([name, one]) => (typeof one === 'object' && one !== null ? name : `${name} ${plainText(one)}`))
    .join(', ')
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function parsed(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The instant since which rows hold that were always so. */
const ALWAYS = '1970-01-01T00:00:00.000Z'

/** A bound of a period as people write it: a day where it is one, nothing where it never began. */
export function boundText(iso: string | null): string {
  if (iso === null || iso === ALWAYS) return ''
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso
}
