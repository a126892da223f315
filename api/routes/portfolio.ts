import type { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import type { REFERENCE_KINDS } from '../../model/reference.ts'
import { verifiedTenant } from '../../model/tenant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { holdingOf } from '../../platform/reference.ts'
import { portfolio } from '../../queries/portfolio.ts'
import { tenantReader } from '../../queries/run.ts'
import { Portfolio, PortfolioQuery } from '../contract/portfolio.ts'
import { type Route, route } from '../route.ts'
import { tenantsOf } from '../session.ts'
import { windowOf } from '../window.ts'

const DAY_US = 86_400e6

export const portfolioRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/portfolio',
    tag: 'Portfolio',
    summary:
      'The clients that the credential may see side by side on the same KPIs, with targets, open incidents and blocked documents',
    tenant: false,
    query: PortfolioQuery,
    response: Portfolio,
    handle: async ({ access, query, services }) => {
      const seen = (await tenantsOf(services, access)).filter(({ kind }) => kind !== 'msp')
      const asked = listOf(query.tenants)
      for (const id of asked)
        if (!seen.some((tenant) => tenant.id === id))
          throw new SightlineError(
            'tenant_forbidden',
            `The credential "${access.name}" may not see tenant "${id.slice(0, 80)}".`,
            {
              next: 'GET /v1/tenants lists those that it may see.',
            },
          )
      const shown = seen.filter(({ id }) => asked.length === 0 || asked.includes(id))
      const { clickhouse, postgres } = services.stores
      const ids = shown.map(({ id }) => verifiedTenant(id))
      const readers = ids.map((id) => tenantReader(clickhouse.reader, id))
      const now = services.now()
      const targets = await holdingOf(postgres.db, ids, 'targets', new Date(now / 1000))
      const { tenants, ...answer } = await portfolio(clickhouse, readers, {
        ...windowOf(query, endOfDay(now)),
        now,
        kpis: listOf(query.kpis),
        targets: new Map([...targets].map(([id, rows]) => [id, wholeTargets(rows.map(({ body }) => body as TargetBody))])),
      })
      const names = new Map(shown.map(({ id, name }) => [id, name]))
      return { ...answer, tenants: tenants.map((line) => ({ ...line, name: names.get(line.tenant) ?? line.tenant })) }
    },
  }),
]

type TargetBody = z.output<(typeof REFERENCE_KINDS)['targets']['body']>

/** Targets of KPIs as a whole, by KPI. */
function wholeTargets(stated: readonly TargetBody[]): Map<string, number> {
  return new Map(stated.flatMap(({ kpi, dimension, value }) => (dimension == null ? [[kpi, value]] : [])))
}

/** Where nothing is asked for, whole days: those are read from the rollup alone. */
function endOfDay(now: Instant): Instant {
  return Math.ceil(now / DAY_US) * DAY_US
}

function listOf(text: string): string[] {
  return text.split(',').filter((one) => one !== '')
}
