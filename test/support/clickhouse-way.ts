import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkClickHouse, type ClickHouse, type ClickHouseAddress, connectClickHouse } from '../../platform/clickhouse/client.ts'
import { startEmbeddedClickHouse } from '../../platform/clickhouse/embedded.ts'
import { openLog } from '../../platform/log.ts'
import { migrateClickHouse } from '../../queries/migrate.ts'

/** How the way is: it can hold what is sent, lose the next answer, or break off. */
export type Way = 'open' | 'held' | 'answer lost' | 'broken'

/** A ClickHouse of its own, migrated, and a way to it that can be disturbed. */
export type ClickHouseWay = {
  direct: ClickHouse
  /** Over the way. */
  through: ClickHouse
  /** The address over the way. */
  address: ClickHouseAddress
  set(way: Way): void
  /** Waits until something that was sent is being held. */
  untilHeld(): Promise<void>
  /** Ends it all and removes its folder. */
  close(): Promise<void>
}

/** Starts a ClickHouse with a way to it. */
export async function startClickHouseWay(): Promise<ClickHouseWay> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-way-'))
  const log = openLog({ level: 'error', human: true })
  const engine = await startEmbeddedClickHouse({ dir: join(folder, 'clickhouse'), log })
  const { url, writer, reader } = engine
  await checkClickHouse({ url, writer, reader })
  const direct = connectClickHouse({ url, writer, reader })
  await migrateClickHouse(direct.writer, log)

  let way: Way = 'open'
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  const proxy = createServer((near) => {
    if (way === 'broken') {
      near.destroy()
      return
    }
    const far = connect(Number(new URL(url).port), '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => {
      if (way === 'held') held.push(() => far.write(bytes))
      else far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (way === 'answer lost') {
        way = 'open'
        near.destroy()
      } else near.write(bytes)
    })
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
  const address = { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, writer, reader }
  const through = connectClickHouse(address)
  return {
    direct,
    through,
    address,
    set(next) {
      way = next
      if (next === 'broken') for (const socket of sockets) socket.destroy()
      for (const go of held.splice(0)) if (next === 'open') go()
    },
    async untilHeld() {
      while (held.length === 0) await sleep(5)
    },
    async close() {
      await through.close()
      await direct.close()
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await engine.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
