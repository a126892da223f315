import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { compress as snappy } from 'snappy'
import { bindTopics, KafkaConfig, sourceBinding } from '../ingest/transport/kafka/bindings.ts'
import { claimNote, idleNote, longVersions, readNote, readVersions, startOf } from '../ingest/transport/kafka/claim.ts'
import { RecordBuffer } from '../ingest/transport/kafka/record-buffer.ts'
import { Turns } from '../ingest/transport/kafka/turns.ts'
import { snappyCodec } from '../platform/kafka/codecs.ts'
import { kafkaSource } from './support/kafka-source.ts'

suite('what is noted beside a committed offset', () => {
  test('a claim is read back as it was written', () => {
    const claim = {
      epoch: 3,
      first: 10,
      last: 29,
      at: 1_795_000_000_123_456,
      versions: new Map([
        ['acme/coupa', 2],
        ['acme/sap-eu', 11],
      ]),
    }
    assert.deepEqual(readNote(claimNote(claim)), { epoch: 3, claim })
    assert.deepEqual(readNote(idleNote(3)), { epoch: 3, claim: null })
  })

  test('a claim is short and plain', () => {
    const note = claimNote({ epoch: 2, first: 5, last: 9, at: 17, versions: new Map([['acme/erp', 3]]) })
    assert.equal(note, 'v1;2;5-9;17;acme/erp:3')
  })

  test('an idle note and a claim without mappings are told apart', () => {
    const claim = { epoch: 0, first: 0, last: 0, at: 1, versions: new Map<string, number>() }
    assert.deepEqual(readNote(claimNote(claim)), { epoch: 0, claim })
  })

  test('what another program noted is no claim', () => {
    for (const text of ['', 'x', 'v2;1;2-3;4;', 'v1;', 'v1;1;2-3', 'v1;1;2-3;4;DROP TABLE', '{"v":1}'])
      assert.equal(readNote(text), null)
  })

  test('a claim stays below the 4096 bytes that a broker takes, and loses none of its versions, however many there are', () => {
    for (const count of [0, 1, 75, 76, 120, 1000, 20_000]) {
      const versions = new Map<string, number>()
      for (let index = 0; index < count; index++) versions.set(`a-tenant-${index}/a-source-${index}`, index + 1)
      const note = claimNote({ epoch: 1, first: 1, last: 2, at: 3, versions })
      assert.ok(note.length < 4096)
      const long = longVersions(versions)
      const read = readNote(note)
      assert.equal(read?.versionsId, long?.id)
      assert.deepEqual(long === null ? read?.claim?.versions : readVersions(long.listed), versions)
      assert.equal(long === null, count <= 100)
    }
  })
})

suite('where reading a partition begins', () => {
  const claim = { epoch: 1, first: 40, last: 59, at: 7, versions: new Map<string, number>() }
  const usual = { partition: 0, known: 40, metadata: idleNote(1), low: 0, high: 100, epoch: 1, identified: true }
  const begin = { position: 40, claim: null, gap: null, renewed: false }
  const cases: [string, Parameters<typeof startOf>[0], ReturnType<typeof startOf>][] = [
    ['at the beginning when nothing is committed', { ...usual, known: null, metadata: '', low: 5 }, { ...begin, position: 5 }],
    ['at the committed offset', usual, begin],
    ['with the claimed range', { ...usual, metadata: claimNote(claim) }, { ...begin, claim }],
    [
      'without a claim that is not on this offset',
      { ...usual, known: 41, metadata: claimNote(claim) },
      { ...begin, position: 41 },
    ],
    [
      'at the first record that is left, and the gap is named',
      { ...usual, low: 50 },
      { ...begin, position: 50, gap: { partition: 0, from: 40, to: 50, reason: 'expired' } },
    ],
    ['at the beginning of a topic that was made again', { ...usual, epoch: 2 }, { ...begin, position: 0 }],
    [
      'at its beginning too when a range was under way, which may be lost',
      { ...usual, epoch: 2, metadata: claimNote(claim) },
      { ...begin, position: 0, gap: { partition: 0, from: 40, to: 60, reason: 'recreated' } },
    ],
    [
      'at the end of the same topic when it lost its end',
      { ...usual, high: 30 },
      { position: 30, claim: null, gap: { partition: 0, from: 30, to: 40, reason: 'truncated' }, renewed: true },
    ],
    [
      'at the beginning when the offset lies past the end and the cluster tells no ids',
      { ...usual, high: 30, identified: false },
      { position: 0, claim: null, gap: { partition: 0, from: 30, to: 40, reason: 'recreated' }, renewed: true },
    ],
    ['at an offset that another program committed', { ...usual, metadata: 'somebody' }, begin],
  ]
  for (const [name, given, expected] of cases) test(name, () => assert.deepEqual(startOf(given), expected))
})

suite('which source reads which topic', () => {
  const binding = (topics: string, id: string, tenant = 'acme') => {
    const made = sourceBinding(kafkaSource({ tenant, id, topics }))
    assert.ok(made !== null)
    return made
  }

  test('a name binds before a pattern, and a topic that two sources want is read once and named', () => {
    const { byTopic, conflicts } = bindTopics(
      ['erp.orders', 'erp.invoices', 'crm.leads'],
      [binding(String.raw`/erp\..*/`, 'all'), binding('erp.orders', 'orders')],
    )
    assert.deepEqual(
      [...byTopic].map(([topic, { owner }]) => [topic, owner?.id]),
      [
        ['erp.orders', 'orders'],
        ['erp.invoices', 'all'],
      ],
    )
    assert.deepEqual(conflicts, [{ topic: 'erp.orders', read_by: 'acme/orders', also: ['acme/all'] }])
  })

  test('no pattern reaches a topic of the product itself', () => {
    assert.equal(bindTopics(['sightline.ingest'], [binding('/.*/', 'all')]).byTopic.size, 0)
    assert.equal(bindTopics(['sightline.ingest'], [binding('sightline.ingest', 'it')]).byTopic.size, 0)
  })

  test('a pattern must match the whole name', () => {
    assert.deepEqual([...bindTopics(['orders', 'orders-old'], [binding('/orders/', 'a')]).byTopic.keys()], ['orders'])
  })

  test('settings that are not valid bind nothing', () => {
    for (const topics of ['', '/(/', 'a b', 'a/b', 'x'.repeat(500)])
      assert.equal(KafkaConfig.safeParse({ topics }).success, false)
    assert.equal(sourceBinding(kafkaSource({ tenant: 'acme', id: 'a', topics: '/(/' })), null)
    assert.equal(sourceBinding({ ...kafkaSource({ tenant: 'acme', id: 'a', topics: 'b' }), state: 'paused' }), null)
  })
})

suite('records that wait', () => {
  const fetched = (from: number, count: number, next = from + count) => ({
    topic: 't',
    partition: 0,
    from,
    next,
    end: 1000,
    bytes: count * 100,
    records: Array.from({ length: count }, (_, index) => ({
      offset: from + index,
      key: null,
      value: null,
      headers: {},
      timestamp: 0,
    })),
  })
  const NONE = { records: Infinity, bytes: Infinity, last: Infinity }

  test('are taken up to a number, a size and an offset, in order and each once', () => {
    const buffer = new RecordBuffer()
    buffer.add(fetched(0, 10))
    buffer.add(fetched(10, 10, 25))
    assert.deepEqual(
      buffer.take({ ...NONE, records: 4 }).records.map(({ offset }) => offset),
      [0, 1, 2, 3],
    )
    assert.deepEqual(
      buffer.take({ ...NONE, bytes: 250 }).records.map(({ offset }) => offset),
      [4, 5],
    )
    const upTo = buffer.take({ ...NONE, last: 12 })
    assert.deepEqual([upTo.records.at(0)?.offset, upTo.records.at(-1)?.offset, upTo.next], [6, 12, 13])
    const rest = buffer.take(NONE)
    assert.deepEqual([rest.records.at(0)?.offset, rest.records.at(-1)?.offset, rest.next], [13, 19, 25])
    assert.deepEqual([buffer.records, buffer.bytes, buffer.oldestAt()], [0, 0, null])
  })

  test('are taken one by one where each is larger than a range may be', () => {
    const buffer = new RecordBuffer()
    buffer.add(fetched(0, 3))
    assert.equal(buffer.take({ ...NONE, bytes: 10 }).records.length, 1)
    assert.equal(buffer.take({ ...NONE, bytes: 10 }).next, 2)
    assert.equal(buffer.records, 1)
  })
})

test('turns are given in the order they are asked for, and one that is given up is passed on', async () => {
  const turns = new Turns(1)
  const open = new AbortController().signal
  const first = await turns.take(open)
  const givenUp = new AbortController()
  const second = turns.take(givenUp.signal)
  const third = turns.take(open)
  givenUp.abort(new Error('no longer'))
  await assert.rejects(second, /no longer/u)
  first()
  first()
  const release = await third
  const fourth = turns.take(open)
  release()
  await fourth
})

test('snappy is read bare, in the blocks of xerial, and in several streams of them', async () => {
  const one = Buffer.from('some records '.repeat(100))
  const two = Buffer.from('and more of them '.repeat(100))
  const framed = [await snappyCodec.compress(one), await snappyCodec.compress(two)]
  assert.deepEqual(await snappyCodec.decompress(await snappy(one)), one)
  assert.deepEqual(await snappyCodec.decompress(Buffer.concat(framed)), Buffer.concat([one, two]))
  await assert.rejects(snappyCodec.decompress(Buffer.concat(framed).subarray(0, 80)))
  await assert.rejects(snappyCodec.decompress(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2])), /more than/u)
})
