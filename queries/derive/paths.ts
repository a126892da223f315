import { deriveInsert, type DeriveRun } from './run.ts'

/** The types that the declared paths lead through. */
export const PATH_TYPES = [
  'requisition',
  'purchase_order',
  'po_line',
  'goods_receipt',
  'service_entry',
  'invoice',
  'invoice_line',
  'payment',
]
/** Steps up and down the declared paths: requisition, order, receipt, invoice, line, payment. */
const PATH_STEPS = 3

/** Writes the documents on the paths up and down from those of a batch, under batches whose names begin with `into`. */
export async function walkPaths(
  bound: Pick<DeriveRun, 'clickhouse' | 'tenant' | 'signal'>,
  first: string,
  into: string,
): Promise<void> {
  for (const downstream of [true, false]) {
    let from = first
    for (let step = 1; step <= PATH_STEPS; step++) {
      const next = `${into}/${downstream ? 'down' : 'up'}-${step}`
      const found = await deriveInsert(bound, 'derive/scope-linked', { from_batch: from, into: next, downstream })
      if (found === 0) break
      from = next
    }
  }
}
