import { z } from 'zod'
import { settleLedger } from '../../ingest/ledger.ts'
import { undoImport } from '../../ingest/undo.ts'
import { SightlineError } from '../../platform/errors.ts'
import { findImport, listImports, startImport, updateImport } from '../../platform/imports.ts'
import { sources } from '../../queries/sources.ts'
import { Import, ImportStart, ImportUpdate, Quality, Sources } from '../contract/data.ts'
import { type Route, route } from '../route.ts'

const tag = 'Data'
const ImportId = z.object({ id: z.uuid() })

export const dataRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/sources',
    tag,
    summary: 'Sources with their last event, activities without a mapping, conflicts',
    response: Sources,
    handle: ({ reader }) => sources(reader),
  }),
  route({
    method: 'get',
    path: '/v1/quality',
    tag,
    summary: 'Imports with their data-quality reports, newest first',
    response: Quality,
    handle: async ({ tenant, services }) => ({ imports: await listImports(services.stores.postgres.db, tenant) }),
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

function known<T>(found: T | null): T {
  if (found === null)
    throw new SightlineError('not_found', 'This tenant has no such import.', { next: 'GET /v1/quality lists them.' })
  return found
}
