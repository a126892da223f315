import { z } from 'zod'
import type { Query, TenantReader } from './run.ts'

const none = z.object({})

const SOURCES = {
  name: 'read/sources',
  params: none,
  row: z.object({
    source: z.string(),
    events: z.number(),
    objects: z.number(),
    unmapped: z.number(),
    first_at: z.string(),
    last_at: z.string(),
    last_received_at: z.string(),
    events_24h: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const UNMAPPED = {
  name: 'read/unmapped-activities',
  params: none,
  row: z.object({ activity: z.string(), events: z.number(), source: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CONFLICTS = {
  name: 'read/conflicts',
  params: none,
  row: z.object({
    event_id: z.string(),
    natural_id: z.string(),
    source: z.string(),
    copies: z.number(),
    first_received_at: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CORRECTIONS = {
  name: 'read/corrections',
  params: none,
  row: z.object({ corrections: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * What arrived from where: sources with what they ever sent (`events_24h` by arrival, to the hour), the 200 most frequent activities without
 * a canonical name, the 200 latest conflicts (one identity, several contents), and the number of corrections. Events and objects are
 * counted once each, exactly up to a thousand of an activity, estimated to about 1 % beyond.
 */
export async function sources(reader: TenantReader) {
  const [rows, unmapped, conflicts, corrections] = await Promise.all([
    reader.rows(SOURCES, {}),
    reader.rows(UNMAPPED, {}),
    reader.rows(CONFLICTS, {}),
    reader.rows(CORRECTIONS, {}),
  ])
  return {
    sources: rows,
    unmapped,
    conflicts,
    corrections: corrections[0]?.corrections ?? 0,
  }
}
