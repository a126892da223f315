import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as netConnect, isIP, type LookupFunction } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import { z } from 'zod'
import { ADDRESS_REFUSED, guardedLookup, mayAsk, type Reach } from '../platform/reach.ts'
import type { Means, Sent, Unreachable } from './channel.ts'
import { headerId, oneLine } from './message/words.ts'

/** How long a receiver may take to answer, and how much of an answer is read in how long. */
export const SEND_LIMITS = { ms: 10_000, bodyBytes: 16_384, bodyMs: 2000, probeMs: 4000, retryAfterS: 3600 } as const

/** Statuses with which a receiver says that it may be asked again, beside those from 500 on. */
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429])

/** An http(s) address as people enter it: without a password in it, and none that nobody may ask. */
export const HttpAddress = z
  .string()
  .max(2000)
  .refine((text) => /^https?:\/\//iu.test(text) && URL.canParse(text), 'is no http(s) address')
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', 'holds a password')

/** What a receiver answered: its status, and the beginning of what it said. */
export type Answer = { status: number; text: string }

/**
 * Sends JSON to a receiver and judges what it answers: 2xx is sent, even where the rest of the answer does not come; 408, 425, 429, 5xx and
 * every trouble on the way is tried again; what is refused otherwise is dead. Redirects are not followed. Reasons name the host alone,
 * as the rest of an address is often the secret.
 *
 * @param message.id the same each time that the message is tried: receivers may drop a copy by it
 * @param receipt what to keep of a good answer; its words where nothing is given
 */
export async function postJson(
  means: Pick<Means, 'signal' | 'reach'>,
  message: { id: string; url: string; body: unknown; headers?: Readonly<Record<string, string>> },
  receipt: (answer: Answer) => string = ({ status, text }) => (text === '' ? String(status) : `${status} ${text}`),
): Promise<Sent> {
  const url = new URL(message.url)
  const refused = refusal(url, means.reach)
  if (refused !== null) return { outcome: 'dead', reason: refused }
  const timeout = AbortSignal.timeout(SEND_LIMITS.ms)
  try {
    const payload = typeof message.body === 'string' ? message.body : JSON.stringify(message.body)
    const response = await post(
      url,
      payload,
      { 'idempotency-key': headerId(message.id), ...message.headers },
      AbortSignal.any([means.signal, timeout]),
      means.reach,
    )
    const answer = { status: response.statusCode ?? 0, text: await words(response) }
    const said = answer.text === '' ? '' : `: ${answer.text}`
    const { status } = answer
    if (status >= 200 && status < 300) return { outcome: 'sent', receipt: oneLine(receipt(answer), 300) }
    if (status >= 300 && status < 400)
      return { outcome: 'dead', reason: `${url.host} leads elsewhere (${status}), which is not followed.` }
    if (status >= 500 || AGAIN.has(status))
      return {
        outcome: 'retry',
        reason: `${url.host} answered ${status}${said}`,
        after_s: retryAfter(response.headers['retry-after']),
      }
    return { outcome: 'dead', reason: `${url.host} refused it with ${status}${said}` }
  } catch (error) {
    if (isRefused(error)) return { outcome: 'dead', reason: `${url.host} leads to an address that may not be asked.` }
    const why = timeout.aborted ? `did not answer within ${SEND_LIMITS.ms / 1000} s` : `cannot be reached: ${troubleOf(error)}`
    return { outcome: 'retry', reason: `${url.host} ${why}.`, after_s: null }
  }
}

/** Why an address cannot be reached; null where somebody takes a connection there, with TLS where the address has it. Nothing is asked. */
export async function probeAddress(address: string, means: Pick<Means, 'signal' | 'reach'>): Promise<Unreachable | null> {
  const url = new URL(address)
  const refused = refusal(url, means.reach)
  if (refused !== null) return { reason: refused, refused: true }
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '')
  const isSecure = url.protocol === 'https:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const target = { host, port, lookup: guardedLookup(means.reach) }
  const timeout = AbortSignal.timeout(SEND_LIMITS.probeMs)
  const socket = isSecure ? tlsConnect({ ...target, ...(isIP(host) === 0 ? { servername: host } : {}) }) : netConnect(target)
  try {
    await settled(socket, isSecure ? 'secureConnect' : 'connect', AbortSignal.any([means.signal, timeout]))
    return null
  } catch (error) {
    if (isRefused(error)) return { reason: `${url.host} leads to an address that may not be asked.`, refused: true }
    const why = timeout.aborted ? 'does not answer' : `cannot be reached: ${troubleOf(error)}`
    return { reason: `${url.host} ${why}.`, refused: false }
  } finally {
    socket.destroy()
  }
}

/** What went wrong on the way, in a few words without addresses. */
export function troubleOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return TROUBLES[code] ?? oneLine(code === '' ? error.message : code, 80)
}

const TROUBLES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was broken off',
  EPIPE: 'the connection was broken off',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up right now',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  EPROTO: 'it does not speak TLS as it should',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS as it should',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS as it should',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** Whether an error says that a connection would have led where none may lead. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === ADDRESS_REFUSED
}

/** Resolves when a socket tells that it is there; rejects with its error, or when the signal aborts. */
function settled(socket: NodeJS.EventEmitter, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true })
    socket.once(event, () => resolve())
    socket.on('error', reject)
  })
}

function refusal(url: URL, reach: Reach): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${oneLine(url.protocol, 20)} is no http or https address.`
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '')
  return isIP(host) !== 0 && !mayAsk(host, reach) ? `${url.host} is an address that may not be asked.` : null
}

function post(
  url: URL,
  payload: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  reach: Reach,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  const lookup: LookupFunction = guardedLookup(reach)
  const bytes = Buffer.from(payload)
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': bytes.length,
        accept: 'application/json, text/plain',
        'accept-encoding': 'identity',
        'user-agent': 'sightline',
        ...headers,
      },
      agent: false,
      signal,
      lookup,
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(bytes)
  })
}

/** The beginning of what an answer says, in a line; what comes too late, or not at all, is left. */
async function words(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  const reading = (async () => {
    let size = 0
    try {
      for await (const part of response as AsyncIterable<Buffer>) {
        parts.push(part)
        size += part.length
        if (size > SEND_LIMITS.bodyBytes) break
      }
    } catch {
      // The status stands, whatever becomes of the words behind it.
    }
  })()
  const ending = new AbortController()
  await Promise.race([reading, sleep(SEND_LIMITS.bodyMs, undefined, { signal: ending.signal }).catch(() => undefined)])
  ending.abort()
  response.destroy()
  return oneLine(Buffer.concat(parts).toString('utf8').slice(0, SEND_LIMITS.bodyBytes), 200)
}

/** `Retry-After` in seconds: a number or a date. */
function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null
  const value = /^\d+$/u.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(value) ? Math.min(Math.max(Math.ceil(value), 1), SEND_LIMITS.retryAfterS) : null
}
