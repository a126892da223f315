import { setTimeout as sleep } from 'node:timers/promises'
import { Gauge, type Registry } from 'prom-client'
import { z } from 'zod'
import type { Instant } from '../model/instant.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { logged } from '../platform/logged.ts'
import { lead } from '../platform/lease.ts'
import type { Log } from '../platform/log.ts'
import { readSetting, writeSetting } from '../platform/settings.ts'
import { listSources } from '../platform/sources.ts'
import type { Stores } from '../platform/stores.ts'
import { listTenants } from '../platform/tenants.ts'
import { deadLetterCounts } from '../queries/dead-letters.ts'
import { freshness } from '../queries/freshness.ts'
import { ledger } from '../queries/ledger.ts'
import { tenantReader } from '../queries/run.ts'

/** The watch over what a source cannot say itself: that it fell silent, that its records cannot be read, that some are missing. */
export type Watch = {
  checks(): { name: string; ok: boolean; detail: string }[]
  stop(): Promise<void>
}

/** Time between two looks, ms. */
const TICK_MS = 30_000
/** A watch that has not looked for so long is not working, µs. */
const STALE_US = 120e6
const DAY_US = 86_400e6
const SETTING = 'alerts.watch'

/** What the last look saw, whichever process looked. */
const Seen = z.object({
  at: z.string(),
  /** `tenant/source` of those that are silent. */
  silent: z.array(z.string()),
  late: z.number(),
  fresh: z.number(),
  open_letters: z.number(),
  missing_rows: z.number(),
})
type Seen = z.output<typeof Seen>

/**
 * Looks at every tenant's sources, dead letters and ledger again and again. One process of all looks; the others stand by and know
 * what it saw. What changes is told in the log, how things are in the metrics.
 */
export function startWatch(options: {
  stores: Stores
  now: () => Instant
  log: Log
  registry: Registry
  tickMs?: number
}): Watch {
  const { stores, now, log, tickMs = TICK_MS } = options
  const { db } = stores.postgres
  const started = now()
  let seen: Seen | null = null
  let failure: string | null = null

  const look = async (): Promise<void> => {
    const before = seen ?? (await lastSeen(stores))
    const next = await lookAround(stores, now())
    tell(log, before, next)
    await writeSetting(db, SETTING, next)
    seen = next
  }
  const leadership = lead({
    db,
    name: 'watch',
    log,
    async work(signal) {
      while (!signal.aborted) {
        await attempt(look)
        await sleep(tickMs, undefined, { signal }).catch(() => undefined)
      }
    },
  })
  const attempt = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task()
      failure = null
    } catch (error) {
      failure = error instanceof Error ? error.message.slice(0, 200) : String(error)
      log.warn(logged(error), 'the watch could not look; it tries again')
    }
  }
  const ending = new AbortController()
  const standBy = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      if (!leadership.leading())
        await attempt(async () => {
          seen = await lastSeen(stores)
        })
      await sleep(tickMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const standing = standBy()
  gauges(
    options.registry,
    () => seen,
    () => leadership.leading(),
  )

  return {
    checks() {
      const at = seen === null ? null : instantFromIso(seen.at)
      const since = at ?? started
      const ok = at === null ? failure === null && now() - started < STALE_US : now() - since < STALE_US
      const who = leadership.leading() ? 'this process looks' : 'another process looks'
      const detail = at === null ? 'has not looked yet' : `${who}, last ${Math.round((now() - at) / 1e6)} s ago`
      return [{ name: 'watch', ok, detail: ok || failure === null ? detail : `${detail}: ${failure}` }]
    },
    async stop() {
      ending.abort()
      await Promise.all([leadership.stop(), standing])
    },
  }
}

async function lastSeen({ postgres }: Stores): Promise<Seen | null> {
  const kept = Seen.safeParse(await readSetting(postgres.db, SETTING))
  return kept.success ? kept.data : null
}

async function lookAround(stores: Stores, now: Instant): Promise<Seen> {
  const seen: Seen = { at: instantToIso(now), silent: [], late: 0, fresh: 0, open_letters: 0, missing_rows: 0 }
  for (const { id } of await listTenants(stores.postgres.db)) {
    const tenant = verifiedTenant(id)
    const reader = tenantReader(stores.clickhouse.reader, tenant)
    const registered = await listSources(stores.postgres.db, tenant)
    const { sources, feeds } = await freshness(reader, {
      keeper: stores,
      now,
      registered: registered.map((source) => source.id),
      paused: new Set(registered.filter(({ state }) => state === 'paused').map((source) => source.id)),
      declared: new Map(
        registered.flatMap((source): [string, number][] => {
          const everyS = source.config['expected_every_s']
          return typeof everyS === 'number' && everyS > 0 ? [[source.id, everyS]] : []
        }),
      ),
    })
    for (const [kind, states] of [
      ['source', sources],
      ['feed', feeds],
    ] as const)
      for (const [name, { state }] of states) {
        if (state === 'silent') seen.silent.push(`${tenant}/${kind}/${name}`)
        else if (state === 'late') seen.late++
        else if (state === 'fresh') seen.fresh++
      }
    const letters = await deadLetterCounts(reader, { state: 'open' })
    seen.open_letters += letters.reduce((sum, one) => sum + one.letters, 0)
    const { totals } = await ledger(reader, { from: now - DAY_US, to: now, bucket: 'day', feed: '' })
    seen.missing_rows += totals.missing
  }
  return seen
}

function tell(log: Log, before: Seen | null, next: Seen): void {
  const known = new Set(before?.silent)
  for (const source of next.silent) if (!known.has(source)) log.warn({ source }, 'a source fell silent')
  const silent = new Set(next.silent)
  for (const source of known) if (!silent.has(source)) log.info({ source }, 'a source is heard again')
  if (next.missing_rows > (before?.missing_rows ?? 0))
    log.error(
      { rows: next.missing_rows },
      'the ledger of the last day does not balance: rows were acknowledged and are not stored',
    )
  if (next.open_letters > (before?.open_letters ?? 0))
    log.warn({ open: next.open_letters, more: next.open_letters - (before?.open_letters ?? 0) }, 'more dead letters wait')
}

function gauges(registry: Registry, seen: () => Seen | null, leading: () => boolean): void {
  const sources = new Gauge({
    name: 'sightline_watch_sources',
    help: 'Sources and ways in of all tenants by freshness, as last seen',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const last = seen()
      if (last === null) return
      sources.set({ state: 'silent' }, last.silent.length)
      sources.set({ state: 'late' }, last.late)
      sources.set({ state: 'fresh' }, last.fresh)
    },
  })
  const figure = (name: string, help: string, value: () => number | null): void => {
    const gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const now = value()
        if (now !== null) gauge.set(now)
      },
    })
  }
  figure('sightline_watch_open_dead_letters', 'Dead letters that wait, over all tenants', () => seen()?.open_letters ?? null)
  figure(
    'sightline_watch_missing_rows',
    'Rows of the last day that were acknowledged and are not stored; anything but 0 is a loss',
    () => seen()?.missing_rows ?? null,
  )
  figure('sightline_watch_last_look_timestamp_seconds', 'When the watch last looked', () => {
    const last = seen()
    return last === null ? null : Date.parse(last.at) / 1000
  })
  figure('sightline_watch_leading', '1 where this process looks, 0 where it stands by', () => (leading() ? 1 : 0))
}
