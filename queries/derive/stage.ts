import { deriveInsert, type DeriveRun } from './run.ts'

/** Reads the timelines and links of a batch's documents once, for all statements that compute their answers. */
export async function stage(run: Pick<DeriveRun, 'clickhouse' | 'tenant' | 'signal'>, batch: string): Promise<void> {
  await Promise.all([deriveInsert(run, 'derive/stage-events', { batch }), deriveInsert(run, 'derive/stage-links', { batch })])
}
