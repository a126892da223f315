import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

export const LETTER_STATES = ['open', 'replayed', 'purged'] as const

const letter = {
  letter_id: z.string(),
  feed: z.string(),
  received_at: z.string(),
  coordinates: z.string().transform((text): unknown => JSON.parse(text)),
  raw_bytes: z.number(),
  format: z.string(),
  code: z.string(),
  reason: z.string(),
  mapping: z.string(),
  mapping_version: z.number(),
  state: z.enum(LETTER_STATES),
  replays: z.number(),
  note: z.string(),
}

const LETTERS = {
  name: 'read/dead-letters',
  params: z.object({
    state: z.string(),
    feed: z.string(),
    code: z.string(),
    from: z.string(),
    to: z.string(),
    text: z.string(),
    ids: z.array(z.string()),
    after_at: z.string(),
    after_id: z.string(),
    limit: z.number(),
  }),
  row: z.object({ ...letter, beginning: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const LETTER = {
  name: 'read/dead-letter',
  params: z.object({ letter_id: z.string() }),
  row: z.object({
    ...letter,
    headers: z.string().transform((text): Record<string, string> => z.record(z.string(), z.string()).parse(JSON.parse(text))),
    /** Base64. */
    raw: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const COUNTS = {
  name: 'read/dead-letter-counts',
  params: z.object({}),
  row: z.object({
    feed: z.string(),
    code: z.string(),
    state: z.enum(LETTER_STATES),
    letters: z.number(),
    first_at: z.string(),
    last_at: z.string(),
    example: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

export type ListedLetter = z.output<typeof LETTERS.row>
export type WholeLetter = z.output<typeof LETTER.row>

/** Which letters: all fields optional; `text` looks into bytes, reason and coordinates. */
export type LetterFilter = {
  state?: string
  feed?: string
  code?: string
  from?: Instant
  to?: Instant
  text?: string
  ids?: readonly string[]
  /** Last letter of the page before. */
  after?: { received_at: string; letter_id: string }
  limit?: number
}

/** Dead letters of a tenant, newest first, without their bytes; at most `limit` (200). */
export function deadLetters(reader: TenantReader, filter: LetterFilter): Promise<ListedLetter[]> {
  const { state = '', feed = '', code = '', from, to, text = '', ids = [], after, limit = 200 } = filter
  return reader.rows(LETTERS, {
    state,
    feed,
    code,
    from: from === undefined ? '' : instantToClickHouse(from),
    to: to === undefined ? '' : instantToClickHouse(to),
    text,
    ids: [...ids],
    after_at: after?.received_at ?? '',
    after_id: after?.letter_id ?? '',
    limit,
  })
}

/** One dead letter with headers and bytes (base64); null where the tenant has none of this id. */
export async function deadLetter(reader: TenantReader, letterId: string): Promise<WholeLetter | null> {
  const [found] = await reader.rows(LETTER, { letter_id: letterId })
  return found ?? null
}

/** How many letters there are by feed, code and state. */
export function deadLetterCounts(reader: TenantReader): Promise<z.output<typeof COUNTS.row>[]> {
  return reader.rows(COUNTS, {})
}
