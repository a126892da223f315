import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { forgetReports } from '../../platform/imports.ts'
import type { Removed } from '../../platform/postgres/schema.ts'
import { beginRemoval, countRemoved, finishRemoval, retentionCut, retentionOf } from '../../platform/retention.ts'
import { medianKpis } from '../derive/kpi-step.ts'
import { deriveInsert, deriveRows, type DeriveStores, YIELDING } from '../derive/run.ts'
import { asStoreError, sqlText } from '../run.ts'
import { type Bound, chooseExpired, clockOf, partsOf, settledUntil } from './choose.ts'
import { agedRows } from './preview.ts'
import { RULES } from './rules.ts'

const Begun = z.object({ batch: z.string(), cut: z.number(), documents: z.number() })
const Events = z.object({ events: z.number() })
const Masked = z.object({ table: z.string() })

/** Work on a tenant that nothing else may compute answers of meanwhile. */
export type InTurn = <T>(tenant: TenantId, work: () => Promise<T>) => Promise<T>

/**
 * Removes what has grown older than a tenant's retention: documents that ended before the cut with all that is known and computed of them,
 * events whose documents have all gone, and calls, logs, measurements and the ledger by their own instant. Open documents stay whole,
 * however old, and so do the documents that they come from; so answers about what happened since the cut stay what they were.
 *
 * It may be broken off anywhere and run again: the documents that go are written down before anything of them does, and are crossed out
 * when all of it has. Of a document that has gone a fingerprint stays. What comes late of its past is stored like anything else, and goes
 * with the next removal; what it does after the cut begins a document that has no past.
 *
 * @param options.inTurn keeps others from computing the tenant's answers while a part goes
 * @returns what went; null where the tenant keeps everything
 * @throws SightlineError `store_unavailable`
 */
export async function removeExpired(
  stores: DeriveStores,
  tenant: TenantId,
  options: { now: Instant; signal?: AbortSignal | undefined; inTurn?: InTurn },
): Promise<Removed | null> {
  const { now, signal, inTurn = (_tenant, work) => work() } = options
  const bound: Bound = { ...stores, tenant, signal }
  const removal = await beginRemoval(stores.db, { tenant, now, begun: await clockOf(bound) })
  if (removal === null) return null
  const cut = removal.cut.getTime() * 1000
  const begun = removal.startedAt.getTime() * 1000
  if (removal.removed === null)
    await countRemoved(stores.db, tenant, 'aged', { documents: 0, events: 0, ...(await agedRows(bound, cut)) })
  await inTurn(tenant, () => completeBegun(bound))
  for (const part of await partsOf(bound, cut))
    await inTurn(tenant, async () => {
      if (!(await isWanted(bound, cut, now))) return
      const batch = randomUUID()
      await chooseExpired(bound, { cut, begun, settled: await settledUntil(bound, now) }, batch, part)
      await deriveInsert(bound, 'remove/begin', { batch, cut })
      await completeBegun(bound)
    })
  if (await isWanted(bound, cut, now)) {
    await removeAged(bound, cut)
    await forgetReports(stores.db, tenant, removal.cut)
  }
  await offDisk(bound)
  return finishRemoval(stores.db, tenant, now)
}

/** Whether the retention still asks for a removal up to a cut: it may have been changed since it began. */
async function isWanted({ db, tenant }: Bound, cut: Instant, now: Instant): Promise<boolean> {
  const { days } = await retentionOf(db, tenant)
  const found = await retentionCut(db, tenant, days, now)
  return found !== null && found.cut >= cut
}

/** Removes the documents that are written down as going, with all that is known of them; writes down what that was. */
async function completeBegun(bound: Bound): Promise<void> {
  for (const { batch, cut, documents } of await deriveRows(bound, 'remove/begun', {}, Begun)) {
    const listed = { list: 'removals', batch, cut }
    await deriveInsert(bound, 'remove/fingerprints', { batch })
    await deriveInsert(bound, 'remove/expired-events', { ...listed, together: batch })
    await deriveInsert(bound, 'remove/mark', listed)
    await deriveInsert(bound, 'remove/kpi-days', { ...listed, medians: medianKpis() })
    await deriveInsert(bound, 'remove/process-days', listed)
    await deriveInsert(bound, 'remove/supplier-days', listed)
    await removeRows(bound, 'remove/violation-states', listed)
    for (const [table, { documents: columns = [], objectEvents }] of Object.entries(RULES)) {
      for (const column of columns) await removeRows(bound, 'remove/by-document', { ...listed, table, ...column })
      if (objectEvents) await removeRows(bound, 'remove/by-object-event', { table })
    }
    await removeRows(bound, 'remove/timelines', listed)
    for (const [table, { event = [] }] of Object.entries(RULES))
      for (const column of event) await removeRows(bound, 'remove/by-event', { table, event: column })
    const [events] = await deriveRows(bound, 'remove/event-count', {}, Events)
    await countRemoved(bound.db, bound.tenant, batch, {
      documents,
      events: events?.events ?? 0,
      calls: 0,
      logs: 0,
      measurements: 0,
    })
    await removeRows(bound, 'remove/ended-events', {})
    await removeRows(bound, 'remove/ended', { batch })
  }
}

/** Removes what goes by its own instant, and what was about documents that have gone. */
async function removeAged(bound: Bound, cut: Instant): Promise<void> {
  for (const [table, { at }] of Object.entries(RULES))
    if (at !== undefined) await removeRows(bound, 'remove/by-age', { table, at, cut })
  await removeRows(bound, 'remove/attempts-by-age', { cut })
  await removeRows(bound, 'remove/calls-of-documents', { cut })
  for (const table of ['incident_documents', 'incidents', 'incident_history'])
    await removeRows(bound, 'remove/incidents', { table, cut })
  await removeRows(bound, 'remove/idle-marks', {})
}

/** Rows that were removed are only masked at first; this takes them off the disk. */
async function offDisk(bound: Bound): Promise<void> {
  for (const { table } of await deriveRows(bound, 'remove/masked', {}, Masked))
    await removeRows(bound, 'remove/off-disk', { table })
}

/** Runs a statement of `queries/remove/` that takes rows out, and waits until they are out. */
async function removeRows({ clickhouse, tenant, signal }: Bound, name: string, params: Record<string, unknown>): Promise<void> {
  try {
    await clickhouse.command({
      query: sqlText(name),
      query_params: { ...params, tenant_id: tenant },
      clickhouse_settings: { ...YIELDING, lightweight_deletes_sync: '2', mutations_sync: '2' },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
  } catch (error) {
    throw asStoreError(error, name)
  }
}
