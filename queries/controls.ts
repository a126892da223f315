import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { compareProportions, LEAST_COMPARED } from '../model/two-proportions.ts'
import { SightlineError } from '../platform/errors.ts'
import { type ControlDefinition, controlCatalogue } from './control-catalogue.ts'
import type { Query, TenantReader } from './run.ts'
import { type ViolationFilter, violationScope } from './violations.ts'

const TEXT = z.string()
const SCOPE = z.looseObject({ from: TEXT, to: TEXT, bucket: TEXT })

const COUNTS = {
  name: 'read/controls',
  params: SCOPE as unknown as z.ZodObject<z.ZodRawShape>,
  row: z.object({
    control: TEXT,
    violations: z.number(),
    open: z.number(),
    accepted: z.number(),
    remediated: z.number(),
    retracted: z.number(),
    documents: z.number(),
    last_at: TEXT.nullable(),
    money: z.array(z.tuple([TEXT, TEXT])),
    trend: z.array(z.tuple([TEXT, z.number()])),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const DOCUMENTS = {
  name: 'read/control-documents',
  params: z.object({ from: TEXT, to: TEXT }),
  row: z.object({ document_type: TEXT, n: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const KINDS = {
  name: 'derive/reference-kinds',
  params: z.object({}),
  row: z.object({ kind: TEXT }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const POLICIES = {
  name: 'read/control-policies',
  params: z.object({ control: TEXT, category: TEXT, guards: z.array(TEXT) }),
  row: z.object({ policy: TEXT }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const VERSIONS = {
  name: 'read/policy-versions',
  params: z.object({ policy: TEXT, control: TEXT, grain: z.array(TEXT), cycle: TEXT }),
  row: z.object({
    policy_version: TEXT,
    valid_from: TEXT,
    valid_to: TEXT,
    said: TEXT,
    violations: z.number(),
    documents: z.number(),
    exceptions: z.number(),
    finished: z.number(),
    cycle_s: z.number().nullable(),
    cycles: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const UNIT = z.object({ unit: TEXT, n: z.number(), hits: z.number() })
const DECISIONS = {
  name: 'read/policy-decisions',
  params: z.object({ policy: TEXT, by: TEXT, from: TEXT, to: TEXT }),
  row: UNIT,
} satisfies Query<z.ZodRawShape, z.ZodType>
const FINDINGS = {
  name: 'read/control-by-unit',
  params: z.object({ control: TEXT, grain: z.array(TEXT), by: TEXT, from: TEXT, to: TEXT }),
  row: UNIT,
} satisfies Query<z.ZodRawShape, z.ZodType>

/** The definition of a control. @throws SightlineError `not_found` */
export function controlDefinition(control: string): ControlDefinition {
  const definition = controlCatalogue().find((one) => one.control === control)
  if (definition === undefined)
    throw new SightlineError('not_found', `There is no control "${control.slice(0, 80)}".`, {
      next: 'GET /v1/controls lists them.',
    })
  return definition
}

/** All controls: whether they can be evaluated, and what they found in a window. */
export async function controls(
  reader: TenantReader,
  window: { from: Instant; to: Instant },
  bucket: 'day' | 'week' | 'month',
  filter: ViolationFilter,
) {
  const scope = violationScope(window, filter)
  const { from, to } = scope
  const [counts, documents, kinds] = await Promise.all([
    reader.rows(COUNTS, { ...scope, bucket }),
    reader.rows(DOCUMENTS, { from, to }),
    reader.rows(KINDS, {}),
  ])
  const known = new Set(kinds.map(({ kind }) => kind))
  const began = new Map(documents.map(({ document_type, n }) => [document_type, n]))
  return {
    from: instantToIso(window.from),
    to: instantToIso(window.to),
    controls: controlCatalogue().map((definition) => {
      const found = counts.find((one) => one.control === definition.control)
      const missing = definition.needs.filter((kind) => !known.has(kind))
      const of = definition.grain.reduce((sum, type) => sum + (began.get(type) ?? 0), 0)
      const { documents: _reads, keys: _keys, ...told } = definition
      return {
        ...told,
        missing,
        evaluable: missing.length === 0,
        violations: missing.length > 0 ? null : (found?.violations ?? 0),
        open: found?.open ?? 0,
        accepted: found?.accepted ?? 0,
        remediated: found?.remediated ?? 0,
        retracted: found?.retracted ?? 0,
        documents: found?.documents ?? 0,
        of,
        per_1000: missing.length > 0 || of === 0 ? null : ((found?.documents ?? 0) / of) * 1000,
        money: (found?.money ?? []).map(([currency, amount]) => ({ currency, amount })),
        trend: (found?.trend ?? []).map(([at, n]) => ({ bucket: at, n })),
        last_at: found?.last_at ?? null,
      }
    }),
  }
}

/** The KPI that times the documents of a grain. */
const CYCLES: Readonly<Record<string, string>> = {
  requisition: 'requisition-to-po',
  purchase_order: 'po-cycle',
  invoice: 'invoice-cycle',
  onboarding: 'onboarding-lead-time',
}
const FOREVER = '2250'

/**
 * The policy of a control version by version: violations, exceptions on its documents and the median of their cycle, by when they began.
 *
 * @throws SightlineError `not_found` for an unknown control
 */
export async function controlVersions(reader: TenantReader, control: string, wanted: string | undefined) {
  const { grain, category, guards } = controlDefinition(control)
  const policies = (await reader.rows(POLICIES, { control, category, guards })).map(({ policy }) => policy)
  const policy = wanted ?? policies[0] ?? null
  const cycle = CYCLES[grain[0] ?? ''] ?? null
  const rows = policy === null ? [] : await reader.rows(VERSIONS, { policy, control, grain, cycle: cycle ?? '' })
  return {
    control,
    policy,
    policies,
    cycle_kpi: cycle,
    versions: rows.map(({ policy_version, said, valid_to, exceptions, finished, ...row }) => ({
      ...row,
      version: policy_version,
      valid_to: valid_to.startsWith(FOREVER) ? null : valid_to,
      tolerances: z
        .record(z.string(), z.number())
        .catch({})
        .parse(said === '' ? {} : JSON.parse(said)),
      per_1000: row.documents === 0 ? null : (row.violations / row.documents) * 1000,
      exceptions,
      finished,
      exception_rate: finished === 0 ? null : exceptions / finished,
    })),
  }
}

/**
 * How a rule is decided by unit, system or version: each compared with all others, by the decisions that the workflow reports or else by
 * the documents that violate the control.
 *
 * @throws SightlineError `not_found` for an unknown control, `parameter_invalid` where versions have no decisions to tell them apart
 */
export async function controlDrift(
  reader: TenantReader,
  control: string,
  window: { from: Instant; to: Instant },
  by: 'entity' | 'system' | 'version',
  wanted: string | undefined,
) {
  const { grain, category, guards } = controlDefinition(control)
  const policies = (await reader.rows(POLICIES, { control, category, guards })).map(({ policy }) => policy)
  const policy = wanted ?? policies[0] ?? null
  const scope = { by, from: instantToClickHouse(window.from), to: instantToClickHouse(window.to) }
  const decided = policy === null ? [] : await reader.rows(DECISIONS, { ...scope, policy })
  const basis = decided.length > 0 || by === 'version' ? ('decisions' as const) : ('findings' as const)
  const units = basis === 'decisions' ? decided : await reader.rows(FINDINGS, { ...scope, control, grain })
  const all = units.reduce((sum, { n, hits }) => ({ n: sum.n + n, hits: sum.hits + hits }), { n: 0, hits: 0 })
  const compared = units.map((unit) => ({
    ...unit,
    ...compareProportions(unit, { n: all.n - unit.n, hits: all.hits - unit.hits }),
  }))
  const tests = compared.filter(({ p }) => p !== null).length
  return {
    control,
    policy,
    by,
    basis,
    least_n: LEAST_COMPARED,
    units: compared.map((unit) => {
      const p = unit.p === null ? null : Math.min(1, unit.p * tests)
      return { ...unit, p, differs: p !== null && p < 0.05 }
    }),
  }
}
