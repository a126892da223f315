import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { markImport } from '../queries/derive/mark.ts'
import { asStoreError, sqlText } from '../queries/run.ts'
import { inParts, settle } from './settle.ts'

/** Tables whose rows tell of single events. */
const OF_EVENTS = [
  'corrections',
  'exception_roots',
  'object_state',
  'object_links',
  'object_traces',
  'policy_decisions',
  'event_conflicts',
  'object_events',
] as const
/** Those of them that rows of other events may have taken the place in, by version. */
const MADE_ANEW = ['object_events', 'object_state', 'policy_decisions'] as const
/** Tables that tell what each source sent, with the import that brought it. */
const OF_SOURCES = ['source_activities', 'source_totals', 'source_spans', 'source_minutes'] as const

const EventId = z.object({ event_id: z.string() })

/**
 * Takes an import out again. Its events leave every view; those that also came by another way stay; what its corrections replaced
 * and what its failures caused is as if it had never been. The import's events themselves go last, so that an undo that breaks off
 * can be repeated.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function undoImport(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  importId: string,
  now: () => Instant,
): Promise<void> {
  const run = async (name: string, more: Record<string, unknown> = {}) => {
    await clickhouse.command({
      query: sqlText(`remove/${name}`),
      query_params: { tenant_id: tenant, import_id: importId, ...more },
      clickhouse_settings: { lightweight_deletes_sync: '2', insert_deduplicate: 0 },
    })
  }
  try {
    const answer = await clickhouse.query({
      query: sqlText('remove/dependents'),
      query_params: { tenant_id: tenant, import_id: importId },
      format: 'JSONEachRow',
    })
    const dependents = z
      .array(EventId)
      .parse(await answer.json())
      .map(({ event_id }) => event_id)
    for (const table of OF_EVENTS) await run('of-import', { table })
    for (const table of OF_SOURCES) await run('source-rows', { table })
    for (const ids of inParts(dependents, (id) => id)) {
      for (const table of MADE_ANEW) await run('again-rows', { table, ids })
      await run('again', { ids })
    }
    await markImport(clickhouse, tenant, importId)
    await run('events')
    await settle(clickhouse, tenant, { events: dependents, roots: [], conflicts: dependents }, now)
  } catch (error) {
    throw asStoreError(error, 'the undo of an import')
  }
}
