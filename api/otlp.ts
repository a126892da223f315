import { promisify } from 'node:util'
import { gunzip, inflate, zstdDecompress } from 'node:zlib'
import type { Request, RequestHandler, Response } from 'express'
import { answerBody, rpcCode, statusBody } from '../ingest/otlp/answer.ts'
import { type OtlpEncoding, receiveOtlp } from '../ingest/otlp/receive.ts'
import { OTLP_LIMITS, type Signal } from '../ingest/otlp/telemetry.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { systemResolver } from '../platform/systems.ts'
import { knownError } from './problem.ts'
import type { Services } from './services.ts'

/** The addresses of OTLP/HTTP with the signal that each takes. */
export const OTLP_PATHS = { '/v1/traces': 'traces', '/v1/logs': 'logs', '/v1/metrics': 'metrics' } as const satisfies Record<
  string,
  Signal
>

/** The operations at these addresses. */
export const OTLP_OPERATIONS = (Object.keys(OTLP_PATHS) as (keyof typeof OTLP_PATHS)[]).map((path) => ({
  method: 'post' as const,
  path,
}))

/** Way in of what comes by OTLP, in the ledger. */
const FEED = 'otlp'

const ENCODINGS: Readonly<Record<string, OtlpEncoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
}
const MEDIA = { protobuf: 'application/x-protobuf', json: 'application/json' } as const

/**
 * `POST /v1/traces`, `/v1/logs`, `/v1/metrics` (OTLP/HTTP, protobuf and JSON). Authenticates before the body is read, answers in the
 * encoding of the request once the good records are durable, and tells rejected ones in `partial_success`. Errors carry a
 * `google.rpc.Status`; 429 and 503 say when to send again, all others that it is no use.
 */
export function postOtlp(signal: Signal, services: Services, tenantFor: (request: Request) => Promise<TenantId>): RequestHandler {
  return async (request, response) => {
    const encoding = ENCODINGS[mediaType(request)]
    try {
      const tenant = await tenantFor(request)
      if (encoding === undefined)
        throw new SightlineError(
          'media_type_unsupported',
          `Content-Type "${mediaType(request).slice(0, 80)}" is not taken here.`,
          {
            next: 'Use application/x-protobuf or application/json.',
          },
        )
      services.telemetry.refuseWhenFull()
      const body = await readBody(request)
      try {
        const resolve = await systemResolver(services.stores.postgres.db, tenant)
        const receipt = await receiveOtlp(
          { signal, encoding, body, tenant, feed: FEED },
          { resolve, writer: services.telemetry, arrival: (count) => services.writer.arrival(count) },
        )
        send(response, 200, encoding, answerBody(signal, encoding, receipt))
      } finally {
        release(body.byteLength)
      }
    } catch (error) {
      const known = knownError(error)
      if (known === null)
        services.log.error(
          { err: error, path: request.path, request_id: response.locals['requestId'] },
          'a request of OTLP failed',
        )
      refuse(
        response,
        encoding ?? 'json',
        known ?? new SightlineError('internal', 'This should not have happened; it is in the log.'),
      )
    }
  }
}

function mediaType(request: Request): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function send(response: Response, status: number, encoding: OtlpEncoding, body: Buffer): void {
  response.status(status)
  response.setHeader('content-type', MEDIA[encoding])
  response.setHeader('content-length', body.byteLength)
  response.end(body)
}

function refuse(response: Response, encoding: OtlpEncoding, error: SightlineError): void {
  if (error.retryAfterS !== undefined) response.setHeader('retry-after', String(error.retryAfterS))
  if (error.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer')
  // What is left of a body that was not read to its end is not waited for.
  if (!response.req.complete) response.setHeader('connection', 'close')
  const message = error.next === undefined ? error.message : `${error.message} ${error.next}`
  send(response, error.status, encoding, statusBody(encoding, rpcCode(error.status), message))
}

/** Bytes of bodies that are held at once, over all requests. */
const HELD_BYTES = 192 * 1024 * 1024
/** Bodies that are decompressed at once: each may grow to the limit before it is known to be too large. */
const DECOMPRESSIONS = 4

let held = 0
let decompressing = 0
const waiting: (() => void)[] = []

function hold(bytes: number): void {
  if (held + bytes > HELD_BYTES)
    throw new SightlineError('overloaded', 'More requests are being read than there is room for.', {
      next: 'Send the same request again after the time in Retry-After.',
      retryAfterS: 1,
    })
  held += bytes
}

function release(bytes: number): void {
  held -= bytes
}

function tooLarge(): SightlineError {
  return new SightlineError('body_too_large', `The body is larger than ${OTLP_LIMITS.bodyBytes / 1024 / 1024} MiB.`, {
    next: 'Lower the batch size of the exporter.',
  })
}

const DECODERS: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
}

/**
 * Reads the body of a request, decompressed. Its bytes are held until {@link release}.
 *
 * @throws SightlineError `body_too_large`, `encoding_unsupported`, `body_invalid` for a broken compression, `overloaded`
 */
async function readBody(request: Request): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const decoder = DECODERS[encoding]
  if (decoder === undefined && encoding !== 'identity' && encoding !== '')
    throw new SightlineError('encoding_unsupported', 'The Content-Encoding is not known.', { next: 'Use gzip or none.' })
  if (Number(request.headers['content-length'] ?? 0) > OTLP_LIMITS.bodyBytes) throw tooLarge()
  const body = await received(request)
  if (decoder === undefined) return body
  try {
    const plain = await inTurn(() => decoder(body, { maxOutputLength: OTLP_LIMITS.bodyBytes }))
    hold(plain.byteLength)
    return plain
  } catch (error) {
    if (error instanceof SightlineError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new SightlineError('body_invalid', `The body is not ${encoding}, as Content-Encoding says.`, { cause: error })
  } finally {
    release(body.byteLength)
  }
}

async function received(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (bytes + chunk.byteLength > OTLP_LIMITS.bodyBytes) throw tooLarge()
      hold(chunk.byteLength)
      bytes += chunk.byteLength
      chunks.push(chunk)
    }
  } catch (error) {
    release(bytes)
    if (error instanceof SightlineError) throw error
    throw new SightlineError('bad_request', 'The body broke off.', { cause: error })
  }
  return Buffer.concat(chunks)
}

async function inTurn<T>(task: () => Promise<T>): Promise<T> {
  if (decompressing >= DECOMPRESSIONS)
    await new Promise<void>((go) => {
      waiting.push(go)
    })
  else decompressing++
  try {
    return await task()
  } finally {
    const next = waiting.shift()
    if (next === undefined) decompressing--
    else next()
  }
}
