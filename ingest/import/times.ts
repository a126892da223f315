import { type Instant, instantFromIso } from '../../model/instant.ts'

/** How times are written. `iso` and `year-first` differ in separators only; `day-first` is 31.12.2018, `month-first` 12/31/2018. */
export const TIME_FORMATS = ['iso', 'year-first', 'day-first', 'month-first', 'epoch-s', 'epoch-ms', 'epoch-us'] as const
/** One of {@link TIME_FORMATS}. */
export type TimeFormat = (typeof TIME_FORMATS)[number]

/** Parts of a time as written, before any zone is applied. `zone` is '' where the text has none. */
export type WrittenTime = { year: number; month: number; day: number; time: string; zone: string }

const TOKENS =
  /^(\d{1,4}|[A-Za-z]{3,9})([./ -])(\d{1,2}|[A-Za-z]{3,9})[./ ,-]+(\d{1,4})(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:([Tt ])(.*))?$/

/** Takes a time apart as it is written; `null` where the text is no such time. Epoch numbers have no parts. */
export function writtenTime(text: string, format: TimeFormat): WrittenTime | null {
  if (format === 'iso') {
    const match = ISO_DATE.exec(text)
    if (match !== null) return isoParts(match)
  }
  if (format.startsWith('epoch')) return null
  const match = TOKENS.exec(text)
  if (match === null) return null
  const [, a = '', , b = '', c = '', hour = '0', minute = '00', second = '00', fraction = '', half = '', zone = ''] = match
  const tokens = format === 'day-first' ? [c, b, a] : format === 'month-first' ? [c, a, b] : [a, b, c]
  // A month by name needs no order: 02-Jan-2018, Jan 2, 2018.
  const [year, month, day] = /^[A-Za-z]/u.test(b) ? [c, b, a] : /^[A-Za-z]/u.test(a) ? [c, a, b] : tokens
  if (year === undefined || month === undefined || day === undefined || day.length > 2 || year.length === 3) return null
  const monthNumber = /^\d/u.test(month) ? Number(month) : MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1
  const yearNumber = year.length === 4 ? Number(year) : 2000 + Number(year)
  if (year.length < 2 || monthNumber < 1 || monthNumber > 12 || Number(day) < 1 || Number(day) > 31) return null
  let hours = Number(hour)
  if (half !== '') {
    if (hours < 1 || hours > 12) return null
    hours = (hours % 12) + (/^p/iu.test(half) ? 12 : 0)
  }
  return {
    year: yearNumber,
    month: monthNumber,
    day: Number(day),
    time: `${two(hours)}:${minute}:${second}${fraction === '' ? '' : `.${fraction}`}`,
    zone: /^[zug]/iu.test(zone) ? 'Z' : zone,
  }
}

function isoParts(match: RegExpExecArray): WrittenTime {
  const rest = match[5] ?? ''
  const zoneAt = rest.search(/[Zz]$|[+-]\d{2}:?\d{0,2}$/u)
  return {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    time: rest === '' ? '00:00:00' : (zoneAt === -1 ? rest : rest.slice(0, zoneAt)).trimEnd(),
    zone: zoneAt === -1 ? '' : rest.slice(zoneAt),
  }
}

/** Swaps day and month where both are at most 12: what undoes a swap, and does one. */
export function swapDayMonth(time: WrittenTime): WrittenTime {
  return time.day <= 12 && time.month <= 12 ? { ...time, day: time.month, month: time.day } : time
}

/**
 * Reads a time.
 *
 * @param zone what a text without a zone means: `UTC`, an offset such as `+02:00`, or an IANA zone such as `Europe/Berlin`. Of a
 *   local time that a clock change skips or repeats, the offset before the change is taken
 * @param swapped whether day and month are to be swapped back first, on the text as written
 * @returns the instant, `null` where the text is none
 */
export function parseTime(text: string, format: TimeFormat, zone = 'UTC', swapped = false): Instant | null {
  if (format.startsWith('epoch')) return epochInstant(text, format)
  if (format === 'iso' && !swapped) {
    const fixed = fixedOffset(zone)
    if (fixed !== null && text.length > 10) {
      const instant = instantFromIso(text, fixed)
      if (instant !== null) return instant
    }
  }
  const parts = writtenTime(text, format)
  return parts === null ? null : instantOf(swapped ? swapDayMonth(parts) : parts, zone)
}

/** The instant of a time as written. */
export function instantOf(parts: WrittenTime, zone: string): Instant | null {
  const iso = `${String(parts.year).padStart(4, '0')}-${two(parts.month)}-${two(parts.day)}T${parts.time}`
  if (parts.zone !== '') return instantFromIso(`${iso}${parts.zone}`)
  const fixed = fixedOffset(zone)
  if (fixed !== null) return instantFromIso(iso, fixed)
  const local = instantFromIso(iso, 0)
  if (local === null) return null
  const before = zoneOffset(zone, local - 86_400_000_000)
  const guess = local - zoneOffset(zone, local - before * 60_000_000) * 60_000_000
  return guess + zoneOffset(zone, guess) * 60_000_000 === local ? guess : local - before * 60_000_000
}

/** A time with day and month changed back where both are at most 12, as ISO 8601; what is no time stays as it is. */
export function repairTime(text: string, format: TimeFormat = 'iso'): string {
  const parts = writtenTime(text, format)
  return parts === null ? text : isoOf(swapDayMonth(parts))
}

/** Writes the time as ISO 8601 without changing what it says. */
export function isoOf(parts: WrittenTime): string {
  return `${String(parts.year).padStart(4, '0')}-${two(parts.month)}-${two(parts.day)}T${parts.time}${parts.zone}`
}

function epochInstant(text: string, format: TimeFormat): Instant | null {
  if (!/^-?\d{1,17}(?:\.\d+)?$/u.test(text)) return null
  const number = Number(text) * (format === 'epoch-s' ? 1e6 : format === 'epoch-ms' ? 1e3 : 1)
  const instant = Math.round(number)
  return Math.abs(instant) > 8.83e15 ? null : instant
}

function fixedOffset(zone: string): number | null {
  if (zone === 'UTC' || zone === 'Z') return 0
  const match = /^([+-])(\d{2}):?(\d{2})$/u.exec(zone)
  return match === null ? null : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

const formatters = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

/** Minutes east of UTC of an IANA zone at an instant; a RangeError for a zone that does not exist. */
export function zoneOffset(zone: string, instant: Instant): number {
  const hour = Math.floor(instant / 900_000_000)
  const key = `${zone} ${hour}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  let formatter = formatters.get(zone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, formatter)
  }
  const at = hour * 900_000
  const part = Object.fromEntries(formatter.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const local = Date.UTC(
    part['year'] ?? 0,
    (part['month'] ?? 1) - 1,
    part['day'] ?? 1,
    part['hour'] ?? 0,
    part['minute'] ?? 0,
    part['second'] ?? 0,
  )
  const offset = Math.round((local - at) / 60_000)
  if (offsets.size > 100_000) offsets.clear()
  offsets.set(key, offset)
  return offset
}

/** Whether `--zone` names something that {@link parseTime} takes. */
export function isZone(zone: string): boolean {
  if (fixedOffset(zone) !== null) return true
  try {
    zoneOffset(zone, 0)
    return true
  } catch {
    return false
  }
}

/** Which format texts are written in, and why. `null` where most of them are no times. */
export type TimeGuess = { format: TimeFormat; reason: string; share: number } | null

/**
 * Guesses the format over a sample. Where day and month could change places, all texts decide together: a number above 12 can
 * only be a day; without one, the order in which the texts come decides, and the reason says how sure that is.
 */
export function guessTimeFormat(texts: readonly string[]): TimeGuess {
  const sample = texts.map((text) => text.trim()).filter((text) => text !== '')
  if (sample.length === 0) return null
  const share = (format: TimeFormat): number => sample.filter((text) => parseTime(text, format) !== null).length / sample.length
  const enough = 0.9
  const iso = share('iso')
  if (iso >= enough && sample.every((text) => !/^\d{1,3}[./ -]/u.test(text)))
    return { format: 'iso', share: iso, reason: 'times are written as ISO 8601' }
  if (sample.every((text) => /^-?\d+(?:\.\d+)?$/u.test(text))) {
    const middle = Number(sample.toSorted((a, b) => Number(a) - Number(b))[Math.floor(sample.length / 2)])
    for (const [format, factor] of [
      ['epoch-s', 1],
      ['epoch-ms', 1e3],
      ['epoch-us', 1e6],
    ] as const)
      if (middle / factor > 3.15e8 && middle / factor < 4.1e9)
        return { format, share: 1, reason: `times are numbers: ${format.slice(6)} since 1970` }
    return null
  }
  const dayFirst = share('day-first')
  const monthFirst = share('month-first')
  if (Math.max(dayFirst, monthFirst) >= enough) {
    const proof = (format: 'day-first' | 'month-first'): number =>
      sample.filter((text) => (writtenTime(text, format)?.day ?? 0) > 12 && writtenTime(text, format) !== null).length
    if (dayFirst - monthFirst >= 0.01 || monthFirst - dayFirst >= 0.01) {
      const format = dayFirst > monthFirst ? 'day-first' : 'month-first'
      const n = proof(format)
      return {
        format,
        share: Math.max(dayFirst, monthFirst),
        reason: `${format.replace('-first', ' comes first')}: ${n} of ${sample.length} times can be read in no other way`,
      }
    }
    const steps = (format: TimeFormat): number => {
      let back = 0
      let last = -Infinity
      for (const text of sample) {
        const instant = parseTime(text, format)
        if (instant === null) continue
        if (instant < last) back++
        last = instant
      }
      return back
    }
    const [dayBack, monthBack] = [steps('day-first'), steps('month-first')]
    const format = monthBack < dayBack ? 'month-first' : 'day-first'
    return {
      format,
      share: Math.max(dayFirst, monthFirst),
      reason:
        dayBack === monthBack
          ? 'no time tells day from month (none is above 12): day first is assumed, give time.format in a mapping if that is wrong'
          : `no time has a day above 12; read with the ${format.replace('-first', '')} first, times run backwards ${Math.min(dayBack, monthBack)} times, the other way ${Math.max(dayBack, monthBack)} times`,
    }
  }
  const year = share('year-first')
  return year >= enough ? { format: 'year-first', share: year, reason: 'times are written with the year first' } : null
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
