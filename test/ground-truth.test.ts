import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ProcessDurations, ProcessMap, ProcessSummary, ProcessTypes, ProcessVariants } from '../api/contract/process.ts'
import { importFile } from '../cli/import-file.ts'
import { instantFromIso } from '../model/instant.ts'
import { sharedServer, type TestServer } from './support/server.ts'

/** Real logs with figures that others computed; they lie beside the repository and are never copied into it. */
const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url))
const skip = existsSync(DATA) ? false : 'the public event logs are not here (../shared/data)'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

type Quantity = { linear: number }
type Spread = { n: number; min_s: number; median_s: Quantity; p90_s: Quantity; p95_s: Quantity; max_s: number; mean_s: number }
type Figures = {
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

function truth<T>(path: string): T {
  return JSON.parse(readFileSync(`${DATA}${path}`, 'utf8')) as T
}

/** Loads files into a tenant of their own, through the command's own code and over HTTP. */
async function load(...files: string[]): Promise<string> {
  const tenant = await server.freshTenant()
  for (const file of files) {
    const result = await importFile({ url: server.url, token: server.token, close: () => Promise.resolve() }, { path: `${DATA}${file}`, tenant })
    assert.equal(result.rejected, 0, `${file}: ${JSON.stringify(result.firstRejections)}`)
    assert.equal(result.conflicts, 0, file)
  }
  return tenant
}

async function view<T>(tenant: string, path: string): Promise<T> {
  const { status, body } = await server.ask<T>('GET', path, { tenant })
  assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`)
  return body
}

function near(actual: number | null, expected: number, what: string): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.001, `${what}: ${actual} instead of ${expected}`)
}

function sameSpread(actual: ProcessSummary['duration_s'], expected: Spread, what: string): void {
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
  for (const [activity, count] of Object.entries(expected ?? {})) assert.equal(counts.get(activity), count, `${what}: ${activity}`)
}

function sameInstant(actual: string | null, expected: string | undefined, what: string): void {
  if (expected !== undefined) assert.equal(instantFromIso(actual ?? '', 0), instantFromIso(expected, 0), what)
}

async function meets(tenant: string, type: string, expected: Figures): Promise<void> {
  const path = `/v1/process/${encodeURIComponent(type)}`
  const [summary, map, variants] = await Promise.all([
    view<ProcessSummary>(tenant, `${path}/summary`),
    view<ProcessMap>(tenant, `${path}/map`),
    view<ProcessVariants>(tenant, `${path}/variants?limit=1000`),
  ])
  assert.deepEqual(
    {
      events: summary.events,
      cases: summary.objects,
      activities: summary.activities,
      variants: summary.variants,
      directly_follows_pairs: summary.directly_follows_pairs,
      ...(expected.events_per_case === undefined ? {} : { events_per_case: summary.events_per_object }),
      ...(expected.cases_with_a_repeated_activity === undefined ? {} : { cases_with_a_repeated_activity: summary.rework_objects }),
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
      ...(expected.cases_with_a_repeated_activity === undefined ? {} : { cases_with_a_repeated_activity: expected.cases_with_a_repeated_activity }),
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

const clusters = ['01_01_01', '01_01_02', '01_02_01', '01_02_03', '02_01', '02_02_02', '03']
for (const cluster of clusters)
  test(`purchase orders by matching type, ${cluster}: every figure of the ground truth`, { skip }, async () => {
    const { per_file } = truth<{ per_file: Record<string, Figures> }>('bpic2019-clusters/ground-truth.json')
    const expected = per_file[cluster]
    assert.ok(expected !== undefined)
    await meets(await load(`bpic2019-clusters/${cluster}.xes.gz`), 'case', expected)
  })

test('consignment purchase orders, three files: every figure of the ground truth', { skip }, async () => {
  const expected = truth<{ figures_all: Figures }>('bpic2019-consignment/ground-truth.json').figures_all
  const files = ['2', '3', 'Other'].map((part) => `bpic2019-consignment/Log_Cluster_Consignment_${part}.xes.gz`)
  await meets(await load(...files), 'case', expected)
})

for (const log of ['DomesticDeclarations', 'PrepaidTravelCost'])
  test(`approval log ${log}: every figure of the ground truth`, { skip }, async () => {
    const { per_log } = truth<{ per_log: Record<string, Figures> }>('bpic2020/ground-truth.json')
    const expected = per_log[log]
    assert.ok(expected !== undefined)
    await meets(await load(`bpic2020/${log}.xes.gz`), 'case', expected)
  })

test('permit receipts: every figure of the ground truth', { skip }, async () => {
  await meets(await load('receipt-permit/08_receipt.xes.gz'), 'case', truth<{ figures: Figures }>('receipt-permit/ground-truth.json').figures)
})

const small = truth0()
for (const file of small)
  test(`small log ${file}: every figure of the ground truth`, { skip }, async () => {
    const { per_file } = truth<{ per_file: Record<string, Figures> }>('samples-small/ground-truth.json')
    const expected = per_file[file]
    assert.ok(expected !== undefined)
    await meets(await load(`samples-small/${file}`), 'case', expected)
  })

function truth0(): string[] {
  return skip === false ? Object.keys(truth<{ per_file: object }>('samples-small/ground-truth.json').per_file) : ['(absent)']
}

for (const [name, file, figures] of [
  ['running example as CSV', 'running-example.csv', 'running-example.xes'],
  ['road fines as CSV', 'roadtraffic100traces.csv', 'roadtraffic100traces.xes'],
] as const)
  test(`${name} answers as the XES of the same log`, { skip }, async () => {
    const { per_file } = truth<{ per_file: Record<string, Figures> }>('samples-small/ground-truth.json')
    const expected = per_file[figures]
    assert.ok(expected !== undefined)
    await meets(await load(`samples-small/${file}`), 'case', expected)
  })

type StartEnd = {
  figures_ordered_by_start: Figures
  case_duration_first_start_to_last_end: Spread
  processing_time_by_activity: Record<string, Spread>
}
for (const [name, folder, files] of [
  ['requisition to payment', 'purchasing-example', ['PurchasingExample.csv.gz', 'PurchasingExample-disco.csv.gz']],
  ['procure-to-pay with amounts', 'p2p-zampino', ['Procure-to-Pay_asis.csv.gz']],
] as const)
  for (const file of files)
    test(`${name} (${file}): a start/end row is one activity, with its processing time`, { skip }, async () => {
      const expected = truth<StartEnd>(`${folder}/ground-truth.json`)
      const tenant = await load(`${folder}/${file}`)
      await meets(tenant, 'case', expected.figures_ordered_by_start)
      const durations = await view<ProcessDurations>(tenant, '/v1/process/case/durations')
      sameSpread(durations.start_to_start, expected.figures_ordered_by_start.case_duration, 'start to start')
      sameSpread(durations.start_to_end, expected.case_duration_first_start_to_last_end, 'start to end')
      const activities = new Map(durations.activities.map((entry) => [entry.activity, entry]))
      assert.equal(activities.size, Object.keys(expected.processing_time_by_activity).length)
      for (const [activity, spread] of Object.entries(expected.processing_time_by_activity)) {
        const actual = activities.get(activity)
        assert.ok(actual !== undefined, activity)
        sameSpread(actual, spread, activity)
      }
    })

type ObjectCentric = { objects: number; objects_by_type: Record<string, number>; event_object_relations: number; flattened: Record<string, Figures> }
for (const [file, figures] of [
  ['ocel1-p2p-normal/p2p-normal.jsonocel', 'ocel1-p2p-normal/ground-truth-p2p-normal.json'],
  ['ocel1-p2p-normal/order_process.jsonocel', 'ocel1-p2p-normal/ground-truth-order_process.json'],
  ['ocel2-order-management/order-management.csv.gz', 'ocel2-order-management/ground-truth-order-management.json'],
] as const)
  test(`object-centric log ${file}: every figure for every object type`, { skip }, async () => {
    const expected = truth<ObjectCentric>(figures)
    const tenant = await load(file)
    const { types } = await view<ProcessTypes>(tenant, '/v1/process')
    assert.deepEqual(Object.fromEntries(types.map(({ type, objects }) => [type, objects])), expected.objects_by_type)
    assert.equal(types.reduce((sum, { objects }) => sum + objects, 0), expected.objects)
    assert.equal(types.reduce((sum, { events }) => sum + events, 0), expected.event_object_relations)
    for (const [type, flattened] of Object.entries(expected.flattened)) await meets(tenant, type, flattened)
  })

test('the specification’s example in JSON, XML and SQLite gives one answer', { skip }, async () => {
  const answers = []
  for (const extension of ['jsonocel', 'xmlocel', 'sqlite']) {
    const tenant = await load(`ocel2-format-example/ocel20_example.${extension}`)
    const { types } = await view<ProcessTypes>(tenant, '/v1/process')
    const views = await Promise.all(
      types.flatMap(({ type }) => ['summary', 'variants', 'map'].map((name) => view(tenant, `/v1/process/${encodeURIComponent(type)}/${name}`))),
    )
    answers.push({ types, views })
  }
  const [json, xml, sqlite] = answers
  assert.equal(json?.types.reduce((sum, { objects }) => sum + objects, 0), 9)
  assert.deepEqual(xml, json)
  assert.deepEqual(sqlite, json)
})

test('importing a file twice changes nothing', { skip }, async () => {
  const tenant = await load('samples-small/running-example.xes')
  const before = await view(tenant, '/v1/process/case/summary')
  const again = await importFile(
    { url: server.url, token: server.token, close: () => Promise.resolve() },
    { path: `${DATA}samples-small/running-example.xes`, tenant },
  )
  assert.deepEqual([again.accepted, again.duplicates], [0, 42])
  assert.deepEqual(await view(tenant, '/v1/process/case/summary'), before)
})
