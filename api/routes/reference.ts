import { z } from 'zod'
import {
  isReferenceKind,
  readReferenceRows,
  REFERENCE_KINDS,
  type ReferenceKind,
  type RowProblem,
} from '../../model/reference.ts'
import { REFERENCE_GUIDE } from '../../model/reference-guide.ts'
import type { TenantId } from '../../model/tenant.ts'
import { SightlineError } from '../../platform/errors.ts'
import {
  listReference,
  type ReferenceRow as StoredRow,
  referenceCounts,
  referenceHistory,
  saveReference,
} from '../../platform/reference.ts'
import { endReference, listChanges, removeReference, undoReference } from '../../platform/reference-change.ts'
import { listSystems } from '../../platform/systems.ts'
import { kpiCatalogue } from '../../queries/kpi-catalogue.ts'
import { mirrorReference } from '../../queries/reference-mirror.ts'
import { PathText } from '../contract/common.ts'
import {
  ReferenceChanges,
  ReferenceEnd,
  ReferenceExportQuery,
  ReferenceInput,
  ReferenceKinds,
  ReferenceQuery,
  ReferenceRow,
  ReferenceRows,
  ReferenceSaved,
  ReferenceUndo,
  ReferenceUndone,
} from '../contract/reference.ts'
import { readTable, writeTable } from '../reference-table.ts'
import { type Route, route } from '../route.ts'
import type { Services } from '../services.ts'

const tag = 'Reference data'
const Kind = z.object({ kind: PathText })
/** Problems of one answer. */
const SHOWN = 1000
const RowId = z.object({ kind: PathText, id: PathText })

export const referenceRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/reference',
    tag,
    summary: 'The kinds of reference data, with the schema of their rows and how many stand',
    response: ReferenceKinds,
    handle: async ({ tenant, services }) => {
      const { db } = services.stores.postgres
      const counts = await referenceCounts(db, tenant)
      const systems = (await listSystems(db, tenant)).length
      const kinds = (Object.keys(REFERENCE_KINDS) as ReferenceKind[]).map((kind) => ({
        kind,
        title: REFERENCE_KINDS[kind].title,
        key: REFERENCE_KINDS[kind].key,
        ...REFERENCE_GUIDE[kind],
        rows: kind === 'systems' ? systems : (counts.get(kind) ?? 0),
        schema: z.toJSONSchema(REFERENCE_KINDS[kind].body, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
      }))
      return { kinds }
    },
  }),
  route({
    method: 'get',
    path: '/v1/reference/{kind}',
    tag,
    summary: 'Rows of a kind by key and period, as they stand or stood at an instant; systems are at /v1/systems',
    params: Kind,
    query: ReferenceQuery,
    response: ReferenceRows,
    handle: async ({ tenant, services, params, query }) => {
      const kind = kindOf(params.kind)
      const { db } = services.stores.postgres
      if (query.key !== undefined)
        return { kind, rows: (await referenceHistory(db, tenant, kind, query.key)).map(rowView), next: null }
      const after = query.after === undefined ? undefined : cursorOf(query.after)
      const rows = await listReference(db, tenant, kind, {
        ...choice(query),
        ...(after === undefined ? {} : { after }),
        limit: query.limit + 1,
      })
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      return { kind, rows: page.map(rowView), next: rows.length > page.length && last !== undefined ? cursorText(last) : null }
    },
  }),
  route({
    method: 'get',
    path: '/v1/reference/{kind}/export',
    tag,
    summary: 'Rows of a kind as a table that can be stated again',
    media: 'csv',
    params: Kind,
    query: ReferenceExportQuery,
    response: z.string(),
    handle: async ({ tenant, services, params, query }) => {
      const kind = kindOf(params.kind)
      return writeTable(kind, (await listReference(services.stores.postgres.db, tenant, kind, choice(query))).map(rowView))
    },
  }),
  route({
    method: 'get',
    path: '/v1/reference/{kind}/changes',
    tag,
    summary: 'The last changes of a kind, the newest first',
    params: Kind,
    response: ReferenceChanges,
    handle: async ({ tenant, services, params }) => {
      const kind = kindOf(params.kind)
      const changes = await listChanges(services.stores.postgres.db, tenant, kind)
      return {
        kind,
        changes: changes.map(({ at, by, added, standing }) => ({
          recorded_at: at.toISOString(),
          recorded_by: by,
          added,
          standing,
        })),
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/reference/{kind}/undo',
    tag,
    summary: 'Take a change back: what it recorded goes, what it replaced stands again',
    scope: 'admin',
    params: Kind,
    body: ReferenceUndo,
    response: ReferenceUndone,
    handle: async ({ tenant, services, access, params, body }) => {
      const undone = await undoReference(services.stores.postgres.db, {
        tenant,
        kind: kindOf(params.kind),
        at: new Date(body.recorded_at / 1000),
        actor: access.keyId,
      })
      await mirrored(services, tenant)
      return undone
    },
  }),
  route({
    method: 'post',
    path: '/v1/reference/{kind}',
    tag,
    summary: 'State rows of a kind, all or none unless asked otherwise; stating the same again changes nothing',
    scope: 'admin',
    bodyLimit: 32 * 1024 * 1024,
    params: Kind,
    body: ReferenceInput,
    response: ReferenceSaved,
    handle: async ({ tenant, services, access, params, body }) => {
      const kind = kindOf(params.kind)
      const given = body.csv === undefined ? (body.rows ?? []) : readTable(kind, body.csv)
      const read = readReferenceRows(kind, given)
      const unknown = kind === 'targets' ? read.rows.flatMap(({ row, stated }) => unknownKpi(row, stated.body)) : []
      const refused = new Set(unknown.map(({ row }) => row))
      const fitting = read.rows.filter(({ row }) => !refused.has(row))
      const problems = [...read.problems, ...unknown]
      const [first] = problems
      if (first !== undefined && !body.partial && !body.dry_run)
        throw new SightlineError('reference_invalid', `Row ${first.row + 1}: ${first.message}.`, {
          next: 'Nothing was kept.',
          more: { problems: problems.slice(0, SHOWN) },
        })
      const saved = await saveReference(services.stores.postgres.db, {
        tenant,
        kind,
        rows: fitting.map(({ stated }) => stated),
        actor: access.keyId,
        supersede: body.supersede,
        partial: body.partial,
        dryRun: body.dry_run,
      })
      if (saved.at !== null) await mirrored(services, tenant)
      const clashes = saved.problems.map((one) => ({ ...one, row: fitting[one.row]?.row ?? one.row }))
      const { added, unchanged, ended, at } = saved
      const all = [...problems, ...clashes].toSorted((one, other) => one.row - other.row)
      return { added, unchanged, ended, problems: all.slice(0, SHOWN), recorded_at: at?.toISOString() ?? null }
    },
  }),
  route({
    method: 'patch',
    path: '/v1/reference/{kind}/{id}',
    tag,
    summary: 'End a row at an instant',
    scope: 'admin',
    params: RowId,
    body: ReferenceEnd,
    response: ReferenceRow,
    handle: async ({ tenant, services, access, params, body }) => {
      const row = await endReference(services.stores.postgres.db, {
        tenant,
        kind: kindOf(params.kind),
        id: params.id,
        validTo: new Date(body.valid_to / 1000),
        actor: access.keyId,
      })
      await mirrored(services, tenant)
      return rowView(row)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/reference/{kind}/{id}',
    tag,
    summary: 'Take a row away; what was known before stays',
    scope: 'admin',
    params: RowId,
    response: ReferenceRow,
    handle: async ({ tenant, services, access, params }) => {
      const row = await removeReference(services.stores.postgres.db, tenant, kindOf(params.kind), params.id, access.keyId)
      await mirrored(services, tenant)
      return rowView(row)
    },
  }),
]

/** Which rows are asked for. */
function choice(query: z.output<typeof ReferenceExportQuery>): { at?: Date; asOf?: Date; search?: string } {
  return {
    ...(query.at === undefined ? {} : { at: new Date(query.at / 1000) }),
    ...(query.as_of === undefined ? {} : { asOf: new Date(query.as_of / 1000) }),
    ...(query.q === undefined ? {} : { search: query.q }),
  }
}

function unknownKpi(row: number, body: unknown): RowProblem[] {
  const { kpi } = body as { kpi: string }
  return isKpi(kpi) ? [] : [{ row, code: 'kpi_unknown', message: `kpi: there is no KPI "${kpi.slice(0, 80)}"` }]
}

function isKpi(name: string): boolean {
  return kpiCatalogue().some(({ kpi }) => kpi === name)
}

/** Makes ClickHouse read what was changed. */
export async function mirrored(services: Services, tenant: TenantId): Promise<void> {
  const { clickhouse, postgres } = services.stores
  await mirrorReference({ clickhouse: clickhouse.writer, db: postgres.db }, tenant, services.now())
}

function kindOf(kind: string): ReferenceKind {
  if (isReferenceKind(kind) && kind !== 'systems') return kind
  throw new SightlineError('not_found', `There is no kind of reference data "${kind.slice(0, 80)}" here.`, {
    next: kind === 'systems' ? 'Systems are at /v1/systems.' : 'GET /v1/reference lists the kinds.',
  })
}

function rowView(row: StoredRow) {
  return {
    id: row.id,
    key: row.key,
    valid_from: row.validFrom.toISOString(),
    valid_to: row.validTo?.toISOString() ?? null,
    body: row.body,
    recorded_at: row.recordedAt.toISOString(),
    recorded_by: row.recordedBy,
    replaced_at: row.replacedAt?.toISOString() ?? null,
  }
}

const Cursor = z.tuple([z.string(), z.string()])

function cursorText(row: StoredRow): string {
  return Buffer.from(JSON.stringify([row.key, row.validFrom.toISOString()])).toString('base64url')
}

function cursorOf(text: string): { key: string; validFrom: Date } {
  const parsed = Cursor.safeParse(jsonOf(Buffer.from(text, 'base64url').toString('utf8')))
  const [key, from] = parsed.data ?? ['', '']
  if (!parsed.success || Number.isNaN(Date.parse(from)))
    throw new SightlineError('parameter_invalid', '"after" is not the `next` of a page.')
  return { key, validFrom: new Date(from) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
