import { z } from 'zod'
import { type Instant, instantToIso } from '../model/instant.ts'
import { bucketStart } from './kpi-buckets.ts'
import { kpiCatalogue } from './kpi-catalogue.ts'
import { kpiAnswer } from './kpi.ts'
import type { Query, TenantReader } from './run.ts'

const STATE = z.tuple([z.number(), z.enum(['counted', 'open', 'excluded', 'absent', '']), z.string(), z.number(), z.number()])
const CHANGED = {
  name: 'read/restatements',
  params: z.object({ as_of: z.number(), from_us: z.number(), to_us: z.number(), limit: z.number() }),
  row: z.object({
    kpi: z.string(),
    changed: z.number(),
    documents: z.array(z.tuple([z.string(), z.string(), z.string(), z.number(), z.coerce.boolean(), STATE, STATE])),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * What changed of a month since it was frozen: of each KPI whose contributions changed the number then and now, and the documents.
 *
 * @param month its first instant
 * @param asOf what was known then
 * @param limit documents of each KPI
 * @throws SightlineError `store_unavailable`
 */
export async function restatements(
  reader: TenantReader,
  month: Instant,
  asOf: Instant,
  options: { limit: number; now: Instant },
) {
  const to = bucketStart(1, month, 'month')
  const rows = await reader.rows(CHANGED, { as_of: asOf, from_us: month, to_us: to, limit: options.limit })
  const changes = new Map(rows.map((row) => [row.kpi, row]))
  return Promise.all(
    kpiCatalogue().flatMap(({ kpi, title, unit }) => {
      const change = changes.get(kpi)
      if (change === undefined) return []
      const ask = async (known: Instant | null) => {
        const { rows: found } = await kpiAnswer(reader, kpi, { from: month, to, bucket: 'all', asOf: known, now: options.now })
        const [row] = found
        return { value: row?.value ?? null, n: row?.n ?? 0, open: row?.open ?? 0 }
      }
      return [
        Promise.all([ask(asOf), ask(null)]).then(([was, now]) => ({
          kpi,
          title,
          unit,
          was,
          now,
          changed: change.changed,
          documents: change.documents.map(([type, id, subject, knownUs, wasKnown, before, after]) => ({
            type,
            id,
            subject,
            known_since: instantToIso(knownUs),
            was: wasKnown ? stateOf(before) : null,
            now: stateOf(after),
          })),
        })),
      ]
    }),
  )
}

function stateOf([cohortUs, state, reason, value, weight]: z.output<typeof STATE>) {
  return { state: state === '' ? ('absent' as const) : state, reason, cohort_at: instantToIso(cohortUs), value, weight }
}
