import { z } from 'zod'
import type { DIMENSIONS } from '../../model/vocabulary.ts'
import { SightlineError } from '../../platform/errors.ts'
import { listReference, type ReferenceRow, saveReference } from '../../platform/reference.ts'
import { removeReference } from '../../platform/reference-change.ts'
import { kpiCatalogue } from '../../queries/kpi-catalogue.ts'
import { PathText } from '../contract/common.ts'
import { Target, TargetInput, Targets, TargetsQuery } from '../contract/reference.ts'
import { type Route, route } from '../route.ts'
import { mirrored } from './reference.ts'

const tag = 'Reference data'
const kind = 'targets'

/** Targets are reference data of the kind `targets`; these show them as what they mean. */
export const targetRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/targets',
    tag,
    summary: 'What KPIs shall reach, for all and by group',
    query: TargetsQuery,
    response: Targets,
    handle: async ({ tenant, services, query }) => {
      const at = new Date((query.at ?? services.now()) / 1000)
      return { targets: (await listReference(services.stores.postgres.db, tenant, kind, { at })).map(targetView) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/targets',
    tag,
    summary: 'Set a target; an earlier one of the same KPI and group ends where it begins',
    scope: 'admin',
    body: TargetInput,
    response: Target,
    handle: async ({ tenant, services, access, body: { kpi, dimension = null, group = null, value, from = 0 } }) => {
      if (!kpiCatalogue().some((one) => one.kpi === kpi))
        throw new SightlineError('parameter_invalid', `There is no KPI "${kpi.slice(0, 80)}".`, {
          next: 'GET /v1/kpis lists them.',
        })
      if ((dimension === null) !== (group === null))
        throw new SightlineError('body_invalid', 'A target for a group needs both dimension and group.')
      const { db } = services.stores.postgres
      const key = dimension === null ? kpi : `${kpi}|${dimension}=${group}`
      await saveReference(db, {
        tenant,
        kind,
        rows: [{ key, validFrom: from, validTo: null, body: { kpi, dimension, group, value } }],
        actor: access.keyId,
        supersede: true,
      })
      await mirrored(services, tenant)
      const rows = await listReference(db, tenant, kind, { at: new Date(from / 1000), search: key })
      const row = rows.find((one) => one.key === key)
      if (row === undefined) throw new SightlineError('conflict', 'The target was changed by somebody else at once.')
      return targetView(row)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/targets/{id}',
    tag,
    summary: 'Take a target away',
    scope: 'admin',
    params: z.object({ id: PathText }),
    response: Target,
    handle: async ({ tenant, services, access, params }) => {
      const row = await removeReference(services.stores.postgres.db, tenant, kind, params.id, access.keyId)
      await mirrored(services, tenant)
      return targetView(row)
    },
  }),
]

type Body = { kpi: string; dimension?: (typeof DIMENSIONS)[number] | null; group?: string | null; value: number }

function targetView(row: ReferenceRow) {
  const { kpi, dimension = null, group = null, value } = row.body as Body
  return {
    id: row.id,
    kpi,
    dimension,
    group,
    value,
    valid_from: row.validFrom.toISOString(),
    valid_to: row.validTo?.toISOString() ?? null,
  }
}
