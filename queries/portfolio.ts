import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { ClickHouse } from '../platform/clickhouse/client.ts'
import { kpiCatalogue, type KpiDefinition } from './kpi-catalogue.ts'
import { kpiAnswer, kpiDefinition } from './kpi.ts'
import { type PortfolioReader, portfolioReader, type Query, sqlText, type TenantReader } from './run.ts'

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
/** Tenants that are compared in one read. */
const AT_ONCE = 100
/** Tenants of which KPIs are answered at a time that cannot be compared in one read. */
const ANSWERS_AT_ONCE = 8

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
    tenant: z.string(),
    figure: z.string(),
    is_now: z.union([z.boolean(), z.number()]).transform(Boolean),
    n: z.number(),
    unfinished: z.number(),
    value: z.number(),
    weight: z.number(),
    median: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type Figure = z.output<typeof FIGURES.row>

type Scope = {
  from: Instant
  to: Instant
  now: Instant
  kpis: readonly string[]
  /** What each tenant wants KPIs to reach as a whole, by tenant and KPI. */
  targets: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/**
 * Tenants side by side on the same KPIs over the half-open window, each with the window before, its own target and what is open.
 *
 * @param readers one for each tenant that the caller may see
 * @throws SightlineError `not_found` for an unknown KPI
 */
export async function portfolio(clickhouse: Pick<ClickHouse, 'portfolio'>, readers: readonly TenantReader[], scope: Scope) {
  const kpis = (scope.kpis.length === 0 ? USUAL.filter(isKnown) : scope.kpis).map(kpiDefinition)
  const tenants: ReturnType<typeof tenantLine>[] = []
  for (let first = 0; first < readers.length; first += AT_ONCE) {
    const some = readers.slice(first, first + AT_ONCE)
    const reader = portfolioReader(
      clickhouse.portfolio,
      some.map(({ tenant }) => tenant),
    )
    const figures = Map.groupBy(await figuresOf(reader, kpis, scope), ({ tenant }) => tenant)
    const wholes = await mapBounded(some, ANSWERS_AT_ONCE, (one) => wholeOf(one, kpis, scope))
    for (const [at, { tenant }] of some.entries())
      tenants.push(tenantLine(tenant, kpis, scope, figures.get(tenant) ?? [], wholes[at] ?? new Map()))
  }
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    kpis: kpis.map(({ kpi, title, unit, better, minimum_n }) => ({ kpi, title, unit, better, minimum_n })),
    tenants,
  }
}

function figuresOf(reader: PortfolioReader, kpis: readonly KpiDefinition[], { from, to, now }: Scope): Promise<Figure[]> {
  const before = 2 * from - to
  const isOnDay = (at: Instant) => at % DAY_US === 0
  const cutsDays = !isOnDay(from) || !isOnDay(to)
  const rest = cutsDays ? sqlText('shared/portfolio-rest') : ''
  return reader.rows(
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
}

/** Answers of the KPIs whose figures do not add up from days, those of Kaplan and Meier, by KPI. */
async function wholeOf(reader: TenantReader, kpis: readonly KpiDefinition[], { from, to, now }: Scope) {
  const whole = await Promise.all(
    kpis
      .filter(({ aggregate }) => aggregate === 'kaplan-meier')
      .map(async ({ kpi }) => [kpi, await kpiAnswer(reader, kpi, { from, to, bucket: 'all', compare: true, now })] as const),
  )
  return new Map(whole)
}

function tenantLine(
  tenant: TenantId,
  kpis: readonly KpiDefinition[],
  { targets }: Scope,
  figures: readonly Figure[],
  whole: Awaited<ReturnType<typeof wholeOf>>,
) {
  const found = (figure: string, isNow = true) => figures.find((row) => row.figure === figure && row.is_now === isNow)
  const ended = found(KEPT_LEVELS)
  return {
    tenant,
    incidents_open: found('open incidents')?.n ?? 0,
    documents_blocked: found('blocked documents')?.n ?? 0,
    breaches: (found('overdue clocks')?.n ?? 0) + (ended === undefined ? 0 : ended.n - ended.value),
    figures: kpis.map((definition) => {
      const { kpi } = definition
      const target = targets.get(tenant)?.get(kpi) ?? null
      const exact = whole.get(kpi)?.rows[0]
      if (exact !== undefined) return { kpi, value: exact.value, previous: exact.previous, n: exact.n, open: exact.open, target }
      const row = found(kpi)
      return {
        kpi,
        value: valueOf(definition, row),
        previous: valueOf(definition, found(kpi, false)),
        n: row?.n ?? 0,
        open: row?.unfinished ?? 0,
        target,
      }
    }),
  }
}

function valueOf({ aggregate, unit }: KpiDefinition, figure: Figure | undefined): number | null {
  if (figure === undefined) return null
  const { n, value, weight, median } = figure
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
