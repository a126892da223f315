import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { kpiCatalogue, type KpiDefinition } from './kpi-catalogue.ts'
import { kpiAnswer, kpiDefinition } from './kpi.ts'
import { type Query, sqlText, type TenantReader } from './run.ts'

/** What a portfolio shows where nothing else is asked for. */
const USUAL = [
  'exception-rate',
  'technical-failure-rate',
  'requisition-to-po',
  'invoice-cycle',
  'touchless-rate',
  'late-payment',
  'policy-violation-rate',
]
const DAY_US = 86_400e6
/** Its contributions are the clocks that ended; those that met their level count 1. */
const KEPT_LEVELS = 'sla-attainment'
/** Tenants that are read at a time. */
const AT_ONCE = 8

const FIGURES = {
  name: 'read/portfolio',
  params: z.object({
    kpis: z.array(z.string()),
    medians: z.array(z.string()),
    before: z.string(),
    from: z.string(),
    to: z.string(),
    now: z.string(),
    from_rest: z.number(),
    before_rest: z.number(),
  }),
  row: z.object({
    kpi: z.string(),
    open_incidents: z.number(),
    blocked_documents: z.number(),
    overdue_clocks: z.number(),
    n: z.number(),
    unfinished: z.number(),
    n_before: z.number(),
    value_now: z.number(),
    weight_now: z.number(),
    value_before: z.number(),
    weight_before: z.number(),
    median_now: z.number().nullable(),
    median_before: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type Scope = {
  from: Instant
  to: Instant
  now: Instant
  kpis: readonly string[]
  /** What each tenant wants KPIs to reach as a whole, by tenant and KPI. */
  targets: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/**
 * Tenants side by side on the same KPIs over the half-open window, each with the window before, its own target and what is open. One read
 * of each tenant by its own bound handle; a few tenants at a time.
 *
 * @param readers one for each tenant that the caller may see
 * @throws SightlineError `not_found` for an unknown KPI
 */
export async function portfolio(readers: readonly TenantReader[], scope: Scope) {
  const kpis = (scope.kpis.length === 0 ? USUAL.filter(isKnown) : scope.kpis).map(kpiDefinition)
  const tenants = await mapBounded(readers, AT_ONCE, (reader) => tenantLine(reader, kpis, scope))
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    kpis: kpis.map(({ kpi, title, unit, better, minimum_n }) => ({ kpi, title, unit, better, minimum_n })),
    tenants,
  }
}

async function tenantLine(reader: TenantReader, kpis: readonly KpiDefinition[], { from, to, now, targets: stated }: Scope) {
  const before = 2 * from - to
  const isOnDay = (at: Instant) => at % DAY_US === 0
  const cutsDays = !isOnDay(from) || !isOnDay(to)
  const rest = cutsDays ? sqlText('shared/portfolio-rest') : ''
  const rows = await reader.rows(
    { ...FIGURES, parts: { rest } },
    {
      kpis: [...new Set([...kpis.map(({ kpi }) => kpi), KEPT_LEVELS])],
      medians: kpis.filter(({ aggregate }) => aggregate === 'median').map(({ kpi }) => kpi),
      before: instantToClickHouse(before),
      from: instantToClickHouse(from),
      to: instantToClickHouse(to),
      now: instantToClickHouse(now),
      from_rest: isOnDay(from) ? 0 : 1,
      before_rest: isOnDay(before) ? 0 : 1,
    },
  )
  // Kaplan and Meier's figures do not add up from days.
  const whole = await Promise.all(
    kpis.map(({ kpi, aggregate }) =>
      aggregate === 'kaplan-meier'
        ? kpiAnswer(reader, kpi, { from, to, bucket: 'all', compare: true, now })
        : Promise.resolve(null),
    ),
  )
  const ofState = (name: 'open_incidents' | 'blocked_documents' | 'overdue_clocks'): number =>
    rows.reduce((sum, row) => sum + row[name], 0)
  const ended = rows.find(({ kpi }) => kpi === KEPT_LEVELS)
  const targets = stated.get(reader.tenant)
  return {
    tenant: reader.tenant,
    incidents_open: ofState('open_incidents'),
    documents_blocked: ofState('blocked_documents'),
    breaches: ofState('overdue_clocks') + (ended === undefined ? 0 : ended.n - ended.value_now),
    figures: kpis.map((definition, at) => {
      const row = rows.find(({ kpi }) => kpi === definition.kpi)
      const exact = whole[at]?.rows[0]
      const target = targets?.get(definition.kpi) ?? null
      if (exact !== undefined)
        return { kpi: definition.kpi, value: exact.value, previous: exact.previous, n: exact.n, open: exact.open, target }
      return {
        kpi: definition.kpi,
        value: row === undefined ? null : figureOf(definition, row.n, row.value_now, row.weight_now, row.median_now),
        previous:
          row === undefined ? null : figureOf(definition, row.n_before, row.value_before, row.weight_before, row.median_before),
        n: row?.n ?? 0,
        open: row?.unfinished ?? 0,
        target,
      }
    }),
  }
}

function figureOf(
  { aggregate, unit }: KpiDefinition,
  n: number,
  value: number,
  weight: number,
  median: number | null,
): number | null {
  if (aggregate === 'median') return median
  if (aggregate === 'share') return weight === 0 ? null : ((unit === 'per_1000' ? 1000 : 1) * value) / weight
  return n === 0 ? null : value
}

function isKnown(name: string): boolean {
  return kpiCatalogue().some(({ kpi }) => kpi === name)
}

/** Results in the order of the items, of which no more than `most` are worked on at a time. */
async function mapBounded<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]
      if (item !== undefined) results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  return results
}
