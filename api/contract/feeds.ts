import { z } from 'zod'
import { cleanText } from './common.ts'

export const SOURCE_KINDS = ['webhook', 'kafka', 'otlp', 'n8n'] as const

/** Settings of a kind are checked by the kind; this bounds them. */
const Config = z
  .record(z.string().max(100), z.unknown())
  .refine((config) => JSON.stringify(config).length <= 16_384, 'is over 16 KiB')
const slug = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, 'is not lower case letters, digits and dashes')
const name = cleanText(200).min(1)
const secret = z
  .string()
  .min(8)
  .max(1000)
  .regex(/^\P{Cc}*$/u, 'holds control characters')

/** A registered way in: its id is the `feed` of what comes through it. */
export const RegisteredSource = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(SOURCE_KINDS),
    system_id: z.string().nullable().describe('system of the registry that sends here'),
    format: z.string().describe('how a record is read; see `formats`'),
    mapping: z.string().nullable(),
    mapping_version: z.int().nullable().describe('null: the newest'),
    config: z.record(z.string(), z.unknown()).describe('what the kind needs; never a secret'),
    state: z.enum(['active', 'paused']),
    path: z.string().nullable().describe('where a webhook is sent to, for credentials with scope admin'),
    secrets: z
      .array(z.object({ id: z.string(), created_at: z.string(), expires_at: z.string().nullable() }))
      .describe('newest first; never the secret itself'),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'RegisteredSource' })
export type RegisteredSource = z.output<typeof RegisteredSource>

export const SourceFormat = z
  .object({ name: z.string(), title: z.string(), needs_mapping: z.boolean() })
  .meta({ id: 'SourceFormat' })

export const SourceCreate = z.object({
  id: slug.optional().describe('made from the name where not given'),
  name,
  kind: z.enum(SOURCE_KINDS),
  system_id: cleanText(200).min(1).nullish(),
  format: cleanText(60).min(1),
  mapping: cleanText(200).min(1).nullish(),
  mapping_version: z.int().min(1).nullish(),
  config: Config.default({}),
  secret: secret.optional().describe('the one that the sender made; made here where not given'),
})

export const SourceCreated = z
  .object({ source: RegisteredSource, secret: z.string().nullable().describe('shown this once; null where the sender made it') })
  .meta({ id: 'SourceCreated' })
export type SourceCreated = z.output<typeof SourceCreated>

export const SourceUpdate = z.object({
  name: name.optional(),
  state: z.enum(['active', 'paused']).optional(),
  system_id: cleanText(200).min(1).nullish(),
  format: cleanText(60).min(1).optional(),
  mapping: cleanText(200).min(1).nullish(),
  mapping_version: z.int().min(1).nullish(),
  config: Config.optional(),
})

export const SourceRotate = z.object({
  secret: secret.optional().describe('the one that the sender made; made here where not given'),
  overlap_s: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(86_400)
    .describe('how long the old secret is still taken, seconds; 0 ends it at once'),
})

export const SourceRotated = z
  .object({
    source: RegisteredSource,
    secret: z.string().describe('shown this once'),
    old_until: z.string().nullable().describe('when the secrets before it end; null: they ended'),
  })
  .meta({ id: 'SourceRotated' })
export type SourceRotated = z.output<typeof SourceRotated>

export const SourceTest = z.object({
  payload: z.string().max(1_500_000),
  encoding: z.enum(['text', 'base64']).default('text'),
  headers: z.record(z.string().max(200), z.string().max(8192)).default({}).describe('as the sender would set them'),
})

/** What would become of a payload; nothing is stored. */
export const SourceTested = z
  .object({
    records: z.array(
      z.object({
        index: z.int(),
        outcome: z.enum(['events', 'ignored', 'rejected']),
        events: z.array(
          z.object({
            event_id: z.string(),
            natural_id: z.string(),
            activity: z.string(),
            occurred_at: z.string(),
            objects: z.array(z.object({ type: z.string(), id: z.string() })),
          }),
        ),
        code: z.string().nullable(),
        message: z.string().nullable().describe('why a record is rejected or ignored'),
      }),
    ),
    signed_headers: z
      .record(z.string(), z.string())
      .nullable()
      .describe('headers that sign this payload now with the newest secret; null where the source is no webhook'),
  })
  .meta({ id: 'SourceTested' })
export type SourceTested = z.output<typeof SourceTested>

export const WebhookAnswer = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    rejected: z.array(z.object({ index: z.int(), code: z.string(), message: z.string() })).describe('kept as dead letters'),
    ignored: z.int().describe('left out by the mapping on purpose'),
    conflicts: z.array(z.object({ index: z.int(), event_id: z.string() })),
  })
  .meta({ id: 'WebhookAnswer' })
export type WebhookAnswer = z.output<typeof WebhookAnswer>
