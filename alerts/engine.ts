import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq, lt, sql } from 'drizzle-orm'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Instant } from '../model/instant.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import type { AlertLinks } from '../platform/alert-link.ts'
import { logged } from '../platform/logged.ts'
import type { Log } from '../platform/log.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertCursors, alertSamples, alertTicks } from '../platform/postgres/schema.ts'
import type { Stores } from '../platform/stores.ts'
import { listTenants } from '../platform/tenants.ts'
import type { Signs } from './signs.ts'
import { tickTenant } from './tick.ts'

/** What looking at tenants works with. */
export type EngineParts = {
  stores: Stores
  log: Log
  /** Name of this process among those that look. */
  owner: string
  /** One clock for all processes, so that none of them can be ahead: PostgreSQL's, but in tests. */
  now(): Promise<Instant>
  /** Signs links that acknowledge; null where there is no key. */
  links: AlertLinks | null
  /** Address of the dashboard, as links in messages name it. */
  url: string
  /** When each series was looked up last by this process, by `tenant series`. */
  lookedUp: Map<string, Instant>
  signs: Map<string, Signs>
  /** Series that could not be looked up the last time, by `tenant series`. */
  failing: Set<string>
}

/** A running engine. */
export type Engine = {
  checks(): { name: string; ok: boolean; detail: string }[]
  stop(): Promise<void>
}

/** Between two looks at all tenants, ms; tenants looked at at once; and after so long without a look the engine is not well, ms. */
const TICK_MS = 1000
const AT_ONCE = 4
const STALE_MS = 60_000
/** A tenant that failed is left alone for a moment, ms. */
const REST_MS = 5000
/** Ticks and values are kept for replays so long, days, and taken out so often, ms. */
const KEPT_DAYS = 400
const HOUSEKEEPING_MS = 3600_000

/** Parts of an engine. @param options.now the clock of all processes; PostgreSQL's where it is left out */
export function engineParts(
  options: Pick<EngineParts, 'stores' | 'log' | 'links' | 'url'> & { now?: () => Promise<Instant>; owner?: string },
): EngineParts {
  const { stores, log, links, url, now = () => clockOf(stores.postgres.db), owner = randomUUID() } = options
  return { stores, log, links, url, now, owner, lookedUp: new Map(), signs: new Map(), failing: new Set() }
}

/** PostgreSQL's clock, µs. */
export async function clockOf(db: Db): Promise<Instant> {
  const answer = await db.execute<{ us: string }>(
    sql`SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us`,
  )
  return Number(answer.rows[0]?.us)
}

/**
 * Looks at every tenant once a second until it is stopped. Several processes may run it: a lease keeps them out of each other's way, and the
 * tick that each write moves on keeps two writes of one place from both standing.
 */
export function startEngine(parts: EngineParts, registry: Registry): Engine {
  const { log, stores } = parts
  const { db } = stores.postgres
  const ending = new AbortController()
  const restsUntil = new Map<TenantId, number>()
  const started = Date.now()
  let lookedAt: number | null = null
  let failure: string | null = null
  const figures = metrics(registry, () => lookedAt)

  const lookAt = async (tenant: TenantId): Promise<void> => {
    if ((restsUntil.get(tenant) ?? 0) > Date.now()) return
    try {
      const ticked = await tickTenant(parts, tenant, ending.signal)
      if (ticked === null) return
      figures.ticks.inc()
      figures.transitions.inc(ticked.transitions)
      figures.ms.observe(ticked.ms / 1000)
    } catch (error) {
      if (ending.signal.aborted) return
      restsUntil.set(tenant, Date.now() + REST_MS)
      figures.failures.inc()
      failure = error instanceof Error ? error.message.slice(0, 200) : String(error)
      log.warn({ ...logged(error), tenant }, 'the alerts of a tenant could not be evaluated; it is tried again')
      await db
        .update(alertCursors)
        .set({ error: failure })
        .where(eq(alertCursors.tenantId, tenant))
        .catch((again: unknown) => log.debug({ err: again, tenant }, 'the failure could not be kept'))
    }
  }
  const run = async (): Promise<void> => {
    let keptHouseAt = Date.now()
    while (!ending.signal.aborted) {
      try {
        const tenants = (await listTenants(db)).map(({ id }) => verifiedTenant(id))
        const queue = tenants.values()
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (const tenant of queue) if (!ending.signal.aborted) await lookAt(tenant)
          }),
        )
        lookedAt = Date.now()
        if (tenants.every((tenant) => (restsUntil.get(tenant) ?? 0) < Date.now())) failure = null
        if (Date.now() - keptHouseAt > HOUSEKEEPING_MS) {
          keptHouseAt = Date.now()
          await keepHouse(db)
        }
      } catch (error) {
        failure = error instanceof Error ? error.message.slice(0, 200) : String(error)
        log.warn(logged(error), 'the alert engine could not look; it tries again')
      }
      // What ends the pause early is the signal only.
      await sleep(TICK_MS, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    checks() {
      const since = lookedAt ?? started
      const ok = Date.now() - since < STALE_MS && failure === null
      const detail = lookedAt === null ? 'has not looked yet' : `looked ${Math.round((Date.now() - lookedAt) / 1000)} s ago`
      return [{ name: 'alerts', ok, detail: failure === null ? detail : `${detail}: ${failure}` }]
    },
    async stop() {
      ending.abort()
      await running
    },
  }
}

/** Takes out what is too old to be replayed. */
async function keepHouse(db: Db): Promise<void> {
  const before = (Date.now() - KEPT_DAYS * 86_400_000) * 1000
  await db.delete(alertTicks).where(lt(alertTicks.at, before))
  await db.delete(alertSamples).where(lt(alertSamples.at, before))
}

function metrics(registry: Registry, lookedAt: () => number | null) {
  const registers = [registry]
  new Gauge({
    name: 'sightline_alerts_last_look_timestamp_seconds',
    help: 'When this process looked at all tenants last: the signal of a dead man',
    registers,
    collect() {
      const at = lookedAt()
      if (at !== null) this.set(at / 1000)
    },
  })
  return {
    ticks: new Counter({ name: 'sightline_alerts_ticks_total', help: 'Looks at a tenant that found something due', registers }),
    transitions: new Counter({ name: 'sightline_alerts_transitions_total', help: 'Transitions of alerts', registers }),
    failures: new Counter({ name: 'sightline_alerts_failures_total', help: 'Looks at a tenant that failed', registers }),
    ms: new Histogram({
      name: 'sightline_alerts_tick_seconds',
      help: 'Time of a look that found something due',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
  }
}
