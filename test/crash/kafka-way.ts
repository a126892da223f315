import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** One partition of an OffsetCommit request. */
export type Commit = { topic: string; partition: number; offset: string; metadata: string }

/** What a consumer and the broker just said to each other; it is passed on when the promise resolves. */
export type KafkaMoment = { at: 'commit'; commits: Commit[] } | { at: 'committed'; commits: Commit[] } | { at: 'join' | 'synced' }

/** A road from one process to the broker that sees every request and answer, and can hold each. */
export type KafkaWay = {
  /** `host:port` that the process is given as broker. */
  broker: string
  /** Called at every moment; the bytes wait for it, and are dropped with their connection where it says so. */
  watch: (moment: KafkaMoment) => Promise<'drop' | 'pass'> | 'pass'
  close(): Promise<void>
}

const API = { metadata: 3, commit: 8, coordinator: 10, join: 11, sync: 14 } as const
const HOST = Buffer.from('127.0.0.1')

/**
 * Opens a road to the broker at a port of 127.0.0.1. Answers that name the broker's port name this road's instead, so that every
 * connection takes it. It reads the length-prefixed frames of the Kafka protocol, and of these only OffsetCommit 2 to 5 in full.
 */
export async function openKafkaWay(brokerPort: number): Promise<KafkaWay> {
  const sockets = new Set<Socket>()
  let port = 0
  const way: KafkaWay = {
    broker: '',
    watch: () => 'pass',
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
  const server = createServer((near) => {
    const far = connect(brokerPort, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    const asked = new Map<number, { api: number; commits: Commit[] }>()
    relay(near, far, (frame) => {
      const api = frame.readInt16BE(4)
      const commits = api === API.commit ? commitsOf(frame) : []
      asked.set(frame.readInt32BE(8), { api, commits })
      if (api === API.commit) return way.watch({ at: 'commit', commits })
      return api === API.join ? way.watch({ at: 'join' }) : 'pass'
    })
    relay(far, near, (frame) => {
      const correlation = frame.readInt32BE(4)
      const request = asked.get(correlation)
      asked.delete(correlation)
      if (request?.api === API.metadata || request?.api === API.coordinator) namePort(frame, brokerPort, port)
      if (request?.api === API.commit) return way.watch({ at: 'committed', commits: request.commits })
      return request?.api === API.sync ? way.watch({ at: 'synced' }) : 'pass'
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  port = (server.address() as AddressInfo).port
  way.broker = `127.0.0.1:${port}`
  return way
}

/** Passes whole frames on in their order, each after `seen` has let it pass. */
function relay(from: Socket, to: Socket, seen: (frame: Buffer) => Promise<'drop' | 'pass'> | 'pass'): void {
  let parts: Buffer[] = []
  let held = 0
  let turn: Promise<void> = Promise.resolve()
  const passAfter = async (before: Promise<void>, frame: Buffer): Promise<void> => {
    await before
    if ((await seen(frame)) === 'drop') from.destroy()
    else if (!to.destroyed && !from.destroyed) to.write(frame)
  }
  from.on('data', (bytes: Buffer) => {
    parts.push(bytes)
    held += bytes.length
    for (;;) {
      if (held < 4) return
      const start = parts[0] !== undefined && parts[0].length >= 4 ? parts[0] : Buffer.concat(parts)
      const size = start.readInt32BE(0) + 4
      if (held < size) return
      const whole = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
      const frame = whole.subarray(0, size)
      parts = whole.length > size ? [whole.subarray(size)] : []
      held -= size
      turn = passAfter(turn, frame)
    }
  })
}

/** OffsetCommit 2 to 5: group, generation, member, [retention time to version 4,] topics. */
function commitsOf(frame: Buffer): Commit[] {
  const version = frame.readInt16BE(6)
  let at = 12
  const text = () => {
    const size = frame.readInt16BE(at)
    at += 2 + Math.max(size, 0)
    return size <= 0 ? '' : frame.toString('utf8', at - size, at)
  }
  const int32 = () => {
    at += 4
    return frame.readInt32BE(at - 4)
  }
  const int64 = () => {
    at += 8
    return frame.readBigInt64BE(at - 8)
  }
  text()
  text()
  int32()
  text()
  if (version <= 4) int64()
  const commits: Commit[] = []
  for (let topics = int32(); topics > 0; topics--) {
    const topic = text()
    for (let partitions = int32(); partitions > 0; partitions--)
      commits.push({ topic, partition: int32(), offset: int64().toString(), metadata: text() })
  }
  return commits
}

/** Overwrites the broker's port behind each `127.0.0.1` of an answer. */
function namePort(frame: Buffer, from: number, to: number): void {
  for (let at = frame.indexOf(HOST); at >= 0; at = frame.indexOf(HOST, at + 1)) {
    const where = at + HOST.length
    if (where + 4 <= frame.length && frame.readInt32BE(where) === from) frame.writeInt32BE(to, where)
  }
}
