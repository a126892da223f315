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

const narrowing = {
  state: z.string(),
  feed: z.string(),
  code: z.string(),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  ids: z.array(z.string()),
  after_at: z.string(),
  after_id: z.string(),
}

const LETTERS = {
  name: 'read/dead-letters',
  params: z.object({ ...narrowing, limit: z.number() }),
  row: z.object({ ...letter, beginning: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const WHOLE = {
  name: 'read/dead-letters-whole',
  params: z.object({ ids: z.array(z.string()) }),
  row: z.object({
    ...letter,
    headers: z.string().transform((text): Record<string, string> => z.record(z.string(), z.string()).parse(JSON.parse(text))),
    /** Base64. */
    raw: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const COUNTS = {
  name: 'read/dead-letter-counts',
  params: z.object(narrowing),
  row: z.object({ feed: z.string(), code: z.string(), state: z.enum(LETTER_STATES), letters: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const OPEN_AT = {
  name: 'read/open-letters',
  params: z.object({ at: z.string() }),
  row: z.object({ feed: z.string(), code: z.string(), letters: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

export type ListedLetter = z.output<typeof LETTERS.row>
export type WholeLetter = z.output<typeof WHOLE.row>

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
  return reader.rows(LETTERS, { ...narrowed(filter), limit: filter.limit ?? 200 })
}

/** Dead letters with headers and bytes (base64); ids that the tenant has none of are left out. */
export function wholeLetters(reader: TenantReader, ids: readonly string[]): Promise<WholeLetter[]> {
  return reader.rows(WHOLE, { ids: [...ids] })
}

/** How many letters a filter finds, by feed, code and state; `limit` does not count. */
export function deadLetterCounts(reader: TenantReader, filter: LetterFilter): Promise<z.output<typeof COUNTS.row>[]> {
  return reader.rows(COUNTS, narrowed(filter))
}

/** How many letters were open at an instant, by feed and code; one that waited, was given up and waits again counts for all the time. */
export function openLetters(reader: TenantReader, at: Instant): Promise<z.output<typeof OPEN_AT.row>[]> {
  return reader.rows(OPEN_AT, { at: instantToClickHouse(at) })
}

function narrowed({ state = '', feed = '', code = '', from, to, text = '', ids = [], after }: LetterFilter) {
  return {
    state,
    feed,
    code,
    from: from === undefined ? '' : instantToClickHouse(from),
    to: to === undefined ? '' : instantToClickHouse(to),
    text,
    ids: [...ids],
    after_at: after?.received_at ?? '',
    after_id: after?.letter_id ?? '',
  }
}
