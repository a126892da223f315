import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../model/instant.ts'
import { encodeNative, type NativeColumn } from '../platform/clickhouse/native.ts'
import { SightlineError } from '../platform/errors.ts'
import { asStoreError, isDataError, isUnavailable } from '../queries/run.ts'

/** Insert settings that keep one insert one block, durable when acknowledged, and safe to repeat with its token. */
const INSERT_SETTINGS = {
  async_insert: 0,
  input_format_parallel_parsing: 0,
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  max_partitions_per_insert_block: '0',
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // Copies inside a block are told apart by merges and by reads: looking for them in each insert costs more than the rest of it.
  optimize_on_insert: 0,
  wait_end_of_query: 1,
} as const

/** How long an insert is repeated while ClickHouse is away: a number of attempts, or until a signal aborts. */
export type Patience = { attempts: number } | { until: AbortSignal; onRetry(error: unknown): void }

/** Rows that were refused for their content, by position. */
export type RefusedRow = { at: number; reason: string }

/**
 * Inserts rows as one block, laid out as {@link encodeNative} says: the block names its columns itself. Repeats it with the same bytes and
 * token while ClickHouse is unreachable, busy or broken.
 *
 * @param rows values in the order of the columns
 * @param token unique for these very rows: ClickHouse drops a second block of the same token silently
 * @returns the positions of rows that the table refuses for their content, with the reason; all others are durable
 * @throws SightlineError `store_unavailable` when the patience is over
 */
export function insertValues(
  clickhouse: ClickHouseClient,
  into: { table: string; columns: readonly string[] },
  rows: readonly (readonly unknown[])[],
  token: string,
  patience: Patience,
): Promise<RefusedRow[]> {
  const encode = async (from: number, to: number) =>
    encodeNative(await columnTypes(clickhouse, into, patience), from === 0 && to === rows.length ? rows : rows.slice(from, to))
  return insertBlock(clickhouse, { table: into.table, encode }, [0, rows.length], token, patience)
}

/**
 * As {@link insertValues} for rows that are laid out already, in pieces of {@link encodeNative}: what waits for its turn is bytes and no
 * objects.
 *
 * @returns the positions of pieces that the table refuses
 */
export function insertPieces(
  clickhouse: ClickHouseClient,
  into: { table: string; columns: readonly string[] },
  pieces: readonly Buffer[],
  token: string,
  patience: Patience,
): Promise<RefusedRow[]> {
  const encode = (from: number, to: number) => Promise.resolve(Buffer.concat(pieces.slice(from, to)))
  return insertBlock(clickhouse, { table: into.table, encode }, [0, pieces.length], token, patience)
}

type Block = {
  table: string
  /** The rows from one position up to another. */
  encode(from: number, to: number): Promise<Buffer>
}

async function insertBlock(
  clickhouse: ClickHouseClient,
  block: Block,
  [from, to]: readonly [number, number],
  token: string,
  patience: Patience,
): Promise<RefusedRow[]> {
  if (from === to) return []
  let body: Buffer | undefined
  for (let attempt = 1; ; attempt++) {
    try {
      body ??= await block.encode(from, to)
      const { stream } = await clickhouse.exec({
        query: 'INSERT INTO {table:Identifier} FORMAT Native',
        query_params: { table: block.table },
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
        ...whileWanted(signalOf(patience)),
      })
      await finished(stream.resume())
      return []
    } catch (error) {
      if (isDataError(error) || error instanceof RangeError) {
        if (to - from === 1) return [{ at: from, reason: error instanceof Error ? error.message.slice(0, 500) : String(error) }]
        // Halves until the refused row is alone; they are named after the whole, which has a name only where it must have one.
        const named = (part: number) => (token === '' ? '' : `${token}/${part}`)
        const half = from + Math.ceil((to - from) / 2)
        const left = await insertBlock(clickhouse, block, [from, half], named(0), patience)
        const right = await insertBlock(clickhouse, block, [half, to], named(1), patience)
        return [...left, ...right]
      }
      await waitOrGiveUp(error, attempt, patience, `the insert into ${block.table}`)
    }
  }
}

/**
 * The settings of a request that is not waited for once its signal aborts, even where ClickHouse hangs; it may take effect all the same.
 *
 * @throws what the signal was aborted with
 */
export function whileWanted(signal: AbortSignal | undefined): { abort_signal?: AbortSignal } {
  // The client does not look at one that aborted before.
  signal?.throwIfAborted()
  return signal === undefined ? {} : { abort_signal: signal }
}

/** What ends a patience; undefined where it ends by itself. */
export function signalOf(patience: Patience): AbortSignal | undefined {
  return 'until' in patience ? patience.until : undefined
}

const knownTypes = new WeakMap<ClickHouseClient, Map<string, readonly NativeColumn[]>>()

/** The types of a table's columns, asked once a client. */
export async function columnTypes(
  clickhouse: ClickHouseClient,
  { table, columns }: { table: string; columns: readonly string[] },
  patience: Patience,
): Promise<readonly NativeColumn[]> {
  const known = knownTypes.get(clickhouse) ?? new Map<string, readonly NativeColumn[]>()
  knownTypes.set(clickhouse, known)
  const key = `${table} ${columns.join()}`
  const held = known.get(key)
  if (held !== undefined) return held
  const answer = await clickhouse.query({
    query: `SELECT name, type FROM system.columns WHERE database = 'sightline' AND table = {table:String}`,
    query_params: { table },
    format: 'JSONEachRow',
    ...whileWanted(signalOf(patience)),
  })
  const types = new Map((await answer.json<NativeColumn>()).map(({ name, type }) => [name, type]))
  const found = columns.map((name) => {
    const type = types.get(name)
    if (type === undefined) throw new Error(`table ${table} has no column ${name}`)
    return { name, type }
  })
  known.set(key, found)
  return found
}

/** Runs a step that may be repeated as a whole, with the same patience as an insert. */
export async function withPatience<T>(what: string, patience: Patience, step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step()
    } catch (error) {
      await waitOrGiveUp(error, attempt, patience, what)
    }
  }
}

const LONGEST_WAIT_MS = 5000

async function waitOrGiveUp(error: unknown, attempt: number, patience: Patience, what: string): Promise<void> {
  const wait = Math.min(100 * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + Math.random())
  if ('attempts' in patience) {
    if (attempt >= patience.attempts) throw isUnavailable(error) ? asStoreError(error, what) : cannotStore(error)
    await sleep(wait)
    return
  }
  patience.until.throwIfAborted()
  patience.onRetry(error)
  await sleep(wait, undefined, { signal: patience.until })
}

/** A store that answers and still does not take rows – a view is broken, a table is locked – will take the same rows later. */
function cannotStore(error: unknown): SightlineError {
  const said = error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 200) : String(error)
  return new SightlineError('store_unavailable', `ClickHouse cannot store events right now: ${said}`, {
    next: 'Send the same request again after the time in Retry-After.',
    retryAfterS: 5,
    cause: error,
  })
}

/** The minute of an instant as ClickHouse reads a `DateTime`: seconds since 1970. */
export function minuteOf(at: Instant): number {
  return Math.floor(at / 60e6) * 60
}
