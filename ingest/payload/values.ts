import { type Instant, instantToIso } from '../../model/instant.ts'
import {
  type Condition,
  type FunctionValue,
  MAPPING_LIMITS,
  type Scalar,
  type Test,
  type Value,
} from '../../model/payload-mapping.ts'
import { parsePath, type PayloadPath, shapePath, templateParts } from '../../model/payload-path.ts'
import { instantOf, parseTime, writtenTime } from '../import/times.ts'
import { decimalText, fromMinor, minorDigits, negated, sumOf } from './decimal.ts'

/** What a value is taken from: the record, the payload that it came in, the item that is looked at, and what the transport knows. */
export type Scope = {
  record: unknown
  payload: unknown
  item: unknown
  headers: Readonly<Record<string, string>>
  receivedAt: Instant
  key: Uint8Array | null
  /** Elements of lists that may still be looked at: bounds what a mapping can cost, however its lists are nested. */
  budget: { left: number }
}

/** Takes a value from a scope; `undefined` where it is missing, and an empty text is missing too. */
export type Get = (scope: Scope) => unknown

/** Whether a condition holds. */
export type Holds = (scope: Scope) => boolean

/** Why a record could not be mapped: which value, and what is wrong with it. */
export class MappingFailure extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'MappingFailure'
    this.code = code
  }
}

/** What compiling needs to know and to note. */
export type Compiling = {
  tables: Readonly<Record<string, Readonly<Record<string, Scalar>>>>
  /** XML has no lists: an element that stands once is a list of one, and of several the first is meant. */
  xml: boolean
  /** Shape path of the records, and of the items of the list that is looked at. */
  recordsAt: string
  itemsAt: string
  /** Notes a path that is read, in the notation of payload shapes. */
  note(path: string): void
}

/** A path that takes one value. */
export function compilePath(text: string, compiling: Compiling): Get {
  const path = pathOf(text)
  note(path, compiling)
  const { steps, root } = path
  const { xml } = compiling
  return (scope) => {
    let value = root === '$' ? scope.record : root === '^' ? scope.payload : scope.item
    for (const step of steps) {
      if (typeof value !== 'object' || value === null) return undefined
      if (Array.isArray(value)) {
        if (typeof step === 'number') {
          value = value.at(step)
          continue
        }
        if (!xml) return undefined
        value = value[0]
        if (typeof value !== 'object' || value === null) return undefined
      } else if (typeof step === 'number') {
        if (xml && (step === 0 || step === -1)) continue
        return undefined
      }
      if (!Object.hasOwn(value, step)) return undefined
      value = (value as Record<string, unknown>)[step]
    }
    return value === null || value === '' ? undefined : value
  }
}

/** A path with `[*]` that takes every element, at most {@link MAPPING_LIMITS}`.items`. */
export function compileList(text: string, compiling: Compiling): (scope: Scope) => unknown[] {
  const path = pathOf(text)
  note(path, compiling)
  const { steps, root } = path
  const { xml } = compiling
  return (scope) => {
    let found: unknown[] = [root === '$' ? scope.record : root === '^' ? scope.payload : scope.item]
    for (const step of steps) {
      const next: unknown[] = []
      for (const value of found) {
        if (step === '[*]') {
          if (Array.isArray(value)) for (const inner of value) next.push(inner)
          else if (xml && value !== undefined) next.push(value)
        } else if (typeof value === 'object' && value !== null) {
          const one: unknown = Array.isArray(value) && xml && typeof step === 'string' ? value[0] : value
          if (typeof step === 'number')
            next.push(Array.isArray(one) ? one.at(step) : xml && (step === 0 || step === -1) ? one : undefined)
          else if (typeof one === 'object' && one !== null && !Array.isArray(one) && Object.hasOwn(one, step))
            next.push((one as Record<string, unknown>)[step])
        }
        if (next.length > MAPPING_LIMITS.items || scope.budget.left < next.length)
          throw new MappingFailure(
            'too_many_items',
            `${text} has too many elements: at most ${MAPPING_LIMITS.items} of one list and ${MAPPING_LIMITS.budget} in all are looked at`,
          )
      }
      found = next
    }
    scope.budget.left -= found.length
    return found.filter((value) => value !== undefined && value !== null)
  }
}

/** The shape path of a list: where its items lie. */
export function listShape(text: string, compiling: Compiling): string {
  return inShape(pathOf(text), compiling)
}

/** Compiles a value. What it reads is noted. */
export function compileValue(value: Value, compiling: Compiling): Get {
  if (typeof value === 'string') return compileText(value, compiling)
  if (typeof value !== 'object' || value === null) return value === null ? () => undefined : () => value
  return compileFunction(value, compiling)
}

function compileText(text: string, compiling: Compiling): Get {
  const parts = templateParts(text)
  if (parts !== null) {
    const pieces = parts.map((part) => ('text' in part ? part.text : compilePath(part.path, compiling)))
    return (scope) => {
      let filled = ''
      for (const piece of pieces) {
        if (typeof piece === 'string') {
          filled += piece
          continue
        }
        const value = textOf(piece(scope))
        if (value === undefined) return undefined
        filled += value
      }
      return bounded(filled)
    }
  }
  if (/^[$^@]/u.test(text)) return compilePath(text, compiling)
  return text === '' ? () => undefined : () => text
}

function compileFunction(value: FunctionValue, compiling: Compiling): Get {
  const inner = (of: Value): Get => compileValue(of, compiling)
  if ('const' in value) {
    const constant = value.const === null ? undefined : value.const
    return () => constant
  }
  if ('header' in value) {
    const name = value.header.toLowerCase()
    return ({ headers }) => {
      const found = Object.hasOwn(headers, name) ? headers[name] : undefined
      return found === '' ? undefined : found
    }
  }
  if ('coalesce' in value) {
    const options = value.coalesce.map(inner)
    return (scope) => {
      for (const option of options) {
        const found = option(scope)
        if (found !== undefined) return found
      }
      return undefined
    }
  }
  if ('concat' in value) {
    const parts = value.concat.map(inner)
    const separator = value.with ?? ''
    return (scope) => {
      const texts: string[] = []
      for (const part of parts) {
        const text = textOf(part(scope))
        if (text !== undefined) texts.push(text)
      }
      return texts.length === 0 ? undefined : bounded(texts.join(separator))
    }
  }
  if ('lower' in value) return onText(inner(value.lower), (text) => text.toLowerCase())
  if ('upper' in value) return onText(inner(value.upper), (text) => text.toUpperCase())
  if ('trim' in value) return onText(inner(value.trim), (text) => text.trim() || undefined)
  if ('part' in value) {
    const { at, index } = value
    return onText(inner(value.part), (text) => text.split(at, 1000).at(index) || undefined)
  }
  if ('lookup' in value) {
    const table = new Map(Object.entries(typeof value.in === 'string' ? (compiling.tables[value.in] ?? {}) : value.in))
    const key = inner(value.lookup)
    const otherwise = value.otherwise === undefined ? undefined : inner(value.otherwise)
    return (scope) => {
      const text = textOf(key(scope))
      const found = text === undefined ? undefined : table.get(text)
      return found ?? otherwise?.(scope)
    }
  }
  if ('decimal' in value) {
    const { point, group } = value
    return onText(inner(value.decimal), (text) => {
      const decimal = decimalText(text, point, group)
      if (decimal === null) throw new MappingFailure('mapping_value_invalid', `${show(text)} is no amount`)
      return decimal
    })
  }
  if ('minor' in value) {
    const amount = inner(value.minor)
    const currency = inner(value.currency)
    const digits = value.digits ?? {}
    return (scope) => {
      const text = textOf(amount(scope))
      if (text === undefined) return undefined
      const code = textOf(currency(scope))?.toUpperCase()
      if (code === undefined) throw new MappingFailure('mapping_value_missing', `${show(text)} is in minor units of no currency`)
      const decimal = fromMinor(text, digits[code] ?? minorDigits(code))
      if (decimal === null) throw new MappingFailure('mapping_value_invalid', `${show(text)} is no whole number of minor units`)
      return decimal
    }
  }
  if ('negate' in value)
    return onText(inner(value.negate), (text) => {
      const decimal = decimalText(text)
      if (decimal === null) throw new MappingFailure('mapping_value_invalid', `${show(text)} is no amount`)
      return negated(decimal)
    })
  if ('sum' in value) {
    const parts = value.sum.map(inner)
    return (scope) => {
      const texts = parts.map((part) => textOf(part(scope))).filter((text) => text !== undefined)
      if (texts.length === 0) return undefined
      const sum = sumOf(texts)
      if (sum === null) throw new MappingFailure('mapping_value_invalid', `${show(texts.join(', '))} are not all amounts`)
      return sum
    }
  }
  if ('epoch' in value) {
    const factor = { s: 1e6, ms: 1e3, us: 1 }[value.unit]
    return onText(inner(value.epoch), (text) => {
      const us = /^-?\d{1,17}(?:\.\d{1,9})?$/u.test(text) ? Math.round(Number(text) * factor) : Number.NaN
      // Within what a Date holds; whether the store keeps it is judged with the event.
      if (!(Math.abs(us) < 8.64e18)) throw new MappingFailure('mapping_value_invalid', `${show(text)} is no time since 1970`)
      return isoOf(us, text)
    })
  }
  if ('date' in value) {
    const { format = 'iso', zone = 'UTC', end_of_day: atEnd = false } = value
    return onText(inner(value.date), (text) => {
      const day = atEnd ? writtenTime(text.trim(), format) : null
      const instant =
        day === null ? parseTime(text.trim(), format, zone) : instantOf({ ...day, time: '23:59:59', zone: '' }, zone)
      if (instant === null) throw new MappingFailure('mapping_value_invalid', `${show(text)} is no date or time (${format})`)
      return isoOf(instant, text)
    })
  }
  if ('transport' in value) {
    if (value.transport === 'received_at') return ({ receivedAt }) => instantToIso(receivedAt)
    return ({ key }) => (key === null ? undefined : Buffer.from(key).toString('utf8') || undefined)
  }
  if ('if' in value) {
    const holds = compileCondition(value.if, compiling)
    const take = inner(value.take)
    const otherwise = value.else === undefined ? undefined : inner(value.else)
    return (scope) => (holds(scope) ? take(scope) : otherwise?.(scope))
  }
  const path = 'first' in value ? value.first : 'last' in value ? value.last : value.count
  const list = compileList(path, compiling)
  const within = { ...compiling, itemsAt: listShape(path, compiling) }
  const where = value.where === undefined ? undefined : compileCondition(value.where, within)
  const matching = (scope: Scope): unknown[] => {
    const items = list(scope)
    return where === undefined ? items : items.filter((item) => where({ ...scope, item }))
  }
  if ('count' in value) return (scope) => matching(scope).length
  const take = value.take === undefined ? undefined : compileValue(value.take, within)
  const position = 'first' in value ? 0 : -1
  return (scope) => {
    const item = matching(scope).at(position)
    if (item === undefined || take === undefined) return item === '' ? undefined : item
    return take({ ...scope, item })
  }
}

function isoOf(us: Instant, text: string): string {
  try {
    return instantToIso(us)
  } catch {
    throw new MappingFailure('mapping_value_invalid', `${show(text)} is no time that a calendar has`)
  }
}

function onText(get: Get, change: (text: string) => string | undefined): Get {
  return (scope) => {
    const text = textOf(get(scope))
    return text === undefined ? undefined : change(text)
  }
}

/** Compiles a condition. */
export function compileCondition(condition: Condition, compiling: Compiling): Holds {
  if ('all' in condition) {
    const parts = condition.all.map((part) => compileCondition(part, compiling))
    return (scope) => parts.every((holds) => holds(scope))
  }
  if ('any' in condition) {
    const parts = condition.any.map((part) => compileCondition(part, compiling))
    return (scope) => parts.some((holds) => holds(scope))
  }
  if ('none' in condition) {
    const parts = condition.none.map((part) => compileCondition(part, compiling))
    return (scope) => !parts.some((holds) => holds(scope))
  }
  return compileTest(condition, compiling)
}

function compileTest(test: Test, compiling: Compiling): Holds {
  const get = compileValue(test.value, compiling)
  const checks: ((value: unknown) => boolean)[] = []
  const { is, not, exists, above, below } = test
  if (is !== undefined) checks.push(equalTo(is))
  if (not !== undefined) {
    const equals = equalTo(not)
    checks.push((value) => !equals(value))
  }
  const texts = (given: string | string[] | undefined, fits: (text: string, part: string) => boolean): void => {
    if (given === undefined) return
    const parts = typeof given === 'string' ? [given] : given
    checks.push((value) => {
      const text = scalarText(value)
      return text !== undefined && parts.some((part) => fits(text, part))
    })
  }
  texts(test.starts_with, (text, part) => text.startsWith(part))
  texts(test.ends_with, (text, part) => text.endsWith(part))
  texts(test.contains, (text, part) => text.includes(part))
  if (exists !== undefined) checks.push((value) => (value !== undefined) === exists)
  if (above !== undefined) checks.push((value) => numberOf(value) > above)
  if (below !== undefined) checks.push((value) => numberOf(value) < below)
  const [only] = checks
  if (only !== undefined && checks.length === 1) return (scope) => only(get(scope))
  return (scope) => {
    const value = get(scope)
    return checks.every((check) => check(value))
  }
}

/** Values are compared as texts, so that 7 and "7" are equal; null is what is missing. */
function equalTo(expected: Scalar | Scalar[]): (value: unknown) => boolean {
  const all = Array.isArray(expected) ? expected : [expected]
  const missing = all.some((one) => one === null || one === '')
  const texts = new Set(all.filter((one) => one !== null).map(String))
  return (value) => {
    if (value === undefined) return missing
    const text = scalarText(value)
    return text !== undefined && texts.has(text)
  }
}

function numberOf(value: unknown): number {
  const text = scalarText(value)
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text)
}

function scalarText(value: unknown): string | undefined {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : elementText(value)
}

/** Text of an XML element that has attributes. */
function elementText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, '#text')) return undefined
  const text = (value as { '#text': unknown })['#text']
  return typeof text === 'string' ? text : undefined
}

/** A value as text; `undefined` where it is missing. @throws MappingFailure for a list or an object */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = scalarText(value)
  if (text === undefined)
    throw new MappingFailure(
      'mapping_value_invalid',
      `is ${Array.isArray(value) ? 'a list' : 'an object'} where one value belongs`,
    )
  return text === '' ? undefined : text
}

function bounded(text: string): string | undefined {
  if (text.length > MAPPING_LIMITS.text)
    throw new MappingFailure('mapping_value_invalid', `makes a text of more than ${MAPPING_LIMITS.text} characters`)
  return text === '' ? undefined : text
}

function show(text: string): string {
  return `"${text.slice(0, 60).toWellFormed()}"`
}

function pathOf(text: string): PayloadPath {
  const path = parsePath(text)
  if (typeof path === 'string') throw new TypeError(`"${text}" ${path}`)
  return path
}

function inShape(path: PayloadPath, { recordsAt, itemsAt }: Compiling): string {
  const base = path.root === '$' ? recordsAt : path.root === '@' ? itemsAt : ''
  const rest = shapePath(path.steps)
  return base === '' || rest === '' || rest.startsWith('[') ? `${base}${rest}` : `${base}.${rest}`
}

function note(path: PayloadPath, compiling: Compiling): void {
  compiling.note(inShape(path, compiling))
}
