import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from '../platform/postgres/client.ts'
import { asStoreError, sqlText } from '../queries/run.ts'
import { changeLetters } from './dead-letters.ts'
import { inTurnOfLetters } from './letter-turn.ts'
import { inParts } from './settle.ts'

/**
 * Takes bytes and headers of dead letters off the disk. The letters stay with coordinates and reason, so that the ledger still
 * balances. Purging again changes nothing.
 *
 * @param note who did it and why; it stays with each letter
 * @throws SightlineError `store_unavailable`
 */
export async function purgeLetters(
  stores: { clickhouse: ClickHouseClient; db: Db },
  tenant: TenantId,
  ids: readonly string[],
  note: string,
  now: Instant,
): Promise<void> {
  if (ids.length === 0) return
  const { clickhouse, db } = stores
  await inTurnOfLetters(db, tenant, async () => {
    await changeLetters(clickhouse, tenant, ids, { state: 'purged', note, replayed: false, now })
    try {
      for (const part of inParts(ids, (id) => id))
        await clickhouse.command({
          query: sqlText('remove/letter-bytes'),
          query_params: { tenant_id: tenant, ids: part },
          clickhouse_settings: { mutations_sync: '1' },
        })
    } catch (error) {
      throw asStoreError(error, 'the purge of dead letters')
    }
  })
}
