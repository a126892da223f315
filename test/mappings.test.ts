import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from '../ingest/batch.ts'
import { mappedJson } from '../ingest/formats/mapped-json.ts'
import { mappedXml } from '../ingest/formats/mapped-xml.ts'
import { createJudge } from '../ingest/judge.ts'
import { type CompiledMapping, compileMapping } from '../ingest/payload/compile.ts'
import { decimalText, fromMinor, negated, sumOf } from '../ingest/payload/decimal.ts'
import { parseJson } from '../ingest/payload/json.ts'
import { parseXml } from '../ingest/payload/xml.ts'
import { type Event, isRefusal, readEvent } from '../model/event.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'
import { MAPPING_LIMITS, readMapping, type Value } from '../model/payload-mapping.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { openLog } from '../platform/log.ts'

const silent = openLog({ level: 'silent', human: true })
const NOW = instantFromIso('2026-11-22T12:00:00Z') ?? 0
const TIME = '2026-03-02T09:30:00Z'

function compiled(body: Record<string, unknown>): CompiledMapping {
  const read = readMapping({ name: 'test', version: 1, title: 'Test', otherwise: { drop: 'Nothing fits.' }, ...body })
  assert.ok('mapping' in read, JSON.stringify(read))
  return compileMapping(read.mapping)
}

const context = {
  tenant: 't',
  receivedAt: NOW,
  seq: 0,
  naturalId: 'transport-1',
  source: 'feed/x',
  system: null,
}

function readJson(mapping: CompiledMapping, body: unknown, headers: Record<string, string> = {}): Outcome {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return mappedJson.read({ body: Buffer.from(text), headers, key: null, timestamp: null }, { ...context, mapping })
}

function readXml(mapping: CompiledMapping, body: string): Outcome {
  return mappedXml.read({ body: Buffer.from(body), headers: {}, key: null, timestamp: null }, { ...context, mapping })
}

function eventsOf(outcome: Outcome): Event[] {
  assert.ok('events' in outcome, JSON.stringify(outcome))
  return outcome.events
}

function refusalOf(outcome: Outcome): { code: string; message: string } {
  assert.ok('reject' in outcome, JSON.stringify(outcome))
  return outcome.reject
}

/** What a value gives for a payload: kept as an attribute of an event. */
function valueOf(value: Value, payload: Record<string, unknown>, headers: Record<string, string> = {}): unknown {
  const mapping = compiled({
    rules: [{ events: [{ activity: 'a', time: TIME, objects: [{ type: 'invoice', id: '1' }], attributes: { value } }] }],
  })
  return eventsOf(readJson(mapping, payload, headers))[0]?.data.attributes?.['value']
}

function failureOf(value: Value, payload: Record<string, unknown>): string {
  const mapping = compiled({
    rules: [
      { name: 'r', events: [{ activity: 'a', time: TIME, objects: [{ type: 'invoice', id: '1' }], attributes: { value } }] },
    ],
  })
  return refusalOf(readJson(mapping, payload)).message
}

test('a value comes from a path, a template, a constant or a function', () => {
  const payload = { a: { 'odd key': 1, list: [{ x: 'p' }, { x: 'q' }] }, n: 7, t: 'Text', yes: true, empty: '', none: null }
  assert.equal(valueOf('$.n', payload), 7)
  assert.equal(valueOf("$.a['odd key']", payload), 1)
  assert.equal(valueOf('$.a.list[1].x', payload), 'q')
  assert.equal(valueOf('$.a.list[-2].x', payload), 'p')
  assert.equal(valueOf('order {$.n}/{$.t}', payload), 'order 7/Text')
  assert.equal(valueOf('order {$.missing}/{$.t}', payload), undefined)
  assert.equal(valueOf('{{$.n}} is {$.n}', payload), '{$.n} is 7')
  assert.equal(valueOf('plain', payload), 'plain')
  assert.equal(valueOf({ const: '$.n' }, payload), '$.n')
  assert.equal(valueOf({ coalesce: ['$.missing', '$.empty', '$.none', '$.t'] }, payload), 'Text')
  assert.equal(valueOf({ concat: ['$.n', '$.missing', '$.t'], with: '-' }, payload), '7-Text')
  assert.equal(valueOf({ lower: '$.t' }, payload), 'text')
  assert.equal(valueOf({ upper: '$.t' }, payload), 'TEXT')
  assert.equal(valueOf({ part: 'a/b/c', at: '/', index: -1 }, payload), 'c')
  assert.equal(valueOf({ lookup: '$.n', in: { 7: 'seven' } }, payload), 'seven')
  assert.equal(valueOf({ lookup: '$.t', in: { 7: 'seven' }, otherwise: 'other' }, payload), 'other')
  assert.equal(valueOf({ lookup: 'constructor', in: { 7: 'seven' } }, payload), undefined)
  assert.equal(valueOf({ header: 'X-Topic' }, payload, { 'x-topic': 'orders' }), 'orders')
  assert.equal(valueOf({ first: '$.a.list[*]', where: { value: '@.x', is: 'q' }, take: '@.x' }, payload), 'q')
  assert.equal(valueOf({ last: '$.a.list[*].x' }, payload), 'q')
  assert.equal(valueOf({ count: '$.a.list[*]' }, payload), 2)
  assert.equal(valueOf({ if: { value: '$.n', above: 5 }, take: 'big', else: 'small' }, payload), 'big')
  assert.equal(valueOf({ transport: 'received_at' }, payload), '2026-11-22T12:00:00.000Z')
})

test('amounts keep every digit: grouped, in minor units, negated, summed', () => {
  assert.equal(valueOf({ decimal: '$.a', point: ',', group: '.' }, { a: '1.234.567,89' }), '1234567.89')
  assert.equal(valueOf({ decimal: '$.a', group: "'" }, { a: "12'345.60" }), '12345.60')
  assert.equal(valueOf({ minor: '$.a', currency: 'EUR' }, { a: 10100 }), '101.00')
  assert.equal(valueOf({ minor: '$.a', currency: 'jpy' }, { a: 10100 }), '10100')
  assert.equal(valueOf({ minor: '$.a', currency: 'KWD' }, { a: -5 }), '-0.005')
  assert.equal(valueOf({ minor: '$.a', currency: 'ISK', digits: { ISK: 2 } }, { a: 5 }), '0.05')
  assert.equal(valueOf({ negate: '$.a' }, { a: '12.30' }), '-12.30')
  assert.equal(valueOf({ sum: ['$.a', '$.b', '$.missing'] }, { a: '0.1', b: '0.20' }), '0.30')
  assert.match(
    failureOf({ decimal: '$.a' }, { a: '12,50' }),
    /attributes\.value \(\$\.a\): "12,50" is no amount \(rule 1, "r"\)/u,
  )
  assert.match(failureOf({ minor: '$.a', currency: '$.c' }, { a: 5 }), /minor units of no currency/u)
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 4 }), (minor, digits) => {
      const text = fromMinor(minor.toString(), digits) ?? ''
      assert.equal(BigInt(text.replace('.', '')), minor)
      assert.equal(decimalText(text), text)
      assert.match(sumOf([text, negated(text)]) ?? '', /^0(?:\.0+)?$/u)
    }),
    { seed: 7 },
  )
})

test('times are read as written: epochs, zones, orders of day and month, ends of days', () => {
  assert.equal(valueOf({ epoch: '$.t', unit: 's' }, { t: 1772443800 }), '2026-03-02T09:30:00.000Z')
  assert.equal(valueOf({ epoch: '$.t', unit: 'us' }, { t: '1772443800123456' }), '2026-03-02T09:30:00.123456Z')
  assert.equal(valueOf({ date: '$.t', zone: 'Europe/Berlin' }, { t: '2026-07-01 10:00:00' }), '2026-07-01T08:00:00.000Z')
  assert.equal(valueOf({ date: '$.t', format: 'day-first' }, { t: '02.03.2026' }), '2026-03-02T00:00:00.000Z')
  assert.equal(
    valueOf({ date: '$.t', zone: 'America/New_York', end_of_day: true }, { t: '2026-03-02' }),
    '2026-03-03T04:59:59.000Z',
  )
  assert.match(failureOf({ date: '$.t' }, { t: '2026-02-31' }), /"2026-02-31" is no date or time/u)
  assert.match(failureOf({ epoch: '$.t', unit: 's' }, { t: 'yesterday' }), /"yesterday" is no time since 1970/u)
})

test('a number with more digits than a double keeps comes through unchanged', () => {
  assert.equal(valueOf('$.id', JSON.parse('{"id":1}') as Record<string, unknown>), 1)
  const mapping = compiled({
    rules: [
      {
        events: [
          { activity: 'a', time: TIME, objects: [{ type: 'invoice', id: '$.id' }], money: { amount: '$.m', currency: 'EUR' } },
        ],
      },
    ],
  })
  const [event] = eventsOf(readJson(mapping, '{"id": 12345678901234567890, "m": 10.10, "x": 1e300}'))
  assert.equal(event?.objects[0]?.id, '12345678901234567890')
  assert.equal(event.data.money?.amount, '10.1')
})

test('the first rule that holds is taken, and the others are not looked at', () => {
  const mapping = compiled({
    rules: [
      {
        name: 'tests',
        when: {
          any: [
            { value: '$.test', is: true },
            { value: '$.env', starts_with: ['dev', 'qa'] },
          ],
        },
        drop: 'A test.',
      },
      {
        name: 'odd',
        when: {
          all: [
            { value: '$.n', exists: true },
            { value: '$.n', not: [1, 2] },
          ],
        },
        reject: 'Neither one nor two.',
      },
      {
        name: 'small',
        when: { none: [{ value: '$.n', is: 2 }] },
        events: [{ activity: 'one', time: TIME, objects: [{ type: 'x', id: '1' }] }],
      },
    ],
  })
  assert.deepEqual(readJson(mapping, { test: true, n: 9 }), { drop: 'A test.' })
  assert.deepEqual(readJson(mapping, { env: 'qa-2' }), { drop: 'A test.' })
  assert.equal(refusalOf(readJson(mapping, { n: '9' })).message, 'Neither one nor two.')
  assert.equal(eventsOf(readJson(mapping, { n: '1' }))[0]?.source_activity, 'one')
  assert.deepEqual(readJson(mapping, { n: 2 }), { drop: 'Nothing fits.' })
})

test('what is missing is told with its path, the rule and the field', () => {
  const mapping = compiled({
    id: '$.id',
    time: '$.at',
    rules: [
      {
        name: 'invoice',
        events: [
          {
            activity: '$.type',
            objects: [{ type: 'invoice', id: '$.invoice', required: true }],
            money: { amount: '$.amount', currency: '$.currency' },
          },
        ],
      },
    ],
  })
  const full = { id: '1', at: TIME, type: 'posted', invoice: 'I-1', amount: '5.00', currency: 'eur' }
  assert.equal(eventsOf(readJson(mapping, full))[0]?.data.money?.currency, 'EUR')
  const told = (without: keyof typeof full): string => {
    const { [without]: _left, ...rest } = full
    return refusalOf(readJson(mapping, rest)).message
  }
  assert.equal(told('id'), 'id ($.id) is missing (rule 1, "invoice")')
  assert.equal(told('at'), 'time ($.at) is missing (rule 1, "invoice")')
  assert.equal(told('type'), 'activity ($.type) is missing (rule 1, "invoice")')
  assert.equal(told('invoice'), 'the id of the object (invoice) ($.invoice) is missing (rule 1, "invoice")')
  assert.equal(told('currency'), 'money.currency is missing, where money.amount is 5.00 (rule 1, "invoice")')
  assert.match(
    refusalOf(readJson(mapping, { ...full, type: ['a'] })).message,
    /^activity \(\$\.type\): is a list where one value belongs/u,
  )
  assert.match(refusalOf(readJson(mapping, { ...full, at: '2027-01-01T00:00:00Z' })).message, /more than 24 hours ahead/u)
})

test('names that every object inherits are no fields of a payload', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    assert.equal(valueOf(`$.${name}`, { a: 1 }), undefined, name)
  assert.ok('value' in parseXml(Buffer.from('<a><__proto__><x>y</x></__proto__></a>')))
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})

test('a batch gives the events of all of its records, and one bad record refuses it with its place', () => {
  const mapping = compiled({
    records: '$.items[*].order',
    id: '$.id',
    time: '^.sent',
    rules: [
      { when: { value: '$.test', is: true }, drop: 'A test.' },
      { events: [{ activity: 'ordered', objects: [{ type: 'purchase_order', id: '$.id' }] }] },
    ],
  })
  const item = (id: string | null, test = false): unknown => ({ order: { id, test } })
  const ids = (outcome: Outcome): string[] => eventsOf(outcome).map(({ natural_id }) => natural_id)
  assert.deepEqual(ids(readJson(mapping, { sent: TIME, items: [item('a'), item('t', true), item('b')] })), ['a', 'b'])
  assert.deepEqual(readJson(mapping, { sent: TIME, items: [item('t', true)] }), { drop: 'A test.' })
  assert.match(refusalOf(readJson(mapping, { sent: TIME, items: [item('a'), item(null)] })).message, /^record 2 of 2: id/u)
  assert.match(refusalOf(readJson(mapping, { sent: TIME })).message, /holds no records at \$\.items/u)
})

test('one record can hold several events and objects, each told apart', () => {
  const mapping = compiled({
    id: '$.id',
    time: TIME,
    source: 'erp',
    rules: [
      {
        events: [
          {
            activity: 'posted',
            objects: [
              { type: 'invoice', id: '$.id' },
              { type: 'purchase_order', id: '@.po', each: '$.lines[*]' },
            ],
          },
          {
            each: '$.lines[*]',
            when: { value: '@.received', is: true },
            activity: 'received',
            objects: [{ type: 'po_line', id: '{@.po}-{@.no}' }],
          },
          {
            id: 'own/{$.id}',
            activity: 'archived',
            objects: [{ type: 'invoice', id: '$.id', attributes: { lines: { count: '$.lines[*]' } } }],
          },
        ],
      },
    ],
  })
  const events = eventsOf(
    readJson(mapping, {
      id: 'I1',
      lines: [
        { po: 'P1', no: 1, received: true },
        { po: 'P2', no: 1, received: false },
        { po: 'P2', no: 2, received: true },
      ],
    }),
  )
  assert.deepEqual(
    events.map(({ natural_id, objects }) => [natural_id, objects.map(({ id }) => id).join(' ')]),
    [
      ['I1', 'I1 P1 P2'],
      ['I1/1/0', 'P1-1'],
      ['I1/1/2', 'P2-2'],
      ['own/I1', 'I1'],
    ],
  )
  assert.deepEqual(events[3]?.data.object_attributes, { 'invoice/I1': { lines: 3 } })
  assert.equal(new Set(events.map(({ event_id }) => event_id)).size, 4)
})

test('the same record by webhook and by Kafka is one event where both sources name one system', async () => {
  const mapping = compiled({
    id: '$.id',
    rules: [{ events: [{ activity: 'a', time: TIME, objects: [{ type: 'invoice', id: '1' }] }] }],
  })
  const judge = createJudge({ mappings: { find: () => Promise.resolve(mapping) }, log: silent })
  const tenantId = verifiedTenant('t')
  const through = async (id: string, systemId: string | null): Promise<string> => {
    const reader = await judge.open({ tenantId, id, format: 'mapped-json', mapping: 'm', mappingVersion: null, systemId })
    const record = { body: Buffer.from('{"id":"77"}'), headers: {}, key: null, timestamp: null }
    return eventsOf(reader.read(record, { receivedAt: NOW, seq: 1, naturalId: `by ${id}` }))[0]?.event_id ?? ''
  }
  assert.equal(await through('hook', 'erp-1'), await through('topic', 'erp-1'))
  assert.notEqual(await through('hook', 'erp-1'), await through('hook', 'erp-2'))
  assert.notEqual(await through('hook', null), await through('topic', null))
})

test('without an id of its own a record takes that of its transport', () => {
  const mapping = compiled({
    records: '$[*]',
    rules: [
      {
        events: [
          { activity: 'a', time: TIME, objects: [{ type: 'x', id: '$.x' }] },
          { activity: 'b', time: TIME, objects: [{ type: 'x', id: '$.x' }] },
        ],
      },
    ],
  })
  const ids = eventsOf(readJson(mapping, [{ x: 1 }, { x: 2 }])).map(({ natural_id, source }) => `${source} ${natural_id}`)
  assert.deepEqual(ids, ['feed/x transport-1', 'feed/x transport-1/1', 'feed/x transport-1#1', 'feed/x transport-1#1/1'])
})

test('a body that the format cannot take apart is one refused record, and nothing of it is left out as harmless', async () => {
  const judge = createJudge({ mappings: { find: () => Promise.resolve(null) }, log: silent })
  const source = {
    tenantId: verifiedTenant('t'),
    id: 's',
    format: 'cloudevents',
    mapping: null,
    mappingVersion: null,
    systemId: null,
  }
  const reader = await judge.open(source)
  let reads = 0
  const record = {
    body: Buffer.from('[]'),
    // Fails once, while the body is taken apart.
    get headers() {
      if (reads++ === 0) throw new Error('nobody thought of this')
      return {}
    },
    key: null,
    timestamp: null,
  }
  const [part, ...more] = reader.split(record)
  assert.equal(part, record)
  assert.deepEqual(more, [])
  assert.deepEqual(refusalOf(reader.read(record, { receivedAt: NOW, seq: 0, naturalId: 'n' })), {
    code: 'format_failed',
    message: 'the format itself failed: nobody thought of this',
  })
})

test('a source whose mapping or format is missing refuses every record, so that all can be replayed', async () => {
  const judge = createJudge({ mappings: { find: () => Promise.resolve(null) }, log: silent })
  const open = (format: string, mapping: string | null): ReturnType<typeof judge.open> =>
    judge.open({ tenantId: verifiedTenant('t'), id: 's', format, mapping, mappingVersion: 3, systemId: null })
  const record = { body: Buffer.from('{}'), headers: {}, key: null, timestamp: null }
  const at = { receivedAt: NOW, seq: 0, naturalId: 'n' }
  assert.match(refusalOf((await open('mapped-json', 'gone')).read(record, at)).message, /the mapping "gone" version 3/u)
  assert.equal(refusalOf((await open('mapped-json', null)).read(record, at)).code, 'mapping_missing')
  assert.equal(refusalOf((await open('paper', null)).read(record, at)).code, 'format_unknown')
  const tooLarge = { ...record, body: new Uint8Array(17 * 1024 * 1024) }
  assert.equal(refusalOf((await open('cloudevents', null)).read(tooLarge, at)).code, 'record_too_large')
})

test('XML is read by local names; prefixes, attributes, repeated elements and CDATA are found; amounts stay texts', () => {
  const mapping = compiled({
    input: 'xml',
    id: '$.Order.@id',
    time: '$.Order.Head.Date',
    rules: [
      {
        events: [
          {
            activity: 'order {$.Order.Head.Note}',
            objects: [
              { type: 'purchase_order', id: '$.Order.@id' },
              { type: 'po_line', id: '@.@no', each: '$.Order.Line[*]' },
            ],
            money: { amount: '$.Order.Head.Total', currency: '$.Order.Head.Total.@cur' },
            attributes: { first: '$.Order.Line.Sku' },
          },
        ],
      },
    ],
  })
  const xml = (lines: string): string =>
    `<?xml version="1.0"?><!DOCTYPE o:Order SYSTEM "http://example.invalid/order.dtd"><o:Order xmlns:o="urn:o" id="P&amp;1"><o:Head><Date>${TIME}</Date><Total cur="EUR">0010.10</Total><Note><![CDATA[a <b>]]></Note></o:Head>${lines}</o:Order>`
  const [one] = eventsOf(readXml(mapping, xml('<Line no="1"><Sku>S1</Sku></Line>')))
  assert.deepEqual(
    one?.objects.map(({ id }) => id),
    ['P&1', '1'],
  )
  assert.equal(one.data.money?.amount, '0010.10')
  assert.equal(one.source_activity, 'order a <b>')
  const [two] = eventsOf(readXml(mapping, xml('<Line no="1"><Sku>S1</Sku></Line><Line no="2"><Sku>S2</Sku></Line>')))
  assert.deepEqual(
    two?.objects.map(({ id }) => id),
    ['P&1', '1', '2'],
  )
  assert.equal(two.data.attributes?.['first'], 'S1')
})

test('XML that declares entities, reads files, or is built to exhaust is refused and never expanded', () => {
  const bombs: Record<string, string> = {
    'billion laughs': `<!DOCTYPE a [<!ENTITY x "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY x${i + 1} "&x${i === 0 ? '' : i};&x${i === 0 ? '' : i};">`).join('')}]><a>&x9;</a>`,
    'a file': '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    'a parameter entity': '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><a/>',
    'an undeclared entity': '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>',
    depth: `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`,
    width: `<a>${'<b/>'.repeat(200_001)}</a>`,
    'a broken tag': '<a><b></a>',
    'two roots': '<a/><b/>',
    'no XML': 'hello',
    nothing: '',
    'bytes that are no text': '\u0000\u0001',
    'another encoding': '<?xml version="1.0" encoding="utf-7"?><a/>',
  }
  for (const [name, xml] of Object.entries(bombs)) {
    const started = performance.now()
    const parsed = parseXml(Buffer.from(xml))
    assert.ok('code' in parsed, name)
    assert.ok(!parsed.message.includes('root:'), name)
    assert.ok(performance.now() - started < 2000, name)
  }
  assert.deepEqual(parseXml(Buffer.from('<a>\u00e9</a>', 'latin1')), { code: 'utf8_invalid', message: 'is not valid UTF-8' })
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>', 'latin1')
  assert.equal(JSON.stringify(parseXml(latin)), '{"value":{"a":"\u00e9"}}')
})

test('whatever bytes come, a mapping gives an outcome and throws nothing', () => {
  const mapping = compiled({
    records: '$.a[*]',
    id: '$.id',
    time: { epoch: '$.t', unit: 'ms' },
    rules: [
      {
        when: { value: { part: '$.k', at: '/', index: 0 }, not: 'zzz' },
        events: [
          {
            activity: { concat: ['$.k', { lower: '$.l' }] },
            objects: [
              { type: 'x', id: { coalesce: ['$.x', '$.y.z'] } },
              { type: 'y', id: '@', each: '$.ys[*]' },
            ],
            money: { amount: { sum: ['$.m', { minor: '$.n', currency: '$.c' }] }, currency: '$.c' },
            due_at: { date: '$.d', end_of_day: true },
            attributes: { n: { count: '$.ys[*]', where: { value: '@', above: 1 } } },
          },
        ],
      },
    ],
  })
  const keys = fc.constantFrom('a', 'id', 't', 'k', 'l', 'x', 'y', 'z', 'ys', 'm', 'n', 'c', 'd', '__proto__')
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('EUR'),
    fc.constant(TIME),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 6 }),
    ),
  }))
  const valid = (outcome: Outcome): void => assert.ok('events' in outcome || 'drop' in outcome || 'reject' in outcome)
  fc.assert(
    fc.property(fc.array(fc.dictionary(keys, value, { maxKeys: 8 }), { maxLength: 4 }), (records) =>
      valid(readJson(mapping, { a: records })),
    ),
    { seed: 11, numRuns: 800 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      valid(mappedJson.read({ body: bytes, headers: {}, key: null, timestamp: null }, { ...context, mapping }))
      assert.ok('value' in parseJson(bytes) || 'code' in parseJson(bytes))
    }),
    { seed: 12, numRuns: 500 },
  )
})

test('what one record can become is bounded', () => {
  const mapping = compiled({
    rules: [{ events: [{ each: '$.l[*]', activity: 'a', time: TIME, objects: [{ type: 'x', id: '@' }] }] }],
  })
  const list = (length: number): unknown => ({ l: Array.from({ length }, (_, index) => index + 1) })
  assert.equal(eventsOf(readJson(mapping, list(MAPPING_LIMITS.events))).length, MAPPING_LIMITS.events)
  assert.equal(refusalOf(readJson(mapping, list(MAPPING_LIMITS.events + 1))).code, 'too_many_events')
  assert.equal(refusalOf(readJson(mapping, list(MAPPING_LIMITS.items + 1))).code, 'too_many_items')
  const nested = compiled({
    rules: [
      {
        events: [
          {
            each: '$.l[*]',
            activity: 'a',
            time: TIME,
            objects: [{ type: 'x', id: '@', each: '$.l[*]' }],
            attributes: { n: { count: '$.l[*]', where: { value: { count: '$.l[*]' }, above: 0 } } },
          },
        ],
      },
    ],
  })
  const started = performance.now()
  assert.equal(refusalOf(readJson(nested, list(1500))).code, 'too_many_items')
  assert.ok(performance.now() - started < 5000, 'lists in lists in lists are given up on early')
  assert.match(failureOf('{$.s}{$.s}', { s: 'x'.repeat(5000) }), /more than 8192 characters/u)
})

test('a mapping that cannot work is refused with the place of every mistake', () => {
  const issuesOf = (body: Record<string, unknown>): string[] => {
    const read = readMapping({ name: 'm', version: 1, title: 'M', otherwise: { drop: 'x' }, ...body })
    return 'issues' in read ? read.issues.map(({ path, message }) => `${path}: ${message}`) : []
  }
  const event = { activity: 'a', time: '$.t', objects: [{ type: 'x', id: '$.x' }] }
  assert.deepEqual(issuesOf({ rules: [{ events: [event] }] }), [])
  assert.deepEqual(issuesOf({ rules: [{ events: [{ ...event, canonical: 'invoice.payed' }] }] }), [
    'rules[0].events[0].canonical: is no canonical activity',
  ])
  assert.deepEqual(issuesOf({ rules: [{ events: [{ ...event, time: '$.a..b' }] }] }), [
    'rules[0].events[0].time: "$.a..b" has no name after the point at position 4',
  ])
  assert.match(
    issuesOf({ rules: [{ events: [{ ...event, id: { eval: '1' } }] }] })[0] ?? '',
    /^rules\[0\]\.events\[0\]\.id: has none of the functions/u,
  )
  assert.match(issuesOf({ rules: [{ events: [event], drop: 'x' }] })[0] ?? '', /needs exactly one of events, drop and reject/u)
  assert.match(
    issuesOf({ rules: [{ events: [{ ...event, id: { lookup: '$.a', in: 'nowhere' } }] }] })[0] ?? '',
    /there is no table "nowhere"/u,
  )
  assert.match(
    issuesOf({ rules: [{ when: { value: '$.a' }, drop: 'xyz' }] })[0] ?? '',
    /^rules\[0\]\.when: says nothing of the value/u,
  )
  assert.match(issuesOf({ rules: [{ events: [{ ...event, colour: 'red' }] }] })[0] ?? '', /colour/u)
  assert.match(
    issuesOf({ rules: [{ events: [{ ...event, time: { date: '$.t', zone: 'Moon/Base' } }] }] })[0] ?? '',
    /is no time zone/u,
  )
  let deep: unknown = '$.a'
  for (let level = 0; level < 60; level++) deep = { lower: deep }
  assert.deepEqual(issuesOf({ rules: [{ events: [{ ...event, id: deep }] }] }), [': is nested too deep'])
})

test('the paths that a mapping reads are known, in the notation of payload shapes', () => {
  const mapping = compiled({
    records: '$.notifications[*].item',
    id: '$.ref',
    time: '^.sent',
    rules: [
      {
        when: { value: '$.kind', is: 'a' },
        events: [
          {
            activity: 'a',
            objects: [{ type: 'x', id: '@.no', each: '$.lines[*]' }],
            attributes: { a: 'b {$.note}', last: { last: '$.steps[*]', take: '@.by' } },
          },
        ],
      },
    ],
  })
  assert.deepEqual([...mapping.paths].toSorted(), [
    'notifications[].item',
    'notifications[].item.kind',
    'notifications[].item.lines[]',
    'notifications[].item.lines[].no',
    'notifications[].item.note',
    'notifications[].item.ref',
    'notifications[].item.steps[]',
    'notifications[].item.steps[].by',
    'sent',
  ])
})

test('a mapped record costs little more than one that is a CloudEvent already', () => {
  const mapping = compiled({
    id: '$.id',
    time: '$.at',
    source: 'erp',
    rules: [
      { when: { value: '$.kind', is: 'test' }, drop: 'A test.' },
      {
        when: { value: '$.kind', is: 'invoice_posted' },
        events: [
          {
            activity: '$.kind',
            canonical: 'invoice.posted',
            objects: [
              { type: 'invoice', id: '$.invoice.number' },
              { type: 'purchase_order', id: '$.invoice.po' },
            ],
            money: { amount: '$.invoice.total', currency: '$.invoice.currency' },
            actor: { id: '$.user' },
            attributes: { entity: '$.company', supplier: '$.invoice.supplier' },
          },
        ],
      },
    ],
  })
  const bodies = Array.from({ length: 500 }, (_, index) =>
    JSON.stringify({
      id: `e${index}`,
      kind: 'invoice_posted',
      at: TIME,
      user: 'ann',
      company: 'DE01',
      invoice: { number: `I-${index}`, po: `P-${index}`, total: '120.50', currency: 'EUR', supplier: 'S-9' },
    }),
  )
  const plain = bodies.map((_, index) =>
    JSON.stringify({
      specversion: '1.0',
      id: `e${index}`,
      source: 'erp',
      type: 'invoice_posted',
      time: TIME,
      data: {
        activity: 'invoice_posted',
        canonical: 'invoice.posted',
        objects: [
          { type: 'invoice', id: `I-${index}` },
          { type: 'purchase_order', id: `P-${index}` },
        ],
        money: { amount: '120.50', currency: 'EUR' },
        actor: { id: 'ann' },
        attributes: { entity: 'DE01', supplier: 'S-9' },
      },
    }),
  )
  const round = (read: (index: number) => number): number => {
    const started = performance.now()
    let events = 0
    for (let index = 0; index < 4000; index++) events += read(index % 500)
    return events / (performance.now() - started)
  }
  const ratios: number[] = []
  let best = 0
  for (let turn = 0; turn < 8; turn++) {
    const mapped = round((index) => eventsOf(readJson(mapping, bodies[index] ?? '')).length)
    const native = round((index) => {
      const event = readEvent(JSON.parse(plain[index] ?? ''), { tenant: 't', receivedAt: NOW, fallbackSeq: 0 })
      return isRefusal(event) ? 0 : 1
    })
    best = Math.max(best, mapped)
    ratios.push(mapped / native)
  }
  const ratio = ratios.toSorted((a, b) => a - b)[4] ?? 0
  process.stdout.write(`from bytes to events: at best ${Math.round(best * 1000)} a second, ${ratio.toFixed(2)} of CloudEvents\n`)
  assert.ok(ratio > 0.4, `a mapped record costs ${(1 / ratio).toFixed(1)} times what a CloudEvent costs`)
  assert.equal(instantToIso(eventsOf(readJson(mapping, bodies[0] ?? ''))[0]?.occurred_at ?? 0), '2026-03-02T09:30:00.000Z')
})
