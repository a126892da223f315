import { readdirSync } from 'node:fs'
import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { DIMENSIONS, type Dimension } from '../model/vocabulary.ts'
import { SightlineError } from '../platform/errors.ts'
import { type Query, sqlText, type TenantReader } from './run.ts'

const FOLDER = new URL('./kpi/', import.meta.url)
const DAY_US = 86_400_000_000
const HOUR_US = 3_600_000_000
/** A window of more buckets than this keeps its empty buckets out. */
const FILLED_BUCKETS = 5000

export type KpiBucket = 'all' | 'hour' | 'day' | 'week' | 'month'

const Header = z.strictObject({
  title: z.string().min(1),
  unit: z.enum(['s', 'ratio', 'per_1000', 'count']),
  better: z.enum(['lower', 'higher']),
  grain: z.string().min(1),
  cohort: z.string().min(1),
  definition: z.string().min(1),
  benchmark: z
    .string()
    .min(1)
    .transform((text) => (text === 'none' ? null : text)),
  minimum_n: z.coerce.number().int().min(0),
})

/** One KPI of the catalogue: the header of its SQL file under its public id, the file's name. */
export type KpiDefinition = { kpi: string } & z.output<typeof Header>

/** What is asked of a KPI: a half-open window, its buckets, at most one dimension to group by, and values that dimensions must have. */
export type KpiScope = {
  from: Instant
  to: Instant
  bucket: KpiBucket
  groupBy?: Dimension | null
  filters?: Partial<Record<Dimension, string>>
  /** Whether each row gets the value of the preceding window of equal length. */
  compare?: boolean
}

/**
 * `group_by` is a position in the column `dims` (1 is ungrouped); `filters` stand in the same positions. With neither, the SQL does not
 * read the dimensions at all, which makes it two to three times as fast.
 */
const PARAMS = z.object({
  from: z.string(),
  to: z.string(),
  /** Where the bucket `all` is cut in two: one read answers a window and the one before it. */
  middle: z.string(),
  bucket: z.string(),
  group_by: z
    .int()
    .min(1)
    .max(DIMENSIONS.length + 1),
  filters: z.array(z.string()).length(DIMENSIONS.length + 1),
})

const ROW = z.object({
  bucket: z.string().transform((text) => requiredInstant(text)),
  group: z.string(),
  value: z.number().nullable(),
  p90: z.number().nullable(),
  n: z.number(),
  open: z.number(),
})
type Row = z.output<typeof ROW>

let catalogue: readonly KpiDefinition[] | undefined

/** The KPIs, by public id: one for each file of `queries/kpi/`, read once. */
export function kpiCatalogue(): readonly KpiDefinition[] {
  catalogue ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .toSorted()
    .map((kpi) => ({ kpi, ...headerOf(kpi, sqlText(`kpi/${kpi}`)) }))
  return catalogue
}

/**
 * Reads the header of a KPI's SQL: lines `-- key: value`, where `--   more` continues a value, up to the first other line.
 *
 * @throws Error when the header is not complete: a defect of the file
 */
function headerOf(kpi: string, sql: string): z.output<typeof Header> {
  const header: Record<string, string> = {}
  let key = ''
  for (const line of sql.split('\n')) {
    const match = /^-- (?:([a-z_0-9]+): |  )(.+)$/u.exec(line)
    if (match === null) break
    const [, name, text = ''] = match
    if (name === undefined) header[key] = `${header[key] ?? ''} ${text.trim()}`
    else header[(key = name)] = text.trim()
  }
  const parsed = Header.safeParse(header)
  if (!parsed.success) throw new Error(`queries/kpi/${kpi}.sql has no valid header: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/**
 * One KPI as rows by bucket (UTC; weeks start on Monday) and group. Ungrouped, every bucket of the window has a row, those without an
 * object with `n` 0 and a null value; grouped, only buckets with objects have one. `previous` is the value of the same group in the
 * bucket with the same number in the preceding window of equal length, null where there is none or `compare` is not asked.
 *
 * @throws SightlineError `not_found` for an unknown KPI, `parameter_invalid` for a window that ends before it starts
 */
export async function kpiAnswer(reader: TenantReader, kpi: string, scope: KpiScope) {
  const definition = kpiCatalogue().find((one) => one.kpi === kpi)
  if (definition === undefined)
    throw new SightlineError('not_found', `There is no KPI "${kpi.slice(0, 80)}".`, { next: 'GET /v1/kpis lists them.' })
  const { from, to, bucket, groupBy = null, filters = {}, compare = false } = scope
  if (to <= from) throw new SightlineError('parameter_invalid', 'The window is empty: `to` is not after `from`.')
  const query = { name: `kpi/${kpi}`, params: PARAMS, row: ROW } satisfies Query<z.ZodRawShape, z.ZodType>
  const ask = (start: Instant, end: Instant, middle = start) =>
    reader.rows(query, {
      from: instantToClickHouse(start),
      to: instantToClickHouse(end),
      middle: instantToClickHouse(middle),
      bucket,
      group_by: groupBy === null ? 1 : DIMENSIONS.indexOf(groupBy) + 2,
      filters: ['', ...DIMENSIONS.map((name) => filters[name] ?? '')],
    })
  const before = 2 * from - to
  const [found, earlier] =
    compare && bucket === 'all'
      ? halves(await ask(before, to, from), from)
      : await Promise.all([ask(from, to), compare ? ask(before, from) : []])
  const rows = groupBy === null ? filled(found, from, to, bucket) : found
  const previous = new Map(earlier.map((row) => [`${bucketNumber(row.bucket, before, bucket)} ${row.group}`, row.value]))
  return {
    kpi,
    unit: definition.unit,
    from: instantToIso(from),
    to: instantToIso(to),
    rows: rows.map((row) => ({
      ...row,
      bucket: instantToIso(row.bucket),
      previous: previous.get(`${bucketNumber(row.bucket, from, bucket)} ${row.group}`) ?? null,
    })),
  }
}

function halves(rows: readonly Row[], middle: Instant): [Row[], Row[]] {
  return [rows.filter((row) => row.bucket >= middle), rows.filter((row) => row.bucket < middle)]
}

/** Adds the buckets in which nothing was found. */
function filled(rows: readonly Row[], from: Instant, to: Instant, bucket: KpiBucket): Row[] {
  const last = bucketNumber(to - 1, from, bucket)
  if (last >= FILLED_BUCKETS) return [...rows]
  const known = new Map(rows.map((row) => [bucketNumber(row.bucket, from, bucket), row]))
  return Array.from(
    { length: last + 1 },
    (_, number) =>
      known.get(number) ?? { bucket: bucketStart(number, from, bucket), group: '', value: null, p90: null, n: 0, open: 0 },
  )
}

/** Days since 1970-01-01, a Thursday; Mondays are the days with `(day + 3) % 7 === 0`. */
const dayOf = (at: Instant) => Math.floor(at / DAY_US)
const weekOf = (at: Instant) => Math.floor((dayOf(at) + 3) / 7)
const monthOf = (at: Instant) => {
  const date = new Date(Math.floor(at / 1000))
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** Number of the bucket that an instant lies in, counted from the bucket of `from`. */
function bucketNumber(at: Instant, from: Instant, bucket: KpiBucket): number {
  switch (bucket) {
    case 'all':
      return 0
    case 'hour':
      return Math.floor(at / HOUR_US) - Math.floor(from / HOUR_US)
    case 'day':
      return dayOf(at) - dayOf(from)
    case 'week':
      return weekOf(at) - weekOf(from)
    case 'month':
      return monthOf(at) - monthOf(from)
  }
}

function bucketStart(number: number, from: Instant, bucket: KpiBucket): Instant {
  switch (bucket) {
    case 'all':
      return from
    case 'hour':
      return (Math.floor(from / HOUR_US) + number) * HOUR_US
    case 'day':
      return (dayOf(from) + number) * DAY_US
    case 'week':
      return ((weekOf(from) + number) * 7 - 3) * DAY_US
    case 'month': {
      const month = monthOf(from) + number
      return Date.UTC(Math.floor(month / 12), month % 12) * 1000
    }
  }
}

function requiredInstant(text: string): Instant {
  const instant = instantFromIso(text)
  if (instant === null) throw new Error(`"${text}" is not an instant`)
  return instant
}
