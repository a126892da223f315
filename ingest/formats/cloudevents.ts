import { instantToIso } from '../../model/instant.ts'
import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, type RecordIn, rejected } from '../format.ts'
import { together } from '../payload/compile.ts'
import { type RawRecord, readRecords } from '../transport/records.ts'

const LINES = /(?:ndjson|jsonl|jsonlines)/u

/**
 * CloudEvents 1.0: structured (`application/cloudevents+json`), batches of them, one a line, and binary, where the attributes are
 * headers (`ce_id` on Kafka, `ce-id` over HTTP) and the body is `data`. An event without a time takes that of its Kafka record.
 */
export const cloudevents: Format = {
  name: 'cloudevents',
  title: 'CloudEvents 1.0 (structured, batch, binary)',
  mapping: 'none',
  media: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json', 'application/x-ndjson'],
  // Of a body; each event in it is held to the limit of events.
  limit: 16 * 1024 * 1024,
  split(record) {
    if (prefixOf(record.headers) !== null) return [record]
    const body = bufferOf(record.body)
    const type = mediaType(record)
    if (LINES.test(type)) return partsOf(record, readRecords(body, 'ndjson'))
    if (firstChar(body) !== 0x5b) return [record]
    return partsOf(record, readRecords(body, 'json'))
  },
  read(record, context) {
    const prefix = prefixOf(record.headers)
    if (prefix !== null) return readBinary(record, prefix, context)
    const body = bufferOf(record.body)
    const framing = LINES.test(mediaType(record)) ? 'ndjson' : 'json'
    const outcomes: Outcome[] = []
    for (const item of readRecords(body, framing)) outcomes.push(readOne(item, record, context))
    if (outcomes.length > 0) return together(outcomes)
    // An empty batch says that there is nothing; an empty record says nothing at all.
    return firstChar(body) === 0x5b ? { drop: 'holds no events' } : { reject: { code: 'json_invalid', message: 'is empty' } }
  },
}

function readOne(item: RawRecord, record: RecordIn, context: FormatContext): Outcome {
  if ('refusal' in item) return rejected(item.refusal.code, item.refusal.message)
  return readCloud(item.value, record, { ...context, seq: context.seq + item.index })
}

function readCloud(value: unknown, record: RecordIn, context: FormatContext): Outcome {
  const timed =
    record.timestamp !== null && isObject(value) && value['time'] === undefined
      ? { ...value, time: instantToIso(record.timestamp) }
      : value
  if (isObject(timed) && typeof timed['type'] === 'string') context.seen?.(timed['type'].slice(0, 100), timed)
  return eventsOf([timed as Cloud], context)
}

function readBinary(record: RecordIn, prefix: string, context: FormatContext): Outcome {
  const type = mediaType(record)
  if (type !== '' && !/(?:^|[/+])json(?:;|$)/u.test(type))
    return rejected('media_type_unsupported', `data is ${type.slice(0, 80)}, where JSON belongs`)
  const cloud: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record.headers))
    if (name.startsWith(prefix)) cloud[name.slice(prefix.length)] = prefix === 'ce-' ? percentDecoded(value) : value
  for (const item of readRecords(bufferOf(record.body), 'single')) {
    if ('refusal' in item) return rejected(item.refusal.code, `data ${item.refusal.message}`)
    cloud['data'] = item.value
  }
  return readCloud(cloud, record, context)
}

function prefixOf(headers: RecordIn['headers']): 'ce_' | 'ce-' | null {
  if (headers['ce_specversion'] !== undefined) return 'ce_'
  return headers['ce-specversion'] === undefined ? null : 'ce-'
}

function mediaType(record: RecordIn): string {
  return (record.headers['content-type'] ?? '').toLowerCase().replaceAll(' ', '')
}

/** Header values of the HTTP binding are percent-encoded; a value that is none is taken as it stands. */
function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The bytes of each part as they came, so that a bad one can be kept and read again. */
function partsOf(record: RecordIn, items: Iterable<RawRecord>): RecordIn[] {
  const headers = { ...record.headers, 'content-type': 'application/cloudevents+json' }
  const parts: RecordIn[] = []
  for (const { start, end } of items) if (end > start) parts.push({ ...record, headers, body: record.body.subarray(start, end) })
  return parts.length === 0 ? [record] : parts
}

function firstChar(body: Buffer): number | undefined {
  let at = 0
  while (at < body.length && (body[at] ?? 0) <= 32) at++
  return body[at]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
