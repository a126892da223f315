import type { ClickHouseClient } from '@clickhouse/client'
import type { TenantId } from '../../model/tenant.ts'
import { deriveInsert } from './run.ts'

/**
 * Marks documents of a tenant so that their answers are computed anew: for whoever changes what answers are computed by – reference data,
 * service levels, calendars.
 *
 * @param types types of documents; none means all
 * @throws SightlineError `store_unavailable`
 */
export async function markDirty(clickhouse: ClickHouseClient, tenant: TenantId, types: readonly string[] = []): Promise<void> {
  await deriveInsert({ clickhouse, tenant, signal: undefined }, 'derive/mark-all', { types })
}

/** Marks the documents of an import's events, which are about to be removed. */
export async function markImport(clickhouse: ClickHouseClient, tenant: TenantId, importId: string): Promise<void> {
  await deriveInsert({ clickhouse, tenant, signal: undefined }, 'derive/mark-events', { import_id: importId })
}
