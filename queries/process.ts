import { z } from 'zod'
import { INSTANT_MAX, INSTANT_MIN, type Instant, instantToClickHouse } from '../model/instant.ts'
import type { WaitGroup } from '../model/vocabulary.ts'
import type { Db } from '../platform/postgres/client.ts'
import { derivationOf } from './derive/derive.ts'
import type { Query, TenantReader } from './run.ts'

/** Which objects (first event in the window; default all) and which names of activities. */
export type ProcessScope = {
  /** Beginnings of activities to leave out, such as `operation.`. */
  without?: readonly string[] | undefined
  type: string
  from?: Instant | undefined
  to?: Instant | undefined
  names: 'canonical' | 'source'
}

const scope = { type: z.string(), from: z.string(), to: z.string(), names: z.string(), without: z.array(z.string()) }
const quantiles = { quantiles_us: z.array(z.number().nullable()), mean_us: z.number().nullable() }

const TYPES = {
  name: 'process/types',
  params: z.object({}),
  row: z.object({ type: z.string(), events: z.number(), objects: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const WAITING_TYPES = {
  name: 'process/waiting-types',
  params: z.object({ settled_until: z.number() }),
  row: z.object({ type: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const NEW_TYPES = {
  name: 'process/new-types',
  params: z.object({ among: z.array(z.string()) }),
  row: z.object({ type: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SUMMARY = {
  name: 'process/summary',
  params: z.object(scope),
  row: z.object({
    events: z.number(),
    objects: z.number(),
    activities: z.number(),
    variants: z.number(),
    directly_follows_pairs: z.number(),
    first_at: z.string().nullable(),
    last_at: z.string().nullable(),
    ...quantiles,
    events_min: z.number(),
    events_median: z.number().nullable(),
    events_max: z.number(),
    rework_objects: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ACTIVITIES = {
  name: 'process/activities',
  params: z.object(scope),
  row: z.object({ activity: z.string(), count: z.number(), objects: z.number(), starts: z.number(), ends: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const MONTHS = {
  name: 'process/months',
  params: z.object(scope),
  row: z.object({ month: z.string(), events: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const VARIANTS = {
  name: 'process/variants',
  params: z.object({ ...scope, limit: z.number() }),
  row: z.object({
    activities: z.array(z.string()),
    count: z.number(),
    median_duration_s: z.number().nullable(),
    example: z.string(),
    objects: z.number(),
    total: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const MAP = {
  name: 'process/map',
  params: z.object(scope),
  row: z.object({ from: z.string(), to: z.string(), count: z.number(), median_wait_s: z.number(), p90_wait_s: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const HISTOGRAM = {
  name: 'process/histogram',
  params: z.object(scope),
  row: z.object({ from_s: z.number(), to_s: z.number(), objects: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SPANS = {
  name: 'process/spans',
  params: z.object(scope),
  row: z.object({
    n: z.number(),
    ...quantiles,
    span_quantiles_us: quantiles.quantiles_us,
    span_mean_us: quantiles.mean_us,
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ACTIVITY_DURATIONS = {
  name: 'process/activity-durations',
  params: z.object(scope),
  row: z.object({ activity: z.string(), n: z.number(), ...quantiles }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const WAITS = {
  name: 'process/waits',
  params: z.object({ ...scope, by: z.string() }),
  row: z.object({ waited_for: z.string(), is_group: z.number(), n: z.number(), overlaps: z.number(), ...quantiles }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Durations in seconds; every figure is null where nothing is measured. */
export type DurationFigures = {
  n: number
  min: number | null
  median: number | null
  p90: number | null
  p95: number | null
  max: number | null
  mean: number | null
}

function bind({ type, from, to, names, without = [] }: ProcessScope) {
  return {
    type,
    names,
    from: instantToClickHouse(from ?? INSTANT_MIN),
    to: instantToClickHouse(to ?? INSTANT_MAX),
    without: [...without],
  }
}

function figures(n: number, row: { quantiles_us: (number | null)[]; mean_us: number | null }): DurationFigures {
  const seconds = (us: number | null | undefined) => (n === 0 || us == null ? null : us / 1e6)
  const [min, median, p90, p95, max] = row.quantiles_us.map(seconds)
  return {
    n,
    min: min ?? null,
    median: median ?? null,
    p90: p90 ?? null,
    p95: p95 ?? null,
    max: max ?? null,
    mean: seconds(row.mean_us),
  }
}

/**
 * The object types of the tenant, most objects first; one whose traces are not computed yet is listed without figures.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function processTypes(reader: TenantReader, db: Db): Promise<{ type: string; events: number; objects: number }[]> {
  const [types, waiting] = await Promise.all([reader.rows(TYPES, {}), waitingTypes(reader, db)])
  const known = new Set(types.map(({ type }) => type))
  const among = waiting.filter((type) => !known.has(type))
  const fresh = among.length === 0 ? [] : await reader.rows(NEW_TYPES, { among })
  return [...types, ...fresh.map(({ type }) => ({ type, events: 0, objects: 0 }))]
}

async function waitingTypes(reader: TenantReader, db: Db): Promise<string[]> {
  const { settledUntil } = await derivationOf({ db }, reader.tenant)
  return (await reader.rows(WAITING_TYPES, { settled_until: settledUntil })).map(({ type }) => type)
}

/** Figures of one object type: counts, variants, durations, activities, first and last steps, events by month. */
export async function processSummary(reader: TenantReader, scoped: ProcessScope) {
  const [[row], activities, events_per_month] = await Promise.all([
    reader.rows(SUMMARY, bind(scoped)),
    reader.rows(ACTIVITIES, bind(scoped)),
    reader.rows(MONTHS, bind(scoped)),
  ])
  if (row === undefined) throw new Error('process/summary answered no row')
  const ranked = (key: 'count' | 'starts' | 'ends') =>
    activities
      .map((entry) => ({ activity: entry.activity, count: entry[key] }))
      .filter((entry) => entry.count > 0)
      .toSorted((a, b) => b.count - a.count || (a.activity < b.activity ? -1 : 1))
  return {
    type: scoped.type,
    events: row.events,
    objects: row.objects,
    activities: row.activities,
    variants: row.variants,
    directly_follows_pairs: row.directly_follows_pairs,
    first_at: row.first_at,
    last_at: row.last_at,
    duration_s: figures(row.objects, row),
    events_per_object: { min: row.events_min, median: row.events_median ?? 0, max: row.events_max },
    rework_objects: row.rework_objects,
    activity_counts: ranked('count'),
    start_activities: ranked('starts'),
    end_activities: ranked('ends'),
    events_per_month,
  }
}

/** Variants by frequency, then by their activities. */
export async function processVariants(reader: TenantReader, scoped: ProcessScope & { limit: number }) {
  const rows = await reader.rows(VARIANTS, { ...bind(scoped), limit: scoped.limit })
  const objects = rows[0]?.objects ?? 0
  return {
    type: scoped.type,
    objects,
    total: rows[0]?.total ?? 0,
    variants: rows.map(({ activities, count, median_duration_s, example }) => ({
      activities,
      count,
      share: count / objects,
      median_duration_s,
      example,
    })),
  }
}

/** The directly-follows map: activities as nodes, pairs with count and waits (seconds) as edges. */
export async function processMap(reader: TenantReader, scoped: ProcessScope) {
  const [nodes, edges] = await Promise.all([reader.rows(ACTIVITIES, bind(scoped)), reader.rows(MAP, bind(scoped))])
  return { type: scoped.type, nodes, edges }
}

/** Durations of objects and, where activities have a start and an end, of activities; seconds. */
export async function processDurations(reader: TenantReader, scoped: ProcessScope) {
  const [[spans], histogram, activities] = await Promise.all([
    reader.rows(SPANS, bind(scoped)),
    reader.rows(HISTOGRAM, bind(scoped)),
    reader.rows(ACTIVITY_DURATIONS, bind(scoped)),
  ])
  if (spans === undefined) throw new Error('process/durations answered no row')
  return {
    type: scoped.type,
    start_to_start: figures(spans.n, spans),
    start_to_end: figures(spans.n, { quantiles_us: spans.span_quantiles_us, mean_us: spans.span_mean_us }),
    histogram,
    activities: activities.map((row) => ({ activity: row.activity, ...figures(row.n, row) })),
  }
}

/**
 * Waits before activity instances, seconds: from the end of the one before on the same object to the start; over all, and by what is waited
 * for, most waits first, at most 500 groups.
 */
export async function processWaits(reader: TenantReader, { by, ...scoped }: ProcessScope & { by: WaitGroup }) {
  const rows = await reader.rows(WAITS, { ...bind(scoped), by })
  const waits = rows.map(({ waited_for, is_group, overlaps, ...row }) => ({
    waited_for,
    is_group,
    overlaps,
    ...figures(row.n, row),
  }))
  const all = waits.find(({ is_group }) => is_group === 1)
  return {
    type: scoped.type,
    by,
    all: all === undefined ? { overlaps: 0, ...figures(0, { quantiles_us: [], mean_us: null }) } : told(all),
    groups: waits.filter(({ is_group }) => is_group === 0).map((row) => ({ waited_for: row.waited_for, ...told(row) })),
  }
}

function told({ overlaps, n, min, median, p90, p95, max, mean }: DurationFigures & { overlaps: number }) {
  return { overlaps, n, min, median, p90, p95, max, mean }
}
