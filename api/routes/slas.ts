import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { instantToIso } from '../../model/instant.ts'
import { lintSla, SlaDefinition, type SlaProblem } from '../../model/sla.ts'
import { SLA_PACK } from '../../model/sla-pack.ts'
import type { TenantId } from '../../model/tenant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { listSlas, saveSla, slaVersions, type StoredSla } from '../../platform/slas.ts'
import { markDirty } from '../../queries/derive/mark.ts'
import { tenantCalendars } from '../../queries/derive/tenant-calendars.ts'
import { documentClocks, slaAttainment, slaBecause, slaCalibration, slaClocks, slaOpen } from '../../queries/slas.ts'
import type { TenantReader } from '../../queries/run.ts'
import { cleanText, PathText, Window } from '../contract/common.ts'
import { ClockQuery, Clocks, DocumentClocks, Sla, SlaDetail, SlaProblems, SlaQuery, Slas, SlasTaken } from '../contract/slas.ts'
import { type Route, route } from '../route.ts'
import type { Services } from '../services.ts'
import { windowOf } from '../window.ts'

const tag = 'Service levels'
const SlaId = z.object({ id: cleanText(64).min(1) })

export const slaRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/slas',
    tag,
    summary: 'Service levels with their attainment in a window and what is open now',
    query: Window,
    response: Slas,
    handle: async ({ tenant, reader, services, query }) => {
      const window = { ...windowOf(query, services.now()), now: services.now() }
      const stored = await listSlas(services.stores.postgres.db, tenant)
      return {
        from: instantToIso(window.from),
        to: instantToIso(window.to),
        slas: await withFiguresOf(reader, stored, window),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/slas/pack',
    tag,
    summary: 'The service levels that ship',
    tenant: false,
    response: z.object({ definitions: z.array(SlaDefinition) }),
    handle: () => Promise.resolve({ definitions: [...SLA_PACK] }),
  }),
  route({
    method: 'post',
    path: '/v1/slas/pack',
    tag,
    summary: 'Take the service levels that ship; those that the tenant has, or has retired, stay as they are',
    scope: 'admin',
    status: 201,
    body: z.strictObject({ ids: z.array(z.enum(SLA_PACK.map(({ id }) => id))).optional() }),
    response: SlasTaken,
    handle: async ({ tenant, services, access, body: { ids } }) => {
      const { db } = services.stores.postgres
      const calendars = await tenantCalendars(db, tenant, services.now())
      const present = new Set((await listSlas(db, tenant)).map(({ sla }) => sla.id))
      const wanted = SLA_PACK.filter(({ id }) => !present.has(id) && (ids === undefined || ids.includes(id)))
      for (const sla of wanted)
        await saveSla(db, {
          tenant,
          sla,
          actor: access.keyId,
          check: (others) => refuse(lintSla(sla, others, calendars.stated)),
        })
      const types = [...new Set(wanted.map(({ object_type }) => object_type))]
      if (types.length > 0) await markDirty(services.stores.clickhouse.writer, tenant, types)
      return { taken: wanted.map(({ id }) => id) }
    },
  }),
  route({
    method: 'get',
    path: '/v1/slas/clocks',
    tag,
    summary: 'Clocks: the open ones by deadline with how likely each is to be breached, or those that ended in a window',
    query: ClockQuery,
    response: Clocks,
    handle: async ({ tenant, reader, services, query }) => {
      const now = services.now()
      const calendars = await tenantCalendars(services.stores.postgres.db, tenant, now)
      const { sla, state, limit, after, entity, supplier, approver, system, because, because_system } = query
      const isOpen = state === 'open' || state === 'running' || state === 'paused'
      const clocks = await slaClocks(reader, calendars, {
        ...windowOf(query, now),
        now,
        slaId: sla,
        states: state === 'open' ? [] : [state],
        open: isOpen,
        filters: { entity, supplier, approver, system, because, because_system },
        limit: limit + 1,
        offset: after,
      })
      return { clocks: clocks.slice(0, limit), next: clocks.length > limit ? after + limit : null }
    },
  }),
  route({
    method: 'get',
    path: '/v1/slas/{id}',
    tag,
    summary: 'One service level: versions, attainment over time and by group, and how well its breaches are told',
    params: SlaId,
    query: SlaQuery,
    response: SlaDetail,
    handle: async ({ tenant, reader, services, params: { id }, query }) => {
      const window = { ...windowOf(query, services.now()), now: services.now() }
      const versions = await slaVersions(services.stores.postgres.db, tenant, id)
      const [newest] = versions
      if (newest === undefined) throw unknown(id)
      const [attained, open, because, calibration] = await Promise.all([
        slaAttainment(reader, { ...window, slaId: id, bucket: query.bucket, groupBy: query.group_by ?? 'entity' }),
        slaOpen(reader, window.now),
        slaBecause(reader, id, window),
        slaCalibration(reader, id, window.now),
      ])
      return {
        ...withFigures(newest, attained, open),
        versions: versions.map((one) => ({
          version: one.version,
          state: one.state,
          created_at: one.createdAt.toISOString(),
          created_by: one.createdBy,
          definition: one.sla,
        })),
        trend: attained.trend,
        groups: attained.groups,
        because,
        calibration,
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/slas/lint',
    tag,
    summary: 'What is wrong with a definition; nothing is kept',
    body: z.unknown(),
    response: SlaProblems,
    handle: async ({ tenant, services, body }) => {
      const parsed = SlaDefinition.safeParse(body)
      if (!parsed.success)
        return {
          problems: parsed.error.issues.map((issue) => ({
            code: 'sla_invalid',
            message: `${issue.path.map(String).join('.')}: ${issue.message.replace(/^Invalid input: /u, '')}`,
          })),
        }
      return { problems: await problemsOf(services, tenant, parsed.data) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/slas',
    tag,
    summary: 'Keep a new version of a service level; its clocks are replayed',
    scope: 'admin',
    status: 201,
    body: SlaDefinition,
    response: Sla,
    handle: async ({ tenant, services, access, body, reader }) => {
      const { db } = services.stores.postgres
      const calendars = await tenantCalendars(db, tenant, services.now())
      const stored = await saveSla(db, {
        tenant,
        sla: body,
        actor: access.keyId,
        check: (others) => refuse(lintSla(body, others, calendars.stated)),
      })
      return changed(services, tenant, reader, stored)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/slas/{id}',
    tag,
    summary: 'Retire a service level; its clocks leave the figures, its history stays',
    scope: 'admin',
    params: SlaId,
    response: Sla,
    handle: async ({ tenant, services, access, params: { id }, reader }) => {
      const { db } = services.stores.postgres
      const [newest] = await slaVersions(db, tenant, id)
      if (newest === undefined) throw unknown(id)
      const stored = await saveSla(db, { tenant, sla: newest.sla, actor: access.keyId, state: 'retired' })
      return changed(services, tenant, reader, stored)
    },
  }),
  route({
    method: 'get',
    path: '/v1/objects/{type}/{id}/clocks',
    tag,
    summary: 'The clocks of a document with every state that they had',
    params: z.object({ type: PathText, id: PathText }),
    response: DocumentClocks,
    handle: async ({ tenant, reader, services, params: { type, id } }) => {
      const calendars = await tenantCalendars(services.stores.postgres.db, tenant, services.now())
      return { clocks: await documentClocks(reader, calendars, type, id, services.now()) }
    },
  }),
]

type Bounds = { from: Instant; to: Instant; now: Instant }

/** Service levels as they are stored, with their figures in a window. */
async function withFiguresOf(reader: TenantReader, stored: readonly StoredSla[], window: Bounds): Promise<Sla[]> {
  const [attained, open] = await Promise.all([slaAttainment(reader, window), slaOpen(reader, window.now)])
  return stored.map((one) => withFigures(one, attained, open))
}

function withFigures(
  { sla, version, state, createdAt, createdBy }: StoredSla,
  { whole, before }: Awaited<ReturnType<typeof slaAttainment>>,
  open: Awaited<ReturnType<typeof slaOpen>>,
): Sla {
  const figures = whole.find((row) => row.sla_id === sla.id)
  const counts = open.find((row) => row.sla_id === sla.id)
  return {
    id: sla.id,
    version,
    state,
    created_at: createdAt.toISOString(),
    created_by: createdBy,
    definition: sla,
    met: figures?.met ?? 0,
    breached: figures?.breached ?? 0,
    breached_open: figures?.breached_open ?? 0,
    cancelled: figures?.cancelled ?? 0,
    attainment: figures?.attainment ?? null,
    previous: before.find((row) => row.sla_id === sla.id)?.attainment ?? null,
    running: counts?.running ?? 0,
    paused: counts?.paused ?? 0,
    overdue: counts?.breached_open ?? 0,
  }
}

async function changed(services: Services, tenant: TenantId, reader: TenantReader, stored: StoredSla): Promise<Sla> {
  const now = services.now()
  await markDirty(services.stores.clickhouse.writer, tenant, [stored.sla.object_type])
  const [figures] = await withFiguresOf(reader, [stored], { ...windowOf({}, now), now })
  if (figures === undefined) throw unknown(stored.sla.id)
  return figures
}

async function problemsOf(services: Services, tenant: TenantId, sla: SlaDefinition): Promise<SlaProblem[]> {
  const { db } = services.stores.postgres
  const calendars = await tenantCalendars(db, tenant, services.now())
  const others = (await listSlas(db, tenant)).filter((one) => one.state === 'active').map((one) => one.sla)
  return lintSla(sla, others, calendars.stated)
}

function refuse(problems: readonly SlaProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  throw new SightlineError('sla_invalid', problems.map(({ code, message }) => `${message} (${code})`).join(' '), {
    next: 'POST /v1/slas/lint tells what is wrong with a definition.',
  })
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `There is no service level "${id.slice(0, 80)}".`, { next: 'GET /v1/slas lists them.' })
}
