/**
 * Instants are whole microseconds since 1970-01-01T00:00:00Z in a `number`: exact until the year 2255, and what
 * `DateTime64(6)` keeps.
 */
export type Instant = number

const ISO = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?$/

/** Earliest and latest instant that the store keeps (1900-01-01 and 2250-01-01), in microseconds. */
export const INSTANT_MIN: Instant = Date.UTC(1900, 0, 1) * 1000
export const INSTANT_MAX: Instant = Date.UTC(2250, 0, 1) * 1000

/**
 * Reads an ISO 8601 / RFC 3339 date and time. Digits beyond microseconds are cut.
 *
 * @param text such as `2026-03-02T09:30:00.120Z` or `2026-03-02 10:30:00+01:00`
 * @param zoneless what a text without a zone means: offset in minutes east of UTC, or `null` to refuse it
 * @returns the instant, or `null` where the text is no such instant (a 31st of February among them) or outside
 *   {@link INSTANT_MIN} … {@link INSTANT_MAX}
 */
export function instantFromIso(text: string, zoneless: number | null = null): Instant | null {
  const match = ISO.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second = '0', fraction = '', utc, sign, zoneHour, zoneMinute = '0'] = match
  const [y, mo, d, h, mi, s] = [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second)]
  // Date.UTC reads years below 100 as 19xx; all of those lie before what is kept.
  if (y < 1900 || mo < 1 || mo > 12 || h > 23 || mi > 59 || s > 60) return null
  const ms = Date.UTC(y, mo - 1, d, h, mi, s)
  const date = new Date(Date.UTC(y, mo - 1, d))
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return null
  let offset: number
  if (utc !== undefined) offset = 0
  else if (sign !== undefined) offset = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute))
  else if (zoneless !== null) offset = zoneless
  else return null
  if (Math.abs(offset) > 18 * 60) return null
  const us = ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)) - offset * 60_000_000
  return us < INSTANT_MIN || us > INSTANT_MAX ? null : us
}

/** Writes an instant as ISO 8601 in UTC with the digits it needs: `…:00.120Z`, `…:00.123456Z`. */
export function instantToIso(us: Instant): string {
  const ms = Math.floor(us / 1000)
  const rest = us - ms * 1000
  const iso = new Date(ms).toISOString()
  return rest === 0 ? iso : `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Writes an instant as ClickHouse reads a `DateTime64(6, 'UTC')`: `2026-03-02 09:30:00.120000`. */
export function instantToClickHouse(us: Instant): string {
  const ms = Math.floor(us / 1000)
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(us - ms * 1000).padStart(3, '0')}`
}
