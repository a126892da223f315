import { deriveInsert, type DeriveRun } from './run.ts'

/**
 * Writes the documents that share a key with those of the run, or once did, beside them: those whose answers depend on each other's.
 *
 * @returns the batch that holds all
 */
export async function widen(run: DeriveRun, kinds: readonly string[]): Promise<string> {
  const into = `${run.batch}/${kinds.join('-')}`
  await deriveInsert(run, 'derive/control-scope', { batch: run.batch, into, kinds })
  return into
}
