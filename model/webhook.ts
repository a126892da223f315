import { z } from 'zod'

/** How far the timestamp of a signature may be from the clock here, in both directions. */
const TOLERANCE_S = 300

const header = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/u, 'is not the name of a header')
  .transform((name) => name.toLowerCase())
const tolerance = z
  .int()
  .min(1)
  .max(86_400)
  .default(TOLERANCE_S)
  .describe('seconds that a timestamp may be off, before and after')

/** What every scheme has beside its own settings. */
const common = {
  handshake: z
    .enum(['none', 'challenge', 'url_verification'])
    .default('none')
    .describe(
      'what is echoed when the address is registered with the sender: {"challenge"} (monday), or Slack-like url_verification',
    ),
  id_header: header
    .nullish()
    .describe('header with the id of a delivery; believed where it is signed, or where the whole request is trusted by a token'),
}

const signed = (fallback: string) =>
  z
    .string()
    .max(200)
    .default(fallback)
    .refine((text) => text.split('{body}').length === 2, 'names {body} exactly once')
    .refine((text) => /^(?:[^{}]|\{(?:body|timestamp|id|url)\})*$/u.test(text), 'knows {body}, {timestamp}, {id} and {url} only')

/**
 * How a webhook source knows its sender, as data. The secret is kept apart: `whsec_…` or `whpk_…` of Standard Webhooks, a text for
 * GitHub, Stripe and HMAC, the token of `bearer`, `user:password` of `basic`.
 */
export const WebhookConfig = z
  .discriminatedUnion('scheme', [
    z.object({ scheme: z.literal('standard-webhooks'), tolerance_s: tolerance, ...common }),
    z.object({ scheme: z.literal('github'), ...common }),
    z.object({
      scheme: z.literal('stripe'),
      header: header.default('stripe-signature'),
      separator: z.enum([',', ';']).default(','),
      timestamp_field: z.string().max(20).default('t'),
      signature_field: z.string().max(20).default('v1'),
      signed: signed('{timestamp}.{body}').describe('{timestamp}:{body} for Paddle'),
      tolerance_s: tolerance,
      ...common,
    }),
    z.object({
      scheme: z.literal('hmac-header'),
      header,
      algorithm: z.enum(['sha1', 'sha256', 'sha512']).default('sha256'),
      encoding: z.enum(['hex', 'base64']).default('hex'),
      prefix: z.string().max(40).default('').describe('what stands before the signature, such as sha256= or v0='),
      secret_encoding: z.enum(['text', 'hex', 'base64']).default('text'),
      signed: signed('{body}').describe('what is signed, such as {body}, {timestamp}.{body} or v0:{timestamp}:{body}'),
      timestamp_header: header.nullish(),
      timestamp_unit: z.enum(['s', 'ms', 'iso']).default('s'),
      url: z.string().max(500).nullish().describe('the address as the sender knows it, where it signs that too'),
      tolerance_s: tolerance,
      ...common,
    }),
    z.object({
      scheme: z.literal('bearer'),
      header: header.default('authorization'),
      prefix: z.string().max(40).nullish(),
      ...common,
    }),
    z.object({ scheme: z.literal('basic'), ...common }),
  ])
  .superRefine((config, context) => {
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: 'custom', path: [path], message })
    }
    if (config.scheme === 'stripe' && !config.signed.includes('{timestamp}')) refuse('signed', 'has no {timestamp}')
    if (config.scheme !== 'hmac-header') return
    const timed = config.timestamp_header != null
    // A timestamp that is not signed could be renewed by anybody.
    if (timed !== config.signed.includes('{timestamp}'))
      refuse('signed', 'has {timestamp} if and only if timestamp_header is given')
    if (config.signed.includes('{id}') && config.id_header == null) refuse('id_header', 'is needed for {id}')
    if (config.signed.includes('{url}') && config.url == null) refuse('url', 'is needed for {url}')
  })
export type WebhookConfig = z.output<typeof WebhookConfig>

/** Schemes for a person to choose from. `timed`: a delivery that is sent again as it was is refused, not only recognised. */
export const WEBHOOK_SCHEMES: readonly {
  id: WebhookConfig['scheme']
  title: string
  headers: readonly string[]
  secret: string
  timed: boolean
}[] = [
  {
    id: 'standard-webhooks',
    title: 'Standard Webhooks',
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    secret: 'whsec_ and base64, or the sender’s public key: whpk_ and base64',
    timed: true,
  },
  { id: 'github', title: 'GitHub', headers: ['x-hub-signature-256'], secret: 'any text', timed: false },
  {
    id: 'stripe',
    title: 'Stripe, Paddle',
    headers: ['stripe-signature'],
    secret: 'the endpoint secret as the sender shows it',
    timed: true,
  },
  { id: 'hmac-header', title: 'HMAC in a header', headers: ['x-signature'], secret: 'any text', timed: false },
  { id: 'bearer', title: 'Token in a header', headers: ['authorization'], secret: 'the token', timed: false },
  { id: 'basic', title: 'User and password', headers: ['authorization'], secret: 'user:password', timed: false },
]
