import { gzipSync } from 'node:zlib'

/** A record that must become a dead letter, and nothing else. */
export type Poison = { kind: string; value: Buffer; headers: Record<string, string> }

const sound = (id: string): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: '/garbage',
  type: 'invoice.received',
  time: '2026-02-01T08:00:00Z',
  data: { object: `invoice/${id}` },
})

const json = (change: (event: Record<string, unknown>) => unknown) => (id: string) =>
  Buffer.from(JSON.stringify(change(sound(id))))
const without = (field: string) => json((event) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== field)))
const withData = (data: unknown) => json((event) => ({ ...event, data }))

/** Twenty kinds of garbage as a topic of CloudEvents sees them: broken bytes, broken JSON, broken envelopes, broken contents. */
const KINDS: Record<string, (id: string) => Buffer> = {
  'a stray letter': () => Buffer.from('x'),
  'half a record': (id) => Buffer.from(JSON.stringify(sound(id)).slice(0, -20)),
  'two records glued together': (id) => Buffer.from(`${JSON.stringify(sound(id))}${JSON.stringify(sound(`${id}b`))}]`),
  'bytes that are no UTF-8': (id) =>
    Buffer.concat([Buffer.from(JSON.stringify(sound(id)).slice(0, 30)), Buffer.from([0xc3, 0x28, 0xff, 0xfe])]),
  'compressed bytes': (id) => gzipSync(JSON.stringify(sound(id))),
  'a page of a proxy': (id) => Buffer.from(`<html><body><h1>502 Bad Gateway</h1>${id}</body></html>`),
  'a bare text': (id) => Buffer.from(`connector said: ${id} done`),
  'a number': () => Buffer.from('42'),
  'an Avro header': (id) => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(id)]),
  'another specversion': json((event) => ({ ...event, specversion: '0.3' })),
  'no id': without('id'),
  'no source': without('source'),
  'no type': without('type'),
  'a time without a zone': json((event) => ({ ...event, time: '2026-02-01 08:00:00' })),
  'a time far ahead': json((event) => ({ ...event, time: '2199-01-01T00:00:00Z' })),
  'no document': withData({ system: 'sap-eu' }),
  'a document without an id': withData({ objects: [{ type: 'invoice', id: '' }] }),
  'an amount that is none': withData({ object: 'invoice/1', money: { amount: 'twelve', currency: 'EUR' } }),
  'a currency that is none': withData({ object: 'invoice/1', money: { amount: '12.00', currency: 'euro' } }),
  'control characters in an id': withData({ objects: [{ type: 'invoice', id: 'INV\u0000\u0007-1' }] }),
}

/** The names of the kinds. */
export const POISON_KINDS: readonly string[] = Object.keys(KINDS)

/** The `n`-th bad record of a run; the kinds come in turn. */
export function poison(n: number): Poison {
  const kind = POISON_KINDS[n % POISON_KINDS.length] ?? ''
  const make = KINDS[kind]
  if (make === undefined) throw new RangeError(`there is no kind ${kind}`)
  return { kind, value: make(`garbage-${n}`), headers: { 'x-garbage': kind } }
}
