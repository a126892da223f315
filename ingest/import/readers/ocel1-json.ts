import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import type { FileRecord, Scalar } from '../record.ts'
import { jsonElements } from './json-elements.ts'
import { createObjectTypes, scalarOf, UNKNOWN_TYPE } from './ocel.ts'

const OBJECTS = new Set(['ocel:objects', 'ocel:global-log'])
const EVENTS = new Set(['ocel:events'])

/** Reads OCEL 1.0 JSON: all objects first, wherever the file keeps them, then the events in file order. */
export async function* readOcel1Json(input: Input): AsyncGenerator<FileRecord> {
  const types = createObjectTypes()
  const seen = new Set<string>()
  for await (const element of jsonElements(input, OBJECTS)) {
    if ('ended' in element) {
      seen.add(element.section)
      if (seen.has('ocel:objects') && seen.has('ocel:global-log')) break
    } else if (element.section === 'ocel:objects') {
      const value = asRecord(element.value)
      const type = typeof value['ocel:type'] === 'string' && value['ocel:type'] !== '' ? value['ocel:type'] : UNKNOWN_TYPE
      types.set(element.name ?? '', type)
      yield { kind: 'object', type, id: element.name ?? '', attributes: scalars(value['ocel:ovmap']) }
    } else if (element.name === 'ocel:object-types' && Array.isArray(element.value))
      for (const type of element.value) if (typeof type === 'string') yield { kind: 'declared', of: 'object', type }
  }
  let ordinal = 0
  let found = false
  for await (const element of jsonElements(input, EVENTS)) {
    if ('ended' in element) {
      if (element.section === 'ocel:events') {
        found = true
        break
      }
      continue
    }
    const value = asRecord(element.value)
    const activity = value['ocel:activity']
    if (typeof activity !== 'string' || activity === '') {
      yield { kind: 'problem', ordinal: ordinal++, code: 'activity_missing', message: 'the event has no ocel:activity' }
      continue
    }
    const omap = value['ocel:omap']
    const ids = Array.isArray(omap) ? omap.filter((id) => typeof id === 'string' || typeof id === 'number').map(String) : []
    yield {
      kind: 'event',
      ordinal: ordinal++,
      id: element.name ?? '',
      activity,
      time: typeof value['ocel:timestamp'] === 'string' ? value['ocel:timestamp'] : '',
      objects: ids.map((id) => ({ type: types.get(id) ?? UNKNOWN_TYPE, id })),
      attributes: scalars(value['ocel:vmap']),
    }
  }
  if (!found) throw new SightlineError('file_invalid', `${input.name} holds no "ocel:events": it is no OCEL 1.0 log.`)
}

function scalars(value: unknown): Record<string, Scalar> {
  return Object.fromEntries(Object.entries(asRecord(value)).map(([name, inner]) => [name, scalarOf(inner)]))
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
