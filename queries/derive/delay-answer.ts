import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CHAIN_LIMIT } from '../../model/causes.ts'
import { attribute, chargedByCause, type DelayContext, type DocumentDelay } from '../../model/delays/attribution.ts'
import { BLOCKER_CAUSES } from '../../model/delays/blocker.ts'
import { CAUSES } from '../../model/delays/charging.ts'
import { partyCalendars } from '../../model/delays/party-calendars.ts'
import { type Instant, instantToClickHouse } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Timeline } from '../../model/timeline.ts'
import { deriveRows, type DeriveRun, type DeriveStores } from './run.ts'
import type { TimelineAnswer } from './timeline-step.ts'

/** Version of the rules of attribution: when it changes, everything is computed anew. */
const RULES = '4'

/** What stands in the events of documents and is not on a way of its own. */
const NO_DOCUMENTS = new Set(['supplier', 'contract', 'connector', 'workflow_run', 'approval'])

const DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'category',
  'supplier',
  'approver',
] as const

const CalendarBody = z.object({ kind: z.string(), key: z.string(), from_us: z.number(), stated: z.string() })
const CauseId = z.object({ id: z.string() })
const Root = z.object({ root_id: z.string(), failed: z.string(), caused: z.string() })
const Window = z.object({ id: z.string(), failed: z.string(), from_us: z.number(), to_us: z.number().nullable() })

/** Where the time of each document went: one state a document. */
export const delayAnswer: TimelineAnswer = {
  name: 'delays',
  history: 'delay_history',
  publish: ['derive/delays-publish'],
  async definitions(stores, tenant) {
    const hash = createHash('sha256').update(RULES)
    for (const row of await calendarRows(stores, tenant, undefined)) hash.update(JSON.stringify(row))
    return hash.digest('hex')
  },
  async prepare(run) {
    if ([...run.documents.keys()].every((type) => NO_DOCUMENTS.has(type))) return null
    const delayOf = await delaysOf(run)
    return (timeline) => {
      if (NO_DOCUMENTS.has(timeline.document.type)) return []
      const delay = delayOf(timeline)
      if (delay === null) return []
      return [{ subject_id: '', cohort_at: delay.finished ? delay.to : delay.from, values: valuesOf(delay, timeline) }]
    }
  },
}

type DelayOf = (timeline: Timeline) => DocumentDelay | null
const prepared = new WeakMap<DeriveRun, Promise<DelayOf>>()

/** Attributes the time of timelines of a run, each once, whichever answer asks for it. */
export function delaysOf(run: DeriveRun): Promise<DelayOf> {
  const known = prepared.get(run)
  if (known !== undefined) return known
  const made = prepareDelays(run)
  prepared.set(run, made)
  return made
}

async function prepareDelays(run: DeriveRun): Promise<DelayOf> {
  const [calendars, systems, windows] = await Promise.all([
    calendarRows(run, run.tenant, run.signal),
    rootSystems(run),
    deriveRows(run, 'derive/delay-windows', {}, Window),
  ])
  const context: DelayContext = {
    calendarOf: partyCalendars(
      calendars.map(({ kind, key, from_us, stated }) => ({
        kind,
        key,
        from: from_us,
        body: JSON.parse(stated) as Record<string, unknown>,
      })),
    ),
    rootSystem: (id) => systems.get(id) ?? '',
    windows: windows.map(({ id, failed, from_us, to_us }) => ({ id, system: failed, from: from_us, to: to_us })),
  }
  const attributed = new WeakMap<Timeline, DocumentDelay | null>()
  return (timeline) => {
    const known = attributed.get(timeline)
    if (known !== undefined) return known
    const delay = attribute(timeline, context, null)
    attributed.set(timeline, delay)
    return delay
  }
}

function calendarRows(stores: Pick<DeriveStores, 'clickhouse'>, tenant: TenantId, signal: AbortSignal | undefined) {
  return deriveRows({ clickhouse: stores.clickhouse, tenant, signal }, 'derive/party-calendars', {}, CalendarBody)
}

/** The system at the root of each cause that the scope's exceptions name. */
async function rootSystems(run: DeriveRun): Promise<Map<string, string>> {
  const roots = new Map<string, z.output<typeof Root>>()
  let ids = (await deriveRows(run, 'derive/delay-causes', { batch: run.batch }, CauseId)).map(({ id }) => id)
  for (let step = 0; step < CHAIN_LIMIT && ids.length > 0; step++) {
    const found = await deriveRows(run, 'derive/delay-roots', { ids }, Root)
    for (const root of found) roots.set(root.root_id, root)
    ids = found.map(({ caused }) => caused).filter((id) => id !== '' && !roots.has(id))
  }
  const systems = new Map<string, string>()
  for (const id of roots.keys()) {
    let root = roots.get(id)
    for (let step = 0; step < CHAIN_LIMIT && root !== undefined && root.caused !== ''; step++) root = roots.get(root.caused)
    if (root !== undefined) systems.set(id, root.failed)
  }
  return systems
}

/** The columns of `delay_history` beside the common ones. */
function valuesOf(delay: DocumentDelay, { events }: Timeline): Record<string, unknown> {
  const { segments, shared, open } = delay
  const values: Record<string, unknown> = {
    finished: delay.finished,
    provisional: delay.provisional,
    first_at: instantToClickHouse(delay.from),
    until_at: instantToClickHouse(delay.to),
    due_at: textOf(delay.due_at),
    settled_at: textOf(delay.settled_at),
    late: delay.late && delay.settled_at !== null,
    late_because: delay.settled_at === null ? [] : delay.late_because.map((set) => set.join('+')),
    late_because_systems: delay.settled_at === null ? [] : delay.late_because_systems.map((set) => set.join('+')),
    segment_from_at: segments.map((one) => instantToClickHouse(one.from)),
    segment_to_at: segments.map((one) => instantToClickHouse(one.to)),
    shared_from_at: shared.map((one) => instantToClickHouse(one.from)),
    shared_to_at: shared.map((one) => instantToClickHouse(one.to)),
    amount: events.findLast((event) => event.amount !== null)?.amount ?? null,
    currency: events.findLast((event) => event.currency !== '')?.currency ?? '',
  }
  for (const name of ['cause', 'working_us', 'off_us', 'stage', 'step', 'party', 'holder', 'system', 'caused_by'] as const)
    values[`segment_${name}`] = segments.map((one) => one[name])
  for (const name of ['cause', 'step', 'holder', 'us'] as const) values[`shared_${name}`] = shared.map((one) => one[name])
  for (const name of ['cause', 'stage', 'step', 'party', 'holder', 'system'] as const) values[`open_${name}`] = open?.[name] ?? ''
  const charged = chargedByCause(segments)
  for (const cause of CAUSES) {
    values[`${cause}_working_us`] = charged[cause].working_us
    values[`${cause}_off_us`] = charged[cause].off_us
  }
  for (const cause of BLOCKER_CAUSES) values[`${cause}_shared_us`] = delay.shared_us.get(cause) ?? 0
  for (const name of DIMENSIONS)
    values[name] = events.findLast((event) => event.dimensions[name] !== undefined)?.dimensions[name] ?? ''
  return values
}

function textOf(at: Instant | null): string | null {
  return at === null ? null : instantToClickHouse(at)
}
