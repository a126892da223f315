import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * How far an insert is: nothing of it passed on yet, half of its rows passed on, all passed on and not answered, answered and the
 * answer not passed back.
 */
export type InsertMoment = { at: 'insert' | 'half' | 'sent' | 'stored'; table: string; token: string }

/** A road from one process to ClickHouse that sees every insert and can hold it. */
export type ClickHouseWay = {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Called at every moment; the bytes wait for it, and are dropped with their connection where it says so. */
  watch: (moment: InsertMoment) => Promise<'drop' | 'pass'> | 'pass'
  close(): Promise<void>
}

/** The connection is to break here. */
class Dropped extends Error {}

/** Opens a road to the ClickHouse at an address of 127.0.0.1. */
export async function openClickHouseWay(target: string): Promise<ClickHouseWay> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    pass(way, agent, target, incoming, outgoing).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const way: ClickHouseWay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch: () => 'pass',
    close: () =>
      new Promise((resolve) => {
        agent.destroy()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return way
}

async function pass(
  way: ClickHouseWay,
  agent: Agent,
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const path = incoming.url ?? '/'
  const search = new URL(path, target).searchParams
  const table = search.get('query')?.startsWith('INSERT INTO') === true ? (search.get('param_table') ?? undefined) : undefined
  const body = await buffer(incoming)
  const token = search.get('insert_deduplication_token') ?? ''
  const tell = async (at: InsertMoment['at']): Promise<void> => {
    if (table !== undefined && (await way.watch({ at, table, token })) === 'drop') throw new Dropped()
  }
  await tell('insert')
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { 'content-length': _length, 'transfer-encoding': _coding, ...headers } = incoming.headers
  const onward = request(new URL(path, target), { method: incoming.method, headers, agent }, resolve)
  onward.on('error', reject)
  onward.on('close', () => reject(new Dropped()))
  // Where the caller is gone, the server sees a broken request, as it would without this road.
  outgoing.on('close', () => onward.destroy())
  promise.catch(() => undefined)
  let answered: IncomingMessage
  let answer: Buffer
  try {
    if (table === undefined) onward.end(body)
    else {
      const half = body.length >> 1
      onward.write(body.subarray(0, half))
      await tell('half')
      onward.end(body.subarray(half))
      await tell('sent')
    }
    answered = await promise
    answer = await buffer(answered)
    await tell('stored')
  } catch (error) {
    onward.destroy()
    throw error
  }
  const { 'transfer-encoding': _chunked, ...kept } = answered.headers
  outgoing.writeHead(answered.statusCode ?? 502, { ...kept, 'content-length': answer.length })
  outgoing.end(answer)
}
