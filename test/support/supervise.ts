import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ClickHouse, connectClickHouse } from '../../platform/clickhouse/client.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from '../../platform/clickhouse/embedded.ts'
import { freePort } from '../../platform/free-port.ts'
import type { Log } from '../../platform/log.ts'
import { migrateClickHouse } from '../../queries/migrate.ts'

/** A process of the operating system that a test starts, freezes and kills at will. It ends with the test, however that ends. */
export type Supervised = {
  name: string
  /** Process id; 0 while it does not run. */
  pid(): number
  /** What its first line with an address said: `http://127.0.0.1:PORT`. */
  url(): string
  /** Starts it, again after its end, and resolves when it is ready. */
  start(): Promise<void>
  /** Sends a message over its channel. */
  tell(message: object): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code when it is gone, `null` where only SIGKILL ended it. */
  stop(): Promise<number | null>
  /** SIGSTOP: it neither works nor hears anything until {@link Supervised.thaw}. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Ends that nobody asked for, once it was ready; where it does not become ready, `start` rejects. */
  crashes(): number
  /** The end of what it wrote, at most 64 KiB. */
  output(): string
  /** Memory that it holds now and the most that it ever held in this life, bytes; zeros while it does not run. */
  memory(): Promise<{ now: number; peak: number }>
}

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const KEPT = 64 * 1024
const READY_MS = 60_000
const STOP_MS = 20_000

/** A `sightline` command as a process of its own: `superviseSightline('ingest', ['ingest'], environment)`, ready when it listens. */
export function superviseSightline(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Supervised {
  return supervise(name, [MAIN, ...args], env, (line) => /"url":"(http:[^"]+)"/u.exec(line)?.[1])
}

/**
 * A Node script as a process of its own. The channel that it is started with closes when this process is gone; the script must end
 * itself then (`disconnect`).
 *
 * @param ready finds in a line of its output that it is ready, and its address; `''` where it has none
 * @param heard is called with what it sends over the channel
 */
export function supervise(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: (line: string) => string | undefined,
  heard: (message: unknown) => void = () => undefined,
): Supervised {
  let child: ReturnType<typeof spawn> | undefined
  let gone: Promise<number | null> = Promise.resolve(null)
  let output = ''
  let url = ''
  let asked = true
  let crashes = 0
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null
  const signal = (which: NodeJS.Signals) => {
    if (running()) child?.kill(which)
  }
  return {
    name,
    pid: () => (running() ? (child?.pid ?? 0) : 0),
    url: () => url,
    crashes: () => crashes,
    output: () => output,
    async start() {
      if (running()) throw new Error(`${name} is running already`)
      const started = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TZ: 'UTC', ...env },
      })
      child = started
      asked = false
      let wasReady = false
      started.on('message', heard)
      const isReady = new Promise<void>((resolve) => {
        for (const stream of [started.stdout, started.stderr])
          stream?.setEncoding('utf8').on('data', (text: string) => {
            output = (output + text).slice(-KEPT)
            for (const line of text.split('\n')) {
              const said = ready(line)
              if (said === undefined) continue
              url = said
              wasReady = true
              resolve()
            }
          })
      })
      gone = new Promise((resolve) => {
        started.on('exit', (code) => {
          if (wasReady && !asked) crashes++
          resolve(code)
        })
      })
      const result = await Promise.race([
        isReady.then(() => 'ready' as const),
        gone,
        sleep(READY_MS, 'late' as const, { ref: false }),
      ])
      if (result === 'ready') return
      if (asked) return
      signal('SIGKILL')
      throw new Error(`${name} did not start (${result}): ${output.slice(-2000)}`)
    },
    tell(message) {
      // One that is just dying hears nothing, and is told again.
      child?.send(message, () => undefined)
    },
    async kill() {
      asked = true
      signal('SIGKILL')
      await gone
    },
    async stop() {
      asked = true
      signal('SIGTERM')
      const late = setTimeout(() => signal('SIGKILL'), STOP_MS)
      const code = await gone
      clearTimeout(late)
      return code
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async memory() {
      const status = await readFile(`/proc/${child?.pid ?? 0}/status`, 'utf8').catch(() => '')
      const bytes = (field: string) => Number(new RegExp(`${field}:\\s*(\\d+) kB`, 'u').exec(status)?.[1] ?? 0) * 1024
      return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
    },
  }
}

/** ClickHouse as a process of its own, on a folder, a port and passwords that stay over its deaths. */
export type SupervisedClickHouse = {
  /** For processes: the value of `CLICKHOUSE_URL` by way of `url`, or of itself. */
  address(url?: string): string
  url: string
  pid(): number
  /** Clients that stay usable over restarts. */
  clients: ClickHouse
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
}

const PASSWORD = 'test-password'

/** Prepares ClickHouse in a folder; `start` starts it, and the first start migrates it. */
export async function superviseClickHouse(options: {
  folder: string
  log: Log
  memoryBytes?: number
}): Promise<SupervisedClickHouse> {
  const { folder, log, memoryBytes } = options
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const users = {
    writer: { username: 'sightline_writer', password: PASSWORD },
    reader: { username: 'sightline_reader', password: PASSWORD },
  }
  const clients = connectClickHouse({ url, ...users })
  let engine: EmbeddedClickHouse | undefined
  let migrated = false
  return {
    url,
    clients,
    address: (by = url) => by.replace('//', `//sightline_writer:${PASSWORD}@`),
    pid: () => engine?.pid ?? 0,
    async start() {
      engine = await startEmbeddedClickHouse({
        dir: join(folder, 'clickhouse'),
        log,
        port,
        users,
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      })
      if (migrated) return
      const response = await fetch(url, {
        method: 'POST',
        body: 'CREATE DATABASE IF NOT EXISTS sightline',
        headers: { 'x-clickhouse-user': users.writer.username, 'x-clickhouse-key': PASSWORD },
      })
      if (!response.ok) throw new Error(await response.text())
      await migrateClickHouse(clients.writer, log)
      migrated = true
    },
    async kill() {
      if (engine === undefined) return
      try {
        process.kill(engine.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
      await engine.exited
      engine = undefined
    },
    async stop() {
      await engine?.stop()
      engine = undefined
      await clients.close()
    },
  }
}
