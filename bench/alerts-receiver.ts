import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort } from 'node:worker_threads'

/** What the receiver tells: its address first, then for each message when what it is about came to be, and when it was accepted; ms. */
export type Told = { url: string } | { about: number; at: number }

/** The receiver of the alert benchmark, in a thread of its own. */
const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const { data } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { data: { kind: string; started_at: string } }
    response.end('ok')
    if (data.kind === 'firing') parentPort?.postMessage({ about: Date.parse(data.started_at), at: Date.now() } satisfies Told)
  })
})
server.listen(0, '127.0.0.1', () =>
  parentPort?.postMessage({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies Told),
)
