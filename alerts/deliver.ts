import type { Note } from '../model/alert-note.ts'
import type { Log } from '../platform/log.ts'
import type { Channel, Means, Sent, Unreachable } from './channel.ts'
import { channelKinds } from './channels.ts'
import { oneLine } from './message/words.ts'

/** A channel with its configuration whole, as it is sent with. */
export type OpenedChannel = {
  kind: string
  config: Readonly<Record<string, unknown>>
  secrets: Readonly<Record<string, unknown>>
}

/** A secret that is shorter than this is not looked for in what a receiver says: it would blot out words. */
const SHORTEST_SECRET = 6

/**
 * Sends a message with a channel. Whatever goes wrong is an answer: a configuration that its kind no longer takes is dead; a failure in
 * our own work is tried again and told in the log. No secret of the channel is in the answer, even where the receiver repeats it.
 */
export async function deliver(opened: OpenedChannel, note: Note, means: Means, log: Log): Promise<Sent> {
  const read = await readChannel(opened)
  if (typeof read === 'string') return { outcome: 'dead', reason: read }
  const hide = blot([...secretTexts(opened.secrets), ...secretTexts({ url: means.smtpUrl })])
  try {
    const sent = await read.channel.send(note, read.config, means)
    if (sent.outcome === 'sent') return { ...sent, receipt: hide(sent.receipt) }
    return { ...sent, reason: hide(sent.reason) }
  } catch (error) {
    const reason = hide(error instanceof Error ? error.message : String(error))
    log.error({ note: note.id, channel: opened.kind, reason }, 'a message could not be put together or sent')
    return { outcome: 'retry', reason: 'Sightline failed to put the message together; its log says why.', after_s: null }
  }
}

/** Why nobody can be reached through a channel right now; null where somebody can. */
export async function probe(opened: OpenedChannel, means: Means): Promise<Unreachable | null> {
  const read = await readChannel(opened)
  if (typeof read === 'string') return { reason: read, refused: true }
  const found = await read.channel.probe(read.config, means)
  return found === null ? null : { ...found, reason: blot(secretTexts(opened.secrets))(found.reason) }
}

async function readChannel({
  kind,
  config,
  secrets,
}: OpenedChannel): Promise<{ channel: Channel; config: Record<string, unknown> } | string> {
  const channel = (await channelKinds()).get(kind)
  if (channel === undefined) return `There is no kind of channel "${oneLine(kind, 60)}".`
  const parsed = channel.config.safeParse({ ...config, ...secrets })
  if (parsed.success) return { channel, config: parsed.data }
  const [issue] = parsed.error.issues
  return `The configuration is not valid: "${issue?.path.join('.') ?? ''}" ${issue?.message ?? 'is invalid'}.`
}

/** What of a channel's secrets could be repeated by a receiver: each whole, and of addresses the parts that are secret. */
function secretTexts(secrets: Readonly<Record<string, unknown>>): string[] {
  return Object.values(secrets)
    .filter((value) => typeof value === 'string')
    .flatMap((value) => {
      if (!URL.canParse(value)) return [value]
      const { pathname, search, username, password } = new URL(value)
      return [
        value,
        `${pathname}${search}`,
        pathname,
        search,
        decodeURIComponent(username),
        decodeURIComponent(password),
        password,
      ]
    })
    .filter((text) => text.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length)
}

function blot(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
}
