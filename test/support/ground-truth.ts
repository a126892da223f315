import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ProcessMap, ProcessSummary, ProcessVariants } from '../../api/contract/process.ts'
import { importFile, type ImportOrder, type ImportResult } from '../../cli/import-file.ts'
import { instantFromIso } from '../../model/instant.ts'
import type { TestServer } from './server.ts'

/** Real logs with figures that others computed; they lie beside the repository and are never copied into it. */
export const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** Why tests of the real logs are skipped; false where they are there. */
export const skip = existsSync(DATA) ? false : 'the public event logs are not here (../shared/data)'

type Quantity = { linear: number }
export type Spread = {
  n: number
  min_s: number
  median_s: Quantity
  p90_s: Quantity
  p95_s: Quantity
  max_s: number
  mean_s: number
}
export type Figures = {
  events: number
  cases: number
  activities: number
  variants: number
  directly_follows_pairs: number
  first_event_utc?: string
  last_event_utc?: string
  events_per_case?: { min: number; median: number; max: number }
  case_duration: Spread
  activity_counts?: Record<string, number>
  start_activities?: Record<string, number>
  end_activities?: Record<string, number>
  top_directly_follows?: { from: string; to: string; count: number; median_wait_s: Quantity; p90_wait_s: Quantity }[]
  top_variants?: { count: number; length: number; sequence: string[] }[]
  cases_with_a_repeated_activity?: number
  events_per_month_utc?: Record<string, number>
}

/** Reads a ground truth. */
export function truth<T>(path: string): T {
  return JSON.parse(readFileSync(`${DATA}${path}`, 'utf8')) as T
}

/** Loads a file with the command's own code, over HTTP. */
export function loadInto(server: TestServer, order: ImportOrder): Promise<ImportResult> {
  return importFile({ url: server.url, token: server.token, close: () => Promise.resolve() }, order)
}

/** Loads files of the public logs into a tenant of their own; nothing of them may be refused. */
export async function load(
  server: TestServer,
  ...files: (string | { file: string; zone?: string; mapping?: string })[]
): Promise<string> {
  const tenant = await server.freshTenant()
  for (const one of files) {
    const { file, ...options } = typeof one === 'string' ? { file: one } : one
    const result = await loadInto(server, { path: `${DATA}${file}`, tenant, ...options })
    assert.equal(result.rejected, 0, `${file}: ${JSON.stringify(result.firstRejections)}`)
    assert.equal(result.conflicts, 0, file)
  }
  await server.derived(tenant, ['processes'])
  return tenant
}

/** Asks a view, which must answer. */
export async function view<T>(server: TestServer, tenant: string, path: string): Promise<T> {
  const { status, body } = await server.ask<T>('GET', path, { tenant })
  assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`)
  return body
}

function near(actual: number | null, expected: number, what: string): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.001, `${what}: ${actual} instead of ${expected}`)
}

/** Quantiles to a millisecond. */
export function sameSpread(actual: ProcessSummary['duration_s'], expected: Spread, what: string): void {
  assert.equal(actual.n, expected.n, `${what}: n`)
  near(actual.min, expected.min_s, `${what}: min`)
  near(actual.median, expected.median_s.linear, `${what}: median`)
  near(actual.p90, expected.p90_s.linear, `${what}: p90`)
  near(actual.p95, expected.p95_s.linear, `${what}: p95`)
  near(actual.max, expected.max_s, `${what}: max`)
  near(actual.mean, expected.mean_s, `${what}: mean`)
}

function subset(actual: { activity: string; count: number }[], expected: Record<string, number> | undefined, what: string): void {
  const counts = new Map(actual.map(({ activity, count }) => [activity, count]))
  for (const [activity, count] of Object.entries(expected ?? {}))
    assert.equal(counts.get(activity), count, `${what}: ${activity}`)
}

function sameInstant(actual: string | null, expected: string | undefined, what: string): void {
  if (expected !== undefined) assert.equal(instantFromIso(actual ?? '', 0), instantFromIso(expected, 0), what)
}

/** Every figure of a ground truth that the process views state, times to a millisecond. */
export async function meets(server: TestServer, tenant: string, type: string, expected: Figures): Promise<void> {
  const path = `/v1/process/${encodeURIComponent(type)}`
  const [summary, map, variants] = await Promise.all([
    view<ProcessSummary>(server, tenant, `${path}/summary`),
    view<ProcessMap>(server, tenant, `${path}/map`),
    view<ProcessVariants>(server, tenant, `${path}/variants?limit=1000`),
  ])
  assert.deepEqual(
    {
      events: summary.events,
      cases: summary.objects,
      activities: summary.activities,
      variants: summary.variants,
      directly_follows_pairs: summary.directly_follows_pairs,
      ...(expected.events_per_case === undefined ? {} : { events_per_case: summary.events_per_object }),
      ...(expected.cases_with_a_repeated_activity === undefined
        ? {}
        : { cases_with_a_repeated_activity: summary.rework_objects }),
      ...(expected.events_per_month_utc === undefined
        ? {}
        : { events_per_month_utc: Object.fromEntries(summary.events_per_month.map(({ month, events }) => [month, events])) }),
    },
    {
      events: expected.events,
      cases: expected.cases,
      activities: expected.activities,
      variants: expected.variants,
      directly_follows_pairs: expected.directly_follows_pairs,
      ...(expected.events_per_case === undefined ? {} : { events_per_case: expected.events_per_case }),
      ...(expected.cases_with_a_repeated_activity === undefined
        ? {}
        : { cases_with_a_repeated_activity: expected.cases_with_a_repeated_activity }),
      ...(expected.events_per_month_utc === undefined ? {} : { events_per_month_utc: expected.events_per_month_utc }),
    },
  )
  assert.equal(variants.total, expected.variants)
  assert.equal(map.edges.length, expected.directly_follows_pairs)
  sameSpread(summary.duration_s, expected.case_duration, 'duration')
  sameInstant(summary.first_at, expected.first_event_utc, 'first event')
  sameInstant(summary.last_at, expected.last_event_utc, 'last event')
  subset(summary.activity_counts, expected.activity_counts, 'activity')
  subset(summary.start_activities, expected.start_activities, 'first activity')
  subset(summary.end_activities, expected.end_activities, 'last activity')
  for (const pair of expected.top_directly_follows ?? []) {
    const edge = map.edges.find(({ from, to }) => from === pair.from && to === pair.to)
    assert.equal(edge?.count, pair.count, `${pair.from} > ${pair.to}`)
    near(edge?.median_wait_s ?? null, pair.median_wait_s.linear, `${pair.from} > ${pair.to}: median wait`)
    near(edge?.p90_wait_s ?? null, pair.p90_wait_s.linear, `${pair.from} > ${pair.to}: p90 wait`)
  }
  const sequences = new Map(variants.variants.map(({ activities, count }) => [JSON.stringify(activities), count]))
  for (const { count, sequence } of expected.top_variants ?? [])
    assert.equal(sequences.get(JSON.stringify(sequence)), count, `variant ${sequence.slice(0, 4).join(', ')} …`)
}
