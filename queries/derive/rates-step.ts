import { z } from 'zod'
import { deriveInsert, deriveRows, type DeriveStep } from './run.ts'

const Stale = z.object({ stale: z.coerce.boolean() })

/** Rates into the reporting currency, compiled from the reference data where that is newer. */
export const ratesStep: DeriveStep = {
  name: 'rates',
  // Who changes reference data marks the documents that depend on it.
  definitions: () => Promise.resolve(''),
  async run(run) {
    const [row] = await deriveRows(run, 'derive/rates-stale', {}, Stale)
    if (row?.stale === true) await deriveInsert(run, 'derive/rates-compile', {})
  },
}
