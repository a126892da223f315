import { z } from 'zod'
import { instantToIso } from '../model/instant.ts'
import { documentsOf, jsonRecord } from './calls.ts'
import { cursorOf, latest, pageOf } from './cursor.ts'
import { type Between, boundsOf, type Maybe } from './integrations.ts'
import type { Query, TenantReader } from './run.ts'

const between = { from: z.string(), to: z.string() }

const LOGS = {
  name: 'read/integration-logs',
  params: z.object({
    ...between,
    system: z.string(),
    severity: z.number(),
    event: z.string(),
    trace: z.string(),
    resource: z.string(),
    q: z.string(),
    after_us: z.string(),
    after_id: z.string(),
    limit: z.number(),
  }),
  row: z.object({
    log_id: z.string(),
    at: z.string(),
    at_us: z.number(),
    system: z.string(),
    reporter: z.string(),
    severity: z.string(),
    event_name: z.string(),
    body: z.string(),
    trace_id: z.string(),
    span_id: z.string(),
    resource: z.string(),
    object_types: z.array(z.string()),
    object_ids: z.array(z.string()),
    attributes: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SEVERITY: Readonly<Record<string, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }

/** Log records that match, the latest first; cursor and errors as of `integrationCalls`. */
export async function integrationLogs(
  reader: TenantReader,
  query: Between & {
    system?: Maybe
    severity?: Maybe
    event?: Maybe
    trace?: Maybe
    resource?: Maybe
    q?: Maybe
    limit: number
    after?: Maybe
  },
) {
  const cursor = cursorOf(query.after)
  const params = {
    system: query.system ?? '',
    severity: SEVERITY[query.severity ?? ''] ?? 0,
    event: query.event ?? '',
    trace: query.trace?.toLowerCase() ?? '',
    resource: query.resource ?? '',
    q: query.q ?? '',
    after_us: cursor.us,
    after_id: cursor.id,
    limit: query.limit + 1,
  }
  const rows = await latest(query, { limit: query.limit, after: cursor, whole: params.trace !== '' }, (window) =>
    reader.rows(LOGS, { ...params, ...boundsOf(window) }),
  )
  const { page, next } = pageOf(rows, query.limit, (row) => [row.at_us, row.log_id])
  return { from: instantToIso(query.from), to: instantToIso(query.to), logs: page.map(logView), next }
}

function logView(row: z.output<typeof LOGS.row>) {
  return {
    log_id: row.log_id,
    at: row.at,
    system: row.system,
    reporter: row.reporter,
    severity: row.severity,
    event_name: row.event_name,
    body: row.body,
    trace_id: row.trace_id,
    span_id: row.span_id,
    resource: row.resource,
    objects: documentsOf(row.object_types, row.object_ids),
    attributes: jsonRecord(row.attributes),
  }
}
