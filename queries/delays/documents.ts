import { z } from 'zod'
import { type Instant, instantToIso } from '../../model/instant.ts'
import type { Query, TenantReader } from '../run.ts'
import { type DelayScope, factsOf, instantOf, paramsOf, SCOPE_PARAMS, seconds } from './scope.ts'

const texts = z.array(z.string())
const numbers = z.array(z.number())
const ROW = z.object({
  document_type: z.string(),
  document_id: z.string(),
  finished: z.boolean(),
  provisional: z.boolean(),
  first_at: z.string(),
  until_at: z.string(),
  due_at: z.string().nullable(),
  settled_at: z.string().nullable(),
  late: z.boolean(),
  late_because: texts,
  late_because_systems: texts,
  from_us: numbers,
  to_us: numbers,
  segment_cause: texts,
  segment_working_us: numbers,
  segment_off_us: numbers,
  segment_stage: texts,
  segment_step: texts,
  segment_party: texts,
  segment_holder: texts,
  segment_system: texts,
  segment_caused_by: texts,
  shared_cause: texts,
  shared_step: texts,
  shared_holder: texts,
  shared_from_us: numbers,
  shared_to_us: numbers,
  shared_us: numbers,
  open_cause: z.string(),
  open_stage: z.string(),
  open_step: z.string(),
  open_party: z.string(),
  open_holder: z.string(),
  open_system: z.string(),
  amount_text: z.string().nullable(),
  currency: z.string(),
  entity: z.string(),
  supplier: z.string(),
})
type Row = z.output<typeof ROW>

const DOCUMENTS = {
  name: 'read/delay-documents',
  params: z.object({
    ...SCOPE_PARAMS,
    cause: z.string(),
    stage: z.string(),
    holder: z.string(),
    system: z.string(),
    late_because: z.string(),
    late_system: z.string(),
    open_cause: z.string(),
    limit: z.number(),
    offset: z.number(),
  }),
  row: ROW.extend({ charged: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const OBJECT = {
  name: 'read/object-delays',
  params: z.object({ type: z.string(), id: z.string() }),
  row: ROW.extend({ absent: z.boolean() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** What picks documents out of a scope; empty text asks for nothing. */
export type DocumentsQuery = {
  cause: string
  stage: string
  holder: string
  system: string
  /** Late ones that would not have been late without this cause, or these joined by +. */
  late_because: string
  late_system: string
  /** Open ones that wait for this now, instead of finished ones. */
  open_cause: string
  limit: number
  after: number
}

/**
 * Documents of a scope with their segments, those first that were charged most for what is asked, or were latest.
 *
 * @throws SightlineError `parameter_invalid` for an empty window
 */
export async function delayDocuments(reader: TenantReader, scope: DelayScope, query: DocumentsQuery) {
  const { cause, stage, holder, system, late_because, late_system, open_cause, limit, after } = query
  const rows = await reader.rows(
    { ...DOCUMENTS, parts: factsOf(scope) },
    {
      ...paramsOf(scope, { finished: open_cause === '' }),
      cause,
      stage,
      holder,
      system,
      late_because,
      late_system,
      open_cause,
      limit: limit + 1,
      offset: after,
    },
  )
  return {
    type: scope.type,
    documents: rows
      .slice(0, limit)
      .map((row) => ({ ...documentOf(row, scope.asOf ?? scope.now), charged_s: seconds(row.charged) })),
    next: rows.length > limit ? after + limit : null,
  }
}

/** Where the time of one document went, up to now; null where that is not computed, or no document of its own. */
export async function objectDelays(reader: TenantReader, type: string, id: string, now: Instant) {
  const [row] = await reader.rows(OBJECT, { type, id })
  return row === undefined || row.absent ? null : documentOf(row, now)
}

/** A document with its segments; while it is open what is charged now goes on to `now`, without a split by working time. */
function documentOf(row: Row, now: Instant) {
  const until = instantOf(row.until_at)
  const goesOn = !row.finished && now > until
  const elapsed = (goesOn ? now : until) - instantOf(row.first_at)
  return {
    type: row.document_type,
    id: row.document_id,
    finished: row.finished,
    provisional: row.provisional,
    first_at: row.first_at,
    until_at: row.until_at,
    elapsed_s: seconds(elapsed),
    due_at: row.due_at,
    settled_at: row.settled_at,
    late: row.late || (row.due_at !== null && row.settled_at === null && !row.finished && instantOf(row.due_at) < now),
    late_because: row.late_because.map((set) => set.split('+')),
    late_because_systems: row.late_because_systems.map((set) => set.split('+')),
    segments: row.from_us.map((from, at) => ({
      from: instantToIso(from),
      to: instantToIso(row.to_us[at] ?? from),
      cause: row.segment_cause[at] ?? '',
      working_s: seconds(row.segment_working_us[at] ?? 0),
      off_s: seconds(row.segment_off_us[at] ?? 0),
      stage: row.segment_stage[at] ?? '',
      step: row.segment_step[at] ?? '',
      party: row.segment_party[at] ?? '',
      holder: row.segment_holder[at] ?? '',
      system: row.segment_system[at] ?? '',
      caused_by: row.segment_caused_by[at] ?? '',
    })),
    shared: row.shared_us.map((us, at) => ({
      cause: row.shared_cause[at] ?? '',
      step: row.shared_step[at] ?? '',
      holder: row.shared_holder[at] ?? '',
      from: instantToIso(row.shared_from_us[at] ?? 0),
      to: instantToIso(row.shared_to_us[at] ?? 0),
      shared_s: seconds(us),
    })),
    open: row.finished
      ? null
      : {
          since: row.until_at,
          elapsed_s: goesOn ? seconds(now - until) : 0,
          cause: row.open_cause,
          stage: row.open_stage,
          step: row.open_step,
          party: row.open_party,
          holder: row.open_holder,
          system: row.open_system,
        },
    amount: row.amount_text,
    currency: row.currency,
    entity: row.entity,
    supplier: row.supplier,
  }
}
