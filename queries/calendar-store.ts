import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { boundaries, type Calendar, type CalendarPeriod } from '../model/calendar.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { asStoreError, type Query } from './run.ts'

/**
 * Stores the boundaries of a calendar between two instants, so that SQL computes the business time that `businessTime` computes. It
 * takes the place of what was stored of the same version of the calendar, whole; storing it again changes no answer. Versions that hold one
 * after the other are stored as one calendar, under the name and number of the last.
 *
 * @param writer the writing client
 * @param from floor, µs: pairs that start before it have no answer
 * @param to ceiling, µs
 * @param storedAt now, µs: the later of two storings stands
 * @throws SightlineError `store_unavailable`
 * @throws RangeError unless `from < to`
 */
export async function storeCalendar(
  writer: ClickHouseClient,
  tenant: TenantId,
  calendar: Calendar | readonly CalendarPeriod[],
  from: Instant,
  to: Instant,
  storedAt: Instant = Date.now() * 1000,
): Promise<void> {
  const newest = 'week' in calendar ? calendar : calendar.at(-1)?.calendar
  const values = boundaries(calendar, from, to).map(({ at, open, openBefore }) => ({
    tenant_id: tenant,
    calendar: newest?.name,
    calendar_version: newest?.version,
    at: instantToClickHouse(at),
    open_us_before: openBefore,
    is_open: open ? 1 : 0,
    version: storedAt,
  }))
  await writer
    // One block, so that readers see the calendar whole or not at all.
    .insert({
      table: 'calendar_boundaries',
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, input_format_parallel_parsing: 0, max_insert_block_size: '1000000' },
    })
    .catch((error: unknown) => {
      throw asStoreError(error, 'storeCalendar')
    })
}

/**
 * Business time of pairs of instants by stored calendars: three parallel arrays, instants in µs; `calendar_versions` pins calendars to a
 * version, the others stand as they are newest. `null`: not stored.
 */
export const businessTimeOfPairs = {
  name: 'read/business-time',
  params: z.object({
    calendars: z.array(z.string()),
    calendar_versions: z.record(z.string(), z.int()).default({}),
    starts: z.array(z.int()),
    ends: z.array(z.int()),
  }),
  row: z.object({ pair: z.int(), business_us: z.int().nullable() }),
} satisfies Query<z.ZodRawShape, z.ZodType>
