import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { SightlineError } from '../../../platform/errors.ts'
import { type Input, headOf, textChunks } from '../input.ts'
import type { FileEvent, FileObject, FileRecord, Scalar } from '../record.ts'
import { jsonElements } from './json-elements.ts'
import { scalarOf } from './ocel.ts'

const MAX_LINE = 4 * 1024 * 1024
const SECTION = new Set([''])

/** Reads CloudEvents: one JSON object a line, or one JSON array. A line that is no JSON object is a problem, not the end. */
export async function* readCloudEvents(input: Input): AsyncGenerator<FileRecord> {
  const head = Buffer.from(await headOf(input, 64))
    .toString('utf8')
    .replace(/^\ufeff/u, '')
    .trimStart()
  let ordinal = 0
  if (head.startsWith('[')) {
    for await (const element of jsonElements(input, SECTION)) if (!('ended' in element)) yield toRecord(element.value, ordinal++)
    return
  }
  for await (const line of lines(input)) {
    const text = line.trim()
    if (text === '') continue
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      yield { kind: 'problem', ordinal: ordinal++, code: 'json_invalid', message: 'the line is no JSON' }
      continue
    }
    yield toRecord(value, ordinal++)
  }
}

async function* lines(input: Input): AsyncGenerator<string> {
  async function* bounded(): AsyncGenerator<string> {
    let open = 0
    for await (const chunk of textChunks(input.bytes())) {
      const last = chunk.lastIndexOf('\n')
      open = last === -1 ? open + chunk.length : chunk.length - last - 1
      if (open > MAX_LINE)
        throw new SightlineError('file_invalid', `${input.name} holds a line longer than 4 MB: it is no NDJSON.`)
      yield chunk
    }
  }
  const source = Readable.from(bounded())
  const reader = createInterface({ input: source, crlfDelay: Infinity })
  let failure: unknown
  source.on('error', (error) => {
    failure = error
    reader.close()
  })
  let first = true
  for await (const line of reader) {
    yield first ? line.replace(/^\ufeff/u, '') : line
    first = false
  }
  if (failure !== undefined) throw failure
}

function toRecord(value: unknown, ordinal: number): FileRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'problem', ordinal, code: 'event_invalid', message: 'the record is no JSON object' }
  const event = value as Record<string, unknown>
  const data = typeof event['data'] === 'object' && event['data'] !== null ? (event['data'] as Record<string, unknown>) : {}
  const objects: FileObject[] = []
  if (Array.isArray(data['objects']))
    for (const item of data['objects'] as unknown[]) {
      const object = typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {}
      if (typeof object['type'] === 'string' && typeof object['id'] === 'string')
        objects.push({ type: object['type'], id: object['id'] })
    }
  if (typeof data['object'] === 'string') {
    const slash = data['object'].indexOf('/')
    if (slash > 0) objects.push({ type: data['object'].slice(0, slash), id: data['object'].slice(slash + 1) })
  }
  const activity = typeof data['activity'] === 'string' ? data['activity'] : event['type']
  const record: FileEvent = {
    kind: 'event',
    ordinal,
    activity: typeof activity === 'string' ? activity : '',
    time: typeof event['time'] === 'string' ? event['time'] : '',
    objects,
    attributes: flat(data['attributes']),
    cloudEvent: event,
  }
  if (typeof event['id'] === 'string') record.id = `${String(event['source'])} ${event['id']}`
  return record
}

function flat(value: unknown): Record<string, Scalar> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, scalarOf(inner)]))
}
