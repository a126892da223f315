import { sql } from 'drizzle-orm'
import type { RunningServer } from '../cli/run-server.ts'
import { median } from './measure.ts'

/** How long rows are loaded into PostgreSQL, ms. */
const LOADING_MS = 60_000
const ROWS_AT_ONCE = 20_000
const ROUNDS = 15

type EventRow = { object_id: string; activity: string; occurred_at: string }

/**
 * Loads a tenant's invoice events into a table of PostgreSQL, as many as it takes in a minute, and asks both for the invoice cycle by week:
 * PostgreSQL from the events with an index on what it groups by, Sightline over HTTP from what it has computed.
 */
export async function postgresPeer(
  server: RunningServer,
  tenant: string,
): Promise<{ events: number; postgresMs: number; sightlineMs: number }> {
  const { db } = server.stores.postgres
  await db.execute(
    sql`CREATE UNLOGGED TABLE bench_events (tenant_id text, object_id text, activity text, occurred_at timestamptz)`,
  )
  const answer = await server.stores.clickhouse.writer.query({
    query: `SELECT object_id, activity, toString(occurred_at) AS occurred_at FROM sightline.object_events FINAL
      WHERE tenant_id = {tenant:String} AND object_type = 'invoice' AND live`,
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  const end = performance.now() + LOADING_MS
  let events = 0
  let waiting: EventRow[] = []
  const load = async (): Promise<void> => {
    const rows = waiting
    waiting = []
    events += rows.length
    await db.execute(sql`
      INSERT INTO bench_events
      SELECT ${tenant}, row ->> 'object_id', row ->> 'activity', (row ->> 'occurred_at')::timestamptz
      FROM jsonb_array_elements(${JSON.stringify(rows)}::jsonb) AS row`)
  }
  for await (const rows of answer.stream<EventRow>()) {
    for (const row of rows) waiting.push(row.json())
    if (waiting.length >= ROWS_AT_ONCE) await load()
    if (performance.now() > end) break
  }
  if (waiting.length > 0) await load()
  await db.execute(sql`CREATE INDEX ON bench_events (tenant_id, object_id) INCLUDE (activity, occurred_at)`)
  await db.execute(sql`VACUUM ANALYZE bench_events`)
  const postgres: number[] = []
  const sightline: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    let started = performance.now()
    await db.execute(sql`
      SELECT date_trunc('week', received_at), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - received_at)), count(*)
      FROM (
        SELECT
          min(occurred_at) FILTER (WHERE activity = 'invoice.received') AS received_at,
          greatest(
            min(occurred_at) FILTER (WHERE activity = 'invoice.approved'),
            min(occurred_at) FILTER (WHERE activity = 'payment.proposed')
          ) AS done_at,
          count(*) FILTER (WHERE activity = 'payment.proposed') AS proposed
        FROM bench_events
        WHERE tenant_id = ${tenant}
        GROUP BY object_id
      ) AS invoices
      WHERE received_at >= now() - interval '90 days' AND proposed > 0
      GROUP BY 1
      ORDER BY 1`)
    postgres.push(performance.now() - started)
    started = performance.now()
    const asked = await fetch(new URL('/v1/kpis/invoice-cycle?bucket=week', server.url), {
      headers: { authorization: `Bearer ${server.adminToken}`, 'x-tenant-id': tenant },
    })
    await asked.text()
    sightline.push(performance.now() - started)
  }
  await db.execute(sql`DROP TABLE bench_events`)
  return { events, postgresMs: median(postgres), sightlineMs: median(sightline) }
}
