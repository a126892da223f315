import { z } from 'zod'
import { businessTimeWithin } from '../model/calendar.ts'
import { type Instant, instantFromIso, instantToClickHouse } from '../model/instant.ts'
import { kaplanMeier, survivalAt } from '../model/survival.ts'
import type { TenantCalendars } from './derive/tenant-calendars.ts'
import type { Query, TenantReader } from './run.ts'
import { livesOf, MINIMUM_N } from './sla-lives.ts'

const DAY_US = 86_400e6
/** Clocks that are looked at, those that are due first; and how long ago one may have been due that still runs. */
const MOST_CLOCKS = 20_000
const OLDEST_US = 180 * DAY_US

const instant = z.string().transform((text) => instantFromIso(text) ?? 0)
const OPEN = {
  name: 'alerts/open-clocks',
  params: z.object({
    slas: z.array(z.string()),
    past: z.boolean(),
    at: z.string(),
    oldest: z.string(),
    limit: z.int(),
  }),
  row: z.object({
    key: z.string(),
    sla_id: z.string(),
    document_type: z.string(),
    document_id: z.string(),
    started_at: instant,
    runs_since: instant.nullable(),
    counted_to: instant,
    used_us: z.number(),
    target_us: z.number(),
    deadline_at: instant.nullable(),
    calendar: z.string(),
    amount_number: z.number().nullable(),
    currency: z.string(),
    labels: z.record(z.string(), z.string()),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type Row = z.output<typeof OPEN.row>

/** A clock that runs, and how likely it is to be breached; `probability` is null where too few clocks lasted as long to tell. */
export type ClockRisk = Pick<Row, 'key' | 'sla_id' | 'currency' | 'labels'> & {
  document: { type: string; id: string }
  amount: number | null
  probability: number | null
  /** How many clocks tell it. */
  n: number
}

/**
 * How likely the clocks that run at an instant are to be breached: P(T > target | T > used so far) of the clocks of their service level that had
 * ended by then, by Kaplan and Meier on the target's own time; 1 past the deadline. Clocks that are paused, have no length for a target, or
 * whose service level has fewer than 20 that ended, are left out. Of an instant that has passed, the time that a clock used by then is taken
 * evenly from what it used in all where it was paused since.
 *
 * @param options.past whether the instant has passed, so that clocks that have ended since ran then
 */
export async function clockRisks(
  reader: TenantReader,
  calendars: TenantCalendars,
  { at, slas, past }: { at: Instant; slas: readonly string[]; past: boolean },
): Promise<ClockRisk[]> {
  const rows = await reader.rows(OPEN, {
    slas: [...slas],
    past,
    at: instantToClickHouse(at),
    oldest: instantToClickHouse(at - OLDEST_US),
    limit: MOST_CLOCKS,
  })
  const lives = await livesOf(reader, [...new Set(rows.map(({ sla_id }) => sla_id))], at)
  const curves = new Map([...lives].map(([id, of]) => [id, kaplanMeier(of, MINIMUM_N)]))
  return rows.flatMap((row) => {
    const curve = curves.get(row.sla_id) ?? null
    if (curve === null) return []
    const isBreached = row.deadline_at !== null && row.deadline_at <= at
    const used = Math.min(usedAt(row, calendars, at), row.target_us)
    return [
      {
        key: row.key,
        sla_id: row.sla_id,
        document: { type: row.document_type, id: row.document_id },
        amount: row.amount_number,
        currency: row.currency,
        labels: row.labels,
        probability: isBreached ? 1 : survivalAt(curve, row.target_us, used, MINIMUM_N),
        n: curve.n,
      },
    ]
  })
}

/** The target's own time that a clock had used up at an instant, µs. */
function usedAt(row: Row, calendars: TenantCalendars, at: Instant): number {
  const calendar = row.calendar === '' ? null : calendars.named(row.calendar)
  const between = (from: Instant, to: Instant) =>
    to <= from ? 0 : calendar === null ? to - from : businessTimeWithin(calendar, from, to)
  if (row.runs_since !== null) return row.used_us + between(row.runs_since, at)
  const whole = between(row.started_at, row.counted_to)
  return whole === 0 ? 0 : row.used_us * (between(row.started_at, at) / whole)
}
