import { BYTES_1, BYTES_2, keyValue, type Left, noAttributes, take } from './protobuf-fields.ts'
import { logRecord } from './protobuf-logs.ts'
import { metric } from './protobuf-metrics.ts'
import { span } from './protobuf-spans.ts'
import { type Attributes, type Group, OTLP_LIMITS, type Signal, type Signals } from './telemetry.ts'
import { WireReader } from './wire.ts'

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
    else reader.passOver(found)
  return groups
}

const RECORDS: { readonly [S in Signal]: (reader: WireReader, left: Left) => Signals[S] } = {
  traces: span,
  logs: logRecord,
  metrics: metric,
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
        else reader.passOver(field)
      reader.close(inner)
    } else if (found === BYTES_2) groups.push(scopeGroup(reader, resource, left, record))
    else reader.passOver(found)
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
        else reader.passOver(field)
      reader.close(inner)
    } else if (found === BYTES_2) {
      take(left)
      group.records.push(record(reader, left))
    } else reader.passOver(found)
  reader.close(end)
  return group
}
