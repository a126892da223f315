import { z } from 'zod'
import type { Query, TenantReader } from './run.ts'

const KNOWN = {
  name: 'read/known-events',
  params: z.object({ ids: z.array(z.string()) }),
  row: z.object({ event_id: z.string(), contents: z.array(z.string()), minutes: z.array(z.number()) }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Ids of one read: a parameter of a statement is at most 128 KiB. */
const IDS = 1000

/** What is stored of events: content hashes, and the minutes (seconds since 1970) in which they arrived, by event id. */
export async function knownEvents(
  reader: TenantReader,
  ids: readonly string[],
): Promise<Map<string, { contents: Set<string>; minutes: number[] }>> {
  const found = new Map<string, { contents: Set<string>; minutes: number[] }>()
  for (let at = 0; at < ids.length; at += IDS)
    for (const { event_id, contents, minutes } of await reader.rows(KNOWN, { ids: ids.slice(at, at + IDS) }))
      found.set(event_id, { contents: new Set(contents), minutes })
  return found
}
