import { and, count, desc, eq, gt, inArray, ne, notInArray, sql } from 'drizzle-orm'
import { documentsOf, type Kept, type SeenSeries } from '../model/alert-evaluate.ts'
import type { World } from '../model/alert-look.ts'
import type { Page } from '../model/alert-page.ts'
import type { Subject } from '../model/alert-subject.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Tx } from '../platform/postgres/client.ts'
import { alertInstances, alertSubjects, violationDecisions } from '../platform/postgres/schema.ts'
import { loadPages } from './page-state.ts'
import { allSubjects, chunks, keptOf, type KnownSubject, loadBlocks, loadInstances, loadSubjects } from './state.ts'

/** Decisions about violations become visible a little after their instant. */
const DECIDED_OVERLAP_MS = 60_000

/** When people accepted or remediated the violations that became known, and those that they decided lately. */
export async function decisions(
  tx: Tx,
  tenant: TenantId,
  fed: readonly Subject[],
  since: Date | null,
): Promise<Map<string, Instant | null>> {
  const own = eq(violationDecisions.tenantId, tenant)
  const keys = fed.filter(({ kind }) => kind === 'violation').map(({ key }) => key)
  const lately = await tx
    .selectDistinct({ id: violationDecisions.violationId })
    .from(violationDecisions)
    .where(and(own, gt(violationDecisions.decidedAt, new Date((since?.getTime() ?? 0) - DECIDED_OVERLAP_MS))))
  return decisionsOf(tx, tenant, [...new Set([...keys, ...lately.map(({ id }) => id)])])
}

/** When people accepted or remediated violations; null where they opened them again. */
export async function decisionsOf(tx: Tx, tenant: TenantId, keys: readonly string[]): Promise<Map<string, Instant | null>> {
  const own = eq(violationDecisions.tenantId, tenant)
  const decided = new Map<string, Instant | null>()
  for (const some of chunks(keys, 1000))
    for (const row of await tx
      .selectDistinctOn([violationDecisions.violationId])
      .from(violationDecisions)
      .where(and(own, inArray(violationDecisions.violationId, some)))
      .orderBy(violationDecisions.violationId, desc(violationDecisions.id)))
      decided.set(row.violationId, row.state === 'open' ? null : row.decidedAt.getTime() * 1000)
  return decided
}

/** The part of what the engine knows that a look needs. */
export async function load(
  tx: Tx,
  tenant: TenantId,
  of: {
    fed: readonly Subject[]
    watermark: Instant
    all: boolean
    decided: ReadonlyMap<string, Instant | null>
    series: readonly SeenSeries[]
  },
): Promise<World> {
  const { fed, watermark, all, decided, series } = of
  const pages = await loadPages(tx, tenant)
  const world: World = { subjects: new Map(), instances: new Map(), pages }
  const add = (some: readonly KnownSubject[]): void => {
    for (const one of some) world.subjects.set(`${one.subject.kind} ${one.subject.key}`, one)
  }
  const violations = [...decided.keys()].map((key) => ({ kind: 'violation' as const, key }))
  add(all ? await allSubjects(tx, tenant) : await loadSubjects(tx, tenant, { named: [...fed, ...violations], watermark }))
  const keysOf = (): Set<string> =>
    new Set([...[...world.subjects.values()].map(({ subject }) => subject.key), ...fed.map(({ key }) => key)])
  const due = await loadInstances(tx, tenant, { keys: [], rules: [], watermark })
  const known = keysOf()
  const unknown = [...due.values()].filter(({ key }) => !known.has(key)).map(({ key }) => key)
  for (const kind of ['clock', 'violation', 'incident'] as const)
    if (unknown.length > 0) add(await loadSubjects(tx, tenant, { named: unknown.map((key) => ({ kind, key })), watermark: null }))
  const looked = [...[...world.subjects.values()].map(({ subject }) => subject), ...fed]
  const incidents = new Set([
    ...looked.filter(({ kind }) => kind === 'incident').map(({ key }) => key),
    ...looked.filter(({ kind }) => kind === 'block').map(({ name }) => name),
    ...[...pages.values()].flatMap((page) => (page.class === 'technical' ? incidentsOf(page) : [])),
  ])
  if (!all) {
    add(
      await loadSubjects(tx, tenant, {
        named: [...incidents].map((key) => ({ kind: 'incident' as const, key })),
        watermark: null,
      }),
    )
    const documents = [
      ...looked.filter(({ kind }) => kind !== 'incident').map(({ document }) => document),
      ...documentsOf(series),
    ]
    add(await loadBlocks(tx, tenant, { incidents: [...incidents], documents }))
  }
  world.instances = await loadInstances(tx, tenant, {
    keys: [...new Set([...keysOf(), ...series.flatMap(({ seen }) => (seen ?? []).map(({ key }) => key))])],
    rules: [...new Set(series.map(({ rule }) => rule.rule.id))],
    watermark,
  })
  return world
}

const incidentsOf = ({ body }: Page): string[] => body.members.flatMap(({ object, key }) => (object === null ? [key] : []))

/** Instances that are not over, of rules that are not in force any more. */
export async function leftBehind(tx: Tx, tenant: TenantId, inForce: readonly string[]): Promise<Kept[]> {
  const rows = await tx
    .select()
    .from(alertInstances)
    .where(
      and(
        eq(alertInstances.tenantId, tenant),
        ne(alertInstances.state, 'inactive'),
        inForce.length === 0 ? undefined : notInArray(alertInstances.rule, [...inForce]),
      ),
    )
  return rows.map(({ rule, key, body, alertId }) => ({ rule, key, ...keptOf(body), home: alertId }))
}

/** Clocks that run, by service level. */
export async function running(tx: Tx, tenant: TenantId): Promise<Map<string, number>> {
  const name = sql<string>`${alertSubjects.body} ->> 'name'`
  const rows = await tx
    .select({ name, clocks: count() })
    .from(alertSubjects)
    .where(
      and(eq(alertSubjects.tenantId, tenant), eq(alertSubjects.kind, 'clock'), sql`${alertSubjects.body} ->> 'ended_at' IS NULL`),
    )
    .groupBy(name)
  return new Map(rows.map((row) => [row.name, row.clocks]))
}
