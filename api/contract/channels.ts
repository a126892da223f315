import { z } from 'zod'
import { Slug } from '../../model/alert-rule.ts'
import { cleanText } from './common.ts'

const title = cleanText(200).min(1)
const perMinute = z.int().min(1).max(6000).describe('messages that it takes in a minute; more wait')
const Config = z.record(z.string().max(60), z.unknown())

export const ChannelKind = z
  .object({
    kind: z.string(),
    title: z.string(),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of "config": a form for people'),
    secret: z.array(z.string()).describe('fields of it that are kept sealed and never shown again'),
  })
  .meta({ id: 'ChannelKind' })

export const ChannelKinds = z.object({ kinds: z.array(ChannelKind) }).meta({ id: 'ChannelKinds' })
export type ChannelKinds = z.output<typeof ChannelKinds>

export const NoteView = z
  .object({
    id: z.int(),
    alert_id: z.string().nullable().describe('null for a test'),
    party: z.string(),
    kind: z
      .string()
      .describe('firing, more, raised, again, escalated, follow_up, stale, resolved, handed_over, acknowledged or test'),
    title: z.string(),
    state: z.enum(['queued', 'sent', 'dead', 'dropped']),
    attempts: z.int(),
    created_at: z.string(),
    about_at: z.string().nullable().describe('when what it tells of came about'),
    next_at: z.string().nullable().describe('when it is tried (again), while it waits'),
    sent_at: z.string().nullable(),
    receipt: z.string().nullable().describe('what the receiver said when it took it'),
    error: z.string().nullable().describe('what the last attempt failed with'),
  })
  .meta({ id: 'AlertNote' })
export type NoteView = z.output<typeof NoteView>

export const ChannelView = z
  .object({
    id: z.string(),
    title: z.string(),
    kind: z.string(),
    config: Config.describe('without its secrets'),
    secrets: z.array(z.string()).describe('fields that are kept sealed'),
    state: z.enum(['active', 'paused']).describe('what comes for a paused channel waits'),
    per_minute: z.int(),
    held_until: z.string().nullable().describe('until when its receiver asked to be left alone; what comes meanwhile waits'),
    created_at: z.string(),
    updated_at: z.string(),
    last: NoteView.nullable().describe('the latest message'),
  })
  .meta({ id: 'Channel' })
export type ChannelView = z.output<typeof ChannelView>

export const Channels = z.object({ channels: z.array(ChannelView) }).meta({ id: 'Channels' })
export type Channels = z.output<typeof Channels>

export const ChannelCreate = z.strictObject({
  id: Slug,
  title,
  kind: z.string().min(1).max(60),
  config: Config,
  per_minute: perMinute.default(60),
})

export const ChannelUpdate = z.strictObject({
  title: title.optional(),
  state: z.enum(['active', 'paused']).optional(),
  config: Config.optional().describe(
    'fields that are given take the place of those before, null removes one; secrets that are left out stay',
  ),
  per_minute: perMinute.optional(),
})

export const ChannelSaved = z
  .object({
    channel: ChannelView,
    warning: z.string().nullable().describe('why nobody can be reached there right now; it is kept all the same'),
  })
  .meta({ id: 'ChannelSaved' })
export type ChannelSaved = z.output<typeof ChannelSaved>

export const ChannelTested = z
  .object({
    outcome: z.enum(['sent', 'retry', 'dead']).describe('taken; not taken now, which the outbox would try again; refused'),
    said: z.string().describe('what the receiver said, or what went wrong'),
    after_s: z.number().nullable().describe('how long the receiver wants to be left alone'),
  })
  .meta({ id: 'ChannelTested' })
export type ChannelTested = z.output<typeof ChannelTested>

export const NotesQuery = z.object({
  before: z.coerce.number().int().min(1).optional().describe('notes before this id'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const Notes = z
  .object({ notes: z.array(NoteView).describe('the newest first'), next: z.int().nullable() })
  .meta({ id: 'AlertNotes' })
export type Notes = z.output<typeof Notes>
