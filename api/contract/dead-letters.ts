import { z } from 'zod'
import { cleanText, InstantText } from './common.ts'

export const LETTER_STATES = ['open', 'replayed', 'purged'] as const

/** Letters of one call of replay or purge; larger amounts go in parts, by the cursor of the answer. */
export const LETTER_PART = 500

/** Which letters; what is left out does not narrow. */
const FILTER = {
  state: z.enum([...LETTER_STATES, 'all']).default('open'),
  feed: z.string().max(200).optional(),
  code: z.string().max(200).optional().describe('stable code of the reason'),
  q: cleanText(200).optional().describe('text in the reason, the coordinates or the record itself; case does not matter'),
  from: InstantText.optional().describe('start of arrival, inclusive'),
  to: InstantText.optional().describe('end of arrival, exclusive'),
}

export const LettersQuery = z.object({
  ...FILTER,
  after: z.string().max(200).optional().describe('cursor: `next` of the answer before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const LettersExportQuery = z.object(FILTER)
export const LetterId = z.object({ id: z.uuid() })

export const Coordinates = z.union([
  z.object({ cluster: z.string(), topic: z.string(), epoch: z.int(), partition: z.int(), offset: z.string() }),
  z.object({ request: z.string(), index: z.int() }),
])

const LETTER = {
  id: z.string(),
  feed: z.string(),
  received_at: z.string(),
  coordinates: Coordinates.describe('where the record lies: in Kafka, or in a request'),
  format: z.string().describe('how it was read'),
  code: z.string(),
  reason: z.string(),
  mapping: z.string().describe('mapping that was applied; empty for none'),
  mapping_version: z.int().describe('0 for none'),
  state: z.enum(LETTER_STATES),
  replays: z.int(),
  note: z.string().describe('who changed the state, and why'),
  raw_bytes: z.int().describe('size of the record as it came'),
}

/** Records that could not be read, newest first, with counts over everything that the filter finds. */
export const Letters = z
  .object({
    letters: z.array(z.object({ ...LETTER, preview: z.string().describe('beginning of the record, as text') })),
    next: z.string().nullable(),
    total: z.int().describe('letters that the filter finds, of the chosen state'),
    states: z.array(z.object({ state: z.enum(LETTER_STATES), letters: z.int() })).describe('by state, whichever is chosen'),
    codes: z.array(z.object({ code: z.string(), letters: z.int() })),
    feeds: z.array(z.object({ feed: z.string(), letters: z.int() })),
  })
  .meta({ id: 'Letters' })
export type Letters = z.output<typeof Letters>

export const Letter = z
  .object({
    ...LETTER,
    headers: z.record(z.string(), z.string()).describe('without credentials'),
    raw: z.string().describe('the record: text, or base64 where it is no UTF-8; empty once purged'),
    encoding: z.enum(['utf8', 'base64']),
    truncated: z.boolean().describe('only the beginning of a very large record is kept, and it cannot be replayed'),
  })
  .meta({ id: 'Letter' })
export type Letter = z.output<typeof Letter>

const Chosen = {
  ids: z.array(z.uuid()).min(1).max(LETTER_PART).optional().describe(`these letters, at most ${LETTER_PART}`),
  filter: z
    .object({ ...FILTER, state: z.enum(['open', 'replayed']).default('open') })
    .optional()
    .describe(`all that it finds, newest first, ${LETTER_PART} a call`),
  after: z.string().max(200).optional().describe('with `filter`: `next` of the answer before'),
  limit: z.int().min(1).max(LETTER_PART).default(LETTER_PART).describe('with `filter`: letters of this call'),
}

const oneOf = (body: { ids?: unknown; filter?: unknown }) => (body.ids === undefined) !== (body.filter === undefined)
const ONE_OF = { error: 'needs either "ids" or "filter"' }

export const LetterReplay = z
  .object({
    ...Chosen,
    mapping: z
      .object({ name: cleanText(200).min(1), version: z.int().min(1).optional() })
      .optional()
      .describe("this mapping in place of the one that the letter's source has now"),
    dry_run: z.boolean().default(false).describe('says what would become of each, and changes nothing'),
  })
  .refine(oneOf, ONE_OF)

/**
 * stored: its events are there now · duplicate: they were there already · conflict: another content is there under the identity, and
 * this one is kept beside it · ignored: the mapping leaves the record out · rejected: it still cannot be read · skipped: purged, or
 * not replayable
 */
export const REPLAY_OUTCOMES = ['stored', 'duplicate', 'conflict', 'ignored', 'rejected', 'skipped'] as const

export const LetterReplayed = z
  .object({
    dry_run: z.boolean(),
    counts: z.object({
      stored: z.int(),
      duplicate: z.int(),
      conflict: z.int(),
      ignored: z.int(),
      rejected: z.int(),
      skipped: z.int(),
    }),
    results: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(REPLAY_OUTCOMES),
        events: z.array(z.object({ event_id: z.string(), activity: z.string(), object: z.string() })),
        code: z.string().describe('of the reason; empty where it was read'),
        reason: z.string(),
        mapping: z.string(),
        mapping_version: z.int(),
      }),
    ),
    next: z.string().nullable().describe('with `filter`: cursor of the next part; null when all were done'),
    remaining: z.int().describe('with `filter`: letters after this part'),
  })
  .meta({ id: 'LetterReplayed' })
export type LetterReplayed = z.output<typeof LetterReplayed>

export const LetterPurge = z
  .object({ ...Chosen, reason: cleanText(500).min(3).describe('why; kept in the audit and with each letter') })
  .refine(oneOf, ONE_OF)

/** The bytes are gone; the letters stay, without them, so that the ledger still balances. */
export const LetterPurged = z
  .object({ purged: z.int(), next: z.string().nullable(), remaining: z.int() })
  .meta({ id: 'LetterPurged' })
export type LetterPurged = z.output<typeof LetterPurged>
