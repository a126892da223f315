import { asc, eq } from 'drizzle-orm'
import { alertNotes } from '../../../platform/postgres/schema.ts'
import type { Played } from '../alert-tells.ts'
import type { Taken } from '../case-outbox.ts'

type Note = typeof alertNotes.$inferSelect

/**
 * Each message with what its receiver answered to each attempt, how long after the one before it came, and what became of it. Attempts are
 * known by their idempotency key, which is that of the message.
 */
export async function tellDeliveries({ tests, tenant, taken }: Played): Promise<string[]> {
  const notes = await tests.stores.postgres.db
    .select()
    .from(alertNotes)
    .where(eq(alertNotes.tenantId, tenant))
    .orderBy(asc(alertNotes.id))
  const attempts = Map.groupBy(taken, ({ key }) => key)
  return notes.map(
    (note) =>
      `${note.kind} ${note.channelId} ${note.createdAt.toISOString()}: ${attemptsOf(note, attempts.get(note.key) ?? [])}; ${fateOf(note)}`,
  )
}

/** Statuses with the waits before them; what repeats itself is counted. */
function attemptsOf({ createdAt }: Note, taken: readonly Taken[]): string {
  let before = createdAt.getTime() * 1000
  const runs: { text: string; n: number }[] = []
  for (const { at, status } of taken) {
    const wait = (at - before) / 1e6
    const text = wait === 0 ? String(status) : `+${wait} s ${status}`
    const run = runs.at(-1)
    if (run?.text === text) run.n++
    else runs.push({ text, n: 1 })
    before = at
  }
  return runs.map(({ text, n }) => (n === 1 ? text : `${n} × ${text}`)).join(', ')
}

function fateOf({ state, sentAt, nextAt, error }: Note): string {
  const why = error?.replaceAll(/127\.0\.0\.1:\d+/gu, 'the receiver') ?? ''
  if (state === 'sent') return `sent ${sentAt?.toISOString()}`
  return state === 'queued' ? `waits until ${nextAt.toISOString()}: ${why}` : `${state}: ${why}`
}
