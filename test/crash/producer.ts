/**
 * The producer of the crash test, a process of its own: `node producer.ts SIZE` with SIZE as JSON, `KAFKA_BROKERS` and `RATE` (records a
 * second) in the environment. Told `{ wave }` over its channel it sends that wave of the plan, waits for `acks=all` of every batch,
 * repeats for ever what fails, and answers `{ sent: wave }`. Killed and told again it sends the same bytes again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { plannedWaves, type PlannedRecord, type PlanSize, planTopic } from './plan.ts'

const BATCH = 20
const rate = Number(process.env['RATE'] ?? 500)
const waves = plannedWaves(JSON.parse(process.argv[2] ?? '{}') as PlanSize)
const kafka = new kafkajs.Kafka({
  clientId: 'crash-producer',
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: kafkajs.logLevel.NOTHING,
  connectionTimeout: 1000,
  requestTimeout: 5000,
  retry: { retries: 0 },
})
const producer = kafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: 0 } })

process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
let turn = untilDone(() => producer.connect())
process.on('message', (message: { wave: number }) => {
  turn = sendAfter(turn, message.wave)
})
process.stdout.write('producer ready\n')

async function sendAfter(before: Promise<unknown>, wave: number): Promise<void> {
  await before
  const records = waves[wave] ?? []
  for (let at = 0; at < records.length; at += BATCH) {
    const started = performance.now()
    const batch = records.slice(at, at + BATCH)
    await untilDone(() => producer.sendBatch({ acks: -1, topicMessages: byTopic(batch) }))
    await sleep(Math.max(0, (batch.length / rate) * 1000 - (performance.now() - started)))
  }
  process.send?.({ sent: wave })
}

function byTopic(records: readonly PlannedRecord[]): kafkajs.TopicMessages[] {
  return [...Map.groupBy(records, ({ tenant }) => tenant)].map(([tenant, own]) => ({
    topic: planTopic(tenant),
    messages: own.map(({ key, value, headers }) => ({ key, value, headers })),
  }))
}

async function untilDone(step: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await step()
      return
    } catch (error) {
      if (!(error instanceof Error && error.name.startsWith('KafkaJS'))) throw error
      await sleep(200)
    }
  }
}
