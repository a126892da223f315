import { z } from 'zod'
import { DIMENSIONS, type Dimension } from '../../model/vocabulary.ts'
import { listFrozenMonths } from '../../platform/frozen-months.ts'
import { keptSince } from '../../platform/retention.ts'
import { answersState } from '../../queries/answers.ts'
import { kpiCatalogue } from '../../queries/kpi-catalogue.ts'
import { kpiDistribution } from '../../queries/kpi-distribution.ts'
import { explainKpi } from '../../queries/kpi-explain.ts'
import { kpiAnswer } from '../../queries/kpi.ts'
import { PathText } from '../contract/common.ts'
import {
  AnswersState,
  ExplainQuery,
  Explanation,
  KpiAnswer,
  KpiCatalogue,
  KpiDistribution,
  KpiDistributionQuery,
  KpiQuery,
} from '../contract/kpi.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'KPIs'

/** The values that a query wants dimensions to have. */
function filtersOf(query: Partial<Record<Dimension, string | undefined>>): Partial<Record<Dimension, string>> {
  const filters: Partial<Record<Dimension, string>> = {}
  for (const dimension of DIMENSIONS) {
    const wanted = query[dimension]
    if (wanted !== undefined && wanted !== '') filters[dimension] = wanted
  }
  return filters
}

export const kpiRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/kpis',
    tag,
    summary: 'The catalogue: every KPI with unit, grain, cohort, formula and benchmark',
    tenant: false,
    response: KpiCatalogue,
    handle: () => Promise.resolve({ kpis: kpiCatalogue() }),
  }),
  route({
    method: 'get',
    path: '/v1/kpis/{name}',
    tag,
    summary: 'One KPI over a window, by bucket and group',
    params: z.object({ name: PathText }),
    query: KpiQuery,
    response: KpiAnswer,
    handle: async ({ reader, tenant, params: { name }, query, services }) => {
      const { db } = services.stores.postgres
      const frozen = query.as_of === 'frozen' ? await listFrozenMonths(db, tenant) : []
      const { from, to } = windowOf(query, services.now())
      const answer = await kpiAnswer(
        reader,
        name,
        {
          from,
          to,
          bucket: query.bucket,
          groupBy: query.group_by ?? null,
          filters: filtersOf(query),
          compare: query.compare === 'previous',
          asOf: query.as_of === 'frozen' ? null : (query.as_of ?? null),
          now: services.now(),
        },
        frozen.map(({ month, asOf }) => ({ month, asOf: asOf.getTime() * 1000 })),
      )
      const since = await keptSince(db, tenant, query.compare === undefined ? from : 2 * from - to)
      return { ...answer, kept_since: since?.toISOString() ?? null }
    },
  }),
  route({
    method: 'get',
    path: '/v1/kpis/{name}/distribution',
    tag,
    summary: 'How the values of the objects that a KPI counts are spread',
    params: z.object({ name: PathText }),
    query: KpiDistributionQuery,
    response: KpiDistribution,
    handle: ({ reader, params: { name }, query, services }) =>
      kpiDistribution(reader, name, {
        ...windowOf(query, services.now()),
        filters: filtersOf(query),
        asOf: query.as_of ?? null,
        now: services.now(),
      }),
  }),
  route({
    method: 'get',
    path: '/v1/explain',
    tag,
    summary: 'Any number opened: formula and version, SQL, filters, freshness, and the objects in it and left out of it',
    query: ExplainQuery,
    response: Explanation,
    handle: ({ reader, query, services }) =>
      explainKpi(reader, services.stores.postgres.db, query.kpi, {
        ...windowOf(query, services.now()),
        bucket: query.bucket,
        start: query.start ?? null,
        groupBy: query.group_by ?? null,
        group: query.group ?? null,
        filters: filtersOf(query),
        asOf: query.as_of ?? null,
        now: services.now(),
        state: query.state ?? null,
        after: query.after ?? null,
        limit: query.limit,
      }),
  }),
  route({
    method: 'get',
    path: '/v1/answers',
    tag,
    summary: 'How far what is computed from the events is behind them',
    response: AnswersState,
    handle: ({ reader, services }) => answersState(reader, services.stores.postgres.db),
  }),
]
