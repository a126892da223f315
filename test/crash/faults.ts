import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../demo/random.ts'
import type { Supervised } from '../support/supervise.ts'
import type { InsertMoment } from './clickhouse-way.ts'
import type { Commit, KafkaMoment } from './kafka-way.ts'
import { eventually, type Replica, SESSION_MS, type World } from './world.ts'

/** What a fault did, for the record: its title, and how often SIGKILL was sent. */
export type Struck = { what: string; kills: number }

/** A fault and its repair: everything runs again when it resolves. `kills`: how often it sends SIGKILL for sure. */
export type Fault = { name: string; kills: number; strike(scene: Scene): Promise<Struck> }

export type Scene = { world: World; producer: Supervised; random: Random; resend(): void }

type Moment = ({ road: 'kafka' } & KafkaMoment) | ({ road: 'clickhouse' } & InsertMoment)
type Claimed = { claims: boolean; moves: boolean }

/** How long a moment is waited for; the consumers have records all the time. */
const MOMENT_MS = 90_000
const CLAIM = /^v1;\d+;\d+-\d+;/u

const isInsert =
  (at: InsertMoment['at'], table = 'events') =>
  (moment: Moment): boolean =>
    moment.road === 'clickhouse' && moment.at === at && moment.table === table
const isCommit =
  (at: 'commit' | 'committed', wanted: (kind: Claimed) => boolean) =>
  (moment: Moment): boolean =>
    moment.road === 'kafka' && moment.at === at && moment.commits.some((commit) => wanted(kindOf(commit)))

/** A claim on a range leaves the offset at the range's beginning; a commit without one moves behind what was stored. */
function kindOf({ offset, metadata }: Commit): Claimed {
  const first = /;(\d+)-\d+;/u.exec(metadata)?.[1]
  return { claims: CLAIM.test(metadata) && first === offset, moves: !CLAIM.test(metadata) }
}

/** Runs `act` when the moment comes at any replica that runs, once; what was said then passes or is dropped as `act` says. */
async function at(
  { world }: Scene,
  wanted: (moment: Moment) => boolean,
  act: (replica: Replica) => Promise<'drop' | 'pass'>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = setTimeout(() => reject(new Error('the moment never came')), MOMENT_MS)
  let struck = false
  for (const replica of world.replicas) {
    const watch = (moment: Moment): Promise<'drop' | 'pass'> | 'pass' => {
      if (struck || !wanted(moment)) return 'pass'
      struck = true
      clearTimeout(late)
      const acted = act(replica)
      acted.then(() => resolve(), reject)
      return acted
    }
    replica.kafka.watch = (moment) => watch({ road: 'kafka', ...moment })
    replica.clickhouse.watch = (moment) => watch({ road: 'clickhouse', ...moment })
  }
  try {
    await promise
  } finally {
    clearTimeout(late)
    for (const replica of world.replicas) {
      replica.kafka.watch = () => 'pass'
      replica.clickhouse.watch = () => 'pass'
    }
  }
}

/** Kills a consumer at a moment, and starts it again after a while. */
function killedAt(name: string, wanted: (moment: Moment) => boolean, then: 'drop' | 'pass'): Fault {
  return {
    name,
    kills: 1,
    async strike(scene) {
      await at(scene, wanted, async (replica) => {
        await replica.process.kill()
        return then
      })
      await sleep(scene.random.between(0, 1500))
      await running(scene.world)
      return { what: name, kills: 1 }
    },
  }
}

/** Starts again what does not run. */
async function running({ replicas }: World): Promise<void> {
  await Promise.all(replicas.slice(0, -1).map(async ({ process }) => (process.pid() === 0 ? process.start() : undefined)))
}

function spareOf({ replicas }: World): Replica {
  const spare = replicas.at(-1)
  if (spare === undefined) throw new Error('the world has no spare consumer')
  return spare
}

async function alter(world: World, sql: string): Promise<void> {
  await world.clickhouse.clients.writer.command({ query: sql })
}

/** A setting of a table that makes the server refuse inserts, as it does by itself when the cause is real. */
function refusing(name: string, tables: readonly string[], settings: string, reset: string): Fault {
  return {
    name,
    kills: 0,
    async strike(scene) {
      const table = scene.random.pick(tables)
      await at(scene, isInsert('insert'), async () => {
        await alter(scene.world, `ALTER TABLE sightline.${table} MODIFY SETTING ${settings}`)
        return 'pass'
      })
      await sleep(scene.random.between(500, 2500))
      await alter(scene.world, `ALTER TABLE sightline.${table} RESET SETTING ${reset}`)
      return { what: `${name} (${table})`, kills: 0 }
    },
  }
}

async function clickHouseAgain({ world, random }: Scene): Promise<void> {
  await sleep(random.between(100, 2000))
  await world.clickhouse.start()
}

const TABLES = ['events', 'object_events', 'object_state', 'batch_arrivals'] as const

/** Each crash point once; the tests strike all of them and then more at random. */
export const FAULTS: readonly Fault[] = [
  killedAt(
    'consumer killed before its claim was committed',
    isCommit('commit', ({ claims }) => claims),
    'drop',
  ),
  killedAt(
    'consumer killed after its claim was committed',
    isCommit('committed', ({ claims }) => claims),
    'drop',
  ),
  killedAt('consumer killed mid-insert', isInsert('half'), 'drop'),
  killedAt('consumer killed when all rows were sent', isInsert('sent'), 'pass'),
  killedAt('consumer killed after the insert', isInsert('stored'), 'drop'),
  killedAt('consumer killed before the ledger was written', isInsert('insert', 'ingest_batches'), 'drop'),
  killedAt('consumer killed before its dead letters were written', isInsert('insert', 'dead_letters'), 'drop'),
  killedAt(
    'consumer killed before the offset moved',
    isCommit('commit', ({ moves }) => moves),
    'drop',
  ),
  killedAt(
    'consumer killed after the offset moved',
    isCommit('committed', ({ moves }) => moves),
    'drop',
  ),
  {
    name: 'both consumers killed mid-insert',
    kills: 2,
    async strike(scene) {
      await at(scene, isInsert('half'), async () => {
        await Promise.all(scene.world.replicas.slice(0, -1).map(({ process }) => process.kill()))
        return 'drop'
      })
      await running(scene.world)
      return { what: 'both consumers killed mid-insert', kills: 2 }
    },
  },
  {
    name: 'rebalance mid-insert',
    kills: 0,
    async strike(scene) {
      const spare = spareOf(scene.world)
      await at(scene, isInsert('half'), async () => {
        await spare.process.start()
        // The insert hangs while the group gives the partition to others.
        await sleep(SESSION_MS)
        return 'pass'
      })
      await sleep(500)
      const killed = scene.random.chance(0.5)
      await (killed ? spare.process.kill() : spare.process.stop())
      return { what: `rebalance mid-insert, the newcomer ${killed ? 'killed' : 'leaving'}`, kills: killed ? 1 : 0 }
    },
  },
  zombie('a zombie that resumes before its insert', isInsert('insert')),
  zombie('a zombie that resumes mid-insert', isInsert('half')),
  zombie('a zombie that resumes after its insert', isInsert('stored')),
  zombie(
    'a zombie that resumes with its claim',
    isCommit('commit', ({ claims }) => claims),
  ),
  {
    name: 'ClickHouse killed mid-insert',
    kills: 1,
    async strike(scene) {
      await at(scene, isInsert('half'), async () => {
        await scene.world.clickhouse.kill()
        return 'drop'
      })
      await clickHouseAgain(scene)
      return { what: 'ClickHouse killed mid-insert', kills: 1 }
    },
  },
  {
    name: 'ClickHouse killed while it stores',
    kills: 1,
    async strike(scene) {
      await at(scene, isInsert('sent'), async () => {
        await sleep(scene.random.between(0, 30))
        await scene.world.clickhouse.kill()
        return 'pass'
      })
      await clickHouseAgain(scene)
      return { what: 'ClickHouse killed while it stores', kills: 1 }
    },
  },
  {
    name: 'ClickHouse killed after an insert, the answer lost',
    kills: 1,
    async strike(scene) {
      await at(scene, isInsert('stored'), async () => {
        await scene.world.clickhouse.kill()
        return 'drop'
      })
      await clickHouseAgain(scene)
      return { what: 'ClickHouse killed after an insert, the answer lost', kills: 1 }
    },
  },
  {
    name: 'broker killed as a claim comes',
    kills: 1,
    async strike(scene) {
      await at(
        scene,
        isCommit('commit', ({ claims }) => claims),
        async () => {
          await scene.world.broker.kill()
          return 'drop'
        },
      )
      await scene.world.broker.restart()
      return { what: 'broker killed as a claim comes', kills: 1 }
    },
  },
  {
    name: 'broker killed mid-insert',
    kills: 1,
    async strike(scene) {
      await at(scene, isInsert('half'), async () => {
        await scene.world.broker.kill()
        return 'pass'
      })
      await sleep(scene.random.between(0, 1000))
      await scene.world.broker.restart()
      return { what: 'broker killed mid-insert', kills: 1 }
    },
  },
  {
    name: 'consumer and ClickHouse killed together',
    kills: 2,
    async strike(scene) {
      await at(scene, isInsert('sent'), async (replica) => {
        await Promise.all([replica.process.kill(), scene.world.clickhouse.kill()])
        return 'drop'
      })
      await clickHouseAgain(scene)
      await running(scene.world)
      return { what: 'consumer and ClickHouse killed together', kills: 2 }
    },
  },
  refusing(
    'disk full',
    TABLES,
    'min_free_disk_bytes_to_perform_insert = 1000000000000000',
    'min_free_disk_bytes_to_perform_insert',
  ),
  refusing(
    'too many parts',
    TABLES,
    'parts_to_throw_insert = 1, parts_to_delay_insert = 1',
    'parts_to_throw_insert, parts_to_delay_insert',
  ),
  {
    name: 'a view’s target broken',
    kills: 0,
    async strike(scene) {
      const table = scene.random.pick(TABLES.slice(1))
      await at(scene, isInsert('insert'), async () => {
        await alter(scene.world, `RENAME TABLE sightline.${table} TO sightline.${table}_away`)
        return 'pass'
      })
      await sleep(scene.random.between(500, 2500))
      await alter(scene.world, `RENAME TABLE sightline.${table}_away TO sightline.${table}`)
      return { what: `a view’s target broken (${table})`, kills: 0 }
    },
  },
  {
    name: 'something killed at a random instant',
    kills: 1,
    async strike(scene) {
      const { world, random, producer } = scene
      await sleep(random.between(0, 1500))
      const victim = random.pick(['consumer', 'consumer', 'ClickHouse', 'broker', 'producer'] as const)
      if (victim === 'consumer') {
        await random.pick(world.replicas.slice(0, -1)).process.kill()
        await sleep(random.between(0, 1500))
        await running(world)
      } else if (victim === 'ClickHouse') {
        await world.clickhouse.kill()
        await clickHouseAgain(scene)
      } else if (victim === 'broker') {
        await world.broker.kill()
        await sleep(random.between(0, 1000))
        await world.broker.restart()
      } else {
        await producer.kill()
        await producer.start()
        scene.resend()
      }
      return { what: `${victim} killed at a random instant`, kills: 1 }
    },
  },
]

/** Freezes a consumer at a moment until others have its partitions, then lets it go on with what it was about to say. */
function zombie(name: string, wanted: (moment: Moment) => boolean): Fault {
  return {
    name,
    kills: 0,
    async strike(scene) {
      const { world } = scene
      await at(scene, wanted, async (replica) => {
        const others = world.replicas.filter((one) => one !== replica && one.process.pid() !== 0)
        const taken = Promise.withResolvers<void>()
        for (const { kafka } of others) {
          const before = kafka.watch
          kafka.watch = (moment) => {
            if (moment.at === 'synced') taken.resolve()
            return before(moment)
          }
        }
        replica.process.freeze()
        await Promise.race([taken.promise, sleep(SESSION_MS * 4)])
        // Time for the new owner to store the range that the frozen one claimed.
        await sleep(scene.random.between(200, 2500))
        replica.process.thaw()
        return 'pass'
      })
      await eventually(`${name}: it lives`, 20_000, () => {
        const dead = world.replicas.slice(0, -1).find(({ process }) => process.pid() === 0)
        return Promise.resolve(dead === undefined ? true : `${dead.process.name} ended`)
      })
      return { what: name, kills: 0 }
    },
  }
}
