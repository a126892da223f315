import assert from 'node:assert/strict'
import type { ClickHouseClient } from '@clickhouse/client'
import { createEventWriter } from '../../ingest/write.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import type { TenantId } from '../../model/tenant.ts'

/** When test events arrive, in microseconds: later than every instant that they state. */
const ARRIVAL = Date.UTC(2026, 10, 22) * 1000

/** Stores CloudEvents by the way that all events take, and comes back when they are settled. Fails where one is refused. */
export async function storeEvents(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  cloudEvents: readonly unknown[],
): Promise<void> {
  const writer = createEventWriter({ clickhouse, now: () => ARRIVAL })
  const events = cloudEvents.map((value, fallbackSeq): Event => {
    const event = readEvent(value, { tenant, receivedAt: ARRIVAL, fallbackSeq })
    assert.ok(!isRefusal(event), JSON.stringify(event))
    return event
  })
  await writer.write(tenant, events)
  await writer.drain()
}
