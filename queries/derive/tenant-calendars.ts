import { createHash } from 'node:crypto'
import {
  ALWAYS,
  type Calendar,
  type CalendarPeriod,
  calendarVersions,
  compile,
  type CompiledCalendar,
} from '../../model/calendar.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { listReference } from '../../platform/reference.ts'

/** Calendars are compiled from here, so that the oldest logs are covered. */
const SINCE: Instant = Date.UTC(2000, 0, 1) * 1000
/** And to the start of the year that is so many from now. */
const YEARS_AHEAD = 3

/** The calendars of a tenant, and who works by which. */
export type TenantCalendars = {
  /** By name, as they hold now. */
  stated: ReadonlyMap<string, Calendar>
  /** A calendar by name, each instant by the version that holds then, from 2000 to two years ahead and more; `24x7` is always there. */
  named(name: string): CompiledCalendar | null
  /** Since when the version of a calendar holds that holds at an instant, seconds since 1970; 0 for `24x7`. */
  version(name: string, at: Instant): number
  /** Name of the calendar of a person or account; null where none is stated. */
  ofPerson(id: string): string | null
  /** Name of the calendar that holds where nothing else is told: `default`, the only one there is, or `24x7`. */
  fallback: string
}

/** Versions of one calendar, parsed and compiled once a process: each horizon is a year's end, so that it serves for long. */
type Read = { periods: readonly CalendarPeriod[]; compiled: CompiledCalendar | null; until: Instant }

/** Calendars of all tenants that are kept read; one takes about half a megabyte. */
const KEPT = 64
const read = new Map<string, Read>()
const always: Read = { periods: [{ calendar: ALWAYS, from: SINCE }], compiled: null, until: 0 }

function readOnce(rows: readonly { key: string; from: Instant; body: unknown }[]): Read {
  const content = createHash('sha256').update(JSON.stringify(rows)).digest('base64')
  const known = read.get(content) ?? {
    periods: [...calendarVersions(rows).values()].flat(),
    compiled: null,
    until: 0,
  }
  read.delete(content)
  read.set(content, known)
  const [oldest] = read.keys()
  if (read.size > KEPT && oldest !== undefined) read.delete(oldest)
  return known
}

/** Loads the calendars of a tenant from its reference data. */
export async function tenantCalendars(db: Db, tenant: TenantId, now: Instant): Promise<TenantCalendars> {
  const rows = (await listReference(db, tenant, 'calendars')).map(({ key, validFrom, body }) => ({
    key,
    from: validFrom.getTime() * 1000,
    body,
  }))
  const calendars = new Map([...Map.groupBy(rows, ({ key }) => key)].map(([key, versions]) => [key, readOnce(versions)] as const))
  const holding = (name: string, at: Instant) => {
    const periods = calendars.get(name)?.periods
    return periods?.findLast(({ from }) => from <= at) ?? periods?.[0]
  }
  const persons = new Map<string, string>()
  for (const row of await listReference(db, tenant, 'identities')) {
    const { calendar, accounts = [] } = row.body as { calendar?: string | null; accounts?: string[] }
    if (calendar == null) continue
    for (const id of [row.key, ...accounts]) persons.set(id, calendar)
  }
  const until = Date.UTC(new Date(now / 1000).getUTCFullYear() + YEARS_AHEAD, 0, 1) * 1000
  const [only] = calendars.size === 1 ? calendars.keys() : []
  return {
    stated: new Map(
      [...calendars.keys()].flatMap((name) => {
        const calendar = holding(name, now)?.calendar
        return calendar === undefined ? [] : [[name, calendar] as const]
      }),
    ),
    named(name) {
      const calendar = name === ALWAYS.name ? always : calendars.get(name)
      if (calendar === undefined || calendar.periods.length === 0) return null
      if (calendar.compiled === null || calendar.until !== until) {
        calendar.compiled = compile(calendar.periods, SINCE, until)
        calendar.until = until
      }
      return calendar.compiled
    },
    version: (name, at) => Math.max(0, Math.floor((holding(name, at)?.from ?? 0) / 1e6)),
    ofPerson: (id) => persons.get(id) ?? null,
    fallback: calendars.has('default') ? 'default' : (only ?? ALWAYS.name),
  }
}
