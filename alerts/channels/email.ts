import { z } from 'zod'
import type { Note } from '../../model/alert-note.ts'
import { isSmtpUrl } from '../../platform/smtp-url.ts'
import type { Channel, Means } from '../channel.ts'
import { isRefused, SEND_LIMITS } from '../http.ts'
import { asHtml } from '../message/html.ts'
import { messageOf } from '../message/message.ts'
import { asText } from '../message/text.ts'
import { headerId, oneLine } from '../message/words.ts'
import { mailFailure, type MailServer, mailTransport } from '../smtp.ts'

const Address = z.email('is no mail address').max(320)

const Config = z.strictObject({
  to: z.array(Address).min(1).max(50).describe('who gets the messages'),
  from: Address.describe('sender, which the mail server lets Sightline write as'),
  smtp_url: z
    .string()
    .max(2000)
    .refine(isSmtpUrl, 'is no smtp(s)://USER:PASSWORD@HOST:PORT')
    .optional()
    .describe('smtp(s)://USER:PASSWORD@HOST:PORT; the installation’s mail server where it is left out'),
})
type Config = z.output<typeof Config>

const MOST_MEMBERS = 50
const NO_SERVER = 'There is no mail server: neither the channel nor the installation (SMTP_URL) names one.'

/** Mail, as HTML and as text; all messages of one alert are one thread. */
export const channel: Channel<typeof Config> = {
  title: 'Email',
  config: Config,
  secret: ['smtp_url'],
  async send(note, config, means) {
    const server = serverOf(config, means)
    if (server === null) return { outcome: 'retry', reason: NO_SERVER, after_s: null }
    const timeout = AbortSignal.timeout(SEND_LIMITS.ms)
    const signal = AbortSignal.any([means.signal, timeout])
    const transport = mailTransport(server, signal)
    try {
      const info = await transport.sendMail({ ...mailOf(note, config, means), signal })
      return { outcome: 'sent', receipt: receiptOf(info) }
    } catch (error) {
      return mailFailure(error, server, timeout.aborted)
    } finally {
      transport.close()
    }
  },
  async probe(config, means) {
    const server = serverOf(config, means)
    if (server === null) return { reason: NO_SERVER, refused: false }
    const timeout = AbortSignal.timeout(SEND_LIMITS.probeMs)
    const transport = mailTransport(server, AbortSignal.any([means.signal, timeout]))
    try {
      await transport.verify()
      return null
    } catch (error) {
      const { reason } = mailFailure(error, server, timeout.aborted)
      return { reason, refused: isRefused(error) }
    } finally {
      transport.close()
    }
  },
}

function serverOf({ smtp_url: own }: Config, { smtpUrl, reach }: Means): MailServer | null {
  if (own !== undefined) return { url: own, reach }
  return smtpUrl === undefined ? null : { url: smtpUrl, reach: null }
}

/**
 * The mail of a message. Its id is the message's own, and it refers to one that stands for the alert as a whole and was never sent, so
 * that a mail program keeps the thread together whichever of its messages it has seen.
 */
function mailOf(note: Note, { to, from }: Config, means: Means) {
  const message = messageOf(note, MOST_MEMBERS)
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const root = `<alert.${headerId(note.alert_id)}@${domain}>`
  return {
    from: { name: oneLine(`${message.brand.name} alerts`, 100), address: from },
    to: to.map((address) => ({ name: '', address })),
    subject: message.subject,
    messageId: `<note.${headerId(note.id)}@${domain}>`,
    inReplyTo: root,
    references: [root],
    date: new Date(means.now / 1000),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Sightline-Alert': headerId(note.alert_id),
      'X-Sightline-Kind': note.kind,
    },
    ...(note.severity === 'critical' && note.kind !== 'resolved' && note.kind !== 'test' ? { priority: 'high' as const } : {}),
    text: asText(message),
    html: asHtml(message),
  }
}

/** What the server said, and whom of several recipients it would not take. */
function receiptOf(info: { response?: unknown; rejected?: unknown }): string {
  const rejected = Array.isArray(info.rejected) ? info.rejected.map(String) : []
  const said = typeof info.response === 'string' ? info.response : 'accepted'
  return oneLine(rejected.length === 0 ? said : `not taken for ${rejected.join(', ')}; ${said}`, 300)
}
