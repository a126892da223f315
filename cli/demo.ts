import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Readiness } from '../api/contract/admin.ts'
import { referenceRows } from '../demo/reference.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import type { DemoBody, DemoMessage, DemoOrder } from '../demo/worker.ts'
import { receiveOtlp } from '../ingest/otlp/receive.ts'
import { receiveBody } from '../ingest/receive.ts'
import { readReferenceRows, type REFERENCE_KINDS } from '../model/reference.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { saveReference } from '../platform/reference.ts'
import { readSetting, writeSetting } from '../platform/settings.ts'
import { saveSla } from '../platform/slas.ts'
import { createSystem, listSystems, systemResolver } from '../platform/systems.ts'
import { createTenant, findTenant } from '../platform/tenants.ts'
import { mirrorReference } from '../queries/reference-mirror.ts'
import { clock, type RunningServer } from './run-server.ts'

const SEED = 20260302
const SETTING = 'demo'
/** Roughly what the history holds, for the progress bar. */
const EXPECTED_EVENTS = 550_000

const Remembered = z.object({ seed: z.number(), anchor: z.number(), until: z.number().nullable() })

/** The demo of this process: its tenants, half a year of history on the first start, live traffic from then on. */
export type Demo = {
  state(): Readiness['demo']
  /** Fills and keeps feeding the demo tenants; stays pending while all is well and resolves with what went wrong otherwise. */
  run(server: RunningServer): Promise<SightlineError>
  stop(): void
}

/** Prepares the demo; nothing happens before {@link Demo.run}. */
export function startDemo(options: { wanted: boolean; log: Log }): Demo {
  let state: Readiness['demo'] = {
    state: options.wanted ? 'loading' : 'off',
    events: 0,
    expected: options.wanted ? EXPECTED_EVENTS : 0,
  }
  let worker: Worker | null = null
  let stopped = false
  return {
    state: () => state,
    stop() {
      stopped = true
      worker?.postMessage('stop')
    },
    async run(server) {
      if (!options.wanted) return new Promise<never>(() => undefined)
      await ensureTenants(server)
      const { db } = server.stores.postgres
      const kept = Remembered.safeParse(await readSetting(db, SETTING))
      const memory = kept.success ? kept.data : { seed: SEED, anchor: Date.now(), until: null }
      if (!kept.success) await writeSetting(db, SETTING, memory)
      if (memory.until === null) await stateReference(server, memory)
      if (memory.until !== null) state = { state: 'live', events: EXPECTED_EVENTS, expected: EXPECTED_EVENTS }
      const order: DemoOrder = {
        seed: memory.seed,
        anchor: memory.anchor,
        since: memory.until,
        scale: 1,
        truthPath: await truthPath(server),
        noise: false,
        traces: true,
        live: true,
      }
      if (stopped) return new Promise<never>(() => undefined)
      worker = new Worker(new URL('../demo/worker.ts', import.meta.url), { workerData: order })
      const feeding = worker
      return new Promise((resolve) => {
        const fail = (error: unknown) => {
          if (stopped) return
          resolve(new SightlineError('internal', 'The demo broke off.', { next: 'Start with --no-demo.', cause: error }))
        }
        feeding.on('error', fail)
        feeding.on('message', (message: DemoMessage) => {
          take(message).catch(fail)
        })
      })

      async function take(message: DemoMessage): Promise<void> {
        if (stopped) return
        if ('until' in message) {
          if (message.phase === 'history') {
            state = { state: 'live', events: state.events, expected: state.events }
            options.log.info({ events: state.events }, 'the history of the demo is complete')
          }
          await writeSetting(db, SETTING, { ...memory, until: message.until })
          return
        }
        if (message.signal === 'traces') await feedTraces(server, message)
        else await feed(server, message)
        if (state.state === 'loading') state = { ...state, events: state.events + message.events }
        feeding.postMessage('taken')
      }
    },
  }
}

/** Stores one body through the same path as `POST /v1/events`. */
async function feed(server: RunningServer, { tenant, body }: DemoBody): Promise<void> {
  const context = { tenant: verifiedTenant(tenant), writer: server.writer, now: clock }
  const receipt = await whileFull(() => receiveBody(bufferOf(body), 'ndjson', context))
  const [first] = receipt.rejected
  if (first !== undefined) throw new Error(`the demo sent a bad event: ${first.code} ${first.message}`)
}

/** Stores one body through the same path as `POST /v1/traces`. */
async function feedTraces(server: RunningServer, { tenant: id, body }: DemoBody): Promise<void> {
  const tenant = verifiedTenant(id)
  const resolve = await systemResolver(server.stores.postgres.db, tenant)
  const receipt = await whileFull(() =>
    receiveOtlp(
      { signal: 'traces', encoding: 'json', body: bufferOf(body), tenant, feed: 'otlp' },
      { resolve, writer: server.telemetry, arrival: (count) => server.writer.arrival(count) },
    ),
  )
  if (receipt.rejected > 0) throw new Error(`the demo sent a bad span: ${receipt.message}`)
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/** Does something, again and again while the writer is full. */
async function whileFull<T>(deed: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await deed()
    } catch (error) {
      if (!(error instanceof SightlineError) || error.retryAfterS === undefined || error.code === 'draining') throw error
      await new Promise((resolve) => setTimeout(resolve, 1000 * (error.retryAfterS ?? 1)))
    }
  }
}

async function ensureTenants(server: RunningServer): Promise<void> {
  const { db } = server.stores.postgres
  for (const tenant of DEMO_TENANTS.toSorted((a, b) => Number(a.parent_id !== null) - Number(b.parent_id !== null))) {
    if ((await findTenant(db, tenant.id)) !== null) continue
    await createTenant(db, {
      id: tenant.id,
      name: tenant.name,
      kind: tenant.kind,
      parentId: tenant.parent_id ?? null,
      brand: tenant.brand,
      demo: true,
    })
  }
}

/** States what the demo tenants' own systems would say of suppliers, contracts, authority and so on. */
async function stateReference(server: RunningServer, { seed, anchor }: { seed: number; anchor: number }): Promise<void> {
  const { clickhouse, postgres } = server.stores
  const { db } = postgres
  for (const demo of DEMO_TENANTS) {
    const tenant = verifiedTenant(demo.id)
    const known = new Set((await listSystems(db, tenant)).map(({ id }) => id))
    for (const [kind, stated] of Map.groupBy(referenceRows({ seed, anchor }, demo), (row) => row.kind)) {
      const { rows, problems } = readReferenceRows(
        kind,
        stated.map(({ kind: _kind, ...row }) => row),
      )
      const [first] = problems
      if (first !== undefined) throw new Error(`the demo's ${kind}: row ${first.row} ${first.message}`)
      if (kind !== 'systems') await saveReference(db, { tenant, kind, rows: rows.map((one) => one.stated), actor: 'demo' })
      else
        for (const { stated: system } of rows)
          if (!known.has(system.key)) await createSystem(db, tenant, 'demo', systemOf(system.key, system.body))
    }
    await mirrorReference({ clickhouse: clickhouse.writer, db }, tenant, clock())
    for (const sla of SLA_PACK) await saveSla(db, { tenant, sla, actor: 'demo' })
  }
}

function systemOf(id: string, body: unknown) {
  const { name = id, ...said } = body as z.output<typeof REFERENCE_KINDS.systems.body>
  return { ...said, id, name }
}

async function truthPath(server: RunningServer): Promise<string | null> {
  const { folder } = server.stores
  if (folder === null) return null
  await mkdir(join(folder.path, 'demo'), { recursive: true })
  return join(folder.path, 'demo', 'truth.ndjson')
}
