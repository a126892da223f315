import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import kafkajs from 'kafkajs'

/** What the producer is asked to send, at a rate in events a second. */
export type LiveOrder = { brokers: string[]; topic: string; rate: number; messages: { key: string; value: string }[] }

/** When it sent how many, milliseconds since 1970. */
export type LiveSent = { batches: { at: number; events: number }[] }

const TICK_MS = 20

/** The producer of the freshness measure: a thread of its own that sends a little every 20 ms and never waits for the answer before the next. */
const port = parentPort
port?.on('message', (order: LiveOrder) => {
  void send(order).then((sent) => port.postMessage(sent))
})

async function send({ brokers, topic, rate, messages }: LiveOrder): Promise<LiveSent> {
  const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const batches: LiveSent['batches'] = []
  const answers: Promise<unknown>[] = []
  const start = performance.now()
  for (let sent = 0; sent < messages.length;) {
    const due = Math.min(messages.length, Math.floor(((performance.now() - start) / 1000) * rate))
    if (due > sent) {
      batches.push({ at: performance.timeOrigin + performance.now(), events: due - sent })
      answers.push(producer.send({ topic, acks: -1, messages: messages.slice(sent, due) }))
      sent = due
    }
    await sleep(TICK_MS)
  }
  await Promise.all(answers)
  await producer.disconnect()
  return { batches }
}
