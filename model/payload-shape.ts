import { type Instant, instantToIso } from './instant.ts'
import { wilson } from './wilson.ts'

/** Bounds that keep a shape small whatever is sent. */
export const SHAPE_LIMITS = {
  /** Paths of one kind of record; what lies beyond is not learned. */
  paths: 400,
  depth: 8,
  /** Elements of a list that are looked at. */
  elements: 20,
  /** Fields under one object from which on their names are taken for data where a record has but a few of them. */
  fields: 60,
  values: 12,
} as const

/** Records that a field must have been expected in before its absence says anything. */
const LEAST_CHANCES = 30
/** Records of a kind before a field or value counts as new. */
const LEAST_RECORDS = 100
const LEAST_FOR_VALUES = 200
/** Where the counts of a path are halved, so that what was long ago weighs little. */
const MEMORY = 4000
/** After so many records in a row a change is how the source is now. */
const ACCEPTED_AFTER = 5000
/** Odds against chance from which a change is one. */
const CHANCE = 1e-6

type Kind = 'object' | 'array' | 'boolean' | 'number' | 'text' | 'text:date-time' | 'text:date' | 'text:number'

/** What one record looks like: every path with the kinds of its values, and the value where it is a short text. */
export type RecordShape = ReadonlyMap<string, { kinds: readonly Kind[]; value?: string }>

type PathStats = {
  /** Records in which the object that holds it was there, and of these those in which it was there itself. */
  chances: number
  seen: number
  /** Records in a row in which it was missing, since when. */
  missing: number
  missing_since: Instant
  kinds: Partial<Record<Kind, number>>
  /** Values, while they are few and short. */
  values: Record<string, number> | null
  /** How many records of its kind had come before it first did. */
  born: number
  born_at: Instant
  /** A kind that it did not have: how often, since when, and how many records in a row are back to normal. */
  odd: { kind: Kind; n: number; of: number; calm: number; since: Instant } | null
  fresh: { value: string; n: number; since: Instant } | null
}

/** What is known of one kind of record of a source. */
export type PayloadShape = {
  v: 1
  records: number
  paths: Record<string, PathStats>
  /** Objects whose field names are data. */
  maps: string[]
  /** Whether paths were left out because there are too many. */
  full: boolean
}

/** A change in what a source sends. */
export type Drift = {
  check: 'field_vanished' | 'type_changed' | 'field_new' | 'value_new'
  path: string
  severity: 'error' | 'warning' | 'info'
  message: string
  evidence: Record<string, unknown>
  since: Instant
}

/** The shape of a kind of record that nothing is known of. */
export function emptyShape(): PayloadShape {
  return { v: 1, records: 0, paths: {}, maps: [], full: false }
}

/**
 * Takes the shape of one parsed record: JSON values, or XML as objects. A field that is null or empty text counts as missing. Paths are
 * written `order.lines[].price`.
 */
export function shapeOf(record: unknown): RecordShape {
  const paths = new Map<string, { kinds: Kind[]; value?: string }>()
  walk(record, '', 0, paths)
  return paths
}

function walk(value: unknown, path: string, depth: number, paths: Map<string, { kinds: Kind[]; value?: string }>): void {
  const kind = kindOf(value)
  if (kind === null || paths.size >= 4 * SHAPE_LIMITS.paths) return
  const known = paths.get(path)
  if (known === undefined) {
    const short = typeof value === 'string' && kind === 'text' && SHORT.test(value) && !(value in NO_NAMES)
    paths.set(path, short ? { kinds: [kind], value } : { kinds: [kind] })
  } else {
    if (!known.kinds.includes(kind)) known.kinds.push(kind)
    if (known.value !== value) delete known.value
  }
  if (depth >= SHAPE_LIMITS.depth) return
  if (Array.isArray(value))
    for (const element of value.slice(0, SHAPE_LIMITS.elements)) walk(element, `${path}[]`, depth + 1, paths)
  else if (kind === 'object')
    for (const [name, field] of Object.entries(value as Record<string, unknown>)) {
      const step = ID_LIKE.test(name) || !CLEAN.test(name) || name in NO_NAMES ? '*' : name
      walk(field, path === '' ? step : `${path}.${step}`, depth + 1, paths)
    }
}

const SHORT = /^[\p{L}\d][\p{L}\d _:/.-]{0,39}$/u
const ID_LIKE = /^\d+$|^[\da-f]{8}-[\da-f]{4}-|^.{65,}$/isu
const CLEAN = /^[^\p{Cc}\p{Cs}]*$/u
/** What every object has: as names of fields these would be mistaken for it. */
const NO_NAMES = {}
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/u
const DATE = /^\d{4}-\d{2}-\d{2}$/u
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/u

function kindOf(value: unknown): Kind | null {
  if (value === null || value === undefined || value === '') return null
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'string') {
    if (DATE_TIME.test(value)) return 'text:date-time'
    if (DATE.test(value)) return 'text:date'
    return NUMBER.test(value) ? 'text:number' : 'text'
  }
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'object' ? 'object' : null
}

/**
 * What is known after more records, in the order in which they came.
 *
 * @param at when they came, microseconds
 */
export function learnShape(shape: PayloadShape, records: readonly RecordShape[], at: Instant): PayloadShape {
  const next = structuredClone(shape)
  for (const record of records) learnRecord(next, inMaps(record, next.maps), at)
  return next
}

function learnRecord(shape: PayloadShape, record: RecordShape, at: Instant): void {
  for (const [path, { kinds, value }] of record) {
    const known = shape.paths[path] ?? newPath(shape, record, path, at)
    if (known === null) continue
    sight(known, kinds, value, at)
  }
  for (const [path, known] of Object.entries(shape.paths)) {
    if (record.has(path) || !couldHold(record, path)) continue
    if (known.missing === 0) known.missing_since = at
    known.missing++
    if (known.missing > ACCEPTED_AFTER) delete shape.paths[path]
  }
  shape.records++
}

/** Whether the object or list that a path lies in is there, so that the path could be too. */
function couldHold(record: RecordShape, path: string): boolean {
  if (path === '') return true
  const parent = parentOf(path)
  const holder = record.get(parent)
  return holder !== undefined && holder.kinds.includes(path.endsWith('[]') ? 'array' : 'object')
}

function parentOf(path: string): string {
  if (path.endsWith('[]')) return path.slice(0, -2)
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : ''
}

function newPath(shape: PayloadShape, record: RecordShape, path: string, at: Instant): PathStats | null {
  const paths = Object.keys(shape.paths)
  if (paths.length >= SHAPE_LIMITS.paths) {
    shape.full = true
    return null
  }
  const parent = parentOf(path)
  const siblings = fieldsOf(paths, parent)
  // A record that is merely wide has most of its fields at once.
  if (siblings >= SHAPE_LIMITS.fields && !path.endsWith('[]') && fieldsOf([...record.keys()], parent) * 3 < siblings) {
    shape.maps.push(parent)
    for (const other of paths) if (other !== parent && isBelow(other, parent)) delete shape.paths[other]
    return null
  }
  const stats: PathStats = {
    chances: 0,
    seen: 0,
    missing: 0,
    missing_since: 0,
    kinds: {},
    values: {},
    born: shape.records,
    born_at: at,
    odd: null,
    fresh: null,
  }
  shape.paths[path] = stats
  return stats
}

function fieldsOf(paths: readonly string[], parent: string): number {
  return paths.filter((path) => path !== '' && !path.endsWith('[]') && parentOf(path) === parent).length
}

function isBelow(path: string, parent: string): boolean {
  return parent === '' ? path !== '' : path.startsWith(`${parent}.`)
}

/** Field names of maps become `*`. */
function inMaps(record: RecordShape, maps: readonly string[]): RecordShape {
  if (maps.length === 0) return record
  const renamed = new Map<string, { kinds: readonly Kind[] }>()
  for (const [path, entry] of record) {
    let name = path
    for (const map of maps) {
      if (!isBelow(name, map)) continue
      const start = map === '' ? 0 : map.length + 1
      name = name.slice(0, start) + name.slice(start).replace(/^[^.[]*/u, '*')
    }
    const known = renamed.get(name)
    renamed.set(name, known === undefined ? entry : { kinds: [...new Set([...known.kinds, ...entry.kinds])] })
  }
  return renamed
}

function sight(known: PathStats, kinds: readonly Kind[], value: string | undefined, at: Instant): void {
  // What was missed while it had vanished was an incident, and says nothing of how often it comes.
  const hadVanished = known.chances >= LEAST_CHANCES && known.missing >= missesThatTell(known.seen, known.chances)
  known.chances += hadVanished ? 1 : known.missing + 1
  known.missing = 0
  const strange = known.seen < LEAST_CHANCES ? undefined : kinds.find((kind) => !isUsual(known, kind))
  known.seen++
  noteKinds(known, kinds, strange, at)
  noteValue(known, value, at)
  if (known.chances > MEMORY) halve(known)
}

/** A kind that at least one in a hundred has; any text is usual where plain text is. */
function isUsual(known: PathStats, kind: Kind): boolean {
  const share = (of: Kind) => (known.kinds[of] ?? 0) / known.seen
  return share(kind) >= 0.01 || (kind.startsWith('text') && share('text') >= 0.01)
}

function noteKinds(known: PathStats, kinds: readonly Kind[], strange: Kind | undefined, at: Instant): void {
  const { odd } = known
  if (strange !== undefined) {
    known.odd =
      odd === null ? { kind: strange, n: 1, of: 1, calm: 0, since: at } : { ...odd, n: odd.n + 1, of: odd.of + 1, calm: 0 }
    if ((known.odd?.n ?? 0) < ACCEPTED_AFTER / 10) return
    // So it is now: the kind joins the usual ones.
    known.kinds[strange] = Math.max(known.kinds[strange] ?? 0, known.seen)
    known.odd = null
    return
  }
  for (const kind of kinds) known.kinds[kind] = (known.kinds[kind] ?? 0) + 1
  if (odd !== null) known.odd = odd.calm >= LEAST_RECORDS ? null : { ...odd, of: odd.of + 1, calm: odd.calm + 1 }
}

function noteValue(known: PathStats, value: string | undefined, at: Instant): void {
  const { values } = known
  if (values === null) return
  if (value === undefined) {
    // A value that is no short text: this is no list of words.
    known.values = null
    known.fresh = null
    return
  }
  const isNew = !Object.hasOwn(values, value)
  if (isNew && Object.keys(values).length >= SHAPE_LIMITS.values) {
    known.values = null
    known.fresh = null
    return
  }
  if (isNew && known.seen > LEAST_FOR_VALUES) known.fresh = { value, n: 0, since: at }
  values[value] = (values[value] ?? 0) + 1
  if (known.fresh !== null) known.fresh = known.fresh.n >= LEAST_FOR_VALUES ? null : { ...known.fresh, n: known.fresh.n + 1 }
}

function halve(known: PathStats): void {
  known.chances /= 2
  known.seen /= 2
  for (const kind of Object.keys(known.kinds) as Kind[]) known.kinds[kind] = (known.kinds[kind] ?? 0) / 2
}

/**
 * What changed in a kind of record, judged by what is known of it alone:
 *
 * - `field_vanished`: missing so many records in a row that chance is ruled out (odds 10⁻⁶ by the lower Wilson bound of its share), where
 *   the object that held it still comes; only the outermost of what vanished together is named, and the new field that may be it.
 * - `type_changed`: another type or text format than the usual ones, in five records or in three of many.
 * - `field_new`, `value_new`: seen for the first time in a kind of record that is known well.
 *
 * @param used paths that the mapping reads: changes there are errors, before or at the latest when it breaks
 */
export function driftOf(shape: PayloadShape, used: ReadonlySet<string> = new Set()): Drift[] {
  const found: Drift[] = []
  for (const [path, known] of Object.entries(shape.paths)) {
    if (path === '') continue
    const isUsed = isRead(path, used)
    const drift = vanished(shape, path, known, isUsed) ?? typeChanged(path, known, isUsed)
    if (drift !== null) found.push(drift)
    const added = drift === null ? (fieldNew(shape, path, known) ?? valueNew(path, known, isUsed)) : null
    if (added !== null) found.push(added)
  }
  return found
}

/** Whether the mapping reads a path or something in it. */
function isRead(path: string, used: ReadonlySet<string>): boolean {
  if (used.has(path)) return true
  for (const one of used) if (one.startsWith(`${path}.`) || one.startsWith(`${path}[`)) return true
  return false
}

function vanished(shape: PayloadShape, path: string, known: PathStats, used: boolean): Drift | null {
  if (known.missing === 0 || known.chances < LEAST_CHANCES) return null
  const share = known.seen / known.chances
  if (share < 0.05 || known.missing < missesThatTell(known.seen, known.chances)) return null
  const renamed = known.missing < MEMORY ? replacement(shape, path, known) : undefined
  const percent = Math.round(share * 100)
  return {
    check: 'field_vanished',
    path,
    severity: used ? (share >= 0.5 ? 'error' : 'warning') : share >= 0.95 ? 'warning' : 'info',
    message: `"${path}" is missing in the last ${known.missing} records; before, ${percent} % of them had it.${
      renamed === undefined ? '' : ` "${renamed}" came in its place, perhaps it was renamed.`
    }${used ? ' The mapping reads it.' : ''}`,
    evidence: {
      missing: known.missing,
      of: known.missing,
      before: { with: Math.round(known.seen), of: Math.round(known.chances) },
      used,
      ...(renamed === undefined ? {} : { renamed_to: renamed }),
    },
    since: known.missing_since,
  }
}

/** Misses in a row that chance does not explain. What is optional comes and goes in streaks, so three times as many are asked of it. */
function missesThatTell(seen: number, chances: number): number {
  const share = seen / chances
  const { low } = wilson(seen, chances, 3)
  const misses = Math.ceil(Math.log(CHANCE) / Math.log(1 - low))
  return Math.max(5, share >= 0.95 ? misses : 3 * misses)
}

/** A field of the same object and type that began to come when another one ceased. */
function replacement(shape: PayloadShape, path: string, gone: PathStats): string | undefined {
  const parent = parentOf(path)
  const since = shape.records - gone.missing
  const kinds = Object.keys(gone.kinds)
  return Object.entries(shape.paths).find(
    ([other, stats]) =>
      other !== path &&
      parentOf(other) === parent &&
      !other.endsWith('[]') &&
      Math.abs(stats.born - since) <= 2 &&
      Object.keys(stats.kinds).some((kind) => kinds.includes(kind)),
  )?.[0]
}

function typeChanged(path: string, known: PathStats, used: boolean): Drift | null {
  const { odd } = known
  if (odd === null || odd.n * 100 < odd.of || !(odd.n >= 5 || (odd.n >= 3 && odd.of >= 20))) return null
  const usual = (Object.keys(known.kinds) as Kind[]).filter((kind) => isUsual(known, kind))
  const format = odd.kind.startsWith('text') && usual.every((kind) => kind.startsWith('text'))
  const now = NAMES[odd.kind]
  const was = usual.map((kind) => NAMES[kind]).join(' or ')
  return {
    check: 'type_changed',
    path,
    severity: format ? (used ? 'warning' : 'info') : used ? 'error' : 'warning',
    message: `"${path}" is ${now} in ${odd.n} of the last ${odd.of} records; before, it was ${was}.${used ? ' The mapping reads it.' : ''}`,
    evidence: { now: odd.kind, was: usual, changed: odd.n, of: odd.of, before: Math.round(known.seen - odd.n), used },
    since: odd.since,
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  object: 'an object',
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  text: 'plain text',
  'text:date-time': 'text with a date and time',
  'text:date': 'text with a date',
  'text:number': 'text with a number',
}

function fieldNew(shape: PayloadShape, path: string, known: PathStats): Drift | null {
  const age = shape.records - known.born
  if (shape.full || known.born < LEAST_RECORDS || known.seen < 3 || age > 1000 || path.includes('*')) return null
  if ((shape.paths[parentOf(path)]?.born ?? 0) >= LEAST_RECORDS) return null
  return {
    check: 'field_new',
    path,
    severity: 'info',
    message: `"${path}" is new: ${Math.round(known.seen)} of the last ${age} records have it, none of the ${known.born} before.`,
    evidence: { seen: Math.round(known.seen), of: age, before: known.born, kinds: Object.keys(known.kinds) },
    since: known.born_at,
  }
}

function valueNew(path: string, known: PathStats, used: boolean): Drift | null {
  if (known.fresh === null || known.values === null) return null
  const { value, since } = known.fresh
  return {
    check: 'value_new',
    path,
    severity: used ? 'warning' : 'info',
    message: `"${path}" has the new value "${value}"; before, it was one of ${Object.keys(known.values).length - 1}.`,
    evidence: { value, known: Object.keys(known.values).filter((other) => other !== value), since: instantToIso(since), used },
    since,
  }
}
