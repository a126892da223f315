import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import kafkajs from 'kafkajs'
import { freePort } from '../../platform/free-port.ts'
import { prepareKafkajs } from '../../platform/kafka/prepare-kafkajs.ts'

/** A real Apache Kafka broker for a test, on loopback. */
export type TestBroker = {
  /** `host:port`. */
  brokers: string[]
  /** Process id of the Java process; 0 for a broker that was given by `KAFKA_BROKERS`. */
  pid: number
  /** Ends it in order and removes its folder, unless the folder was given. May be called twice. */
  stop(): Promise<void>
  /** SIGKILL; resolves when it is gone. What was acknowledged stays in the page cache and so in the folder. */
  kill(): Promise<void>
  /** Starts it again on the same port and folder, after {@link TestBroker.kill} or in place of what runs. */
  restart(): Promise<void>
}

const POM = fileURLToPath(new URL('kafka/pom.xml', import.meta.url))
const START_MS = 60_000
const ATTEMPTS = 5

let shared: Promise<TestBroker> | undefined

/** The broker of this test process, started once. Stop it in `after`. */
export function sharedBroker(): Promise<TestBroker> {
  return (shared ??= startBroker())
}

/**
 * Starts Apache Kafka in KRaft mode, broker and controller in one process of 384 MiB heap, and resolves when it answers. Its jars come
 * from Maven Central once and lie in the user's cache folder then. The process ends with this one, however it went. Where
 * `KAFKA_BROKERS` is set, that broker is used as it is, and `kill` and `restart` are refused.
 *
 * @param options.folder keeps the log segments; a temporary one by default
 * @param options.port a free one by default
 */
export async function startBroker(options: { folder?: string; port?: number } = {}): Promise<TestBroker> {
  const given = process.env['KAFKA_BROKERS']
  if (given !== undefined && given !== '') return givenBroker(given.split(','))
  const classPath = join(await jars(), '*')
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sightline-kafka-')))
  let running: Running | undefined
  let port = 0
  for (let attempt = 1; running === undefined; attempt++) {
    port = options.port ?? (await freePort())
    running = await launch(classPath, folder, port, await freePort()).catch((error: unknown) => {
      if (options.port !== undefined || attempt === ATTEMPTS) throw error
      return undefined
    })
  }
  let current = running
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    current.signal(signal)
    const late = setTimeout(() => current.signal('SIGKILL'), 15_000)
    await current.exited
    clearTimeout(late)
  }
  let stopping: Promise<void> | undefined
  const broker: TestBroker = {
    brokers: [`127.0.0.1:${port}`],
    pid: current.pid,
    kill: () => kill('SIGKILL'),
    async restart() {
      await kill('SIGKILL')
      current = await launch(classPath, folder, port, await freePort())
      broker.pid = current.pid
    },
    stop: () =>
      (stopping ??= (async () => {
        // A broker with a folder to keep flushes it; one that is thrown away need not.
        await kill(options.folder === undefined ? 'SIGKILL' : 'SIGTERM')
        if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      })()),
  }
  return broker
}

function givenBroker(brokers: string[]): TestBroker {
  const refuse = () => Promise.reject(new Error('KAFKA_BROKERS names a broker that the tests did not start: it is not killed'))
  return { brokers, pid: 0, stop: () => Promise.resolve(), kill: refuse, restart: refuse }
}

type Running = { pid: number; exited: Promise<void>; signal(signal: NodeJS.Signals): void }

/** Java in the background of a shell that kills it when standard input ends, which happens when this process is gone. */
const GUARD = `exec 3<&0
"$@" </dev/null 3<&- & child=$!
echo "$child"
(cat <&3; kill -KILL "$child") >/dev/null 2>&1 &
wait "$child"`

async function launch(classPath: string, folder: string, port: number, controllerPort: number): Promise<Running> {
  const settings = join(folder, 'server.properties')
  const data = join(folder, 'data')
  await mkdir(data, { recursive: true })
  await writeFile(settings, serverProperties(data, port, controllerPort))
  const java = (heap: string) => ['-Xms64m', `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath]
  if (!(await exists(join(data, 'meta.properties')))) {
    const id = randomBytes(16).toString('base64url').replace(/^-/, 'A')
    await run('java', [...java('128m'), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', settings])
  }
  const args = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', '-cp', classPath]
  const child = spawn('sh', ['-c', GUARD, 'sh', 'java', ...args, 'kafka.Kafka', settings], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  let gone = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  child.stdin.on('error', () => {})
  const exited = (async () => {
    await once(child, 'exit')
    gone = true
    child.stdin.destroy()
  })()
  const deadline = Date.now() + START_MS
  for (;;) {
    const pid = Number(/^\d+/.exec(said)?.[0] ?? 0)
    if (gone) throw new Error(`the broker ended while starting: ${said}`)
    if (pid > 0 && (await answers(port))) return { pid, exited, signal: (signal) => void (gone || process.kill(pid, signal)) }
    if (Date.now() > deadline) {
      child.stdin.destroy()
      throw new Error(`the broker did not answer within ${START_MS / 1000} s: ${said}`)
    }
    await sleep(100)
  }
}

function serverProperties(data: string, port: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // A killed broker's registration must lapse before the next one is let in.
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'log.index.size.max.bytes': 1_048_576,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

async function answers(port: number): Promise<boolean> {
  prepareKafkajs()
  const client = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 1000,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.length > 0
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('KafkaJS')) return false
    throw error
  } finally {
    await admin.disconnect()
  }
}

/** Folder with the broker's jars, filled by Maven the first time; safe with several test processes at once. */
async function jars(): Promise<string> {
  const version = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(await readFile(POM, 'utf8'))?.[1]
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const parent = join(cache, 'sightline')
  const folder = join(parent, `kafka-${version}`)
  const lock = `${folder}.lock`
  await mkdir(parent, { recursive: true })
  while (!(await exists(folder))) {
    const file = await open(lock, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      return null
    })
    if (file === null) {
      await removeIfLeft(lock)
      await sleep(200)
      continue
    }
    try {
      await file.writeFile(String(process.pid))
      const staging = await mkdtemp(`${folder}.part-`)
      await run('mvn', ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${staging}`])
      await rename(staging, folder)
    } finally {
      await file.close()
      await rm(lock, { force: true })
    }
  }
  return folder
}

/** Removes a lock whose owner is gone. */
async function removeIfLeft(lock: string): Promise<void> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => '0'))
  try {
    if (owner > 0) process.kill(owner, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') await rm(lock, { force: true })
    else throw error
  }
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve)
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = `the tests start a real Kafka broker and need ${command}: install Java 17 and Maven, or set KAFKA_BROKERS`
      reject(error.code === 'ENOENT' ? new Error(missing) : error)
    })
  })
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}: ${said}`)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
