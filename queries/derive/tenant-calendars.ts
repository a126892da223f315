import { ALWAYS, type Calendar, calendarVersions, compile, type CompiledCalendar } from '../../model/calendar.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { listReference } from '../../platform/reference.ts'

/** Calendars are compiled from here, so that the oldest logs are covered. */
const SINCE: Instant = Date.UTC(2000, 0, 1) * 1000
const AHEAD_US = 2 * 366 * 86_400e6

/** The calendars of a tenant, and who works by which. */
export type TenantCalendars = {
  /** By name, as they hold now. */
  stated: ReadonlyMap<string, Calendar>
  /** A calendar by name, each instant by the version that holds then, from 2000 to two years ahead; `24x7` is always there. */
  named(name: string): CompiledCalendar | null
  /** Since when the version of a calendar holds that holds at an instant, seconds since 1970; 0 for `24x7`. */
  version(name: string, at: Instant): number
  /** Name of the calendar of a person or account; null where none is stated. */
  ofPerson(id: string): string | null
  /** Name of the calendar that holds where nothing else is told: `default`, the only one there is, or `24x7`. */
  fallback: string
}

/** Loads the calendars of a tenant from its reference data. */
export async function tenantCalendars(db: Db, tenant: TenantId, now: Instant): Promise<TenantCalendars> {
  const rows = await listReference(db, tenant, 'calendars')
  const versions = calendarVersions(rows.map(({ key, validFrom, body }) => ({ key, from: validFrom.getTime() * 1000, body })))
  const holding = (name: string, at: Instant) => {
    const periods = versions.get(name)
    return periods?.findLast(({ from }) => from <= at) ?? periods?.[0]
  }
  const stated = new Map([...versions.keys()].map((name) => [name, holding(name, now)?.calendar ?? ALWAYS]))
  const persons = new Map<string, string>()
  for (const row of await listReference(db, tenant, 'identities')) {
    const { calendar, accounts = [] } = row.body as { calendar?: string | null; accounts?: string[] }
    if (calendar == null) continue
    for (const id of [row.key, ...accounts]) persons.set(id, calendar)
  }
  const compiled = new Map<string, CompiledCalendar>()
  const [only] = versions.size === 1 ? versions.keys() : []
  return {
    stated,
    named(name) {
      const known = compiled.get(name)
      if (known !== undefined) return known
      const calendar = name === '24x7' ? ALWAYS : versions.get(name)
      if (calendar === undefined) return null
      const made = compile(calendar, SINCE, now + AHEAD_US)
      compiled.set(name, made)
      return made
    },
    version: (name, at) => Math.max(0, Math.floor((holding(name, at)?.from ?? 0) / 1e6)),
    ofPerson: (id) => persons.get(id) ?? null,
    fallback: versions.has('default') ? 'default' : (only ?? '24x7'),
  }
}
