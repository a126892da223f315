import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Timeline } from '../../model/timeline.ts'
import { asStoreError } from '../run.ts'
import { deriveInsert, deriveRows, type DeriveRun, type DeriveStep, type DeriveStores } from './run.ts'
import { timelinesOf } from './timelines.ts'

/** What a timeline gives: one state of one subject of the document. `values` are the columns of the history beside the common ones. */
export type AnswerRow = { subject_id: string; cohort_at: Instant; values: Readonly<Record<string, unknown>> }

/**
 * An answer that is computed from one timeline at a time by a pure function. Its history table has the columns tenant_id, document_type,
 * document_id, subject_id, version, cohort_at, absent, content and those of `values`, in the order (tenant_id, document_type, document_id,
 * subject_id, version).
 */
export type TimelineAnswer = {
  name: string
  /** The table of all states. */
  history: string
  /** Statements that bring the current tables to the history, with the parameters batch, published and version. */
  publish: readonly string[]
  definitions(stores: DeriveStores, tenant: TenantId): Promise<string>
  /** Loads what it needs beside the timelines; null where it has nothing to say of any document of the run. */
  prepare(run: DeriveRun): Promise<((timeline: Timeline) => readonly AnswerRow[]) | null>
}

/** Rows of one insert. */
const ROWS_AT_ONCE = 5000

const Known = z.object({
  document_type: z.string(),
  document_id: z.string(),
  subject_id: z.string(),
  newest: z.string(),
  cohort_us: z.number(),
})

/** The step that reads the scope's timelines once for all answers that are computed from them. */
export function timelineStep(answers: readonly TimelineAnswer[]): DeriveStep {
  return {
    name: 'timelines',
    async definitions(stores, tenant) {
      const all = await Promise.all(answers.map((answer) => answer.definitions(stores, tenant)))
      return answers.map(({ name }, at) => `${name} ${all[at]}`).join('\n')
    },
    async run(run) {
      const recorders: Recorder[] = []
      for (const answer of answers) {
        const compute = await answer.prepare(run)
        if (compute !== null) recorders.push(await createRecorder(run, answer, compute))
      }
      if (recorders.length === 0) return
      for await (const timeline of timelinesOf(run)) for (const recorder of recorders) await recorder.take(timeline)
      for (const recorder of recorders) await recorder.end()
    },
  }
}

/** Takes timelines, writes what differs from the newest known state, and publishes it. */
type Recorder = { take(timeline: Timeline): Promise<void>; end(): Promise<void> }

async function createRecorder(
  run: DeriveRun,
  answer: TimelineAnswer,
  compute: (timeline: Timeline) => readonly AnswerRow[],
): Promise<Recorder> {
  const { history } = answer
  const rows = await deriveRows(run, 'derive/known-contents', { batch: run.batch, history }, Known)
  const known = new Map(rows.map((row) => [keyOf(row.document_type, row.document_id, row.subject_id), row]))
  let waiting: Record<string, unknown>[] = []
  let failure: unknown
  let writing: Promise<void> = Promise.resolve()
  const written = async (): Promise<void> => {
    await writing
    if (failure !== undefined) throw failure
  }
  /** Begins to write what waits once the write before has ended: one is on its way while timelines are read on. */
  const write = async (): Promise<void> => {
    await written()
    if (waiting.length === 0) return
    const values = waiting
    waiting = []
    writing = insertStates(run.clickhouse, history, values).catch((error: unknown) => {
      failure = error
    })
  }
  const common = { tenant_id: run.tenant, version: run.version }
  return {
    async take(timeline) {
      const { type, id } = timeline.document
      for (const { subject_id, cohort_at, values } of compute(timeline)) {
        const key = keyOf(type, id, subject_id)
        const row = { cohort_at: instantToClickHouse(cohort_at), ...values }
        const content = contentOf(row)
        const before = known.get(key)
        known.delete(key)
        if (before?.newest === content) continue
        waiting.push({ ...common, document_type: type, document_id: id, subject_id, absent: false, content, ...row })
      }
      if (waiting.length >= ROWS_AT_ONCE) await write()
    },
    async end() {
      for (const { document_type, document_id, subject_id, cohort_us } of known.values()) {
        const cohort_at = instantToClickHouse(cohort_us)
        waiting.push({ ...common, document_type, document_id, subject_id, absent: true, content: '0', cohort_at })
        if (waiting.length >= ROWS_AT_ONCE) await write()
      }
      await write()
      await written()
      for (const name of answer.publish)
        await deriveInsert(run, name, { batch: run.batch, published: run.published, version: run.version })
    },
  }
}

function keyOf(type: string, id: string, subject: string): string {
  return `${type}\n${id}\n${subject}`
}

/** Hash of what a state says, never 0: decimal text of a UInt64. */
function contentOf(row: Readonly<Record<string, unknown>>): string {
  const hash = createHash('sha256').update(JSON.stringify(row)).digest().readBigUInt64LE()
  return (hash === 0n ? 1n : hash).toString()
}

async function insertStates(clickhouse: ClickHouseClient, table: string, values: Record<string, unknown>[]): Promise<void> {
  await clickhouse
    .insert({
      table,
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, input_format_parallel_parsing: 0, max_insert_block_size: '1000000' },
    })
    .catch((error: unknown) => {
      throw asStoreError(error, table)
    })
}
