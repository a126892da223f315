import { z } from 'zod'
import { settleLedger } from '../../ingest/ledger.ts'
import { FORMATS } from '../../ingest/formats.ts'
import { undoImport } from '../../ingest/undo.ts'
import { recordAudit } from '../../platform/audit.ts'
import { SightlineError } from '../../platform/errors.ts'
import { findImport, listImports, startImport, updateImport } from '../../platform/imports.ts'
import { lastRemoval } from '../../platform/retention.ts'
import { listSources } from '../../platform/sources.ts'
import { acknowledgeFinding, findings } from '../../queries/findings.ts'
import { sources } from '../../queries/sources.ts'
import { Import, ImportStart, ImportUpdate, Quality, Sources } from '../contract/data.ts'
import { DriftFinding, FindingAcknowledge } from '../contract/freshness.ts'
import { type Route, route } from '../route.ts'
import { sourceHealth } from '../source-health.ts'
import { sourceView } from '../views.ts'

const tag = 'Data'
const ImportId = z.object({ id: z.uuid() })

export const dataRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/sources',
    tag,
    summary: 'Sources with their last event, activities without a mapping, conflicts',
    response: Sources,
    handle: async ({ reader, tenant, services, access }) => {
      const { db } = services.stores.postgres
      const [seen, registered, removal] = await Promise.all([sources(reader), listSources(db, tenant), lastRemoval(db, tenant)])
      const { freshnessOf, feeds } = await sourceHealth(reader, services, registered)
      return {
        ...seen,
        sources: seen.sources.map((source) => ({
          ...source,
          first_at: laterOf(source.first_at, removal?.keptSince),
          freshness: freshnessOf(source.source),
        })),
        feeds,
        registered: registered.map((source) => sourceView(source, access.scopes.includes('admin'))),
        formats: FORMATS.map(({ name, title, mapping }) => ({ name, title, needs_mapping: mapping === 'needed' })),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/quality',
    tag,
    summary: 'Imports with their data-quality reports, newest first; changes in what sources send',
    response: Quality,
    handle: async ({ tenant, services, reader }) => {
      const [imported, found] = await Promise.all([listImports(services.stores.postgres.db, tenant), findings(reader)])
      return { imports: imported, findings: found }
    },
  }),
  route({
    method: 'post',
    path: '/v1/quality/acknowledge',
    tag,
    summary: 'Mark a finding as known',
    scope: 'admin',
    body: FindingAcknowledge,
    response: DriftFinding,
    handle: async ({ tenant, services, access, body: { note, ...of } }) => {
      const { postgres, clickhouse } = services.stores
      const finding = await acknowledgeFinding(clickhouse.writer, tenant, of, services.now())
      await recordAudit(postgres.db, {
        actor: access.keyId,
        tenantId: tenant,
        action: 'finding.acknowledged',
        subject: of.feed,
        detail: { check: of.check, subject: of.subject, ...(note === undefined ? {} : { note }) },
      })
      return finding
    },
  }),
  route({
    method: 'get',
    path: '/v1/imports/{id}',
    tag,
    summary: 'One import with its data-quality report',
    params: ImportId,
    response: Import,
    handle: async ({ tenant, services, params: { id } }) => known(await findImport(services.stores.postgres.db, tenant, id)),
  }),
  route({
    method: 'post',
    path: '/v1/imports',
    tag,
    summary: 'Announce an import; its id marks the events sent with POST /v1/events?import=…',
    scope: 'ingest',
    status: 201,
    body: ImportStart,
    response: Import,
    handle: ({ tenant, services, access, body }) => startImport(services.stores.postgres.db, tenant, access.name, body),
  }),
  route({
    method: 'patch',
    path: '/v1/imports/{id}',
    tag,
    summary: 'Progress, end and data-quality report of an import',
    scope: 'ingest',
    params: ImportId,
    body: ImportUpdate,
    response: Import,
    handle: async ({ tenant, services, params: { id }, body }) =>
      known(await updateImport(services.stores.postgres.db, tenant, id, body)),
  }),
  route({
    method: 'delete',
    path: '/v1/imports/{id}',
    tag,
    summary: 'Undo an import: its events leave every view',
    scope: 'admin',
    params: ImportId,
    response: Import,
    handle: async ({ tenant, services, params: { id } }) => {
      const { db } = services.stores.postgres
      known(await findImport(db, tenant, id))
      // No longer running, so that nothing more of it is taken while it goes.
      await updateImport(db, tenant, id, { state: 'cancelled' })
      const { stores, writer } = services
      // The ledger keeps what was stored then: it is told apart before it goes.
      await settleLedger(stores.clickhouse.writer, { now: services.now(), sinceS: 48 * 3600, quietS: 0 })
      await writer.inTurn(() => undoImport(stores.clickhouse.writer, tenant, id, () => services.now()))
      writer.forget()
      return known(await updateImport(db, tenant, id, { state: 'undone' }))
    },
  }),
]

/** The later of two instants, ISO 8601. */
function laterOf(iso: string, than: Date | undefined): string {
  return than === undefined || new Date(iso) >= than ? iso : than.toISOString()
}

function known<T>(found: T | null): T {
  if (found === null)
    throw new SightlineError('not_found', 'This tenant has no such import.', { next: 'GET /v1/quality lists them.' })
  return found
}
