import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { z } from 'zod'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import type { TruthDocument } from '../demo/truth.ts'
import type { TenantId } from '../model/tenant.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'
import { derive } from './support/derive.ts'
import { isEvident } from './support/evident.ts'
import { storeEvents } from './support/store-events.ts'
import { storeReference } from './support/store-reference.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

const NOW = Date.UTC(2026, 10, 20, 12)
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000))
const Found = z.array(z.object({ control: z.string(), document: z.string(), policy: z.string(), detail: z.string() }))

/** Uniform in [0, 1), the same for the same seed. */
function uniform(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Sends a company's half-year shuffled, a tenth late, a twentieth twice. */
async function arrive(company: string, scale: number): Promise<{ tenant: TenantId; truth: TruthDocument[] }> {
  const tenant = await freshTenant()
  const demo = DEMO_TENANTS.find(({ id }) => id === company)
  assert.ok(demo !== undefined)
  const reference = referenceRows({ seed, anchor: NOW }, demo)
  await storeReference(
    stores.clickhouse.writer,
    tenant,
    reference.map(({ kind, key, valid_from, valid_to, body }) => ({
      kind,
      key,
      from: valid_from,
      to: valid_to ?? undefined,
      body,
    })),
  )
  const random = uniform(seed)
  const truth: TruthDocument[] = []
  const late: unknown[] = []
  let batch: unknown[] = []
  for (const chunk of simulateChunks({ seed, now: NOW, scale })) {
    if (chunk.tenant !== company) continue
    truth.push(...chunk.truth())
    for (const event of chunk.events) {
      if (random() < 0.1) late.push(event)
      else batch.push(event)
      if (random() < 0.05) batch.push(event)
    }
    if (batch.length < 10_000) continue
    await storeEvents(stores.clickhouse.writer, tenant, shuffled(batch, random))
    batch = []
  }
  await storeEvents(stores.clickhouse.writer, tenant, shuffled(batch, random))
  await derive({ stores }, tenant, NOW * 1000, ['rates', 'timelines', 'controls'])
  await storeEvents(stores.clickhouse.writer, tenant, shuffled(late, random))
  await derive({ stores }, tenant, NOW * 1000, ['rates', 'timelines', 'controls'])
  return { tenant, truth }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((one) => ({ one, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one)
}

/** What was planted up to now and what was found, each as `control document`, reports of the workflow with their policy. */
async function compare({ tenant, truth }: { tenant: TenantId; truth: readonly TruthDocument[] }) {
  const answer = await stores.clickhouse.writer.query({
    query: `SELECT control, concat(document_type, '/', document_id) AS document, policy_id AS policy, detail FROM violations FINAL
      WHERE tenant_id = {tenant:String} AND NOT retracted`,
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  const found = new Map(
    Found.parse(await answer.json()).map(({ control, document, policy, detail }) => [
      control === 'reported-by-workflow' ? `${control} ${document} ${policy}` : `${control} ${document}`,
      detail,
    ]),
  )
  const planted = new Map(
    truth.flatMap((document) =>
      document.violations
        .filter(({ at }) => Date.parse(at) <= NOW)
        .flatMap((violation) => {
          const { control_id, policy, reported } = violation
          const place = `${document.type}/${document.id}`
          return [`${control_id} ${place}`, ...(reported ? [`reported-by-workflow ${place} ${policy}`] : [])].map(
            (key) => [key, isEvident(document, violation, NOW)] as const,
          )
        }),
    ),
  )
  return controlCatalogue().map(({ control }) => {
    const mine = (key: string) => key.startsWith(`${control} `)
    const got = [...found.keys()].filter(mine)
    const wanted = [...planted].filter(([key, shows]) => mine(key) && (shows || found.has(key))).map(([key]) => key)
    return {
      control,
      planted: wanted.length,
      found: got.length,
      missed: wanted.filter((key) => !found.has(key)),
      extra: got.filter((key) => !planted.has(key)).map((key) => `${key}: ${found.get(key)}`),
    }
  })
}

type Compared = Awaited<ReturnType<typeof compare>>

function table(rows: Compared): string {
  const share = (part: number, of: number) => (of === 0 ? '–' : (part / of).toFixed(3))
  return rows
    .map(({ control, planted, found, missed, extra }) =>
      [
        control.padEnd(34),
        `planted ${String(planted).padStart(4)}`,
        `found ${String(found).padStart(4)}`,
        `precision ${share(found - extra.length, found)}`,
        `recall ${share(planted - missed.length, planted)}`,
      ].join('  '),
    )
    .join('\n')
}

test('every violation planted is found, and nothing else, whatever the order of arrival', async (t) => {
  const rows = await compare(await arrive('kestrel', 0.1))
  t.diagnostic(`seed ${seed}\n${table(rows)}`)
  assert.ok(rows.reduce((sum, { planted }) => sum + planted, 0) > 50)
  assert.deepEqual(
    rows.flatMap(({ missed }) => missed),
    [],
    `seed ${seed}: missed`,
  )
  assert.deepEqual(
    rows.flatMap(({ extra }) => extra),
    [],
    `seed ${seed}: found but not planted`,
  )
})
