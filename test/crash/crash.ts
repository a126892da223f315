import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { randomFrom } from '../../demo/random.ts'
import type { Log } from '../../platform/log.ts'
import { supervise, type Supervised } from '../support/supervise.ts'
import { FAULTS, type Scene, type Struck } from './faults.ts'
import { differences, type Figures, figures } from './figures.ts'
import { assertAllSent, assertTruth, readTruth } from './oracle.ts'
import { PLAN_PARTITIONS, PLAN_TENANTS, type PlanSize, plannedWaves, planTopic } from './plan.ts'
import { drained, eventually, openWorld, type World } from './world.ts'

/** What a run of the crash test went through. */
export type CrashReport = {
  seed: number
  kills: number
  faults: number
  records: number
  events: number
  figures: number
  seconds: number
}

const PRODUCER = fileURLToPath(new URL('producer.ts', import.meta.url))
const TOPICS = PLAN_TENANTS.map((tenant) => ({ tenant, topic: planTopic(tenant), partitions: PLAN_PARTITIONS }))
/** Types of documents whose processes and timelines are compared. */
const TYPES = ['requisition', 'purchase_order', 'invoice', 'payment']
/** SIGKILLs of all faults together. */
const KILLS_OF_ALL = FAULTS.reduce((sum, { kills }) => sum + kills, 0)
/** A wave lasts about as long as a fault. */
const PER_WAVE = 320
const RATE = 200

/**
 * Sends the same records twice: once to an installation that nobody disturbs, and once to one whose consumers, ClickHouse, broker and
 * producer are killed, frozen and broken at every crash point and at random instants. Fails unless the second one ends with every event
 * once, a balanced ledger, the garbage and only it among the dead letters, and every figure as the first one's.
 *
 * @param options.kills SIGKILLs at least; faults that kill nothing come on top
 * @param options.tell is told what happens, a line at a time
 */
export async function crash(options: {
  seed: number
  kills: number
  log: Log
  tell: (line: string) => void
}): Promise<CrashReport> {
  const { seed, kills, log, tell } = options
  const started = performance.now()
  const size: PlanSize = { seed, waves: FAULTS.length + Math.ceil(Math.max(0, kills - KILLS_OF_ALL) * 1.4), perWave: PER_WAVE }
  const waves = plannedWaves(size)
  const records = waves.reduce((sum, wave) => sum + wave.length, 0)
  tell(`seed ${seed}: ${records} records in ${waves.length} waves`)

  const expected = await undisturbed(size, log)
  tell(`the undisturbed run took ${since(started)} s and gives ${expected.size} answers`)

  const world = await openWorld({ log, replicas: 3, spare: 1 })
  try {
    await world.bind(TOPICS)
    const struck = await underFire(world, size, kills, tell)
    await eventually('everything is read', 120_000, () =>
      drained(
        world,
        TOPICS.map(({ topic }) => topic),
      ),
    )
    tell(`everything is read after ${since(started)} s`)
    const truths = await readTruth(world.kafka, world.admin)
    assertAllSent(truths, waves)
    await assertTruth(world, truths, 90_000)
    tell(`events, ledger and dead letters are as they should be after ${since(started)} s`)
    let left: string[] = []
    await eventually('every figure is as it was undisturbed', 180_000, async () => {
      left = differences(expected, await figures(world, TYPES))
      return left.length === 0 ? true : `${left.length} differ:\n${left.slice(0, 5).join('\n')}`
    })
    const crashed = [world.api, ...world.replicas.map(({ process }) => process)].filter((process) => process.crashes() > 0)
    assert.deepEqual(
      crashed.map((process) => `${process.name}: ${process.output().slice(-3000)}`),
      [],
      'a process ended by itself',
    )
    return {
      seed,
      kills: struck.reduce((sum, one) => sum + one.kills, 0),
      faults: struck.length,
      records: [...truths.values()].reduce((sum, truth) => sum + truth.records, 0),
      events: [...truths.values()].reduce((sum, truth) => sum + truth.contents.size, 0),
      figures: expected.size,
      seconds: since(started),
    }
  } catch (error) {
    for (const { process } of world.replicas) tell(`--- ${process.name}\n${process.output().slice(-6000)}`)
    throw error
  } finally {
    await world.stop()
  }
}

/** The figures of the same records where nothing goes wrong. */
async function undisturbed(size: PlanSize, log: Log): Promise<Figures> {
  const world = await openWorld({ log, replicas: 1 })
  try {
    await world.bind(TOPICS)
    const producer = startProducer(world, size, 5000)
    await producer.process.start()
    try {
      for (let wave = 0; wave < size.waves; wave++) await producer.send(wave)
    } finally {
      await producer.process.kill()
    }
    await eventually('the undisturbed run is read', 120_000, () =>
      drained(
        world,
        TOPICS.map(({ topic }) => topic),
      ),
    )
    await assertTruth(world, await readTruth(world.kafka, world.admin), 90_000)
    return await figures(world, TYPES)
  } finally {
    await world.stop()
  }
}

/** Strikes every fault once, in random order, and then random ones – at last only those that kill – until there were enough kills. */
async function underFire(world: World, size: PlanSize, kills: number, tell: (line: string) => void): Promise<Struck[]> {
  const random = randomFrom(size.seed, 'faults')
  const order = FAULTS.map((fault) => ({ fault, at: random.uniform() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ fault }) => fault)
  const producer = startProducer(world, size, RATE)
  await producer.process.start()
  const struck: Struck[] = []
  try {
    for (let wave = 0; wave < size.waves; wave++) {
      const sent = producer.send(wave)
      const missing = kills - struck.reduce((sum, one) => sum + one.kills, 0)
      const others = size.waves - wave > missing ? FAULTS : FAULTS.filter(({ kills: killed }) => killed > 0)
      const fault = order[wave] ?? (missing > 0 ? random.pick(others) : undefined)
      if (fault !== undefined) {
        const scene: Scene = { world, producer: producer.process, random, resend: () => producer.resend(wave) }
        const began = performance.now()
        const one = await fault.strike(scene).catch((cause: unknown) => {
          throw new Error(`wave ${wave}, ${fault.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
        })
        struck.push(one)
        tell(`${String(wave + 1).padStart(3)}  ${one.what}  (${since(began)} s)`)
      }
      await sent
    }
    return struck
  } finally {
    await producer.process.kill()
  }
}

type Producer = {
  process: Supervised
  /** Resolves when the broker has the wave. */
  send(wave: number): Promise<void>
  /** Tells a producer that was started again to send the wave again. */
  resend(wave: number): void
}

function startProducer(world: World, size: PlanSize, rate: number): Producer {
  const waiting = new Map<number, () => void>()
  const process = supervise(
    'producer',
    [PRODUCER, JSON.stringify(size)],
    { KAFKA_BROKERS: world.broker.brokers.join(','), RATE: String(rate) },
    (line) => (line.includes('producer ready') ? '' : undefined),
    (message) => {
      const { sent } = message as { sent: number }
      waiting.get(sent)?.()
      waiting.delete(sent)
    },
  )
  return {
    process,
    send: (wave) =>
      new Promise((resolve) => {
        waiting.set(wave, resolve)
        process.tell({ wave })
      }),
    resend(wave) {
      if (waiting.has(wave)) process.tell({ wave })
    },
  }
}

function since(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10
}
