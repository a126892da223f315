import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { bucketNumber, bucketStart, DAY_US, type KpiBucket } from './kpi-buckets.ts'
import { kpiCatalogue, type KpiDefinition } from './kpi-catalogue.ts'
import { FACTS_PARAMS, factsOf, factsParams, type KpiScope, StoredInstant } from './kpi-facts.ts'
import { kpiTargets, referenceState, targetAt } from './kpi-reference.ts'
import type { Query, TenantReader } from './run.ts'

/** A window of more buckets than this keeps its empty buckets out. */
const FILLED_BUCKETS = 5000

/** A month that is closed: `2026-03`, and as of when it answers. */
export type Frozen = { month: string; asOf: Instant }

const ROW = z.object({
  earlier: z.union([z.boolean(), z.number()]).transform(Boolean),
  bucket: StoredInstant,
  group: z.string(),
  middle_value: z.number().nullable(),
  p90: z.number().nullable(),
  n: z.number(),
  unfinished: z.number(),
})
type Row = { bucket: Instant; group: string; value: number | null; p90: number | null; n: number; open: number }

const DAYS = {
  name: 'read/kpi-days',
  params: z.object({
    kpi: z.string(),
    from: z.string(),
    to: z.string(),
    split: z.string(),
    bucket: z.string(),
    now: z.string(),
    factor: z.number(),
    aggregate: z.string(),
    first_day: z.string(),
    last_day: z.string(),
    cut_days: z.array(z.string()),
  }),
  row: ROW,
} satisfies Query<z.ZodRawShape, z.ZodType>

/** The definition of a KPI. @throws SightlineError `not_found` */
export function kpiDefinition(kpi: string): KpiDefinition {
  const definition = kpiCatalogue().find((one) => one.kpi === kpi)
  if (definition === undefined)
    throw new SightlineError('not_found', `There is no KPI "${kpi.slice(0, 80)}".`, { next: 'GET /v1/kpis lists them.' })
  return definition
}

/**
 * One KPI as rows by bucket and group. Ungrouped, every bucket of the window has a row, those without an object with `n` 0 and a null
 * value; grouped, only buckets with objects have one. `previous` is the value of the same group in the bucket with the same number in the
 * preceding window of equal length, null where there is none or `compare` is not asked. Where reference data is missing that the KPI
 * needs, `needs` names it and every value is null.
 *
 * @param frozen months that answer as they were known when they were frozen; only by month
 * @throws SightlineError `not_found` for an unknown KPI, `parameter_invalid` for a window that ends before it starts
 */
export async function kpiAnswer(reader: TenantReader, kpi: string, scope: KpiScope, frozen: readonly Frozen[] = []) {
  const definition = kpiDefinition(kpi)
  const { from, to, bucket, groupBy = null, filters = {}, compare = false } = scope
  if (to <= from) throw new SightlineError('parameter_invalid', 'The window is empty: `to` is not after `from`.')
  if (frozen.length > 0 && bucket !== 'month')
    throw new SightlineError('parameter_invalid', 'Frozen months answer by month only.', { next: 'Ask with bucket=month.' })
  const { missing, currency } = await referenceState(reader, definition)
  const before = 2 * from - to
  const ask = async (): Promise<Windows> => {
    if (missing.length > 0) return NOTHING
    if (frozen.length === 0) return windowsOf(reader, definition, scope, compare ? before : from)
    const [now, earlier] = await Promise.all([
      kpiRows(reader, definition, scope, frozen),
      compare ? kpiRows(reader, definition, { ...scope, from: before, to: from }, frozen) : [],
    ])
    return { now, earlier }
  }
  const [{ now: found, earlier }, targets] = await Promise.all([ask(), kpiTargets(reader, kpi)])
  const rows = groupBy === null ? filled(found, from, to, bucket) : found
  const previous = new Map(earlier.map((row) => [`${bucketNumber(row.bucket, before, bucket)} ${row.group}`, row.value]))
  return {
    kpi,
    unit: definition.unit,
    from: instantToIso(from),
    to: instantToIso(to),
    currency: definition.unit === 'money' ? currency : null,
    benchmark: definition.benchmark,
    minimum_n: definition.minimum_n,
    needs: missing,
    frozen: frozen
      .filter(({ month }) => rows.some((row) => monthText(row.bucket) === month))
      .map(({ month, asOf }) => ({ month, as_of: instantToIso(asOf) })),
    rows: rows.map((row) => ({
      ...row,
      bucket: instantToIso(row.bucket),
      previous: previous.get(`${bucketNumber(row.bucket, from, bucket)} ${row.group}`) ?? null,
      target: targetAt(targets, bucket === 'all' ? Math.max(from, Math.min(to, scope.now) - 1) : row.bucket, {
        groupBy,
        group: row.group,
        filters,
      }),
      caution: row.n > 0 && row.n < definition.minimum_n,
    })),
  }
}

/**
 * The figures of a KPI alone, without what a page shows beside them; none where reference data is missing that it needs. Ungrouped, every
 * bucket has a row.
 *
 * @throws SightlineError `not_found` for an unknown KPI
 */
export async function kpiFigures(reader: TenantReader, kpi: string, scope: KpiScope): Promise<readonly Row[]> {
  const definition = kpiDefinition(kpi)
  const isWanting = (await referenceState(reader, definition)).missing.length > 0
  const { now: found } = isWanting ? NOTHING : await windowsOf(reader, definition, scope)
  return scope.groupBy == null ? filled(found, scope.from, scope.to, scope.bucket) : found
}

/** Rows of one window with frozen months: these as they were known, the rest as asked. */
async function kpiRows(
  reader: TenantReader,
  definition: KpiDefinition,
  scope: KpiScope,
  frozen: readonly Frozen[],
): Promise<Row[]> {
  const { from, to } = scope
  const known = new Map(frozen.map(({ month, asOf }) => [month, asOf]))
  const months = Array.from({ length: bucketNumber(to - 1, from, 'month') + 1 }, (_, at) => bucketStart(at, from, 'month'))
  const parts = await Promise.all(
    months.map((start) =>
      windowsOf(reader, definition, {
        ...scope,
        from: Math.max(from, start),
        to: Math.min(to, bucketStart(1, start, 'month')),
        asOf: known.get(monthText(start)) ?? scope.asOf ?? null,
      }),
    ),
  )
  return parts.flatMap(({ now }) => now)
}

/** Rows of a window, and of the one before it where that is read, too. */
type Windows = { now: readonly Row[]; earlier: readonly Row[] }
const NOTHING: Windows = { now: [], earlier: [] }

/** Rows from the rollup where it can tell, else from the contributions; of the window, and of what lies from `before` to it. */
async function windowsOf(
  reader: TenantReader,
  definition: KpiDefinition,
  scope: KpiScope,
  before = scope.from,
): Promise<Windows> {
  const { from, to, bucket, groupBy = null, filters = {}, asOf = null, now } = scope
  const params = { ...factsParams(definition, { ...scope, from: before }), split: instantToClickHouse(from) }
  const isPlain = groupBy === null && asOf === null && Object.values(filters).every((value) => value === '')
  const firstDay = Math.ceil(before / DAY_US)
  const lastDay = Math.min(Math.floor(to / DAY_US), Math.floor(now / DAY_US))
  const isRolledUp = isPlain && definition.aggregate !== 'kaplan-meier' && bucket !== 'hour' && lastDay > firstDay
  const days = {
    aggregate: definition.aggregate,
    first_day: dayText(firstDay),
    last_day: dayText(lastDay),
    cut_days: from % DAY_US === 0 ? [] : [dayText(Math.floor(from / DAY_US))],
  }
  const found = isRolledUp
    ? await reader.rows(DAYS, { ...params, ...days })
    : await reader.rows(factsQuery(definition, asOf), params)
  const windows = { now: [] as Row[], earlier: [] as Row[] }
  for (const { earlier, middle_value, unfinished, ...row } of found)
    windows[earlier ? 'earlier' : 'now'].push({
      ...row,
      bucket: bucket !== 'all' ? row.bucket : earlier ? before : from,
      value: middle_value,
      open: unfinished,
    })
  return windows
}

function factsQuery(definition: KpiDefinition, asOf: Instant | null) {
  return {
    name: `read/kpi-${definition.aggregate}`,
    parts: factsOf(asOf),
    params: z.object({ ...FACTS_PARAMS, split: z.string() }),
    row: ROW,
  } satisfies Query<z.ZodRawShape, z.ZodType>
}

const dayText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)
const monthText = (at: Instant) => instantToIso(at).slice(0, 7)

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
