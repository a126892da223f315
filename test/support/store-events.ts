import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Batch } from '../../ingest/batch.ts'
import { createEventWriter } from '../../ingest/write.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'

/** When test events arrive, in microseconds: later than every instant that they state. */
const ARRIVAL: Instant = Date.UTC(2026, 10, 22) * 1000
const MINUTE_US: Instant = 60e6

/** Stores CloudEvents by the way that all events take, and comes back when they are settled. Fails where one is refused. */
export async function storeEvents(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  cloudEvents: readonly unknown[],
): Promise<void> {
  const writer = createEventWriter({ clickhouse, now: () => ARRIVAL })
  await writer.write(
    tenant,
    cloudEvents.map((value, seq) => eventOf(tenant, value, ARRIVAL, seq)),
  )
  await writer.drain()
}

/** Stores CloudEvents that came over HTTP at instants of their own, µs in order of time: what came within a minute as one batch. */
export async function storeArrivals(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  arrivals: readonly { event: unknown; at: Instant }[],
): Promise<void> {
  const writer = createEventWriter({ clickhouse, now: () => ARRIVAL })
  const batches = [...Map.groupBy(arrivals, ({ at }) => Math.floor(at / MINUTE_US)).values()].map((some): Batch => {
    const at = some.at(-1)?.at ?? 0
    const events = some.map(({ event }, ordinal) => ({ event: eventOf(tenant, event, at, ordinal), ordinal }))
    return { tenant, feed: 'http', token: randomUUID(), at, events, letters: [], ignored: 0 }
  })
  await Promise.all(batches.map((batch) => writer.writeBatch(batch)))
  await writer.drain()
}

function eventOf(tenant: TenantId, value: unknown, receivedAt: Instant, fallbackSeq: number): Event {
  const event = readEvent(value, { tenant, receivedAt, fallbackSeq })
  assert.ok(!isRefusal(event), JSON.stringify(event))
  return event
}
