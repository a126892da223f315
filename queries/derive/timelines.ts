import { z } from 'zod'
import { ATTRIBUTE_DIMENSIONS } from '../../model/vocabulary.ts'
import type { Timeline, TimelineCall, TimelineEvent } from '../../model/timeline.ts'
import { asStoreError, sqlText } from '../run.ts'
import { deriveRows, type DeriveRun, STAGED, YIELDING } from './run.ts'

/** A row of `derive/timelines`, in the order of its columns: not validated one by one, since there may be millions. */
type EventRow = [
  object_type: string,
  object_id: string,
  event_id: string,
  occurred_us: number,
  received_us: number,
  seq: number,
  activity: string,
  step: string,
  lifecycle: string,
  system: string,
  system_class: string,
  actor_id: string,
  actor_kind: string,
  waits_kind: string,
  waits_id: string,
  waits_step: string,
  status: string,
  code: string,
  cause_class: string,
  category: string,
  exception_id: string,
  exception_state: string,
  exception_caused_by: string,
  operation_id: string,
  attempt: number,
  policy_id: string,
  policy_version: string,
  policy_decision: string,
  amount_text: string | null,
  currency: string,
  due_us: number | null,
  completes_id: string | null,
  workflow_run: string,
  approvals: string[],
  dimensions: string[],
]

const Call = z.object({
  object_type: z.string(),
  object_id: z.string(),
  call_id: z.string(),
  started_us: z.number(),
  ended_us: z.number(),
  system: z.string(),
  operation: z.string(),
  status: z.string(),
  class: z.string(),
  category: z.string(),
})
const Attributes = z.object({
  object_type: z.string(),
  object_id: z.string(),
  names: z.array(z.string()),
  values: z.array(z.string()),
})

/**
 * The timelines of a run's documents, one after the other: memory holds one document's events, and the calls and attributes of all.
 * Documents that have lost their events are left out.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function* timelinesOf(run: DeriveRun): AsyncGenerator<Timeline> {
  const params = { ...STAGED, batch: run.batch, types: [...run.documents.keys()], tenant_id: run.tenant }
  const calls = new Map<string, TimelineCall[]>()
  for (const { object_type, object_id, started_us, ended_us, ...call } of await deriveRows(
    run,
    'derive/timeline-calls',
    params,
    Call,
  )) {
    const key = `${object_type}\n${object_id}`
    const known = calls.get(key)
    const one = { ...call, started_at: started_us, ended_at: ended_us }
    if (known === undefined) calls.set(key, [one])
    else known.push(one)
  }
  const attributes = new Map(
    (await deriveRows(run, 'derive/timeline-attributes', params, Attributes)).map((row) => [
      `${row.object_type}\n${row.object_id}`,
      Object.fromEntries(row.names.map((name, at) => [name, row.values[at] ?? ''])),
    ]),
  )
  const finished = (type: string, id: string, events: TimelineEvent[]): Timeline => {
    const key = `${type}\n${id}`
    return { document: { type, id }, events, calls: calls.get(key) ?? [], attributes: attributes.get(key) ?? {} }
  }
  let [type, id] = ['', '']
  let events: TimelineEvent[] = []
  for await (const row of eventRows(run, params)) {
    if (row[0] !== type || row[1] !== id) {
      if (events.length > 0) yield finished(type, id, events)
      ;[type, id] = row
      events = []
    }
    events.push(eventOf(row))
  }
  if (events.length > 0) yield finished(type, id, events)
}

async function* eventRows(run: DeriveRun, params: Record<string, unknown>): AsyncGenerator<EventRow> {
  const name = 'derive/timelines'
  try {
    const answer = await run.clickhouse.query({
      query: sqlText(name),
      query_params: params,
      format: 'JSONCompactEachRow',
      clickhouse_settings: { ...YIELDING, output_format_json_quote_64bit_integers: 0 },
      ...(run.signal === undefined ? {} : { abort_signal: run.signal }),
    })
    for await (const rows of answer.stream<EventRow>()) for (const row of rows) yield row.json()
  } catch (error) {
    throw asStoreError(error, name)
  }
}

function eventOf(row: EventRow): TimelineEvent {
  const dimensions: Record<string, string> = {}
  for (const [at, name] of ATTRIBUTE_DIMENSIONS.entries()) {
    const value = row[34][at]
    if (value !== undefined && value !== '') dimensions[name] = value
  }
  return {
    event_id: row[2],
    occurred_at: row[3],
    received_at: row[4],
    seq: row[5],
    activity: row[6],
    step: row[7],
    lifecycle: row[8],
    system: row[9],
    system_class: row[10],
    actor_id: row[11],
    actor_kind: row[12],
    waits_kind: row[13],
    waits_id: row[14],
    waits_step: row[15],
    status: row[16],
    code: row[17],
    class: row[18],
    category: row[19],
    exception_id: row[20],
    exception_state: row[21],
    exception_caused_by: row[22],
    operation_id: row[23],
    attempt: row[24],
    policy_id: row[25],
    policy_version: row[26],
    policy_decision: row[27],
    amount: row[28],
    currency: row[29],
    due_at: row[30],
    completes_id: row[31],
    workflow_run: row[32],
    approvals: row[33],
    dimensions,
  }
}
