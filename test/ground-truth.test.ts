import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ProcessDurations, ProcessTypes } from '../api/contract/process.ts'
import { DATA, type Figures, load, loadInto, meets, sameSpread, skip, type Spread, truth, view } from './support/ground-truth.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

const clusters = ['01_01_01', '01_01_02', '01_02_01', '01_02_03', '02_01', '02_02_02', '03']
for (const cluster of clusters)
  test(`purchase orders by matching type, ${cluster}: every figure of the ground truth`, { skip }, async () => {
    const { per_file } = truth<{ per_file: Record<string, Figures> }>('bpic2019-clusters/ground-truth.json')
    const expected = per_file[cluster]
    assert.ok(expected !== undefined)
    await meets(server, await load(server, `bpic2019-clusters/${cluster}.xes.gz`), 'case', expected)
  })

test('consignment purchase orders, three files: every figure of the ground truth', { skip }, async () => {
  const expected = truth<{ figures_all: Figures }>('bpic2019-consignment/ground-truth.json').figures_all
  const files = ['2', '3', 'Other'].map((part) => `bpic2019-consignment/Log_Cluster_Consignment_${part}.xes.gz`)
  await meets(server, await load(server, ...files), 'case', expected)
})

for (const log of ['DomesticDeclarations', 'PrepaidTravelCost'])
  test(`approval log ${log}: every figure of the ground truth`, { skip }, async () => {
    const { per_log } = truth<{ per_log: Record<string, Figures> }>('bpic2020/ground-truth.json')
    const expected = per_log[log]
    assert.ok(expected !== undefined)
    await meets(server, await load(server, `bpic2020/${log}.xes.gz`), 'case', expected)
  })

test('permit receipts: every figure of the ground truth', { skip }, async () => {
  await meets(
    server,
    await load(server, 'receipt-permit/08_receipt.xes.gz'),
    'case',
    truth<{ figures: Figures }>('receipt-permit/ground-truth.json').figures,
  )
})

const small = truth0()
for (const file of small)
  test(`small log ${file}: every figure of the ground truth`, { skip }, async () => {
    const { per_file } = truth<{ per_file: Record<string, Figures> }>('samples-small/ground-truth.json')
    const expected = per_file[file]
    assert.ok(expected !== undefined)
    await meets(server, await load(server, `samples-small/${file}`), 'case', expected)
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
    await meets(server, await load(server, `samples-small/${file}`), 'case', expected)
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
      const tenant = await load(server, `${folder}/${file}`)
      await meets(server, tenant, 'case', expected.figures_ordered_by_start)
      const durations = await view<ProcessDurations>(server, tenant, '/v1/process/case/durations')
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

type ObjectCentric = { objects: number; objects_by_type: Record<string, number>; flattened: Record<string, Figures> }
for (const [file, figures] of [
  ['ocel1-p2p-normal/p2p-normal.jsonocel', 'ocel1-p2p-normal/ground-truth-p2p-normal.json'],
  ['ocel1-p2p-normal/order_process.jsonocel', 'ocel1-p2p-normal/ground-truth-order_process.json'],
  ['ocel2-order-management/order-management.csv.gz', 'ocel2-order-management/ground-truth-order-management.json'],
] as const)
  test(`object-centric log ${file}: every figure for every object type`, { skip }, async () => {
    const expected = truth<ObjectCentric>(figures)
    const tenant = await load(server, file)
    const { types } = await view<ProcessTypes>(server, tenant, '/v1/process')
    assert.deepEqual(Object.fromEntries(types.map(({ type, objects }) => [type, objects])), expected.objects_by_type)
    assert.equal(
      types.reduce((sum, { objects }) => sum + objects, 0),
      expected.objects,
    )
    const pairs = Object.entries(expected.flattened).map(([type, { events }]) => [type, events])
    assert.deepEqual(Object.fromEntries(types.map(({ type, events }) => [type, events])), Object.fromEntries(pairs))
    for (const [type, flattened] of Object.entries(expected.flattened)) await meets(server, tenant, type, flattened)
  })

test('the specification’s example in JSON, XML and SQLite gives one answer', { skip }, async () => {
  const answers = []
  for (const extension of ['jsonocel', 'xmlocel', 'sqlite']) {
    // XML and SQLite write the local times of a winter in central Europe without their zone.
    const tenant = await load(server, {
      file: `ocel2-format-example/ocel20_example.${extension}`,
      ...(extension === 'jsonocel' ? {} : { zone: '+01:00' }),
    })
    const { types } = await view<ProcessTypes>(server, tenant, '/v1/process')
    const views = await Promise.all(
      types.flatMap(({ type }) =>
        ['summary', 'variants', 'map'].map((name) => view(server, tenant, `/v1/process/${encodeURIComponent(type)}/${name}`)),
      ),
    )
    answers.push({ types, views })
  }
  const [json, xml, sqlite] = answers
  assert.equal(
    json?.types.reduce((sum, { objects }) => sum + objects, 0),
    9,
  )
  assert.deepEqual(xml, json)
  assert.deepEqual(sqlite, json)
})

test('importing a file twice changes nothing', { skip }, async () => {
  const tenant = await load(server, 'samples-small/running-example.xes')
  const before = await view(server, tenant, '/v1/process/case/summary')
  const again = await loadInto(server, { path: `${DATA}samples-small/running-example.xes`, tenant })
  assert.deepEqual([again.accepted, again.duplicates], [0, 42])
  assert.deepEqual(await view(server, tenant, '/v1/process/case/summary'), before)
})
