import { Agent, request } from 'node:http'
import { parentPort } from 'node:worker_threads'

/** What the client is asked to send: bodies of protobuf, several in flight on connections that are kept. */
export type OtlpOrder = { url: string; token: string; tenant: string; bodies: readonly Uint8Array[]; inFlight: number }

/** What came of it. `cpu_s` is the processor time of the client's own thread. */
export type OtlpAnswer = { seconds: number; retries: number; cpu_s: number }

/** The client of the benchmark: a thread of its own, so that its work is not charged to the server's. */
const port = parentPort
port?.on('message', (order: OtlpOrder) => {
  void send(order).then((answer) => port.postMessage(answer))
})

async function send(order: OtlpOrder): Promise<OtlpAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.inFlight })
  const cpu = process.threadCpuUsage()
  const start = performance.now()
  const left = order.bodies.values()
  let retries = 0
  const sender = async (): Promise<void> => {
    for (const body of left)
      for (;;) {
        const { status, answer } = await post(order, agent, body)
        // A whole success has no body.
        if (status === 200 && answer.length === 0) break
        if (status !== 429 && status !== 503) throw new Error(`the server answered ${status}: ${answer.toString().slice(0, 300)}`)
        retries++
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
  }
  await Promise.all(Array.from({ length: order.inFlight }, sender))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.threadCpuUsage(cpu)
  agent.destroy()
  return { seconds, retries, cpu_s: (user + system) / 1e6 }
}

function post(order: OtlpOrder, agent: Agent, body: Uint8Array): Promise<{ status: number; answer: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${order.token}`,
      'x-tenant-id': order.tenant,
      'content-type': 'application/x-protobuf',
      'content-length': body.byteLength,
    }
    const call = request(new URL('/v1/traces', order.url), { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}
