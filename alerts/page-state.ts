import { and, asc, eq, inArray, isNotNull, ne, or } from 'drizzle-orm'
import { AlertBody } from '../model/alert-body.ts'
import type { Page, PageParty } from '../model/alert-page.ts'
import { Severity } from '../model/alert-rule.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db, Tx } from '../platform/postgres/client.ts'
import { alertParties, alerts } from '../platform/postgres/schema.ts'
import { chunks, dateOf, instantOf, ROWS } from './state.ts'

/** What a page keeps beside what people read. */
type Engine = Pick<Page, 'open' | 'fields' | 'sums' | 'told' | 'number' | 'heard'>

/** All pages of a tenant that are not resolved, or of whose end nobody was told yet, with the clocks of their parties. */
export async function loadPages(tx: Db | Tx, tenant: TenantId): Promise<Map<string, Page>> {
  const rows = await tx
    .select()
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), or(ne(alerts.state, 'resolved'), isNotNull(alerts.nextAt))))
    .orderBy(asc(alerts.openedAt), asc(alerts.rule), asc(alerts.groupKey))
    .for('update')
  const parties = new Map<string, PageParty[]>()
  for (const some of chunks(
    rows.map(({ id }) => id),
    ROWS,
  ))
    for (const row of await tx
      .select()
      .from(alertParties)
      .where(inArray(alertParties.alertId, some))
      .orderBy(alertParties.party)) {
      const own = parties.get(row.alertId) ?? []
      parties.set(row.alertId, own)
      own.push({
        party: row.party,
        state: row.state,
        step: row.step,
        startedAt: instantOf(row.startedAt) ?? 0,
        toldAt: instantOf(row.toldAt),
        acknowledgedSeverity: row.acknowledgedSeverity === null ? null : Severity.parse(row.acknowledgedSeverity),
        nextAt: instantOf(row.nextAt),
      })
    }
  return new Map(
    rows.map((row) => {
      const { engine } = row.body as { engine: Omit<Engine, 'heard'> & Partial<Pick<Engine, 'heard'>> }
      const page: Page = {
        id: row.id,
        rule: row.rule,
        group: row.groupKey,
        state: row.state,
        severity: Severity.parse(row.severity),
        class: row.class,
        labels: row.labels,
        body: AlertBody.parse(row.body),
        ...engine,
        heard: engine.heard ?? {},
        startedAt: instantOf(row.startedAt) ?? 0,
        openedAt: instantOf(row.openedAt) ?? 0,
        resolvedAt: instantOf(row.resolvedAt),
        inhibitedBy: row.inhibitedBy,
        silencedBy: row.silencedBy,
        follows: row.follows,
        nextAt: instantOf(row.nextAt),
        parties: parties.get(row.id) ?? [],
      }
      return [row.id, page]
    }),
  )
}

/** Writes pages and the clocks of their parties; what people did to a party meanwhile cannot be lost, for both take the same lock. */
export async function savePages(
  tx: Db | Tx,
  tenant: TenantId,
  pages: readonly Page[],
  money: ReadonlyMap<string, number | null>,
): Promise<void> {
  for (const page of pages) {
    const { open, fields, sums, told, number, heard } = page
    const row = {
      state: page.state,
      severity: page.severity,
      labels: page.labels,
      body: { ...page.body, engine: { open, fields, sums, told, number, heard } satisfies Engine },
      money: money.get(page.id) ?? null,
      startedAt: dateOf(page.startedAt) ?? new Date(0),
      resolvedAt: dateOf(page.resolvedAt),
      inhibitedBy: page.inhibitedBy,
      silencedBy: page.silencedBy,
      nextAt: dateOf(page.nextAt),
    }
    await tx
      .insert(alerts)
      .values({
        id: page.id,
        tenantId: tenant,
        rule: page.rule,
        groupKey: page.group,
        class: page.class,
        openedAt: dateOf(page.openedAt) ?? new Date(0),
        follows: page.follows,
        ...row,
      })
      .onConflictDoUpdate({ target: alerts.id, set: row })
    for (const party of page.parties) {
      const clock = {
        state: party.state,
        step: party.step,
        startedAt: dateOf(party.startedAt),
        toldAt: dateOf(party.toldAt),
        nextAt: dateOf(party.nextAt),
      }
      await tx
        .insert(alertParties)
        .values({ alertId: page.id, party: party.party, ...clock })
        .onConflictDoUpdate({ target: [alertParties.alertId, alertParties.party], set: clock })
    }
  }
}
