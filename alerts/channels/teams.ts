import { z } from 'zod'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { asCard } from '../message/card.ts'

const Config = z.strictObject({
  url: HttpAddress.describe('address of a workflow that starts "When a Teams webhook request is received"'),
})

/** Microsoft Teams through a workflow's webhook, which posts the Adaptive Card that it is sent. */
export const channel: Channel<typeof Config> = {
  title: 'Microsoft Teams',
  config: Config,
  secret: ['url'],
  send: (note, { url }, means) => postJson(means, { id: note.id, url, body: asCard(note) }),
  probe: ({ url }, means) => probeAddress(url, means),
}
