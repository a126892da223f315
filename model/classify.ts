import {
  CATEGORIES,
  codeKey,
  compileDictionary,
  type Dictionary,
  type Origin,
  type OutcomeClass,
  type Persistence,
  type Reaction,
  type RuleOverrides,
  type Scope,
  type Verdict,
  VENDOR_SYSTEMS,
} from './code-dictionary.ts'
import {
  byCluster,
  byDictionary,
  byFailure,
  byLastStep,
  bySignal,
  byVerdict,
  type Facts,
  type Found,
  nameOf,
  quote,
  suffixSignal,
} from './classify-rules.ts'
import type { Event } from './event.ts'

type Maybe<T> = T | null | undefined

/** What classification reads of one event. Everything is optional: what is missing is no evidence. */
export type ClassifyInput = {
  /** Canonical activity, or the source's own name. */
  activity?: Maybe<string>
  /** CloudEvents type. */
  sourceType?: Maybe<string>
  step?: Maybe<string>
  lifecycle?: Maybe<string>
  outcome?: Maybe<{ status?: Maybe<string>; code?: Maybe<string>; message?: Maybe<string>; retryable?: Maybe<boolean> }>
  exception?: Maybe<{ id?: Maybe<string>; state?: Maybe<string>; caused_by?: Maybe<string> }>
  system?: Maybe<string>
  system_class?: Maybe<string>
  actorKind?: Maybe<string>
  ai?: Maybe<{ kind?: Maybe<string>; confidence?: Maybe<number>; reviewer?: Maybe<string>; decision?: Maybe<string> }>
  /** A signal that the source is trusted to give: it decides. */
  explicit?: Maybe<{ class: string; category?: Maybe<string> }>
  context?: Maybe<{
    /** Classification of the root that `exception.caused_by` leads to. */
    causedBy?: Maybe<Classification>
    /** The same 4xx of one connector, seen together. */
    cluster?: Maybe<{ connector: string; distinctSuppliers: number; sinceMappingChange: boolean }>
    /** Below this confidence an AI extraction needs a person. */
    confidenceFloor?: Maybe<number>
    /** How the last step of a finished workflow run ended. */
    lastStep?: Maybe<{ step?: Maybe<string>; status?: Maybe<string>; code?: Maybe<string> }>
  }>
}

/** What an outcome is, on independent axes, and why. */
export type Classification = {
  class: OutcomeClass
  /** Category within the class; `unspecified` where only the class is known; empty for `unknown` and `none`. */
  category: string
  reaction: Reaction
  /** Whether trying the same again can help. */
  retryable: boolean
  /** Would the same input succeed later with nobody changing anything? `null` for `unknown` and `none`. */
  persistence: Persistence | null
  origin: Origin
  scope: Scope
  /** 0 to 1. */
  confidence: number
  rule_version: string
  /** Which rule fired on which field and value, in order. */
  evidence: string[]
  /** What the source says caused it. */
  caused_by: string | null
  /** True where this is but the consequence of a technical root: class and category are the root's, and it is not counted again. */
  suppressed: boolean
  /** `class.category` that a suppressed exception would have had by itself. */
  suppressed_verdict: string | null
}

/** Compiled rules: the shipped dictionary with a tenant's additions, and the one result for "nothing went wrong". */
export type ClassifyRules = Dictionary & { readonly none: Classification }

/**
 * Compiles the rules of a tenant; keep the result, it costs about a millisecond.
 *
 * @param overrides additions to and overrides of the shipped dictionary, already validated by `RuleOverrides`
 */
export function compileRules(overrides?: RuleOverrides): ClassifyRules {
  const dictionary = compileDictionary(overrides)
  return {
    ...dictionary,
    none: {
      class: 'none',
      category: '',
      reaction: 'none',
      retryable: false,
      persistence: null,
      origin: 'internal',
      scope: 'case',
      confidence: 1,
      rule_version: dictionary.version,
      evidence: [],
      caused_by: null,
      suppressed: false,
      suppressed_verdict: null,
    },
  }
}

/** The shipped rules. */
const DEFAULT_RULES: ClassifyRules = compileRules()

/** Activities that say by themselves how a step ended. `raised` says only that something is wrong. */
const ENDINGS: ReadonlyMap<string, 'rejected' | 'failed' | 'raised'> = new Map([
  ['requisition.rejected', 'rejected'],
  ['po.rejected', 'rejected'],
  ['invoice.rejected', 'rejected'],
  ['invoice.mismatched', 'rejected'],
  ['onboarding.rejected', 'rejected'],
  ['policy.violated', 'rejected'],
  ['operation.failed', 'failed'],
  ['operation.abandoned', 'failed'],
  ['workflow_run.failed', 'failed'],
  ['payment.failed', 'raised'],
  ['payment.returned', 'raised'],
  ['exception.raised', 'raised'],
])

/** AI actions that read content: a low confidence there is a verdict on the content. */
const EXTRACTIONS: ReadonlySet<string> = new Set(['extraction', 'extract', 'capture', 'ocr', 'coding', 'classification'])

type Json = Readonly<Record<string, unknown>>
const EMPTY: Json = Object.freeze({})
const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : EMPTY)

/**
 * Decides whether an outcome is a business exception, a technical failure, neither or unknown: the ordered decision of the
 * classification rules. Pure and deterministic; never throws, whatever JSON it is given; fields of the wrong type are no evidence.
 *
 * @param input what is known of one event
 * @param rules from {@link compileRules}
 * @returns a fresh classification, or the shared `rules.none` (do not change it) where nothing went wrong
 */
export function classify(input: ClassifyInput, rules: ClassifyRules = DEFAULT_RULES): Classification {
  const fields = record(input)
  const facts = factsOf(fields, rules)
  if (facts === null) return rules.none
  const evidence: string[] = []
  const found =
    bySignal(facts, rules, evidence) ??
    byLastStep(facts, evidence) ??
    byCluster(byDictionary(facts, rules, evidence) ?? byVerdict(facts, evidence) ?? byFailure(facts, evidence), facts, evidence)
  return conclude(found, facts, fields, rules, evidence)
}

/** Whether it counts as a business exception: never a technical failure, nor the consequence of one. */
export function isBusinessException(classification: Classification): boolean {
  return classification.class === 'business' && !classification.suppressed
}

/** Whether it counts as a technical failure by itself, not as the consequence of one. */
export function isTechnicalFailure(classification: Classification): boolean {
  return classification.class === 'technical' && !classification.suppressed
}

/** What {@link classify} reads of an event, under its canonical activity. */
export function classifyInput(event: Event, activity: string): ClassifyInput {
  const { data } = event
  return {
    activity,
    sourceType: event.type,
    step: data.step,
    lifecycle: data.lifecycle,
    outcome: data.outcome,
    exception: data.exception,
    system: data.system,
    system_class: data.system_class,
    actorKind: data.actor?.kind,
    ai: data.ai,
  }
}

/** What the rules need, or `null` where nothing went wrong. Every event passes here: it allocates nothing for those that end well. */
function factsOf(fields: Json, rules: ClassifyRules): Facts | null {
  const outcome = record(fields['outcome'])
  const state = record(fields['exception'])['state']
  const activity = text(fields['activity'])
  const ending = ENDINGS.get(activity)
  const given = outcome['status']
  const failing = given === 'rejected' || given === 'failed' || given === 'timeout'
  const status = failing ? given : ending === 'rejected' || ending === 'failed' ? ending : ''
  const raised = state === 'raised' || ending === 'raised'
  // A later state of a known exception names its kind again without being a new occurrence.
  const moved = status === '' && !raised && typeof state === 'string'
  const sourceType = text(fields['sourceType'])
  const suffix = moved ? undefined : suffixSignal(sourceType)
  const explicit = fields['explicit'] == null ? null : explicitOf(record(fields['explicit']))
  const doubted = fields['ai'] == null ? null : doubtedExtraction(fields, activity, status, rules)
  const lastStep =
    activity === 'workflow_run.completed' && (status === '' || status === 'rejected') ? rejectedLastStep(fields, rules) : null
  if (status === '' && !raised && suffix === undefined && explicit === null && doubted === null && lastStep === null) return null
  return {
    activity,
    sourceType,
    step: text(fields['step']),
    system: text(fields['system']),
    systemClass: text(fields['system_class']),
    human: fields['actorKind'] === 'human',
    status,
    statusFrom: failing ? 'outcome.status' : `activity ${quote(activity)}`,
    code: text(outcome['code']),
    message: text(outcome['message']),
    retryable: typeof outcome['retryable'] === 'boolean' ? outcome['retryable'] : null,
    raised,
    explicit,
    suffix,
    doubted,
    lastStep,
    cluster: clusterOf(record(record(fields['context'])['cluster']), rules),
  }
}

function explicitOf(explicit: Json): Facts['explicit'] {
  const named = explicit['class']
  return named === 'business' || named === 'technical' ? { class: named, category: text(explicit['category']) } : null
}

function clusterOf(cluster: Json, rules: ClassifyRules): Facts['cluster'] {
  const suppliers = cluster['distinctSuppliers']
  return cluster['sinceMappingChange'] === true && typeof suppliers === 'number' && suppliers >= rules.clusterSuppliers
    ? { connector: text(cluster['connector']), suppliers }
    : null
}

function doubtedExtraction(fields: Json, activity: string, status: string, rules: ClassifyRules): Facts['doubted'] {
  const ai = record(fields['ai'])
  const given = record(fields['context'])['confidenceFloor']
  const floor = typeof given === 'number' ? given : rules.confidenceFloor
  const confidence = ai['confidence']
  if (typeof confidence !== 'number' || confidence >= floor) return null
  if (status === 'failed' || status === 'timeout' || activity === 'ai.reviewed') return null
  if (text(ai['reviewer']) !== '' && text(ai['decision']) !== '') return null
  return EXTRACTIONS.has(text(ai['kind']).toLowerCase()) || activity === 'invoice.captured' ? { confidence, floor } : null
}

function rejectedLastStep(fields: Json, rules: ClassifyRules): string | null {
  const last = record(record(fields['context'])['lastStep'])
  if (last['status'] === 'rejected') return `its last step ${quote(text(last['step']))} has status "rejected"`
  for (const code of [text(last['code']), text(record(fields['outcome'])['code'])])
    if (code !== '' && rules.codes.get(codeKey(code))?.category === 'approval.rejected') return `its last code is ${quote(code)}`
  const step = text(last['step']) || text(fields['step'])
  return /reject/iu.test(step) ? `its last step is ${quote(step)}` : null
}

function conclude(found: Found | null, facts: Facts, fields: Json, rules: ClassifyRules, evidence: string[]): Classification {
  const causedBy = text(record(fields['exception'])['caused_by'])
  const root = record(record(fields['context'])['causedBy'])
  const technicalRoot = root['class'] === 'technical' ? CATEGORIES.get(`technical.${text(root['category'])}`) : undefined
  const suppressed = technicalRoot !== undefined && found?.verdict.class !== 'technical'
  const own = found === null ? 'unknown' : nameOf(found.verdict)
  if (found === null) evidence.push('6 no rule knows it: triage')
  if (suppressed) evidence.push(`caused by ${quote(causedBy)}: ${own} is a consequence of ${nameOf(technicalRoot)}`)
  const verdict = suppressed ? technicalRoot : found?.verdict
  const vendor = verdict?.class === 'technical' && VENDOR_SYSTEMS.has(facts.systemClass)
  return {
    class: verdict?.class ?? 'unknown',
    category: verdict?.category ?? '',
    reaction: reactionOf(verdict, vendor),
    retryable: verdict?.class !== 'business' && (facts.retryable ?? verdict?.persistence === 'transient'),
    persistence: verdict?.persistence ?? null,
    origin: vendor ? 'vendor' : (verdict?.origin ?? 'internal'),
    scope: verdict?.scope ?? 'case',
    confidence: found?.confidence ?? 0,
    rule_version: rules.version,
    evidence,
    caused_by: causedBy === '' ? null : causedBy,
    suppressed,
    suppressed_verdict: suppressed ? own : null,
  }
}

/** What a vendor's system fails to send or to run, no configuration of ours mends. */
function reactionOf(verdict: Verdict | undefined, vendor: boolean): Reaction {
  if (verdict === undefined) return 'none'
  return vendor && (verdict.category === 'silence' || verdict.category === 'platform') ? 'escalate_vendor' : verdict.reaction
}
