import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { ADDRESS_REFUSED, guardedLookup, mayAsk, type Reach } from '../../platform/reach.ts'
import { type AskJson, PullError } from './port.ts'

/** Bounds of one question. */
export const ASK_LIMITS = { bytes: 32 * 1024 * 1024, ms: 30_000, retryAfterS: 3600 } as const

/**
 * Makes the function by which connectors ask. The address that a name resolves to is judged at the very connection, so that a name that
 * changes its answer opens nothing; redirects are not followed; nothing is asked beyond http and https.
 */
export function askJson(options: { signal: AbortSignal; reach: Reach; ms?: number; bytes?: number }): AskJson {
  const { signal, reach, ms = ASK_LIMITS.ms, bytes = ASK_LIMITS.bytes } = options
  return async (url, headers) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refusedAddress(url, 'is no http or https address')
    const host = url.hostname.replaceAll(/^\[|\]$/gu, '')
    if (isIP(host) !== 0 && !mayAsk(host, reach)) throw refusedAddress(url, 'is an address that may not be asked')
    const timeout = AbortSignal.timeout(ms)
    try {
      const response = await send(url, headers, AbortSignal.any([signal, timeout]), guardedLookup(reach))
      return await readAnswer(url, response, bytes)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof PullError) throw error
      const late = timeout.aborted
      const said = error instanceof Error ? error.message : String(error)
      if (error instanceof Error && 'code' in error && error.code === ADDRESS_REFUSED) throw refusedAddress(url, said)
      throw new PullError(
        'unavailable',
        late
          ? `${url.host} did not answer within ${ms / 1000} seconds.`
          : `${url.host} cannot be reached: ${said.slice(0, 200)}.`,
        { next: 'It is asked again; check that it runs and that this server can reach it.', cause: error },
      )
    }
  }
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  lookup: LookupFunction,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'GET',
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sightline', ...headers },
      signal,
      lookup,
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end()
  })
}

async function readAnswer(url: URL, response: IncomingMessage, limit: number): Promise<unknown> {
  const status = response.statusCode ?? 0
  if (status !== 200) {
    response.destroy()
    throw statusError(url, status, response.headers['retry-after'])
  }
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limit) {
      response.destroy()
      throw new PullError('answer_invalid', `The answer of ${url.host} is larger than ${Math.floor(limit / 1024 / 1024)} MiB.`, {
        next: 'Ask for less: leave the data of runs out, or set a smaller page.',
        status,
      })
    }
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown
  } catch (cause) {
    throw new PullError('answer_invalid', `${url.host} answered something that is no JSON, or broke off.`, {
      next: 'Check the address: it must be that of the system itself, without a login page in between.',
      status,
      cause,
    })
  }
}

function statusError(url: URL, status: number, retryAfter: string | undefined): PullError {
  const of = (code: PullError['code'], message: string, next: string, retryAfterS?: number) =>
    new PullError(code, `${url.host} ${message}`, { next, retryAfterS, status })
  if (status === 401) return of('unauthorized', 'does not accept the key (401).', 'Give the source a new key.')
  if (status === 403)
    return of('unauthorized', 'does not let the key do this (403).', 'Give the key the right to list and read executions.')
  if (status === 429)
    return of(
      'throttled',
      'asks to be asked less often (429).',
      'It is asked again later; a longer interval helps.',
      seconds(retryAfter),
    )
  if (status >= 300 && status < 400)
    return of('answer_invalid', `leads elsewhere (${status}), which is not followed.`, 'Set the address that it leads to.')
  if (status >= 500) return of('unavailable', `has a problem of its own (${status}).`, 'It is asked again.', seconds(retryAfter))
  return of('refused', `refuses the question (${status}).`, 'Check the address and the version of the system.')
}

/** `Retry-After` in seconds: a number or a date. */
function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/u.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(value) ? Math.min(Math.max(Math.ceil(value), 1), ASK_LIMITS.retryAfterS) : undefined
}

function refusedAddress(url: URL, why: string): PullError {
  return new PullError('address_refused', `${url.host === '' ? url.protocol : url.host} ${why}.`.slice(0, 300), {
    next: 'Set the address of the system itself.',
  })
}
