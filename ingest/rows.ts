import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../model/instant.ts'
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
  wait_end_of_query: 1,
} as const

/** How long an insert is repeated while ClickHouse is away: a number of attempts, or until a signal aborts. */
export type Patience = { attempts: number } | { until: AbortSignal; onRetry(error: unknown): void }

/**
 * Inserts lines of `FORMAT JSONCompactEachRow` as one block. Repeats it with the same lines and token while ClickHouse is unreachable,
 * busy or broken.
 *
 * @param token unique for these very lines: ClickHouse drops a second block of the same token silently
 * @returns the positions of lines that the table refuses for their content, with the reason; all others are durable
 * @throws SightlineError `store_unavailable` when the patience is over
 */
export async function insertRows(
  clickhouse: ClickHouseClient,
  into: { table: string; columns: readonly string[] },
  lines: readonly string[],
  token: string,
  patience: Patience,
): Promise<{ at: number; reason: string }[]> {
  if (lines.length === 0) return []
  const body = Buffer.from(lines.join('\n'))
  for (let attempt = 1; ; attempt++) {
    try {
      const { stream } = await clickhouse.exec({
        query: `INSERT INTO sightline.${into.table} (${into.columns.join(', ')}) FORMAT JSONCompactEachRow`,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
      })
      await finished(stream.resume())
      return []
    } catch (error) {
      if (isDataError(error)) return bisect(clickhouse, into, lines, token, patience, error)
      await waitOrGiveUp(error, attempt, patience, `the insert into ${into.table}`)
    }
  }
}

/** Halves a block that holds a line the table refuses, until the line is alone. The halves are named after the whole. */
async function bisect(
  clickhouse: ClickHouseClient,
  into: { table: string; columns: readonly string[] },
  lines: readonly string[],
  token: string,
  patience: Patience,
  error: unknown,
): Promise<{ at: number; reason: string }[]> {
  if (lines.length === 1) return [{ at: 0, reason: error instanceof Error ? error.message.slice(0, 500) : String(error) }]
  const half = Math.ceil(lines.length / 2)
  const left = await insertRows(clickhouse, into, lines.slice(0, half), `${token}/0`, patience)
  const right = await insertRows(clickhouse, into, lines.slice(half), `${token}/1`, patience)
  return [...left, ...right.map(({ at, reason }) => ({ at: at + half, reason }))]
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
