import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lead } from '../platform/lease.ts'
import { sharedStores } from './support/stores.ts'

const { stores, log, close } = await sharedStores()
after(close)
const { db } = stores.postgres

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

test('a stop at whatever moment of the start ends, and gives the lease to the next at once', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 30; round++) {
    const first = lead({ db, name: 'stopped-early', log, work: untilAborted })
    await sleep(round)
    await first.stop()
    const next = lead({ db, name: 'stopped-early', log, work: untilAborted })
    const deadline = Date.now() + 4500
    while (!next.leading() && Date.now() < deadline) await sleep(5)
    assert.ok(next.leading(), `round ${round}`)
    await next.stop()
  }
})
