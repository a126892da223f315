import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SightlineError } from '../errors.ts'
import { freePort } from '../free-port.ts'
import { startGuardedChild } from '../guarded-child.ts'
import type { GuardedChild } from '../guarded-child.ts'
import type { Log } from '../log.ts'
import type { ClickHouseUser } from './client.ts'

/** A ClickHouse engine from npm that runs as a child process on loopback. */
export type EmbeddedClickHouse = {
  /** `http://127.0.0.1:PORT` */
  url: string
  writer: ClickHouseUser
  reader: ClickHouseUser
  /** The process that the engine runs in. */
  pid: number
  /** Ends the engine in order, and by force after 10 s. May be called twice. */
  stop(): Promise<void>
  /** Resolves with the exit code (`null` after a signal) when the engine is gone, asked or not. */
  exited: Promise<number | null>
}

const USERS_FILE = fileURLToPath(new URL('../../deploy/clickhouse/users.xml', import.meta.url))
const HOST = fileURLToPath(new URL('host.ts', import.meta.url))
const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 10_000
/** How long a folder may stay locked by an engine that is just ending, or that lost its parent a moment ago. */
const FOLDER_RELEASE_MS = 1_500
const GIB = 2 ** 30

/**
 * Starts the embedded ClickHouse on a folder of its own.
 *
 * @param options.dir absolute path; created where missing, and used by one engine at a time
 * @param options.port loopback port; a free one where not given
 * @param options.memoryBytes upper limit for the engine as a whole, default 4 GiB
 * @param options.users where others must know them after a restart too; new passwords at every start where not given
 * @throws {SightlineError} `platform_unsupported`, `folder_in_use`, `port_in_use`, `folder_not_writable`, `store_unavailable`
 */
export async function startEmbeddedClickHouse(options: {
  dir: string
  log: Log
  port?: number
  memoryBytes?: number
  users?: Pick<EmbeddedClickHouse, 'writer' | 'reader'>
}): Promise<EmbeddedClickHouse> {
  const library = engineLibrary()
  const dir = resolve(options.dir)
  const config = join(dir, 'config.xml')
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await writeFile(config, configXml(dir, options.memoryBytes ?? 4 * GIB), { mode: 0o600 })
  } catch (cause) {
    throw new SightlineError('folder_not_writable', `The ClickHouse folder ${dir} cannot be written (${reason(cause)}).`, {
      next: 'Choose another folder with --data DIR, or set CLICKHOUSE_URL to a server.',
      cause,
    })
  }
  const { writer, reader } = options.users ?? {
    writer: { username: 'sightline_writer', password: randomBytes(24).toString('base64url') },
    reader: { username: 'sightline_reader', password: randomBytes(24).toString('base64url') },
  }
  const deadline = Date.now() + START_LIMIT_MS
  const lockedUntil = Date.now() + FOLDER_RELEASE_MS
  for (;;) {
    const port = options.port ?? (await freePort())
    const url = `http://127.0.0.1:${port}`
    const child = startGuardedChild(HOST, [library, ...engineArguments(dir, config, port)], {
      SIGHTLINE_CLICKHOUSE_WRITER_PASSWORD: writer.password,
      SIGHTLINE_CLICKHOUSE_READER_PASSWORD: reader.password,
      TZ: 'UTC',
    })
    if (await answers(child, url, writer, deadline)) {
      options.log.debug({ url, pid: child.pid }, 'embedded ClickHouse ready')
      return { url, writer, reader, pid: child.pid, exited: child.exited, stop: once(() => stop(child, url, writer)) }
    }
    child.kill()
    await child.exited
    const stderr = child.stderr()
    if (stderr.includes('Code: 76.')) {
      if (Date.now() < lockedUntil) {
        await sleep(100)
        continue
      }
      throw new SightlineError('folder_in_use', `Another ClickHouse engine is running on the folder ${dir}.`, {
        next: 'Stop it, or choose another folder with --data DIR.',
      })
    }
    if (stderr.includes('Code: 210.')) {
      if (options.port === undefined && Date.now() < deadline) continue
      throw new SightlineError('port_in_use', `Port ${port} of 127.0.0.1, meant for ClickHouse, is in use by another program.`, {
        next: 'Stop that program or choose another port.',
      })
    }
    throw new SightlineError('store_unavailable', `The embedded ClickHouse did not start: ${firstFailure(stderr)}`, {
      next: `Look into ${join(dir, 'clickhouse.log')}, or set CLICKHOUSE_URL to a server.`,
    })
  }
}

/** The engine's library of this platform. Some platforms resolve to a package without one, so the file itself is looked for. */
function engineLibrary(): string {
  const name = `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`
  try {
    const library = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'libchdb.so')
    if (existsSync(library)) return library
  } catch {
    // Not installed: answered below.
  }
  throw new SightlineError(
    'platform_unsupported',
    `There is no embedded ClickHouse for ${process.platform} on ${process.arch}: set CLICKHOUSE_URL to a ClickHouse server (25.8 or later).`,
  )
}

function engineArguments(dir: string, config: string, port: number): string[] {
  return [
    `--path=${join(dir, 'data')}`,
    `--config-file=${config}`,
    '--log-level=warning',
    '--listen_host=127.0.0.1',
    `--http_port=${port}`,
    '--multiquery',
    // The engine lives as long as its last query, which does nothing.
    '--query=SYSTEM START LISTEN HTTP; SELECT sleepEachRow(3) FROM numbers(1000000000) SETTINGS ' +
      'function_sleep_max_microseconds_per_block=1000000000000, max_block_size=1 FORMAT Null',
  ]
}

function configXml(dir: string, memoryBytes: number): string {
  return `<clickhouse>
  <timezone>UTC</timezone>
  <users_config>${xml(USERS_FILE)}</users_config>
  <logger>
    <log>${xml(join(dir, 'clickhouse.log'))}</log>
    <size>10M</size>
    <count>2</count>
  </logger>
  <mark_cache_size>${GIB / 4}</mark_cache_size>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
`
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Whether the engine of `child`, and no other program on the same port, answers before the deadline. */
async function answers(child: GuardedChild, url: string, writer: ClickHouseUser, deadline: number): Promise<boolean> {
  while (!child.gone() && Date.now() < deadline) {
    const answer = ask(url, writer, 'SELECT 1').then(
      async (response) => response.ok && (await response.text()).trim() === '1',
      // Not listening yet.
      () => false,
    )
    if (await Promise.race([answer, child.exited.then(() => false)])) return true
    await sleep(25)
  }
  return false
}

async function stop(child: GuardedChild, url: string, writer: ClickHouseUser): Promise<void> {
  if (!child.gone()) {
    await ask(url, writer, `KILL QUERY WHERE query LIKE 'SELECT sleepEachRow%' AND user = ''`).catch(() => {})
    await Promise.race([child.exited, sleep(STOP_LIMIT_MS, undefined, { ref: false })])
  }
  child.kill()
  await child.exited
}

function ask(url: string, user: ClickHouseUser, sql: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': user.username, 'x-clickhouse-key': user.password, connection: 'close' },
    signal: AbortSignal.timeout(2_000),
  })
}

function once(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= task())
}

function firstFailure(stderr: string): string {
  const line = stderr.split('\n').find((text) => /exception|error|cannot/i.test(text)) ?? stderr.trim().split('\n').at(-1)
  return line === undefined || line === '' ? 'it did not answer in time.' : line.trim()
}

function reason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
