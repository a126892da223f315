import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import type { FileEvent, FileObject, FileRecord } from '../record.ts'
import { jsonElements } from './json-elements.ts'
import { createObjectTypes, objectFromValues, type ObjectTypes, scalarOf, UNKNOWN_TYPE } from './ocel.ts'

const OBJECTS = new Set(['objects', 'objectTypes', 'eventTypes'])
const EVENTS = new Set(['events'])

/** Reads OCEL 2.0 JSON: all objects first, wherever the file keeps them, then the events in file order. */
export async function* readOcel2Json(input: Input): AsyncGenerator<FileRecord> {
  const types = createObjectTypes()
  const seen = new Set<string>()
  let relations = 0
  for await (const element of jsonElements(input, OBJECTS)) {
    if ('ended' in element) {
      seen.add(element.section)
      if (['objects', 'objectTypes', 'eventTypes'].every((section) => seen.has(section))) break
      continue
    }
    const value = asRecord(element.value)
    if (element.section === 'objects') {
      const record = objectFromJson(value)
      if (record === null) continue
      types.set(record.id, record.type)
      relations += asArray(value['relationships']).length
      yield record
    } else if (typeof value['name'] === 'string')
      yield { kind: 'declared', of: element.section === 'eventTypes' ? 'event' : 'object', type: value['name'] }
  }
  if (relations > 0) yield { kind: 'relations', count: relations }
  let ordinal = 0
  let found = false
  for await (const element of jsonElements(input, EVENTS)) {
    if ('ended' in element) {
      if (element.section === 'events') {
        found = true
        break
      }
      continue
    }
    yield eventFromJson(asRecord(element.value), ordinal++, types)
  }
  if (!found) throw new SightlineError('file_invalid', `${input.name} holds no "events": it is no OCEL 2.0 log.`)
}

function objectFromJson(value: Record<string, unknown>): ReturnType<typeof objectFromValues> | null {
  const id = textOf(value['id'])
  const type = textOf(value['type'])
  if (id === '' || type === '') return null
  const values = asArray(value['attributes']).map((item) => {
    const attribute = asRecord(item)
    return { name: textOf(attribute['name']), time: textOf(attribute['time']), value: scalarOf(attribute['value']) }
  })
  return objectFromValues(type, id, values)
}

function eventFromJson(value: Record<string, unknown>, ordinal: number, types: ObjectTypes): FileRecord {
  const activity = textOf(value['type'])
  if (activity === '') return { kind: 'problem', ordinal, code: 'activity_missing', message: 'the event has no type' }
  const objects: FileObject[] = []
  for (const item of asArray(value['relationships'])) {
    const relation = asRecord(item)
    const id = textOf(relation['objectId'])
    if (id === '') continue
    const qualifier = textOf(relation['qualifier'])
    objects.push({ type: types.get(id) ?? UNKNOWN_TYPE, id, ...(qualifier === '' ? {} : { qualifier }) })
  }
  const attributes: FileEvent['attributes'] = {}
  for (const item of asArray(value['attributes'])) {
    const attribute = asRecord(item)
    const name = textOf(attribute['name'])
    if (name !== '') attributes[name] = scalarOf(attribute['value'])
  }
  const id = textOf(value['id'])
  return { kind: 'event', ordinal, activity, time: textOf(value['time']), objects, attributes, ...(id === '' ? {} : { id }) }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
