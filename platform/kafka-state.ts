import { and, eq, like, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Instant } from '../model/instant.ts'
import type { Db } from './postgres/client.ts'
import { settings } from './postgres/schema.ts'

const PREFIX = 'kafka/'
/** Reports of processes that are gone are forgotten after this many seconds. */
const KEPT_S = 86_400

const KafkaPartition = z.object({
  tenant: z.string(),
  feed: z.string(),
  topic: z.string(),
  partition: z.number(),
  committed: z.number().nullable(),
  end: z.number(),
  lag: z.number(),
  paused: z.boolean(),
  replaying: z.boolean(),
  last_progress_at: z.number(),
  error: z.string().nullable(),
})

/** What one process says of its consumer of Kafka; instants in microseconds. */
export const KafkaReport = z.object({
  cluster: z.string().nullable(),
  connected: z.boolean(),
  error: z.string().nullable(),
  as_of: z.number(),
  rebalances: z.number(),
  restarts: z.number(),
  /** Since when the store has not taken what was read; null while it does. */
  waiting_since: z.number().nullable().default(null),
  /** Why. */
  waiting_for: z.string().nullable().default(null),
  partitions: z.array(KafkaPartition),
  gaps: z.array(
    z.object({ topic: z.string(), partition: z.number(), from: z.number(), to: z.number(), reason: z.string(), at: z.string() }),
  ),
})
export type KafkaReport = z.output<typeof KafkaReport>
/** The same as a process states it. */
export type KafkaReportIn = z.input<typeof KafkaReport>

/**
 * Leaves word of a process's consumer for those who show it. It stands in PostgreSQL, so that it is known in other processes, and while
 * ClickHouse is away.
 *
 * @param process name of the process, unique in the installation
 */
export async function reportKafka(db: Db, process: string, report: KafkaReportIn): Promise<void> {
  const value = KafkaReport.parse(report)
  await db
    .insert(settings)
    .values({ key: PREFIX + process, value })
    .onConflictDoUpdate({ target: settings.key, set: { value } })
}

/** The reports of the last `withinS` seconds, one a process; those of a day ago are forgotten. */
export async function kafkaReports(db: Db, { now, withinS }: { now: Instant; withinS: number }): Promise<KafkaReport[]> {
  const rows = await db
    .select()
    .from(settings)
    .where(like(settings.key, `${PREFIX}%`))
  const reports: KafkaReport[] = []
  for (const { key, value } of rows) {
    const parsed = KafkaReport.safeParse(value)
    if (parsed.success && parsed.data.as_of >= now - withinS * 1e6) reports.push(parsed.data)
    else if (!parsed.success || parsed.data.as_of < now - KEPT_S * 1e6)
      await db.delete(settings).where(and(eq(settings.key, key), sql`${settings.value} = ${JSON.stringify(value)}::jsonb`))
  }
  return reports
}
