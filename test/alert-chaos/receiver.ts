import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A delivery that a receiver took: which message, of which alert, by which channel. */
export type Delivery = { id: string; alert: string; channel: string }

/** A receiver of signed webhooks that may be down, and takes a moment to answer, so that a kill falls between taking and marking. */
export type ChaosReceiver = {
  url: string
  /** Everything that it took, copies among it, in order. */
  taken: Delivery[]
  refused(): number
  close(): Promise<void>
}

/** @param isDown whether a channel is down now */
export async function startChaosReceiver(isDown: (channel: string) => boolean): Promise<ChaosReceiver> {
  const taken: Delivery[] = []
  let refused = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('error', () => response.destroy())
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const channel = (request.url ?? '').slice(1)
      if (isDown(channel)) {
        refused++
        response.writeHead(503).end('down')
        return
      }
      const { data } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { data: { alert_id: string } }
      taken.push({ id: String(request.headers['webhook-id']), alert: data.alert_id, channel })
      setTimeout(() => response.end('taken'), 20 + Math.random() * 80)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    refused: () => refused,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
