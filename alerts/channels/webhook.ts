import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Note } from '../../model/alert-note.ts'
import { instantToIso } from '../../model/instant.ts'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { headerId } from '../message/words.ts'

const Config = z.strictObject({
  url: HttpAddress.describe('where the messages are sent to'),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/u, 'is no whsec_ with base64 of 24 to 64 bytes')
    .describe('whsec_ and base64 of 24 to 64 random bytes: by it the receiver knows that a message is ours'),
})

/**
 * JSON of our own, signed by Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). The message's id is the same each time that it is tried.
 */
export const channel: Channel<typeof Config> = {
  title: 'Signed webhook',
  config: Config,
  secret: ['secret'],
  send(note, { url, secret }, means) {
    const body = JSON.stringify(payloadOf(note))
    const [id, timestamp] = [headerId(note.id), String(Math.floor(means.now / 1e6))]
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return postJson(means, {
      id: note.id,
      url,
      body,
      headers: {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
    })
  },
  probe: ({ url }, means) => probeAddress(url, means),
}

function payloadOf(note: Note) {
  const { brand: _brand, kind, ...data } = note
  return { type: `alert.${kind}`, timestamp: isoOf(note.at), data: { kind, ...data } }
}

/** An instant as ISO 8601 with a zone; one that cannot be read stands as it is. */
function isoOf(text: string): string {
  const at = Date.parse(text)
  return Number.isNaN(at) ? text : instantToIso(at * 1000)
}
