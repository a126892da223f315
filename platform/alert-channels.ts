import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { Routing } from '../model/alert-routing.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { alertChannels, alertNotes, alertRouting } from './postgres/schema.ts'
import type { SecretBox } from './secrets.ts'

type Row = typeof alertChannels.$inferSelect

/** A channel without its secrets; whether it has any. */
export type StoredChannel = Omit<Row, 'sealed'> & { hasSecrets: boolean }

/** What `createChannel` takes: the secret part of the configuration apart from the rest. */
export type NewChannel = {
  tenant: TenantId
  id: string
  title: string
  kind: string
  config: Record<string, unknown>
  secrets: Record<string, unknown>
  perMinute: number
}

/** What can be changed; what is left out stays. A change of the configuration states both parts whole. */
export type ChannelChange = {
  title?: string | undefined
  state?: StoredChannel['state'] | undefined
  perMinute?: number | undefined
  configuration?: { config: Record<string, unknown>; secrets: Record<string, unknown> } | undefined
}

/** Channels of one tenant, which nobody comes near by hand. */
const MOST_CHANNELS = 200

/** The channels of a tenant by id. */
export async function listChannels(db: Db, tenant: TenantId): Promise<StoredChannel[]> {
  const rows = await db.select().from(alertChannels).where(eq(alertChannels.tenantId, tenant)).orderBy(asc(alertChannels.id))
  return rows.map(withoutSecrets)
}

/**
 * A channel with its secrets, for those who send with it.
 *
 * @throws SightlineError `not_found`, `secret_key_missing`
 */
export async function openChannel(
  db: Db,
  box: SecretBox,
  tenant: TenantId,
  id: string,
): Promise<{ channel: StoredChannel; secrets: Record<string, unknown> }> {
  const [row] = await db.select().from(alertChannels).where(isChannel(tenant, id))
  if (row === undefined) throw unknown(id)
  return { channel: withoutSecrets(row), secrets: openSecrets(box, row) }
}

/** The secret part of a channel's configuration. @throws SightlineError `secret_key_missing` */
export function openSecrets(box: SecretBox, row: Pick<Row, 'tenantId' | 'id' | 'sealed'>): Record<string, unknown> {
  if (row.sealed === null) return {}
  return JSON.parse(box.open(row.sealed, contextOf(row.tenantId, row.id))) as Record<string, unknown>
}

/**
 * Keeps a channel.
 *
 * @throws SightlineError `conflict` where it exists or the tenant has too many, `secret_key_missing`
 */
export async function createChannel(db: Db, box: SecretBox, channel: NewChannel, actor: string): Promise<StoredChannel> {
  const { tenant, id, title, kind, config, secrets, perMinute } = channel
  return db.transaction(async (tx) => {
    await oneAtATime(tx, `channels/${tenant}`)
    if ((await tx.$count(alertChannels, eq(alertChannels.tenantId, tenant))) >= MOST_CHANNELS)
      throw new SightlineError('conflict', `A tenant has at most ${MOST_CHANNELS} channels.`, { next: 'Remove one first.' })
    const [row] = await tx
      .insert(alertChannels)
      .values({ tenantId: tenant, id, title, kind, config, sealed: seal(box, tenant, id, secrets), perMinute })
      .onConflictDoNothing()
      .returning()
    if (row === undefined)
      throw new SightlineError('conflict', `The channel "${id}" exists already.`, {
        next: 'Choose another id, or change that one.',
      })
    await recordAudit(tx, { actor, tenantId: tenant, action: 'channel.created', subject: id, detail: { title, kind, config } })
    return withoutSecrets(row)
  })
}

/**
 * Changes, pauses or resumes a channel.
 *
 * @throws SightlineError `not_found`, `secret_key_missing`
 */
export async function updateChannel(
  db: Db,
  box: SecretBox,
  channel: { tenant: TenantId; id: string; change: ChannelChange },
  actor: string,
): Promise<StoredChannel> {
  const { tenant, id, change } = channel
  const { configuration, ...plain } = change
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(alertChannels)
      .set({
        ...plain,
        ...(configuration === undefined
          ? {}
          : { config: configuration.config, sealed: seal(box, tenant, id, configuration.secrets), heldUntil: null }),
        updatedAt: sql`now()`,
      })
      .where(isChannel(tenant, id))
      .returning()
    if (row === undefined) throw unknown(id)
    const { state, title, perMinute } = plain
    const action = state === undefined ? 'channel.changed' : state === 'paused' ? 'channel.paused' : 'channel.resumed'
    const detail = { title, per_minute: perMinute, config: configuration?.config }
    await recordAudit(tx, { actor, tenantId: tenant, action, subject: id, detail })
    return withoutSecrets(row)
  })
}

/**
 * Removes a channel with its secrets. What waits to be sent through it is dropped, and says so; what was sent stays listed.
 *
 * @throws SightlineError `not_found`; `conflict` where the tenant's routing sends to it
 */
export async function removeChannel(db: Db, tenant: TenantId, id: string, actor: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [routing] = await tx
      .select({ body: alertRouting.body })
      .from(alertRouting)
      .where(eq(alertRouting.tenantId, tenant))
      .orderBy(desc(alertRouting.version))
      .limit(1)
    const users = routing === undefined ? [] : usersOf(Routing.parse(routing.body), id)
    if (users.length > 0)
      throw new SightlineError('conflict', `The channel "${id}" is used by ${users.slice(0, 5).join(', ')}.`, {
        next: 'Change the routing first, or pause the channel.',
      })
    const [row] = await tx.delete(alertChannels).where(isChannel(tenant, id)).returning()
    if (row === undefined) throw unknown(id)
    await tx
      .update(alertNotes)
      .set({ state: 'dropped', error: 'The channel was removed.', owner: null, until: null })
      .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.channelId, id), eq(alertNotes.state, 'queued')))
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'channel.removed',
      subject: id,
      detail: { title: row.title, kind: row.kind },
    })
  })
}

/** Parties and rotas that send to a channel, in words. */
function usersOf({ parties, rotas }: Routing, id: string): string[] {
  return [
    ...parties
      .filter(({ steps }) => steps.some(({ to }) => to.some((target) => 'channel' in target && target.channel === id)))
      .map((party) => `the party "${party.title}"`),
    ...rotas
      .filter(({ people, overrides }) => [...people, ...overrides].some(({ channel }) => channel === id))
      .map((rota) => `the rota "${rota.title}"`),
  ]
}

function seal(box: SecretBox, tenant: string, id: string, secrets: Record<string, unknown>): string | null {
  return Object.keys(secrets).length === 0 ? null : box.seal(JSON.stringify(secrets), contextOf(tenant, id))
}

function contextOf(tenant: string, id: string): string {
  return `channel/${tenant}/${id}`
}

function isChannel(tenant: TenantId, id: string) {
  return and(eq(alertChannels.tenantId, tenant), eq(alertChannels.id, id))
}

function withoutSecrets({ sealed, ...row }: Row): StoredChannel {
  return { ...row, hasSecrets: sealed !== null }
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `This tenant has no channel "${id.slice(0, 80)}".`, {
    next: 'GET /v1/channels lists them.',
  })
}
