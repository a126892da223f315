import type { FileObjectRecord, Scalar } from '../record.ts'

/** Types of the objects of a log by id. */
export type ObjectTypes = Map<string, string>

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
