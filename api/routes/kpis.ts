import { z } from 'zod'
import { DIMENSIONS } from '../../model/vocabulary.ts'
import { kpiAnswer, kpiCatalogue } from '../../queries/kpi.ts'
import { PathText } from '../contract/common.ts'
import { KpiAnswer, KpiCatalogue, KpiQuery } from '../contract/kpi.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'KPIs'

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
    handle: async ({ reader, params: { name }, query, services }) => {
      const { from, to } = windowOf(query, services.now())
      const filters: Partial<Record<(typeof DIMENSIONS)[number], string>> = {}
      for (const dimension of DIMENSIONS) {
        const wanted = query[dimension]
        if (wanted !== undefined && wanted !== '') filters[dimension] = wanted
      }
      return kpiAnswer(reader, name, {
        from,
        to,
        bucket: query.bucket,
        groupBy: query.group_by ?? null,
        filters,
        compare: query.compare === 'previous',
      })
    },
  }),
]
