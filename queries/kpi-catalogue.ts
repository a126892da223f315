import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { z } from 'zod'
import { sqlText } from './run.ts'
import { sqlHeader } from './sql-header.ts'

const FOLDER = new URL('./kpi/', import.meta.url)

/** What becomes of the values of a bucket: the median of durations, Kaplan and Meier's where open ones count, shares, sums. */
const AGGREGATES = ['median', 'kaplan-meier', 'share', 'sum'] as const

/** What a KPI is about. */
const KPI_TOPICS = ['cycle time', 'quality', 'compliance', 'money', 'technology'] as const

const Header = z
  .strictObject({
    title: z.string().min(1),
    unit: z.enum(['s', 'ratio', 'per_1000', 'factor', 'count', 'money']),
    /** Of a ratio that is no share: it may be negative, or above 1. */
    range: z.literal('unbounded').optional(),
    better: z.enum(['lower', 'higher']),
    topic: z.enum(KPI_TOPICS),
    /** Whether the overview shows it; the page of all KPIs shows every one. */
    overview: z.literal('yes').optional(),
    grain: z.string().min(1),
    /** Types of the documents whose change can change a contribution, separated by commas, or `all`. */
    documents: z.string().min(1),
    /** Types of the documents whose timelines it reads; without it, all on the declared paths. A change of others leaves it alone. */
    reads: z.string().min(1).optional(),
    /** Kinds of keys (budget, …): with a document all that share one with it are computed anew, as its contribution depends on theirs. */
    keys: z.string().min(1).optional(),
    cohort: z.string().min(1),
    /** elapsed, none, or which calendar. */
    calendar: z.string().min(1),
    definition: z.string().min(1),
    /** Kinds of reference data that it needs, separated by commas: without them it is not evaluable. */
    needs: z.string().min(1).optional(),
    aggregate: z.enum(AGGREGATES).optional(),
    benchmark: z
      .string()
      .min(1)
      .transform((text) => (text === 'none' ? null : text)),
    minimum_n: z.coerce.number().int().min(0),
  })
  .transform(({ aggregate, needs, reads, keys, overview, range, ...header }) => ({
    ...header,
    /** What its values can be: a share between 0 and 1, 0 and more, or anything. */
    range: range ?? (header.unit === 'ratio' ? ('share' as const) : ('positive' as const)),
    overview: overview !== undefined,
    reads: reads === undefined ? null : reads.split(', '),
    keys: keys === undefined ? [] : keys.split(', '),
    needs: needs === undefined ? [] : needs.split(', '),
    aggregate:
      aggregate ??
      (header.unit === 's'
        ? ('median' as const)
        : header.unit === 'money' || header.unit === 'count'
          ? ('sum' as const)
          : ('share' as const)),
  }))

/** One KPI of the catalogue: the header of its SQL file under its public id, the file's name, and the version of its formula. */
export type KpiDefinition = { kpi: string; version: string } & z.output<typeof Header>

let catalogue: readonly KpiDefinition[] | undefined

/** The KPIs, by public id: one for each file of `queries/kpi/`, read once. */
export function kpiCatalogue(): readonly KpiDefinition[] {
  catalogue ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .toSorted()
    .map((kpi) => {
      const sql = sqlText(`kpi/${kpi}`)
      return {
        kpi,
        version: createHash('sha256').update(sql).digest('hex').slice(0, 12),
        ...sqlHeader(`kpi/${kpi}`, sql, Header),
      }
    })
  return catalogue
}
