import { plannedSteps, routesFor } from '../../model/alert-matching.ts'
import { onDuty } from '../../model/on-duty.ts'
import type { Party, Rota } from '../../model/alert-routing.ts'
import { lintRouting } from '../../model/alert-routing-lint.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import { currentRouting, routingVersions, saveRouting, type StoredRouting } from '../../platform/alert-routing.ts'
import { tenantCalendars } from '../../queries/derive/tenant-calendars.ts'
import { alertContext, checkRouting } from '../alert-lint.ts'
import { RoutingPreview, RoutingPreviewRequest, RoutingSave, RoutingVersions, RoutingView } from '../contract/routing.ts'
import { type Route, route } from '../route.ts'

const tag = 'Alerts'
const DAY_US = 86_400e6

export const routingRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/routing',
    tag,
    summary: 'Who is told of which alerts: routes, parties with their steps, rotas',
    response: RoutingView,
    handle: async ({ tenant, services, reader }) => {
      const context = await alertContext(services, tenant, reader)
      const stored = await currentRouting(services.stores.postgres.db, tenant, context.fallbackCalendar)
      return { ...view(stored), problems: lintRouting(stored.routing, context) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/routing',
    tag,
    summary: 'Keep a new version of the routing',
    scope: 'admin',
    status: 201,
    body: RoutingSave,
    response: RoutingView,
    handle: async ({ tenant, services, reader, access, body: { routing, version, note } }) => {
      const problems = checkRouting(routing, await alertContext(services, tenant, reader))
      const stored = await services.stores.postgres.db.transaction((tx) =>
        saveRouting(tx, { tenant, routing, actor: access.keyId, expected: version, note }),
      )
      return { ...view(stored), problems }
    },
  }),
  route({
    method: 'get',
    path: '/v1/routing/versions',
    tag,
    summary: 'The versions of the routing, the newest first',
    response: RoutingVersions,
    handle: async ({ tenant, services }) => ({
      versions: (await routingVersions(services.stores.postgres.db, tenant)).map(view),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/routing/preview',
    tag,
    summary: 'Who would be told of an alert, when and by which channel, over 24 hours while nobody acknowledges it',
    body: RoutingPreviewRequest,
    response: RoutingPreview,
    handle: async ({ tenant, services, reader, body: { alert, at, routing: tried } }) => {
      const context = await alertContext(services, tenant, reader)
      const calendars = await tenantCalendars(services.stores.postgres.db, tenant, services.now())
      const routing = tried ?? context.routing
      const from = at ?? services.now()
      const to = from + DAY_US
      const told = (party: Party) => {
        const calendar = party.calendar === null ? null : calendars.named(party.calendar)
        const { from: start, steps } = plannedSteps(party, alert.severity, from, calendar)
        return {
          party: party.id,
          title: party.title,
          held_until: start === null || start === from ? null : instantToIso(start),
          told: steps.flatMap(({ step, at: when, to: targets }) =>
            when === null || when >= to
              ? []
              : targets.flatMap((target) => {
                  const reached = reachedBy(target, routing.rotas, when)
                  if (reached === null) return []
                  const channel_state = context.channels.get(reached.channel) ?? ('missing' as const)
                  return [{ step, at: instantToIso(when), ...reached, channel_state }]
                }),
          ),
        }
      }
      const reached = routesFor(routing, alert)
      return {
        from: instantToIso(from),
        to: instantToIso(to),
        parties: reached.flatMap((id) => routing.parties.find((party) => party.id === id) ?? []).map(told),
      }
    },
  }),
]

function reachedBy(
  target: Party['steps'][number]['to'][number],
  rotas: readonly Rota[],
  at: Instant,
): { channel: string; person: string | null } | null {
  if ('channel' in target) return { channel: target.channel, person: null }
  const rota = rotas.find(({ id }) => id === target.rota)
  if (rota === undefined) return null
  const { name, channel } = onDuty(rota, at)
  return { channel, person: name }
}

function view({ version, routing, note, createdAt, createdBy }: StoredRouting) {
  return { version, created_at: createdAt?.toISOString() ?? null, created_by: createdBy, note, routing }
}
