import type { Instant } from '../../model/instant.ts'
import { instantToIso } from '../../model/instant.ts'
import { cutOf } from '../../model/retention.ts'
import type { TenantId } from '../../model/tenant.ts'
import { listFrozenMonths } from '../../platform/frozen-months.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { changeRetention, lastRemoval, retentionCut, retentionOf } from '../../platform/retention.ts'
import { Retention, RetentionChange, RetentionPreview, RetentionPreviewQuery } from '../contract/retention.ts'
import { countRemoval } from '../removal-counts.ts'
import { type Route, route } from '../route.ts'

const tag = 'Data'
const NOTHING = { documents: 0, events: 0, calls: 0, logs: 0, measurements: 0 }

export const retentionRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/retention',
    tag,
    summary: 'How long what has ended is kept, and what was removed last',
    response: Retention,
    handle: ({ services, tenant }) => retentionView(services.stores.postgres.db, tenant, services.now()),
  }),
  route({
    method: 'patch',
    path: '/v1/retention',
    tag,
    summary: 'Change how long what has ended is kept; the answer says from when on it is removed',
    scope: 'admin',
    body: RetentionChange,
    response: Retention,
    handle: async ({ services, tenant, access, body: { days } }) => {
      const { db } = services.stores.postgres
      await changeRetention(db, { tenant, days, now: services.now(), actor: access.keyId })
      return retentionView(db, tenant, services.now())
    },
  }),
  route({
    method: 'get',
    path: '/v1/retention/preview',
    tag,
    summary: 'What a retention would remove now; nothing is changed. It is counted while it is asked for',
    scope: 'admin',
    query: RetentionPreviewQuery,
    response: RetentionPreview,
    handle: async ({ services, tenant, query: { days } }) => {
      const { postgres, clickhouse } = services.stores
      const frozen = await listFrozenMonths(postgres.db, tenant)
      const { cut, heldBy } = cutOf(
        days,
        services.now(),
        frozen.map(({ month }) => month),
      )
      const stores = { clickhouse: clickhouse.writer, db: postgres.db }
      const count = countRemoval(services.stores, { stores, tenant, cut, now: services.now() })
      return { days, cut: instantToIso(cut), held_by: heldBy, ...count }
    },
  }),
]

async function retentionView(db: Db, tenant: TenantId, now: Instant): Promise<Retention> {
  const { days, from } = await retentionOf(db, tenant)
  const [found, last] = await Promise.all([retentionCut(db, tenant, days, now), lastRemoval(db, tenant)])
  return {
    days,
    takes_effect_at: from?.toISOString() ?? null,
    cut: found === null ? null : instantToIso(found.cut),
    held_by: found?.heldBy ?? null,
    kept_since: last?.keptSince.toISOString() ?? null,
    last:
      last === null
        ? null
        : {
            cut: last.cut.toISOString(),
            finished_at: last.finishedAt?.toISOString() ?? null,
            removed: last.removed ?? NOTHING,
          },
  }
}
