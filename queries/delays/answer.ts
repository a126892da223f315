import { z } from 'zod'
import { instantToIso } from '../../model/instant.ts'
import { CAUSES, type Cause } from '../../model/delays/charging.ts'
import type { KpiBucket } from '../kpi-buckets.ts'
import type { Query, TenantReader } from '../run.ts'
import {
  DELAY_DIMENSIONS,
  type DelayGroup,
  type DelayScope,
  factsOf,
  instantOf,
  paramsOf,
  SEGMENT_GROUPS,
  SCOPE_PARAMS,
  seconds,
} from './scope.ts'

/** Parties waited on that are named. */
const HOLDERS = 50

const params = z.object(SCOPE_PARAMS)
const cause = z.enum(CAUSES)
const flag = z.union([z.boolean(), z.number()]).transform(Boolean)
const TIME = {
  name: 'read/delay-time',
  params: params.extend({ grouping: z.enum(['of_document', ...SEGMENT_GROUPS]), limit: z.number() }),
  row: z.object({
    cut: z.enum(['group', 'stage', 'holder']),
    earlier: flag,
    bucket: z.string(),
    group: z.string(),
    stage: z.string(),
    cause,
    party: z.string(),
    holder: z.string(),
    working: z.number(),
    off: z.number(),
    documents: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
const FIGURES = {
  name: 'read/delay-figures',
  params,
  row: z.object({
    whole: flag,
    earlier: flag,
    bucket: z.string(),
    group: z.string(),
    documents: z.number(),
    elapsed: z.number(),
    technical_shared: z.number(),
    business_exception_shared: z.number(),
    supplier_shared: z.number(),
    person_shared: z.number(),
    dated: z.number(),
    late_documents: z.number(),
    because: z.record(z.string(), z.number()),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
const OPEN = {
  name: 'read/delay-open',
  params,
  row: z.object({
    cause,
    stage: z.string(),
    failed_system: z.string(),
    documents: z.number(),
    overdue: z.number(),
    waited: z.number(),
    aged: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** How the time of a scope is cut. */
export type DelayCut = { bucket: KpiBucket; groupBy: DelayGroup | null; compare: boolean }

type Period = ReturnType<typeof period>

/**
 * Where the time of the documents that finished in a window went: by bucket, group and cause, by stage and cause, by who was waited on, what
 * late ones were late because of, what open ones wait for now, and where asked how all of it differs from the window before.
 *
 * @throws SightlineError `parameter_invalid` for an empty window
 */
export async function delayAnswer(reader: TenantReader, scope: DelayScope, { bucket, groupBy, compare }: DelayCut) {
  const { from, to } = scope
  const segment = SEGMENT_GROUPS.find((name) => name === groupBy)
  const dimension = DELAY_DIMENSIONS.find((name) => name === groupBy) ?? null
  const both = paramsOf(compare ? { ...scope, from: 2 * from - to } : scope, { bucket, groupBy: dimension, split: from })
  const parts = factsOf(scope)
  const [time, figures, open] = await Promise.all([
    reader.rows({ ...TIME, parts }, { ...both, grouping: segment ?? 'of_document', limit: HOLDERS }),
    reader.rows({ ...FIGURES, parts }, both),
    reader.rows({ ...OPEN, parts }, paramsOf(scope, { finished: false })),
  ])
  const periodOf = (isEarlier: boolean) => {
    const within = (row: { earlier: boolean }) => row.earlier === isEarlier
    return period(
      figures.find((row) => row.whole && within(row)),
      time.filter((row) => row.cut === 'stage' && within(row)),
    )
  }
  const [current, previous] = [periodOf(false), compare ? periodOf(true) : null]
  const bucketOf = (text: string): string => instantToIso(bucket === 'all' ? from : instantOf(text))
  return {
    type: scope.type,
    from: instantToIso(from),
    to: instantToIso(to),
    documents: current.documents,
    elapsed_s: current.elapsed_s,
    previous:
      previous === null ? null : { documents: previous.documents, elapsed_s: previous.elapsed_s, late: previous.late.late },
    causes: causesOf(current, previous),
    rows: time
      .filter((row) => row.cut === 'group' && !row.earlier)
      .map((row) => ({
        bucket: bucketOf(row.bucket),
        group: row.group,
        cause: row.cause,
        documents: row.documents,
        working_s: seconds(row.working),
        off_s: seconds(row.off),
      })),
    groups: figures
      .filter((row) => segment === undefined && !row.whole)
      .map((row) => ({
        bucket: bucketOf(row.bucket),
        group: row.group,
        documents: row.documents,
        elapsed_s: seconds(row.elapsed),
        with_deadline: row.dated,
        late: row.late_documents,
      })),
    stages: changesOf(current, previous),
    late: current.late,
    holders: time
      .filter((row) => row.cut === 'holder')
      .map((row) => ({
        cause: row.cause,
        party: row.party,
        holder: row.holder,
        documents: row.documents,
        working_s: seconds(row.working),
        off_s: seconds(row.off),
      })),
    open: open.map(({ failed_system, waited, aged, ...row }) => ({
      ...row,
      system: failed_system,
      waited_s: seconds(waited),
      aged_s: seconds(aged),
    })),
  }
}

/** The figures of a window, ungrouped. */
function period(figures: z.output<typeof FIGURES.row> | undefined, stages: readonly z.output<typeof TIME.row>[]) {
  const because = Object.entries(figures?.because ?? {})
    .map(([reason, documents]) => {
      const at = reason.indexOf(':')
      return { kind: reason.slice(0, at), set: reason.slice(at + 1), documents }
    })
    .filter(({ documents }) => documents > 0)
    .toSorted((a, b) => b.documents - a.documents || a.set.localeCompare(b.set))
  const setsOf = (kind: 'causes' | 'systems') =>
    because
      .filter((row) => row.kind === kind && row.set !== '')
      .map(({ set, documents }) => ({ [kind]: set.split('+'), documents }))
  return {
    documents: figures?.documents ?? 0,
    elapsed_s: seconds(figures?.elapsed ?? 0),
    shared: {
      technical: seconds(figures?.technical_shared ?? 0),
      business_exception: seconds(figures?.business_exception_shared ?? 0),
      supplier: seconds(figures?.supplier_shared ?? 0),
      person: seconds(figures?.person_shared ?? 0),
      touch: 0,
      queue: 0,
    } satisfies Record<Cause, number>,
    stages,
    late: {
      with_deadline: figures?.dated ?? 0,
      late: figures?.late_documents ?? 0,
      because: setsOf('causes') as { causes: string[]; documents: number }[],
      systems: setsOf('systems') as { systems: string[]; documents: number }[],
      unexplained: because.find((row) => row.kind === 'causes' && row.set === '')?.documents ?? 0,
    },
  }
}

/** Each cause's hours and share, those that another one hid, and the documents that are late because of it. */
function causesOf(current: Period, previous: Period | null) {
  const total = current.stages.reduce((sum, row) => sum + row.working + row.off, 0)
  const meanOf = (period: Period, name: Cause): number | null =>
    period.documents === 0 ? null : chargedTo(period, name) / period.documents
  return CAUSES.map((name) => {
    const rows = current.stages.filter((row) => row.cause === name)
    const charged = chargedTo(current, name)
    return {
      cause: name,
      working_s: seconds(rows.reduce((sum, row) => sum + row.working, 0)),
      off_s: seconds(rows.reduce((sum, row) => sum + row.off, 0)),
      share: total === 0 ? null : (charged * 1e6) / total,
      shared_s: current.shared[name],
      mean_s: meanOf(current, name),
      previous_mean_s: previous === null ? null : meanOf(previous, name),
      late_because: current.late.because.find(({ causes }) => causes.length === 1 && causes[0] === name)?.documents ?? 0,
      late_together: current.late.because
        .filter(({ causes }) => causes.length > 1 && causes.includes(name))
        .reduce((most, { documents }) => Math.max(most, documents), 0),
    }
  })
}

/** Seconds charged to a cause in a period. */
function chargedTo({ stages }: Period, cause: Cause): number {
  return seconds(stages.filter((row) => row.cause === cause).reduce((sum, row) => sum + row.working + row.off, 0))
}

/** The mean time a document of each stage and cause, and by how much it grew since the period before. */
function changesOf(current: Period, previous: Period | null) {
  const key = (row: Period['stages'][number]): string => `${row.stage}\n${row.cause}`
  const before = new Map(previous?.stages.map((row) => [key(row), row]))
  const known = new Set(current.stages.map(key))
  const gone = [...before].filter(([at]) => !known.has(at)).map(([, row]) => ({ ...row, working: 0, off: 0, documents: 0 }))
  const mean = (us: number, documents: number): number | null => (documents === 0 ? null : seconds(us / documents))
  return [...current.stages, ...gone]
    .map((row) => {
      const old = before.get(key(row))
      const now = mean(row.working + row.off, current.documents)
      const then = previous === null ? null : mean(old === undefined ? 0 : old.working + old.off, previous.documents)
      return {
        stage: row.stage,
        cause: row.cause,
        working_s: seconds(row.working),
        off_s: seconds(row.off),
        documents: row.documents,
        mean_s: now,
        previous_mean_s: then,
        change_s: now === null || then === null ? null : now - then,
      }
    })
    .toSorted((a, b) => b.working_s + b.off_s - (a.working_s + a.off_s))
}
