import { Calendar, type CalendarPeriod, calendarVersions, type CompiledCalendar, compile } from '../calendar.ts'
import type { Instant } from '../instant.ts'
import type { DelayContext } from './attribution.ts'

const DAY_US = 86_400_000_000
/** More of a calendar than is asked for, so that it is compiled seldom. */
const MARGIN_US = 400 * DAY_US

const day = [{ from: '09:00', to: '17:00' }]

/** The working hours of everybody for whom the tenant names no calendar. */
export const OFFICE_HOURS: Calendar = Calendar.parse({
  name: 'office hours',
  zone: 'UTC',
  week: { mon: day, tue: day, wed: day, thu: day, fri: day },
})

/** A row of reference data of the kinds calendars (each version), identities and suppliers (as they are now): its body parsed. */
export type CalendarRow = { kind: string; key: string; from: Instant; body: Readonly<Record<string, unknown>> }

/**
 * Who works by which calendar: people and suppliers by the one that their row names, all others by the tenant's calendar `default`, or
 * else by {@link OFFICE_HOURS}. Each instant is counted by the version that holds then. A calendar that does not parse is as good as none.
 */
export function partyCalendars(rows: readonly CalendarRow[]): DelayContext['calendarOf'] {
  const named = new Map<string, string>()
  for (const { kind, key, body } of rows)
    if (kind !== 'calendars' && typeof body['calendar'] === 'string')
      named.set(`${kind === 'suppliers' ? 'supplier' : 'person'} ${key}`, body['calendar'])
  const calendars = calendarVersions(
    rows.filter(({ kind }) => kind === 'calendars').map(({ key, from, body }) => ({ key, from, body: { name: key, ...body } })),
  )
  const compiled = new Map<readonly CalendarPeriod[], CompiledCalendar>()
  const usual = calendars.get('default') ?? [{ calendar: OFFICE_HOURS, from: 0 }]
  return (party, id, from, to) => {
    const calendar = calendars.get(named.get(`${party} ${id}`) ?? '') ?? usual
    const known = compiled.get(calendar)
    if (known !== undefined && known.from <= from && known.to >= to) return known
    const wider = compile(calendar, Math.min(from, known?.from ?? from) - MARGIN_US, Math.max(to, known?.to ?? to) + MARGIN_US)
    compiled.set(calendar, wider)
    return wider
  }
}
