import { z } from 'zod'
import { BURN_WINDOWS } from './alert-rule.ts'
import { cut, durationS, type RuleImport, severityOf, slugOf, takeRule } from './rule-import.ts'
import type { SlaDefinition } from './sla.ts'
import { yamlDocuments } from './yaml-text.ts'

const Metadata = z.looseObject({
  name: z.string(),
  displayName: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).default({}),
})
const ConditionSpec = z.looseObject({
  description: z.string().optional(),
  severity: z.unknown().optional(),
  condition: z.looseObject({
    kind: z.string(),
    op: z.string().default('gte'),
    threshold: z.coerce.number(),
    lookbackWindow: z.unknown().optional(),
    alertAfter: z.unknown().optional(),
  }),
})
const PolicySpec = z.looseObject({
  conditions: z
    .array(z.looseObject({ conditionRef: z.string().optional(), metadata: Metadata.optional(), spec: z.unknown().optional() }))
    .default([]),
  notificationTargets: z.array(z.unknown()).default([]),
  alertWhenNoData: z.boolean().default(false),
})
const SloSpec = z.looseObject({
  description: z.string().optional(),
  budgetingMethod: z.string().default('Occurrences'),
  objectives: z.array(z.looseObject({ target: z.number().optional(), targetPercent: z.number().optional() })).default([]),
  alertPolicies: z
    .array(
      z.union([
        z.string(),
        z.looseObject({ alertPolicyRef: z.string().optional(), metadata: Metadata.optional(), spec: z.unknown().optional() }),
      ]),
    )
    .default([]),
})
const AnyDocument = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata, spec: z.unknown().optional() })
type AnyDocument = z.output<typeof AnyDocument>

/** Annotation that names the service level here which an SLO is about. */
const ANNOTATION = 'sightline.io/sla'

const WITHOUT_RULE: Record<string, string> = {
  SLI: 'what is met here is told by the clock of the service level, not by a query',
  DataSource: 'clocks are computed from events, and need no data source',
  Service: 'it groups SLOs and alerts on nothing',
  AlertNotificationTarget: 'who is told is stated by the routing (POST /v1/routing)',
}

/**
 * Reads OpenSLO v1 documents: each burn-rate condition of an SLO becomes a rule on the error budget of the service level here that the
 * annotation `sightline.io/sla` names, or that is called like the SLO. The report has a line for every document.
 *
 * @param slas the service levels of the tenant
 */
export function importOpenSlo(text: string, slas: readonly SlaDefinition[]): RuleImport {
  const into: RuleImport = { rules: [], report: [] }
  const documents: AnyDocument[] = []
  for (const [index, document] of yamlDocuments(text).entries()) {
    const name = `document ${index + 1}`
    if ('content' in document && document.content === null) continue
    const parsed = AnyDocument.safeParse('content' in document ? document.content : null)
    if ('problem' in document) into.report.push({ name, outcome: 'not', reason: document.problem })
    else if (!parsed.success) into.report.push({ name, outcome: 'not', reason: 'it has no apiVersion, kind and metadata.name' })
    else if (parsed.data.apiVersion !== 'openslo/v1')
      into.report.push({
        name: nameOf(parsed.data),
        outcome: 'not',
        reason: `its version is ${parsed.data.apiVersion}, not openslo/v1`,
      })
    else documents.push(parsed.data)
  }
  const used = new Set<AnyDocument>()
  for (const document of documents.filter(({ kind }) => kind === 'SLO')) importSlo(document, documents, used, slas, into)
  for (const document of documents) {
    if (document.kind === 'SLO') continue
    const name = nameOf(document)
    const reason = WITHOUT_RULE[document.kind]
    if (used.has(document)) into.report.push({ name, outcome: 'taken', reason: 'by the SLOs that refer to it' })
    else if (reason !== undefined) into.report.push({ name, outcome: 'not', reason })
    else if (document.kind === 'AlertPolicy' || document.kind === 'AlertCondition')
      into.report.push({ name, outcome: 'not', reason: 'no SLO that was taken refers to it' })
    else into.report.push({ name, outcome: 'not', reason: `OpenSLO v1 has no kind "${document.kind}" that alerts` })
  }
  return into
}

function importSlo(
  slo: AnyDocument,
  documents: readonly AnyDocument[],
  used: Set<AnyDocument>,
  slas: readonly SlaDefinition[],
  into: RuleImport,
): void {
  const name = nameOf(slo)
  const not = (reason: string) => into.report.push({ name, outcome: 'not', reason })
  const spec = SloSpec.safeParse(slo.spec)
  if (!spec.success) return void not(`its spec is not that of an SLO: ${spec.error.issues[0]?.path.map(String).join('.') ?? ''}`)
  const annotated = slo.metadata.annotations[ANNOTATION]
  const wanted = typeof annotated === 'string' ? annotated : slo.metadata.name
  const sla = slas.find(({ id }) => id === wanted)
  if (sla === undefined) return void not(`there is no service level "${wanted}"; name one in the annotation ${ANNOTATION}`)
  const [objective, ...others] = spec.data.objectives
  const target = objective?.target ?? (objective?.targetPercent === undefined ? undefined : objective.targetPercent / 100)
  if (target === undefined || target <= 0 || target >= 1) return void not('its first objective states no target between 0 and 1')
  const lost: string[] = []
  if (others.length > 0) lost.push(`of ${others.length + 1} objectives the first is taken`)
  if (spec.data.budgetingMethod !== 'Occurrences')
    lost.push(`its budget counts ${spec.data.budgetingMethod}; here each clock counts once`)
  const base = {
    class: 'business',
    title: cut(slo.metadata.displayName ?? slo.metadata.name, 200),
    description: cut(spec.data.description, 2000),
    group_by: ['sla'],
  }
  const watch = { kind: 'burn', sla: sla.id, objective: target }
  const conditions = conditionsOf(spec.data.alertPolicies, documents, used, lost)
  if (conditions.length === 0 && spec.data.alertPolicies.length === 0) {
    const windows = BURN_WINDOWS.filter(({ factor }) => factor * (1 - target) <= 1)
    lost.push('it has no alert policy: the usual windows of the SRE workbook that its objective can reach are taken')
    return takeRule(into, name, { ...base, id: slugOf(slo.metadata.name), watch: { ...watch, windows } }, lost)
  }
  if (conditions.length === 0)
    return void not(['none of its alert policies has a condition that can be told here', ...lost].join('; '))
  for (const { label, spec: condition } of conditions) {
    const line = conditions.length === 1 ? name : `${name}, condition ${label}`
    const { op, threshold, kind, lookbackWindow, alertAfter } = condition.condition
    const refused = (reason: string) => into.report.push({ name: line, outcome: 'not', reason })
    const [long, after] = [durationS(lookbackWindow), durationS(alertAfter ?? '0s')]
    if (kind.toLowerCase() !== 'burnrate') refused(`its kind is ${kind}, not burnrate`)
    else if (op !== 'gte' && op !== 'gt') refused(`"${op}" would alert while the budget burns slowly`)
    else if (long === null || after === null) refused('its lookbackWindow or alertAfter is no duration')
    else if (threshold * (1 - target) > 1 + 1e-9)
      refused(`with an objective of ${target} a budget never burns ${threshold} times as fast as it may`)
    else {
      const also = [...lost]
      const severity = severityOf(condition.severity)
      if (severity === null) also.push(`severity "${String(condition.severity)}" is read as high`)
      const window = {
        long_s: long,
        short_s: Math.max(60, Math.round(long / 12)),
        factor: threshold,
        severity: severity ?? 'high',
      }
      const id = slugOf(conditions.length === 1 ? slo.metadata.name : `${slo.metadata.name}-${label}`)
      takeRule(into, line, { ...base, id, severity: window.severity, watch: { ...watch, windows: [window] }, for_s: after }, also)
    }
  }
}

/** The conditions of the policies of an SLO, stated within or referred to. */
function conditionsOf(
  policies: z.output<typeof SloSpec>['alertPolicies'],
  documents: readonly AnyDocument[],
  used: Set<AnyDocument>,
  lost: string[],
): { label: string; spec: z.output<typeof ConditionSpec> }[] {
  const named = (kind: string, name: string) => documents.find((one) => one.kind === kind && one.metadata.name === name)
  const found: { label: string; spec: z.output<typeof ConditionSpec> }[] = []
  for (const policy of policies) {
    const reference = typeof policy === 'string' ? policy : policy.alertPolicyRef
    const document = reference === undefined ? undefined : named('AlertPolicy', reference)
    const spec = PolicySpec.safeParse(reference === undefined && typeof policy !== 'string' ? policy.spec : document?.spec)
    if (!spec.success) {
      lost.push(`its alert policy "${reference ?? 'within'}" is not there or is none`)
      continue
    }
    if (document !== undefined) used.add(document)
    if (spec.data.notificationTargets.length > 0)
      lost.push('who is told is stated by the routing, not by its notification targets')
    if (spec.data.alertWhenNoData) lost.push('that nothing comes is told by a rule on the source, not by this one')
    for (const [index, one] of spec.data.conditions.entries()) {
      const condition = one.conditionRef === undefined ? undefined : named('AlertCondition', one.conditionRef)
      const label = one.conditionRef ?? one.metadata?.name ?? String(index + 1)
      const parsed = ConditionSpec.safeParse(one.conditionRef === undefined ? one.spec : condition?.spec)
      if (!parsed.success) lost.push(`its condition "${label}" is not there or is none`)
      else {
        if (condition !== undefined) used.add(condition)
        found.push({ label, spec: parsed.data })
      }
    }
  }
  return found
}

function nameOf({ kind, metadata }: AnyDocument): string {
  return `${kind} ${metadata.name}`
}
