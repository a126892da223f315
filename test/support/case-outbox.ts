import { and, asc, eq, inArray } from 'drizzle-orm'
import { Registry } from 'prom-client'
import { createOutbox } from '../../alerts/outbox.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { createChannel } from '../../platform/alert-channels.ts'
import { openLog } from '../../platform/log.ts'
import { alertNotes } from '../../platform/postgres/schema.ts'
import { openSecretBox } from '../../platform/secrets.ts'
import type { ChannelSetup } from './alert-case-setup.ts'
import { WAYS } from './channel-ways.ts'
import { startMailServer } from './mail.ts'
import { startReceiver } from './receiver.ts'
import type { TestStores } from './stores.ts'

/** Something that a receiver took: when, by which channel and kind of it, under which idempotency key, what it answered, and what it is in a line. */
export type Taken = { at: Instant; channel: string; kind: string; key: string; status: number; line: string }

/** The outbox of the product by the clock of a case, with a real receiver for each of its channels. */
export type CaseOutbox = {
  taken: readonly Taken[]
  /** Sends what is due now. */
  sendAt(now: Instant): Promise<void>
  /** Sends what comes due before an instant, when it does: retries, and what a channel had no room for in a minute. */
  sendUntil(end: Instant): Promise<void>
  close(): Promise<void>
}

const MINUTE_US: Instant = 60e6

/** Starts the receivers, makes the channels, and sends the messages of a tenant; those of nobody else may wait meanwhile. */
export async function startCaseOutbox(
  { stores }: TestStores,
  tenant: TenantId,
  channels: readonly ChannelSetup[],
): Promise<CaseOutbox> {
  const { db } = stores.postgres
  const [receiver, mail, secrets] = await Promise.all([
    startReceiver(),
    startMailServer(),
    openSecretBox({ key: 'k'.repeat(40), folder: null }),
  ])
  for (const { id, kind, answers, per_minute: perMinute } of channels) {
    receiver.turns.set(id, [...answers])
    const opened = WAYS[kind].configure(kind === 'email' ? mail.url : `${receiver.url}/in-turn/${id}`)
    await createChannel(db, secrets, { tenant, id, title: id, kind, perMinute, ...opened }, 'setup')
  }
  const kindOf = new Map(channels.map(({ id, kind }) => [id, kind]))
  const mailChannel = channels.find(({ kind }) => kind === 'email')?.id ?? ''
  const taken: Taken[] = []
  let now = 0
  const outbox = createOutbox({
    stores,
    secrets,
    now: () => now,
    log: openLog({ level: 'error', human: true }),
    registry: new Registry(),
    reach: 'private',
    smtpUrl: undefined,
    random: () => 0.5,
  })

  const sendAt = async (at: Instant): Promise<void> => {
    now = at
    await outbox.drainOnce()
    for (const request of receiver.received.splice(0)) {
      const channel = request.path.split('/')[2] ?? ''
      const kind = kindOf.get(channel)
      if (kind === undefined || kind === 'email') throw new Error(`nobody listens at ${request.path}`)
      const { 'idempotency-key': key } = request.headers
      taken.push({ at, channel, kind, key: String(key), status: request.status ?? 0, line: WAYS[kind].lineOf(request) })
    }
    for (const one of mail.mails.splice(0))
      taken.push({ at, channel: mailChannel, kind: 'email', key: '', status: 250, line: WAYS.email.lineOf(one) })
  }

  /** When something may come due after now. */
  const next = async (): Promise<Instant> => {
    const rows = await db
      .select()
      .from(alertNotes)
      .where(and(eq(alertNotes.tenantId, tenant), inArray(alertNotes.state, ['queued', 'sent'])))
      .orderBy(asc(alertNotes.id))
    if (rows.every(({ state }) => state === 'sent')) return Number.POSITIVE_INFINITY
    const instants = rows.map(({ state, nextAt }) => nextAt.getTime() * 1000 + (state === 'sent' ? MINUTE_US : 0))
    return Math.min(...instants.filter((at) => at > now))
  }

  return {
    taken,
    sendAt,
    async sendUntil(end) {
      for (let at = await next(); at < end; at = await next()) await sendAt(at)
    },
    async close() {
      await outbox.stop()
      await Promise.all([receiver.close(), mail.close()])
    },
  }
}
