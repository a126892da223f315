import { z } from 'zod'
import type { Instant } from '../model/instant.ts'
import type { Dimension } from '../model/vocabulary.ts'
import type { KpiDefinition } from './kpi-catalogue.ts'
import type { Query, TenantReader } from './run.ts'

const KINDS = {
  name: 'read/reference-kinds',
  params: z.object({}),
  row: z.object({ kinds: z.array(z.string()), currency: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const TARGETS = {
  name: 'read/kpi-targets',
  params: z.object({ kpi: z.string() }),
  row: z.object({
    dimension: z.string(),
    of_group: z.string(),
    target: z.number().nullable(),
    from_us: z.number(),
    to_us: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** A target of a KPI, for all or for one value of a dimension, from one instant to another (exclusive). */
export type Target = z.output<typeof TARGETS.row>

/**
 * Which reference data a KPI lacks, and for one that has to do with money the currency in which the tenant reports; null where none is
 * stated.
 */
export async function referenceState(
  reader: TenantReader,
  { needs, unit }: KpiDefinition,
): Promise<{ missing: string[]; currency: string | null }> {
  if (needs.length === 0 && unit !== 'money') return { missing: [], currency: null }
  const [row] = await reader.rows(KINDS, {})
  const known = new Set(row?.kinds)
  const currency = row?.currency ?? ''
  return { missing: needs.filter((kind) => !known.has(kind)), currency: currency === '' ? null : currency }
}

/** Targets of a KPI. */
export function kpiTargets(reader: TenantReader, kpi: string): Promise<Target[]> {
  return reader.rows(TARGETS, { kpi })
}

/**
 * The target that holds for a row: of its group, or of the one value that it is filtered by, where that has one, else that of the KPI as a
 * whole; null without any.
 */
export function targetAt(
  targets: readonly Target[],
  at: Instant,
  row: { groupBy: Dimension | null; group: string; filters: Partial<Record<Dimension, string>> },
): number | null {
  const holding = targets.filter(({ from_us, to_us }) => from_us <= at && at < to_us)
  const meant: [string, string][] = [
    ...(row.groupBy === null ? [] : ([[row.groupBy, row.group]] as [string, string][])),
    ...Object.entries(row.filters),
    ['', ''],
  ]
  for (const [dimension, group] of meant) {
    const found = holding.findLast((one) => one.dimension === dimension && one.of_group === group)
    if (found !== undefined) return found.target
  }
  return null
}
