import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Channel, Means } from '../../alerts/channel.ts'
import { channelKinds } from '../../alerts/channels.ts'
import { deliver, type OpenedChannel, probe } from '../../alerts/deliver.ts'
import { channelNotes, type KeptNote, keepSent, latestNotes, sendAgain } from '../../alerts/note-store.ts'
import { testNote } from '../../alerts/test-note.ts'
import type { Note } from '../../model/alert-note.ts'
import type { Instant } from '../../model/instant.ts'
import {
  createChannel,
  listChannels,
  openChannel,
  removeChannel,
  type StoredChannel,
  updateChannel,
} from '../../platform/alert-channels.ts'
import { recordAudit } from '../../platform/audit.ts'
import { SightlineError } from '../../platform/errors.ts'
import { tenantBrand } from '../../platform/tenants.ts'
import {
  ChannelCreate,
  ChannelKinds,
  Channels,
  ChannelSaved,
  ChannelTested,
  ChannelUpdate,
  type ChannelView,
  Notes,
  NotesQuery,
  NoteView,
} from '../contract/channels.ts'
import { cleanText } from '../contract/common.ts'
import { type Route, route } from '../route.ts'
import type { Services } from '../services.ts'

const tag = 'Alerts'
const scope = 'admin'
const ChannelId = z.object({ id: cleanText(63).min(1) })
const NoteId = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) })

export const channelRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/channels',
    tag,
    summary: 'Ways in which people are told of alerts, with the latest message of each',
    response: Channels,
    handle: async ({ tenant, services }) => {
      const { db } = services.stores.postgres
      const [channels, latest, kinds] = await Promise.all([listChannels(db, tenant), latestNotes(db, tenant), channelKinds()])
      return {
        channels: channels.map((channel) =>
          channelView(channel, kinds.get(channel.kind), latest.get(channel.id), services.now()),
        ),
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/channels',
    tag,
    scope,
    summary: 'Keep a way to reach people; one that cannot be reached right now is kept with a warning',
    status: 201,
    body: ChannelCreate,
    response: ChannelSaved,
    handle: async ({ tenant, services, access, body }) => {
      const { id, title, kind, per_minute: perMinute } = body
      const opened = await openedOf(kind, body.config)
      const warning = await warningOf(opened, services)
      const { config, secrets } = opened
      const channel = { tenant, id, title, kind, config, secrets, perMinute }
      const kept = await createChannel(services.stores.postgres.db, services.secrets, channel, access.keyId)
      return { channel: channelView(kept, (await channelKinds()).get(kind), undefined, services.now()), warning }
    },
  }),
  route({
    method: 'get',
    path: '/v1/channels/kinds',
    tag,
    summary: 'Kinds of channels, with what each needs',
    tenant: false,
    response: ChannelKinds,
    handle: async () => ({
      kinds: [...(await channelKinds())].map(([kind, { title, config, secret }]) => ({
        kind,
        title,
        schema: z.toJSONSchema(config, { io: 'input' }) as Record<string, unknown>,
        secret: [...secret],
      })),
    }),
  }),
  route({
    method: 'patch',
    path: '/v1/channels/{id}',
    tag,
    scope,
    summary: 'Change, pause or resume a channel',
    params: ChannelId,
    body: ChannelUpdate,
    response: ChannelSaved,
    handle: async ({ tenant, services, access, params: { id }, body }) => {
      const { db } = services.stores.postgres
      const before = await openChannel(db, services.secrets, tenant, id)
      const { kind } = before.channel
      const stated = { ...before.channel.config, ...before.secrets, ...body.config }
      const configuration = body.config === undefined ? undefined : await openedOf(kind, withoutNulls(stated))
      const warning = configuration === undefined ? null : await warningOf(configuration, services)
      const change = { title: body.title, state: body.state, perMinute: body.per_minute, configuration }
      const kept = await updateChannel(db, services.secrets, { tenant, id, change }, access.keyId)
      const latest = await latestNotes(db, tenant)
      return { channel: channelView(kept, (await channelKinds()).get(kind), latest.get(id), services.now()), warning }
    },
  }),
  route({
    method: 'delete',
    path: '/v1/channels/{id}',
    tag,
    scope,
    summary: 'Remove a channel that no party and no rota uses; what waits for it is dropped',
    status: 204,
    params: ChannelId,
    response: z.null(),
    handle: async ({ tenant, services, access, params: { id } }) => {
      await removeChannel(services.stores.postgres.db, tenant, id, access.keyId)
      return null
    },
  }),
  route({
    method: 'post',
    path: '/v1/channels/{id}/test',
    tag,
    scope,
    summary: 'Send a test message now, and tell what the receiver said',
    params: ChannelId,
    response: ChannelTested,
    handle: async ({ tenant, services, access, params: { id } }) => {
      const { db } = services.stores.postgres
      const { channel, secrets } = await openChannel(db, services.secrets, tenant, id)
      const note = testNote({
        id: `test-${randomUUID()}`,
        tenant,
        brand: await tenantBrand(db, tenant),
        channel: channel.title,
        now: services.now(),
      })
      const sent = await deliver({ kind: channel.kind, config: channel.config, secrets }, note, meansOf(services), services.log)
      const [receipt, error] = sent.outcome === 'sent' ? [sent.receipt, null] : [null, sent.reason]
      await keepSent(db, { tenant, channel: id, note, at: services.now(), receipt, error })
      await recordAudit(db, {
        actor: access.keyId,
        tenantId: tenant,
        action: 'channel.tested',
        subject: id,
        detail: { outcome: sent.outcome },
      })
      return { outcome: sent.outcome, said: receipt ?? error ?? '', after_s: sent.outcome === 'retry' ? sent.after_s : null }
    },
  }),
  route({
    method: 'get',
    path: '/v1/channels/{id}/notes',
    tag,
    summary: 'The latest messages of a channel, with receipts and errors',
    params: ChannelId,
    query: NotesQuery,
    response: Notes,
    handle: async ({ tenant, services, params: { id }, query: { before, limit } }) => {
      const notes = await channelNotes(services.stores.postgres.db, { tenant, channel: id, before, limit: limit + 1 })
      const shown = notes.slice(0, limit).map(noteView)
      return { notes: shown, next: notes.length > limit ? (shown.at(-1)?.id ?? null) : null }
    },
  }),
  route({
    method: 'post',
    path: '/v1/notes/{id}/again',
    tag,
    scope,
    summary: 'Send a message again that was given up',
    params: NoteId,
    response: NoteView,
    handle: async ({ tenant, services, access, params: { id } }) =>
      noteView(await sendAgain(services.stores.postgres.db, { tenant, id, now: services.now() }, access.keyId)),
  }),
]

function meansOf({ sending, now }: Services): Means {
  return { ...sending, signal: new AbortController().signal, now: now() }
}

/** A configuration in its two parts, checked by its kind. */
async function openedOf(
  kind: string,
  given: Record<string, unknown>,
): Promise<OpenedChannel & { config: Record<string, unknown>; secrets: Record<string, unknown> }> {
  const kinds = await channelKinds()
  const channel = kinds.get(kind)
  if (channel === undefined)
    throw new SightlineError('channel_invalid', `There is no kind of channel "${kind}".`, {
      next: `There are ${[...kinds.keys()].join(', ')}.`,
    })
  const parsed = channel.config.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SightlineError(
      'channel_invalid',
      `"${['config', ...(issue?.path ?? [])].join('.')}" ${issue?.message ?? 'is invalid'}.`,
      {
        next: 'GET /v1/channels/kinds tells what each kind needs.',
      },
    )
  }
  const fields = Object.entries(parsed.data)
  const isSecret = ([name]: [string, unknown]) => channel.secret.includes(name)
  return {
    kind,
    config: Object.fromEntries(fields.filter((field) => !isSecret(field))),
    secrets: Object.fromEntries(fields.filter(isSecret)),
  }
}

/** Why a channel cannot be reached right now; an address where nobody may be is refused. */
async function warningOf(opened: OpenedChannel, services: Services): Promise<string | null> {
  const unreachable = await probe(opened, meansOf(services))
  if (unreachable?.refused === true) throw new SightlineError('channel_invalid', unreachable.reason)
  return unreachable?.reason ?? null
}

function withoutNulls(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null))
}

function channelView(channel: StoredChannel, kind: Channel | undefined, last: KeptNote | undefined, now: Instant): ChannelView {
  const { heldUntil } = channel
  return {
    id: channel.id,
    title: channel.title,
    kind: channel.kind,
    config: channel.config,
    secrets: channel.hasSecrets ? [...(kind?.secret ?? [])] : [],
    state: channel.state,
    per_minute: channel.perMinute,
    held_until: heldUntil !== null && heldUntil.getTime() * 1000 > now ? heldUntil.toISOString() : null,
    created_at: channel.createdAt.toISOString(),
    updated_at: channel.updatedAt.toISOString(),
    last: last === undefined ? null : noteView(last),
  }
}

function noteView(row: KeptNote): NoteView {
  return {
    id: row.id,
    alert_id: row.alertId,
    party: row.party,
    kind: row.kind,
    title: (row.body as Note).title,
    state: row.state,
    attempts: row.attempts,
    created_at: row.createdAt.toISOString(),
    about_at: row.aboutAt?.toISOString() ?? null,
    next_at: row.state === 'queued' ? row.nextAt.toISOString() : null,
    sent_at: row.sentAt?.toISOString() ?? null,
    receipt: row.receipt,
    error: row.error,
  }
}
