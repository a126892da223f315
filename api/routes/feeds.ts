import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Outcome } from '../../ingest/batch.ts'
import { N8nConfig } from '../../ingest/connectors/n8n.ts'
import { formatNamed } from '../../ingest/formats.ts'
import { KafkaConfig } from '../../ingest/transport/kafka/bindings.ts'
import { judgeDelivery } from '../../ingest/webhook/receive.ts'
import { newSecret, secretFault, signedHeaders } from '../../ingest/webhook/signature.ts'
import { instantToIso } from '../../model/instant.ts'
import { WebhookConfig } from '../../model/webhook.ts'
import { SightlineError } from '../../platform/errors.ts'
import {
  createSource,
  findSource,
  openSource,
  removeSource,
  rotateSecret,
  type SourceKind,
  updateSource,
} from '../../platform/sources.ts'
import type { Access } from '../auth.ts'
import {
  RegisteredSource,
  SourceCreate,
  SourceCreated,
  SourceRotate,
  SourceRotated,
  SourceTest,
  SourceTested,
  SourceUpdate,
} from '../contract/feeds.ts'
import { type Route, route } from '../route.ts'
import { sourceView } from '../views.ts'

const tag = 'Data'
const scope = 'admin'
const SourceId = z.object({ id: z.string().min(1).max(63) })

/** What the settings of a kind must be; those of other kinds are taken as they are. */
const CONFIGS: { [K in SourceKind]?: z.ZodType<Record<string, unknown>> } = {
  webhook: WebhookConfig,
  kafka: KafkaConfig,
  n8n: N8nConfig,
}

/** How often a source of any kind sends at least, where somebody declares it: its silence is noticed by that. */
const PACE = z
  .number()
  .min(10)
  .max(366 * 86_400)
  .nullish()
  .transform((pace) => pace ?? undefined)

export const feedRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/sources',
    tag,
    scope,
    summary: 'Register a source; the secret of a webhook is shown this once',
    status: 201,
    body: SourceCreate,
    response: SourceCreated,
    handle: async ({ tenant, services, access, body }) => {
      requireOwn(body.kind, access)
      requireFormat(body.format)
      const config = configOf(body.kind, body.config)
      const secret = secretFor(body.kind, config, body.secret)
      const source = await createSource(
        services.stores.postgres.db,
        services.secrets,
        {
          tenantId: tenant,
          id: body.id,
          name: body.name,
          kind: body.kind,
          systemId: body.system_id,
          format: body.format,
          mapping: body.mapping,
          mappingVersion: body.mapping_version,
          config,
          secret,
        },
        access.keyId,
      )
      return { source: sourceView(source, true), secret: body.secret === undefined ? secret : null }
    },
  }),
  route({
    method: 'patch',
    path: '/v1/sources/{id}',
    tag,
    scope,
    summary: 'Change, pause or resume a source',
    params: SourceId,
    body: SourceUpdate,
    response: RegisteredSource,
    handle: async ({ tenant, services, access, params: { id }, body }) => {
      const { db } = services.stores.postgres
      const source = known(await findSource(db, tenant, id))
      requireOwn(source.kind, access)
      if (body.format !== undefined) requireFormat(body.format)
      const changed = await updateSource(
        db,
        tenant,
        id,
        {
          name: body.name,
          state: body.state,
          systemId: body.system_id,
          format: body.format,
          mapping: body.mapping,
          mappingVersion: body.mapping_version,
          config: body.config === undefined ? undefined : configOf(source.kind, body.config),
        },
        access.keyId,
      )
      return sourceView(changed, true)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/sources/{id}',
    tag,
    scope,
    summary: 'Remove a source; what came through it stays',
    status: 204,
    params: SourceId,
    response: z.null(),
    handle: async ({ tenant, services, access, params: { id } }) => {
      await removeSource(services.stores.postgres.db, tenant, id, access.keyId)
      return null
    },
  }),
  route({
    method: 'post',
    path: '/v1/sources/{id}/rotate',
    tag,
    scope,
    summary: 'Give a source a new secret, shown this once; the old one is taken until the overlap ends',
    params: SourceId,
    body: SourceRotate,
    response: SourceRotated,
    handle: async ({ tenant, services, access, params: { id }, body }) => {
      const { db } = services.stores.postgres
      const source = known(await findSource(db, tenant, id))
      const secret = secretFor(source.kind, source.config, body.secret)
      if (secret === null)
        throw new SightlineError('parameter_invalid', `A source of kind "${source.kind}" has no secret that is made here.`, {
          next: 'Give the new one in "secret".',
        })
      const now = services.now()
      const rotated = await rotateSecret(
        db,
        services.secrets,
        { tenantId: tenant, id, secret, overlapS: body.overlap_s, now },
        access.keyId,
      )
      const [, before] = rotated.secrets
      return {
        source: sourceView(rotated, true),
        secret,
        old_until: before?.expires_at ?? null,
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/sources/{id}/test',
    tag,
    scope,
    summary: 'What would become of a payload from this source; nothing is stored',
    params: SourceId,
    body: SourceTest,
    response: SourceTested,
    handle: async ({ tenant, services, params: { id }, body }) => {
      const now = services.now()
      const { source, secrets } = known(await openSource(services.stores.postgres.db, services.secrets, tenant, id, now))
      const payload = Buffer.from(body.payload, body.encoding === 'base64' ? 'base64' : 'utf8')
      const headers = Object.fromEntries(Object.entries(body.headers).map(([name, value]) => [name.toLowerCase(), value]))
      const [newest] = secrets
      const signed =
        source.kind === 'webhook' && newest !== undefined
          ? signedHeaders(WebhookConfig.parse(source.config), newest, payload, now)
          : null
      const reader = await services.judge.open(source, { observe: false })
      const { records } = await judgeDelivery(
        reader,
        { body: payload, headers, naturalId: `test/${randomBytes(6).toString('hex')}` },
        now,
      )
      return {
        records: records.map(({ index, outcome }) => ({ index, ...outcomeView(outcome) })),
        signed_headers: signed,
      }
    },
  }),
]

function outcomeView(outcome: Outcome) {
  const nothing = { events: [], code: null, message: null }
  if ('reject' in outcome) return { ...nothing, outcome: 'rejected' as const, ...outcome.reject }
  if ('drop' in outcome) return { ...nothing, outcome: 'ignored' as const, message: outcome.drop }
  return {
    ...nothing,
    outcome: 'events' as const,
    events: outcome.events.map((event) => ({
      event_id: event.event_id,
      natural_id: event.natural_id,
      activity: event.data.canonical ?? event.source_activity,
      occurred_at: instantToIso(event.occurred_at),
      objects: event.objects.map(({ type, id }) => ({ type, id })),
    })),
  }
}

function configOf(kind: SourceKind, config: Record<string, unknown>): Record<string, unknown> {
  const { expected_every_s: pace, ...own } = config
  const declared = PACE.safeParse(pace)
  if (!declared.success)
    throw new SightlineError('parameter_invalid', '"config.expected_every_s" is no number of seconds from 10 on.')
  const shared = declared.data === undefined ? {} : { expected_every_s: declared.data }
  const read = CONFIGS[kind]?.safeParse(own)
  if (read === undefined) return config
  if (read.success) return { ...read.data, ...shared }
  const [issue] = read.error.issues
  throw new SightlineError(
    'parameter_invalid',
    `"${['config', ...(issue?.path ?? [])].join('.')}" ${issue?.message ?? 'is invalid'}`,
  )
}

/** The secret that a source starts with: the given one, or for a webhook one made here. */
function secretFor(kind: SourceKind, config: Record<string, unknown>, given: string | undefined): string | null {
  if (kind !== 'webhook') return given ?? null
  const webhook = WebhookConfig.parse(config)
  if (given === undefined) return newSecret(webhook)
  const fault = secretFault(webhook, given)
  if (fault !== null) throw new SightlineError('parameter_invalid', `"secret" ${fault}.`)
  return given
}

/** Topics are not any tenant's own: who binds one to a tenant must be trusted with all of them. */
function requireOwn(kind: SourceKind, access: Access): void {
  if (kind === 'kafka' && access.tenantIds !== null)
    throw new SightlineError('forbidden', 'Only an administrator of the whole installation binds topics to tenants.')
}

function requireFormat(format: string): void {
  if (formatNamed(format) === undefined)
    throw new SightlineError('parameter_invalid', `There is no format "${format.slice(0, 60)}".`, {
      next: 'GET /v1/sources lists them in "formats".',
    })
}

function known<T>(found: T | null): T {
  if (found === null)
    throw new SightlineError('not_found', 'This tenant has no such source.', { next: 'GET /v1/sources lists them.' })
  return found
}
