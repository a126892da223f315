import { and, desc, eq, lt } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { imports } from './postgres/schema.ts'

/** The state of an import: `undone` ones have left every view. */
export type ImportState = 'running' | 'done' | 'cancelled' | 'failed' | 'undone'

/** What is announced of an import. */
export type ImportAnnouncement = {
  source: string
  file_name: string
  file_sha256: string
  bytes: number
  format: string
  mapping?: unknown
  repair?: string | null | undefined
}

/** What changes while it runs. */
export type ImportProgress = {
  state?: ImportState | undefined
  records_read?: number | undefined
  accepted?: number | undefined
  duplicates?: number | undefined
  rejected?: number | undefined
  report?: unknown
}

/** Announces an import, or takes up again the unfinished one of the same file with the same repair. */
export async function startImport(db: Db, tenant: string, createdBy: string, announced: ImportAnnouncement) {
  const repair = announced.repair ?? null
  const [unfinished] = await db
    .select()
    .from(imports)
    .where(and(eq(imports.tenantId, tenant), eq(imports.fileSha256, announced.file_sha256), eq(imports.source, announced.source)))
    .orderBy(desc(imports.startedAt))
    .limit(1)
  if (unfinished !== undefined && unfinished.repair === repair && unfinished.state !== 'done' && unfinished.state !== 'undone') {
    const [taken] = await db
      .update(imports)
      .set({ state: 'running', finishedAt: null })
      .where(eq(imports.id, unfinished.id))
      .returning()
    if (taken !== undefined) return view(taken)
  }
  const [started] = await db
    .insert(imports)
    .values({
      tenantId: tenant,
      source: announced.source,
      fileName: announced.file_name,
      fileSha256: announced.file_sha256,
      bytes: Math.round(announced.bytes),
      format: announced.format,
      mapping: storable(announced.mapping ?? null),
      repair,
      state: 'running',
      createdBy,
    })
    .returning()
  if (started === undefined) throw new Error('a started import was not returned')
  return view(started)
}

/** Changes an import; null where the tenant has no such one. */
export async function updateImport(db: Db, tenant: string, id: string, progress: ImportProgress) {
  const [updated] = await db
    .update(imports)
    .set({
      ...(progress.state === undefined
        ? {}
        : { state: progress.state, finishedAt: progress.state === 'running' ? null : new Date() }),
      ...(progress.records_read === undefined ? {} : { recordsRead: progress.records_read }),
      ...(progress.accepted === undefined ? {} : { accepted: progress.accepted }),
      ...(progress.duplicates === undefined ? {} : { duplicates: progress.duplicates }),
      ...(progress.rejected === undefined ? {} : { rejected: progress.rejected }),
      ...(progress.report === undefined ? {} : { report: storable(progress.report) }),
    })
    .where(and(eq(imports.tenantId, tenant), eq(imports.id, id)))
    .returning()
  return updated === undefined ? null : view(updated)
}

/** One import; null where the tenant has no such one. */
export async function findImport(db: Db, tenant: string, id: string) {
  const [found] = await db
    .select()
    .from(imports)
    .where(and(eq(imports.tenantId, tenant), eq(imports.id, id)))
  return found === undefined ? null : view(found)
}

/** The tenant's imports, newest first; at most 100. */
export async function listImports(db: Db, tenant: string) {
  const rows = await db.select().from(imports).where(eq(imports.tenantId, tenant)).orderBy(desc(imports.startedAt)).limit(100)
  return rows.map(view)
}

/** Takes the data-quality reports off imports that ended before an instant: they quote documents. */
export async function forgetReports(db: Db, tenant: string, before: Date): Promise<void> {
  await db
    .update(imports)
    .set({ report: null })
    .where(and(eq(imports.tenantId, tenant), lt(imports.finishedAt, before)))
}

/** JSON as PostgreSQL keeps it: it has no null character and no half surrogate pair, which a damaged file may well quote. */
function storable(value: unknown): unknown {
  const json = JSON.stringify(value).replaceAll(/\\(?:\\|u0000|ud[89a-f][\da-f]{2})/gu, (found) =>
    found === '\\\\' ? found : '\uFFFD',
  )
  return JSON.parse(json)
}

function view(row: typeof imports.$inferSelect) {
  return {
    id: row.id,
    tenant_id: row.tenantId,
    source: row.source,
    file_name: row.fileName,
    bytes: row.bytes ?? 0,
    format: row.format,
    repair: row.repair,
    state: row.state,
    records_read: row.recordsRead,
    accepted: row.accepted,
    duplicates: row.duplicates,
    rejected: row.rejected,
    started_at: row.startedAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
    created_by: row.createdBy,
    report: row.report,
  }
}
