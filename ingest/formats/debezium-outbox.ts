import { instantFromIso, instantToIso } from '../../model/instant.ts'
import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, type RecordIn, rejected } from '../format.ts'
import { given, isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { parseJson } from '../payload/json.ts'

/** An event of an outbox table, whichever way it came. */
type OutboxEvent = { id: string; type: string; aggregateType: string; aggregateId: string; at: string | null; payload: unknown }

const ENVELOPE = new Set(['schema', 'payload'])

/**
 * Events of an outbox table as Debezium writes them: through its outbox event router (the event's id in the header `id`, its type in
 * `eventType` or `type`, the aggregate's id as key, the payload as value), or the plain change records of the table (`after` with
 * `id`, `aggregatetype`, `aggregateid`, `type`, `payload`).
 *
 * A payload that is a CloudEvent is read as one. Else a mapping makes the events, of
 * `{id, type, aggregate: {type, id}, at, payload}`; without one, a payload with `objects` or `object` is the data of an event, and any
 * other one its attributes.
 */
export const debeziumOutbox: Format = {
  name: 'debezium-outbox',
  title: 'Debezium outbox',
  mapping: 'optional',
  media: ['application/json'],
  limit: 4 * 1024 * 1024,
  read(record, context) {
    if (record.body.byteLength === 0) return { drop: 'A tombstone, which deletes a key in the topic and is no event.' }
    const parsed = parseJson(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    const event = outboxEvent(unwrapped(parsed.value), record)
    if (!('aggregateId' in event)) return event
    context.seen?.(event.type, event.payload)
    return read(event, record, context)
  },
}

/** The value without the envelope that a JSON converter with schemas puts round it. */
function unwrapped(value: unknown): unknown {
  if (!isJson(value) || !('schema' in value) || !('payload' in value)) return value
  return Object.keys(value).every((key) => ENVELOPE.has(key)) ? value['payload'] : value
}

function outboxEvent(value: unknown, record: RecordIn): OutboxEvent | Outcome {
  const change = isJson(value) ? value : {}
  const operation = text(change['op'])
  if ('op' in change && ('after' in change || 'before' in change)) {
    if (operation === 'd') return { drop: 'A row was deleted from the outbox: tidying up, no event.' }
    if (operation === 'u') return rejected('outbox_invalid', 'a row of the outbox was changed, where rows are only added')
    return fromRow(objectOf(change['after']), text(change['ts_ms']))
  }
  const id = header(record, 'id')
  if (id === '') {
    const row = isJson(value) && 'aggregateid' in lowerKeys(value) ? value : null
    if (row !== null) return fromRow(row, '')
    return rejected('outbox_invalid', 'has neither a header "id" nor the fields of an outbox row')
  }
  return {
    id,
    type: header(record, 'eventtype') || header(record, 'type'),
    aggregateType: header(record, 'aggregatetype'),
    aggregateId: header(record, 'aggregateid') || keyOf(record),
    at: header(record, 'timestamp') === '' ? null : timeOf(header(record, 'timestamp')),
    payload: fromText(value),
  }
}

function fromRow(row: Json, changedMs: string): OutboxEvent | Outcome {
  const fields = lowerKeys(row)
  const id = text(fields['id']) || text(fields['eventid'])
  if (id === '') return rejected('outbox_invalid', 'the outbox row has no id')
  const at = text(fields['timestamp']) || text(fields['createdat']) || text(fields['occurredat']) || changedMs
  return {
    id,
    type: text(fields['type']) || text(fields['eventtype']),
    aggregateType: text(fields['aggregatetype']),
    aggregateId: text(fields['aggregateid']),
    at: at === '' ? null : timeOf(at),
    payload: fromText(fields['payload']),
  }
}

function read(event: OutboxEvent, record: RecordIn, context: FormatContext): Outcome {
  const { payload } = event
  if (isJson(payload) && payload['specversion'] !== undefined) return eventsOf([payload as Cloud], context)
  const time = event.at ?? (record.timestamp === null ? null : instantToIso(record.timestamp))
  if (context.mapping !== null) {
    const { id, type, aggregateType, aggregateId } = event
    return context.mapping.read(
      { id, type, aggregate: { type: aggregateType, id: aggregateId }, at: time, payload },
      { ...context, naturalId: event.id, headers: record.headers, key: record.key },
    )
  }
  if (event.type === '') return rejected('outbox_invalid', 'has no event type: place it in the header "eventType"')
  const fields = objectOf(payload)
  const said = text(fields['time'])
  const own = instantFromIso(said) === null ? null : said
  const aggregate =
    event.aggregateType === '' || event.aggregateId === ''
      ? []
      : [{ type: snake(event.aggregateType), id: event.aggregateId, qualifier: 'aggregate' }]
  const isData = Array.isArray(fields['objects']) || typeof fields['object'] === 'string'
  const { traceparent } = record.headers
  const cloud: Cloud = {
    specversion: '1.0',
    id: event.id,
    source: context.source,
    type: event.type,
    time: own ?? time ?? '',
    data: isData
      ? { activity: event.type, ...fields }
      : given({
          activity: event.type,
          objects: aggregate,
          system: context.system,
          attributes: isJson(payload) ? payload : given({ payload }),
        }),
    ...(traceparent === undefined ? {} : { traceparent }),
  }
  return eventsOf([cloud], context)
}

/** Header values of a JSON converter stand in quotes. */
function header(record: RecordIn, name: string): string {
  const value = record.headers[name]?.trim() ?? ''
  return unquoted(value)
}

function keyOf(record: RecordIn): string {
  if (record.key === null) return ''
  const parsed = parseJson(record.key)
  const value = 'value' in parsed ? unwrapped(parsed.value) : Buffer.from(record.key).toString('utf8')
  return text(value) || text(objectOf(value)['id']) || text(Object.values(objectOf(value))[0])
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

/** A payload column of type text or JSON arrives as text. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{"]/u.test(value)) return value
  const parsed = parseJson(Buffer.from(value))
  return 'value' in parsed ? parsed.value : value
}

/** ISO text, or a number since 1970 in seconds, milliseconds, microseconds or nanoseconds: by its size. */
function timeOf(value: string): string {
  if (!/^\d{9,19}$/u.test(value)) return value
  const digits = value.length
  const us =
    digits <= 11
      ? Number(value) * 1e6
      : digits <= 14
        ? Number(value) * 1e3
        : digits <= 17
          ? Number(value)
          : Math.floor(Number(value) / 1e3)
  return instantToIso(us)
}

function lowerKeys(row: Json): Json {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key.toLowerCase().replaceAll('_', ''), value]))
}

/** `PurchaseOrder` → `purchase_order`. */
function snake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1_$2')
    .replaceAll(/[\s/-]+/gu, '_')
    .toLowerCase()
}
