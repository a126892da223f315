import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { and, eq } from 'drizzle-orm'
import { engineParts } from '../alerts/engine.ts'
import { tickTenant } from '../alerts/tick.ts'
import { type RunningServer, runServer } from '../cli/run-server.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { Routing } from '../model/alert-routing.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { instantToClickHouse } from '../model/instant.ts'
import { SlaDefinition } from '../model/sla.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { createChannel } from '../platform/alert-channels.ts'
import { changeRules } from '../platform/alert-rules.ts'
import { saveRouting } from '../platform/alert-routing.ts'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { alertSubjects, derivations } from '../platform/postgres/schema.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { saveSla } from '../platform/slas.ts'
import { openStores, type Stores } from '../platform/stores.ts'
import { createTenant } from '../platform/tenants.ts'
import type { Told } from './alerts-receiver.ts'
import type { LoadAnswer, LoadOrder } from './alerts-load.ts'
import { firstRow } from './limit.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'

/** Events a second and for how many seconds; breaches a second among them; events of history that are added: smaller for a trial. */
const RATE = Number(process.env['RATE'] ?? 5000)
const SECONDS = Number(process.env['SECONDS'] ?? 90)
const BREACHES = Number(process.env['BREACHES'] ?? 5)
const HISTORY = Number(process.env['HISTORY'] ?? 1_000_000)
/** Changed keys of a look. */
const KEYS = [1, 10, 100, 1000, 10_000] as const
const LOOKS = 5
const RULES = 1000
const LEAD_MS = 10_000
const SECRET_KEY = 'k'.repeat(48)

const slas = [
  {
    id: 'approval',
    object_type: 'invoice',
    start: 'invoice.received',
    stop: 'invoice.approved',
    target: { kind: 'elapsed', seconds: 86_400 },
  },
  { id: 'probe', object_type: 'purchase_order', start: 'po.created', stop: 'po.released', target: { kind: 'due' } },
].map(({ start, stop, ...sla }) =>
  SlaDefinition.parse({
    ...sla,
    title: sla.id,
    start: [{ activity: start }],
    stop: [{ activity: stop }],
    objective: 0.9,
    calendar: '24x7',
  }),
)

/** A thousand rules of all kinds, as a large company has them; the first tells of each breach by itself. */
function rules(): AlertRule[] {
  const probe = { class: 'business', watch: { kind: 'clock', slas: ['probe'] }, group_by: ['key'], wait_s: 0, repeat_s: null }
  const others = Array.from({ length: RULES - 1 }, (_, number) => {
    const where = { entity: [`E${number % 40}`], approver: [`u${number % 200}`] }
    const watch =
      number < 450
        ? { kind: 'clock', slas: ['approval'] }
        : number < 700
          ? { kind: 'control', severities: ['critical'] }
          : number < 850
            ? { kind: 'incident', systems: [`erp-${number % 20}`] }
            : number < 900
              ? { kind: 'dead_letters', sources: [`feed-${number}`] }
              : number < 950
                ? { kind: 'burn', sla: 'approval' }
                : { kind: 'kpi', kpi: 'exception-rate', window_s: 86_400, when: { kind: 'threshold', above: 0.2 } }
    const filtered = number < 700 ? where : number < 950 ? {} : { entity: [`E${number % 40}`] }
    return { id: `rule-${number}`, title: `Rule ${number}`, class: 'business', where: filtered, watch, group_by: [] }
  })
  return [{ id: 'probe', title: 'Each breach', ...probe }, ...others].map((rule) => AlertRule.parse(rule))
}
const ROUTING = Routing.parse({
  routes: [{ rules: ['probe'], parties: ['hook'] }, { parties: ['inbox'] }],
  parties: [
    { id: 'hook', title: 'Receiver', steps: [{ after_s: 0, to: [{ channel: 'hook' }] }] },
    { id: 'inbox', title: 'Inbox' },
  ],
})

/** From a breach to its message at the receiver under load, and what a look costs by changed keys and by stored events. */
export const alerts: Benchmark = { name: 'alerts', run }

type Detection = { delays: number[]; missing: number; load: LoadAnswer; ticks: { count: number; seconds: number } }
type Cost = { stored: number; keys: number; ms: number }

async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const env = readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0', SIGHTLINE_SECRET_KEY: SECRET_KEY })
  const log = openLog({ level: 'error', human: true })
  const before = machine()['load']
  try {
    const server = await runServer({ env, log, webFolder: null })
    let detection: Detection
    try {
      detection = await detect(server)
    } finally {
      await server.stop()
    }
    const stores = await openStores({ env, log })
    try {
      return report(detection, await costs(stores), before)
    } finally {
      await stores.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function prepare({ postgres: { db } }: Stores, id: string, hook: string): Promise<TenantId> {
  const tenant = verifiedTenant(id)
  await createTenant(db, { id, name: id })
  for (const sla of slas) await saveSla(db, { tenant, sla, actor: 'bench' })
  await db.transaction(async (tx) => {
    await changeRules(tx, {
      tenant,
      actor: 'bench',
      changes: [
        ...ALERT_PACK.rules.map((rule) => ({ kind: 'retire' as const, id: rule.id })),
        ...rules().map((rule) => ({ kind: 'save' as const, rule })),
      ],
    })
    await saveRouting(tx, { tenant, routing: ROUTING, actor: 'bench', expected: null })
  })
  const secrets = { url: hook, secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
  const box = await openSecretBox({ key: SECRET_KEY, folder: null })
  await createChannel(
    db,
    box,
    { tenant, id: 'hook', title: 'hook', kind: 'webhook', config: {}, secrets, perMinute: 6000 },
    'bench',
  )
  return tenant
}

/** Breaches at known instants while events stream in: how long after each its message is accepted. */
async function detect(server: RunningServer): Promise<Detection> {
  const receiver = new Worker(new URL('alerts-receiver.ts', import.meta.url))
  const loader = new Worker(new URL('alerts-load.ts', import.meta.url))
  try {
    const delays: number[] = []
    const hook = await new Promise<string>((resolve) => {
      receiver.on('message', (told: Told) => {
        if ('url' in told) resolve(told.url)
        else delays.push(told.at - told.about)
      })
    })
    const { stores } = server
    const tenant = await prepare(stores, 'detect', hook)
    const probes = SECONDS * BREACHES
    const begins = Date.now() + 45_000
    const answer = await fetch(new URL('/v1/events', server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminToken}`, 'x-tenant-id': tenant, 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: probes }, (_, number) =>
        JSON.stringify(probe(number, begins + LEAD_MS + (number * 1000) / BREACHES)),
      ).join('\n'),
    })
    if (!answer.ok) throw new Error(`the probes are refused: ${await answer.text()}`)
    const known = and(eq(alertSubjects.tenantId, tenant), eq(alertSubjects.kind, 'clock'))
    while ((await stores.postgres.db.$count(alertSubjects, known)) < probes) {
      if (Date.now() > begins) throw new Error('the probes were not taken in before they breach')
      await sleep(500)
    }
    say(`${probes} clocks are known; the load begins in ${Math.round((begins - Date.now()) / 1000)} s`)
    await sleep(Math.max(0, begins - Date.now()))
    const first = await ticksOf(server)
    const load = await new Promise<LoadAnswer>((resolve, reject) => {
      loader.once('message', resolve)
      loader.once('error', reject)
      loader.postMessage({
        url: server.url,
        token: server.adminToken ?? '',
        tenant,
        perSecond: RATE,
        seconds: SECONDS + LEAD_MS / 1000,
      } satisfies LoadOrder)
    })
    const last = await ticksOf(server)
    for (let waits = 0; waits < 60 && delays.length < probes; waits++) await sleep(1000)
    return {
      delays: delays.toSorted((a, b) => a - b),
      missing: probes - delays.length,
      load,
      ticks: { count: last.count - first.count, seconds: last.seconds - first.seconds },
    }
  } finally {
    await Promise.all([receiver.terminate(), loader.terminate()])
  }
}

function probe(number: number, dueMs: number) {
  return {
    specversion: '1.0',
    id: `probe-${number}`,
    source: '/erp',
    type: 'po.created',
    time: new Date(Date.now() - 1000).toISOString(),
    data: { objects: [{ type: 'purchase_order', id: `PO-${number}` }], due_at: new Date(dueMs).toISOString() },
  }
}

/** Looks that found something, and the time that they took, by the process's own figures. */
async function ticksOf(server: RunningServer): Promise<{ count: number; seconds: number }> {
  const answer = await fetch(new URL('/metrics', server.url), { headers: { authorization: `Bearer ${server.adminToken}` } })
  const text = await answer.text()
  const figure = (name: string) =>
    Number(new RegExp(`^sightline_alerts_tick_seconds_${name} (\\S+)$`, 'mu').exec(text)?.[1] ?? Number.NaN)
  return { count: figure('count'), seconds: figure('sum') }
}

/** Time of a look by how many keys changed, before and after history was added. */
async function costs(stores: Stores): Promise<Cost[]> {
  const { clickhouse, postgres } = stores
  const tenant = await prepare(stores, 'cost', 'http://127.0.0.1:9/')
  let now = Date.now() * 1000
  const log = openLog({ level: 'error', human: true })
  const engine = engineParts({ stores, log, links: null, url: 'http://127.0.0.1', now: async () => now })
  await tickTenant(engine, tenant)
  const found: Cost[] = []
  let stored = 0
  for (const added of [0, HISTORY]) {
    if (added > 0) {
      say(`adding ${whole(added)} events of history`)
      await clickhouse.writer.command({
        query: await readFile(new URL('alerts/history.sql', import.meta.url), 'utf8'),
        query_params: { tenant, events: added },
        clickhouse_settings: { max_partitions_per_insert_block: '1000' },
      })
      stored = (await firstRow<{ n: number }>(clickhouse.writer, COUNT, { tenant }))?.n ?? 0
    }
    for (const keys of KEYS) {
      const times: number[] = []
      for (let number = 0; number < LOOKS; number++) {
        now += 1e6
        const version = now
        const values = Array.from({ length: keys }, (_, key) => signal(tenant, version, `${added}-${key}`, now))
        await clickhouse.writer.insert({ table: 'sightline.alert_signals', values, format: 'JSONEachRow' })
        await postgres.db
          .insert(derivations)
          .values({ tenantId: tenant, published: version })
          .onConflictDoUpdate({ target: derivations.tenantId, set: { published: version } })
        const ticked = await tickTenant(engine, tenant)
        if (ticked?.fed !== keys) throw new Error(`${ticked?.fed} of ${keys} changed keys were taken in`)
        times.push(ticked.ms)
      }
      found.push({ stored, keys, ms: median(times) })
      say(`${whole(stored)} stored, ${keys} changed keys: ${median(times).toFixed(1)} ms`)
    }
  }
  return found
}

const COUNT = 'SELECT toUInt32(count()) AS n FROM sightline.events WHERE tenant_id = {tenant:String}'

function signal(tenant: string, version: number, key: string, now: number) {
  const invoice = `INV-${key}`
  return {
    tenant_id: tenant,
    version,
    kind: 'clock',
    key: `invoice/${invoice} approval//1`,
    document_type: 'invoice',
    document_id: invoice,
    name: 'approval',
    name_version: 1,
    state: 'running',
    begun_at: instantToClickHouse(now - 60e6),
    due_at: instantToClickHouse(now + 86_400e6),
    entity: 'E1',
    approver: 'u1',
  }
}

function report({ delays, missing, load, ticks }: Detection, found: readonly Cost[], before: unknown): Report {
  const at = (share: number) => (delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN) / 1000
  const stored = [...new Set(found.map((one) => one.stored))]
  const of = (events: number, keys: number) => found.find((one) => one.stored === events && one.keys === keys)?.ms ?? Number.NaN
  return {
    title: `Alerts: breach to message at ${whole(load.accepted / load.seconds)} events/s with ${whole(RULES)} rules: p50 ${at(0.5).toFixed(1)} s, p95 ${at(0.95).toFixed(1)} s, longest ${at(1).toFixed(1)} s`,
    columns: ['changed keys', ...stored.flatMap((events) => [`${whole(events)} stored, ms`, 'µs a rule'])],
    rows: KEYS.map((keys) => [
      whole(keys),
      ...stored.flatMap((events) => [of(events, keys).toFixed(1), ((of(events, keys) / RULES) * 1000).toFixed(1)]),
    ]),
    notes: [
      `${whole(delays.length)} breaches were told, ${missing} were not; ${whole(load.accepted)} events were accepted in ${load.seconds.toFixed(1)} s, ${load.refused} requests refused.`,
      `Meanwhile ${whole(ticks.count)} looks found something, ${((ticks.seconds / ticks.count) * 1000).toFixed(0)} ms each. A breach is told when the watermark has passed it, 5 s behind.`,
      'The table: median time of a look by keys that changed, before and after history was stored. Everything runs on the cores of this machine.',
    ],
    figures: {
      rate: RATE,
      rules: RULES,
      p50_s: at(0.5),
      p95_s: at(0.95),
      longest_s: at(1),
      missing,
      load,
      ticks,
      costs: found,
      load_before: before,
    },
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
