import {
  BYTES_1,
  BYTES_11,
  BYTES_13,
  BYTES_15,
  BYTES_2,
  BYTES_3,
  BYTES_4,
  BYTES_5,
  BYTES_9,
  FIXED_1,
  FIXED_7,
  FIXED_8,
  keyValue,
  noAttributes,
  VARINT_3,
  VARINT_6,
} from './protobuf-fields.ts'
import { type Nanos, NO_TIME, OTLP_LIMITS, type Span, type SpanEvent, type SpanLink } from './telemetry.ts'
import type { WireReader } from './wire.ts'

const NO_EVENTS: SpanEvent[] = []
const NO_LINKS: SpanLink[] = []

/** Reads a `Span`. */
export function span(reader: WireReader): Span {
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
          else reader.passOver(field)
        reader.close(inner)
        break
      }
      default:
        reader.passOver(found)
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
    else reader.passOver(found)
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
    else reader.passOver(found)
  reader.close(end)
  return link
}
