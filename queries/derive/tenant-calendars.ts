import { Calendar, compile, type CompiledCalendar } from '../../model/calendar.ts'
import { ALWAYS } from '../../model/calendar.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { listReference } from '../../platform/reference.ts'

/** Calendars are compiled from here, so that the oldest logs are covered. */
const SINCE: Instant = Date.UTC(2000, 0, 1) * 1000
const AHEAD_US = 2 * 366 * 86_400e6

/** The calendars of a tenant, and who works by which. */
export type TenantCalendars = {
  /** By name, as stated. */
  stated: ReadonlyMap<string, Calendar>
  /** A calendar by name, compiled from 2000 to two years ahead; `24x7` is always there. */
  named(name: string): CompiledCalendar | null
  /** Version of a calendar; 0 for `24x7`. */
  version(name: string): number
  /** Name of the calendar of a person or account; null where none is stated. */
  ofPerson(id: string): string | null
  /** Name of the calendar that holds where nothing else is told: `default`, the only one there is, or `24x7`. */
  fallback: string
}

/** Loads the calendars of a tenant from its reference data. */
export async function tenantCalendars(db: Db, tenant: TenantId, now: Instant): Promise<TenantCalendars> {
  const rows = await listReference(db, tenant, 'calendars')
  const stated = new Map(rows.map((row) => [row.key, Calendar.parse(row.body)]))
  const versions = new Map(rows.map((row) => [row.key, Math.floor(row.recordedAt.getTime() / 1000)]))
  const persons = new Map<string, string>()
  for (const row of await listReference(db, tenant, 'identities')) {
    const { calendar, accounts = [] } = row.body as { calendar?: string | null; accounts?: string[] }
    if (calendar == null) continue
    for (const id of [row.key, ...accounts]) persons.set(id, calendar)
  }
  const compiled = new Map<string, CompiledCalendar>()
  const [only] = stated.size === 1 ? stated.keys() : []
  return {
    stated,
    named(name) {
      const known = compiled.get(name)
      if (known !== undefined) return known
      const calendar = name === '24x7' ? ALWAYS : stated.get(name)
      if (calendar === undefined) return null
      const made = compile(calendar, SINCE, now + AHEAD_US)
      compiled.set(name, made)
      return made
    },
    version: (name) => versions.get(name) ?? 0,
    ofPerson: (id) => persons.get(id) ?? null,
    fallback: stated.has('default') ? 'default' : (only ?? '24x7'),
  }
}
