import { z } from 'zod'
import { businessTimeWithin } from '../../model/calendar.ts'
import { type Instant, instantToClickHouse } from '../../model/instant.ts'
import { instantOfWall, wallOfInstant, zoneSegments } from '../../model/zone.ts'
import type { Query } from '../../queries/run.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { ValueSource } from './value.ts'

const DAY_US = 86_400e6
/** Working days whose arrivals tell what to expect, and the fewest of them. */
const LEARNED_DAYS = 10
const FEWEST_DAYS = 4
/** What is usual less this share is still as usual. */
const SHORTFALL = 0.5

const COUNTS = {
  name: 'alerts/arrivals',
  params: z.object({ source: z.string(), activity: z.string(), froms: z.array(z.string()), tos: z.array(z.string()) }),
  row: z.object({ counts: z.array(z.number()) }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const Raw = z.object({ due: z.boolean(), count: z.number(), earlier: z.array(z.number()) })

/** So many events of a source by a time of each working day: stated, or half of what was usual on the working days before. */
export const arrivals: ValueSource<'arrivals', typeof Raw> = {
  series: ({ watch }) => ({ source: watch.source, activity: watch.activity, by: watch.by, calendar: watch.calendar }),
  everyS: () => 300,
  raw: Raw,
  async read({ watch }, { reader, calendars, at }) {
    const name = watch.calendar ?? calendars.fallback
    const calendar = calendars.named(name)
    const zone = calendars.stated.get(name)?.zone ?? 'UTC'
    const day = dayOf(zone, at, watch.by)
    // A half day that begins after the time owes nothing by then.
    const works = ({ start, due }: typeof day) => calendar === null || businessTimeWithin(calendar, start, due) > 0
    if (at < day.due || !works(day)) return { due: false, count: 0, earlier: [] }
    const days = Array.from({ length: LEARNED_DAYS * 2 }, (_, back) => dayOf(zone, day.start - (back + 0.5) * DAY_US, watch.by))
      .filter(works)
      .slice(0, LEARNED_DAYS)
    const [row] = await reader.rows(COUNTS, {
      source: watch.source,
      activity: watch.activity ?? '',
      froms: [day, ...days].map(({ start }) => instantToClickHouse(start)),
      tos: [instantToClickHouse(at), ...days.map(({ due }) => instantToClickHouse(due))],
    })
    const [count = 0, ...earlier] = row?.counts ?? []
    return { due: true, count, earlier }
  },
  judge({ watch, severity }, { due, count, earlier }): Seen[] {
    const usual = earlier.toSorted((a, b) => a - b)[Math.floor(earlier.length / 2)] ?? 0
    const needed = watch.at_least === 'learned' ? Math.ceil(usual * SHORTFALL) : watch.at_least
    const about = {
      key: watch.source,
      labels: { system: watch.source },
      noun: 'event',
      of: needed,
      value: count,
      fields: { value: String(count), threshold: String(needed) },
      cause: `${count} events of ${watch.source} by ${watch.by}, expected are ${needed}`,
    }
    if (!due) return [{ ...about, missing: 'not_expected' }]
    if (watch.at_least === 'learned' && (earlier.length < FEWEST_DAYS || needed === 0))
      return [{ ...about, missing: 'low_volume' }]
    return [{ ...about, holds: count < needed, severity }]
  },
}

/** The local day of an instant: its start, and its time of day. */
function dayOf(zone: string, at: Instant, by: string): { start: Instant; due: Instant } {
  const segments = zoneSegments(zone, at - 3 * DAY_US, at + 3 * DAY_US)
  const midnight = Math.floor(wallOfInstant(segments, at) / DAY_US) * DAY_US
  const [hours = 0, minutes = 0] = by.split(':').map(Number)
  return { start: instantOfWall(segments, midnight), due: instantOfWall(segments, midnight + (hours * 60 + minutes) * 60e6) }
}
