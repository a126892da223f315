import type { Request, RequestHandler } from 'express'
import express from 'express'
import { receiveBody, receiveRecords, type Receipt } from '../ingest/receive.ts'
import { type Framing, type RawRecord, readRecords } from '../ingest/transport/records.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { findImport } from '../platform/imports.ts'
import { sendProblem } from './problem.ts'
import type { Services } from './services.ts'

/** Largest body of `POST /v1/events`, after decompression. */
export const EVENTS_BODY_LIMIT = 32 * 1024 * 1024

const FRAMINGS: Record<string, Framing> = {
  'application/json': 'json',
  'application/cloudevents+json': 'json',
  'application/cloudevents-batch+json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}

/** Reads the body as bytes, inflating gzip, up to {@link EVENTS_BODY_LIMIT}. */
export const readEventsBody: RequestHandler = express.raw({ type: () => true, limit: EVENTS_BODY_LIMIT, inflate: true })

/**
 * `POST /v1/events`: CloudEvents structured, batch, NDJSON, or binary (attributes in `ce-` headers). Answers when the good records are
 * durable, with a verdict on each bad one. Where no record is good the status is 400 and the body is a problem document that carries
 * the same verdicts.
 */
export function postEvents(services: Services, tenantFor: (request: Request) => Promise<TenantId>): RequestHandler {
  return async (request, response) => {
    const tenant = await tenantFor(request)
    const importId = request.query['import']
    if (
      importId !== undefined &&
      (typeof importId !== 'string' || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u.test(importId))
    )
      throw new SightlineError('parameter_invalid', '"import" is not an import id.')
    if (importId !== undefined) await requireRunning(services, tenant, importId)
    const body: unknown = request.body
    if (!Buffer.isBuffer(body) || body.every((byte) => byte <= 32))
      throw new SightlineError('body_invalid', 'The body is empty.', { next: 'Send one CloudEvent, an array or NDJSON.' })
    const options = {
      tenant,
      writer: services.writer,
      now: () => services.now(),
      headers: keptHeaders(request),
      front: services.front,
      ...(importId === undefined ? {} : { importId }),
    }
    const receipt =
      request.headers['ce-specversion'] === undefined
        ? await receiveBody(body, framingOf(request), options)
        : await receiveRecords(binaryRecords(request, body), body, options)
    answer(receipt)

    function answer(verdict: Receipt): void {
      const { accepted, duplicates, rejected, conflicts } = verdict
      if (accepted + duplicates + conflicts.length > 0 || rejected.length === 0) {
        response.json({ accepted, duplicates, rejected, conflicts })
        return
      }
      const [first] = rejected
      sendProblem(response, new SightlineError('body_invalid', `No record could be stored; the first: ${first?.message ?? ''}`), {
        accepted,
        duplicates,
        rejected,
        conflicts,
      })
    }
  }
}

/** Refuses an import that has ended: what it brought then is reported, or undone, and more must not join it. */
async function requireRunning(services: Services, tenant: TenantId, importId: string): Promise<void> {
  const found = await findImport(services.stores.postgres.db, tenant, importId)
  const next = 'POST /v1/imports announces one.'
  if (found === null) throw new SightlineError('parameter_invalid', 'This tenant has no such import.', { next })
  if (found.state !== 'running')
    throw new SightlineError('conflict', `This import is ${found.state}; only a running one takes events.`, { next })
}

function framingOf(request: Request): Framing {
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? ''
  const framing = FRAMINGS[type]
  if (framing === undefined)
    throw new SightlineError('media_type_unsupported', `Content-Type "${type.slice(0, 80)}" is not taken here.`, {
      next: `Use one of ${Object.keys(FRAMINGS).join(', ')}.`,
    })
  return framing
}

/** The one CloudEvent of a request in binary mode: attributes from headers, `data` from the body, judged as any record is. */
function binaryRecords(request: Request, body: Buffer): RawRecord[] {
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith('ce-') || typeof value !== 'string') continue
    const text = percentDecoded(value)
    if (text !== null) event[name.slice(3)] = text
  }
  return readRecords(body, 'single')
    .map((record): RawRecord => ('refusal' in record ? record : { ...record, value: { ...event, data: record.value } }))
    .toArray()
}

/** What is needed to read a record of the request again: how it was sent and, in binary mode, its attributes. */
function keptHeaders(request: Request): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === 'string' && (KEPT_HEADERS.has(name) || name.startsWith('ce-'))) kept[name] = value
  return kept
}

const KEPT_HEADERS: ReadonlySet<string> = new Set(['content-type', 'user-agent', 'x-request-id', 'traceparent'])

/** CloudEvents percent-encodes header values; null where the encoding is broken, so that the attribute counts as missing. */
function percentDecoded(value: string): string | null {
  try {
    return decodeURIComponent(value)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
