import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { Counter } from 'prom-client'
import { DELIVERY_ENCODINGS, DELIVERY_LIMITS, receiveDelivery } from '../ingest/webhook/receive.ts'
import { createReplayMemory } from '../ingest/webhook/replay.ts'
import { credentialHeaders, type SignatureRefusal, verifyDelivery } from '../ingest/webhook/signature.ts'
import { WebhookConfig } from '../model/webhook.ts'
import { type ErrorCode, SightlineError } from '../platform/errors.ts'
import { findByAddress, type OpenedSource } from '../platform/sources.ts'
import type { WebhookAnswer } from './contract/feeds.ts'
import type { Services } from './services.ts'

/** Bodies of strangers that are held at once, bytes: what is not verified yet must not fill the memory. */
const UNVERIFIED_BYTES = 64 * 1024 * 1024
/** Bodies up to this size are read to their end after a refusal, so that the sender sees the answer. */
const DRAINED_BYTES = 64 * 1024

/** Codes that are counted; whatever else happens is counted by the status of the request. */
const COUNTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'webhook_unknown',
  'source_paused',
  'body_too_large',
  'encoding_unsupported',
  'media_type_unsupported',
  'signature_missing',
  'signature_invalid',
  'signature_stale',
  'webhook_replayed',
])

const REFUSED: Record<SignatureRefusal, { message: string; next: string }> = {
  signature_missing: {
    message: 'The delivery carries no signature of the kind that this source expects.',
    next: 'Check the signature scheme of the source and the settings of the sender.',
  },
  signature_invalid: {
    message: 'The signature does not belong to this body and the secret of this source.',
    next: 'Check the secret at the sender, or rotate it; the body must reach us byte for byte as it was signed.',
  },
  signature_stale: {
    message: 'The signature is right, but its timestamp is too far from the time here.',
    next: 'Check the clock of the sender; a retry is to be signed anew.',
  },
}

/**
 * `POST /v1/webhooks/:address`. A delivery passes, in this order: a known address, the size, the raw bytes, the signature, the memory of
 * deliveries taken before – and is parsed only then. Answers when its events, and its unreadable records as dead letters, are durable;
 * unreadable records of a verified sender are answered 200 with their verdicts, so that it does not send them for ever.
 *
 * Nothing is kept of what was refused; refusals are counted by code.
 */
export function postWebhook(
  services: Pick<Services, 'stores' | 'writer' | 'front' | 'secrets' | 'judge' | 'registry' | 'now'>,
): RequestHandler {
  const { db } = services.stores.postgres
  const now = () => services.now()
  const memory = createReplayMemory(db, now)
  const refusals = new Counter({
    name: 'sightline_webhook_refusals_total',
    help: 'Deliveries of webhooks that were refused before they were parsed, by code',
    labelNames: ['code'],
    registers: [services.registry],
  })
  const readBody = createBodyReader(DELIVERY_LIMITS.bytes, UNVERIFIED_BYTES)

  const take = async (request: Request, response: Response): Promise<void> => {
    const found = await findByAddress(db, services.secrets, String(request.params['address']), now())
    const { source, config } = admit(found)
    admitHead(request)
    const body = await readBody(request)
    const verified = verifyDelivery(config, found?.secrets ?? [], { headers: request.headers, body }, now())
    if (typeof verified === 'string') {
      const { message, next } = REFUSED[verified]
      throw new SightlineError(verified, message, { next })
    }
    const challenge = challengeOf(config, body)
    if (challenge !== null) {
      response.json({ challenge })
      return
    }
    admitType(request)
    const receipt = await memory.once(source.address ?? '', verified, async () => {
      const delivery = {
        body,
        headers: keptHeaders(request, config),
        naturalId: verified.id ?? `${source.id}/${verified.bodyDigest}`,
      }
      return receiveDelivery(services, source, await services.judge.open(source), delivery)
    })
    if (receipt === null && verified.timed)
      throw new SightlineError('webhook_replayed', 'This very delivery was taken before.', {
        next: 'Nothing is missing; a retry is to be signed anew.',
      })
    response.json((receipt ?? COPY) satisfies WebhookAnswer)
  }

  return async (request, response) => {
    try {
      await take(request, response)
    } catch (error) {
      if (error instanceof SightlineError && COUNTED.has(error.code)) refusals.inc({ code: error.code })
      // What is not read yet, and may be without end, is not waited for.
      const announced = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
      if (!request.readableEnded && announced > DRAINED_BYTES) response.setHeader('connection', 'close')
      throw error
    }
  }
}

/** The answer to a delivery that was taken before, where that may be the sender's own retry. */
const COPY: WebhookAnswer = { accepted: 0, duplicates: 1, ignored: 0, rejected: [], conflicts: [] }

function admit(found: OpenedSource | null): { source: OpenedSource['source']; config: WebhookConfig } {
  if (found?.source.kind !== 'webhook')
    throw new SightlineError('webhook_unknown', 'Nobody listens at this address.', {
      next: 'Copy the address of the source again: GET /v1/sources lists them for an administrator.',
    })
  const { source } = found
  if (source.state === 'paused')
    throw new SightlineError('source_paused', 'This source is paused.', {
      next: 'Resume it, or send again later.',
      retryAfterS: 60,
    })
  return { source, config: WebhookConfig.parse(source.config) }
}

/** What the head says is judged before the body is read. */
function admitHead(request: Request): void {
  if (Number(request.headers['content-length'] ?? 0) > DELIVERY_LIMITS.bytes) throw tooLarge(DELIVERY_LIMITS.bytes)
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (!DELIVERY_ENCODINGS.has(encoding))
    throw new SightlineError('encoding_unsupported', `Content-Encoding "${encoding.slice(0, 40)}" is not taken here.`, {
      next: 'Use gzip, deflate or none.',
    })
}

function admitType(request: Request): void {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type.startsWith('multipart/'))
    throw new SightlineError('media_type_unsupported', `Content-Type "${type.slice(0, 80)}" is not taken here.`, {
      next: 'Send JSON, XML, NDJSON or a form.',
    })
}

function tooLarge(limit: number): SightlineError {
  return new SightlineError('body_too_large', `The body is larger than ${limit / 1024} KiB.`, { next: 'Send less at once.' })
}

/**
 * Reads bodies as they are sent, to a limit each and to one in all.
 *
 * @throws SightlineError `body_too_large`, `overloaded`, and `bad_request` for a body that breaks off
 */
function createBodyReader(limit: number, limitOfAll: number): (request: IncomingMessage) => Promise<Buffer> {
  let held = 0
  return async (request) => {
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += chunk.length
        held += chunk.length
        if (size > limit) throw tooLarge(limit)
        if (held > limitOfAll)
          throw new SightlineError('overloaded', 'Too many deliveries are being received right now.', {
            next: 'Send it again after the time in Retry-After.',
            retryAfterS: 1,
          })
        chunks.push(chunk)
      }
    } catch (error) {
      if (error instanceof SightlineError) throw error
      throw new SightlineError('bad_request', 'The body breaks off.', { next: 'Send it again.', cause: error })
    } finally {
      held -= size
    }
    const announced = request.headers['content-length']
    if (!request.complete || (announced !== undefined && Number(announced) !== size))
      throw new SightlineError('bad_request', 'The body is shorter than announced.', { next: 'Send it again.' })
    return Buffer.concat(chunks, size)
  }
}

/** What is sent back when the address is registered with its sender; null for everything else. */
function challengeOf(config: WebhookConfig, body: Buffer): string | null {
  if (config.handshake === 'none' || body.length > 4096) return null
  let asked: unknown
  try {
    asked = JSON.parse(body.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof asked !== 'object' || asked === null || !('challenge' in asked) || typeof asked.challenge !== 'string') return null
  const isAsked =
    config.handshake === 'challenge' ? Object.keys(asked).length === 1 : 'type' in asked && asked.type === 'url_verification'
  return isAsked ? asked.challenge : null
}

/** Headers that formats and dead letters may see: no credentials, and none that say only how the bytes travelled. */
function keptHeaders(request: Request, config: WebhookConfig): Record<string, string> {
  const left = new Set([
    ...credentialHeaders(config),
    'connection',
    'host',
    'content-length',
    'transfer-encoding',
    'accept-encoding',
  ])
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === 'string' && !left.has(name)) kept[name] = value.slice(0, 8192)
  return kept
}
