import { isUtf8 } from 'node:buffer'
import { purgeLetters } from '../../ingest/purge-letters.ts'
import { createJudge } from '../../ingest/judge.ts'
import { createMappings } from '../../ingest/payload/catalogue.ts'
import { replayLetters } from '../../ingest/replay.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { recordAudit } from '../../platform/audit.ts'
import { SightlineError } from '../../platform/errors.ts'
import type { Db } from '../../platform/postgres/client.ts'
import {
  deadLetterCounts,
  deadLetters,
  type LetterFilter,
  type ListedLetter,
  type WholeLetter,
  wholeLetters,
} from '../../queries/dead-letters.ts'
import type { TenantReader } from '../../queries/run.ts'
import type { Access } from '../auth.ts'
import {
  Letter,
  LETTER_STATES,
  LetterId,
  LetterPurge,
  LetterPurged,
  LetterReplay,
  LetterReplayed,
  Letters,
  LettersExportQuery,
  LettersQuery,
} from '../contract/dead-letters.ts'
import { type Route, route } from '../route.ts'
import { openWindow } from '../window.ts'

const tag = 'Data'

export const deadLetterRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/dead-letters',
    tag,
    summary: 'Records that could not be read, newest first, with counts by state, reason and feed',
    query: LettersQuery,
    response: Letters,
    handle: async ({ reader, query }) => {
      const { limit } = query
      const found = filterOf(query)
      const { state: _any, ...others } = found
      const [letters, counts] = await Promise.all([
        deadLetters(reader, { ...found, ...cursorOf(query.after), limit: limit + 1 }),
        deadLetterCounts(reader, others),
      ])
      const chosen = counts.filter(({ state }) => query.state === 'all' || state === query.state)
      return {
        letters: letters.slice(0, limit).map((letter) => ({ ...listed(letter), preview: printable(letter.beginning) })),
        next: letters.length > limit ? cursorAfter(letters[limit - 1]) : null,
        total: sum(chosen),
        states: LETTER_STATES.map((state) => ({ state, letters: sum(counts.filter((one) => one.state === state)) })),
        codes: [...Map.groupBy(chosen, ({ code }) => code)]
          .map(([code, ofCode]) => ({ code, letters: sum(ofCode) }))
          .toSorted((a, b) => b.letters - a.letters),
        feeds: [...Map.groupBy(chosen, ({ feed }) => feed)]
          .map(([feed, ofFeed]) => ({ feed, letters: sum(ofFeed) }))
          .toSorted((a, b) => b.letters - a.letters),
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/dead-letters/export',
    tag,
    summary: 'Dead letters with their bytes, newest first, one a line',
    media: 'ndjson',
    query: LettersExportQuery,
    response: Letter,
    handle: ({ reader, query }) => Promise.resolve(allWhole(reader, filterOf(query))),
  }),
  route({
    method: 'get',
    path: '/v1/dead-letters/{id}',
    tag,
    summary: 'One dead letter with its bytes, headers and coordinates',
    params: LetterId,
    response: Letter,
    handle: async ({ reader, params: { id } }) => {
      const [found] = await wholeLetters(reader, [id])
      if (found === undefined)
        throw new SightlineError('not_found', 'This tenant has no such dead letter.', {
          next: 'GET /v1/dead-letters lists them.',
        })
      return whole(found)
    },
  }),
  route({
    method: 'post',
    path: '/v1/dead-letters/replay',
    tag,
    summary: 'Read dead letters again, as their source is read now; repeating it changes nothing',
    scope: 'admin',
    body: LetterReplay,
    response: LetterReplayed,
    handle: async ({ reader, services, access, tenant, body }) => {
      const { letters, next, remaining } = await chosenLetters(reader, body)
      const { clickhouse, postgres } = services.stores
      const results = await replayLetters(
        {
          clickhouse: clickhouse.writer,
          reader,
          db: postgres.db,
          writer: services.writer,
          judge: createJudge({ mappings: createMappings(postgres.db), log: services.log }),
          now: () => services.now(),
        },
        letters,
        { mapping: body.mapping, dryRun: body.dry_run, note: `replayed by ${access.name}` },
      )
      const counts = { stored: 0, duplicate: 0, conflict: 0, ignored: 0, rejected: 0, skipped: 0 }
      for (const { outcome } of results) counts[outcome]++
      if (!body.dry_run)
        await auditLetters(
          postgres.db,
          'replayed',
          results.length,
          { access, tenant, body },
          { counts, mapping: body.mapping ?? null },
        )
      return { dry_run: body.dry_run, counts, results, next, remaining }
    },
  }),
  route({
    method: 'post',
    path: '/v1/dead-letters/purge',
    tag,
    summary: 'Take the bytes of dead letters off the disk; the letters stay, so that the ledger balances',
    scope: 'admin',
    body: LetterPurge,
    response: LetterPurged,
    handle: async ({ reader, services, access, tenant, body }) => {
      const { letters, next, remaining } = await chosenLetters(reader, body)
      const ids = letters.filter(({ state }) => state !== 'purged').map(({ letter_id }) => letter_id)
      const { clickhouse, postgres } = services.stores
      const note = `purged by ${access.name}: ${body.reason}`
      await purgeLetters({ clickhouse: clickhouse.writer, db: postgres.db }, tenant, ids, note, services.now())
      const detail = { letters: ids.length, reason: body.reason }
      await auditLetters(postgres.db, 'purged', ids.length, { access, tenant, body }, detail)
      return { purged: ids.length, next, remaining }
    },
  }),
]

type Filter = {
  state: string
  feed?: string | undefined
  code?: string | undefined
  q?: string | undefined
  from?: Instant | undefined
  to?: Instant | undefined
}

/** @throws SightlineError `parameter_invalid` when the window runs backwards */
function filterOf(query: Filter): LetterFilter {
  const { from, to } = openWindow(query)
  return {
    ...(query.state === 'all' ? {} : { state: query.state }),
    ...(query.feed === undefined ? {} : { feed: query.feed }),
    ...(query.code === undefined ? {} : { code: query.code }),
    ...(query.q === undefined ? {} : { text: query.q }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/** The letters of one call, and where the next one goes on. */
async function chosenLetters(
  reader: TenantReader,
  body: { ids?: string[] | undefined; filter?: Filter | undefined; after?: string | undefined; limit: number },
): Promise<{ letters: ListedLetter[]; next: string | null; remaining: number }> {
  if (body.filter === undefined) {
    const ids = [...new Set(body.ids)]
    const letters = await deadLetters(reader, { ids, limit: ids.length })
    if (letters.length < ids.length)
      throw new SightlineError('not_found', `This tenant has no dead letter ${ids.find((id) => !hasId(letters, id)) ?? ''}.`)
    return { letters, next: null, remaining: 0 }
  }
  const filter = filterOf(body.filter)
  const letters = await deadLetters(reader, { ...filter, ...cursorOf(body.after), limit: body.limit + 1 })
  if (letters.length <= body.limit) return { letters, next: null, remaining: 0 }
  const chosen = letters.slice(0, body.limit)
  const last = chosen.at(-1)
  const next = cursorAfter(last)
  // Behind the last one lies what arrived with it or before.
  const counts = await deadLetterCounts(reader, { ...filter, ...cursorOf(next) })
  return { letters: chosen, next, remaining: sum(counts) }
}

/** Letters of one read of an export; each holds at most 1 MiB. */
const EXPORTED = 16

async function* allWhole(reader: TenantReader, filter: LetterFilter) {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const letters = await deadLetters(reader, { ...filter, ...cursorOf(cursor), limit: EXPORTED })
    const found = new Map(
      (
        await wholeLetters(
          reader,
          letters.map(({ letter_id }) => letter_id),
        )
      ).map((one) => [one.letter_id, one]),
    )
    for (const { letter_id } of letters) {
      const letter = found.get(letter_id)
      if (letter !== undefined) yield whole(letter)
    }
    cursor = letters.length < EXPORTED ? null : cursorAfter(letters.at(-1))
  }
}

function hasId(letters: readonly ListedLetter[], id: string): boolean {
  return letters.some((letter) => letter.letter_id === id.toLowerCase())
}

function cursorAfter(letter: ListedLetter | undefined): string | null {
  return letter === undefined ? null : `${letter.received_at}~${letter.letter_id}`
}

const CURSOR = /^(\d{4}-\d{2}-\d{2}T[\d:.]{8,15}Z)~([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/u

/** @throws SightlineError `parameter_invalid` */
function cursorOf(text: string | null | undefined): Pick<LetterFilter, 'after'> {
  if (text === undefined || text === null) return {}
  const [, received_at, letter_id] = CURSOR.exec(text) ?? []
  if (received_at === undefined || letter_id === undefined)
    throw new SightlineError('parameter_invalid', '"after" is no cursor.', { next: 'Take `next` of the answer before.' })
  return { after: { received_at, letter_id } }
}

function sum(counts: readonly { letters: number }[]): number {
  return counts.reduce((total, { letters }) => total + letters, 0)
}

/** Notes who did what to which letters; nothing where there were none. */
async function auditLetters(
  db: Db,
  done: 'replayed' | 'purged',
  count: number,
  by: { access: Access; tenant: TenantId; body: { ids?: string[] | undefined; filter?: Filter | undefined } },
  detail: Record<string, unknown>,
): Promise<void> {
  if (count === 0) return
  const { ids = [], filter } = by.body
  await recordAudit(db, {
    actor: by.access.keyId,
    tenantId: by.tenant,
    action: `dead_letters.${done}`,
    subject: ids.length === 1 ? `letter ${ids[0]}` : `${count} letters`,
    detail: { ...detail, ...(filter === undefined ? { ids } : { filter }) },
  })
}

function listed(letter: Omit<ListedLetter, 'beginning'>) {
  const { letter_id, feed, received_at, coordinates, format, code, reason, mapping, mapping_version, state, replays, note } =
    letter
  return {
    id: letter_id,
    feed,
    received_at,
    coordinates,
    format,
    code,
    reason,
    mapping,
    mapping_version,
    state,
    replays,
    note,
    raw_bytes: letter.raw_bytes,
  }
}

/** A letter as the API shows it: its record as text where it is text. */
function whole(letter: WholeLetter) {
  const raw = Buffer.from(letter.raw, 'base64')
  const text = isUtf8(raw)
  return {
    ...listed(letter),
    headers: letter.headers,
    raw: text ? raw.toString('utf8') : letter.raw,
    encoding: text ? 'utf8' : 'base64',
    truncated: letter.state !== 'purged' && raw.length < letter.raw_bytes,
  }
}

/** The beginning of a record for a list: bytes that are no text are shown as dots. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\uFFFD]+/gu, (found) => (/^[\t\r\n]+$/u.test(found) ? ' ' : '·'))
}
