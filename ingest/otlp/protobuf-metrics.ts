import {
  BYTES_1,
  BYTES_10,
  BYTES_11,
  BYTES_2,
  BYTES_3,
  BYTES_5,
  BYTES_6,
  BYTES_7,
  BYTES_8,
  BYTES_9,
  FIXED_1,
  FIXED_11,
  FIXED_12,
  FIXED_13,
  FIXED_14,
  FIXED_2,
  FIXED_3,
  FIXED_4,
  FIXED_5,
  FIXED_6,
  FIXED_7,
  keyValue,
  type Left,
  noAttributes,
  NOTHING,
  take,
  VARINT_1,
  VARINT_10,
  VARINT_2,
  VARINT_3,
  VARINT_6,
  VARINT_8,
} from './protobuf-fields.ts'
import { type Metric, NO_TIME, OTLP_LIMITS, type Point, type Value } from './telemetry.ts'
import type { WireReader } from './wire.ts'

const METRIC_TYPES: ReadonlyMap<number, { type: Metric['type']; point: (reader: WireReader) => Point }> = new Map([
  [BYTES_5, { type: 'gauge', point: numberPoint }],
  [BYTES_7, { type: 'sum', point: numberPoint }],
  [BYTES_9, { type: 'histogram', point: histogramPoint }],
  [BYTES_10, { type: 'exponential_histogram', point: exponentialPoint }],
  [BYTES_11, { type: 'summary', point: summaryPoint }],
])

/** Reads a `Metric` with its points. */
export function metric(reader: WireReader, left: Left): Metric {
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
        else reader.passOver(field)
      reader.close(inner)
    } else reader.passOver(found)
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
    else reader.passOver(found)
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
    else reader.passOver(found)
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
    else reader.passOver(found)
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
    else reader.passOver(found)
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
        else reader.passOver(field)
      reader.close(inner)
      if (quantiles.length < OTLP_LIMITS.attributes) quantiles.push({ quantile, value })
    } else if (found === BYTES_7) keyValue(reader, attributes)
    else if (found === VARINT_8) point.absent = reader.uint() % 2 === 1
    else reader.passOver(found)
  reader.close(end)
  point.attributes = attributes
  point.shape = { quantiles }
  return point
}
