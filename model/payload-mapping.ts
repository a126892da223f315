import { z } from 'zod'
import { parsePath, templateParts } from './payload-path.ts'
import { isCanonical, SYSTEM_CLASSES } from './vocabulary.ts'
import { isZone } from './zone.ts'

/** Caps of one mapping, and of what it makes of one record. */
export const MAPPING_LIMITS = { bytes: 256 * 1024, depth: 32, events: 2000, items: 10_000, budget: 200_000, text: 8192 } as const

/** How a text says a time. `day-first` is 31.12.2026, `month-first` 12/31/2026. */
export const PAYLOAD_TIMES = ['iso', 'year-first', 'day-first', 'month-first'] as const

const Scalar = z.union([z.string().max(2000), z.number(), z.boolean(), z.null()], 'is neither text, number, true, false nor null')
/** A text, number, boolean or null. */
export type Scalar = z.output<typeof Scalar>
const Scalars = z.union([Scalar, z.array(Scalar).min(1).max(500)], 'is neither a value nor a list of values')
const Texts = z.union(
  [z.string().max(200), z.array(z.string().max(200)).min(1).max(100)],
  'is neither a text nor a list of texts',
)

/**
 * Says where a value comes from:
 *
 * - a text that begins with `$`, `^` or `@`: the value at that path;
 * - a text with `{$.path}` in it: a template, missing where a part of it is missing;
 * - any other text, number, true, false, null: itself;
 * - an object with one of the functions of {@link FUNCTIONS}.
 */
export type Value = Scalar | FunctionValue

/** Whether a value is what a test names; all that it names must hold. */
export type Test = {
  value: Value
  is?: Scalar | Scalar[]
  not?: Scalar | Scalar[]
  starts_with?: string | string[]
  ends_with?: string | string[]
  contains?: string | string[]
  exists?: boolean
  above?: number
  below?: number
}
/** What must hold for a rule: a test, or several conditions taken together. */
export type Condition = Test | { all: Condition[] } | { any: Condition[] } | { none: Condition[] }

/** The closed set of functions. */
export type FunctionValue =
  | { const: Scalar }
  | { header: string }
  | { coalesce: Value[] }
  | { concat: Value[]; with?: string }
  | { lower: Value }
  | { upper: Value }
  | { trim: Value }
  | { part: Value; at: string; index: number }
  | { lookup: Value; in: string | Record<string, Scalar>; otherwise?: Value }
  | { decimal: Value; point?: '.' | ','; group?: '.' | ',' | ' ' | "'" }
  | { minor: Value; currency: Value; digits?: Record<string, number> }
  | { negate: Value }
  | { sum: Value[] }
  | { epoch: Value; unit: 's' | 'ms' | 'us' }
  | { date: Value; format?: (typeof PAYLOAD_TIMES)[number]; zone?: string; end_of_day?: boolean }
  | { transport: 'received_at' | 'key' }
  | { first: string; where?: Condition; take?: Value }
  | { last: string; where?: Condition; take?: Value }
  | { count: string; where?: Condition }
  | { if: Condition; take: Value; else?: Value }

const Path = z
  .string()
  .max(500)
  .superRefine((text, context) => {
    const parsed = parsePath(text)
    if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed })
  })
const ListPath = Path.refine((text) => text.includes('[*]'), 'names no list: write [*] behind it, such as $.lines[*]')

/** A schema whose alternatives are told apart by a key, so that what is wrong is said of the alternative that was meant. */
function chosen<T>(choose: (value: unknown) => z.ZodType | string): z.ZodType<T> {
  return z.custom<T>().superRefine((value, context) => {
    const schema = choose(value)
    if (typeof schema === 'string') return context.addIssue({ code: 'custom', message: schema })
    const parsed = schema.safeParse(value)
    if (parsed.success) return
    const issues = parsed.error.issues.map((issue) => ({ ...issue, input: value }))
    context.issues.push(...(issues as typeof context.issues))
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const PlainText = z
  .string()
  .max(4000)
  .superRefine((text, context) => {
    for (const part of templateParts(text) ?? (/^[$^@]/u.test(text) ? [{ path: text }] : [])) {
      if (!('path' in part)) continue
      const parsed = parsePath(part.path)
      if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: `"${part.path.slice(0, 80)}" ${parsed}` })
      else if (parsed.steps.includes('[*]'))
        context.addIssue({ code: 'custom', message: `"${part.path.slice(0, 80)}" names a list: use first, last or count` })
    }
  })

/** Where a value comes from; see the type. */
export const Value: z.ZodType<Value> = chosen((value) => {
  if (!isRecord(value)) return typeof value === 'string' ? PlainText : Scalar
  const name = Object.keys(FUNCTIONS).find((key) => Object.hasOwn(value, key))
  return name === undefined
    ? `has none of the functions ${Object.keys(FUNCTIONS).join(', ')}`
    : FUNCTIONS[name as keyof typeof FUNCTIONS]
})
const Values = z.array(Value).min(1).max(50)

/** What must hold; see the type. */
export const Condition: z.ZodType<Condition> = chosen((value) => {
  if (!isRecord(value)) return 'is no condition'
  if (Object.hasOwn(value, 'all')) return z.strictObject({ all: Conditions })
  if (Object.hasOwn(value, 'any')) return z.strictObject({ any: Conditions })
  if (Object.hasOwn(value, 'none')) return z.strictObject({ none: Conditions })
  return TestSchema
})
const Conditions = z.array(Condition).min(1).max(50)

const TestSchema = z
  .strictObject({
    value: Value,
    is: Scalars.optional(),
    not: Scalars.optional(),
    starts_with: Texts.optional(),
    ends_with: Texts.optional(),
    contains: Texts.optional(),
    exists: z.boolean().optional(),
    above: z.number().optional(),
    below: z.number().optional(),
  })
  .refine((test) => Object.keys(test).length > 1, 'says nothing of the value: add is, not, starts_with, contains, exists …')

const zone = z
  .string()
  .max(60)
  .refine((text) => text === 'UTC' || /^[+-]\d{2}:?\d{2}$/u.test(text) || isZone(text), 'is no time zone')

/** Schemas of the functions, by the key that names each. */
const FUNCTIONS = {
  const: z.strictObject({ const: Scalar }),
  /** A header of the request or record. */
  header: z.strictObject({ header: z.string().min(1).max(200) }),
  /** The first value that is there. */
  coalesce: z.strictObject({ coalesce: Values }),
  /** The texts that are there, one behind the other. */
  concat: z.strictObject({ concat: Values, with: z.string().max(20).optional() }),
  lower: z.strictObject({ lower: Value }),
  upper: z.strictObject({ upper: Value }),
  trim: z.strictObject({ trim: Value }),
  /** A part of a text that is taken apart at a text; `index` counts from 0, or from the end if negative. */
  part: z.strictObject({ part: Value, at: z.string().min(1).max(20), index: z.int().min(-100).max(100) }),
  /** What a table, or a list of pairs, says of the value; missing where it says nothing and there is no `otherwise`. */
  lookup: z.strictObject({
    lookup: Value,
    in: z.union([z.string().max(100), z.record(z.string().max(500), Scalar)]),
    otherwise: Value.optional(),
  }),
  /** An amount as written with another point or with grouped digits: no digit is changed. */
  decimal: z.strictObject({
    decimal: Value,
    point: z.enum(['.', ',']).optional(),
    group: z.enum(['.', ',', ' ', "'"]).optional(),
  }),
  /** An amount in minor units (cents), by the digits that ISO 4217 gives the currency, or `digits` where the vendor differs. */
  minor: z.strictObject({
    minor: Value,
    currency: Value,
    digits: z.record(z.string().regex(/^[A-Z]{3}$/u), z.int().min(0).max(4)).optional(),
  }),
  negate: z.strictObject({ negate: Value }),
  /** The exact sum of the amounts that are there. */
  sum: z.strictObject({ sum: Values }),
  epoch: z.strictObject({ epoch: Value, unit: z.enum(['s', 'ms', 'us']) }),
  /** A day or time as written; `zone` is what a text without one means; a day begins, or ends with `end_of_day`, in that zone. */
  date: z.strictObject({
    date: Value,
    format: z.enum(PAYLOAD_TIMES).optional(),
    zone: zone.optional(),
    end_of_day: z.boolean().optional(),
  }),
  /** What the transport knows: when the record arrived – for payloads that say no time, and then differing from copy to copy – and its key. */
  transport: z.strictObject({ transport: z.enum(['received_at', 'key']) }),
  /** Of the elements of a list for which a condition on `@` holds, the first: itself, or what `take` says of it. */
  first: z.strictObject({ first: ListPath, where: Condition.optional(), take: Value.optional() }),
  last: z.strictObject({ last: ListPath, where: Condition.optional(), take: Value.optional() }),
  count: z.strictObject({ count: ListPath, where: Condition.optional() }),
  if: z.strictObject({ if: Condition, take: Value, else: Value.optional() }),
} as const

const Canonical = z.string().refine(isCanonical, 'is no canonical activity')
const Named = z.record(z.string().min(1).max(200), Value)

/** An object that the event touches; left out where its id is missing, unless it is `required`. With `each`, one for every element (`@`). */
const ObjectMapping = z.strictObject({
  type: Value,
  id: Value,
  qualifier: Value.optional(),
  each: ListPath.optional(),
  required: z.boolean().optional(),
  when: Condition.optional(),
  /** What is now true of the object. */
  attributes: Named.optional(),
})

/** What one event is made of. Parts whose first value is missing are left out. */
export const EventMapping = z.strictObject({
  /** Only where this holds. */
  when: Condition.optional(),
  /** One event for every element of a list (`@`). */
  each: ListPath.optional(),
  /** The source's own name of what happened. */
  activity: Value.optional(),
  /** Its name in the vocabulary. */
  canonical: chosen<Value>((value) => (typeof value === 'string' && !/^[$@^]/u.test(value) ? Canonical : Value)).optional(),
  type: Value.optional(),
  id: Value.optional(),
  time: Value.optional(),
  seq: Value.optional(),
  objects: z.array(ObjectMapping).min(1).max(50),
  lifecycle: Value.optional(),
  completes: Value.optional(),
  corrects: Value.optional(),
  step: Value.optional(),
  system: Value.optional(),
  system_class: Value.optional(),
  workflow_run: Value.optional(),
  due_at: Value.optional(),
  traceparent: Value.optional(),
  actor: z.strictObject({ id: Value, kind: Value.optional(), on_behalf_of: Value.optional() }).optional(),
  outcome: z
    .strictObject({ status: Value, code: Value.optional(), message: Value.optional(), retryable: Value.optional() })
    .optional(),
  waits_on: z.strictObject({ kind: Value, id: Value, step: Value.optional() }).optional(),
  exception: z.strictObject({ id: Value, state: Value, caused_by: Value.optional() }).optional(),
  operation: z.strictObject({ id: Value, attempt: Value.optional() }).optional(),
  policy: z.strictObject({ id: Value, version: Value.optional(), decision: Value.optional() }).optional(),
  money: z
    .strictObject({
      amount: Value,
      currency: Value,
      base_amount: Value.optional(),
      base_currency: Value.optional(),
      rate: Value.optional(),
      rate_date: Value.optional(),
    })
    .optional(),
  ai: z
    .strictObject({
      model: Value,
      version: Value.optional(),
      input_ref: Value.optional(),
      kind: Value.optional(),
      confidence: Value.optional(),
      reviewer: Value.optional(),
      decision: Value.optional(),
    })
    .optional(),
  line: Named.optional(),
  terms: Named.optional(),
  attributes: Named.optional(),
})
/** What one event is made of. */
export type EventMapping = z.output<typeof EventMapping>

const reason = z.string().min(1).max(500)

/** What becomes of the records for which `when` holds: events, or nothing, for a reason that a reader understands. */
export const Rule = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    when: Condition.optional(),
    events: z.array(EventMapping).min(1).max(20).optional(),
    drop: reason.optional(),
    reject: reason.optional(),
  })
  .refine(
    (rule) => [rule.events, rule.drop, rule.reject].filter((part) => part !== undefined).length === 1,
    'needs exactly one of events, drop and reject',
  )
/** What becomes of the records for which a condition holds. */
export type Rule = z.output<typeof Rule>

/** Name of a mapping. */
export const MappingName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, 'is not lower case letters, digits and dashes')

/**
 * How the payloads of a source become events: data, versioned, testable. The first rule that holds is taken; where none does,
 * `otherwise` says what becomes of the record.
 */
export const PayloadMapping = z
  .strictObject({
    name: MappingName,
    version: z.int().min(1),
    title: z.string().min(1).max(200),
    description: z.string().max(2000).optional(),
    /** The mapping and version that it was copied from. */
    based_on: z.strictObject({ name: z.string().max(100), version: z.int().min(1) }).optional(),
    input: z.enum(['json', 'xml']).default('json'),
    /** Where the records lie in a payload that holds several; the payload is then `^`, a record `$`. */
    records: ListPath.optional(),
    /** What kind of record it is: what a source sends is compared with what it sent of that kind before. */
    record_type: Value.optional(),
    /** Who gave the ids: with it, an id is the same event by whatever road it comes. */
    source: Value.optional(),
    id: Value.optional(),
    time: Value.optional(),
    activity: Value.optional(),
    system: Value.optional(),
    system_class: z.union([z.enum(SYSTEM_CLASSES), z.null()]).optional(),
    /** Named tables for `lookup`. */
    tables: z.record(z.string().max(100), z.record(z.string().max(500), Scalar)).optional(),
    rules: z.array(Rule).min(1).max(500),
    otherwise: z.union([z.strictObject({ drop: reason }), z.strictObject({ reject: reason })]),
  })
  .meta({ id: 'PayloadMapping' })
/** How the payloads of a source become events. */
export type PayloadMapping = z.output<typeof PayloadMapping>

/** What is wrong with a mapping: where, in the notation `rules[2].events[0].time`, and what. */
export type MappingIssue = { path: string; message: string }

/** Reads a mapping. */
export function readMapping(value: unknown): { mapping: PayloadMapping } | { issues: MappingIssue[] } {
  if (tooDeep(value, MAPPING_LIMITS.depth)) return { issues: [{ path: '', message: 'is nested too deep' }] }
  const parsed = PayloadMapping.safeParse(value)
  if (parsed.success) {
    const issues = tableIssues(parsed.data)
    return issues.length === 0 ? { mapping: parsed.data } : { issues }
  }
  return {
    issues: parsed.error.issues
      .slice(0, 50)
      .map((issue) => ({ path: issuePath(issue.path), message: issue.message.replace(/^Invalid input: /u, '') })),
  }
}

function issuePath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? String(step) : `.${String(step)}`
  return text
}

/** Lookups in tables that the mapping does not have. */
function tableIssues(mapping: PayloadMapping): MappingIssue[] {
  const issues: MappingIssue[] = []
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${path}[${index}]`))
    if (!isRecord(value)) return
    if (Object.hasOwn(value, 'lookup') && typeof value['in'] === 'string' && !Object.hasOwn(mapping.tables ?? {}, value['in']))
      issues.push({ path: `${path}.in`, message: `there is no table "${value['in']}"` })
    for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`)
  }
  visit(mapping.rules, 'rules')
  return issues
}

function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  return Object.values(value).some((inner) => tooDeep(inner, left - 1))
}
