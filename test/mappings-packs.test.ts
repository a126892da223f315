import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Outcome } from '../ingest/batch.ts'
import { mappedJson } from '../ingest/formats/mapped-json.ts'
import { compileMapping } from '../ingest/payload/compile.ts'
import { payloadPacks } from '../ingest/payload/packs.ts'
import { classify, classifyInput } from '../model/classify.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'

/** A payload as the system sends it, and what is to become of it. Only what is said is compared. */
type Sample = { name: string; headers?: Record<string, string>; body: unknown } & (
  | { events: Record<string, unknown>[] }
  | { drop: string }
  | { reject: string }
)

const SAMPLES = new URL('verdicts/samples/', import.meta.url)
const NOW = instantFromIso('2026-11-22T12:00:00Z') ?? 0

function read(pack: string, body: unknown, headers: Record<string, string> = {}): Outcome {
  const mapping = payloadPacks().get(pack)
  assert.ok(mapping, pack)
  return mappedJson.read(
    { body: Buffer.from(JSON.stringify(body)), headers, key: null, timestamp: null },
    { tenant: 't', receivedAt: NOW, seq: 0, naturalId: 'none', source: 'feed/x', system: null, mapping: compileMapping(mapping) },
  )
}

function told(outcome: Outcome): unknown {
  if ('drop' in outcome) return outcome
  if ('reject' in outcome) return { reject: outcome.reject.message }
  return {
    events: outcome.events.map((event) => {
      const { data } = event
      const activity = data.canonical ?? event.source_activity
      return {
        activity,
        natural_id: event.natural_id,
        time: instantToIso(event.occurred_at),
        objects: event.objects.map(({ type, id }) => `${type}/${id}`),
        ...(data.money == null ? {} : { amount: `${data.money.amount} ${data.money.currency}` }),
        ...(data.outcome == null ? {} : { outcome: [data.outcome.status, data.outcome.code].filter(Boolean).join(' ') }),
        ...(data.due_at == null ? {} : { due: instantToIso(data.due_at) }),
        ...(data.waits_on == null ? {} : { waits: `${data.waits_on.kind} ${data.waits_on.id}` }),
        class: classify(classifyInput(event, activity)).class,
      }
    }),
  }
}

for (const file of readdirSync(SAMPLES)) {
  const pack = file.replace('.json', '')
  for (const sample of JSON.parse(readFileSync(new URL(file, SAMPLES), 'utf8')) as Sample[])
    test(`${pack}: ${sample.name}`, () => {
      const { name: _name, body, headers, ...expected } = sample
      assert.deepEqual(told(read(pack, body, headers)), expected)
    })
}

test('every mapping that ships says what it is for, and why it leaves out what it leaves out', () => {
  for (const [name, pack] of payloadPacks()) {
    assert.ok((pack.description ?? '').length > 20, name)
    const reasons = [...pack.rules, pack.otherwise].flatMap((rule) => [
      ...('drop' in rule && rule.drop !== undefined ? [rule.drop] : []),
      ...('reject' in rule && rule.reject !== undefined ? [rule.reject] : []),
    ])
    for (const reason of reasons) assert.match(reason, /^[A-Za-z].{14,}[.?]$/u, `${name}: ${reason}`)
    for (const rule of pack.rules) assert.ok(rule.name, `${name} has a rule without a name`)
  }
})

test('a payload of one vendor, sent to the mapping of another, is refused or left out and never made an event', () => {
  const foreign = { hello: 'world', amount: 12, currency: 'EUR' }
  for (const name of payloadPacks().keys()) {
    const outcome = read(name, foreign)
    assert.ok(!('events' in outcome), name)
  }
})
