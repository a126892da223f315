import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { instantFromIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { answersState } from '../queries/answers.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { storeReference } from './support/store-reference.ts'
import { sharedStores } from './support/stores.ts'

const FOLDER = new URL('./controls/', import.meta.url)
const fixtures = readdirSync(FOLDER).toSorted()
const { stores, freshTenant, close } = await sharedStores()
const NOW = instantFromIso('2026-11-22T00:00:00Z') ?? 0
after(close)

const Sent = z.looseObject({ id: z.string() })
const Reference = z.array(
  z.object({
    kind: z.string(),
    key: z.string(),
    from: z.string(),
    to: z.string().optional(),
    body: z.record(z.string(), z.unknown()),
  }),
)
const Expected = z.array(
  z.object({
    document: z.string(),
    subject: z.string(),
    detected_at: z.string(),
    severity: z.string(),
    policy: z.string(),
    amount: z.string().nullable(),
    offender: z.string(),
    evidence: z.array(z.string()),
    detail: z.string(),
  }),
)
type Expected = z.output<typeof Expected>

const fixture = (control: string) => ({
  events: readFileSync(new URL(`${control}/events.jsonl`, FOLDER), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Sent.parse(JSON.parse(line))),
  reference: Reference.parse(JSON.parse(readFileSync(new URL(`${control}/reference.json`, FOLDER), 'utf8'))),
  expected: Expected.parse(JSON.parse(readFileSync(new URL(`${control}/expected.json`, FOLDER), 'utf8'))),
})

async function found(tenant: TenantId, control: string): Promise<Expected> {
  const answer = await stores.clickhouse.writer.query({
    query: `SELECT concat(document_type, '/', document_id) AS document, subject_id AS subject,
      replaceOne(toString(detected_at), ' ', 'T') AS detected_at, toString(severity) AS severity,
      if(policy_id = '', '', concat(policy_id, ' ', policy_version)) AS policy,
      if(amount IS NULL, NULL, concat(toString(amount), ' ', currency)) AS amount, offender,
      arrayMap(id -> natural[toString(id)], evidence) AS evidence, detail
    FROM violations FINAL
    CROSS JOIN (SELECT mapFromArrays(groupArray(toString(event_id)), groupArray(natural_id)) AS natural FROM events WHERE tenant_id = {tenant:String}) AS ids
    WHERE tenant_id = {tenant:String} AND control = {control:String} AND NOT retracted
    ORDER BY document, subject`,
    query_params: { tenant, control },
    format: 'JSONEachRow',
  })
  return Expected.parse(await answer.json())
}

test('every control has a definition and a worked example', () => {
  const catalogue = controlCatalogue()
  assert.deepEqual(
    catalogue.map((one) => one.control),
    fixtures,
  )
  for (const { control, definition } of catalogue) assert.ok(definition.endsWith('.') && !definition.includes('--'), control)
})

for (const control of fixtures)
  test(`${control} finds its worked example, late, in any order and twice`, async () => {
    const { events, reference, expected } = fixture(control)
    const mine = await freshTenant()
    const half = Math.ceil(events.length / 2)
    await storeReference(stores.clickhouse.writer, mine, reference)
    await storeEvents(stores.clickhouse.writer, mine, events.slice(half).toReversed())
    await derive({ stores }, mine, NOW, ['timelines', 'controls'])
    await storeEvents(stores.clickhouse.writer, mine, [...events.slice(0, half), ...events])
    await derive({ stores }, mine, NOW, ['timelines', 'controls'])
    assert.deepEqual(await found(mine, control), expected)
  })

test('what only the passing of time violates is found when its time comes, without another event', async () => {
  const control = 'attestation-missing'
  const mine = await freshTenant()
  const { events, reference } = fixture(control)
  const due = instantFromIso('2026-11-22T13:00:00Z') ?? 0
  const documents = async () => (await found(mine, control)).map(({ document }) => document)
  const waiting = async () => (await answersState(tenantReader(stores.clickhouse.reader, mine), stores.postgres.db)).changed
  await storeReference(stores.clickhouse.writer, mine, reference)
  await storeEvents(stores.clickhouse.writer, mine, events)
  await derive({ stores }, mine, due - 8_000_000)
  assert.deepEqual([await documents(), await waiting()], [['requisition/R1'], 0])
  const latest = Date.now() + 60_000
  while ((await waiting()) === 0 && Date.now() < latest) await sleep(200)
  assert.equal(await waiting(), 1)
  await derive({ stores }, mine, due + 1_000_000)
  assert.deepEqual([await documents(), await waiting()], [['requisition/R1', 'requisition/R5'], 0])
})
