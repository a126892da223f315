import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { analyse, type ImportedRecord, type ImportOptions, openImport } from '../ingest/import/import.ts'
import { SightlineError } from '../platform/errors.ts'

const DATA = join(import.meta.dirname, '../../shared/data')
const folder = mkdtempSync(join(tmpdir(), 'sightline-readers-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function records(path: string, options: ImportOptions = {}): Promise<ImportedRecord[]> {
  const all: ImportedRecord[] = []
  for await (const record of openImport(path, options).records()) all.push(record)
  return all
}

type Data = {
  activity: string
  seq: number
  objects: { type: string; id: string; qualifier?: string }[]
  lifecycle?: string
  attributes?: Record<string, unknown>
  object_attributes?: Record<string, Record<string, unknown>>
}

const dataOf = (record: ImportedRecord | undefined): Data => record?.event['data'] as Data

type Truth = {
  events: number
  cases: number
  activities: number
  first_event_utc: string
  last_event_utc: string
  activity_counts?: Record<string, number>
}

const truthOf = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(DATA, path), 'utf8')) as Record<string, unknown>
const at = (value: unknown, ...keys: string[]): Truth =>
  keys.reduce((inner, key) => (inner as Record<string, unknown>)[key], value) as Truth

/** Every log of cases with the figures that others computed. */
function caseLogs(): { path: string; truth: Truth }[] {
  const clusters = truthOf('bpic2019-clusters/ground-truth.json')
  const consignment = truthOf('bpic2019-consignment/ground-truth.json')
  const bpic2020 = truthOf('bpic2020/ground-truth.json')
  const samples = truthOf('samples-small/ground-truth.json')
  const purchasing = at(truthOf('purchasing-example/ground-truth.json'), 'figures_ordered_by_start')
  return [
    ...Object.keys(clusters['per_file'] as object).map((name) => ({
      path: `bpic2019-clusters/${name}.xes.gz`,
      truth: at(clusters, 'per_file', name),
    })),
    ...Object.keys(consignment['per_file'] as object).map((name) => ({
      path: `bpic2019-consignment/Log_Cluster_Consignment_${name}.xes.gz`,
      truth: at(consignment, 'per_file', name),
    })),
    ...Object.keys(bpic2020['per_log'] as object).map((name) => ({
      path: `bpic2020/${name}.xes.gz`,
      truth: at(bpic2020, 'per_log', name),
    })),
    { path: 'receipt-permit/08_receipt.xes.gz', truth: at(truthOf('receipt-permit/ground-truth.json'), 'figures') },
    { path: 'purchasing-example/PurchasingExample.csv.gz', truth: purchasing },
    { path: 'purchasing-example/PurchasingExample-disco.csv.gz', truth: purchasing },
    {
      path: 'p2p-zampino/Procure-to-Pay_asis.csv.gz',
      truth: at(truthOf('p2p-zampino/ground-truth.json'), 'figures_ordered_by_start'),
    },
    ...Object.keys(samples['per_file'] as object).map((name) => ({
      path: `samples-small/${name}`,
      truth: at(samples, 'per_file', name),
    })),
    { path: 'samples-small/running-example.csv', truth: at(samples, 'per_file', 'running-example.xes') },
    { path: 'samples-small/roadtraffic100traces.csv', truth: at(samples, 'per_file', 'roadtraffic100traces.xes') },
  ]
}

test('every public log of cases is read whole: events, cases, activities and first instant as others counted them', async (t) => {
  if (!existsSync(DATA)) return t.skip('the public logs are not here (../shared/data)')
  for (const { path, truth } of caseLogs()) {
    const { mapping, format } = await analyse(join(DATA, path))
    const cases = new Set<string>()
    const activities = new Map<string, number>()
    let first = Infinity
    for (const record of await records(join(DATA, path), { mapping, format })) {
      const data = dataOf(record)
      if (data.lifecycle === 'completed' && 'completes' in data) continue
      cases.add(data.objects[0]?.id ?? '')
      assert.equal(data.objects[0]?.type, 'case')
      activities.set(data.activity, (activities.get(data.activity) ?? 0) + 1)
      first = Math.min(first, Date.parse(String(record.event['time'])))
    }
    const events = [...activities.values()].reduce((sum, count) => sum + count, 0)
    assert.deepEqual(
      { path, events, cases: cases.size, activities: activities.size, first },
      { path, events: truth.events, cases: truth.cases, activities: truth.activities, first: Date.parse(truth.first_event_utc) },
    )
    for (const [activity, count] of Object.entries(truth.activity_counts ?? {}))
      assert.equal(activities.get(activity), count, `${path}: ${activity}`)
  }
})

test('every public object-centric log is read whole: events, objects by type and relations as others counted them', async (t) => {
  if (!existsSync(DATA)) return t.skip('the public logs are not here (../shared/data)')
  // The last number: objects that a row of the file names twice, which are one relation here.
  for (const [path, truthPath, named] of [
    ['ocel1-p2p-normal/p2p-normal.jsonocel', 'ocel1-p2p-normal/ground-truth-p2p-normal.json', 0],
    ['ocel1-p2p-normal/order_process.jsonocel', 'ocel1-p2p-normal/ground-truth-order_process.json', 0],
    ['ocel2-order-management/order-management.csv.gz', 'ocel2-order-management/ground-truth-order-management.json', 78],
  ] as const) {
    const truth = truthOf(truthPath)
    const objects = new Map<string, Set<string>>()
    const activities: Record<string, number> = {}
    let relations = 0
    const all = await records(join(DATA, path))
    for (const record of all) {
      const data = dataOf(record)
      activities[data.activity] = (activities[data.activity] ?? 0) + 1
      relations += data.objects.length
      for (const { type, id } of data.objects) objects.set(type, (objects.get(type) ?? new Set()).add(id))
    }
    assert.equal(all.length, truth['events'], path)
    assert.equal(relations, Number(truth['event_object_relations']) - named, path)
    assert.deepEqual(activities, truth['activity_counts'], path)
    assert.deepEqual(Object.fromEntries([...objects].map(([type, ids]) => [type, ids.size])), truth['objects_by_type'], path)
    assert.equal((await analyse(join(DATA, path))).report.objects, truth['objects'])
  }
})

test('one log as OCEL 2.0 JSON, XML and SQLite gives the same events', async (t) => {
  if (!existsSync(DATA)) return t.skip('the public logs are not here (../shared/data)')
  const canonical = async (name: string, zone?: string): Promise<unknown[]> =>
    (await records(join(DATA, 'ocel2-format-example', name), zone === undefined ? {} : { zone })).map(({ event }) => {
      const data = event['data'] as Data
      const objects = data.objects.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return { ...event, source: '', subject: '', data: { ...data, objects } }
    })
  const json = await canonical('ocel20_example.jsonocel')
  assert.equal(json.length, 13)
  // The JSON file has zones; the others were written in the local time of its authors.
  assert.deepEqual(await canonical('ocel20_example.xmlocel', 'Europe/Berlin'), json)
  assert.deepEqual(await canonical('ocel20_example.sqlite', 'Europe/Berlin'), json)
})

test('an export that lost three event types is noticed', async (t) => {
  if (!existsSync(DATA)) return t.skip('the public logs are not here (../shared/data)')
  const { report } = await analyse(join(DATA, 'ocel2-order-management/ocpa-running-example.sqlite.gz'))
  assert.equal(report.events, 18211)
  const found = report.findings.find(({ check }) => check === 'empty_event_types')
  assert.deepEqual(found?.evidence.map(({ detail }) => detail).toSorted(), [
    '"package delivered": 0 events',
    '"pay order": 0 events',
    '"reorder item": 0 events',
  ])
})

const XES = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0"><global scope="event"><string key="concept:name" value="no event"/></global>
<trace><event><string key="concept:name" value="Create &amp; send"><string key="concept:name" value="nested"/></string>
<date key="time:timestamp" value="2024-03-01T08:00:00.123456+01:00"/><int key="n" value="7"/><boolean key="b" value="true"/></event>
<event><string key="concept:name" value="Close"/><date key="time:timestamp" value="2024-03-01T07:00:00Z"/></event>
<string key="concept:name" value="C-1"/><string key="vendor" value="V1"/></trace>
<trace><string key="vendor" value="V2"/><event><string key="concept:name" value="Alone"/><date key="time:timestamp" value="2024-03-02"/></event></trace>
</log>`

test('XES: a name of the trace behind its events, nested attributes, a trace without a name', async () => {
  const all = await records(file('odd.xes', XES))
  assert.deepEqual(
    all.map((record) => [dataOf(record).objects[0]?.id, dataOf(record).activity, record.event['time']]),
    [
      ['C-1', 'Create & send', '2024-03-01T07:00:00.123456Z'],
      ['C-1', 'Close', '2024-03-01T07:00:00.000Z'],
      ['trace-2', 'Alone', '2024-03-02T00:00:00.000Z'],
    ],
  )
  assert.deepEqual(dataOf(all[0]).attributes, { n: 7, b: true })
  assert.deepEqual(dataOf(all[0]).object_attributes, { 'case/C-1': { vendor: 'V1' } })
  assert.deepEqual(dataOf(all[2]).object_attributes, { 'case/trace-2': { vendor: 'V2' } })
})

test('a file gives the same events plain and compressed', async () => {
  const plain = await records(file('same.xes', XES))
  const packed = await records(file('same.xes.gz', gzipSync(XES)))
  assert.deepEqual(
    packed.map(({ event }) => event),
    plain.map(({ event }) => event),
  )
})

const OCEL2 = {
  eventTypes: [
    { name: 'approve', attributes: [] },
    { name: 'pay', attributes: [] },
  ],
  objectTypes: [{ name: 'invoice', attributes: [] }],
  events: [
    {
      id: 'e1',
      type: 'approve',
      time: '2024-01-02T10:00:00Z',
      attributes: [{ name: 'by', value: 'u"1\\' }],
      relationships: [{ objectId: 'I1', qualifier: 'approves' }],
    },
    {
      id: 'e2',
      type: 'approve',
      time: '2024-01-03T10:00:00Z',
      relationships: [
        { objectId: 'I1', qualifier: '' },
        { objectId: 'gone', qualifier: 'x' },
      ],
    },
  ],
  objects: [
    {
      id: 'I1',
      type: 'invoice',
      attributes: [
        { name: 'amount', time: '1970-01-01T00:00:00Z', value: 10 },
        { name: 'amount', time: '2024-01-03T09:00:00Z', value: 12 },
        { name: 'state', time: '2024-01-03T09:30:00Z', value: null },
        { name: 'state', time: '2024-02-01T00:00:00Z', value: 'late' },
      ],
      relationships: [{ objectId: 'I1', qualifier: 'self' }],
    },
  ],
}

test('OCEL 2.0 JSON: objects may stand before or behind the events, and bring their attributes to them', async () => {
  const { events, objects, ...types } = OCEL2
  const behind = await records(file('a.json', JSON.stringify({ ...types, events, objects })))
  const before = await records(file('b.json', JSON.stringify({ objects, events, ...types }, null, 2)))
  assert.deepEqual(
    behind.map(({ event }) => event['data']),
    before.map(({ event }) => event['data']),
  )
  assert.deepEqual(dataOf(behind[0]).object_attributes, { 'invoice/I1': { amount: 10 } })
  assert.deepEqual(dataOf(behind[1]).object_attributes, { 'invoice/I1': { amount: 12 } })
  assert.deepEqual(dataOf(behind[1]).objects, [
    { type: 'invoice', id: 'I1' },
    { type: 'unknown', id: 'gone', qualifier: 'x' },
  ])
  const { report, loss } = await analyse(file('c.json', JSON.stringify(OCEL2)))
  assert.deepEqual(loss, { object_relations: 1, objects_without_event: 0, objects_past_cap: 0, changes_not_kept: 2 })
  const checks = new Map(report.findings.map((finding) => [finding.check, finding.count]))
  assert.equal(checks.get('dangling_references'), 1)
  assert.equal(checks.get('changes_without_value'), 1)
  assert.equal(checks.get('empty_event_types'), 1)
})

test('CSV: semicolons, a byte order mark, quoted line breaks and Latin-1 are found out', async () => {
  const rows =
    'Case ID;Activity;Timestamp;Note\r\n"A;1";"Prüfen ""x""";31.12.2023 23:10;"two\r\nlines"\r\n"A;1";Zahlen;01.01.2024 08:00;\r\n'
  for (const bytes of [
    Buffer.from(`\ufeff${rows}`, 'utf8'),
    Buffer.from(rows, 'latin1'),
    Buffer.from(`\ufeff${rows}`, 'utf16le'),
  ]) {
    const all = await records(file('dialect.csv', bytes))
    assert.deepEqual(
      all.map((record) => [dataOf(record).objects[0]?.id, dataOf(record).activity, record.event['time']]),
      [
        ['A;1', 'Prüfen "x"', '2023-12-31T23:10:00.000Z'],
        ['A;1', 'Zahlen', '2024-01-01T08:00:00.000Z'],
      ],
    )
  }
  const tabs = await records(file('tabs.tsv', 'case\tactivity\ttime\n1\ta, b\t2024-01-01T00:00:00Z\n'))
  assert.equal(dataOf(tabs[0]).activity, 'a, b')
})

test('CloudEvents come through as they are, lines that are none are refused one by one', async () => {
  const event = {
    specversion: '1.0',
    id: '1',
    source: '/erp',
    type: 'invoice.posted',
    time: '2024-01-01T00:00:00Z',
    data: { object: 'invoice/1', seq: 7 },
  }
  const lines = [JSON.stringify(event), 'not json', JSON.stringify({ ...event, id: '2', data: { object: 'invoice/1' } })]
  const all = await records(file('events.ndjson', `${lines.join('\n')}\n`))
  assert.deepEqual(all[0]?.event, event)
  assert.equal(all[1]?.event['time'], '')
  assert.equal(all[2]?.event['sequence'], '4')
  assert.equal((await records(file('events.json', JSON.stringify([event])))).length, 1)
})

test('a broken file ends with one clear sentence that says where', async (t) => {
  const gz = gzipSync(XES.repeat(50))
  const sqlite = Buffer.alloc(5000)
  sqlite.write('SQLite format 3\0')
  const cases: [string, string | Uint8Array, RegExp][] = [
    ['truncated.xes.gz', gzipSync(XES).subarray(0, 150), /byte \d+|unexpected end/u],
    ['flipped.xes.gz', Buffer.concat([gz.subarray(0, 200), Buffer.alloc(50, 7), gz.subarray(250)]), /byte \d+|line \d+/u],
    ['broken.xes', XES.replace('</event>', '</evnt>'), /line \d+, column \d+/u],
    ['cut.xes', XES.slice(0, 500), /line \d+, column \d+/u],
    ['other.xml', '<invoice><id>1</id></invoice>', /root is <invoice>/u],
    ['quote.csv', 'case,activity,time\n1,a,2024-01-01\n2,"b,2024-01-02\n3,c,2024-01-03\n', /line \d+/u],
    ['inside.csv', 'case,activity,time\n1,a,2024-01-01\n2,b"x"y,2024-01-02\n', /line \d+/u],
    ['prose.txt', 'Dear all,\nplease find attached the log.\n', /columns|first line/u],
    ['noise.bin', Buffer.from([1, 2, 3, 0, 255, 254, 9, 0]), /binary/u],
    ['empty.csv', '', /empty/u],
    ['spaces.csv', '  \n \n', /empty|first line/u],
    ['cut.json', JSON.stringify(OCEL2).slice(0, 400), /line \d+/u],
    ['comma.json', JSON.stringify(OCEL2).replace('},{', '} {'), /line \d+/u],
    ['other.json', '{"hello": "world"}', /neither OCEL nor CloudEvents/u],
    ['no-events.json', '{"objects": []}', /no "events"/u],
    ['broken.sqlite', sqlite, /SQLite/u],
    ['deep.xes', `<log>${'<trace>'.repeat(100_000)}`, /nested deeper/u],
    ['deep.json', `{"events":${'['.repeat(200_000)}`, /line \d+/u],
    ['unit.csv', 'id,price\n1,2.5\n', /no column holds times/u],
    ['long.ndjson', `{"specversion":"1.0","id":"${'x'.repeat(5_000_000)}"}`, /longer than 4 MB/u],
  ]
  for (const [name, content, message] of cases)
    await t.test(name, { timeout: 20_000 }, async () => {
      await assert.rejects(analyse(file(name, content)), (error: unknown) => {
        assert.ok(error instanceof SightlineError, String(error))
        assert.equal(error.code, 'file_invalid')
        assert.match(error.message, message)
        return true
      })
    })
  await assert.rejects(analyse(join(folder, 'missing.csv')), { code: 'file_not_found' })
  await assert.rejects(analyse(folder), { code: 'file_invalid' })
})

test('rows that are no events are named and passed on for the server to refuse, the rest is read', async () => {
  const csv =
    'case,activity,time\n1,a,2024-01-01T00:00:00Z\n1,,2024-01-02T00:00:00Z\n1,b,soon\n1,c,2024-01-04T00:00:00Z,extra,fields\n,d,2024-01-05T00:00:00Z\n'
  const path = file('rows.csv', csv)
  const { report } = await analyse(path, { mapping: { ...(await analyse(file('good.csv', csv.slice(0, 45)))).mapping } })
  const checks = new Map(report.findings.map((finding) => [finding.check, finding.count]))
  assert.deepEqual(
    [checks.get('unreadable_records'), checks.get('time_unreadable'), checks.get('events_without_object')],
    [2, 1, 1],
  )
})

test('a large gzip that turns out to be a log is the log, whatever its name', async () => {
  const path = file('invoice.pdf', gzipSync(XES))
  assert.equal((await analyse(path)).format, 'xes')
  assert.equal(gunzipSync(readFileSync(path)).toString(), XES)
})
