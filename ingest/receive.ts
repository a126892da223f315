import { setImmediate as breathe } from 'node:timers/promises'
import { type Event, EVENT_LIMITS, isRefusal, readEvent, type Refusal } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { type Framing, type RawRecord, readRecords } from './transport/records.ts'
import type { EventWriter, Verdict } from './write.ts'

/** What became of each record of a body; indices are positions in the body. */
export type Receipt = Verdict & { rejected: ({ index: number } & Refusal)[] }

/** Most records of one body. */
export const RECEIVE_LIMITS = { records: 50_000 } as const

/**
 * Reads a body, judges each record on its own, and stores the good ones. Returns once they are durable.
 *
 * @param options.importId marks the events of a file import, which may also lie in the future: what is wrong with a file's dates is
 *   told by its data-quality report
 */
export async function receiveBody(
  body: Buffer,
  framing: Framing,
  options: { tenant: TenantId; writer: EventWriter; now: () => Instant; importId?: string },
): Promise<Receipt> {
  return receiveRecords(readRecords(body, framing), options)
}

/** As {@link receiveBody}, for records that are parsed already. */
export async function receiveRecords(
  records: Iterable<RawRecord>,
  options: { tenant: TenantId; writer: EventWriter; now: () => Instant; importId?: string },
): Promise<Receipt> {
  const { tenant, writer, now, importId } = options
  const receivedAt = now()
  const horizon = importId === undefined ? receivedAt : Number.MAX_SAFE_INTEGER - EVENT_LIMITS.future_s * 1e6
  const rejected: Receipt['rejected'] = []
  const events: Event[] = []
  const positions: number[] = []
  for (const record of records) {
    if (record.index % 1000 === 999) await breathe()
    if (record.index >= RECEIVE_LIMITS.records) {
      rejected.push({
        index: record.index,
        code: 'too_many_records',
        message: `a request carries at most ${RECEIVE_LIMITS.records} records`,
      })
      break
    }
    if ('refusal' in record) {
      rejected.push({ index: record.index, ...record.refusal })
      continue
    }
    const event = readEvent(record.value, { tenant, receivedAt: horizon, fallbackSeq: record.index })
    if (isRefusal(event)) rejected.push({ index: record.index, ...event })
    else {
      events.push(event)
      positions.push(record.index)
    }
  }
  const verdict = await writer.write(tenant, events, importId)
  return {
    ...verdict,
    conflicts: verdict.conflicts.map(({ index, event_id }) => ({ index: positions[index] ?? index, event_id })),
    rejected,
  }
}
