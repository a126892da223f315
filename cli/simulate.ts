import { createWriteStream } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Command } from 'commander'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import type { DemoBody, DemoMessage, DemoOrder } from '../demo/worker.ts'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import { withOptions } from './options.ts'
import { untilSignal } from './run-server.ts'
import { type Connection, connect } from './remote.ts'

type Options = {
  seed: string
  scale: string
  noise: boolean
  live: boolean
  truth?: string
  out?: string
  data?: string
  url?: string
  key?: string
}

/** `sightline simulate`: the procurement simulator, to a server or to a file. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('simulate half a year of procurement with its truth, to a server or as NDJSON to a file')
    .option('--seed <n>', 'same seed, same events', '1')
    .option('--scale <x>', 'factor on the number of documents', '1')
    .option('--noise', 'deliver events late, twice, out of order, and a few not at all', false)
    .option('--live', 'go on with live traffic after the history', false)
    .option('--truth <file>', 'write what is true of each document as NDJSON')
    .option('--out <file>', 'write the events to a file, one {tenant, event} a line, instead of sending them')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server')
    .action(async (options: Options) => {
      const order: DemoOrder = {
        seed: number(options.seed, '--seed'),
        scale: number(options.scale, '--scale'),
        anchor: Date.now(),
        since: null,
        truthPath: options.truth ?? null,
        noise: options.noise,
        traces: false,
        live: options.live,
      }
      if (options.out !== undefined) {
        await toFile(order, options.out)
        return
      }
      const connection = await connect(readEnv(withOptions(process.env, options)), options)
      try {
        const { tenants } = await call<{ tenants: { id: string }[] }>(connection, 'GET', '/v1/tenants', null)
        const known = new Set(tenants.map(({ id }) => id))
        for (const tenant of DEMO_TENANTS.toSorted((a, b) => Number(a.parent_id !== null) - Number(b.parent_id !== null)))
          if (!known.has(tenant.id))
            await call(connection, 'POST', '/v1/tenants', null, {
              id: tenant.id,
              name: tenant.name,
              kind: tenant.kind,
              parent_id: tenant.parent_id ?? null,
            })
        let sent = 0
        await simulate(order, async (message) => {
          await post(connection, message)
          sent += message.events
          process.stderr.write(`\r${sent.toLocaleString('en')} events`)
        })
        process.stderr.write('\n')
      } finally {
        await connection.close()
      }
    })
}

async function post(connection: Connection, message: { tenant: string; body: Uint8Array }): Promise<void> {
  for (;;) {
    const response = await fetch(new URL('/v1/events', connection.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${connection.token}`,
        'x-tenant-id': message.tenant,
        'content-type': 'application/x-ndjson',
      },
      body: Buffer.from(message.body),
    })
    if (response.ok) return
    if (response.status !== 429 && response.status !== 503)
      throw new SightlineError('bad_request', `The server answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('retry-after') ?? 1)))
  }
}

async function toFile(order: DemoOrder, path: string): Promise<void> {
  const file = createWriteStream(path)
  await simulate(order, async ({ tenant, body }) => {
    const lines = new TextDecoder().decode(body).split('\n')
    if (!file.write(lines.map((line) => `{"tenant":${JSON.stringify(tenant)},"event":${line}}\n`).join('')))
      await new Promise<void>((resolve) => {
        file.once('drain', resolve)
      })
  })
  await new Promise<void>((resolve) => {
    file.end(resolve)
  })
}

/** Runs the worker until its history is told, or for ever when it goes on live; a signal ends it. */
async function simulate(order: DemoOrder, take: (body: DemoBody) => Promise<void>): Promise<void> {
  const worker = new Worker(new URL('../demo/worker.ts', import.meta.url), { workerData: order })
  const told = new Promise<void>((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', () => resolve())
    worker.on('message', (message: DemoMessage) => {
      if ('until' in message) return
      take(message).then(() => worker.postMessage('taken'), reject)
    })
  })
  await Promise.race([told, untilSignal()])
  worker.postMessage('stop')
  await told
}

function number(text: string, name: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new SightlineError('parameter_invalid', `${name} is not a number above 0.`)
  return value
}
