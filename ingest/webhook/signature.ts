import { createHash, createHmac, createPublicKey, randomBytes, timingSafeEqual, verify } from 'node:crypto'
import { type Instant, instantFromIso } from '../../model/instant.ts'
import type { WebhookConfig } from '../../model/webhook.ts'

/** Why a delivery is refused; each is an error code of the product. */
export type SignatureRefusal = 'signature_missing' | 'signature_invalid' | 'signature_stale'

/** A delivery that is its sender's. */
export type Verified = {
  /** SHA-256 of what was signed, hexadecimal: the same delivery again has the same one, whatever else was changed on the way. */
  digest: string
  /** Whether the sender's timestamp is part of it: then a copy is a replay, otherwise it may be the sender's own retry. */
  timed: boolean
  /** When a copy would no longer pass; null where it would for ever. */
  expiresAt: Instant | null
  /** Id of the delivery where the sender vouches for it. */
  id: string | null
  /** SHA-256 of the body, hexadecimal. */
  bodyDigest: string
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** A signature that was sent: what it is said to be made with, and its bytes. */
type Presented = { kind: 'mac' | 'ed25519'; bytes: Buffer }

/** What a scheme reads from the headers. */
type Claim = { presented: Presented[]; content: Buffer; timestamp: Instant | null; timed: boolean; id: string | null }

/** Signatures that are looked at in one request: rotation needs two or three. */
const MOST_SIGNATURES = 10
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex')
const MAC_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const

/**
 * Verifies a delivery over its raw bytes, before anything of it is parsed. Every secret is tried against every signature that was
 * sent, and each comparison is over digests of equal length, so that the time taken says nothing about either.
 *
 * Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
 *
 * @param secrets those that are valid now
 * @param now microseconds
 */
export function verifyDelivery(
  config: WebhookConfig,
  secrets: readonly string[],
  delivery: { headers: Headers; body: Uint8Array },
  now: Instant,
): Verified | SignatureRefusal {
  const claim = claimOf(config, delivery)
  if (claim === null) return 'signature_missing'
  let valid = false
  for (const secret of secrets)
    for (const presented of claim.presented) valid = isMade(config, secret, claim.content, presented) || valid
  if (!valid || (claim.timed && claim.timestamp === null)) return 'signature_invalid'
  const toleranceUs = 'tolerance_s' in config ? config.tolerance_s * 1e6 : 0
  if (claim.timestamp !== null && Math.abs(now - claim.timestamp) > toleranceUs) return 'signature_stale'
  return {
    digest: createHash('sha256').update(claim.content).digest('hex'),
    timed: claim.timed,
    expiresAt: claim.timestamp === null ? null : claim.timestamp + toleranceUs,
    id: claim.id,
    bodyDigest: createHash('sha256').update(delivery.body).digest('hex'),
  }
}

/**
 * The headers that sign a body now, as the sender would set them: for tests of a source and examples. Of an address that is only
 * verified with a public key nobody here can sign.
 */
export function signedHeaders(
  config: WebhookConfig,
  secret: string,
  body: Uint8Array,
  now: Instant,
): Record<string, string> | null {
  const seconds = String(Math.floor(now / 1e6))
  const id = `test_${randomBytes(9).toString('base64url')}`
  switch (config.scheme) {
    case 'standard-webhooks': {
      if (secret.startsWith('whpk_')) return null
      const mac = macOf(
        'sha256',
        macKey(config, secret),
        fill('{id}.{timestamp}.{body}', { id, timestamp: seconds, url: '' }, body),
      )
      return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac.toString('base64')}` }
    }
    case 'github':
      return { 'x-hub-signature-256': `sha256=${macOf('sha256', macKey(config, secret), body).toString('hex')}` }
    case 'stripe': {
      const mac = macOf('sha256', macKey(config, secret), fill(config.signed, { id: '', timestamp: seconds, url: '' }, body))
      const fields = [`${config.timestamp_field}=${seconds}`, `${config.signature_field}=${mac.toString('hex')}`]
      return { [config.header]: fields.join(config.separator) }
    }
    case 'hmac-header': {
      const timestamp =
        config.timestamp_unit === 's'
          ? seconds
          : config.timestamp_unit === 'ms'
            ? String(Math.floor(now / 1e3))
            : new Date(now / 1e3).toISOString()
      const content = fill(config.signed, { id, timestamp, url: config.url ?? '' }, body)
      const mac = macOf(config.algorithm, macKey(config, secret), content)
      return {
        [config.header]: `${config.prefix}${mac.toString(config.encoding)}`,
        ...(config.timestamp_header == null ? {} : { [config.timestamp_header]: timestamp }),
        ...(config.id_header == null ? {} : { [config.id_header]: id }),
      }
    }
    case 'bearer':
      return {
        [config.header]: `${tokenPrefix(config)}${secret}`,
        ...(config.id_header == null ? {} : { [config.id_header]: id }),
      }
    case 'basic':
      return {
        authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
        ...(config.id_header == null ? {} : { [config.id_header]: id }),
      }
  }
}

/** A new secret of the form that the scheme's senders expect. */
export function newSecret(config: WebhookConfig): string {
  if (config.scheme === 'standard-webhooks') return `whsec_${randomBytes(32).toString('base64')}`
  const text = randomBytes(32).toString(
    config.scheme === 'hmac-header' && config.secret_encoding !== 'text' ? config.secret_encoding : 'base64url',
  )
  return config.scheme === 'basic' ? `sightline:${text}` : text
}

/** What is wrong with a secret that the sender made; null when nothing is. */
export function secretFault(config: WebhookConfig, secret: string): string | null {
  if (config.scheme === 'basic') return secret.includes(':') ? null : 'is not of the form user:password'
  if (config.scheme === 'standard-webhooks' && secret.startsWith('whpk_'))
    return publicKeyOf(secret) === null ? 'is no Ed25519 public key: whpk_ and 32 bytes as base64' : null
  return macKey(config, secret).length < 8
    ? `is too short, or not ${config.scheme === 'standard-webhooks' ? 'base64' : 'as secret_encoding says'}`
    : null
}

/** Headers that authenticate, which are never kept with a record. */
export function credentialHeaders(config: WebhookConfig): readonly string[] {
  const own =
    config.scheme === 'standard-webhooks'
      ? ['webhook-signature']
      : config.scheme === 'github'
        ? ['x-hub-signature', 'x-hub-signature-256']
        : config.scheme === 'basic'
          ? []
          : [config.header]
  return ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', ...own]
}

/** Whether two texts of bytes are the same, in a time that depends on neither: both are hashed before they are compared. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}

function claimOf(config: WebhookConfig, { headers, body }: { headers: Headers; body: Uint8Array }): Claim | null {
  switch (config.scheme) {
    case 'standard-webhooks': {
      const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
        one(headers, name),
      )
      if (id == null || timestamp == null || signatures == null) return null
      const presented = signatures
        .split(' ')
        .slice(0, MOST_SIGNATURES)
        .flatMap((text): Presented[] => {
          const comma = text.indexOf(',')
          const [version, signature] = [text.slice(0, comma), text.slice(comma + 1)]
          if (version === 'v1') return bytesOf(signature, 'base64', 32).map((bytes) => ({ kind: 'mac', bytes }))
          return version === 'v1a' ? bytesOf(signature, 'base64', 64).map((bytes) => ({ kind: 'ed25519', bytes })) : []
        })
      // Such an end could be the timestamp of a body that begins with digits and a dot: what is signed could be cut in two places.
      if (id.length > 256 || !/^[!-~]+$/u.test(id) || /\.\d+$/u.test(id)) presented.length = 0
      const content = fill('{id}.{timestamp}.{body}', { id, timestamp, url: '' }, body)
      return { presented, content, timestamp: instantOf(timestamp, 's'), timed: true, id }
    }
    case 'github': {
      const signature = one(headers, 'x-hub-signature-256')
      if (signature === null) return null
      return {
        presented: signature.startsWith('sha256=') ? macs(bytesOf(signature.slice(7), 'hex', 32)) : [],
        content: Buffer.from(body),
        timestamp: null,
        timed: false,
        id: null,
      }
    }
    case 'stripe': {
      const text = one(headers, config.header)
      if (text === null) return null
      const fields = text.split(config.separator).map((field): [string, string] => {
        const equals = field.indexOf('=')
        return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()]
      })
      const timestamps = fields.filter(([name]) => name === config.timestamp_field)
      const timestamp = timestamps.length === 1 ? (timestamps[0]?.[1] ?? '') : ''
      const signatures = fields.filter(([name]) => name === config.signature_field).slice(0, MOST_SIGNATURES)
      return {
        presented: macs(signatures.flatMap(([, value]) => bytesOf(value, 'hex', 32))),
        content: fill(config.signed, { id: '', timestamp, url: '' }, body),
        timestamp: instantOf(timestamp, 's'),
        timed: true,
        id: null,
      }
    }
    case 'hmac-header': {
      const text = one(headers, config.header)
      const timestamp = config.timestamp_header == null ? '' : one(headers, config.timestamp_header)
      const id = config.id_header == null ? null : one(headers, config.id_header)
      const signsId = config.signed.includes('{id}')
      if (text === null || timestamp === null || (signsId && id === null)) return null
      const bytes = text
        .split(/[\s,]+/u)
        .slice(0, MOST_SIGNATURES)
        .filter((part) => part.startsWith(config.prefix))
        .flatMap((part) => bytesOf(part.slice(config.prefix.length), config.encoding, MAC_BYTES[config.algorithm]))
      return {
        presented: macs(bytes),
        content: fill(config.signed, { id: id ?? '', timestamp, url: config.url ?? '' }, body),
        timestamp: config.timestamp_header == null ? null : instantOf(timestamp, config.timestamp_unit),
        timed: config.timestamp_header != null,
        id: signsId ? id : null,
      }
    }
    case 'bearer':
    case 'basic': {
      const text = one(headers, config.scheme === 'basic' ? 'authorization' : config.header)
      if (text === null) return null
      const id = config.id_header == null ? null : one(headers, config.id_header)
      return {
        presented: macs(tokensOf(config, text)),
        // The id is trusted as the body is: both came with the token.
        content: id === null ? Buffer.from(body) : Buffer.concat([Buffer.from(`${id}\n`), body]),
        timestamp: null,
        timed: false,
        id,
      }
    }
  }
}

/** Whether a signature was made with a secret over the content; for tokens, whether it is the secret. */
function isMade(config: WebhookConfig, secret: string, content: Buffer, presented: Presented): boolean {
  if (config.scheme === 'bearer' || config.scheme === 'basic') return isSame(Buffer.from(secret), presented.bytes)
  const publicKey = config.scheme === 'standard-webhooks' ? publicKeyOf(secret) : null
  if (publicKey !== null) return presented.kind === 'ed25519' && verify(null, content, publicKey, presented.bytes)
  const algorithm = config.scheme === 'hmac-header' ? config.algorithm : 'sha256'
  const same = isSame(macOf(algorithm, macKey(config, secret), content), presented.bytes)
  return same && presented.kind === 'mac'
}

function macOf(algorithm: string, key: Uint8Array, content: Uint8Array): Buffer {
  return createHmac(algorithm, key).update(content).digest()
}

function macKey(config: WebhookConfig, secret: string): Buffer {
  if (config.scheme === 'standard-webhooks') return Buffer.from(secret.replace(/^whsec_/u, ''), 'base64')
  return Buffer.from(
    secret,
    config.scheme === 'hmac-header' && config.secret_encoding !== 'text' ? config.secret_encoding : 'utf8',
  )
}

function publicKeyOf(secret: string) {
  if (!secret.startsWith('whpk_')) return null
  const [raw] = bytesOf(secret.slice(5), 'base64', 32)
  return raw === undefined ? null : createPublicKey({ key: Buffer.concat([ED25519_DER, raw]), format: 'der', type: 'spki' })
}

/** The value of a header that is there once; null otherwise, so that no two readers choose two values. */
function one(headers: Headers, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** The bytes of a text in an encoding, written strictly and of the right number; none otherwise. */
function bytesOf(text: string, encoding: 'hex' | 'base64', length: number): Buffer[] {
  const well = encoding === 'hex' ? /^[0-9a-f]+$/iu.test(text) : /^[A-Za-z0-9+/]+={0,2}$/u.test(text)
  const bytes = well ? Buffer.from(text, encoding) : null
  return bytes?.length === length ? [bytes] : []
}

function macs(bytes: readonly Buffer[]): Presented[] {
  return bytes.map((one) => ({ kind: 'mac', bytes: one }))
}

function tokensOf(config: WebhookConfig & { scheme: 'bearer' | 'basic' }, text: string): Buffer[] {
  if (config.scheme === 'basic') {
    const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/iu.exec(text) ?? []
    return encoded === undefined ? [] : [Buffer.from(encoded, 'base64')]
  }
  const prefix = tokenPrefix(config)
  return text.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase() ? [Buffer.from(text.slice(prefix.length))] : []
}

/** `Bearer ` in the header that is made for it; nothing in a header of the sender's own. */
function tokenPrefix(config: WebhookConfig & { scheme: 'bearer' }): string {
  return config.prefix ?? (config.header === 'authorization' ? 'Bearer ' : '')
}

function instantOf(text: string, unit: 's' | 'ms' | 'iso'): Instant | null {
  if (unit === 'iso') return instantFromIso(text)
  const factor = unit === 's' ? 1e6 : 1e3
  return /^\d{1,13}$/u.test(text) && Number(text) * factor <= Number.MAX_SAFE_INTEGER ? Number(text) * factor : null
}

/** What is signed: a template with the body's bytes in their place. */
function fill(template: string, values: { id: string; timestamp: string; url: string }, body: Uint8Array): Buffer {
  const parts = template.split(/(\{(?:body|timestamp|id|url)\})/u).map((part) => {
    if (part === '{body}') return body
    const name = /^\{(timestamp|id|url)\}$/u.exec(part)?.[1] as keyof typeof values | undefined
    return Buffer.from(name === undefined ? part : values[name])
  })
  return Buffer.concat(parts)
}
