import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { liveTraffic } from './live.ts'
import { deliver } from './noise.ts'
import type { DemoEvent } from './recorder.ts'
import { simulateChunks } from './simulate.ts'
import { TRACED, TRACES_KEPT, tracesOf } from './telemetry.ts'

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
  /** Whether traces of the last days go along. */
  traces: boolean
  /** Whether the history arrives late, twice, out of order and with gaps. */
  noise: boolean
  /** Whether to go on with live traffic after the history. */
  live: boolean
}

/** A body for `POST /v1/events` of one tenant, or for `POST /v1/traces` (JSON), which tells no events. */
export type DemoBody = { tenant: string; body: Uint8Array; events: number; signal: 'events' | 'traces' }

/** What the worker says: a body, or that everything up to `until` (ms) has been said. */
export type DemoMessage = DemoBody | { until: number; phase: 'history' | 'live' }

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
  const post = async (tenant: string, text: string, events: number, signal: DemoBody['signal']) => {
    while (inFlight >= IN_FLIGHT && !stopped)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    inFlight++
    const body = new TextEncoder().encode(text)
    port.postMessage({ tenant, body, events, signal } satisfies DemoMessage, [body.buffer])
  }
  const send = (tenant: string, lines: string[]) => post(tenant, lines.join('\n'), lines.length, 'events')
  const trace = async (tenant: string, events: readonly DemoEvent[]) => {
    const traces = order.traces && TRACED.has(tenant) ? tracesOf(events) : null
    if (traces !== null) await post(tenant, JSON.stringify(traces), 0, 'traces')
  }

  const start = Date.now()
  if (order.since === null) {
    const truth = order.truthPath === null ? null : createWriteStream(order.truthPath, { mode: 0o600 })
    const waiting = new Map<string, string[]>()
    const traced = new Map<string, DemoEvent[]>()
    const kept = new Date(start - TRACES_KEPT).toISOString()
    for (const chunk of simulateChunks({ seed: order.seed, now: start, anchor: order.anchor, scale: order.scale })) {
      if (stopped) break
      const lines = waiting.get(chunk.tenant) ?? []
      const calls = traced.get(chunk.tenant) ?? []
      traced.set(chunk.tenant, calls)
      if (order.traces && TRACED.has(chunk.tenant))
        for (const event of chunk.events) if (event.time > kept && event.data.operation !== undefined) calls.push(event)
      waiting.set(chunk.tenant, lines)
      const noisy = order.noise ? deliver(order.seed, chunk.tenant, chunk.events) : null
      for (const event of noisy?.deliveries.map((one) => one.event) ?? chunk.events) lines.push(JSON.stringify(event))
      if (truth !== null)
        for (const document of chunk.truth()) {
          const incomplete = noisy?.touched.has(`${document.type}/${document.id}`) ?? false
          truth.write(`${JSON.stringify(incomplete ? { ...document, incomplete: true } : document)}\n`)
        }
      if (lines.length < BODY_EVENTS) continue
      waiting.set(chunk.tenant, [])
      await send(chunk.tenant, lines)
      if (truth?.writableNeedDrain === true) await once(truth, 'drain')
    }
    for (const [tenant, lines] of waiting) if (lines.length > 0 && !stopped) await send(tenant, lines)
    for (const [tenant, calls] of traced)
      for (let at = 0; at < calls.length && !stopped; at += BODY_EVENTS) await trace(tenant, calls.slice(at, at + BODY_EVENTS))
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
    const byTenant = Map.groupBy(traffic.next(until), (one) => one.tenant)
    for (const [tenant, told] of byTenant) {
      const events = told.map((one) => one.event)
      for (let at = 0; at < events.length; at += BODY_EVENTS) {
        const some = events.slice(at, at + BODY_EVENTS)
        await send(
          tenant,
          some.map((event) => JSON.stringify(event)),
        )
        await trace(tenant, some)
      }
    }
    port.postMessage({ until, phase: 'live' } satisfies DemoMessage)
    await sleep(LIVE_TICK_MS)
  }
  port.close()
}
