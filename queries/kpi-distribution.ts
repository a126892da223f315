import { z } from 'zod'
import { instantToIso } from '../model/instant.ts'
import { kpiDefinition } from './kpi.ts'
import { FACTS_PARAMS, factsOf, factsParams, type KpiScope } from './kpi-facts.ts'
import type { Query, TenantReader } from './run.ts'

const BINS = 24
const MARKS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 1] as const

/**
 * How the values of the objects that a KPI counts are spread: seconds, the share or the amount of each.
 *
 * @throws SightlineError `not_found` for an unknown KPI
 */
export async function kpiDistribution(
  reader: TenantReader,
  kpi: string,
  scope: Omit<KpiScope, 'bucket' | 'compare' | 'groupBy'>,
) {
  const definition = kpiDefinition(kpi)
  const query = {
    name: 'read/kpi-distribution',
    parts: factsOf(scope.asOf ?? null),
    params: z.object({ ...FACTS_PARAMS, aggregate: z.string(), bins: z.number() }),
    row: z.object({
      n: z.number(),
      mean: z.number().nullable(),
      quantiles: z.array(z.number()),
      least: z.number(),
      bin_width: z.number(),
      counts: z.array(z.number()),
    }),
  } satisfies Query<z.ZodRawShape, z.ZodType>
  const params = factsParams(definition, { ...scope, bucket: 'all' })
  const [row] = await reader.rows(query, { ...params, aggregate: definition.aggregate, bins: BINS })
  const { n = 0, mean = null, quantiles = [], least = 0, bin_width = 0, counts = [] } = row ?? {}
  return {
    kpi,
    unit: definition.unit,
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    n,
    mean,
    quantiles: quantiles.map((value, at) => ({ q: MARKS[at] ?? 1, value })),
    bins:
      n === 0
        ? []
        : counts.map((count, at) => ({
            from: least + at * bin_width,
            to: at === BINS ? null : least + (at + 1) * bin_width,
            n: count,
          })),
  }
}
