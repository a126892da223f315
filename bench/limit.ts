import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { EVENT_COLUMNS, eventRow } from '../ingest/row.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'

/** What a way into the tables took. */
export type Taken = { events_per_s: number; seconds: number; clickhouse_cpu_s: number }

/** Events as lines of `JSONCompactEachRow`, in the order of the columns: rows that our own code laid out. */
export function rowLines(tenant: string, events: Iterable<unknown>, receivedAt: Instant): string[] {
  const lines: string[] = []
  for (const value of events) {
    const event = readEvent(value, { tenant, receivedAt, fallbackSeq: lines.length })
    if (isRefusal(event)) throw new Error(event.message)
    lines.push(rowLine(eventRow(tenant, event, { receivedAt: receivedAt + lines.length, importId: '' }).values))
  }
  return lines
}

function rowLine(values: readonly unknown[]): string {
  return JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

/** Names and types of the columns of `events` that are written, as the head of a table. */
export async function eventStructure(clickhouse: ClickHouseClient): Promise<string> {
  const described = await clickhouse.query({ query: 'DESCRIBE TABLE sightline.events', format: 'JSONEachRow' })
  const types = new Map((await described.json<{ name: string; type: string }>()).map(({ name, type }) => [name, type]))
  return EVENT_COLUMNS.map((name) => `${name} ${types.get(name) ?? ''}`).join(', ')
}

/** The limit of the machine: ClickHouse alone reads the rows from a file into the same tables and views, with an insert thread a core. */
export async function fromFile(
  clickhouse: ClickHouseClient,
  folder: string,
  rows: { tenant: string; lines: readonly string[] },
): Promise<Taken> {
  const path = join(folder, `${rows.tenant}.jsonl`)
  await writeFile(path, rows.lines.join('\n'))
  const file = { path, format: 'JSONCompactEachRow', structure: await eventStructure(clickhouse) }
  const { seconds, clickhouse_cpu_s } = await insertFile(clickhouse, { table: 'events', columns: EVENT_COLUMNS }, file)
  await expectStored(clickhouse, rows.tenant, rows.lines.length)
  return { events_per_s: rows.lines.length / seconds, seconds, clickhouse_cpu_s }
}

/**
 * Inserts a file that the server reads itself, with an insert thread a core, once no merge is under way; removes the file.
 *
 * @param into names of our own constants: a list of columns cannot be a parameter
 * @param file `structure` as the head of a table, columns in the order of `into`
 */
export async function insertFile(
  clickhouse: ClickHouseClient,
  into: { table: string; columns: readonly string[] },
  file: { path: string; format: string; structure: string },
): Promise<{ seconds: number; clickhouse_cpu_s: number }> {
  const columns = into.columns.join(', ')
  await settled(clickhouse)
  const engine = await engineCpu(clickhouse)
  const start = performance.now()
  await clickhouse.command({
    query: `INSERT INTO {table:Identifier} (${columns}) SELECT ${columns} FROM file({path:String}, {format:String}, {structure:String})`,
    query_params: { table: into.table, ...file },
    clickhouse_settings: { max_insert_threads: String(availableParallelism()), optimize_on_insert: 0 },
  })
  const seconds = (performance.now() - start) / 1000
  await rm(file.path)
  return { seconds, clickhouse_cpu_s: (await engineCpu(clickhouse)) - engine }
}

/** Fails unless the tenant has exactly so many events. */
export async function expectStored(clickhouse: ClickHouseClient, tenant: string, events: number): Promise<void> {
  const stored = await firstRow<{ events: number }>(
    clickhouse,
    `SELECT toUInt32(uniqExact(event_id)) AS events FROM sightline.events WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  if (stored?.events !== events) throw new Error(`${stored?.events} of ${events} events are stored`)
}

/** Waits until no merge is under way, so that neither side pays for the other's. */
export async function settled(clickhouse: ClickHouseClient): Promise<void> {
  for (let calm = 0; calm < 3;) {
    const merging = await firstRow<{ merges: number }>(clickhouse, 'SELECT toUInt32(count()) AS merges FROM system.merges')
    calm = merging?.merges === 0 ? calm + 1 : 0
    await sleep(100)
  }
}

/** Processor time of all threads of ClickHouse since its start, in seconds. */
export async function engineCpu(clickhouse: ClickHouseClient): Promise<number> {
  const spent = await firstRow<{ us: number }>(
    clickhouse,
    `SELECT toFloat64(value) AS us FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'`,
  )
  return (spent?.us ?? 0) / 1e6
}

export async function firstRow<T>(
  clickhouse: ClickHouseClient,
  query: string,
  params: Record<string, unknown> = {},
): Promise<T | undefined> {
  const answer = await clickhouse.query({ query, query_params: params, format: 'JSONEachRow' })
  const [row] = await answer.json<T>()
  return row
}
