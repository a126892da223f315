import type { KpiDefinition } from '../api/contract/kpi.ts'

/** How a KPI's number is meant: seconds, a share of 1, per thousand objects, or a count. */
export type Unit = KpiDefinition['unit']

const LOCALE = 'en-GB'
const DASH = '–'
const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
/** Up to here what is estimated is exact. */
const EXACT = 1000

const integer = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const decimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const factor = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,480`. */
export function count(value: number): string {
  return integer.format(value)
}

/** A number that is estimated where it is large: `842`, `≈ 12,500`. */
export function estimate(value: number): string {
  return value < EXACT ? integer.format(value) : `≈ ${integer.format(Number(value.toPrecision(3)))}`
}

/** `12,480 invoices`, `1 invoice`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${integer.format(value)} ${value === 1 ? noun : plural}`
}

/** `12.5K`: for axes and labels with little room. */
export function compactCount(value: number): string {
  return compact.format(value)
}

/** Seconds as their two largest units: `2 d 4 h`, `3 h 05 m`, `42 s`, `120 ms`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH
  const sign = seconds < 0 ? '−' : ''
  const s = Math.abs(seconds)
  if (s === 0) return '0 s'
  if (s < 1) return `${sign}${Math.max(1, Math.round(s * 1000))} ms`
  if (s < 10) return `${sign}${Number(s.toFixed(1))} s`
  if (s < 59.5) return `${sign}${Math.round(s)} s`
  if (s < HOUR - 0.5) return sign + pair(s, MINUTE, 'm', 1, 's')
  if (s < DAY - 30) return sign + pair(s, HOUR, 'h', MINUTE, 'm')
  if (s < 100 * DAY) return sign + pair(s, DAY, 'd', HOUR, 'h')
  return `${sign}${integer.format(s / DAY)} d`
}

/** Seconds as one unit, for axes: `2 d`, `6 h`, `15 m`. */
export function shortDuration(seconds: number): string {
  const s = Math.abs(seconds)
  if (s === 0) return '0'
  if (s < MINUTE) return `${Number(seconds.toFixed(1))} s`
  if (s < HOUR) return `${Number((seconds / MINUTE).toFixed(1))} m`
  if (s < 2 * DAY) return `${Number((seconds / HOUR).toFixed(1))} h`
  return `${integer.format(Math.round((seconds / DAY) * 10) / 10 >= 10 ? seconds / DAY : Number((seconds / DAY).toFixed(1)))} d`
}

function pair(seconds: number, major: number, majorName: string, minor: number, minorName: string): string {
  const minors = Math.round(seconds / minor)
  const perMajor = major / minor
  const rest = minors % perMajor
  const head = `${integer.format(Math.floor(minors / perMajor))} ${majorName}`
  return rest === 0 ? head : `${head} ${rest} ${minorName}`
}

/** A share of 1 as `12.4%`; small non-zero shares keep two digits. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return DASH
  const value = share * 100
  if (value !== 0 && Math.abs(value) < 0.1) return `${value.toFixed(2)}%`
  return `${decimal.format(value)}%`
}

/** A KPI value in its unit; `–` for undefined. */
export function measure(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return DASH
  if (unit === 's') return duration(value)
  if (unit === 'ratio') return percent(value)
  if (unit === 'factor') return `${factor.format(value)}×`
  if (unit === 'per_1000') return Math.abs(value) >= 100 ? integer.format(value) : decimal.format(value)
  return integer.format(value)
}

/** A KPI value for an axis. */
export function axisMeasure(value: number, unit: Unit): string {
  if (unit === 's') return shortDuration(value)
  if (unit === 'ratio') return `${Number((value * 100).toFixed(1))}%`
  return compact.format(value)
}

/** What an axis or a table head says about a unit. */
export function unitName(unit: Unit): string {
  return {
    s: 'elapsed time',
    ratio: '% of objects',
    per_1000: 'per 1,000 objects',
    factor: 'times',
    count: 'count',
    money: 'reporting currency',
  }[unit]
}

// American month names are three letters each, which British ones are not.
const monthName = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' })
const shortDay = (date: Date): string => `${date.getUTCDate()} ${monthName.format(date)}`
const longDay = (date: Date): string => `${shortDay(date)} ${date.getUTCFullYear()}`
const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })
const clockSeconds = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC' })

/** `12 Nov 2026`. */
export function day(iso: string | null): string {
  return iso === null ? DASH : longDay(new Date(iso))
}

/** `12 Nov 2026, 14:05`, UTC. */
export function instant(iso: string | null): string {
  return iso === null ? DASH : `${longDay(new Date(iso))}, ${clock.format(new Date(iso))}`
}

/** `14:05:09`, UTC. */
export function timeOfDay(iso: string): string {
  return clockSeconds.format(new Date(iso))
}

/** A bucket's label: `14:00`, `12 Nov`, `Nov 2026`. */
export function bucketLabel(iso: string, bucket: string): string {
  const date = new Date(iso)
  if (bucket === 'hour') return `${shortDay(date)} ${clock.format(date)}`
  return bucket === 'month' ? `${monthName.format(date)} ${date.getUTCFullYear()}` : shortDay(date)
}

/** `4 minutes ago`, `2 days ago`, from `now` in milliseconds. */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000)
  if (seconds < 60) return 'just now'
  if (seconds < HOUR) return `${counted(Math.floor(seconds / MINUTE), 'minute')} ago`
  if (seconds < 2 * DAY) return `${counted(Math.floor(seconds / HOUR), 'hour')} ago`
  return `${counted(Math.floor(seconds / DAY), 'day')} ago`
}

/** `1.4 GB`, decimal units. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  return `${power === 0 ? integer.format(value) : decimal.format(value / 1000 ** power)} ${units[power]}`
}

const ACRONYMS: Readonly<Record<string, string>> = {
  po: 'PO',
  ai: 'AI',
  sod: 'SoD',
  id: 'ID',
  erp: 'ERP',
  api: 'API',
  sla: 'SLA',
  url: 'URL',
  smtp: 'SMTP',
  ui: 'UI',
}

/** A canonical name or identifier in words: `invoice.match_started` → `Invoice match started`. A source's own name stays as it is. */
export function words(name: string): string {
  if (!/^[a-z0-9]+(?:[._][a-z0-9]+)*$/u.test(name)) return name
  const text = name
    .split(/[._]/u)
    .map((part) => ACRONYMS[part] ?? part)
    .join(' ')
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** `12,480 invoices` for a KPI's grain; `n = 12,480` where the grain is a phrase and not one object type. */
export function countedGrain(value: number, grain: string): string {
  if (!/^\w+$/u.test(grain)) return `n = ${count(value)}`
  return value === 1 ? `1 ${words(grain).toLowerCase()}` : `${count(value)} ${plural(grain)}`
}

/** `purchase orders` for the object type `purchase_order`. */
export function plural(type: string): string {
  const text = words(type)
  const lower = /^[A-Z]{2}/u.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1)
  return /(?:s|x|ch)$/u.test(lower) ? `${lower}es` : /[^aeiou]y$/u.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`
}
