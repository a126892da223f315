import type { z } from 'zod'

/** Says that the schema itself must judge: the value is unusual, or wrong. */
const UNSURE = Symbol('unsure')

/** Reads a value: what the schema would put out, or {@link UNSURE}. Values that need no change are returned as they are, not copied. */
type Read = (value: unknown) => unknown

/**
 * Compiles a schema into a reader of the plain values among those it accepts: several times as fast, because it explains nothing and
 * copies nothing. It answers `undefined` for everything else – refused values among them – which the schema must then parse.
 * Where it gives an answer the schema gives the same one.
 *
 * Knows the constructs that the event contract uses, and throws for a schema with any other.
 */
export function plainReader<T extends z.ZodType>(schema: T): (value: unknown) => z.output<T> | undefined {
  const read = compile(schema)
  return (value) => {
    const output = read(value)
    return output === UNSURE ? undefined : (output as z.output<T>)
  }
}

function compile(schema: z.core.$ZodType): Read {
  const read = compileType(schema)
  const checks = checksOf(schema)
  if (checks.length === 0) return read
  if (!['string', 'number', 'array'].includes(schema._zod.def.type)) throw unknown(schema)
  return (value) => {
    const output = read(value)
    if (output === UNSURE) return UNSURE
    for (const passes of checks) if (!passes(value)) return UNSURE
    return output
  }
}

function compileType(schema: z.core.$ZodType): Read {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return scalar(def.type)
    case 'array':
      return list(compile(def.element))
    case 'unknown':
      return (value) => value
    case 'null':
      return (value) => (value === null ? null : UNSURE)
    case 'literal':
    case 'enum': {
      const values = new Set<unknown>(def.type === 'enum' ? Object.values(def.entries) : def.values)
      return (value) => (values.has(value) ? value : UNSURE)
    }
    case 'nullable': {
      const inner = compile(def.innerType)
      return (value) => (value === null ? null : inner(value))
    }
    // Of a key that is there. Whether it may be missing is its object's concern.
    case 'optional':
    case 'default':
      return compile(def.innerType)
    case 'union': {
      // Only scalars: for these, not to be plain is to be refused, so that the first option that reads is the schema's choice.
      const options = def.options.map((option) => {
        if (!['string', 'number', 'boolean', 'null'].includes((option as z.core.$ZodTypes)._zod.def.type)) throw unknown(schema)
        return compile(option)
      })
      return (value) => {
        for (const read of options) if (read(value) !== UNSURE) return value
        return UNSURE
      }
    }
    case 'pipe': {
      const inner = compile(def.in)
      const { def: out } = (def.out as z.core.$ZodTypes)._zod
      if (out.type !== 'transform') throw unknown(schema)
      return (value) => {
        const input = inner(value)
        if (input === UNSURE) return UNSURE
        let refused = false
        const output = out.transform(input, { value: input, issues: [], addIssue: () => (refused = true) } as z.core.ParsePayload)
        return refused ? UNSURE : output
      }
    }
    case 'record': {
      const key = compile(def.keyType)
      const value = compile(def.valueType)
      return fields((name) => (key(name) === UNSURE ? undefined : value), [])
    }
    case 'object': {
      const readers = new Map(Object.entries(def.shape).map(([name, inner]) => [name, compile(inner)]))
      const needed = Object.keys(def.shape).filter((name) => def.shape[name]?._zod.optin !== 'optional')
      const others = def.catchall === undefined ? undefined : compile(def.catchall)
      return fields((name) => readers.get(name) ?? others, needed)
    }
    default:
      throw unknown(schema)
  }
}

function scalar(type: 'string' | 'number' | 'boolean'): Read {
  return (value) => (typeof value === type && (type !== 'number' || Number.isFinite(value)) ? value : UNSURE)
}

function list(element: Read): Read {
  return (value) => {
    if (!Array.isArray(value)) return UNSURE
    let output: unknown[] = value
    for (let at = 0; at < value.length; at++) {
      const inner = element(value[at])
      if (inner === UNSURE) return UNSURE
      if (inner === value[at]) continue
      if (output === value) output = [...value]
      output[at] = inner
    }
    return output
  }
}

/** Reads an object whose fields `readerOf` names a reader for; a field without one, or one of `needed` that is missing, is not plain. */
function fields(readerOf: (name: string) => Read | undefined, needed: readonly string[]): Read {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return UNSURE
    const input = value as Record<string, unknown>
    let output = input
    for (const name in input) {
      const read = name === '__proto__' ? undefined : readerOf(name)
      if (read === undefined) return UNSURE
      const inner = read(input[name])
      if (inner === UNSURE) return UNSURE
      if (inner === input[name]) continue
      if (output === input) output = { ...input }
      output[name] = inner
    }
    for (const name of needed) if (!Object.hasOwn(input, name)) return UNSURE
    return output
  }
}

function checksOf(schema: z.core.$ZodType): ((value: unknown) => boolean)[] {
  const { def } = schema._zod
  // A format such as that of `z.int()` is a schema that is its own first check.
  const own = 'check' in def ? [schema as unknown as z.core.$ZodCheck] : []
  return [...own, ...(def.checks ?? [])].map((check) => {
    const rule = check._zod.def as z.core.$ZodChecks['_zod']['def'] | z.core.$ZodCustomDef
    switch (rule.check) {
      case 'max_length':
        return (value) => (value as { length: number }).length <= rule.maximum
      case 'min_length':
        return (value) => (value as { length: number }).length >= rule.minimum
      case 'greater_than':
        return (value) => (rule.inclusive ? (value as number) >= Number(rule.value) : (value as number) > Number(rule.value))
      case 'less_than':
        return (value) => (rule.inclusive ? (value as number) <= Number(rule.value) : (value as number) < Number(rule.value))
      case 'number_format':
        if (rule.format !== 'safeint') throw unknown(schema)
        return Number.isSafeInteger
      case 'string_format': {
        const { pattern } = rule
        if (rule.format !== 'regex' || pattern === undefined || pattern.global || pattern.sticky) throw unknown(schema)
        return (value) => pattern.test(value as string)
      }
      case 'custom':
        return (value) => rule.fn(value) === true
      default:
        throw unknown(schema)
    }
  })
}

function unknown(schema: z.core.$ZodType): Error {
  return new Error(`there is no plain reader for ${schema._zod.def.type} of this kind`)
}
