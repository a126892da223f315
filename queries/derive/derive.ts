import { createHash, randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { type TenantId, verifiedTenant } from '../../model/tenant.ts'
import { derivations } from '../../platform/postgres/schema.ts'
import { controlStep } from './control-step.ts'
import { incidentStep } from './incident-step.ts'
import { kpiStep } from './kpi-step.ts'
import { markDirty } from './mark.ts'
import { PATH_TYPES, walkPaths } from './paths.ts'
import { ratesStep } from './rates-step.ts'
import { deriveInsert, deriveRows, type DeriveRun, type DeriveStep, type DeriveStores, type StepName } from './run.ts'
import { stage } from './stage.ts'
import { aiStep, documentStep, exceptionStep, processStep } from './state-step.ts'
import { TIMELINE_ANSWERS } from './timeline-answers.ts'
import { timelineStep } from './timeline-step.ts'

/** Documents of one run: with more the changed documents are worked off in parts. */
const DOCUMENTS_AT_ONCE = 120_000
/** A mark that became visible later than this after its instant is not seen by the pass as it comes; the settled pass sees it. */
export const SETTLE_US = 30_000_000

/** What every other step reads. */
const FIRST: readonly DeriveStep[] = [ratesStep]
/** The steps in their order: later ones may read what earlier ones have written. */
const IN_ORDER: readonly DeriveStep[] = [timelineStep(TIMELINE_ANSWERS), controlStep, kpiStep, incidentStep]
/** Steps that no other one reads from: they run beside those that do. */
const BESIDE: readonly DeriveStep[] = [processStep, exceptionStep, aiStep, documentStep]
const STEPS = [...FIRST, ...IN_ORDER, ...BESIDE]

const Now = z.object({ now: z.number() })
const Count = z.object({ documents: z.number() })
const OfType = z.object({ object_type: z.string(), documents: z.number() })
const Dirty = z.object({ tenant_id: z.string(), last: z.number() })
const Marks = z.object({
  unseen: z.number(),
  unseen_old: z.number(),
  seen_once: z.number(),
  unsettled: z.number(),
  first_unseen: z.number(),
  first_seen_once: z.number(),
})

/** How far the answers of a tenant are; instants of ClickHouse's clock, µs. */
export type Derivation = typeof derivations.$inferSelect

/**
 * Which marks are worked off: `fresh` those that came since the last time, `settled` once more those that are old enough for nothing to be
 * on its way any more, `backlog` both at once, where the marks that came are old themselves; `all` takes all of them for old.
 */
export type Pass = 'fresh' | 'settled' | 'backlog' | 'all'

/** How far the answers of a tenant are; zeros for one that was never computed. */
export async function derivationOf({ db }: Pick<DeriveStores, 'db'>, tenant: TenantId): Promise<Derivation> {
  const [row] = await db.select().from(derivations).where(eq(derivations.tenantId, tenant))
  return row ?? { tenantId: tenant, freshUntil: 0, settledUntil: 0, published: 0, definitions: '', updatedAt: new Date(0) }
}

/**
 * Tenants that have marks since an instant, with the instant of the newest one.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function dirtyTenants(
  { clickhouse }: DeriveStores,
  since: number,
  signal?: AbortSignal,
): Promise<{ tenant: TenantId; last: number }[]> {
  const rows = await deriveRows({ clickhouse, tenant: null, signal }, 'derive/dirty-tenants', { since }, Dirty)
  return rows.map(({ tenant_id, last }) => ({ tenant: verifiedTenant(tenant_id), last }))
}

/**
 * What waits for a tenant: documents whose marks no pass has seen, those among them that are old enough to need no second look, those
 * that one pass has seen, those among them that are due for the second look, and the instants of the first mark of each kind, µs.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function waitingMarks({ clickhouse }: DeriveStores, state: Derivation, signal?: AbortSignal) {
  const [row] = await deriveRows(
    { clickhouse, tenant: verifiedTenant(state.tenantId), signal },
    'derive/marks-waiting',
    { fresh_until: state.freshUntil, settled_until: state.settledUntil, settle_us: SETTLE_US },
    Marks,
  )
  return {
    unseen: row?.unseen ?? 0,
    unseenOld: row?.unseen_old ?? 0,
    seenOnce: row?.seen_once ?? 0,
    unsettled: row?.unsettled ?? 0,
    firstUnseen: row?.first_unseen ?? 0,
    firstSeenOnce: row?.first_seen_once ?? 0,
  }
}

/**
 * Computes anew what the marks of a tenant ask for, and remembers how far it came. It may be broken off anywhere and run again, by any
 * process: what is computed depends on what is stored alone, and of two that write the later start stands.
 *
 * @param options.only names of the steps to run; all where it is left out
 * @param options.yields asked before each step: whether the pass gives way, to be run again from its beginning
 * @returns how many documents were computed; null where it gave way
 * @throws SightlineError `store_unavailable`
 */
export async function deriveTenant(
  stores: DeriveStores,
  tenant: TenantId,
  pass: Pass,
  now: Instant,
  {
    only,
    signal,
    yields = () => false,
  }: { only?: readonly StepName[]; signal?: AbortSignal | undefined; yields?: () => boolean } = {},
): Promise<number | null> {
  const bound = { ...stores, tenant, signal }
  const isAsked = ({ name, settledOnly }: DeriveStep) =>
    (only === undefined || only.includes(name)) && (pass !== 'fresh' || settledOnly !== true)
  const state = await derivationOf(stores, tenant)
  const definitions = await definitionsOf(stores, tenant)
  if (definitions !== state.definitions && state.definitions !== '') await markDirty(stores.clickhouse, tenant)
  const [clock] = await deriveRows(bound, 'derive/now', {}, Now)
  const until = clock?.now ?? 0
  const to = pass === 'settled' ? until - SETTLE_US : until
  const from = pass === 'fresh' ? state.freshUntil : state.settledUntil
  const [count] = await deriveRows(bound, 'derive/dirty-count', { from, to }, Count)
  const marked = count?.documents ?? 0
  const parts = Math.ceil(marked / DOCUMENTS_AT_ONCE)
  let computed = 0
  const published = publishedBefore(state, pass)
  let version = state.published
  for (let part = 0; part < parts; part++) {
    const batch = randomUUID()
    version = Math.max(until + part, version + 1)
    const { changed, documents } = await scopeOf(bound, batch, { from, to, parts, part })
    const run: DeriveRun = { ...bound, batch, version, published, now, changed, documents }
    const isDone =
      (await inTurn(FIRST.filter(isAsked), run, yields)) &&
      (await together([inTurn(IN_ORDER.filter(isAsked), run, yields), inTurn(BESIDE.filter(isAsked), run, yields)]))
    if (!isDone) return null
    for (const number of documents.values()) computed += number
  }
  const settledTo = pass === 'backlog' ? until - SETTLE_US : to
  const reached = {
    freshUntil: pass === 'settled' ? state.freshUntil : to,
    settledUntil: pass === 'fresh' ? state.settledUntil : settledTo,
    published: version,
    definitions,
    updatedAt: new Date(),
  }
  await stores.db
    .insert(derivations)
    .values({ tenantId: tenant, ...reached })
    .onConflictDoUpdate({ target: derivations.tenantId, set: reached })
  return computed
}

/** Runs steps one after the other; false where it gave way before the last of them. */
async function inTurn(steps: readonly DeriveStep[], run: DeriveRun, yields: () => boolean): Promise<boolean> {
  for (const step of steps) {
    if (yields()) return false
    await step.run(run)
  }
  return true
}

/** Waits for all, also where one fails: what still runs would write into the next run. False where one of them gave way. */
async function together(runs: readonly Promise<boolean>[]): Promise<boolean> {
  const ended = await Promise.allSettled(runs)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return ended.every((one) => one.status === 'fulfilled' && one.value)
}

/**
 * The version up to which all that earlier runs of a pass wrote has been published: a run that broke off is taken up by the next of its own
 * pass, whatever the other pass has done meanwhile.
 */
function publishedBefore(state: Derivation, pass: Pass): number {
  if (pass === 'fresh') return state.freshUntil
  if (pass === 'settled') return state.settledUntil + SETTLE_US
  return Math.min(state.freshUntil, state.settledUntil)
}

/** Writes the documents of a run; returns the types of those that changed, and the number of all by type. */
async function scopeOf(
  bound: Pick<DeriveRun, 'clickhouse' | 'tenant' | 'signal'>,
  batch: string,
  range: { from: number; to: number; parts: number; part: number },
): Promise<{ changed: ReadonlySet<string>; documents: ReadonlyMap<string, number> }> {
  const first = `${batch}/0`
  await deriveInsert(bound, 'derive/scope-changed', { batch: first, ...range })
  const changed = await typesOf(bound, first)
  if (PATH_TYPES.some((type) => changed.has(type))) await walkPaths(bound, first, batch)
  await deriveInsert(bound, 'derive/scope-whole', { batch })
  await stage(bound, batch)
  return { changed: new Set(changed.keys()), documents: await typesOf(bound, batch) }
}

async function typesOf(bound: Pick<DeriveRun, 'clickhouse' | 'tenant' | 'signal'>, batch: string): Promise<Map<string, number>> {
  const rows = await deriveRows(bound, 'derive/scope-types', { batch }, OfType)
  return new Map(rows.map(({ object_type, documents }) => [object_type, documents]))
}

async function definitionsOf(stores: DeriveStores, tenant: TenantId): Promise<string> {
  const hash = createHash('sha256')
  for (const step of STEPS) hash.update(`${step.name} ${await step.definitions(stores, tenant)}\n`)
  return hash.digest('hex')
}
