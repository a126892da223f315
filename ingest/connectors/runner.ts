import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { logged } from '../../platform/logged.ts'
import { connectorsDue, endPoll, keepCursor, leaseConnector, renewLease } from '../../platform/connector-state.ts'
import { SightlineError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Db } from '../../platform/postgres/client.ts'
import type { Reach } from '../../platform/reach.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import { listSources, openSource, type RegisteredSource } from '../../platform/sources.ts'
import { systemResolver } from '../../platform/systems.ts'
import type { DeadLetter } from '../batch.ts'
import type { TelemetryWriter } from '../otlp/writer.ts'
import type { Shapes } from '../shapes.ts'
import type { EventWriter } from '../write.ts'
import { askJson } from './ask-json.ts'
import { connectorNamed } from './connectors.ts'
import { type Connector, type OpenConnector, type PulledCall, type PulledOutcome, type PulledRecord, PullError } from './port.ts'
import { keepSilentWorkflows } from './silent-workflows.ts'

/** What a runner works with. */
export type RunnerServices = {
  db: Db
  clickhouse: { reader: ClickHouseClient; writer: ClickHouseClient }
  writer: EventWriter
  telemetry: TelemetryWriter
  secrets: SecretBox
  shapes?: Pick<Shapes, 'observe'>
  now: () => Instant
  log: Log
  /** Which addresses may be asked; private networks too where not said. */
  reach?: Reach
  leaseMs?: number
}

/** Polls the sources that are pulled. */
export type ConnectorRunner = {
  /** Polls sources that are due and that no other process polls, the longest due first; resolves when these polls are over. */
  tick(): Promise<void>
  /** Ends polls between two parts, gives leases back, and starts none again. */
  stop(): Promise<void>
}

const TICK_MS = 2000
const LEASE_MS = 60_000
/** Polls at once, of all sources. */
const AT_ONCE = 16
const LONGEST_BACKOFF_S = 900
/** While it is our store that takes nothing, the system is asked again soon. */
const STORE_RETRY_S = 5

/** Creates the runner, and where `every` is set ticks by itself, a little apart from the runners of other processes. */
export function createConnectorRunner(services: RunnerServices, options: { every?: boolean } = {}): ConnectorRunner {
  const { db, log } = services
  const owner = randomUUID()
  const ending = new AbortController()
  const running = new Map<string, Promise<void>>()

  const tick = async (): Promise<void> => {
    const [all, states] = await Promise.all([listSources(db, null), connectorsDue(db)])
    const keyOf = (source: RegisteredSource) => `${source.tenantId}/${source.id}`
    const since = (source: RegisteredSource) => states.get(keyOf(source))?.since ?? 0
    const sources = all
      .filter(({ kind, state }) => state === 'active' && connectorNamed(kind) !== undefined)
      .filter((source) => states.get(keyOf(source))?.due !== false)
      .toSorted((a, b) => since(a) - since(b))
    const started: Promise<void>[] = []
    for (const source of sources) {
      const key = keyOf(source)
      if (running.has(key) || running.size >= AT_ONCE || ending.signal.aborted) continue
      const poll = pollSource(services, source, owner, ending.signal)
        .catch((error: unknown) => log.warn({ ...logged(error), source: key }, 'a poll was not noted; it is tried again'))
        .finally(() => running.delete(key))
      running.set(key, poll)
      started.push(poll)
    }
    await Promise.all(started)
  }

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      // A slow system must not keep the others waiting: polls go on beside the loop.
      void tick().catch((error: unknown) => log.warn(logged(error), 'sources that are pulled cannot be listed right now'))
      await sleep(TICK_MS * (0.75 + Math.random() / 2), undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const looping = options.every === true ? loop() : Promise.resolve()

  return {
    tick,
    async stop() {
      ending.abort()
      await Promise.all([looping, ...running.values()])
    },
  }
}

/** Polls one source while it holds its lease, and notes how it went. */
async function pollSource(services: RunnerServices, source: RegisteredSource, owner: string, ending: AbortSignal): Promise<void> {
  const { db, log } = services
  const leaseMs = services.leaseMs ?? LEASE_MS
  const { tenantId: tenant, id } = source
  const lease = await leaseConnector(db, tenant, id, owner, leaseMs)
  if (lease === null) return
  const lost = new AbortController()
  const renewing = setInterval(() => {
    renewLease(db, tenant, id, owner, leaseMs).then(
      (held) => (held ? undefined : lost.abort(new LeaseLost())),
      (error: unknown) => log.debug({ err: error }, 'a lease was not renewed'),
    )
  }, leaseMs / 3)
  let intervalS = STORE_RETRY_S
  try {
    const connector = connectorNamed(source.kind)
    if (connector === undefined) return
    const open = connector.open(source.config)
    ;({ intervalS } = open)
    await pull(
      { services, source, connector, open, owner, leaseMs, signal: AbortSignal.any([ending, lost.signal]) },
      lease.cursor,
    )
    await keepSilentWorkflows(services, source)
    await endPoll(db, tenant, id, owner, { error: null, failures: 0, dueInMs: intervalS * 1000 * (0.95 + Math.random() / 10) })
  } catch (error) {
    if (lost.signal.aborted) return
    if (ending.aborted) {
      await endPoll(db, tenant, id, owner, { error: null, failures: lease.failures, dueInMs: 0, interrupted: true })
      return
    }
    const failed = failureOf(error, intervalS, lease.failures + 1)
    if (failed.unexpected) log.error({ err: error, source: `${tenant}/${id}` }, 'a connector failed')
    await endPoll(db, tenant, id, owner, { error: failed.message, failures: lease.failures + 1, dueInMs: failed.dueInS * 1000 })
  } finally {
    clearInterval(renewing)
  }
}

class LeaseLost extends Error {
  constructor() {
    super('another process polls this source by now')
    this.name = 'LeaseLost'
  }
}

type Pull = {
  services: RunnerServices
  source: RegisteredSource
  connector: Connector
  open: OpenConnector
  owner: string
  leaseMs: number
  signal: AbortSignal
}

/** Stores part after part; how far it is, is kept only once a part is durable. */
async function pull(job: Pull, cursor: unknown): Promise<void> {
  const { services, source, open, signal } = job
  const { db, secrets, now } = services
  const opened = await openSource(db, secrets, source.tenantId, source.id, now())
  const parts = open.poll(cursor, {
    secret: opened?.secrets[0] ?? null,
    ask: askJson({ signal, reach: services.reach ?? 'private' }),
    now,
    signal,
  })
  for await (const { records, state } of parts) {
    signal.throwIfAborted()
    if (records.length > 0) await store(job, records)
    signal.throwIfAborted()
    if (!(await keepCursor(db, source.tenantId, source.id, job.owner, state, job.leaseMs))) throw new LeaseLost()
  }
}

async function store({ services, source, connector, open }: Pull, records: readonly PulledRecord[]): Promise<void> {
  const { db, writer, telemetry, shapes } = services
  const tenant: TenantId = source.tenantId
  const resolve = await systemResolver(db, tenant)
  const batch = { tenant, feed: source.id, token: `v1|pull|${source.id}|${randomUUID()}` }
  const events = []
  const letters: DeadLetter[] = []
  const calls: PulledCall[] = []
  let ignored = 0
  const receivedAt = writer.arrival(1)
  for (const record of records) {
    const observed = connector.observed?.(record)
    if (observed !== undefined) shapes?.observe(tenant, source.id, observed.kind, observed.payload)
    const outcome: PulledOutcome = open.read(record, {
      tenant,
      source: source.systemId === null ? `feed/${source.id}` : `system/${source.systemId}`,
      system: source.systemId,
      resolve,
      receivedAt,
      seq: events.length,
    })
    if ('reject' in outcome) letters.push(letterOf(connector, record, outcome.reject))
    else {
      if (outcome.events.length === 0) ignored++
      for (const event of outcome.events) events.push({ event, ordinal: events.length })
      calls.push(...outcome.calls)
    }
  }
  const at = writer.arrival(Math.max(1, events.length + letters.length))
  await writer.writeBatch({ ...batch, at, events, letters, ignored })
  if (calls.length === 0) return
  const token = `${batch.token}|calls`
  await telemetry.write({
    ...batch,
    token,
    at,
    table: 'integration_calls',
    records: calls.map((call, ordinal) => ({ ...call, ordinal })),
    rejected: 0,
    ignored: 0,
    letter: null,
  })
}

function letterOf(connector: Connector, record: PulledRecord, reason: { code: string; message: string }): DeadLetter {
  return {
    coordinates: { request: `${connector.name}/${record.id}`, index: 0 },
    headers: { 'content-type': 'application/json' },
    raw: Buffer.from(JSON.stringify(record.value)),
    format: connector.format,
    code: reason.code,
    reason: reason.message,
    mapping: '',
    mappingVersion: 0,
  }
}

/** What is shown of a failure, and how long to wait: longer after each one, as long as the system asks for, short for our own store. */
function failureOf(
  error: unknown,
  intervalS: number,
  failures: number,
): { message: string; dueInS: number; unexpected: boolean } {
  const backoff =
    Math.min(Math.max(intervalS, 5) * 2 ** Math.min(failures - 1, 10), LONGEST_BACKOFF_S) * (0.75 + Math.random() / 2)
  if (error instanceof PullError)
    return { message: `${error.message} ${error.next}`, dueInS: Math.max(error.retryAfterS ?? 0, backoff), unexpected: false }
  if (error instanceof SightlineError) {
    const ours = error.code === 'store_unavailable' || error.code === 'overloaded' || error.code === 'draining'
    const message = error.next === undefined ? error.message : `${error.message} ${error.next}`
    return { message, dueInS: ours ? (error.retryAfterS ?? STORE_RETRY_S) : backoff, unexpected: false }
  }
  return {
    message: 'The connector failed in a way that it should not; the log says how. It is tried again.',
    dueInS: backoff,
    unexpected: true,
  }
}
