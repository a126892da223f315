import { Agent, request } from 'node:http'
import { parentPort } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'

/** A steady stream of invoices through their lives: so many events a second for so many seconds. */
export type LoadOrder = { url: string; token: string; tenant: string; perSecond: number; seconds: number }
export type LoadAnswer = { accepted: number; refused: number; seconds: number }

const LIFE = [
  'invoice.received',
  'invoice.captured',
  'invoice.matched',
  'approval.requested',
  'approval.decided',
  'invoice.approved',
  'invoice.posted',
  'payment.cleared',
] as const
const BODIES_A_SECOND = 5

/** The load of the alert benchmark: a thread of its own, so that its work is not charged to the server's. */
const port = parentPort
port?.on('message', (order: LoadOrder) => {
  void send(order).then((answer) => port.postMessage(answer))
})

async function send(order: LoadOrder): Promise<LoadAnswer> {
  const { perSecond, seconds } = order
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const each = Math.round(perSecond / BODIES_A_SECOND)
  const underWay: Promise<number | null>[] = []
  const answer: LoadAnswer = { accepted: 0, refused: 0, seconds: 0 }
  const start = performance.now()
  for (let number = 0; number < seconds * BODIES_A_SECOND; number++) {
    await sleep(Math.max(0, start + (number * 1000) / BODIES_A_SECOND - performance.now()))
    const body = Buffer.from(bodyOf(number * each, each))
    underWay.push(post(order, agent, body))
  }
  for (const accepted of await Promise.all(underWay)) {
    if (accepted === null) answer.refused++
    else answer.accepted += accepted
  }
  agent.destroy()
  answer.seconds = (performance.now() - start) / 1000
  return answer
}

function bodyOf(first: number, count: number): string {
  const now = Date.now()
  return Array.from({ length: count }, (_, at) => {
    const [number, step] = [Math.floor((first + at) / LIFE.length), (first + at) % LIFE.length]
    const invoice = `INV-${number}`
    return JSON.stringify({
      specversion: '1.0',
      id: `load-${first + at}`,
      source: '/erp',
      type: LIFE[step],
      time: new Date(now - 1000 + Math.floor((at * 200) / count)).toISOString(),
      data: {
        objects: [{ type: 'invoice', id: invoice }],
        system: `erp-${number % 20}`,
        money: { amount: '120.00', currency: 'EUR' },
        object_attributes: { [`invoice/${invoice}`]: { entity: `E${number % 40}`, approver: `u${number % 200}` } },
      },
    })
  }).join('\n')
}

function post({ url, token, tenant }: LoadOrder, agent: Agent, body: Buffer): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'x-tenant-id': tenant,
      'content-type': 'application/x-ndjson',
      'content-length': body.byteLength,
    }
    const call = request(new URL('/v1/events', url), { method: 'POST', agent, headers }, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => {
        resolve(response.statusCode === 200 ? (JSON.parse(text) as { accepted: number }).accepted : null)
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
