import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { liveTraffic } from './live.ts'
import { simulateChunks } from './simulate.ts'

/** What the worker is started with. */
export type DemoOrder = {
  seed: number
  /** The instant of the first start, ms; the stories lie round it. */
  anchor: number
  /** Up to when everything was sent before, ms; null for the whole history. */
  since: number | null
  scale: number
  /** Where the truth is written as NDJSON, one document a line; null for nowhere. */
  truthPath: string | null
  /** Whether to go on with live traffic after the history. */
  live: boolean
}

/** What the worker says: a body for `POST /v1/events` of one tenant, or that everything up to `until` (ms) has been said. */
export type DemoMessage = { tenant: string; body: Uint8Array; events: number } | { until: number; phase: 'history' | 'live' }

/** Events of one body. */
const BODY_EVENTS = 4000
/** Bodies on their way before the worker waits. */
const IN_FLIGHT = 6
const LIVE_TICK_MS = 1000

const port = parentPort
if (port !== null) await work(workerData as DemoOrder, port)

async function work(order: DemoOrder, port: NonNullable<typeof parentPort>): Promise<void> {
  let inFlight = 0
  let wake: (() => void) | null = null
  let stopped = false
  port.on('message', (message: 'taken' | 'stop') => {
    if (message === 'stop') stopped = true
    else inFlight--
    wake?.()
  })
  const send = async (tenant: string, lines: string[]) => {
    while (inFlight >= IN_FLIGHT && !stopped)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    inFlight++
    const body = new TextEncoder().encode(lines.join('\n'))
    port.postMessage({ tenant, body, events: lines.length } satisfies DemoMessage, [body.buffer])
  }

  const start = Date.now()
  if (order.since === null) {
    const truth = order.truthPath === null ? null : createWriteStream(order.truthPath, { mode: 0o600 })
    const waiting = new Map<string, string[]>()
    for (const chunk of simulateChunks({ seed: order.seed, now: start, anchor: order.anchor, scale: order.scale })) {
      if (stopped) break
      const lines = waiting.get(chunk.tenant) ?? []
      waiting.set(chunk.tenant, lines)
      for (const event of chunk.events) lines.push(JSON.stringify(event))
      if (truth !== null) for (const document of chunk.truth()) truth.write(`${JSON.stringify(document)}\n`)
      if (lines.length < BODY_EVENTS) continue
      waiting.set(chunk.tenant, [])
      await send(chunk.tenant, lines)
      if (truth?.writableNeedDrain === true) await once(truth, 'drain')
    }
    for (const [tenant, lines] of waiting) if (lines.length > 0 && !stopped) await send(tenant, lines)
    truth?.end()
    while (inFlight > 0 && !stopped)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    if (!stopped) port.postMessage({ until: start, phase: 'history' } satisfies DemoMessage)
  }

  const traffic = liveTraffic({
    seed: order.seed,
    now: order.since ?? start,
    since: order.since ?? start,
    anchor: order.anchor,
    scale: order.scale,
  })
  while (order.live && !stopped) {
    const until = Date.now()
    const byTenant = new Map<string, string[]>()
    for (const { tenant, event } of traffic.next(until)) {
      const lines = byTenant.get(tenant)
      if (lines === undefined) byTenant.set(tenant, [JSON.stringify(event)])
      else lines.push(JSON.stringify(event))
    }
    for (const [tenant, lines] of byTenant)
      for (let at = 0; at < lines.length; at += BODY_EVENTS) await send(tenant, lines.slice(at, at + BODY_EVENTS))
    port.postMessage({ until, phase: 'live' } satisfies DemoMessage)
    await sleep(LIVE_TICK_MS)
  }
  port.close()
}
