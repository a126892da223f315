import { z } from 'zod'
import { FORMATS, formatNamed } from '../../ingest/formats.ts'
import { createMappings } from '../../ingest/payload/catalogue.ts'
import { type CompiledMapping, compileMapping } from '../../ingest/payload/compile.ts'
import { dryRun } from '../../ingest/payload/dry-run.ts'
import { payloadPacks } from '../../ingest/payload/packs.ts'
import { MAPPING_LIMITS, MappingName, type PayloadMapping, readMapping } from '../../model/payload-mapping.ts'
import type { TenantId } from '../../model/tenant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { findMapping, listMappings, mappingHistory, saveMapping } from '../../platform/mappings.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { listSources } from '../../platform/sources.ts'
import {
  DryRun,
  DryRunResult,
  MappingCheck,
  MappingIssues,
  MappingDetail,
  MappingQuery,
  MappingSave,
  Mappings,
  type MappingSummary,
} from '../contract/mappings.ts'
import { type Route, route } from '../route.ts'

const tag = 'Data'
const MappingPath = z.object({ name: MappingName })

export const mappingRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/mappings',
    tag,
    summary: 'Mappings of payloads: those that ship and those of the tenant, and the formats that take them',
    response: Mappings,
    handle: async ({ tenant, services }) => {
      const { db } = services.stores.postgres
      const [own, sources] = await Promise.all([listMappings(db, tenant), listSources(db, tenant)])
      const usedBy = Map.groupBy(sources, ({ mapping }) => mapping ?? '')
      const sourcesOf = (name: string): string[] => (usedBy.get(name) ?? []).map(({ id }) => id)
      return {
        mappings: [
          ...own.map(({ name, body, version, versions }) => ({
            ...summaryOf(name, body, version),
            pack: false,
            versions: versions.map(versionView),
            sources: sourcesOf(name),
          })),
          ...[...payloadPacks().values()].map((pack) => ({
            ...summaryOf(pack.name, pack, pack.version),
            pack: true,
            versions: [{ version: pack.version, created_at: null }],
            sources: sourcesOf(pack.name),
          })),
        ],
        formats: FORMATS.map(({ name, title, mapping, media }) => ({ name, title, mapping, media: [...media] })),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/mappings/{name}',
    tag,
    summary: 'A version of a mapping',
    params: MappingPath,
    query: MappingQuery,
    response: MappingDetail,
    handle: ({ tenant, services, params, query }) =>
      detailOf(services.stores.postgres.db, tenant, params.name, query.version ?? null),
  }),
  route({
    method: 'post',
    path: '/v1/mappings/check',
    tag,
    summary: 'What is wrong with a mapping; nothing is kept',
    body: MappingCheck,
    response: MappingIssues,
    handle: ({ body }) => {
      const read = readMapping({ version: 1, ...body.body })
      return Promise.resolve({ issues: 'issues' in read ? read.issues : [] })
    },
  }),
  route({
    method: 'post',
    path: '/v1/mappings/dry-run',
    tag,
    summary: 'What a format and a mapping make of a sample; nothing is kept',
    body: DryRun,
    response: DryRunResult,
    handle: async ({ tenant, services, body }) => {
      const format = formatNamed(body.format)
      if (format === undefined)
        throw new SightlineError('parameter_invalid', `There is no format "${body.format}".`, {
          next: `Formats are ${FORMATS.map(({ name }) => name).join(', ')}.`,
        })
      const bytes = Buffer.from(body.sample, body.encoding === 'base64' ? 'base64' : 'utf8')
      const found = await mappingOf(services.stores.postgres.db, tenant, body.mapping)
      if ('issues' in found) return { records: [], total: 0, issues: found.issues }
      const headers = Object.fromEntries(Object.entries(body.headers).map(([name, value]) => [name.toLowerCase(), value]))
      const record = { body: bytes, headers, key: null, timestamp: null }
      return { ...dryRun(format, found.mapping, record, { tenant, now: services.now() }), issues: [] }
    },
  }),
  route({
    method: 'post',
    path: '/v1/mappings/{name}',
    tag,
    summary: 'Keep a new version of a mapping',
    scope: 'admin',
    status: 201,
    params: MappingPath,
    body: MappingSave,
    response: MappingDetail,
    handle: async ({ tenant, services, access, params: { name }, body }) => {
      const { db } = services.stores.postgres
      if (payloadPacks().has(name))
        throw new SightlineError('conflict', `"${name}" is a mapping that ships, which is not changed.`, {
          next: 'Save it under a name of your own.',
        })
      const read = readMapping({ ...body.body, name, version: 1 })
      if ('issues' in read) {
        const [first] = read.issues
        throw new SightlineError(
          'body_invalid',
          `The mapping is not valid: ${first?.path ?? ''} ${first?.message ?? ''}.`.replaceAll('  ', ' '),
          { next: 'POST /v1/mappings/check tells all that is wrong.' },
        )
      }
      if (JSON.stringify(read.mapping).length > MAPPING_LIMITS.bytes)
        throw new SightlineError('body_too_large', `A mapping has at most ${MAPPING_LIMITS.bytes / 1024} KiB.`)
      const { version } = await saveMapping(db, {
        tenant,
        name,
        body: read.mapping,
        actor: access.keyId,
        expected: body.expected_version ?? null,
      })
      return detailOf(db, tenant, name, version)
    },
  }),
]

function summaryOf(
  name: string,
  body: unknown,
  version: number,
): Pick<MappingSummary, 'name' | 'title' | 'description' | 'input' | 'version' | 'based_on' | 'rules'> {
  const read = readMapping(body)
  const mapping: Partial<PayloadMapping> = 'issues' in read ? {} : read.mapping
  return {
    name,
    title: mapping.title ?? name,
    description: mapping.description ?? '',
    input: mapping.input ?? 'json',
    version,
    based_on: mapping.based_on ?? null,
    rules: mapping.rules?.length ?? 0,
  }
}

function versionView({ version, createdAt }: { version: number; createdAt: Date }): { version: number; created_at: string } {
  return { version, created_at: createdAt.toISOString() }
}

async function detailOf(db: Db, tenant: TenantId, name: string, version: number | null): Promise<MappingDetail> {
  const pack = payloadPacks().get(name)
  if (pack !== undefined && (version === null || version === pack.version))
    return {
      name,
      version: pack.version,
      pack: true,
      versions: [{ version: pack.version, created_at: null }],
      created_at: null,
      body: { ...pack },
    }
  const stored = pack === undefined ? await findMapping(db, tenant, name, version) : null
  if (stored === null)
    throw new SightlineError(
      'not_found',
      `There is no mapping "${name}"${version === null ? '' : ` with a version ${version}`}.`,
      {
        next: 'GET /v1/mappings lists them.',
      },
    )
  return {
    name,
    version: stored.version,
    pack: false,
    versions: (await mappingHistory(db, tenant, name)).map(versionView),
    created_at: stored.createdAt.toISOString(),
    body: stored.body as Record<string, unknown>,
  }
}

async function mappingOf(
  db: Db,
  tenant: TenantId,
  wanted: z.output<typeof DryRun>['mapping'],
): Promise<{ mapping: CompiledMapping | null } | { issues: { path: string; message: string }[] }> {
  if (wanted === null) return { mapping: null }
  if ('body' in wanted) {
    const read = readMapping({ name: 'dry-run', version: 1, ...wanted.body })
    return 'issues' in read ? read : { mapping: compileMapping(read.mapping) }
  }
  const mapping = await createMappings(db).find(tenant, wanted.name, wanted.version ?? null)
  if (mapping === null)
    throw new SightlineError('not_found', `There is no mapping "${wanted.name}".`, { next: 'GET /v1/mappings lists them.' })
  return { mapping }
}
