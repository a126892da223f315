import {
  CATEGORIES,
  codeKey,
  type Dictionary,
  HTTP_INTEGRATION,
  HTTP_STATUSES,
  JUDGING_SYSTEMS,
  LOW_CONFIDENCE,
  MESSAGE_CLASSES,
  type Phrase,
  soften,
  type Verdict,
  verdictOf,
} from './code-dictionary.ts'

type Named = 'business' | 'technical'

/** What the rules read, each field already of its type; missing text is empty. */
export type Facts = {
  readonly activity: string
  readonly sourceType: string
  readonly step: string
  readonly system: string
  readonly systemClass: string
  /** A person did it. */
  readonly human: boolean
  /** The failing status, given or implied by the activity: rejected, failed, timeout or empty. */
  readonly status: string
  /** Where `status` comes from, for the evidence. */
  readonly statusFrom: string
  readonly code: string
  readonly message: string
  readonly retryable: boolean | null
  /** An exception is raised. */
  readonly raised: boolean
  readonly explicit: { readonly class: Named; readonly category: string } | null
  /** Class that the last part of the CloudEvents type names. */
  readonly suffix: Named | undefined
  /** Confidence of an AI extraction below its floor. */
  readonly doubted: { readonly confidence: number; readonly floor: number } | null
  /** What shows that a run which ended well rejected the request. */
  readonly lastStep: string | null
  /** Many suppliers, one connector, since a mapping change. */
  readonly cluster: { readonly connector: string; readonly suppliers: number } | null
}

/** What a rule found, and how sure it is (0 to 1). */
export type Found = { readonly verdict: Verdict; readonly confidence: number }

/** Last parts of CloudEvents types, and exception types of RPA queues, that name the class outright. */
const EXPLICIT: ReadonlyMap<string, Named> = new Map([
  ['BUSINESSRULEEXCEPTION', 'business'],
  ['BUSINESSEXCEPTION', 'business'],
  ['BUSINESS_EXCEPTION', 'business'],
  ['BUSINESS_ERROR', 'business'],
  ['BPMN_ERROR', 'business'],
  ['APPLICATIONEXCEPTION', 'technical'],
  ['SYSTEMEXCEPTION', 'technical'],
  ['APPLICATION_EXCEPTION', 'technical'],
  ['SYSTEM_EXCEPTION', 'technical'],
  ['TECHNICAL_FAILURE', 'technical'],
  ['TECHNICAL_ERROR', 'technical'],
  ['TECHNICALFAILURE', 'technical'],
  ['INCIDENT', 'technical'],
])

/** Words of steps and activities by what a rejection there is about. A person's decision outranks what it was about. */
const STEP_WORDS: ReadonlyMap<string, readonly [rank: number, category: string]> = new Map(
  (
    [
      [0, 'approval.rejected', 'approval approve approved approver attest review'],
      [1, 'budget', 'budget'],
      [1, 'sod', 'sod segregation'],
      [1, 'master_data', 'bank iban master capture captured extraction ocr'],
      [1, 'tax_coding', 'tax vat'],
      [1, 'match.receipt', 'receipt grn'],
      [1, 'match.price', 'price'],
      [1, 'match.quantity', 'quantity qty'],
      [1, 'duplicate', 'duplicate'],
      [1, 'payment.terms', 'terms'],
      [2, 'supplier.onboarding', 'onboarding compliance kyc'],
      [2, 'contract.off', 'contract'],
    ] as const
  ).flatMap(([rank, category, words]) => words.split(' ').map((word) => [word, [rank, category] as const] as const)),
)

const REJECTIONS: ReadonlyMap<string, string> = new Map([
  ['requisition.rejected', 'approval.rejected'],
  ['po.rejected', 'approval.rejected'],
  ['invoice.rejected', 'approval.rejected'],
  ['onboarding.rejected', 'supplier.onboarding'],
  ['approval.decided', 'approval.rejected'],
])

/** Systems whose refusal is no verdict of a procurement policy. */
const CARRIERS: ReadonlySet<string> = new Set(['gateway', 'broker', 'collaboration', 'identity'])

const MESSAGE_ID = /^([A-Z0-9]{2}|FMAVC)_?(\d{3})$/u
const HTTP_CODE = /^(?:HTTP|STATUS|CODE|ERROR|_)*([45]\d\d)(?:_|$)/u

/** `class.category` of a verdict. */
export const nameOf = (verdict: Verdict): string => `${verdict.class}.${verdict.category}`

/** A value in quotes, cut to 80 characters, for evidence. A character that the cut halves is replaced: no store takes half of one. */
export const quote = (value: string): string => `"${value.length > 80 ? `${value.slice(0, 79).toWellFormed()}…` : value}"`

/** The class that the last part of a CloudEvents type (`….business_exception`) names. */
export function suffixSignal(sourceType: string): Named | undefined {
  let start = sourceType.length
  while (start > 0) {
    const unit = sourceType.charCodeAt(start - 1)
    if (unit === 46 || unit === 47 || unit === 58) break
    start -= 1
  }
  const length = sourceType.length - start
  return length < 8 || length > 24 ? undefined : EXPLICIT.get(sourceType.slice(start).toUpperCase())
}

/** Rule 1: a trusted signal. The category comes from the signal, else from code, message and step of the same class. */
export function bySignal(facts: Facts, rules: Dictionary, evidence: string[]): Found | null {
  const { explicit, code } = facts
  if (explicit !== null) {
    evidence.push(`1 explicit signal: ${explicit.class}${explicit.category === '' ? '' : ` ${quote(explicit.category)}`}`)
    const name = explicit.category.startsWith(`${explicit.class}.`) ? explicit.category : `${explicit.class}.${explicit.category}`
    return { verdict: CATEGORIES.get(name) ?? refined(explicit.class, facts, rules, evidence), confidence: 1 }
  }
  if (facts.suffix !== undefined) {
    evidence.push(`1 explicit signal: type ${quote(facts.sourceType)} says ${facts.suffix}`)
    return { verdict: refined(facts.suffix, facts, rules, evidence), confidence: 1 }
  }
  if (code === '') return null
  const key = codeKey(code)
  if (key.startsWith('BPMN_')) {
    const inner = rules.codes.get(key.slice(key.startsWith('BPMN_ERROR_') ? 11 : 5))
    evidence.push(`1 explicit signal: BPMN error code ${quote(code)}${inner === undefined ? '' : ` → ${nameOf(inner)}`}`)
    return { verdict: inner ?? refined('business', facts, rules, evidence), confidence: 1 }
  }
  const named = EXPLICIT.get(key) ?? EXPLICIT.get(lastPart(code))
  if (named === undefined) return null
  evidence.push(`1 explicit signal: outcome.code ${quote(code)} says ${named}`)
  return { verdict: refined(named, facts, rules, evidence), confidence: 1 }
}

function refined(named: Named, facts: Facts, rules: Dictionary, evidence: string[]): Verdict {
  const known = facts.code === '' ? undefined : lookUp(facts, rules)
  if (known !== undefined && known.class === named && known.category !== 'unspecified') {
    evidence.push(`category from outcome.code ${quote(facts.code)}`)
    return known
  }
  const phrase = phrasesIn(facts.message, rules)[named]
  if (phrase !== null) {
    evidence.push(`category from outcome.message: ${quote(phrase.text)}`)
    return phrase.verdict
  }
  const step = named === 'business' ? rejectedAt(facts) : null
  if (step !== null) evidence.push(`category from step or activity: business.${step}`)
  return verdictOf(`${named}.${step ?? 'unspecified'}`)
}

const lastPart = (code: string): string => code.slice(code.lastIndexOf('.') + 1).toUpperCase()

/** A code in the dictionary: of this system, of its class, of everyone; whole, as the last part of a class name, or as a message id. */
function lookUp({ code, system, systemClass }: Facts, rules: Dictionary): Verdict | undefined {
  const key = codeKey(code)
  if (rules.scoped.size > 0) {
    const scoped = rules.scoped.get(`${system}\n${key}`) ?? rules.scoped.get(`class:${systemClass}\n${key}`)
    if (scoped !== undefined) return scoped
  }
  const known = rules.codes.get(key) ?? (code.includes('.') ? rules.codes.get(lastPart(code)) : undefined)
  if (known !== undefined || key.length > 9) return known
  const message = MESSAGE_ID.exec(key)
  if (message === null) return undefined
  const group = MESSAGE_CLASSES.get(message[1] ?? '')
  return rules.codes.get(`${message[1]}_${message[2]}`) ?? (group === undefined ? undefined : soften(verdictOf(group)))
}

/** Rule 2: code dictionary, HTTP status by class of system, phrases of the message. */
export function byDictionary(facts: Facts, rules: Dictionary, evidence: string[]): Found | null {
  const { code, status } = facts
  const known = code === '' ? undefined : lookUp(facts, rules)
  if (known !== undefined && !known.soft) {
    evidence.push(`2 dictionary: outcome.code ${quote(code)} → ${nameOf(known)}`)
    return { verdict: known, confidence: 0.95 }
  }
  const http = code === '' || known !== undefined ? 0 : Number(HTTP_CODE.exec(codeKey(code))?.[1] ?? 0)
  const fixed = HTTP_STATUSES.get(http) ?? (http >= 500 ? 'technical.unavailable' : undefined)
  if (fixed !== undefined) {
    evidence.push(`2 dictionary: HTTP ${http} → ${fixed}`)
    return { verdict: verdictOf(fixed), confidence: 0.9 }
  }
  // What follows is ambiguous by itself: a timeout outranks it, and the message may.
  if (status === 'timeout') return null
  const said = phrasesIn(facts.doubted === null ? facts.message : '', rules)
  // A person's rejection may well talk of an outage; it stays that person's verdict.
  const technical = status === 'rejected' && facts.human ? null : said.technical
  if (known !== undefined) {
    evidence.push(`2 dictionary: outcome.code ${quote(code)} → ${nameOf(known)}`)
    if (technical !== null)
      evidence.push(`2 message outranks the ambiguous code: ${quote(technical.text)} → ${nameOf(technical.verdict)}`)
    return { verdict: technical?.verdict ?? known, confidence: 0.75 }
  }
  const phrase = technical ?? said.business
  const decision = status === 'rejected' && REJECTIONS.get(facts.activity) === 'approval.rejected'
  if (phrase !== null && (phrase === technical || !decision)) {
    evidence.push(
      `2 dictionary: ${http === 0 ? '' : `HTTP ${http}, `}outcome.message has ${quote(phrase.text)} → ${nameOf(phrase.verdict)}`,
    )
    return { verdict: phrase.verdict, confidence: http === 0 ? 0.7 : 0.85 }
  }
  return http === 0 ? null : byHttpStatus(http, facts.systemClass, evidence)
}

function byHttpStatus(http: number, systemClass: string, evidence: string[]): Found | null {
  const judged = JUDGING_SYSTEMS.get(systemClass)
  const name =
    judged === undefined ? (systemClass === '' ? undefined : HTTP_INTEGRATION.get(http)) : http === 422 ? judged : undefined
  if (name === undefined) return null
  evidence.push(`2 dictionary: HTTP ${http} from a system of class ${systemClass} → ${name}`)
  return { verdict: verdictOf(name), confidence: 0.65 }
}

/** Rule 3: a verdict was reached, and policy rejects it. */
export function byVerdict(facts: Facts, evidence: string[]): Found | null {
  if (facts.doubted !== null) {
    evidence.push(
      `3 verdict: ai.confidence ${facts.doubted.confidence} is below its floor ${facts.doubted.floor} → business.master_data`,
    )
    return { verdict: LOW_CONFIDENCE, confidence: 0.95 }
  }
  if (facts.status !== 'rejected') return null
  const step = rejectedAt(facts)
  if (step === null && CARRIERS.has(facts.systemClass) && facts.statusFrom === 'outcome.status') {
    evidence.push(`3 no verdict of policy: rejected by a system of class ${facts.systemClass}`)
    return null
  }
  const category = step ?? (facts.systemClass === 'tax' ? 'tax_coding' : 'unspecified')
  evidence.push(`3 verdict: ${facts.statusFrom} says rejected → business.${category}`)
  return { verdict: verdictOf(`business.${category}`), confidence: category === 'unspecified' ? 0.6 : 0.8 }
}

/** Rule 3 for a run that ended well although its last step rejected the request. */
export function byLastStep(facts: Facts, evidence: string[]): Found | null {
  if (facts.lastStep === null) return null
  evidence.push(`3 verdict: the run ended well, but ${facts.lastStep} → business.approval.rejected`)
  return { verdict: verdictOf('business.approval.rejected'), confidence: 0.9 }
}

/** Rules 4 and 5: no verdict was reached, or time alone heals it. */
export function byFailure(facts: Facts, evidence: string[]): Found | null {
  const { status, statusFrom } = facts
  if (status === 'timeout') {
    evidence.push(`4 no verdict: ${statusFrom} says timeout → technical.timeout`)
    return { verdict: verdictOf('technical.timeout'), confidence: 0.95 }
  }
  const workflow = facts.activity.startsWith('workflow_run.') || facts.systemClass === 'workflow'
  const nameless = facts.code === '' || codeKey(facts.code) === 'OTHER'
  if (facts.retryable === true && (status === 'failed' || facts.raised)) {
    evidence.push('5 heals by itself: outcome.retryable is true → technical.unavailable')
    return { verdict: verdictOf('technical.unavailable'), confidence: 0.6 }
  }
  if (status !== 'failed' || !nameless || (!workflow && facts.systemClass === '' && facts.system === '')) return null
  const name = workflow ? 'technical.workflow_defect' : 'technical.connector'
  evidence.push(`4 no verdict: ${statusFrom} says failed → ${name}`)
  return { verdict: verdictOf(name), confidence: 0.5 }
}

/** The cluster rule: the same 4xx for many suppliers since a mapping change is the mapping's fault, whatever the code says. */
export function byCluster(found: Found | null, facts: Facts, evidence: string[]): Found | null {
  const { cluster, code } = facts
  if (cluster === null || found?.verdict.class === 'technical' || facts.human || code === '') return found
  evidence.push(
    `cluster: outcome.code ${quote(code)} from ${quote(cluster.connector)} for ${cluster.suppliers} suppliers since a mapping change ` +
      '→ technical.schema_mapping',
  )
  return { verdict: verdictOf('technical.schema_mapping'), confidence: 0.9 }
}

/** What a rejection at this step or activity is about. */
function rejectedAt({ step, activity }: Facts): string | null {
  return wordCategory(step) ?? REJECTIONS.get(activity) ?? wordCategory(activity)
}

function wordCategory(name: string): string | null {
  if (name === '') return null
  let best: readonly [number, string] | undefined
  for (const word of name
    .slice(0, 200)
    .toLowerCase()
    .split(/[^a-z0-9]+/u)) {
    const entry = STEP_WORDS.get(word)
    if (entry !== undefined && (best === undefined || entry[0] < best[0])) best = entry
  }
  return best?.[1] ?? null
}

/** The first technical and the first business phrase in the first 400 characters of a message. */
function phrasesIn(message: string, rules: Dictionary): Record<Named, Phrase | null> {
  const hits: Record<Named, Phrase | null> = { technical: null, business: null }
  const lower = message.slice(0, 400).toLowerCase()
  let start = -1
  for (let at = 0; at <= lower.length; at += 1) {
    const unit = lower.charCodeAt(at)
    if ((unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57)) {
      if (start < 0) start = at
      continue
    }
    if (start < 0) continue
    for (const phrase of rules.phrases.get(lower.slice(start, at)) ?? NO_PHRASES)
      if (hits[phrase.verdict.class] === null && lower.startsWith(phrase.text, start)) hits[phrase.verdict.class] = phrase
    start = -1
  }
  return hits
}

const NO_PHRASES: readonly Phrase[] = []
