import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { TenantId } from '../../model/tenant.ts'

/** A row of reference data; instants ISO 8601, `to` exclusive and missing while it holds. */
export type StatedReference = { kind: string; key: string; from: string; to?: string | undefined; body: Record<string, unknown> }

/** Puts reference data where controls and KPIs read it. */
export async function storeReference(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  rows: readonly StatedReference[],
): Promise<void> {
  await clickhouse.insert({
    table: 'reference',
    values: rows.map(({ kind, key, from, to, body }) => ({
      tenant_id: tenant,
      kind,
      key,
      valid_from: from,
      valid_to: to ?? '2250-01-01T00:00:00Z',
      row_id: randomUUID(),
      body: JSON.stringify(body),
      version: 1,
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}
