import {
  type Attributes,
  type Group,
  type LogRecord,
  type Metric,
  type Nanos,
  NO_TIME,
  OTLP_LIMITS,
  type Point,
  type Signal,
  type Signals,
  type Span,
  type SpanEvent,
  type SpanLink,
  tooManyRecords,
  type Value,
} from './telemetry.ts'
import { malformed, tag, WIRE, WireReader } from './wire.ts'

/** Field numbers are those of opentelemetry-proto 1.x, wire types included. */
const BYTES_1 = tag(1, WIRE.bytes)
const BYTES_2 = tag(2, WIRE.bytes)
const BYTES_3 = tag(3, WIRE.bytes)
const BYTES_4 = tag(4, WIRE.bytes)
const BYTES_5 = tag(5, WIRE.bytes)
const BYTES_6 = tag(6, WIRE.bytes)
const BYTES_7 = tag(7, WIRE.bytes)
const BYTES_8 = tag(8, WIRE.bytes)
const BYTES_9 = tag(9, WIRE.bytes)
const BYTES_10 = tag(10, WIRE.bytes)
const BYTES_11 = tag(11, WIRE.bytes)
const BYTES_12 = tag(12, WIRE.bytes)
const BYTES_13 = tag(13, WIRE.bytes)
const BYTES_15 = tag(15, WIRE.bytes)
const VARINT_1 = tag(1, WIRE.varint)
const VARINT_2 = tag(2, WIRE.varint)
const VARINT_3 = tag(3, WIRE.varint)
const VARINT_6 = tag(6, WIRE.varint)
const VARINT_8 = tag(8, WIRE.varint)
const VARINT_10 = tag(10, WIRE.varint)
const FIXED_1 = tag(1, WIRE.fixed64)
const FIXED_2 = tag(2, WIRE.fixed64)
const FIXED_3 = tag(3, WIRE.fixed64)
const FIXED_4 = tag(4, WIRE.fixed64)
const FIXED_5 = tag(5, WIRE.fixed64)
const FIXED_6 = tag(6, WIRE.fixed64)
const FIXED_7 = tag(7, WIRE.fixed64)
const FIXED_8 = tag(8, WIRE.fixed64)
const FIXED_11 = tag(11, WIRE.fixed64)
const FIXED_12 = tag(12, WIRE.fixed64)
const FIXED_13 = tag(13, WIRE.fixed64)
const FIXED_14 = tag(14, WIRE.fixed64)

/**
 * Reads the protobuf body of `/v1/traces`, `/v1/logs` or `/v1/metrics` into what its JSON form is read into too. Written by hand: it
 * makes of a span only what is kept, and looks up repeated texts instead of making them.
 *
 * @throws SightlineError `body_invalid`, `body_too_large` for too many records
 */
export function readProtobuf<S extends Signal>(body: Buffer, signal: S): Group<Signals[S]>[] {
  const reader = new WireReader(body)
  const groups: Group<Signals[S]>[] = []
  const left = { records: OTLP_LIMITS.records }
  const record = RECORDS[signal]
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) resourceGroup(reader, groups, left, record)
    else reader.skip(found)
  return groups
}

/** How many records, and messages that group them, may still come. */
type Left = { records: number }

const RECORDS: { readonly [S in Signal]: (reader: WireReader, left: Left) => Signals[S] } = {
  traces: span,
  logs: logRecord,
  metrics: metric,
}

function take(left: Left): void {
  if (--left.records < 0) tooManyRecords()
}

function resourceGroup<T>(reader: WireReader, groups: Group<T>[], left: Left, record: (reader: WireReader, left: Left) => T) {
  take(left)
  const resource = noAttributes()
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) {
      const inner = reader.open()
      for (let field = reader.next(); field !== 0; field = reader.next())
        if (field === BYTES_1) keyValue(reader, resource)
        else reader.skip(field)
      reader.close(inner)
    } else if (found === BYTES_2) groups.push(scopeGroup(reader, resource, left, record))
    else reader.skip(found)
  reader.close(end)
}

function scopeGroup<T>(
  reader: WireReader,
  resource: Attributes,
  left: Left,
  record: (reader: WireReader, left: Left) => T,
): Group<T> {
  take(left)
  const group: Group<T> = { resource, scope: '', records: [] }
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) {
      const inner = reader.open()
      for (let field = reader.next(); field !== 0; field = reader.next())
        if (field === BYTES_1) group.scope = reader.text()
        else reader.skip(field)
      reader.close(inner)
    } else if (found === BYTES_2) {
      take(left)
      group.records.push(record(reader, left))
    } else reader.skip(found)
  reader.close(end)
  return group
}

function noAttributes(): Attributes {
  return { keys: [], values: [] }
}

const NOTHING: Attributes = { keys: [], values: [] }

function keyValue(reader: WireReader, into: Attributes): void {
  let key = ''
  let value: Value = null
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) key = reader.text()
    else if (found === BYTES_2) value = anyValue(reader, 0)
    else reader.skip(found)
  reader.close(end)
  if (into.keys.length >= OTLP_LIMITS.attributes) return
  into.keys.push(key)
  into.values.push(value)
}

function anyValue(reader: WireReader, depth: number): Value {
  if (depth > OTLP_LIMITS.depth) throw malformed(`values lie in each other more than ${OTLP_LIMITS.depth} deep`)
  let value: Value = null
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) value = reader.text()
    else if (found === VARINT_2) value = reader.uint() !== 0
    else if (found === VARINT_3) value = reader.int()
    else if (found === FIXED_4) value = reader.double()
    else if (found === BYTES_5) value = arrayValue(reader, depth)
    else if (found === BYTES_6) value = listValue(reader, depth)
    else if (found === BYTES_7) value = reader.base64()
    else reader.skip(found)
  reader.close(end)
  return value
}

function arrayValue(reader: WireReader, depth: number): Value[] {
  const values: Value[] = []
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) {
      const value = anyValue(reader, depth + 1)
      if (values.length < OTLP_LIMITS.attributes) values.push(value)
    } else reader.skip(found)
  reader.close(end)
  return values
}

function listValue(reader: WireReader, depth: number): Record<string, Value> {
  const entries: [string, Value][] = []
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next()) {
    if (found !== BYTES_1) {
      reader.skip(found)
      continue
    }
    let key = ''
    let value: Value = null
    const inner = reader.open()
    for (let field = reader.next(); field !== 0; field = reader.next())
      if (field === BYTES_1) key = reader.text()
      else if (field === BYTES_2) value = anyValue(reader, depth + 1)
      else reader.skip(field)
    reader.close(inner)
    if (entries.length < OTLP_LIMITS.attributes) entries.push([key, value])
  }
  reader.close(end)
  return Object.fromEntries(entries)
}

const NO_EVENTS: SpanEvent[] = []
const NO_LINKS: SpanLink[] = []

function span(reader: WireReader): Span {
  let [traceId, spanId, parentSpanId, name] = ['', '', '', '']
  let kind = 0
  let start: Nanos = NO_TIME
  let finish: Nanos = NO_TIME
  const attributes = noAttributes()
  let statusCode = 0
  let statusMessage = ''
  let events = NO_EVENTS
  let links = NO_LINKS
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    switch (found) {
      case BYTES_9:
        keyValue(reader, attributes)
        break
      case BYTES_1:
        traceId = reader.hex()
        break
      case BYTES_2:
        spanId = reader.hex()
        break
      case BYTES_4:
        parentSpanId = reader.hex()
        break
      case BYTES_5:
        name = reader.text()
        break
      case VARINT_6:
        kind = reader.uint()
        break
      case FIXED_7:
        start = reader.nanos()
        break
      case FIXED_8:
        finish = reader.nanos()
        break
      case BYTES_11: {
        if (events === NO_EVENTS) events = []
        const event = spanEvent(reader)
        if (events.length < OTLP_LIMITS.events) events.push(event)
        break
      }
      case BYTES_13: {
        if (links === NO_LINKS) links = []
        const link = spanLink(reader)
        if (links.length < OTLP_LIMITS.links) links.push(link)
        break
      }
      case BYTES_15: {
        const inner = reader.open()
        for (let field = reader.next(); field !== 0; field = reader.next())
          if (field === BYTES_2) statusMessage = reader.text()
          else if (field === VARINT_3) statusCode = reader.uint()
          else reader.skip(field)
        reader.close(inner)
        break
      }
      default:
        reader.skip(found)
    }
  reader.close(end)
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    start,
    end: finish,
    attributes,
    statusCode,
    statusMessage,
    events,
    links,
  }
}

function spanEvent(reader: WireReader): SpanEvent {
  const event: SpanEvent = { name: '', at: NO_TIME, attributes: noAttributes() }
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === FIXED_1) event.at = reader.nanos()
    else if (found === BYTES_2) event.name = reader.text()
    else if (found === BYTES_3) keyValue(reader, event.attributes)
    else reader.skip(found)
  reader.close(end)
  return event
}

function spanLink(reader: WireReader): SpanLink {
  const link: SpanLink = { traceId: '', spanId: '', attributes: noAttributes() }
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) link.traceId = reader.hex()
    else if (found === BYTES_2) link.spanId = reader.hex()
    else if (found === BYTES_4) keyValue(reader, link.attributes)
    else reader.skip(found)
  reader.close(end)
  return link
}

function logRecord(reader: WireReader): LogRecord {
  const record: LogRecord = {
    at: NO_TIME,
    observed: NO_TIME,
    severity: 0,
    severityText: '',
    body: null,
    attributes: noAttributes(),
    traceId: '',
    spanId: '',
    eventName: '',
  }
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    switch (found) {
      case FIXED_1:
        record.at = reader.nanos()
        break
      case VARINT_2:
        record.severity = reader.uint()
        break
      case BYTES_3:
        record.severityText = reader.text()
        break
      case BYTES_5:
        record.body = anyValue(reader, 0)
        break
      case BYTES_6:
        keyValue(reader, record.attributes)
        break
      case BYTES_9:
        record.traceId = reader.hex()
        break
      case BYTES_10:
        record.spanId = reader.hex()
        break
      case FIXED_11:
        record.observed = reader.nanos()
        break
      case BYTES_12:
        record.eventName = reader.text()
        break
      default:
        reader.skip(found)
    }
  reader.close(end)
  return record
}

const METRIC_TYPES: ReadonlyMap<number, { type: Metric['type']; point: (reader: WireReader) => Point }> = new Map([
  [BYTES_5, { type: 'gauge', point: numberPoint }],
  [BYTES_7, { type: 'sum', point: numberPoint }],
  [BYTES_9, { type: 'histogram', point: histogramPoint }],
  [BYTES_10, { type: 'exponential_histogram', point: exponentialPoint }],
  [BYTES_11, { type: 'summary', point: summaryPoint }],
])

function metric(reader: WireReader, left: Left): Metric {
  const read: Metric = { name: '', unit: '', type: 'gauge', monotonic: false, delta: false, points: [] }
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next()) {
    const data = METRIC_TYPES.get(found)
    if (found === BYTES_1) read.name = reader.text()
    else if (found === BYTES_3) read.unit = reader.text()
    else if (data !== undefined) {
      read.type = data.type
      const inner = reader.open()
      for (let field = reader.next(); field !== 0; field = reader.next())
        if (field === BYTES_1) {
          take(left)
          read.points.push(data.point(reader))
        } else if (field === VARINT_2) read.delta = reader.uint() === 1
        else if (field === VARINT_3) read.monotonic = reader.uint() !== 0
        else reader.skip(field)
      reader.close(inner)
    } else reader.skip(found)
  }
  reader.close(end)
  return read
}

function noPoint(): Point {
  return {
    at: NO_TIME,
    attributes: NOTHING,
    value: null,
    count: 1,
    sum: null,
    min: null,
    max: null,
    shape: null,
    absent: false,
  }
}

function numberPoint(reader: WireReader): Point {
  const point = noPoint()
  const attributes = noAttributes()
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === FIXED_3) point.at = reader.nanos()
    else if (found === FIXED_4) point.value = reader.double()
    else if (found === FIXED_6) point.value = reader.sfixed64()
    else if (found === BYTES_7) keyValue(reader, attributes)
    else if (found === VARINT_8) point.absent = reader.uint() % 2 === 1
    else reader.skip(found)
  reader.close(end)
  point.attributes = attributes
  return point
}

function histogramPoint(reader: WireReader): Point {
  const point = noPoint()
  const attributes = noAttributes()
  const counts: Value[] = []
  const bounds: Value[] = []
  point.count = 0
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === FIXED_3) point.at = reader.nanos()
    else if (found === FIXED_4) point.count = reader.fixed64()
    else if (found === FIXED_5) point.sum = reader.double()
    else if (found === BYTES_6 || found === FIXED_6) reader.numbers(found, counts, OTLP_LIMITS.attributes, () => reader.fixed64())
    else if (found === BYTES_7 || found === FIXED_7) reader.numbers(found, bounds, OTLP_LIMITS.attributes, () => reader.double())
    else if (found === BYTES_9) keyValue(reader, attributes)
    else if (found === VARINT_10) point.absent = reader.uint() % 2 === 1
    else if (found === FIXED_11) point.min = reader.double()
    else if (found === FIXED_12) point.max = reader.double()
    else reader.skip(found)
  reader.close(end)
  point.attributes = attributes
  point.shape = { bounds, counts }
  return point
}

function exponentialPoint(reader: WireReader): Point {
  const point = noPoint()
  const attributes = noAttributes()
  const shape: Record<string, Value> = { scale: 0, zero_count: 0 }
  point.count = 0
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === BYTES_1) keyValue(reader, attributes)
    else if (found === FIXED_3) point.at = reader.nanos()
    else if (found === FIXED_4) point.count = reader.fixed64()
    else if (found === FIXED_5) point.sum = reader.double()
    else if (found === VARINT_6) shape['scale'] = reader.sint32()
    else if (found === FIXED_7) shape['zero_count'] = reader.fixed64()
    else if (found === BYTES_8) shape['positive'] = buckets(reader)
    else if (found === BYTES_9) shape['negative'] = buckets(reader)
    else if (found === VARINT_10) point.absent = reader.uint() % 2 === 1
    else if (found === FIXED_12) point.min = reader.double()
    else if (found === FIXED_13) point.max = reader.double()
    else if (found === FIXED_14) shape['zero_threshold'] = reader.double()
    else reader.skip(found)
  reader.close(end)
  point.attributes = attributes
  point.shape = shape
  return point
}

function buckets(reader: WireReader): Record<string, Value> {
  const counts: Value[] = []
  let offset = 0
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === VARINT_1) offset = reader.sint32()
    else if (found === BYTES_2 || found === VARINT_2) reader.numbers(found, counts, OTLP_LIMITS.attributes, () => reader.uint())
    else reader.skip(found)
  reader.close(end)
  return { offset, counts }
}

function summaryPoint(reader: WireReader): Point {
  const point = noPoint()
  const attributes = noAttributes()
  const quantiles: Value[] = []
  point.count = 0
  const end = reader.open()
  for (let found = reader.next(); found !== 0; found = reader.next())
    if (found === FIXED_3) point.at = reader.nanos()
    else if (found === FIXED_4) point.count = reader.fixed64()
    else if (found === FIXED_5) point.sum = reader.double()
    else if (found === BYTES_6) {
      let [quantile, value] = [0, 0]
      const inner = reader.open()
      for (let field = reader.next(); field !== 0; field = reader.next())
        if (field === FIXED_1) quantile = reader.double()
        else if (field === FIXED_2) value = reader.double()
        else reader.skip(field)
      reader.close(inner)
      if (quantiles.length < OTLP_LIMITS.attributes) quantiles.push({ quantile, value })
    } else if (found === BYTES_7) keyValue(reader, attributes)
    else if (found === VARINT_8) point.absent = reader.uint() % 2 === 1
    else reader.skip(found)
  reader.close(end)
  point.attributes = attributes
  point.shape = { quantiles }
  return point
}
