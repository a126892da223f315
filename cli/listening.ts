import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'

/** An HTTP server that has its port already and answers 503 until it is told what to serve. */
export type Listening = {
  url: string
  port: number
  serve(handler: RequestListener): void
  /** Takes no more connections. */
  refuse(): void
  /** Resolves when every answer was given, or after `patienceMs`. */
  close(patienceMs: number): Promise<void>
}

const STARTING = JSON.stringify({
  type: '/docs#store_unavailable',
  title: 'starting',
  status: 503,
  code: 'store_unavailable',
  detail: 'Starting; try again in a second.',
})

/**
 * Takes the port, so that a second start fails before anything else is touched.
 *
 * @throws SightlineError `port_in_use`, `env_invalid`
 */
export async function listenFirst(env: Pick<Env, 'host' | 'port'>): Promise<Listening> {
  let handler: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
    response.end(STARTING)
  }
  const server = createServer((request, response) => handler(request, response))
  server.requestTimeout = 120_000
  server.headersTimeout = 20_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, env)))
    server.listen(env.port, env.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  const refuse = (): void => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve())
    })
  }
  return {
    url: `http://${env.host.includes(':') ? `[${env.host}]` : env.host}:${port}`,
    port,
    serve(next) {
      handler = next
    },
    refuse,
    async close(patienceMs) {
      refuse()
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), patienceMs)
      await closed
      clearTimeout(patience)
    },
  }
}

function listenFailure(error: NodeJS.ErrnoException, { host, port }: Pick<Env, 'host' | 'port'>): Error {
  const next = 'Choose another one with --port N, or stop what listens there.'
  if (error.code === 'EADDRINUSE')
    return new SightlineError('port_in_use', `Port ${port} on ${host} is in use.`, { next, cause: error })
  if (error.code === 'EACCES')
    return new SightlineError('port_in_use', `Port ${port} on ${host} is not allowed for this user.`, { next, cause: error })
  return new SightlineError('env_invalid', `This machine has no address ${host} to listen on (${error.code ?? error.message}).`, {
    next: 'Check SIGHTLINE_HOST.',
    cause: error,
  })
}
