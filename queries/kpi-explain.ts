import { z } from 'zod'
import { type Instant, instantToIso } from '../model/instant.ts'
import type { Db } from '../platform/postgres/client.ts'
import { SightlineError } from '../platform/errors.ts'
import { answersState } from './answers.ts'
import { bucketNumber, bucketStart } from './kpi-buckets.ts'
import { kpiAnswer, kpiDefinition } from './kpi.ts'
import { FACTS_PARAMS, factsOf, factsParams, type KpiScope } from './kpi-facts.ts'
import { referenceState } from './kpi-reference.ts'
import { type Query, sqlText, type TenantReader } from './run.ts'

const GROUP = { in_group: z.boolean(), group: z.string() }
const STATES = ['counted', 'open', 'excluded', 'absent'] as const
const State = z.object({
  document_type: z.string(),
  document_id: z.string(),
  subject_id: z.string(),
  cohort_us: z.number(),
  state: z.enum(STATES),
  why: z.string(),
  contributed: z.number(),
  weighed: z.number(),
  known_us: z.number(),
})
type State = z.output<typeof State>

const HISTORY = {
  name: 'read/kpi-explain-history',
  params: z.object({ kpi: z.string(), types: z.array(z.string()), ids: z.array(z.string()) }),
  row: State,
} satisfies Query<z.ZodRawShape, z.ZodType>

/** A number of a KPI: a window or one bucket of it, a group where one is meant, and which of its objects to list. */
export type Explained = Omit<KpiScope, 'compare'> & {
  /** Start of the bucket that is meant; null for the whole window. */
  start: Instant | null
  /** The group that is meant; null for all. */
  group: string | null
  state: 'counted' | 'open' | 'excluded' | null
  after: string | null
  limit: number
}

/**
 * Opens a number: what it means, by which formula it came about, how fresh it is, and the objects in it and left out of it, each with what
 * it contributes and contributed before.
 *
 * @throws SightlineError `not_found` for an unknown KPI, `parameter_invalid` for a window that is empty, or a cursor of another list
 */
export async function explainKpi(reader: TenantReader, db: Db, kpi: string, asked: Explained) {
  const definition = kpiDefinition(kpi)
  const scope = narrowed(asked)
  const { groupBy = null, filters = {}, asOf = null, group } = scope
  const params = { ...factsParams(definition, scope), in_group: group !== null && groupBy !== null, group: group ?? '' }
  const after = placeOf(asked.after)
  const counts = {
    name: 'read/kpi-explain-counts',
    parts: factsOf(asOf),
    params: z.object({ ...FACTS_PARAMS, ...GROUP }),
    row: z.object({ state: z.enum(STATES), why: z.string(), n: z.number() }),
  } satisfies Query<z.ZodRawShape, z.ZodType>
  const objects = {
    name: 'read/kpi-explain-objects',
    parts: factsOf(asOf),
    params: z.object({
      ...FACTS_PARAMS,
      ...GROUP,
      state: z.string(),
      limit: z.number(),
      after_us: z.number(),
      after_type: z.string(),
      after_id: z.string(),
      after_subject: z.string(),
    }),
    row: State,
  } satisfies Query<z.ZodRawShape, z.ZodType>
  const isMoney = definition.needs.includes('value_assumptions')
  const pageWithHistories = async () => {
    const found = await reader.rows(objects, { ...params, ...after, state: asked.state ?? '', limit: asked.limit + 1 })
    const page = found.slice(0, asked.limit)
    return { page, histories: await historyOf(reader, kpi, page), isMore: found.length > asked.limit }
  }
  const [answer, tally, { page, histories, isMore }, freshness, reference] = await Promise.all([
    kpiAnswer(reader, kpi, { ...scope, bucket: 'all' }),
    reader.rows(counts, params),
    pageWithHistories(),
    answersState(reader, db),
    isMoney ? referenceState(reader, definition) : null,
  ])
  const last = page.at(-1)
  const tallied = (state: (typeof STATES)[number]) =>
    tally.filter((one) => one.state === state).reduce((sum, { n }) => sum + n, 0)
  return {
    kpi: definition,
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    group_by: groupBy,
    group,
    filters: { ...filters },
    as_of: asOf === null ? null : instantToIso(asOf),
    needs: answer.needs,
    row: answer.rows.find((row) => group === null || row.group === group) ?? null,
    currency:
      reference === null
        ? null
        : {
            reporting: reference.currency,
            basis: 'each amount at the rate of the day that the definition names, from the reference data',
          },
    freshness,
    counts: {
      counted: tallied('counted'),
      open: tallied('open'),
      excluded: tally.filter((one) => one.state === 'excluded').map(({ why, n }) => ({ reason: why, n })),
    },
    sql: { contributions: sqlText(`kpi/${kpi}`), answer: sqlText(`read/kpi-${definition.aggregate}`, factsOf(asOf)) },
    parameters: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
    objects: page.map((one) => ({
      type: one.document_type,
      id: one.document_id,
      subject: one.subject_id,
      ...stateOf(one),
      history: (histories.get(keyOf(one)) ?? []).map(stateOf),
    })),
    next: isMore && last !== undefined ? cursorText(last) : null,
  }
}

/** The window of the bucket that is meant. */
function narrowed(asked: Explained): Explained {
  const { from, to, bucket, start } = asked
  if (to <= from) throw new SightlineError('parameter_invalid', 'The window is empty: `to` is not after `from`.')
  if (start === null || bucket === 'all') return asked
  const number = bucketNumber(start, from, bucket)
  const [begin, end] = [bucketStart(number, from, bucket), bucketStart(number + 1, from, bucket)]
  const inside = { ...asked, from: Math.max(from, begin), to: Math.min(to, end) }
  if (inside.to <= inside.from)
    throw new SightlineError('parameter_invalid', 'start: the bucket that begins there lies outside the window.')
  return inside
}

async function historyOf(reader: TenantReader, kpi: string, page: readonly State[]): Promise<Map<string, State[]>> {
  const histories = new Map<string, State[]>()
  if (page.length === 0) return histories
  const rows = await reader.rows(HISTORY, {
    kpi,
    types: page.map((one) => one.document_type),
    ids: page.map((one) => one.document_id),
  })
  for (const row of rows) {
    const known = histories.get(keyOf(row))
    if (known === undefined) histories.set(keyOf(row), [row])
    else known.push(row)
  }
  return histories
}

const keyOf = ({ document_type, document_id, subject_id }: State) => `${document_type}\n${document_id}\n${subject_id}`

function stateOf({ state, why, cohort_us, contributed, weighed, known_us }: State) {
  return {
    state,
    reason: why,
    cohort_at: instantToIso(cohort_us),
    value: contributed,
    weight: weighed,
    known_since: instantToIso(known_us),
  }
}

const Place = z.tuple([z.number(), z.string(), z.string(), z.string()])

function cursorText(last: State): string {
  const place: z.output<typeof Place> = [last.cohort_us, last.document_type, last.document_id, last.subject_id]
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function placeOf(after: string | null) {
  if (after === null) return { after_us: 0, after_type: '', after_id: '', after_subject: '' }
  try {
    const [after_us, after_type, after_id, after_subject] = Place.parse(JSON.parse(Buffer.from(after, 'base64url').toString()))
    return { after_us, after_type, after_id, after_subject }
  } catch (error) {
    throw new SightlineError('parameter_invalid', 'after: is not the `next` of a page before.', {
      next: 'Ask without it for the first page.',
      cause: error,
    })
  }
}
