import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import type { Readiness } from '../api/contract/admin.ts'
import type { AnswersState } from '../api/contract/kpi.ts'
import type { KafkaState } from '../api/contract/kafka.ts'
import type { Ledger } from '../api/contract/ledger.ts'
import { startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { freePort } from '../platform/free-port.ts'
import { openLog } from '../platform/log.ts'
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts'
import { startBroker } from './support/kafka.ts'
import { type Supervised, superviseSightline } from './support/supervise.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PASSWORD = 'test-password'
const TOKEN = `sl_${randomBytes(24).toString('base64url')}`

const log = openLog({ level: 'error', human: true })
const scratch = await mkdtemp(join(tmpdir(), 'sightline-processes-'))
const ending: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true, maxRetries: 5 })]
after(async () => {
  for (const end of ending.toReversed()) await end()
})

const stores = {
  clickhouse: { dir: join(scratch, 'clickhouse'), log, port: await freePort() },
  users: {
    writer: { username: 'sightline_writer', password: PASSWORD },
    reader: { username: 'sightline_reader', password: PASSWORD },
  },
}
const startClickHouse = () => startEmbeddedClickHouse({ ...stores.clickhouse, users: stores.users })
let clickhouse = await startClickHouse()
ending.push(() => clickhouse.stop())
const postgres = await startEmbeddedPostgres({ dir: join(scratch, 'postgres'), password: PASSWORD, log })
ending.push(() => postgres.stop())
const broker = await startBroker()
ending.push(() => broker.stop())

const compose = parse(readFileSync(`${ROOT}docker-compose.yml`, 'utf8'), { merge: true }) as {
  services: Record<string, { command: string[]; environment: Record<string, string> }>
}

/** Command and settings of a service of docker-compose.yml, with the stores of this test in place of those that it names. */
function serviceOf(name: string): { command: string[]; env: Record<string, string> } {
  const { command = [], environment = {} } = compose.services[name] ?? {}
  const secrets: Record<string, string> = {
    CLICKHOUSE_WRITER_PASSWORD: PASSWORD,
    CLICKHOUSE_READER_PASSWORD: PASSWORD,
    POSTGRES_PASSWORD: PASSWORD,
    SIGHTLINE_ADMIN_TOKEN: TOKEN,
    SIGHTLINE_SECRET_KEY: 'k'.repeat(48),
    SIGHTLINE_LOG_LEVEL: 'info',
  }
  const places: Record<string, string> = {
    'clickhouse:8123': new URL(clickhouse.url).host,
    'postgres:5432': new URL(postgres.url).host,
    'kafka:9092': broker.brokers.join(','),
  }
  const env = Object.fromEntries(
    Object.entries(environment).map(([key, text]) => {
      const filled = text.replaceAll(/\$\{(\w+)[^}]*\}/gu, (_all, variable: string) => secrets[variable] ?? '')
      return [key, filled.replaceAll(/\b(?:clickhouse|postgres|kafka):\d+/gu, (place) => places[place] ?? place)]
    }),
  )
  return { command, env: { ...env, SIGHTLINE_PORT: '0', SIGHTLINE_DATA: scratch, SIGHTLINE_KAFKA_SESSION_MS: '3000' } }
}

const started: Supervised[] = []

function processOf(service: string, name = service): Supervised {
  const { command, env } = serviceOf(service)
  const found = superviseSightline(name, command, env)
  started.push(found)
  ending.push(() => found.stop())
  return found
}

async function until(what: string, condition: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const limit = Date.now() + limitMs
  for (let last: unknown; ;) {
    const met = await condition().catch((error: unknown) => {
      last = error
      return false
    })
    if (met) return
    assert.ok(Date.now() < limit, `not in time: ${what} ${last instanceof Error ? last.message : ''}\n${said()}`)
    await sleep(100)
  }
}

/** What the processes said last. */
function said(): string {
  return started.map((one) => `${one.name} (${one.pid()}): ${one.output().slice(-3000)}`).join('\n')
}

async function ready(of: Supervised): Promise<{ status: number; failing: string[] }> {
  const response = await fetch(new URL('/readyz', of.url()))
  const { checks } = (await response.json()) as Readiness
  return { status: response.status, failing: checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`) }
}

const isReady = async (of: Supervised): Promise<boolean> => (await ready(of)).status === 200

async function turnsGreen(of: Supervised): Promise<void> {
  await until(`${of.name} is green`, async () => {
    const { failing } = await ready(of)
    if (failing.length > 0) throw new Error(failing.join('; '))
    return true
  })
}

async function ask<T>(of: Supervised, method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(new URL(path, of.url()), {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'x-tenant-id': 'acme', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T }
}

let batches = 0
function batch(): { ids: string[]; body: unknown[] } {
  const number = String(++batches).padStart(5, '0')
  const ids = Array.from({ length: 20 }, (_, row) => `INV-${number}-${row}`)
  return {
    ids,
    body: ids.map((id) => ({
      specversion: '1.0',
      id,
      source: '/erp',
      type: 'invoice.received',
      time: new Date().toISOString(),
      data: { object: `invoice/${id}` },
    })),
  }
}

const acknowledged = new Set<string>()

/** Posts one batch; whether it was acknowledged, and what was answered otherwise. */
async function post(of: Supervised): Promise<number | 'gone'> {
  const { ids, body } = batch()
  const answer = await ask(of, 'POST', '/v1/events', body).catch(() => null)
  if (answer?.status === 200) for (const id of ids) acknowledged.add(id)
  return answer?.status ?? 'gone'
}

/** Posts to processes in turn until told to stop. */
function posting(targets: readonly Supervised[]): { answers: Map<string, number>; stop(): Promise<void> } {
  const answers = new Map<string, number>()
  let stopped = false
  const lanes = targets.map(async (target) => {
    while (!stopped) {
      const answer = String(await post(target))
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      await sleep(answer === '200' ? 25 : 100)
    }
  })
  return {
    answers,
    async stop() {
      stopped = true
      await Promise.all(lanes)
    },
  }
}

/** Every invoice that is known, as soon as the lists hold all that is stored. */
async function invoices(of: Supervised): Promise<Set<string>> {
  const found = new Set<string>()
  await until('the answers are computed', async () => (await ask<AnswersState>(of, 'GET', '/v1/answers')).body.changed === 0)
  for (let cursor = ''; ;) {
    const { status, body } = await ask<{ objects: { id: string }[]; next: string | null }>(
      of,
      'GET',
      `/v1/objects/invoice?limit=500${cursor === '' ? '' : `&after=${encodeURIComponent(cursor)}`}`,
    )
    assert.equal(status, 200)
    for (const { id } of body.objects) found.add(id)
    if (body.next === null) return found
    cursor = body.next
  }
}

/** Waits until everything that was acknowledged is there. */
async function arrived(of: Supervised): Promise<void> {
  await until('what was acknowledged is there', async () => {
    const there = await invoices(of)
    return [...acknowledged].every((id) => there.has(id))
  })
}

const run = promisify(execFile)

test('the processes of docker-compose.yml, each on its own', async (t) => {
  await t.test('migrate brings empty stores to this version, however often and however many at once', async () => {
    const { command, env } = serviceOf('migrate')
    const migrate = () =>
      run(process.execPath, [`${ROOT}cli/sightline.mjs`, ...command], { cwd: scratch, env: { ...env, PATH: '' } })
    for (const { stdout } of await Promise.all([migrate(), migrate()]))
      assert.match(stdout, /^Both stores are at this version\.$/mu)
    await migrate()
  })

  const api = processOf('api')
  const secondApi = processOf('api', 'second api')
  const ingest = processOf('ingest')
  const secondIngest = processOf('ingest', 'second ingest')
  const alerts = processOf('alerts')
  const secondAlerts = processOf('alerts', 'second alerts')
  const all = [api, secondApi, ingest, secondIngest, alerts, secondAlerts]

  await t.test('two of each start side by side and are ready; only the API answers the API', async () => {
    await Promise.all(all.map((one) => one.start()))
    await Promise.all(all.map((one) => until(`${one.name} is ready`, () => isReady(one))))
    const made = await ask(api, 'POST', '/v1/tenants', { id: 'acme', name: 'Acme' })
    assert.equal(made.status, 201)
    for (const one of all) {
      assert.equal((await fetch(new URL('/healthz', one.url()))).status, 200)
      const answer = await ask(one, 'GET', '/v1/process')
      assert.equal(answer.status, one === api || one === secondApi ? 200 : 404, one.name)
      assert.equal((await fetch(new URL('/metrics', one.url()))).status, 401, one.name)
    }
  })

  await t.test('events go by HTTP through Kafka into the store, and come back by the API', async () => {
    for (let round = 0; round < 3; round++) for (const one of [api, secondApi]) assert.equal(await post(one), 200)
    await arrived(api)
    assert.deepEqual(await invoices(secondApi), acknowledged)
    // The consumers leave word every few seconds.
    await until('the lag is told', async () => {
      const { body } = await ask<KafkaState>(api, 'GET', '/v1/kafka')
      return body.connected && body.partitions.some(({ topic }) => topic === 'sightline.ingest')
    })
  })

  await t.test('a killed consumer loses nothing: the other one goes on where it was', async () => {
    const lanes = posting([api, secondApi])
    await sleep(1500)
    await ingest.kill()
    await sleep(1500)
    await lanes.stop()
    assert.deepEqual([...lanes.answers.keys()], ['200'])
    await arrived(api)
    await ingest.start()
    await until('it is ready again', () => isReady(ingest))
  })

  await t.test('SIGTERM ends each in order while events come in, and nothing acknowledged is lost', async () => {
    const lanes = posting([api, secondApi])
    await sleep(500)
    const codes = [await secondApi.stop(), await secondIngest.stop()]
    await sleep(500)
    await lanes.stop()
    assert.deepEqual(codes, [0, 0], said())
    for (const answer of lanes.answers.keys()) assert.match(answer, /^(?:200|503|gone)$/u)
    await arrived(api)
    await Promise.all([secondApi.start(), secondIngest.start()])
  })

  await t.test('while ClickHouse is away processes are up and red, events are taken, and all arrives afterwards', async () => {
    const gone = clickhouse.exited
    process.kill(clickhouse.pid, 'SIGKILL')
    await gone
    await until('they are red', async () => !(await isReady(api)) && !(await isReady(ingest)))
    for (const one of [api, ingest]) {
      assert.ok(
        (await ready(one)).failing.some((check) => check.startsWith('clickhouse:')),
        one.name,
      )
      assert.equal((await fetch(new URL('/healthz', one.url()))).status, 200)
    }
    assert.equal(await post(api), 200, 'Kafka takes what ClickHouse cannot')
    assert.equal((await ask(api, 'GET', '/v1/process')).status, 503)
    assert.equal((await ask(api, 'GET', '/v1/kafka')).status, 200)
    await sleep(2000)
    clickhouse = await startClickHouse()
    await Promise.all([api, ingest].map(turnsGreen))
    await arrived(api)
  })

  await t.test('while Kafka is away the API is red and acknowledges nothing; afterwards all goes on', async () => {
    await broker.kill()
    await until('they are red', async () => !(await isReady(api)) && !(await isReady(ingest)))
    assert.ok((await ready(api)).failing.some((check) => check.startsWith('kafka:')))
    assert.ok((await ready(ingest)).failing.some((check) => check.startsWith('kafka:')))
    assert.equal(await post(api), 503)
    assert.equal((await ask(api, 'GET', '/v1/process')).status, 200)
    await broker.restart()
    await Promise.all([api, ingest].map(turnsGreen))
    await until('an event is acknowledged', async () => (await post(api)) === 200)
    await arrived(api)
  })

  await t.test('one watch looks and the other stands by; when it is killed the other takes over', async () => {
    const leads = async (one: Supervised): Promise<boolean> => {
      const response = await fetch(new URL('/metrics', one.url()), { headers: { authorization: `Bearer ${TOKEN}` } })
      const text = await response.text()
      assert.match(text, /^sightline_watch_open_dead_letters \d+$/mu)
      assert.match(text, /^sightline_watch_missing_rows 0$/mu)
      return /^sightline_watch_leading 1$/mu.test(text)
    }
    const [first, second] = (await leads(alerts)) ? [alerts, secondAlerts] : [secondAlerts, alerts]
    assert.deepEqual([await leads(first), await leads(second)], [true, false])
    await first.kill()
    await until('the other one looks', () => leads(second))
    assert.equal((await ready(second)).status, 200)
    assert.equal(await second.stop(), 0, second.output())
  })

  await t.test('the ledger balances over all of it', async () => {
    const ledger = async () => (await ask<Ledger>(api, 'GET', '/v1/ledger?bucket=minute')).body
    await until('the ledger is settled', async () => {
      const { totals } = await ledger()
      return totals.in_flight === 0 && totals.stored >= acknowledged.size
    })
    const { totals, balanced } = await ledger()
    assert.equal(balanced, true, JSON.stringify(totals))
    assert.equal(totals.missing, 0)
    // What was answered 503 or not at all may be there too; nothing is there twice.
    assert.equal(totals.stored, (await invoices(api)).size)
  })

  await t.test('the rest ends in order, and nothing crashed', async () => {
    for (const one of [ingest, secondIngest, api, secondApi]) assert.equal(await one.stop(), 0, one.output())
    for (const one of all) assert.equal(one.crashes(), 0, one.output())
  })
})
