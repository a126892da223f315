import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'

/** A read as a value: a file of SQL, the shape of its parameters and of its rows. */
export type Query<P extends z.ZodRawShape, R extends z.ZodType> = {
  /** Path under `queries/` without `.sql`, which also tags the query in the server's log: `process/summary`. */
  name: string
  /** SQL that stands in the places of lines `-- include {name}`: texts of other files, never of a person. */
  parts?: SqlParts
  params: z.ZodObject<P>
  row: R
}

/**
 * Runs a query and validates its rows.
 *
 * @throws SightlineError `store_unavailable` when ClickHouse does not answer; any other failure is a defect and keeps its cause
 */
type Rows = <P extends z.ZodRawShape, R extends z.ZodType>(
  query: Query<P, R>,
  params: z.input<z.ZodObject<P>>,
) => Promise<z.output<R>[]>

/** Reads of one tenant, as the read-only user, under the row policy. */
export type TenantReader = { tenant: TenantId; rows: Rows }

/** Reads of several tenants at once, as the user that compares them, under its row policy. */
export type PortfolioReader = { tenants: readonly TenantId[]; rows: Rows }

/** SQL by the name of the place that it takes: made of files only. */
export type SqlParts = Readonly<Record<string, string>>

const texts = new Map<string, string>()
const INCLUDE = /^( *)-- include ([a-z/-]+)(,?)$/gmu
const PLACE = /^( *)-- include \{([a-z_]+)\}(,?)$/gmu

/**
 * The text of `queries/<name>.sql`, read once, with the files that lines `-- include <name>` stand for in their places, and the parts that
 * lines `-- include {part}` name in theirs.
 */
export function sqlText(name: string, parts: SqlParts = {}): string {
  let text = texts.get(name)
  if (text === undefined) {
    text = readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8').replace(
      INCLUDE,
      (_line, indent: string, part: string, comma: string) => `${indented(sqlText(part), indent)}${comma}`,
    )
    texts.set(name, text)
  }
  return text.replace(PLACE, (_line, indent: string, place: string, comma: string) => {
    const part = parts[place]
    if (part === undefined) throw new Error(`queries/${name}.sql needs SQL for {${place}}`)
    return `${indented(part, indent)}${comma}`
  })
}

/** A line that narrows by a parameter where it says something. */
export const NARROWING = /^ *AND \(\{(\w+):String\} = '' OR .*\)\n/gmu

/** The text that is sent: lines that narrow by nothing change no answer, and resolving them takes as long as reading. */
function statementOf(text: string, params: Readonly<Record<string, unknown>>): string {
  return text.replace(NARROWING, (line, name: string) => (params[name] === '' ? '' : line))
}

function indented(text: string, indent: string): string {
  return text.trimEnd().replace(/^(?=.)/gmu, indent)
}

/**
 * Binds reads to one verified tenant. The tenant goes in last and twice: as the parameter `tenant_id` that the SQL names, and as the
 * header that the row policy of the read-only user compares, so that neither a forgotten condition nor a parameter of the same name
 * can widen a read.
 */
export function tenantReader(reader: ClickHouseClient, tenant: TenantId): TenantReader {
  return { tenant, rows: boundRows(reader, { tenant_id: tenant }, { 'x-tenant-id': tenant }) }
}

/**
 * Binds reads to a verified list of tenants, as `tenantReader` does to one: as the parameter `tenant_ids` and as the header that the row
 * policies of the user compare. It reads the few tables that tenants are compared by.
 */
export function portfolioReader(portfolio: ClickHouseClient, tenants: readonly TenantId[]): PortfolioReader {
  return { tenants, rows: boundRows(portfolio, { tenant_ids: [...tenants] }, { 'x-tenant-ids': tenants.join(',') }) }
}

function boundRows(client: ClickHouseClient, whose: Record<string, unknown>, headers: Record<string, string>): Rows {
  return async (query, params) => {
    const bound = query.params.parse(params)
    const ask = (): Promise<unknown[]> =>
      client
        .query({
          query: statementOf(sqlText(query.name, query.parts), bound),
          query_id: `${query.name.replaceAll('/', '.')}:${randomUUID()}`,
          query_params: { ...bound, ...whose },
          http_headers: headers,
          format: 'JSONEachRow',
        })
        .then((result) => result.json())
    const answer = await ask()
      // Either end may close a connection that lay idle just as it is taken again. A read changes nothing, so it is asked once more.
      .catch((error: unknown) => (isReset(error) ? ask() : Promise.reject(error)))
      .catch((error: unknown) => {
        throw asStoreError(error, query.name)
      })
    const read = z.array(query.row).safeParse(answer)
    // Ours to mend, not what the caller asked for wrongly.
    if (!read.success)
      throw new Error(`${query.name} gave rows of another shape: ${z.prettifyError(read.error)}`, { cause: read.error })
    return read.data
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])

/** Whether an error says that the server could not be reached or is too busy, so that trying later is the right reaction. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return NETWORK.has(code) || /socket hang up|Timeout error|fetch failed/u.test(error.message) || UNAVAILABLE_CODES.has(code)
}

/** ClickHouse's codes for "not now": timeout, too many queries, memory, too many parts, disk, read-only replica, network. */
const UNAVAILABLE_CODES = new Set(['159', '202', '209', '210', '241', '242', '243', '252', '279', '999'])

/**
 * ClickHouse's codes for "these rows will never fit": what parsing and converting the rows of an insert says. Anything else that an
 * insert fails with – a missing or broken view target, a full disk – is about the store, and the same rows pass later.
 */
const DATA_CODES = new Set([
  '6',
  '26',
  '27',
  '32',
  '33',
  '38',
  '41',
  '53',
  '69',
  '70',
  '72',
  '117',
  '130',
  '131',
  '190',
  '321',
  '349',
])

/** Whether an insert failed because of the rows themselves. */
export function isDataError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    DATA_CODES.has(String(error.code)) &&
    /at row|Cannot parse|INPUT/iu.test(error.message) &&
    // A view that fails on good rows is broken: the rows are in the table, and pass when it is mended.
    !/while pushing to view/iu.test(error.message)
  )
}

/** Turns a failure of the client into `store_unavailable`, or into a defect that names the query. */
export function asStoreError(error: unknown, what: string): Error {
  return isUnavailable(error)
    ? new SightlineError('store_unavailable', 'ClickHouse does not answer right now.', {
        next: 'Try again in a few seconds.',
        retryAfterS: 5,
        cause: error,
      })
    : new Error(`${what} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}
