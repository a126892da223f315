import assert from 'node:assert/strict'
import type { Admin, Kafka } from 'kafkajs'
import { PLAN_TENANTS, type PlannedKind, type PlannedRecord, planTopic } from './plan.ts'
import { eventually, type World } from './world.ts'

/** What lies in the topic of one tenant: the truth that the stores are held against. */
export type Truth = {
  /** Records, copies by the producer's repeats among them. */
  records: number
  /** Identities, and how many contents each came with. */
  contents: Map<string, Set<string>>
  /** Pairs of document and identity. */
  objectEvents: Set<string>
  /** Places of the garbage, `topic/partition/offset`, and its kinds. */
  poison: Map<string, string>
}

type Sent = { source: string; id: string; data: { objects: { type: string; id: string }[] } }

/** Reads whole topics by a consumer group of its own and counts what is in them, by the header that the producer gave each record. */
export async function readTruth(kafka: Kafka, admin: Admin): Promise<Map<string, Truth>> {
  const truths = new Map<string, Truth>()
  const left = new Map<string, number>()
  for (const tenant of PLAN_TENANTS) {
    truths.set(planTopic(tenant), { records: 0, contents: new Map(), objectEvents: new Set(), poison: new Map() })
    for (const { partition, high } of await admin.fetchTopicOffsets(planTopic(tenant)))
      if (Number(high) > 0) left.set(`${planTopic(tenant)}/${partition}`, Number(high))
  }
  const consumer = kafka.consumer({ groupId: `oracle-${process.pid}-${Date.now()}` })
  const { promise: done, resolve } = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topics: [...truths.keys()], fromBeginning: true })
  await consumer.run({
    eachMessage: ({ topic, partition, message }) => {
      const truth = truths.get(topic)
      if (truth !== undefined) count(truth, `${topic}/${partition}/${message.offset}`, message)
      if (Number(message.offset) + 1 === left.get(`${topic}/${partition}`)) left.delete(`${topic}/${partition}`)
      if (left.size === 0) resolve()
      return Promise.resolve()
    },
  })
  await done
  await consumer.disconnect()
  return truths
}

function count(truth: Truth, place: string, message: { value: Buffer | null; headers?: Record<string, unknown> }): void {
  truth.records++
  const kind = String(message.headers?.['x-planned']) as PlannedKind
  if (kind === 'poison') {
    truth.poison.set(place, String(message.headers?.['x-garbage']))
    return
  }
  const event = JSON.parse(String(message.value)) as Sent
  const identity = `${event.source}\n${event.id}`
  const contents = truth.contents.get(identity) ?? new Set()
  // A copy says what the event said; a conflict says something else.
  contents.add(kind === 'conflict' ? String(message.value) : '')
  truth.contents.set(identity, contents)
  for (const { type, id } of event.data.objects) truth.objectEvents.add(`${type}/${id} ${identity}`)
}

/** Checks that the topics hold every record of the plan: otherwise the producer, and not the product, lost something. */
export function assertAllSent(truths: ReadonlyMap<string, Truth>, waves: readonly (readonly PlannedRecord[])[]): void {
  for (const { tenant, kind, value } of waves.flat()) {
    if (kind === 'poison') continue
    const { source, id } = JSON.parse(value.toString()) as Sent
    assert.ok(truths.get(planTopic(tenant))?.contents.has(`${source}\n${id}`), `the producer never sent ${id} of ${tenant}`)
  }
}

type Ledger = {
  totals: {
    received: number
    stored: number
    duplicate: number
    rejected: number
    ignored: number
    in_flight: number
    missing: number
  }
  balanced: boolean
}
type Letters = {
  letters: { id: string; coordinates: { topic: string; partition: number; offset: string | number } }[]
  next: string | null
}

/** Places of all dead letters of a tenant, `topic/partition/offset`. */
async function placesOfLetters(world: World, tenant: string): Promise<string[]> {
  const places: string[] = []
  for (let after: string | null = ''; after !== null;) {
    const cursor = after === '' ? '' : `&after=${encodeURIComponent(after)}`
    const page: Letters = await world.ask('GET', `/v1/dead-letters?state=all&limit=200${cursor}`, tenant)
    places.push(...page.letters.map(({ coordinates: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`))
    after = page.next
  }
  return places
}

/** How a tenant's stores differ from the truth; empty where they do not. */
export async function deviations(world: World, tenant: string, truth: Truth): Promise<string[]> {
  const found: string[] = []
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      found.push(`${tenant}: ${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
  }
  const rows = async <T>(query: string): Promise<T[]> => {
    const answer = await world.clickhouse.clients.writer.query({ query, query_params: { tenant }, format: 'JSONEachRow' })
    return answer.json<T>()
  }
  const stored = await rows<{ identity: string; contents: number }>(
    `SELECT concat(source, '\n', natural_id) AS identity, toUInt32(uniqExact(content_hash)) AS contents
     FROM sightline.events WHERE tenant_id = {tenant:String} GROUP BY identity`,
  )
  const held = new Map(stored.map(({ identity, contents }) => [identity, contents]))
  const lost = [...truth.contents.keys()].filter((identity) => !held.has(identity))
  const foreign = [...held.keys()].filter((identity) => !truth.contents.has(identity))
  expect('events lost', lost.length, 0)
  expect('events that nobody sent', foreign.length, 0)
  expect(
    'events with other contents than were sent',
    [...truth.contents].filter(([identity, { size }]) => held.get(identity) !== size).length,
    0,
  )
  const [once] = await rows<{ n: number; pairs: number }>(
    `SELECT toUInt32(count()) AS n, toUInt32(uniqExact(object_type, object_id, event_id)) AS pairs
     FROM sightline.object_events FINAL WHERE tenant_id = {tenant:String}`,
  )
  expect('rows of timelines', once, { n: truth.objectEvents.size, pairs: truth.objectEvents.size })

  const contents = [...truth.contents.values()].reduce((sum, { size }) => sum + size, 0)
  const { totals, balanced } = await world.ask<Ledger>('GET', '/v1/ledger?bucket=day', tenant)
  const { received, stored: first, duplicate, rejected, ignored, in_flight, missing } = totals
  expect(
    'the ledger',
    { received, stored: first, duplicate, rejected, ignored, in_flight, missing, balanced },
    {
      received: truth.records,
      stored: contents,
      duplicate: truth.records - contents - truth.poison.size,
      rejected: truth.poison.size,
      ignored: 0,
      in_flight: 0,
      missing: 0,
      balanced: true,
    },
  )

  const letters = await placesOfLetters(world, tenant)
  const absent = [...truth.poison].filter(([place]) => !letters.includes(place))
  expect('garbage that is in no dead letter', absent, [])
  expect(
    'dead letters that are no garbage',
    letters.filter((place) => !truth.poison.has(place)),
    [],
  )
  expect('dead letters', letters.length, truth.poison.size)
  return found
}

/** Waits until the stores say what the truth says – copies are told apart and conflicts found within seconds – and fails with what differs. */
export async function assertTruth(world: World, truths: ReadonlyMap<string, Truth>, withinMs: number): Promise<void> {
  await eventually('the stores hold what the topics hold', withinMs, async () => {
    const found: string[] = []
    for (const tenant of PLAN_TENANTS) {
      const truth = truths.get(planTopic(tenant))
      if (truth !== undefined) found.push(...(await deviations(world, tenant, truth)))
    }
    return found.length === 0 ? true : `\n${found.map((line) => line.slice(0, 1000)).join('\n')}`
  })
}
