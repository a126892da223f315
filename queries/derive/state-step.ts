import { createHash } from 'node:crypto'
import { DECISION_WORDS, MACHINE_PATTERN } from '../../model/ai-actions.ts'
import { sqlText } from '../run.ts'
import { deriveInsert, type DeriveStep } from './run.ts'

/** A step of statements that write what of the scope's documents differs from what is stored. */
function stateStep(
  name: DeriveStep['name'],
  files: readonly string[],
  { types, params = {} }: { types?: readonly string[]; params?: Record<string, unknown> } = {},
): DeriveStep {
  return {
    name,
    definitions() {
      const hash = createHash('sha256').update(JSON.stringify(params))
      for (const file of files) hash.update(sqlText(file))
      return Promise.resolve(hash.digest('hex'))
    },
    async run(run) {
      if (types !== undefined && !types.some((type) => run.documents.has(type))) return
      const { batch, version, published } = run
      for (const file of files) await deriveInsert(run, file, { ...params, batch, version, published })
    },
  }
}

/** The steps of each object in order, for process views, and what lists of objects show. */
export const processStep = stateStep('processes', ['derive/process-traces', 'derive/process-days', 'derive/object-activity'])

/** Exceptions, failed operations and verdicts. */
export const exceptionStep = stateStep('exceptions', ['derive/exception-items'])

/** What AI did and what people decided on it. */
export const aiStep = stateStep('ai', ['derive/ai-events'], {
  params: { ...DECISION_WORDS, machine: `(?i)${MACHINE_PATTERN}` },
})

/** The documents as they stand – what is open and what it waits on, what it is worth, what became of it – and the days of suppliers that they add up to. */
export const documentStep = stateStep('documents', ['derive/documents', 'derive/supplier-documents', 'derive/supplier-days'], {
  types: ['requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval'],
})
