import { createHash } from 'node:crypto'
import { sqlText } from '../run.ts'
import { deriveInsert, type DeriveStep } from './run.ts'

/** A step of one statement, which writes what of the scope's documents differs from what is stored. */
function stateStep(name: DeriveStep['name'], file: string, types?: readonly string[]): DeriveStep {
  return {
    name,
    definitions: () => Promise.resolve(createHash('sha256').update(sqlText(file)).digest('hex')),
    async run(run) {
      if (types !== undefined && !types.some((type) => run.documents.has(type))) return
      await deriveInsert(run, file, { batch: run.batch, version: run.version })
    },
  }
}

/** The steps of each object in order, for process views. */
export const processStep = stateStep('processes', 'derive/process-traces')

/** Exceptions, failed operations and verdicts. */
export const exceptionStep = stateStep('exceptions', 'derive/exception-items')

/** The documents as they stand: what is open and what it waits on, what it is worth, what became of it. */
export const documentStep = stateStep('documents', 'derive/documents', [
  'requisition',
  'purchase_order',
  'invoice',
  'payment',
  'onboarding',
  'approval',
])
