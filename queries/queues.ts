import { z } from 'zod'
import { instantToClickHouse, instantToIso } from '../model/instant.ts'
import { jsonRecord } from './calls.ts'
import { type Between, type IntegrationBucket, refuseManyBuckets } from './integrations.ts'
import type { Query, TenantReader } from './run.ts'

const narrowed = { from: z.string(), to: z.string(), system: z.string(), resource: z.string() }

const MEASURES = {
  name: 'read/integration-measures',
  params: z.object(narrowed),
  row: z.object({ measure: z.string(), all_series: z.number(), points: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SERIES = {
  name: 'read/integration-queues',
  params: z.object({ ...narrowed, measure: z.string(), bucket: z.string(), limit: z.number() }),
  row: z.object({
    id: z.string(),
    of_system: z.string(),
    of_measure: z.string(),
    of_name: z.string(),
    latest: z.tuple([z.string(), z.string(), z.string(), z.string(), z.number()]),
    is_counter: z.boolean(),
    last_at: z.string(),
    highest: z.number(),
    grown: z.number(),
    n: z.number(),
    bucket: z.string(),
    bucket_last: z.number(),
    bucket_min: z.number(),
    bucket_max: z.number(),
    bucket_grown: z.number(),
    bucket_n: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * What is measured of queues, brokers, containers and stores: series by bucket, of metrics whose meaning is known. `n` counts points.
 *
 * @throws SightlineError `parameter_invalid` for a window of too many buckets
 */
export async function queues(
  reader: TenantReader,
  query: Between & {
    bucket: IntegrationBucket
    system?: string | undefined
    measure?: string | undefined
    resource?: string | undefined
    limit: number
  },
) {
  refuseManyBuckets(query, query.bucket)
  const params = {
    from: instantToClickHouse(query.from),
    to: instantToClickHouse(query.to),
    system: query.system ?? '',
    resource: query.resource ?? '',
  }
  const [measures, rows] = await Promise.all([
    reader.rows(MEASURES, params),
    reader.rows(SERIES, { ...params, measure: query.measure ?? '', bucket: query.bucket, limit: query.limit }),
  ])
  const bySeries = Map.groupBy(rows, (row) => [row.of_system, row.of_name, row.id].join('\n'))
  return {
    from: instantToIso(query.from),
    to: instantToIso(query.to),
    bucket: query.bucket,
    measures: measures.map(({ measure, all_series, points }) => ({ measure, series: all_series, points })),
    series: [...bySeries.values()].flatMap((points) => {
      const [first] = points
      if (first === undefined) return []
      const [resource, reporter, unit, attributes, last] = first.latest
      return [
        {
          id: first.id,
          system: first.of_system,
          measure: first.of_measure,
          name: first.of_name,
          resource,
          reporter,
          unit,
          counter: first.is_counter,
          last_at: first.last_at,
          last,
          max: first.highest,
          increase: first.is_counter ? first.grown : null,
          n: first.n,
          attributes: jsonRecord(attributes),
          points: points.map((point) => ({
            bucket: point.bucket,
            last: point.bucket_last,
            min: point.bucket_min,
            max: point.bucket_max,
            increase: first.is_counter ? point.bucket_grown : null,
            n: point.bucket_n,
          })),
        },
      ]
    }),
  }
}
