import type { ClickHouseClient } from '@clickhouse/client'

/** Tables of what is open, in which each row that closed leaves one that says so. */
const OPEN_TABLES = ['open_documents', 'open_clocks']

/**
 * Takes out of the tables of open work what is not open any more. Only one process at a time may do so, the one that computes answers: a row
 * that was written before and arrives later would stand again.
 *
 * @throws Error of the client when ClickHouse refuses it or does not answer
 */
export async function compactOpen(clickhouse: ClickHouseClient, signal?: AbortSignal): Promise<void> {
  for (const table of OPEN_TABLES)
    await clickhouse.command({
      query: 'OPTIMIZE TABLE sightline.{table:Identifier} FINAL CLEANUP',
      query_params: { table },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
}
