import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import type { FileEvent, FileRecord, Scalar } from '../record.ts'
import { objectFromValues, createObjectTypes, UNKNOWN_TYPE } from './ocel.ts'
import { parseXml } from './xml.ts'

type Draft = {
  id: string
  type: string
  time: string
  values: { name: string; time: string; value: Scalar }[]
  objects: { id: string; qualifier: string }[]
}

/** Reads OCEL 2.0 XML: all objects first, wherever the file keeps them, then the events in file order. */
export async function* readOcel2Xml(input: Input): AsyncGenerator<FileRecord> {
  const types = createObjectTypes()
  let relations = 0
  for await (const record of walk(input, 'objects'))
    if ('declared' in record) yield { kind: 'declared', ...record.declared }
    else {
      types.set(record.id, record.type)
      yield objectFromValues(record.type, record.id, record.values)
      relations += record.objects.length
    }
  if (relations > 0) yield { kind: 'relations', count: relations }
  let ordinal = 0
  for await (const record of walk(input, 'events')) {
    if ('declared' in record) continue
    if (record.type === '') {
      yield { kind: 'problem', ordinal: ordinal++, code: 'activity_missing', message: 'the event has no type' }
      continue
    }
    const attributes: FileEvent['attributes'] = {}
    for (const value of record.values) if (value.name !== '') attributes[value.name] = value.value
    yield {
      kind: 'event',
      ordinal: ordinal++,
      activity: record.type,
      time: record.time,
      objects: record.objects.map(({ id, qualifier }) => ({
        type: types.get(id) ?? UNKNOWN_TYPE,
        id,
        ...(qualifier === '' ? {} : { qualifier }),
      })),
      attributes,
      ...(record.id === '' ? {} : { id: record.id }),
    }
  }
}

type Declared = { declared: { of: 'event' | 'object'; type: string } }

/** One pass for the children of `<objects>` or `<events>`; it ends where that section ends. */
async function* walk(input: Input, section: 'objects' | 'events'): AsyncGenerator<Draft | Declared> {
  const out: (Draft | Declared)[] = []
  let at = ''
  let ended = false
  let draft: Draft | null = null
  let attribute: { name: string; time: string; value: Scalar } | null = null
  let text = ''
  for await (const _ of parseXml(input, {
    open(name, attributes, depth) {
      if (depth === 0) {
        if (name !== 'log')
          throw new SightlineError('file_invalid', `${input.name} is XML, but its root is <${name}>, not the <log> of OCEL 2.0.`)
      } else if (depth === 1) at = name
      else if (depth === 2) {
        if (name === 'event-type' || name === 'object-type')
          out.push({ declared: { of: name === 'event-type' ? 'event' : 'object', type: attributes['name'] ?? '' } })
        else if (at === section && (name === 'object' || name === 'event'))
          draft = {
            id: attributes['id'] ?? '',
            type: attributes['type'] ?? '',
            time: attributes['time'] ?? '',
            values: [],
            objects: [],
          }
      } else if (draft !== null) {
        if (name === 'attribute') {
          attribute = { name: attributes['name'] ?? '', time: attributes['time'] ?? '', value: null }
          text = attributes['value'] ?? ''
        } else if ((name === 'relationship' || name === 'relobj' || name === 'object') && attributes['object-id'] !== undefined)
          draft.objects.push({ id: attributes['object-id'], qualifier: attributes['qualifier'] ?? attributes['relation'] ?? '' })
      }
    },
    close(name, depth) {
      if (attribute !== null && name === 'attribute') {
        const value = text.trim()
        draft?.values.push({ ...attribute, value: value === '' ? null : value })
        attribute = null
      } else if (depth === 2 && draft !== null) {
        out.push(draft)
        draft = null
      } else if (depth === 1 && name === section) ended = true
    },
    text(piece) {
      if (attribute !== null) text += piece
    },
  })) {
    yield* out
    out.length = 0
    if (ended) return
  }
}
