import { and, desc, eq, gt, inArray, lt } from 'drizzle-orm'
import type { Note } from '../model/alert-note.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from '../platform/audit.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertChannels, alertNotes } from '../platform/postgres/schema.ts'

/** A message of the outbox as it is kept. */
export type KeptNote = typeof alertNotes.$inferSelect

/** The latest messages of a channel, the newest first. */
export async function channelNotes(
  db: Db,
  wanted: { tenant: TenantId; channel: string; before?: number | undefined; limit: number },
): Promise<KeptNote[]> {
  const { tenant, channel, before, limit } = wanted
  return db
    .select()
    .from(alertNotes)
    .where(
      and(
        eq(alertNotes.tenantId, tenant),
        eq(alertNotes.channelId, channel),
        before === undefined ? undefined : lt(alertNotes.id, before),
      ),
    )
    .orderBy(desc(alertNotes.id))
    .limit(limit)
}

/** The latest message of each channel of a tenant, by the channel's id. */
export async function latestNotes(db: Db, tenant: TenantId): Promise<Map<string, KeptNote>> {
  const rows = await db
    .selectDistinctOn([alertNotes.channelId])
    .from(alertNotes)
    .where(
      and(
        eq(alertNotes.tenantId, tenant),
        inArray(
          alertNotes.channelId,
          db.select({ id: alertChannels.id }).from(alertChannels).where(eq(alertChannels.tenantId, tenant)),
        ),
      ),
    )
    .orderBy(alertNotes.channelId, desc(alertNotes.id))
  return new Map(rows.map((row) => [row.channelId, row]))
}

/** Keeps a message that was sent at once, with what became of it, so that it is listed among the others. */
export async function keepSent(
  db: Db,
  sent: { tenant: TenantId; channel: string; note: Note; at: Instant; receipt: string | null; error: string | null },
): Promise<void> {
  const { tenant, channel, note, receipt, error } = sent
  const at = dateOf(sent.at)
  await db.insert(alertNotes).values({
    tenantId: tenant,
    key: note.id,
    channelId: channel,
    kind: note.kind,
    body: note,
    state: error === null ? 'sent' : 'dead',
    attempts: 1,
    nextAt: at,
    createdAt: at,
    sentAt: error === null ? at : null,
    receipt,
    error,
  })
}

/**
 * Queues a message again that was given up.
 *
 * @throws SightlineError `not_found`; `conflict` where it waits or was sent, its channel is gone, or the receiver was told since that the
 *   alert is over
 */
export async function sendAgain(db: Db, again: { tenant: TenantId; id: number; now: Instant }, actor: string): Promise<KeptNote> {
  const { tenant, id, now } = again
  return db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(alertNotes)
      .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.id, id)))
      .for('update')
    if (row === undefined) throw new SightlineError('not_found', 'This tenant has no such message.')
    if (row.state === 'queued' || row.state === 'sent')
      throw new SightlineError('conflict', `The message ${row.state === 'sent' ? 'was sent' : 'waits to be sent'} already.`)
    if ((await tx.$count(alertChannels, and(eq(alertChannels.tenantId, tenant), eq(alertChannels.id, row.channelId)))) === 0)
      throw new SightlineError('conflict', `The channel "${row.channelId}" is gone.`)
    const over =
      row.alertId === null
        ? 0
        : await tx.$count(
            alertNotes,
            and(
              eq(alertNotes.alertId, row.alertId),
              eq(alertNotes.channelId, row.channelId),
              eq(alertNotes.kind, 'resolved'),
              inArray(alertNotes.state, ['sent', 'queued']),
              gt(alertNotes.id, id),
            ),
          )
    if (over > 0) throw new SightlineError('conflict', 'The alert is over, and the receiver was told so since.')
    const [queued] = await tx
      .update(alertNotes)
      .set({ state: 'queued', attempts: 0, nextAt: dateOf(now), owner: null, until: null })
      .where(eq(alertNotes.id, id))
      .returning()
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'note.again',
      subject: String(id),
      detail: { channel: row.channelId },
    })
    return queued ?? row
  })
}

function dateOf(at: Instant): Date {
  return new Date(at / 1000)
}
