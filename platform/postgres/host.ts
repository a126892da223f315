/**
 * The process above the embedded PostgreSQL: `node host.ts FOLDER PORT`, the password in SIGHTLINE_POSTGRES_PASSWORD. It creates the
 * cluster where there is none, clears what a killed predecessor left, starts the server and writes one line of JSON: `{"ready":true}`
 * or `{"code", "message", "next"}`. Its standard input is a pipe that the parent holds open: when the parent is gone, however it
 * went, the pipe ends, and this process stops the server and then itself.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SightlineError } from '../errors.ts'
import { serverBinaries } from './binaries.ts'
import { serverIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { clearOrphan } from './orphan.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
process.env['PATH'] = PATH

const [dir = '', port = ''] = process.argv.slice(2)
const password = process.env['SIGHTLINE_POSTGRES_PASSWORD'] ?? ''

let current: ChildProcess | null = null
let ending = false

process.stdin.on('end', end)
process.stdin.on('error', end)
process.stdin.resume()
// A service manager signals every process at once; the parent drains first and then ends this one.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

try {
  const binaries = serverBinaries()
  const identity = await serverIdentity([dir, binaries.postgres])
  if (!existsSync(join(dir, 'PG_VERSION'))) await createCluster(binaries.initdb, identity)
  await clearOrphan(dir)
  serve(binaries.postgres, identity)
} catch (error) {
  const { code, message, next } =
    error instanceof SightlineError
      ? error
      : new SightlineError(
          'store_unavailable',
          `The embedded PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`,
        )
  answer({ code, message, next })
  process.exitCode = 1
  process.stdin.destroy()
}

/** Creates the cluster beside its place and moves it there whole: a kill in the middle leaves nothing half made. */
async function createCluster(initdb: string, identity: Identity): Promise<void> {
  const draft = `${dir}.new`
  const passwordFile = join(dirname(dir), 'postgres-password.new')
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  try {
    if (identity.owner !== null) {
      await chown(draft, identity.owner.uid, identity.owner.gid)
      await chown(passwordFile, identity.owner.uid, identity.owner.gid)
    }
    const run = start(initdb, identity, [
      `--pgdata=${draft}`,
      '--username=sightline',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      '--no-instructions',
    ])
    let said = ''
    run.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000)
    })
    const code = await new Promise((resolve) => run.on('close', resolve).on('error', resolve))
    if (code !== 0) throw new Error(`initdb failed: ${said.trim().split('\n').at(-1) ?? String(code)}`)
    await rename(draft, dir)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function serve(postgres: string, identity: Identity): void {
  const server = start(postgres, identity, [
    `-D${dir}`,
    `-p${port}`,
    '--listen_addresses=127.0.0.1',
    '--unix_socket_directories=',
    '--max_connections=60',
    '--timezone=UTC',
    '--log_timezone=UTC',
  ])
  const log = createWriteStream(join(dirname(dir), 'postgres.log'), { mode: 0o600 })
  let said = ''
  let ready = false
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log.write(text)
    if (ready) return
    said += text
    if (said.includes('ready to accept connections')) {
      ready = true
      answer({ ready: true })
    }
  })
  server.on('close', () => {
    if (!ready && !ending) answer(startFailure(said))
    process.exitCode = ending ? 0 : 1
    process.stdin.destroy()
  })
}

function startFailure(said: string): object {
  if (said.includes('Address already in use')) {
    return { code: 'port_in_use', message: `Port ${port} of 127.0.0.1, meant for PostgreSQL, is in use by another program.` }
  }
  const line = said.split('\n').find((text) => /FATAL|PANIC/.test(text)) ?? said.trim().split('\n').at(-1)
  return {
    code: 'store_unavailable',
    message: `The embedded PostgreSQL did not start: ${line?.replace(/^.*(FATAL|PANIC):\s*/, '') ?? 'no reason given'}`,
    next: `Look into ${join(dirname(dir), 'postgres.log')}, or set DATABASE_URL to a server.`,
  }
}

function start(command: string, identity: Identity, args: string[]): ChildProcess {
  if (ending) throw new Error('it was told to end.')
  const [program, ...rest] = [...identity.prefix, command, ...args]
  current = spawn(program ?? command, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH, LC_ALL: 'C', TZ: 'UTC' },
    ...(identity.prefix.length === 0 && identity.owner !== null ? identity.owner : {}),
  })
  return current
}

/** Stops the server: at once but in order, then without a last checkpoint, then by force. */
function end(): void {
  if (ending) return
  ending = true
  if (current === null) process.exit(0)
  current.kill('SIGINT')
  setTimeout(() => current?.kill('SIGQUIT'), 6_000).unref()
  setTimeout(() => current?.kill('SIGKILL'), 8_000).unref()
}

function answer(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
