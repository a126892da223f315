import { z } from 'zod'
import type { TimeSpent } from '../model/alert-cause.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const SPENT = {
  name: 'alerts/time-spent',
  params: z.object({ types: z.array(z.string()), ids: z.array(z.string()), documents: z.array(z.string()), at: z.string() }),
  row: z.object({
    document: z.string(),
    cause: z.string(),
    us: z.number(),
    waits_now: z.union([z.boolean(), z.number()]).transform(Boolean),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Where the time of documents went up to an instant, by `type/id`; those whose time is charged to nothing are left out. */
export async function timeSpent(
  reader: TenantReader,
  documents: readonly { type: string; id: string }[],
  at: Instant,
): Promise<Map<string, TimeSpent[]>> {
  if (documents.length === 0) return new Map()
  const rows = await reader.rows(SPENT, {
    types: [...new Set(documents.map(({ type }) => type))],
    ids: [...new Set(documents.map(({ id }) => id))],
    documents: [...new Set(documents.map(({ type, id }) => `${type}/${id}`))],
    at: instantToClickHouse(at),
  })
  return Map.groupBy(rows, ({ document }) => document)
}
