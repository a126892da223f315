import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { engineParts } from '../alerts/engine.ts'
import { createOutbox } from '../alerts/outbox.ts'
import { tickTenant } from '../alerts/tick.ts'
import { randomFrom } from '../demo/random.ts'
import type { Instant } from '../model/instant.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { openLog } from '../platform/log.ts'
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { openStores } from '../platform/stores.ts'
import { createTenant } from '../platform/tenants.ts'
import { startFaults } from './alert-chaos/faults.ts'
import { DOWN, LASTS, MINUTE, STEP } from './alert-chaos/plan.ts'
import { play } from './alert-chaos/play.ts'
import { startChaosReceiver } from './alert-chaos/receiver.ts'
import { supervise, superviseClickHouse } from './support/supervise.ts'

/**
 * By an injected clock, so that hours take a minute. `WALL=1 node test/run.ts alert-chaos` plays the same by the wall clock, which takes its
 * two hours: processes stand still for a minute, the channel is down for an hour, and whoever evaluates asks PostgreSQL for the time.
 */
const isWall = process.env['WALL'] === '1'
const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
const EVALUATOR = fileURLToPath(new URL('alert-chaos/evaluator.ts', import.meta.url))
const PASSWORD = 'test-password'
const SECRET_KEY = 'k'.repeat(48)
/** Ownership of a message where the clock is injected, seconds; and how far the clocks of the processes are wrong at most, ms. */
const OWNED_S = 9
const SKEW_MS = 120_000
const EVALUATORS = 3

const log = openLog({ level: 'error', human: true })
const ending: (() => Promise<unknown>)[] = []
after(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

test(
  'evaluators that are killed and stand still, a database that restarts, a channel that is down: each message once, in order',
  { timeout: isWall ? 4 * 3_600_000 : 600_000 },
  async (t) => {
    t.diagnostic(`seed ${seed}`)
    const started = performance.now()
    const folder = await mkdtemp(join(tmpdir(), 'sightline-chaos-'))
    ending.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    const postgresAt = { dir: join(folder, 'postgres'), password: PASSWORD, log }
    const [first, clickhouse] = await Promise.all([startEmbeddedPostgres(postgresAt), superviseClickHouse({ folder, log })])
    let postgres = first
    ending.push(
      () => postgres.stop(),
      () => clickhouse.stop(),
    )
    await clickhouse.start()
    const env = { CLICKHOUSE_URL: clickhouse.address(), CLICKHOUSE_READER_PASSWORD: PASSWORD, DATABASE_URL: postgres.url }
    const stores = await openStores({
      env: {
        dataFolder: folder,
        clickHouseUrl: env.CLICKHOUSE_URL,
        clickHouseReaderPassword: PASSWORD,
        databaseUrl: env.DATABASE_URL,
      },
      log,
    })
    ending.push(() => stores.close())
    const secrets = await openSecretBox({ key: SECRET_KEY, folder: null })

    const start: Instant = isWall ? (Math.floor(Date.now() / 1000) + 300) * 1e6 : Date.UTC(2026, 2, 3, 8) * 1000
    let now = start
    const receiver = await startChaosReceiver((channel) => {
      const at = isWall && now === Number.POSITIVE_INFINITY ? Date.now() * 1000 : now
      return channel === DOWN.channel && at >= start + DOWN.from * MINUTE && at < start + DOWN.to * MINUTE
    })
    ending.push(() => receiver.close())
    const common = { stores, secrets, seed, start, receiverUrl: receiver.url }
    const tenants = ['calm', 'chaos'].map(verifiedTenant)
    for (const id of tenants) await createTenant(stores.postgres.db, { id, name: id })
    const [calm, stormy] = tenants
    assert.ok(calm !== undefined && stormy !== undefined)

    // What is told where nothing goes wrong.
    const engine = engineParts({ stores, log, links: null, url: 'http://sightline.test', now: async () => now })
    const registry = new Registry()
    const outbox = createOutbox({ stores, secrets, now: () => now, log, registry, reach: 'private', smtpUrl: undefined })
    const expected = await play({
      ...common,
      tenant: calm,
      clock: async (at) => void (now = at),
      work: async () => {
        await tickTenant(engine, calm)
        await outbox.drainOnce()
      },
    })
    const alerts = expected.written.size
    t.diagnostic(
      `undisturbed: ${alerts} alerts, ${expected.transitions.length} transitions, ${expected.notes.length} messages, ${since(started)} s`,
    )
    assert.ok(alerts >= 200 && expected.notes.length === 2 * alerts, 'every alert is told of when it fires and when it is over')
    assert.deepEqual(expected.unsent, [])
    assert.equal(receiver.taken.length, expected.notes.length)

    // The same under fire.
    now = isWall ? Number.POSITIVE_INFINITY : start
    receiver.taken.length = 0
    const clock = createServer((_request, response) => void response.end(String(now)))
    await new Promise<void>((resolve) => {
      clock.listen(0, '127.0.0.1', resolve)
    })
    ending.push(async () => {
      clock.closeAllConnections()
      await new Promise((resolve) => clock.close(resolve))
    })
    const random = randomFrom(seed, 'faults')
    const evaluators = Array.from({ length: EVALUATORS }, (_, number) =>
      supervise(
        `evaluator ${number + 1}`,
        [EVALUATOR],
        {
          ...env,
          SIGHTLINE_DATA: folder,
          SIGHTLINE_SECRET_KEY: SECRET_KEY,
          SKEW_MS: String(Math.round(random.between(-SKEW_MS, SKEW_MS))),
          ...(isWall ? {} : { CLOCK_URL: `http://127.0.0.1:${(clock.address() as AddressInfo).port}`, OWNED_S: String(OWNED_S) }),
        },
        (line) => (line.includes('evaluator ready') ? '' : undefined),
      ),
    )
    ending.push(() => Promise.all(evaluators.map((one) => one.kill())))
    await Promise.all(evaluators.map((one) => one.start()))
    const faults = startFaults({
      processes: evaluators,
      random,
      steps: LASTS / STEP,
      freezes: isWall ? 8 : 3,
      frozenMs: isWall ? 60_000 : 11_500,
      withinMs: isWall ? STEP * 50_000 : 1500,
      async restartPostgres() {
        await postgres.stop()
        postgres = await startEmbeddedPostgres({ ...postgresAt, port: Number(new URL(env.DATABASE_URL).port) })
      },
      tell: (line) => t.diagnostic(line),
    })
    const outcome = await play({
      ...common,
      tenant: stormy,
      clock: async (at) => {
        if (isWall) await sleep(Math.max(0, at / 1000 - Date.now()))
        else now = at
      },
      step: (number) => faults.strike(number),
    }).catch((error: unknown) => {
      for (const one of evaluators) t.diagnostic(`${one.name}, process ${one.pid()}: ${one.output().slice(-2000)}`)
      throw error
    })
    const struck = await faults.over()

    const ids = receiver.taken.map(({ id }) => id)
    const once = new Set(ids)
    t.diagnostic(
      `${struck.kills} kills, ${struck.freezes} processes stood still, PostgreSQL restarted ${struck.restarts} times, ` +
        `the channel refused ${receiver.refused()} deliveries; ${ids.length - once.size} of ${ids.length} deliveries were copies, ` +
        `which receivers drop by their id; ${since(started)} s (SEED=${seed})`,
    )
    assert.deepEqual([struck.restarts, struck.freezes > 0, struck.kills > 5], [1, true, true])
    assert.deepEqual(
      evaluators
        .map((one) => (one.crashes() === 0 ? '' : `${one.name}: ${one.output().slice(-3000)}`))
        .filter((text) => text !== ''),
      [],
      'no process ended by itself',
    )
    assert.deepEqual(outcome.transitions, expected.transitions, 'each transition once, as undisturbed')
    assert.deepEqual(outcome.notes, expected.notes, 'each message once, as undisturbed')
    assert.deepEqual(outcome.unsent, [])
    assert.deepEqual(once, new Set([...outcome.written.values()].flatMap((one) => one.ids)), 'none is missing, none is unknown')
    for (const [alert, { channel, ids: written }] of outcome.written) {
      const arrived = receiver.taken.filter((one) => one.alert === alert)
      assert.deepEqual(
        [...new Set(arrived.map(({ id }) => id))],
        written,
        `the messages of alert ${alert} arrived in their order`,
      )
      assert.deepEqual(new Set(arrived.map((one) => one.channel)), new Set([channel]))
    }
  },
)

function since(from: number): number {
  return Math.round((performance.now() - from) / 100) / 10
}
