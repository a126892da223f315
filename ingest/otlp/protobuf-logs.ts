import {
  anyValue,
  BYTES_10,
  BYTES_12,
  BYTES_3,
  BYTES_5,
  BYTES_6,
  BYTES_9,
  FIXED_1,
  FIXED_11,
  keyValue,
  noAttributes,
  VARINT_2,
} from './protobuf-fields.ts'
import { type LogRecord, NO_TIME } from './telemetry.ts'
import type { WireReader } from './wire.ts'

/** Reads a `LogRecord`. */
export function logRecord(reader: WireReader): LogRecord {
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
        reader.passOver(found)
    }
  reader.close(end)
  return record
}
