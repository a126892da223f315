import { z } from 'zod'
import { matches } from '../../model/alert-matching.ts'
import { lintSilence } from '../../model/alert-routing-lint.ts'
import type { Matcher } from '../../model/alert-routing.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { effectiveRules } from '../../platform/alert-rules.ts'
import { createSilence, endSilence, listSilences, type Silence } from '../../platform/alert-silences.ts'
import { openAlerts, openInstances } from '../../platform/open-alerts.ts'
import { refuse } from '../alert-lint.ts'
import {
  SilenceCreate,
  SilenceCreated,
  SilencePreview,
  SilencePreviewRequest,
  Silences,
  SilenceView,
} from '../contract/silences.ts'
import { type Route, route } from '../route.ts'
import type { Services } from '../services.ts'

const tag = 'Alerts'
const SHOWN = 100
const DAY_US = 86_400e6

export const silenceRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/silences',
    tag,
    summary: 'Silences and maintenance windows, the latest to end first',
    response: Silences,
    handle: async ({ tenant, services }) => ({
      silences: (await listSilences(services.stores.postgres.db, tenant)).map((one) => view(one, services.now())),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/silences',
    tag,
    summary: 'Silence alerts for a while: evaluation goes on, and what was told before is still resolved',
    scope: 'admin',
    status: 201,
    body: SilenceCreate,
    response: SilenceCreated,
    handle: async ({ tenant, services, access, body }) => {
      const now = services.now()
      const times = { from: body.from ?? now, to: body.to }
      const { problems } = await preview(services, tenant, { matcher: body.matcher, ...times })
      refuse('silence_invalid', problems, 'POST /v1/silences/preview tells what it would match.')
      const { db } = services.stores.postgres
      const silence = await createSilence(db, { ...body, ...times, tenant, actor: access.keyId, now })
      return { ...view(silence, now), problems }
    },
  }),
  route({
    method: 'post',
    path: '/v1/silences/preview',
    tag,
    summary: 'Which open alerts and instances a silence would match now; nothing is kept',
    body: SilencePreviewRequest,
    response: SilencePreview,
    handle: ({ tenant, services, body: { matcher, from, to } }) => {
      const begins = from ?? services.now()
      return preview(services, tenant, { matcher, from: begins, to: to ?? begins + DAY_US })
    },
  }),
  route({
    method: 'post',
    path: '/v1/silences/{id}/end',
    tag,
    summary: 'End a silence now',
    scope: 'admin',
    params: z.object({ id: z.uuid() }),
    response: SilenceView,
    handle: async ({ tenant, services, access, params: { id } }) => {
      const now = services.now()
      return view(await endSilence(services.stores.postgres.db, { tenant, id, actor: access.keyId, now }), now)
    },
  }),
]

async function preview(
  services: Services,
  tenant: TenantId,
  silence: { matcher: Matcher; from: Instant; to: Instant },
): Promise<SilencePreview> {
  const { db } = services.stores.postgres
  const [rules, open, pending] = await Promise.all([
    effectiveRules(db, tenant),
    openAlerts(db, tenant),
    openInstances(db, tenant),
  ])
  const classes = new Map(rules.map(({ rule }) => [rule.id, rule.class]))
  const alerts = open.filter((alert) => matches(silence.matcher, alert))
  const instances = pending.filter((one) => {
    const kind = classes.get(one.rule)
    return kind !== undefined && matches(silence.matcher, { ...one, class: kind })
  })
  const problems = lintSilence(silence, {
    now: services.now(),
    rules: new Set(classes.keys()),
    matching: alerts.length + instances.length,
  })
  return {
    alerts: alerts.slice(0, SHOWN).map(({ id, rule, severity, labels, money, openedAt }) => ({
      id,
      rule,
      severity,
      labels,
      money,
      opened_at: openedAt.toISOString(),
    })),
    alerts_n: alerts.length,
    instances: instances.slice(0, SHOWN).map(({ rule, key, state }) => ({ rule, key, state })),
    instances_n: instances.length,
    problems,
  }
}

function view({ from, to, createdAt, createdBy, endedAt, endedBy, ...silence }: Silence, now: Instant): SilenceView {
  const at = (date: Date) => date.getTime() * 1000
  return {
    ...silence,
    from: from.toISOString(),
    to: to.toISOString(),
    holds: endedAt !== null || at(to) <= now ? 'over' : at(from) > now ? 'planned' : 'now',
    created_at: createdAt.toISOString(),
    created_by: createdBy,
    ended_at: endedAt?.toISOString() ?? null,
    ended_by: endedBy,
  }
}
