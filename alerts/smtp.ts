import { connect, isIP, type Socket } from 'node:net'
import { createTransport, type Transporter } from 'nodemailer'
import { guardedLookup, mayAsk, type Reach } from '../platform/reach.ts'
import type { Sent } from './channel.ts'
import { isRefused, SEND_LIMITS, troubleOf } from './http.ts'
import { oneLine } from './message/words.ts'

/** A mail server, and whether whoever named it may name any: the operator may, a tenant within the operator's reach. */
export type MailServer = { url: string; reach: Reach | null }

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/u

/**
 * Connects to a mail server for one message. The connection is made here, so that the address is judged at the very connection; a
 * password goes over TLS alone, but for a server on this machine. Nothing else of the address is believed: no proxies, no options.
 */
export function mailTransport({ url, reach }: MailServer, signal: AbortSignal): Transporter {
  const address = new URL(url)
  const host = address.hostname.replaceAll(/^\[|\]$/gu, '')
  const isSecure = address.protocol === 'smtps:'
  const user = decodeURIComponent(address.username)
  return createTransport({
    host,
    port: address.port === '' ? (isSecure ? 465 : 587) : Number(address.port),
    secure: isSecure,
    requireTLS: user !== '' && !isSecure && !LOOPBACK.test(host),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(address.password) } }),
    ...(isIP(host) === 0 ? { tls: { servername: host } } : {}),
    greetingTimeout: SEND_LIMITS.ms,
    socketTimeout: SEND_LIMITS.ms,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(options, callback) {
      if (reach !== null && isIP(host) !== 0 && !mayAsk(host, reach)) {
        callback(Object.assign(new Error('refused'), { code: 'ERR_ADDRESS_REFUSED' }))
        return
      }
      const target = { host, port: Number(options.port), signal }
      const socket: Socket = connect(reach === null ? target : { ...target, lookup: guardedLookup(reach) })
      const failed = (error: Error) => callback(error)
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.off('error', failed)
        callback(null, { connection: socket })
      })
    },
  })
}

/** What a mail server's refusal, or the trouble on the way to it, means: 5xx is for good, all else is tried again. */
export function mailFailure(error: unknown, { url }: MailServer, isLate: boolean): Exclude<Sent, { outcome: 'sent' }> {
  const { host } = new URL(url)
  if (isRefused(error)) return { outcome: 'dead', reason: `${host} leads to an address that may not be asked.` }
  const code = responseCode(error)
  const said = code === null ? null : oneLine(responseText(error), 200)
  if (code !== null && code >= 500) return { outcome: 'dead', reason: `${host} refused it: ${said}` }
  if (code !== null) return { outcome: 'retry', reason: `${host} takes it later: ${said}`, after_s: null }
  const why = isLate ? `did not answer within ${SEND_LIMITS.ms / 1000} s` : `cannot be reached: ${troubleOf(error)}`
  return { outcome: 'retry', reason: `${host} ${why}.`, after_s: null }
}

function responseCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('responseCode' in error)) return null
  return typeof error.responseCode === 'number' && error.responseCode >= 400 ? error.responseCode : null
}

function responseText(error: unknown): string {
  return error instanceof Error && 'response' in error && typeof error.response === 'string' ? error.response : ''
}
