import { hash } from 'node:crypto'
import type { Instant } from '../../model/instant.ts'
import { type Rejection, timeProblem } from './calls.ts'
import { cut } from './fields.ts'
import { measureOf, resourceOf, systemOfMetric } from './measures.ts'
import { type Resolver, serviceOf } from './system.ts'
import { type Attributes, attribute, type Group, type Metric, type Point, type Value } from './telemetry.ts'

/** A measurement as it is kept. */
export type MetricPoint = {
  ordinal: number
  system: string
  name: string
  /** First 64 bits of a hash of what makes a series of its own. */
  series: bigint
  at: Instant
  measure: string
  reporter: string
  type: Metric['type']
  unit: string
  value: number
  count: number
  sum: number
  monotonic: boolean
  delta: boolean
  resource: string
  attributes: string
}

const LONGEST_NAME = 255

/**
 * Maps metrics to measurements. Pure. Points that say that there is nothing to say are `ignored`; values that are no numbers and instants
 * out of bounds are rejected.
 */
export function mapMetrics(
  groups: readonly Group<Metric>[],
  resolve: Resolver,
  now: Instant,
): { points: MetricPoint[]; rejected: Rejection[]; ignored: number } {
  const points: MetricPoint[] = []
  const rejected: Rejection[] = []
  let ignored = 0
  let ordinal = 0
  for (const { resource, scope, records } of groups) {
    const reporter = cut(serviceOf(resource), 200)
    const resourceText = attributesText(resource)
    for (const metric of records) {
      const system = cut(systemFor(metric.name, resource, reporter, resolve), 200)
      for (const point of metric.points) {
        const problem = pointProblem(metric, point, now)
        if (point.absent) ignored++
        else if (problem === null)
          points.push(mapPoint(metric, point, { resource, resourceText, reporter, scope, system, ordinal }))
        else rejected.push({ ordinal, reason: problem })
        ordinal++
      }
    }
  }
  return { points, rejected, ignored }
}

function systemFor(name: string, resource: Attributes, reporter: string, resolve: Resolver): string {
  const named = typeof attribute(resource, 'service.name') === 'string'
  const technology = systemOfMetric(name)
  for (const candidate of [reporter, technology]) {
    const known = candidate === '' ? null : resolve(candidate)
    if (known !== null) return known.system
  }
  return !named && technology !== '' ? technology : reporter
}

function pointProblem(metric: Metric, point: Point, now: Instant): string | null {
  if (metric.name === '') return 'a metric has no name'
  const problem = timeProblem(point.at.us, now)
  if (problem !== null) return `a point of ${cut(metric.name, 80)} ${problem}`
  if (point.absent) return null
  const distribution = point.shape !== null
  if (!distribution && point.value === null) return `a point of ${cut(metric.name, 80)} has no value`
  if (!Number.isFinite(point.value ?? 0) || !Number.isFinite(point.sum ?? 0))
    return `a point of ${cut(metric.name, 80)} is no finite number`
  if (!Number.isSafeInteger(point.count) || point.count < 0)
    return `a point of ${cut(metric.name, 80)} counts what cannot be counted`
  return null
}

function mapPoint(
  metric: Metric,
  point: Point,
  of: { resource: Attributes; resourceText: string; reporter: string; scope: string; system: string; ordinal: number },
): MetricPoint {
  const text = attributesText(point.attributes)
  const distribution = point.shape !== null
  const sum = distribution ? (point.sum ?? 0) : (point.value ?? 0)
  const shape: Record<string, Value> = {
    ...point.shape,
    ...(finite(point.min) ? { min: point.min } : {}),
    ...(finite(point.max) ? { max: point.max } : {}),
  }
  return {
    ordinal: of.ordinal,
    system: of.system,
    name: cut(metric.name, LONGEST_NAME),
    series: seriesOf([of.reporter, of.resourceText, of.scope, metric.type, metric.unit, text]),
    at: point.at.us,
    measure: measureOf(metric.name),
    reporter: of.reporter,
    type: metric.type,
    unit: cut(metric.unit, 60),
    value: distribution ? (point.count > 0 ? sum / point.count : 0) : sum,
    count: distribution ? point.count : 1,
    sum,
    monotonic: metric.monotonic,
    delta: metric.delta,
    resource: cut(resourceOf(point.attributes, of.resource), 200),
    attributes: distribution ? `${text.slice(0, -1)}${text === '{}' ? '' : ','}"distribution":${JSON.stringify(shape)}}` : text,
  }
}

function finite(value: number | null): value is number {
  return value !== null && Number.isFinite(value)
}

function seriesOf(parts: readonly string[]): bigint {
  return BigInt(`0x${hash('sha1', parts.join('\n')).slice(0, 16)}`)
}

/** Attributes as JSON in order of their keys: the same series whatever order they came in. */
function attributesText({ keys, values }: Attributes): string {
  const pairs = keys.map((key, at) => [cut(key, 200), values[at] ?? null] as const)
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return JSON.stringify(
    Object.fromEntries(pairs.map(([key, value]) => [key, typeof value === 'string' ? cut(value, 1024) : value])),
  )
}
