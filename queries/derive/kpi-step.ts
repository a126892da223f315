import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DECISION_WORDS } from '../../model/ai-actions.ts'
import { type KpiDefinition, kpiCatalogue } from '../kpi-catalogue.ts'
import { sqlText } from '../run.ts'
import { deriveInsert, deriveRows, type DeriveRun, type DeriveStep } from './run.ts'
import { inParts, sideBySide } from './side-by-side.ts'
import { widen } from './widen.ts'

/** Documents times KPIs of one statement, so that memory stays bounded. */
const ROWS_AT_ONCE = 400_000
/** KPIs of one statement that computes contributions: more make its analysis slower than a second statement would be. */
const KPIS_AT_ONCE = 8

const Traits = z.object({ traits: z.string() })
const Kind = z.object({ kind: z.string() })

/** Contributions to KPIs, the current ones, and the days they add up to. */
export const kpiStep: DeriveStep = {
  name: 'kpis',
  async definitions(stores, tenant) {
    const [row] = await deriveRows({ ...stores, tenant, signal: undefined }, 'derive/source-traits', {}, Traits)
    const hash = createHash('sha256').update(row?.traits ?? '')
    for (const { kpi } of kpiCatalogue()) hash.update(sqlText(`kpi/${kpi}`))
    return hash.digest('hex')
  },
  async run(run) {
    const total = [...run.documents.values()].reduce((sum, count) => sum + count, 0)
    const known = new Set((await deriveRows(run, 'derive/reference-kinds', {}, Kind)).map(({ kind }) => kind))
    const wanted = kpiCatalogue().filter((kpi) => isTouched(kpi, run) && kpi.needs.every((kind) => known.has(kind)))
    for (const [keys, kpis] of Map.groupBy(wanted, (one) => one.keys.join(' ')))
      await compute(run, keys === '' ? run.batch : await widen(run, keys.split(' ')), kpis, total)
  },
}

/** Computes KPIs for the documents of a batch: what they give, what of it is new, the current contributions, and the days. */
async function compute(run: DeriveRun, batch: string, kpis: readonly KpiDefinition[], documents: number): Promise<void> {
  const most = Math.max(1, Math.floor(ROWS_AT_ONCE / Math.max(1, documents)))
  await sideBySide(inParts(kpis, Math.min(KPIS_AT_ONCE, most)), documents, (part) => contribute(run, batch, part))
  for (const part of inParts(kpis, most))
    await deriveInsert(run, 'derive/kpi-facts', { batch, version: run.version, kpis: part.map(({ kpi }) => kpi) })
  await deriveInsert(run, 'derive/kpi-publish', { batch, published: run.published })
  await deriveInsert(run, 'derive/kpi-days', { batch, published: run.published, version: run.version, medians: medianKpis() })
}

/** The KPIs of which days keep the values themselves. */
export function medianKpis(): string[] {
  return kpiCatalogue()
    .filter(({ aggregate }) => aggregate === 'median')
    .map(({ kpi }) => kpi)
}

function isTouched({ documents, reads }: KpiDefinition, run: DeriveRun): boolean {
  if (reads !== null && !reads.some((type) => run.changed.has(type))) return false
  return documents === 'all' || documents.split(', ').some((type) => run.documents.has(type))
}

async function contribute(run: DeriveRun, batch: string, kpis: readonly KpiDefinition[]): Promise<void> {
  const params = { ...contributionParams(kpis), batch }
  await deriveInsert(run, 'derive/kpi-contributions', params, { contributions: contributionsOf(kpis) })
}

/** What {@link contributionsOf} takes beside the tenant and the batch. */
export function contributionParams(kpis: readonly Pick<KpiDefinition, 'kpi'>[]): Record<string, unknown> {
  return { ...DECISION_WORDS, ...Object.fromEntries(kpis.map(({ kpi }, number) => [`kpi_${number}`, kpi])) }
}

/** The contributions of several KPIs as one SELECT; their names are the parameters `kpi_0`, `kpi_1`, … */
export function contributionsOf(kpis: readonly Pick<KpiDefinition, 'kpi'>[]): string {
  return kpis
    .map(({ kpi }, number) =>
      sqlText('derive/contribution', { kpi: sqlText(`kpi/${kpi}`) }).replace('{kpi_n:String}', `{kpi_${number}:String}`),
    )
    .join('UNION ALL\n')
}
