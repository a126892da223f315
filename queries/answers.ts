import { z } from 'zod'
import { type Instant, instantToIso } from '../model/instant.ts'
import type { Db } from '../platform/postgres/client.ts'
import { derivationOf } from './derive/derive.ts'
import type { Query, TenantReader } from './run.ts'

const ANSWERS = {
  name: 'read/answers',
  params: z.object({ fresh_until: z.number(), settled_until: z.number() }),
  row: z.object({ changed: z.number(), unsettled: z.number(), last_us: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * How far the answers of a tenant are behind its events. `computed_until` is null where nothing was ever computed; `changed` documents wait
 * for their first computing since they changed, `unsettled` ones for that or for the second look that comes half a minute later.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function answersState(reader: TenantReader, db: Db) {
  const state = await derivationOf({ db }, reader.tenant)
  const [row] = await reader.rows(ANSWERS, { fresh_until: state.freshUntil, settled_until: state.settledUntil })
  return {
    computed_until: isoOf(state.freshUntil),
    changed: row?.changed ?? 0,
    unsettled: row?.unsettled ?? 0,
    last_change_at: isoOf(row?.last_us ?? 0),
  }
}

function isoOf(at: Instant): string | null {
  return at === 0 ? null : instantToIso(at)
}
