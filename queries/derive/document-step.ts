import { createHash } from 'node:crypto'
import { sqlText } from '../run.ts'
import { deriveInsert, type DeriveStep } from './run.ts'

/** Types of documents whose state is kept. */
const TYPES = ['requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval']

/** The documents as they stand: what is open and what it waits on, what it is worth, what became of it. */
export const documentStep: DeriveStep = {
  name: 'documents',
  definitions: () => Promise.resolve(createHash('sha256').update(sqlText('derive/documents')).digest('hex')),
  async run(run) {
    if (!TYPES.some((type) => run.documents.has(type))) return
    await deriveInsert(run, 'derive/documents', { batch: run.batch, version: run.version })
  },
}
