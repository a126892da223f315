import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** A mail as it came over the wire, and as a mail program reads it. */
export type ReceivedMail = { raw: string; mail: ParsedMail; to: string[] }

/** An SMTP server on loopback that keeps what it is sent. */
export type MailServer = {
  /** `smtp://USER:PASSWORD@HOST:PORT` */
  url: string
  host: string
  mails: ReceivedMail[]
  close(): Promise<void>
}

/**
 * Starts a mail server. The user `sightline` has the password `let-me-in-please`. Nobody is taken in whose address begins with `unknown`; whose begins
 * with `busy` is told to come back.
 */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const refuse = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === 'sightline' && password === 'let-me-in-please') done(null, { user: username })
      else done(refuse(535, 'Authentication credentials invalid'))
    },
    onRcptTo({ address }, _session, done) {
      if (address.startsWith('unknown')) done(refuse(550, 'No such user here'))
      else if (address.startsWith('busy')) done(refuse(450, 'Mailbox busy, try later'))
      else done()
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const raw = Buffer.concat(parts)
        simpleParser(raw, {}, (error, mail) => {
          if (error == null)
            mails.push({ raw: raw.toString('utf8'), mail, to: session.envelope.rcptTo.map(({ address }) => address) })
          done(error, 'queued as 4711')
        })
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const host = `127.0.0.1:${(server.server.address() as AddressInfo).port}`
  return {
    url: `smtp://sightline:let-me-in-please@${host}`,
    host,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
