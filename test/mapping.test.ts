import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { analyse, type ImportedRecord, type ImportOptions, Mapping, openImport } from '../ingest/import/import.ts'
import { mappingPacks, suggestPack } from '../ingest/import/packs.ts'
import { guessTimeFormat, parseTime } from '../ingest/import/times.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import { instantToIso } from '../model/instant.ts'
import { isCanonical } from '../model/vocabulary.ts'

const DATA = join(import.meta.dirname, '../../shared/data')
const MISSING = 'the public logs are not here (../shared/data)'
const folder = mkdtempSync(join(tmpdir(), 'sightline-mapping-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function records(path: string, options: ImportOptions = {}): Promise<ImportedRecord[]> {
  const all: ImportedRecord[] = []
  for await (const record of openImport(path, options).records()) all.push(record)
  return all
}

test('every event of every public log is one that the store takes, with or without a pack, and each has its own id', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  for (const [path, mapping, refused] of [
    ['bpic2019-clusters/01_01_01.xes.gz', 'sap-purchase-order', 0],
    ['bpic2019-consignment/Log_Cluster_Consignment_Other.xes.gz', 'sap-purchase-order', 0],
    ['bpic2020/PrepaidTravelCost.xes.gz', 'approval-log', 0],
    ['receipt-permit/08_receipt.xes.gz', undefined, 0],
    ['p2p-zampino/Procure-to-Pay_asis.csv.gz', undefined, 0],
    ['purchasing-example/PurchasingExample-disco.csv.gz', undefined, 0],
    ['ocel1-p2p-normal/p2p-normal.jsonocel', undefined, 0],
    ['ocel2-order-management/order-management.csv.gz', undefined, 0],
    ['ocel2-order-management/ocpa-logistics.sqlite.gz', undefined, 0],
    // 41 events of this log name no object: they belong to no timeline, and the report says so.
    ['ocel2-order-management/logistics.csv.gz', undefined, 41],
    ['samples-small/roadtraffic100traces.csv', undefined, 0],
  ] as const) {
    const ids = new Set<string>()
    let events = 0
    let missing = 0
    for (const { event, ordinal } of await records(join(DATA, path), { mapping })) {
      const read = readEvent(JSON.parse(JSON.stringify(event)), {
        tenant: 't',
        receivedAt: Date.UTC(2026, 10, 22) * 1000,
        fallbackSeq: ordinal,
      })
      if (isRefusal(read)) {
        assert.equal(read.code, 'object_missing', `${path} ${ordinal}: ${read.message}`)
        missing++
      } else {
        ids.add(read.event_id)
        events++
        assert.equal(Math.floor(read.seq / 2), ordinal)
      }
    }
    assert.deepEqual([path, ids.size, missing], [path, events, refused])
  }
})

test('packs speak canonical names only, and say which log they fit', async (t) => {
  assert.deepEqual([...mappingPacks().keys()], ['approval-log', 'sap-purchase-order'])
  for (const [name, pack] of mappingPacks()) {
    assert.equal(pack.name, name)
    for (const [activity, { activity: canonical }] of Object.entries(pack.activities))
      assert.ok(canonical === undefined || isCanonical(canonical), `${name}: ${activity}`)
  }
  assert.equal(suggestPack(['Create Purchase Order Item', 'Record Goods Receipt', 'Something else']), 'sap-purchase-order')
  assert.equal(suggestPack(['Create Purchase Order Item', 'x', 'y']), null)
  if (!existsSync(DATA)) return t.skip(MISSING)
  assert.equal((await analyse(join(DATA, 'bpic2019-clusters/03.xes.gz'))).suggestedPack, 'sap-purchase-order')
  assert.equal((await analyse(join(DATA, 'bpic2020/PrepaidTravelCost.xes.gz'))).suggestedPack, 'approval-log')
  assert.equal((await analyse(join(DATA, 'receipt-permit/08_receipt.xes.gz'))).suggestedPack, null)
})

test('the purchase-order pack names lines and orders, people and batches, money and dimensions', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  const [first] = await records(join(DATA, 'bpic2019-consignment/Log_Cluster_Consignment_2.xes.gz'), {
    mapping: 'sap-purchase-order',
  })
  assert.deepEqual(first?.event, {
    specversion: '1.0',
    id: '4507000542_00010#0',
    source: '/import/Log_Cluster_Consignment_2.xes',
    type: 'requisition.submitted',
    time: '2018-01-02T23:00:00.000Z',
    subject: 'po_line/4507000542_00010',
    data: {
      seq: 0,
      objects: [
        { type: 'po_line', id: '4507000542_00010' },
        { type: 'purchase_order', id: '4507000542', qualifier: 'order of the line' },
      ],
      activity: 'Create Purchase Requisition Item',
      canonical: 'requisition.submitted',
      step: 'requisition',
      actor: { id: 'user_124', kind: 'human' },
      money: { amount: '0', currency: 'EUR' },
      attributes: { 'Cumulative net worth (EUR)': 0 },
      object_attributes: {
        'po_line/4507000542_00010': {
          category: 'Solvents',
          entity: 'companyID_0000',
          document_type: 'Standard PO',
          sub_category: 'Aliphatic Solvents',
          purchasing_document: '4507000542',
          document_category: 'Purchase order',
          supplier: 'vendorID_0256',
          item_type: 'Consignment',
          matching_type: 'Consignment',
          spend_class: 'PR',
          source_system: 'sourceSystemID_0000',
          supplier_name: 'vendor_0249',
          receipt_based_verification: false,
          item: '00010',
          receipt_expected: true,
        },
      },
    },
  })
})

test('the permit of a travel request is on every event of the request', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  const all = await records(join(DATA, 'bpic2020/PrepaidTravelCost.xes.gz'), { mapping: 'approval-log' })
  const without = all.filter(
    ({ event }) => !(event['data'] as { objects: { type: string }[] }).objects.some(({ type }) => type === 'permit'),
  )
  assert.equal(without.length, 0)
})

test('a row with start and end is a started event and one that completes it; a second reading gives the same ids', async () => {
  const path = file(
    'spans.csv',
    'case_id,activity,resource,start_time,end_time\n7,Approve,Ann,2024-01-01 09:00:00,2024-01-01 10:00:00\n7,Pay,Bob,2024-01-02 09:00:00,\n',
  )
  const all = await records(path)
  const parts = all.map(({ ordinal, event }) => {
    const { seq, lifecycle, completes, actor } = event['data'] as Record<string, unknown>
    return [ordinal, event['id'], event['time'], seq, lifecycle, completes, (actor as { id: string }).id]
  })
  assert.deepEqual(parts, [
    [0, '7#0', '2024-01-01T09:00:00.000Z', 0, 'started', undefined, 'Ann'],
    [0, '7#0/end', '2024-01-01T10:00:00.000Z', 1, 'completed', '7#0', 'Ann'],
    [1, '7#1', '2024-01-02T09:00:00.000Z', 2, 'started', undefined, 'Bob'],
  ])
  assert.deepEqual(await records(path), all)
})

test('a guess that the whole file disproves is taken back: ids that repeat further down are no ids', async () => {
  const rows = Array.from({ length: 25_000 }, (_, i) => `${i === 24_999 ? 0 : i},c${i % 50},step,2024-01-01T00:00:00Z`)
  const path = file('ids.csv', `id,case,activity,time\n${rows.join('\n')}\n`)
  const { mapping, reasons } = await analyse(path)
  assert.equal(mapping.id, undefined)
  assert.ok(reasons.some((reason) => /not the id after all/u.test(reason)))
  assert.equal(new Set((await records(path, { mapping })).map(({ event }) => event['id'])).size, 25_000)
})

test('what an analysis found is enough to read the file without guessing again', async () => {
  const path = file('us.csv', 'case,activity,time,due_date\n1,a,1/13/2024 1:05 PM,2/1/2024\n1,b,2/3/2024 12:00 AM,2/1/2024\n')
  const { mapping, format, source } = await analyse(path, { zone: 'America/New_York' })
  assert.deepEqual(
    [mapping.time, source],
    [{ column: 'time', format: 'month-first', zone: 'America/New_York' }, '/import/us.csv'],
  )
  const parsed = Mapping.parse(JSON.parse(JSON.stringify(mapping)))
  const all = await records(path, { mapping: parsed, format })
  assert.deepEqual(
    all.map(({ event }) => event['time']),
    ['2024-01-13T18:05:00.000Z', '2024-02-03T05:00:00.000Z'],
  )
  const due = all.map(({ event }) => (event['data'] as { due_at: string }).due_at)
  assert.deepEqual(due, ['2024-02-01T05:00:00.000Z', '2024-02-01T05:00:00.000Z'])
})

test('a mapping file names columns, canonical activities, outcomes, waits and lists of objects', async () => {
  const mapping = {
    name: 'ours',
    version: 3,
    case: { column: 'inv', type: 'invoice' },
    objects: [{ type: 'purchase_order', column: 'pos', split: '|', qualifier: 'matched against' }],
    activity: { column: 'what' },
    time: { column: 'when' },
    actor: { column: 'who', systems: ['svc-*'] },
    attributes: { plant_code: 'plant', secret: null },
    money: { amount: 'sum', currency: { column: 'cur' } },
    activities: {
      mismatch: {
        activity: 'invoice.mismatched',
        step: 'match',
        outcome: { status: 'rejected', code: 'PRICE' },
        waits_on: { kind: 'person', column: 'who' },
      },
    },
  }
  const path = file(
    'ours.csv',
    'inv,pos,what,when,who,plant_code,secret,sum,cur\nI1,P1|P2,mismatch,2024-01-01T00:00:00Z,svc-match,0012,x,10.50,EUR\n',
  )
  const [record] = await records(path, { mapping: file('ours.json', JSON.stringify(mapping)) })
  assert.equal(record?.event['type'], 'invoice.mismatched')
  assert.deepEqual(record?.event['data'], {
    seq: 0,
    objects: [
      { type: 'invoice', id: 'I1' },
      { type: 'purchase_order', id: 'P1', qualifier: 'matched against' },
      { type: 'purchase_order', id: 'P2', qualifier: 'matched against' },
    ],
    activity: 'mismatch',
    canonical: 'invoice.mismatched',
    step: 'match',
    outcome: { status: 'rejected', code: 'PRICE' },
    actor: { id: 'svc-match', kind: 'system' },
    waits_on: { kind: 'person', id: 'svc-match' },
    money: { amount: '10.50', currency: 'EUR' },
    attributes: { plant: '0012', sum: '10.50', cur: 'EUR' },
  })
  await assert.rejects(analyse(path, { mapping: { ...Mapping.parse(mapping), activity: { column: 'gone' } } }), {
    code: 'file_invalid',
    message: /no column "gone"/u,
  })
  await assert.rejects(analyse(path, { mapping: file('bad.json', '{"name": "x", "version": 1}') }), { code: 'file_invalid' })
  await assert.rejects(analyse(path, { mapping: 'no-such-pack' }), { code: 'file_not_found' })
  await assert.rejects(analyse(path, { zone: 'Mars/Base' }), { code: 'parameter_invalid' })
  await assert.rejects(analyse(path, { repair: 'wish' }), { code: 'parameter_invalid' })
})

test('date formats are told apart by the whole sample, and the reason says how', () => {
  for (const [texts, format, reason] of [
    [['02-01-2018 10:11:00', '13-01-2018 08:00:00', '05-06-2018 23:59:59'], 'day-first', /1 of 3/u],
    [['1/2/2018 10:11 AM', '1/13/2018 1:05 PM'], 'month-first', /1 of 2/u],
    [['2018/01/13 10:00', '2018/02/01 10:00'], 'iso', /ISO/u],
    [['03/01/2018', '04/01/2018', '12/01/2018', '01/02/2018', '02/02/2018'], 'day-first', /backwards 0 times, the other way 1/u],
    [
      ['01/03/2018', '01/04/2018', '01/12/2018', '02/01/2018', '02/02/2018'],
      'month-first',
      /backwards 0 times, the other way 1/u,
    ],
    [['1514887860', '1514887861'], 'epoch-s', /s since 1970/u],
    [['1514887860123'], 'epoch-ms', /ms since 1970/u],
    [['02-Jan-2018 10:11', '13-Feb-2018 08:00'], 'day-first', /day/u],
  ] as const) {
    const guess = guessTimeFormat(texts)
    assert.equal(guess?.format, format, texts[0])
    assert.match(guess?.reason ?? '', reason)
  }
  assert.equal(guessTimeFormat(['12.5', 'abc', '7']), null)
  assert.equal(guessTimeFormat(['Approve', 'Pay']), null)
})

test('times without a zone are read in the zone given, across clock changes', () => {
  const iso = (text: string, zone: string): string | null => {
    const instant = parseTime(text, 'iso', zone)
    return instant === null ? null : instantToIso(instant)
  }
  assert.equal(iso('2024-01-15T12:00:00', 'Europe/Amsterdam'), '2024-01-15T11:00:00.000Z')
  assert.equal(iso('2024-07-15 12:00:00.5', 'Europe/Amsterdam'), '2024-07-15T10:00:00.500Z')
  assert.equal(iso('2024-07-15T12:00:00Z', 'Europe/Amsterdam'), '2024-07-15T12:00:00.000Z')
  assert.equal(iso('2024-03-31T01:59:59', 'Europe/Amsterdam'), '2024-03-31T00:59:59.000Z')
  assert.equal(iso('2024-03-31T03:00:00', 'Europe/Amsterdam'), '2024-03-31T01:00:00.000Z')
  assert.equal(iso('2024-07-15T12:00:00', '-03:30'), '2024-07-15T15:30:00.000Z')
  assert.equal(iso('2024-02-30T12:00:00', 'Europe/Amsterdam'), null)
})
