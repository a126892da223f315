import { z } from 'zod'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { messageOf } from '../message/message.ts'
import { asSlack } from '../message/mrkdwn.ts'

const Config = z.strictObject({
  url: HttpAddress.describe('address of the incoming webhook: https://hooks.slack.com/services/…'),
})

const MOST_MEMBERS = 20

/** Slack through an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const channel: Channel<typeof Config> = {
  title: 'Slack',
  config: Config,
  secret: ['url'],
  send: (note, { url }, means) => postJson(means, { id: note.id, url, body: asSlack(messageOf(note, MOST_MEMBERS)) }),
  probe: ({ url }, means) => probeAddress(url, means),
}
