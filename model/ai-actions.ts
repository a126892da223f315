import type { Event } from './event.ts'
import { isCanonical, VOCABULARY } from './vocabulary.ts'

/** What AI does in a procurement workflow: values of `ai.kind` that mean something here. */
export const AI_KINDS = ['extraction', 'classification', 'summary', 'recommendation', 'draft', 'data_gathering'] as const

/** Why an event breaks the rule that AI recommends and people decide; empty when it does not. */
export type AiFlag = '' | 'unreviewed_change' | 'unreviewed_recommendation'

/** What became of a recommendation: taken as it was, replaced by something else, or told in words that are not known here. */
export type AiDecision = 'accepted' | 'overridden' | 'other'

/** Subjects whose activities are about the work and not about the state of a document. */
const ABOUT_THE_WORK: ReadonlySet<string> = new Set(['workflow_run', 'policy', 'operation', 'ai'])

/**
 * Canonical activities that look, ask, receive, wait or hand over to a person and leave the decision open. Every other one changes the
 * state of a document, so that an activity which joins the vocabulary is guarded until somebody says that it need not be.
 */
const LEAVES_STATE: ReadonlySet<string> = new Set([
  'requisition.budget_checked',
  'requisition.policy_evaluated',
  'requisition.approval_requested',
  'po.approval_requested',
  'invoice.issued',
  'invoice.received',
  'invoice.captured',
  'invoice.match_started',
  'invoice.approval_requested',
  'payment.proposed',
  'payment.failed',
  'payment.returned',
  'onboarding.requested',
  'onboarding.documents_requested',
  'onboarding.documents_received',
  'contract.expired',
  'approval.requested',
  'approval.escalated',
  'exception.raised',
  'exception.assigned',
  'exception.parked',
])

const STATE_CHANGES: ReadonlySet<string> = new Set([
  ...Object.entries(VOCABULARY)
    .filter(([subject]) => !ABOUT_THE_WORK.has(subject))
    .flatMap(([subject, verbs]) => verbs.map((verb) => `${subject}.${verb}`))
    .filter((activity) => !LEAVES_STATE.has(activity)),
  'sent_to_supplier',
  'corrected',
])

/** Kinds of AI action that may make a new document, because a person still takes it from there. */
const MAY_CREATE: ReadonlySet<string> = new Set(['draft', 'extraction', 'data_gathering'])

/** Whether a canonical activity changes the state of a document: approves, releases, pays, changes bank details, and the like. */
export function isStateChange(activity: string): boolean {
  return STATE_CHANGES.has(activity)
}

const ACCEPTED: ReadonlySet<string> = new Set(['accepted', 'accept', 'approved', 'approve', 'confirmed', 'agreed', 'ok', 'yes'])
const OVERRIDDEN: ReadonlySet<string> = new Set([
  'rejected',
  'reject',
  'overridden',
  'override',
  'modified',
  'changed',
  'corrected',
  'edited',
  'declined',
  'dismissed',
  'no',
])
/** Words in `ai.decision` that say that nobody decided. */
const UNDECIDED: ReadonlySet<string> = new Set([
  '',
  'none',
  'pending',
  'open',
  'auto',
  'automatic',
  'auto_accepted',
  'auto_approved',
  'auto_rejected',
  'skipped',
  'not_reviewed',
  'unreviewed',
  'timeout',
  'n/a',
])

/** The lists of words by which {@link decisionOf} judges, as queries need them. */
export const DECISION_WORDS = { accepted: [...ACCEPTED], overridden: [...OVERRIDDEN], undecided: [...UNDECIDED] } as const

/** Reads `ai.decision`; `null` where nobody decided. */
export function decisionOf(decision: string | null | undefined): AiDecision | null {
  const word = (decision ?? '')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_')
  if (UNDECIDED.has(word)) return null
  return ACCEPTED.has(word) ? 'accepted' : OVERRIDDEN.has(word) ? 'overridden' : 'other'
}

/** Names that stand for machines, letter case ignored: `svc-match`, `bot:triage`, `agent/7`, `system`. Queries use it, too. */
export const MACHINE_PATTERN =
  '^(?:ai|agent|bot|llm|model|gpt|svc|service|system|robot|rpa|workflow|n8n)(?:$|[-_:/.@0-9])|(?:^|[-_:/.])(?:bot|agent|svc|llm)$'
const MACHINE = new RegExp(MACHINE_PATTERN, 'iu')

/** Whether an id names a machine rather than a person. */
export function isMachineName(id: string): boolean {
  return MACHINE.test(id)
}

type Ai = NonNullable<Event['data']['ai']>

/**
 * Whether a person decided on an AI action: a reviewer and a decision are named, and the reviewer is neither the acting agent, nor the
 * model, nor a service.
 */
export function isReviewed(ai: Ai, actor: { id: string; kind: string } | null | undefined): boolean {
  const reviewer = (ai.reviewer ?? '').trim()
  if (reviewer === '' || decisionOf(ai.decision) === null) return false
  const kind = ai['reviewer_kind']
  if (kind !== undefined && kind !== null && kind !== 'human') return false
  const own = actor?.kind === 'human' ? '' : (actor?.id ?? '')
  const name = reviewer.toLowerCase()
  const model = ai.model.toLowerCase()
  return (
    name !== own.toLowerCase() && name !== model && !name.startsWith(`${model}:`) && (kind === 'human' || !isMachineName(name))
  )
}

/** Lifecycles in which nothing has taken effect (yet). */
const NO_EFFECT_YET: ReadonlySet<string> = new Set(['scheduled', 'started', 'cancelled', 'suspended'])
/** Outcomes without effect; `rejected` is a verdict and has one. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['failed', 'timeout', 'cancelled', 'skipped'])

/**
 * Judges one event by itself, at ingestion: did AI change the state of a document, or did its recommendation take effect, without a
 * person's decision? A review that came as an event of its own (`ai.reviewed`) is taken into account where flags are read.
 *
 * - `unreviewed_change`: an AI agent (or a system on behalf of one) performed a state-changing canonical activity, or corrected an
 *   event, and no person reviewed and decided.
 * - `unreviewed_recommendation`: `ai.acted`, or a state change by a system that names the AI it followed, unreviewed.
 *
 * What people do themselves is their decision. An activity without a canonical name is not judged: what it changes is not known.
 */
export function aiFlag(event: Pick<Event, 'data' | 'source_activity'>): AiFlag {
  const { ai, actor } = event.data
  const byAgent = actor?.kind === 'ai_agent' || (actor?.kind === 'system' && isAgentBehind(actor.on_behalf_of, ai))
  if (!byAgent && ai == null) return ''
  if (actor?.kind === 'human') return ''
  const { canonical, lifecycle, outcome, corrects } = event.data
  const activity = canonical != null && isCanonical(canonical) ? canonical : event.source_activity
  const acted = activity === 'ai.acted'
  if (!acted && !isStateChange(activity) && corrects == null) return ''
  if (NO_EFFECT_YET.has(lifecycle ?? '') || WITHOUT_EFFECT.has(outcome?.status ?? '')) return ''
  if (ai != null && MAY_CREATE.has(ai.kind ?? '') && activity.endsWith('.created')) return ''
  if (ai != null && isReviewed(ai, actor)) return ''
  return byAgent && !acted ? 'unreviewed_change' : 'unreviewed_recommendation'
}

/** Whether the one that a system stood in for is an AI agent: the model that the event names, or a name like one. */
function isAgentBehind(onBehalfOf: string | null | undefined, ai: Ai | null | undefined): boolean {
  if (onBehalfOf == null || onBehalfOf === '') return false
  return onBehalfOf === ai?.model || /^(?:ai|agent|llm|gpt)(?:$|[-_:/.@\d])/iu.test(onBehalfOf)
}
