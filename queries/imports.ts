import type { ClickHouseClient } from '@clickhouse/client'
import type { TenantId } from '../model/tenant.ts'
import { asStoreError, sqlText } from './run.ts'

/** Tables that hold rows of an import. */
const STATEMENTS = [
  'remove/corrections',
  'remove/exception-roots',
  'remove/object-state',
  'remove/object-events',
  'remove/events',
] as const

/**
 * Removes what an import brought, the truth last, so that an undo that breaks off can be repeated. Events that another source had
 * brought first stay: their rows carry no such import.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function removeImport(writer: ClickHouseClient, tenant: TenantId, importId: string): Promise<void> {
  for (const name of STATEMENTS) {
    await writer
      .command({
        query: sqlText(name),
        query_params: { tenant_id: tenant, import_id: importId },
        clickhouse_settings: { mutations_sync: '1', lightweight_deletes_sync: '1' },
      })
      .catch((error: unknown) => {
        throw asStoreError(error, name)
      })
  }
}
