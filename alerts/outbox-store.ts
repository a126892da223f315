import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Note } from '../model/alert-note.ts'
import type { Instant } from '../model/instant.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertChannels, alertNotes } from '../platform/postgres/schema.ts'

/** A message that this process owns for a while, with the channel that it goes to; null where that is gone. */
export type ClaimedNote = {
  id: number
  tenantId: string
  channelId: string
  note: Note
  /** This attempt among them. */
  attempts: number
  createdAt: Instant
  aboutAt: Instant | null
  channel: { kind: string; config: Record<string, unknown>; sealed: string | null } | null
}

/** What becomes of a claimed message. */
export type Finish =
  | { state: 'sent'; at: Instant; receipt: string }
  | { state: 'queued'; nextAt: Instant; error: string }
  | { state: 'dead'; error: string }

/** How long a process owns what it claimed, by PostgreSQL's clock, seconds. */
export const OWNED_S = 90
/** Messages of one channel that are on their way at once, so that a slow one does not take all. */
const MOST_AT_ONCE = 8

type ClaimedRow = {
  id: string
  tenant_id: string
  channel_id: string
  body: Note
  attempts: number
  created_us: string
  about_us: string | null
  kind: string | null
  config: Record<string, unknown> | null
  sealed: string | null
}

/**
 * Takes messages that are due, for `owner`, in one statement. Of an alert and a channel the earliest that is not sent alone, so that order
 * holds; of a channel no more than its limit a minute leaves, with those on their way; of paused channels none, and none
 * of those whose receiver wants to be left alone for now. Two processes that claim at
 * once choose alike and skip what the other holds, so that together they take no more either.
 */
export async function claimNotes(
  db: Db,
  { owner, now, limit, ownedS = OWNED_S }: { owner: string; now: Instant; limit: number; ownedS?: number },
): Promise<ClaimedNote[]> {
  const at = sql.param(dateOf(now))
  const claimed = await db.execute<ClaimedRow>(sql`
    WITH moment (reached) AS (
      VALUES (${at}::timestamptz)
    ),
    due AS (
      SELECT
        note.id,
        note.tenant_id,
        note.channel_id,
        row_number() OVER (PARTITION BY note.tenant_id, note.channel_id ORDER BY note.next_at, note.id) AS place,
        channel.per_minute
      FROM alert_notes AS note
      LEFT JOIN alert_channels AS channel ON channel.tenant_id = note.tenant_id AND channel.id = note.channel_id
      WHERE note.state = 'queued'
        AND note.next_at <= (SELECT reached FROM moment)
        AND (note.owner IS NULL OR note.owned_until < clock_timestamp())
        AND (channel.state IS NULL OR channel.state = 'active')
        AND (channel.held_until IS NULL OR channel.held_until <= (SELECT reached FROM moment))
        AND NOT EXISTS (
          SELECT 1
          FROM alert_notes AS earlier
          WHERE earlier.alert_id = note.alert_id
            AND earlier.id < note.id
            AND earlier.tenant_id = note.tenant_id
            AND earlier.channel_id = note.channel_id
            AND earlier.state = 'queued'
        )
    ),
    used AS (
      SELECT
        tenant_id,
        channel_id,
        count(*) FILTER (WHERE state = 'queued') AS under_way,
        count(*) FILTER (WHERE state = 'sent') AS sent
      FROM alert_notes
      WHERE (state = 'sent' AND next_at > (SELECT reached FROM moment) - interval '1 minute')
        OR (state = 'queued' AND owner IS NOT NULL AND owned_until >= clock_timestamp())
      GROUP BY tenant_id, channel_id
    ),
    chosen AS (
      SELECT due.id
      FROM due
      LEFT JOIN used ON used.tenant_id = due.tenant_id AND used.channel_id = due.channel_id
      WHERE due.place <= least(
        coalesce(due.per_minute, ${MOST_AT_ONCE}) - coalesce(used.sent, 0) - coalesce(used.under_way, 0),
        ${MOST_AT_ONCE} - coalesce(used.under_way, 0)
      )
      ORDER BY due.place, due.id
      LIMIT ${limit}
    ),
    held AS (
      SELECT note.id
      FROM alert_notes AS note
      JOIN chosen ON chosen.id = note.id
      WHERE note.state = 'queued' AND (note.owner IS NULL OR note.owned_until < clock_timestamp())
      FOR UPDATE OF note SKIP LOCKED
    ),
    taken AS (
      UPDATE alert_notes AS note
      SET owner = ${owner}, owned_until = clock_timestamp() + ${ownedS} * interval '1 second', attempts = note.attempts + 1
      FROM held
      WHERE note.id = held.id
      RETURNING note.*
    )
    SELECT
      taken.id::text,
      taken.tenant_id,
      taken.channel_id,
      taken.body,
      taken.attempts,
      (extract(epoch FROM taken.created_at) * 1000000)::bigint::text AS created_us,
      (extract(epoch FROM taken.about_at) * 1000000)::bigint::text AS about_us,
      channel.kind,
      channel.config,
      channel.sealed
    FROM taken
    LEFT JOIN alert_channels AS channel ON channel.tenant_id = taken.tenant_id AND channel.id = taken.channel_id
    ORDER BY taken.id
  `)
  return claimed.rows.map(claimedOf)
}

function claimedOf(row: ClaimedRow): ClaimedNote {
  const { kind, config, sealed } = row
  return {
    id: Number(row.id),
    tenantId: row.tenant_id,
    channelId: row.channel_id,
    note: row.body,
    attempts: row.attempts,
    createdAt: Number(row.created_us),
    aboutAt: row.about_us === null ? null : Number(row.about_us),
    channel: kind === null ? null : { kind, config: config ?? {}, sealed },
  }
}

/**
 * Writes what became of a message, if this very claim still stands; false where another process has taken it since. What was sent keeps in
 * `next_at` when, by which the messages of the last minute are found.
 */
export async function finishNote(db: Db, claimed: ClaimedNote, owner: string, finish: Finish): Promise<boolean> {
  const free = { owner: null, until: null }
  const set =
    finish.state === 'sent'
      ? {
          state: finish.state,
          sentAt: dateOf(finish.at),
          nextAt: dateOf(finish.at),
          receipt: finish.receipt,
          error: null,
          ...free,
        }
      : finish.state === 'dead'
        ? { state: finish.state, error: finish.error, ...free }
        : { nextAt: dateOf(finish.nextAt), error: finish.error, ...free }
  const written = await db
    .update(alertNotes)
    .set(set)
    .where(
      and(
        eq(alertNotes.id, claimed.id),
        eq(alertNotes.owner, owner),
        eq(alertNotes.attempts, claimed.attempts),
        eq(alertNotes.state, 'queued'),
      ),
    )
    .returning({ id: alertNotes.id })
  return written.length > 0
}

/** Lets all that is for a channel wait until then, as its receiver asked for: what waits now, and what comes to wait meanwhile. */
export async function holdChannel(db: Db, { tenantId, channelId }: ClaimedNote, until: Instant): Promise<void> {
  const held = dateOf(until)
  await db
    .update(alertChannels)
    .set({ heldUntil: held })
    .where(
      and(
        eq(alertChannels.tenantId, tenantId),
        eq(alertChannels.id, channelId),
        or(isNull(alertChannels.heldUntil), lt(alertChannels.heldUntil, held)),
      ),
    )
}

function dateOf(at: Instant): Date {
  return new Date(at / 1000)
}
