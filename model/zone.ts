import type { Instant } from './instant.ts'

/** A stretch of time in which a zone keeps one offset: `[start, end)` in µs, offset in µs east of UTC. */
export type ZoneSegment = { readonly start: Instant; readonly end: Instant; readonly offset: number }

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()
const years = new Map<string, readonly ZoneSegment[]>()

/** Whether a text names an IANA zone that the runtime knows. Bare offsets such as `+01:00` are none. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/u.test(zone)) return false
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/**
 * The offsets of a zone, without gaps, covering at least `[from, to)`. Computed once per zone and year.
 *
 * @throws RangeError where the zone is unknown
 */
export function zoneSegments(zone: string, from: Instant, to: Instant): ZoneSegment[] {
  const segments: ZoneSegment[] = []
  const last = new Date(to / 1000).getUTCFullYear()
  for (let year = new Date(from / 1000).getUTCFullYear(); year <= last; year += 1)
    for (const segment of yearSegments(zone, year)) {
      const previous = segments.at(-1)
      if (previous !== undefined && previous.offset === segment.offset)
        segments[segments.length - 1] = { ...previous, end: segment.end }
      else segments.push(segment)
    }
  return segments
}

/**
 * The instant of a local time: **the first instant at which the clock on the wall shows that time or a later one**. So a time that
 * the spring change skips is the instant of the change, and a time that the autumn change repeats is its first occurrence.
 *
 * @param segments from {@link zoneSegments}, reaching two days beyond the local time on both sides
 * @param wall local time as µs since 1970-01-01T00:00 on the wall
 */
export function instantOfWall(segments: readonly ZoneSegment[], wall: number): Instant {
  for (const { start, end, offset } of segments) if (wall - offset < end) return Math.max(start, wall - offset)
  throw new RangeError('the local time lies beyond the given offsets')
}

/**
 * What the clock on the wall shows at an instant, as µs since 1970-01-01T00:00 on the wall.
 *
 * @param segments from {@link zoneSegments}, covering the instant
 */
export function wallOfInstant(segments: readonly ZoneSegment[], at: Instant): number {
  for (const { start, end, offset } of segments) if (at >= start && at < end) return at + offset
  throw new RangeError('the instant lies beyond the given offsets')
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' })
    formats.set(zone, format)
  }
  return format
}

/** Reads `2026, GMT+05:30`; UTC may be a bare `GMT`, and old offsets have seconds. */
function offsetMs(format: Intl.DateTimeFormat, ms: number): number {
  const match = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/u.exec(format.format(ms))
  if (match === null) throw new Error(`the runtime states no offset at ${ms}`)
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -offset : offset
}

function yearSegments(zone: string, year: number): readonly ZoneSegment[] {
  const key = `${zone} ${year}`
  const known = years.get(key)
  if (known !== undefined) return known
  const format = formatOf(zone)
  const end = Date.UTC(year + 1, 0, 1)
  const segments: ZoneSegment[] = []
  let start = Date.UTC(year, 0, 1)
  let offset = offsetMs(format, start)
  for (let from = start; from < end; from += DAY_MS) {
    const next = offsetMs(format, from + DAY_MS)
    if (next === offset) continue
    let [before, after] = [from / 1000, (from + DAY_MS) / 1000]
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (offsetMs(format, middle * 1000) === offset) before = middle
      else after = middle
    }
    const change = after * 1000
    if (change >= end) break
    segments.push({ start: start * 1000, end: change * 1000, offset: offset * 1000 })
    start = change
    offset = next
  }
  segments.push({ start: start * 1000, end: end * 1000, offset: offset * 1000 })
  years.set(key, segments)
  return segments
}
