import { createHashMap } from '../hash.ts'
import type { FileObjectRecord, Scalar } from '../record.ts'

/** Types of the objects of a log by id: a number an object, however many there are. */
export type ObjectTypes = { set(id: string, type: string): void; get(id: string): string | undefined }

/** Makes an empty {@link ObjectTypes}. */
export function createObjectTypes(): ObjectTypes {
  const numbers = createHashMap(Number.MAX_SAFE_INTEGER)
  const names: string[] = []
  const known = new Map<string, number>()
  return {
    set(id, type) {
      let number = known.get(type)
      if (number === undefined) {
        number = names.push(type) - 1
        known.set(type, number)
      }
      numbers.set(id, number)
    },
    get(id) {
      const number = numbers.get(id)
      return number === undefined ? undefined : names[number]
    },
  }
}

/** Type of an object that events name and the file does not list. */
export const UNKNOWN_TYPE = 'unknown'

/** OCEL writes values that hold from the beginning with the instant zero, in whatever zone. */
const INITIAL = /^(?:1970-01-0[12]|1969-12-31)/u

/** An object of its attribute values: those with the instant zero or none hold from the beginning, later ones are changes. */
export function objectFromValues(
  type: string,
  id: string,
  values: { name: string; time: string; value: Scalar }[],
): FileObjectRecord {
  const record: FileObjectRecord = { kind: 'object', type, id, attributes: {} }
  for (const value of values) {
    if (value.name === '') continue
    if (value.time === '' || INITIAL.test(value.time)) {
      if (value.value !== null && value.value !== '') record.attributes[value.name] = value.value
    } else (record.changes ??= []).push(value)
  }
  return record
}

/** A JSON value as a scalar: what is no scalar is kept as its JSON text. */
export function scalarOf(value: unknown): Scalar {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return JSON.stringify(value)
}
