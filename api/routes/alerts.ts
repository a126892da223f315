import { z } from 'zod'
import { alertQuality } from '../../model/alert-quality.ts'
import { instantToIso } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import {
  acknowledgeAlert,
  closeAlert,
  type Deed,
  handOverAlert,
  judgeAlert,
  noteAlert,
  unknownAlert,
} from '../../platform/alert-acts.ts'
import { engineState, judgedAlerts } from '../../platform/alert-engine.ts'
import { partyTitles, rulesById } from '../../platform/alert-names.ts'
import { alertsById, alertStoryOf, countAlerts, listAlerts } from '../../platform/alerts.ts'
import { SightlineError } from '../../platform/errors.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { alertDetail, alertLine, alertNames, cursorOf, cursorText, ruleTitle } from '../alert-views.ts'
import {
  AlertAcknowledge,
  AlertDetail,
  AlertEngine,
  AlertHandOver,
  AlertNoteBody,
  AlertQuality,
  AlertQualityQuery,
  AlertResolve,
  Alerts,
  AlertsQuery,
  AlertVerdict,
} from '../contract/alerts.ts'
import { type Call, type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'Alerts'
const AlertId = z.object({ id: z.uuid() })
const DAY_MS = 86_400_000
/** An engine that has not evaluated for so long is late. */
const LATE_MS = 120_000

export const alertRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/alerts',
    tag,
    summary: 'Alerts, one for each cause: the grave and costly first, with who is told and who has acknowledged',
    query: AlertsQuery,
    response: Alerts,
    handle: async ({ tenant, services, access, query }) => {
      const { db } = services.stores.postgres
      const { state, class: kind, severity, rule, party, sort, limit, q } = query
      const acknowledgedBy = query.mine === 'true' ? access.keyId : undefined
      const filter = { severity, rule, party, acknowledgedBy, text: q }
      const held = query.held === undefined ? undefined : query.held === 'true'
      const [page, counts] = await Promise.all([
        listAlerts(db, tenant, { ...filter, state, class: kind, held, sort, limit, after: cursorOf(query.after) }),
        countAlerts(db, tenant, filter),
      ])
      const names = await alertNames(db, tenant, page.alerts)
      return {
        alerts: page.alerts.map((one) => alertLine(one, names)),
        next: page.next === null ? null : cursorText(page.next),
        counts,
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/alerts/quality',
    tag,
    summary: 'How well the pages of each rule served those who got them, and what to change about it',
    query: AlertQualityQuery,
    response: AlertQuality,
    handle: async ({ tenant, services, query }) => {
      const { db } = services.stores.postgres
      const { from, to } = windowOf(query, services.now())
      const judged = await judgedAlerts(db, tenant, { from: new Date(from / 1000), to: new Date(to / 1000) })
      const rules = await rulesById(db, tenant)
      return {
        from: instantToIso(from),
        to: instantToIso(to),
        truncated: judged.truncated,
        rules: alertQuality(judged.alerts, { length: (to - from) / 1000, now: services.now() / 1000 }).map((one) => ({
          rule: one.rule,
          title: ruleTitle(one.rule, rules),
          alerts: one.alerts,
          pages: one.pages,
          pages_a_week: one.pagesAWeek,
          messages: one.messages,
          acknowledged_share: one.acknowledgedShare,
          acknowledge_s: one.acknowledgeS,
          self_healed: one.selfHealed,
          self_healed_share: one.selfHealedShare,
          flaps: one.flaps,
          useful: one.useful,
          noise: one.noise,
          precision: one.precision,
          advice: one.advice,
        })),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/alerts/engine',
    tag,
    summary: 'Whether the alert engine is alive, how far it is, and which messages nobody got',
    response: AlertEngine,
    handle: async ({ tenant, services }) => {
      const { db } = services.stores.postgres
      const now = services.now() / 1000
      const { cursor, queued, oldestQueuedAt, dead } = await engineState(db, tenant, new Date(now - 7 * DAY_MS))
      const rules = await rulesById(db, tenant)
      const evaluatedAt = cursor?.evaluatedAt ?? null
      const watermark = cursor === null || cursor.watermark === 0 ? null : cursor.watermark
      return {
        state: evaluatedAt === null ? 'never' : now - evaluatedAt.getTime() > LATE_MS ? 'late' : 'alive',
        evaluated_at: evaluatedAt?.toISOString() ?? null,
        watermark: watermark === null ? null : instantToIso(watermark),
        lag_s: watermark === null ? null : Math.max(0, now - watermark / 1000) / 1000,
        tick: cursor?.tick ?? 0,
        error: cursor?.error ?? null,
        rules: [...rules.values()].filter(({ state, rule }) => state === 'active' && rule.enabled).length,
        queued,
        oldest_queued_at: oldestQueuedAt?.toISOString() ?? null,
        dead: dead.reduce((sum, one) => sum + one.dead, 0),
        dead_channels: dead.map((one) => ({
          channel: one.channel,
          title: one.title,
          dead: one.dead,
          last_at: one.lastAt.toISOString(),
          error: one.error,
        })),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/alerts/{id}',
    tag,
    summary: 'One alert: what it is about, what happened when, who was told of it by what, and what hangs together with it',
    params: AlertId,
    response: AlertDetail,
    handle: ({ tenant, services, params: { id } }) => whole(services.stores.postgres.db, tenant, id),
  }),
  route({
    method: 'post',
    path: '/v1/alerts/{id}/acknowledge',
    tag,
    scope: 'admin',
    summary: 'Acknowledge an alert: nobody is told again until it gets graver',
    params: AlertId,
    body: AlertAcknowledge,
    response: AlertDetail,
    handle: (call) => done(call, (db, deed) => acknowledgeAlert(db, deed, call.body)),
  }),
  route({
    method: 'post',
    path: '/v1/alerts/{id}/hand-over',
    tag,
    scope: 'admin',
    summary: 'Hand an alert over from one party to another, whose clock begins now',
    params: AlertId,
    body: AlertHandOver,
    response: AlertDetail,
    handle: (call) =>
      done(call, async (db, deed) => {
        const parties = await partyTitles(db, call.tenant)
        if (!parties.has(call.body.to))
          throw new SightlineError('parameter_invalid', `Routing has no party "${call.body.to}".`, {
            next: 'GET /v1/routing lists them.',
          })
        await handOverAlert(db, deed, call.body)
      }),
  }),
  route({
    method: 'post',
    path: '/v1/alerts/{id}/note',
    tag,
    scope: 'admin',
    summary: 'Note something about an alert',
    params: AlertId,
    body: AlertNoteBody,
    response: AlertDetail,
    handle: (call) => done(call, (db, deed) => noteAlert(db, deed, call.body.text)),
  }),
  route({
    method: 'post',
    path: '/v1/alerts/{id}/verdict',
    tag,
    scope: 'admin',
    summary: 'Say whether an alert was useful or noise: the quality of its rule is judged by it',
    params: AlertId,
    body: AlertVerdict,
    response: AlertDetail,
    handle: (call) => done(call, (db, deed) => judgeAlert(db, deed, call.body)),
  }),
  route({
    method: 'post',
    path: '/v1/alerts/{id}/resolve',
    tag,
    scope: 'admin',
    summary: 'Close an alert whose data is missing or all of whose documents are over; refused while it goes on',
    params: AlertId,
    body: AlertResolve,
    response: AlertDetail,
    handle: (call) => done(call, (db, deed) => closeAlert(db, deed, call.body.reason)),
  }),
]

async function done(
  { services, tenant, access, params }: Pick<Call<{ id: string }, unknown, unknown>, 'services' | 'tenant' | 'access' | 'params'>,
  deed: (db: Db, deed: Deed) => Promise<void>,
): Promise<AlertDetail> {
  const { db } = services.stores.postgres
  await deed(db, { tenant, id: params.id, actor: access.keyId, now: new Date(services.now() / 1000) })
  return whole(db, tenant, params.id)
}

async function whole(db: Db, tenant: TenantId, id: string): Promise<AlertDetail> {
  const [alert] = await alertsById(db, tenant, [id])
  if (alert === undefined) throw unknownAlert()
  const story = await alertStoryOf(db, tenant, alert)
  const named = [alert.inhibitedBy, alert.follows].filter((one) => one !== null)
  return alertDetail(db, tenant, alert, story, await alertsById(db, tenant, named))
}
