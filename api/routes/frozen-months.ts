import { instantToIso } from '../../model/instant.ts'
import { monthStart } from '../../model/retention.ts'
import { type FrozenMonth as Row, freezeMonth, listFrozenMonths, thawMonth } from '../../platform/frozen-months.ts'
import { bucketStart } from '../../queries/kpi-buckets.ts'
import { restatements } from '../../queries/restatements.ts'
import {
  FreezeMonth,
  FrozenMonth,
  FrozenMonths,
  MonthPath,
  ReopenedMonth,
  Restatements,
  RestatementsQuery,
} from '../contract/frozen-months.ts'
import { type Route, route } from '../route.ts'

const tag = 'KPIs'

function shown({ month, asOf, frozenBy, note }: Row) {
  return { month, as_of: asOf.toISOString(), frozen_by: frozenBy, note }
}

export const frozenMonthRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/frozen-months',
    tag,
    summary: 'Months that are closed: asked with as_of=frozen, their numbers answer as they were known then',
    response: FrozenMonths,
    handle: async ({ services, tenant }) => ({
      months: (await listFrozenMonths(services.stores.postgres.db, tenant)).map(shown),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/frozen-months',
    tag,
    summary: 'Close a month as it is known now',
    scope: 'admin',
    status: 201,
    body: FreezeMonth,
    response: FrozenMonth,
    handle: async ({ services, tenant, access, body: { month, note } }) => {
      const asOf = new Date(Math.floor(services.now() / 1000))
      return shown(await freezeMonth(services.stores.postgres.db, { tenant, month, asOf, actor: access.name, note }))
    },
  }),
  route({
    method: 'delete',
    path: '/v1/frozen-months/{month}',
    tag,
    summary: 'Open a closed month again',
    scope: 'admin',
    params: MonthPath,
    response: ReopenedMonth,
    handle: async ({ services, tenant, access, params: { month } }) => {
      await thawMonth(services.stores.postgres.db, { tenant, month, actor: access.name })
      return { month }
    },
  }),
  route({
    method: 'get',
    path: '/v1/restatements',
    tag,
    summary: 'What changed of a month since it was frozen: numbers then and now, and the documents whose contribution changed',
    query: RestatementsQuery,
    response: Restatements,
    handle: async ({ services, tenant, reader, query: { month, limit } }) => {
      const start = monthStart(month)
      const frozen = (await listFrozenMonths(services.stores.postgres.db, tenant)).find((one) => one.month === month)
      const asOf = frozen === undefined ? bucketStart(1, start, 'month') : frozen.asOf.getTime() * 1000
      return {
        month,
        as_of: instantToIso(asOf),
        frozen: frozen !== undefined,
        kpis: await restatements(reader, start, asOf, { limit, now: services.now() }),
      }
    },
  }),
]
