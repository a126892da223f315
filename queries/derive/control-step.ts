import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type ControlDefinition, controlCatalogue } from '../control-catalogue.ts'
import { sqlText } from '../run.ts'
import { INSTANT_MAX, instantToClickHouse } from '../../model/instant.ts'
import { deriveInsert, deriveRows, type DeriveRun, type DeriveStep } from './run.ts'
import { inParts, sideBySide } from './side-by-side.ts'
import { widen } from './widen.ts'

/** Documents times controls of one statement, so that memory stays bounded, and the most controls of one. */
const ROWS_AT_ONCE = 150_000
const CONTROLS_AT_ONCE = 8
/** Documents whose facts controls read in one row. */
const FACTS_OF = ['requisition', 'purchase_order', 'po_line', 'goods_receipt', 'invoice', 'invoice_line', 'payment', 'onboarding']

const Kind = z.object({ kind: z.string() })

/** What controls find, every state of it, and what they find now. */
export const controlStep: DeriveStep = {
  name: 'controls',
  settledOnly: true,
  async definitions() {
    const hash = createHash('sha256')
    for (const { control } of controlCatalogue()) hash.update(sqlText(`controls/${control}`))
    return Promise.resolve(hash.digest('hex'))
  },
  async run(run) {
    const total = [...run.documents.values()].reduce((sum, count) => sum + count, 0)
    const size = Math.max(1, Math.min(CONTROLS_AT_ONCE, Math.floor(ROWS_AT_ONCE / total)))
    await deriveInsert(run, 'derive/control-documents', { batch: run.batch, version: run.version, types: FACTS_OF })
    await deriveInsert(run, 'derive/control-keys', { batch: run.batch })
    const kinds = new Set((await deriveRows(run, 'derive/reference-kinds', {}, Kind)).map(({ kind }) => kind))
    const touched = controlCatalogue().filter(({ documents }) => documents.some((type) => run.changed.has(type)))
    for (const [keys, controls] of Map.groupBy(touched, (one) => one.keys.join(' '))) {
      const batch = keys === '' ? run.batch : await widen(run, keys.split(' '))
      await sideBySide(inParts(controls, size), total, (part) => find(run, batch, part, kinds))
      const names = controls.map(({ control }) => control)
      await deriveInsert(run, 'derive/violations-publish', { batch, controls: names, published: run.published })
    }
  },
}

/** Runs some controls; of those that lack reference data nothing is found, and what they found before is retracted. */
async function find(
  run: DeriveRun,
  batch: string,
  controls: readonly ControlDefinition[],
  kinds: ReadonlySet<string>,
): Promise<void> {
  const params = {
    batch,
    version: run.version,
    controls: controls.map(({ control }) => control),
    tolerance_name: '',
    tolerance_value: 0,
    now: instantToClickHouse(run.now),
  }
  const evaluable = controls.filter(({ needs }) => needs.every((kind) => kinds.has(kind)))
  await deriveInsert(
    run,
    'derive/violations',
    { ...params, ...findingParams(evaluable) },
    { findings: evaluable.length === 0 ? sqlText('derive/no-finding') : findingsOf(evaluable) },
  )
  const timed = evaluable.filter(isTimed)
  if (timed.length > 0)
    await deriveInsert(
      run,
      'derive/mark-due',
      { ...params, ...findingParams(timed), now: instantToClickHouse(INSTANT_MAX), present: params.now },
      { findings: findingsOf(timed) },
    )
}

/** Whether the passing of time alone can violate a control, which then asks for the clock; its documents are looked at again when it does. */
function isTimed({ control }: ControlDefinition): boolean {
  return sqlText(`controls/${control}`).includes('{now:')
}

/** The findings of several controls as one SELECT; their names are the parameters `control_0`, `control_1`, … */
export function findingsOf(controls: readonly ControlDefinition[]): string {
  return controls
    .map(({ control }, number) =>
      sqlText('derive/finding', { control: sqlText(`controls/${control}`) })
        .replace('{control_n:String}', `{control_${number}:String}`)
        .replace('{version_n:String}', `{version_${number}:String}`)
        .replace('{guard_n:String}', `{guard_${number}:String}`),
    )
    .join('UNION ALL\n')
}

/** The parameters that {@link findingsOf} asks for. */
export function findingParams(controls: readonly ControlDefinition[]): Record<string, string> {
  return Object.fromEntries(
    controls.flatMap(({ control, version, guards }, number) => [
      [`control_${number}`, control],
      [`version_${number}`, version],
      [`guard_${number}`, guards[0] ?? ''],
    ]),
  )
}
