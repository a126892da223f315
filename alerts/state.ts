import { and, eq, inArray, isNotNull, lte, ne, sql } from 'drizzle-orm'
import type { Kept } from '../model/alert-evaluate.ts'
import type { World } from '../model/alert-look.ts'
import type { Instance, Transition } from '../model/alert-step.ts'
import { Subject } from '../model/alert-subject.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db, Tx } from '../platform/postgres/client.ts'
import { alertInstances, alerts, alertSubjects, alertTransitions } from '../platform/postgres/schema.ts'

/** Rows of one statement. */
export const ROWS = 1000

export const dateOf = (at: Instant | null): Date | null => (at === null ? null : new Date(at / 1000))
export const instantOf = (date: Date | null): Instant | null => (date === null ? null : date.getTime() * 1000)

/** A subject with the instant at which time alone changes something. */
export type KnownSubject = { subject: Subject; nextAt: Instant | null }

const SUBJECT = { body: alertSubjects.body, nextAt: alertSubjects.nextAt }
type SubjectRow = { body: unknown; nextAt: number | null }
const known = ({ body, nextAt }: SubjectRow): KnownSubject => ({ subject: Subject.parse(body), nextAt })

/** Subjects by kind and key: those named, and those that come due by time up to the watermark. */
export async function loadSubjects(
  tx: Db | Tx,
  tenant: TenantId,
  { named: wanted, watermark }: { named: readonly Pick<Subject, 'kind' | 'key'>[]; watermark: Instant | null },
): Promise<KnownSubject[]> {
  const own = eq(alertSubjects.tenantId, tenant)
  const due =
    watermark === null
      ? []
      : await tx
          .select(SUBJECT)
          .from(alertSubjects)
          .where(and(own, lte(alertSubjects.nextAt, watermark)))
  const named: SubjectRow[] = []
  for (const [kind, all] of Map.groupBy(wanted, (one) => one.kind))
    for (const some of chunks(all, ROWS))
      named.push(
        ...(await tx
          .select(SUBJECT)
          .from(alertSubjects)
          .where(
            and(
              own,
              eq(alertSubjects.kind, kind),
              inArray(
                alertSubjects.key,
                some.map(({ key }) => key),
              ),
            ),
          )),
      )
  return [...due, ...named].map(known)
}

/** All subjects of a tenant. */
export async function allSubjects(tx: Db | Tx, tenant: TenantId): Promise<KnownSubject[]> {
  const rows = await tx.select(SUBJECT).from(alertSubjects).where(eq(alertSubjects.tenantId, tenant))
  return rows.map(known)
}

/** Documents that incidents block or blocked: all of some incidents, and those of some documents. */
export async function loadBlocks(
  tx: Db | Tx,
  tenant: TenantId,
  { incidents, documents }: { incidents: readonly string[]; documents: readonly { type: string; id: string }[] },
): Promise<KnownSubject[]> {
  const own = and(eq(alertSubjects.tenantId, tenant), eq(alertSubjects.kind, 'block'))
  const rows: SubjectRow[] = []
  for (const incident of incidents)
    rows.push(
      ...(await tx
        .select(SUBJECT)
        .from(alertSubjects)
        .where(and(own, sql`starts_with(${alertSubjects.key}, ${`${incident} `})`))),
    )
  for (const some of chunks(documents, ROWS))
    rows.push(
      ...(await tx
        .select(SUBJECT)
        .from(alertSubjects)
        .where(
          and(
            own,
            inArray(
              alertSubjects.documentId,
              some.map(({ id }) => id),
            ),
          ),
        )),
    )
  return rows.map(known)
}

/** Writes subjects, and takes out those that are over. */
export async function saveSubjects(
  tx: Db | Tx,
  tenant: TenantId,
  kept: readonly { subject: Subject; nextAt: Instant | null }[],
  over: readonly Subject[],
): Promise<void> {
  for (const some of chunks(kept, ROWS))
    await tx
      .insert(alertSubjects)
      .values(
        some.map(({ subject, nextAt }) => ({
          tenantId: tenant,
          kind: subject.kind,
          key: subject.key,
          version: subject.version,
          body: subject,
          nextAt,
          documentType: subject.document.type,
          documentId: subject.document.id,
        })),
      )
      .onConflictDoUpdate({
        target: [alertSubjects.tenantId, alertSubjects.kind, alertSubjects.key],
        set: {
          version: sql`excluded.version`,
          body: sql`excluded.body`,
          nextAt: sql`excluded.next_at`,
        },
      })
  for (const [kind, all] of Map.groupBy(over, (one) => one.kind))
    for (const some of chunks(all, ROWS))
      await tx.delete(alertSubjects).where(
        and(
          eq(alertSubjects.tenantId, tenant),
          eq(alertSubjects.kind, kind),
          inArray(
            alertSubjects.key,
            some.map(({ key }) => key),
          ),
        ),
      )
}

/** Instances of rules and keys: those named by key, and those that come due by time up to the watermark. */
export async function loadInstances(
  tx: Db | Tx,
  tenant: TenantId,
  { keys, rules, watermark }: { keys: readonly string[]; rules: readonly string[]; watermark: Instant },
): Promise<World['instances']> {
  const own = eq(alertInstances.tenantId, tenant)
  const rows = await tx
    .select()
    .from(alertInstances)
    .where(and(own, lte(alertInstances.nextAt, watermark)))
  for (const some of chunks(keys, ROWS))
    rows.push(
      ...(await tx
        .select()
        .from(alertInstances)
        .where(and(own, inArray(alertInstances.key, some)))),
    )
  if (rules.length > 0)
    rows.push(
      ...(await tx
        .select()
        .from(alertInstances)
        .where(and(own, inArray(alertInstances.rule, [...rules]), ne(alertInstances.state, 'inactive')))),
    )
  return new Map(
    rows.map(({ rule, key, body, alertId, nextAt }) => [
      `${rule}\n${key}`,
      { rule, key, ...keptOf(body), home: alertId, nextAt },
    ]),
  )
}

/** The state of an instance and its labels, of what is kept of it. */
export function keptOf(body: unknown): Pick<Kept, 'instance' | 'labels'> {
  const { labels, ...instance } = body as Instance & { labels: Record<string, string> }
  return { instance, labels }
}

/** Writes instances with the instant at which time alone moves them. */
export async function saveInstances(
  tx: Db | Tx,
  tenant: TenantId,
  kept: readonly (Kept & { nextAt: Instant | null })[],
): Promise<void> {
  for (const some of chunks(kept, ROWS))
    await tx
      .insert(alertInstances)
      .values(
        some.map(({ rule, key, instance, labels, home, nextAt }) => ({
          tenantId: tenant,
          rule,
          key,
          epoch: instance.epoch,
          state: instance.state,
          body: { ...instance, labels },
          nextAt,
          alertId: home,
        })),
      )
      .onConflictDoUpdate({
        target: [alertInstances.tenantId, alertInstances.rule, alertInstances.key],
        set: {
          epoch: sql`excluded.epoch`,
          state: sql`excluded.state`,
          body: sql`excluded.body`,
          nextAt: sql`excluded.next_at`,
          alertId: sql`excluded.alert_id`,
        },
      })
}

/** Appends transitions. Each stands once: a second one of the same number is a defect, and fails. */
export async function saveTransitions(
  tx: Db | Tx,
  tenant: TenantId,
  moved: readonly { rule: string; ruleVersion: number; key: string; transition: Transition; home: string | null }[],
  tick: { tick: number; at: Instant; watermark: Instant; version: number },
): Promise<void> {
  for (const some of chunks(moved, ROWS))
    await tx.insert(alertTransitions).values(
      some.map(({ rule, ruleVersion, key, transition, home }) => ({
        tenantId: tenant,
        rule,
        key,
        ...transition,
        ruleVersion,
        tick: tick.tick,
        decidedAt: tick.at,
        watermark: tick.watermark,
        version: tick.version,
        alertId: home,
      })),
    )
}

/** Documents (`type/id`) of the clocks that come due by time up to the watermark. */
export async function dueDocuments(db: Db, tenant: TenantId, watermark: Instant): Promise<string[]> {
  const rows = await db
    .selectDistinct({ type: alertSubjects.documentType, id: alertSubjects.documentId })
    .from(alertSubjects)
    .where(and(eq(alertSubjects.tenantId, tenant), eq(alertSubjects.kind, 'clock'), lte(alertSubjects.nextAt, watermark)))
  return rows.map(({ type, id }) => `${type}/${id}`)
}

/** Tenants for which time alone brings something up to an instant. */
export async function isDue(db: Db, tenant: TenantId, watermark: Instant, now: Instant): Promise<boolean> {
  const [subject] = await db
    .select({ key: alertSubjects.key })
    .from(alertSubjects)
    .where(and(eq(alertSubjects.tenantId, tenant), lte(alertSubjects.nextAt, watermark)))
    .limit(1)
  if (subject !== undefined) return true
  const [instance] = await db
    .select({ key: alertInstances.key })
    .from(alertInstances)
    .where(and(eq(alertInstances.tenantId, tenant), lte(alertInstances.nextAt, watermark)))
    .limit(1)
  if (instance !== undefined) return true
  const [page] = await db
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), isNotNull(alerts.nextAt), lte(alerts.nextAt, new Date(now / 1000))))
    .limit(1)
  return page !== undefined
}

/** A list in pieces. */
export function* chunks<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
}
