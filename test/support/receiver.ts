import { createServer as createHttp, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net'

/** A request as a receiver took it; `status` where it was answered in turn. */
export type Received = { path: string; headers: IncomingHttpHeaders; body: string; status?: number }

/** A status, and after how long the sender may come again. */
export type Turn = { status: number; retry_after_s?: number | undefined }

/** Ways in which a receiver answers, by the first part of the path that it is asked with. */
export type Receiver = {
  url: string
  received: Received[]
  /** What it answers to `/changing`: the status, and headers. */
  answer: { status: number; headers: Record<string, string>; text: string }
  /** What it answers to `/in-turn/NAME…`, one after the other; the last of them holds. */
  turns: Map<string, Turn[]>
  /** Answers what was asked of `/held` so far, and whatever is from now on. */
  release(): void
  /** Requests that are being answered at once, at most so far. */
  most(): number
  close(): Promise<void>
}

/** An HTTP receiver on loopback. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answer: Receiver['answer'] = { status: 202, headers: {}, text: 'taken' }
  const turns: Receiver['turns'] = new Map()
  const timers = new Set<NodeJS.Timeout>()
  let now = 0
  let most = 0
  const released = Promise.withResolvers<void>()
  const server = createHttp((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const path = request.url ?? ''
      const [, way = '', name = ''] = path.split('/')
      const one: Received = { path, headers: request.headers, body: Buffer.concat(parts).toString('utf8') }
      received.push(one)
      most = Math.max(most, ++now)
      response.on('close', () => now--)
      const every = (ms: number, work: () => void) => {
        const timer = setInterval(work, ms)
        timers.add(timer)
        response.on('close', () => clearInterval(timer))
      }
      const ways: Record<string, () => void> = {
        ok: () => response.end('ok'),
        'in-turn': () => {
          const left = turns.get(name) ?? []
          const turn = (left.length > 1 ? left.shift() : left[0]) ?? { status: 202 }
          one.status = turn.status
          response
            .writeHead(turn.status, turn.retry_after_s === undefined ? {} : { 'retry-after': String(turn.retry_after_s) })
            .end()
        },
        changing: () => response.writeHead(answer.status, answer.headers).end(answer.text),
        slow: () => setTimeout(() => response.end('ok'), 150),
        held: () => void released.promise.then(() => response.end('ok')),
        reset: () => request.socket.resetAndDestroy(),
        hang: () => undefined,
        error: () => response.writeHead(500).end('the database is down\r\nat line 7'),
        limited: () => response.writeHead(429, { 'retry-after': '120' }).end('too many'),
        gone: () => response.writeHead(404).end(`no such hook: ${request.url}`),
        away: () => response.writeHead(307, { location: '/ok' }).end(),
        endless: () => every(1, () => response.write('x'.repeat(65_536))),
        'refusing-endlessly': () => {
          response.writeHead(400)
          every(1, () => response.write('x'.repeat(65_536)))
        },
        halfway: () => {
          response.writeHead(200, { 'content-length': '1000' })
          response.write('half', () => request.socket.destroy())
        },
        'halfway-headers': () => request.socket.write('HTTP/1.1 200 OK\r\ncontent-le', () => request.socket.destroy()),
        trickle: () => every(400, () => request.socket.write('H')),
        'trickle-body': () => {
          response.writeHead(200)
          every(400, () => response.write('.'))
        },
      }
      ways[way]?.()
    })
  })
  const url = await listen(server)
  return {
    url: `http://${url}`,
    received,
    answer,
    turns,
    release: released.resolve,
    most: () => most,
    async close() {
      for (const timer of timers) clearInterval(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A listener that says bytes of its own as soon as somebody connects; an address `HOST:PORT`. */
export async function startTalker(bytes: string): Promise<{ address: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createTcp((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write(bytes)
  })
  return {
    address: await listen(server),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: ReturnType<typeof createTcp>): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
