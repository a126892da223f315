import { z } from 'zod'
import { SYSTEM_CLASSES } from './vocabulary.ts'

/** Version of the shipped dictionary. Any change of an entry below changes it, so that a verdict names the rules it came from. */
const DICTIONARY_VERSION = '2026-11-22.1'

/** An AI extraction whose confidence lies below this needs a person, where neither tenant nor event names another floor. */
const AI_CONFIDENCE_FLOOR = 0.8

/** From how many different suppliers on, the same 4xx after a mapping change is the mapping's fault. */
const CLUSTER_SUPPLIERS = 5

export type OutcomeClass = 'business' | 'technical' | 'unknown' | 'none'
export type Reaction = 'decide' | 'correct_data' | 'retry' | 'fix_config' | 'escalate_vendor' | 'none'
export type Persistence = 'transient' | 'permanent'
export type Origin = 'internal' | 'vendor' | 'supplier'
export type Scope = 'case' | 'flow' | 'connector' | 'tenant'

/** What follows from a category: who reacts how, whether time alone heals it, and how far it reaches. */
export type Verdict = {
  readonly class: 'business' | 'technical'
  readonly category: string
  readonly reaction: Reaction
  readonly persistence: Persistence
  readonly origin: Origin
  readonly scope: Scope
  /** The code alone is ambiguous: a message that names a technical cause, or a timeout, outranks it. */
  readonly soft: boolean
}

const business = (category: string, reaction: Reaction, origin: Origin): Verdict => ({
  class: 'business',
  category,
  reaction,
  persistence: 'permanent',
  origin,
  scope: 'case',
  soft: false,
})
const technical = (category: string, reaction: Reaction, persistence: Persistence, scope: Scope): Verdict => ({
  class: 'technical',
  category,
  reaction,
  persistence,
  origin: 'internal',
  scope,
  soft: false,
})

/** Every category with what follows from it. `business.unspecified` and `technical.unspecified`: the class is known, no more. */
export const CATEGORIES: ReadonlyMap<string, Verdict> = new Map(
  [
    business('match.price', 'decide', 'supplier'),
    business('match.quantity', 'decide', 'supplier'),
    business('match.receipt', 'correct_data', 'internal'),
    business('duplicate', 'decide', 'supplier'),
    business('contract.off', 'decide', 'internal'),
    business('approval.stalled', 'decide', 'internal'),
    business('approval.rejected', 'decide', 'internal'),
    business('budget', 'decide', 'internal'),
    business('sod', 'decide', 'internal'),
    business('supplier.onboarding', 'correct_data', 'supplier'),
    business('supplier.blocked', 'decide', 'supplier'),
    business('master_data', 'correct_data', 'internal'),
    business('tax_coding', 'correct_data', 'internal'),
    business('payment.terms', 'correct_data', 'internal'),
    business('unspecified', 'decide', 'internal'),
    technical('timeout', 'retry', 'transient', 'connector'),
    technical('unavailable', 'retry', 'transient', 'connector'),
    technical('rate_limit', 'retry', 'transient', 'connector'),
    technical('auth', 'fix_config', 'permanent', 'connector'),
    technical('schema_mapping', 'fix_config', 'permanent', 'connector'),
    technical('connector', 'fix_config', 'permanent', 'connector'),
    technical('queue.backlog', 'retry', 'transient', 'connector'),
    technical('silence', 'fix_config', 'permanent', 'connector'),
    technical('workflow_defect', 'fix_config', 'permanent', 'flow'),
    technical('platform', 'fix_config', 'permanent', 'tenant'),
    technical('ingest', 'fix_config', 'permanent', 'tenant'),
    technical('unspecified', 'fix_config', 'permanent', 'connector'),
  ].map((verdict) => [`${verdict.class}.${verdict.category}`, verdict]),
)

/** Systems that somebody else runs: their technical failures come from the vendor. */
export const VENDOR_SYSTEMS: ReadonlySet<string> = new Set(['tax', 'payment', 'supplier_portal', 'contract', 'ai', 'identity'])

/** Systems that judge business content, so that their 4xx may be a verdict; what the others refuse is a fault of the integration. */
export const JUDGING_SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['erp', 'business.master_data'],
  ['contract', 'business.master_data'],
  ['supplier_portal', 'business.master_data'],
  ['tax', 'business.tax_coding'],
  ['payment', 'business.master_data'],
])

/**
 * Codes by category, in the form that {@link codeKey} gives. A trailing `?` marks a soft entry. Sources: procurement exception codes,
 * errno and OpenTelemetry `error.type`, gRPC status names, exception class names, SMTP replies, SAP message ids (class_number).
 */
const CODES: Readonly<Record<string, string>> = {
  'business.match.price': 'PRICE_VARIANCE PRICE_MISMATCH PRICE_DIFFERENCE PRICE_TOLERANCE_EXCEEDED M8_504',
  'business.match.quantity': 'QUANTITY_VARIANCE QUANTITY_MISMATCH QTY_VARIANCE QTY_MISMATCH OVER_DELIVERY UNDER_DELIVERY',
  'business.match.receipt': 'RECEIPT_MISSING GR_MISSING GOODS_RECEIPT_MISSING MISSING_RECEIPT NO_GOODS_RECEIPT',
  'business.duplicate': 'DUPLICATE_INVOICE INVOICE_DUPLICATE DUPLICATE_DOCUMENT DUPLICATE_PAYMENT M8_108 M8_462 F5_117',
  'business.contract.off': 'OFF_CONTRACT CONTRACT_EXPIRED NO_CONTRACT CONTRACT_CEILING_EXCEEDED MAVERICK_BUYING PO_MISSING NO_PO',
  'business.approval.stalled':
    'APPROVAL_STALLED APPROVAL_OVERDUE APPROVER_ABSENT APPROVER_OUT_OF_OFFICE APPROVER_MISSING NO_APPROVER APPROVAL_EXPIRED',
  'business.approval.rejected': 'APPROVAL_REJECTED REQUEST_REJECTED REJECTED_BY_APPROVER APPROVAL_DENIED REJECTED?',
  'business.budget': 'BUDGET_EXCEEDED BUDGET_MISSING NO_BUDGET BUDGET_UNAVAILABLE OVER_BUDGET',
  'business.sod': 'SOD_CONFLICT SOD_VIOLATION SEGREGATION_OF_DUTIES SELF_APPROVAL',
  'business.supplier.onboarding':
    'SUPPLIER_NOT_ONBOARDED SUPPLIER_NOT_TRANSACTABLE DOCUMENTS_MISSING DOCUMENT_EXPIRED COMPLIANCE_CHECK_FAILED? COMPLIANCE_REJECTED',
  'business.supplier.blocked': 'SUPPLIER_BLOCKED VENDOR_BLOCKED SUPPLIER_INACTIVE SANCTIONS_HIT SUPPLIER_RISK_HIGH',
  'business.master_data':
    'MASTER_DATA MASTER_DATA_MISSING MASTER_DATA_INVALID COST_CENTRE_CLOSED COST_CENTER_CLOSED COST_CENTRE_INVALID COST_CENTER_INVALID ' +
    'GL_ACCOUNT_INVALID BANK_DETAILS_INVALID BANK_DETAILS_MISMATCH IBAN_INVALID BANK_VALIDATION_FAILED? SUPPLIER_UNKNOWN ' +
    'SUPPLIER_NOT_FOUND MATERIAL_UNKNOWN PERIOD_CLOSED POSTING_PERIOD_CLOSED UOM_MISMATCH CURRENCY_MISMATCH ' +
    '06_019 06_025 06_027 F5_201 M7_053 KI_235 ME_062 ME_083',
  'business.tax_coding':
    'TAX_CODING TAX_AMOUNT_MISMATCH TAX_MISMATCH TAX_CODE_INVALID TAX_CODE_MISSING TAX_RATE_MISMATCH VAT_ID_INVALID TAX_ID_INVALID ' +
    'TAX_VALIDATION_FAILED?',
  'business.payment.terms': 'PAYMENT_TERMS PAYMENT_TERMS_MISMATCH TERMS_MISMATCH DISCOUNT_MISSED DISCOUNT_MISMATCH',
  'business.unspecified': 'POLICY_VIOLATION POLICY_VIOLATED BUSINESS_EXCEPTION BUSINESS_ERROR F5_702',
  'technical.timeout':
    'ETIMEDOUT ESOCKETTIMEDOUT ERR_SOCKET_CONNECTION_TIMEOUT TIMEOUT TIMED_OUT TIMEOUTERROR TIMEOUTEXCEPTION SOCKETTIMEOUTEXCEPTION ' +
    'UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT READTIMEOUT CONNECTTIMEOUT READ_TIMEOUT CONNECT_TIMEOUT ' +
    'GATEWAY_TIMEOUT REQUEST_TIMEOUT DEADLINE_EXCEEDED ECONNABORTED',
  'technical.unavailable':
    'ECONNREFUSED ECONNRESET EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN UND_ERR_SOCKET CONNECTEXCEPTION ' +
    'CONNECTIONERROR CONNECTIONREFUSEDERROR CONNECTIONRESETERROR UNKNOWNHOSTEXCEPTION NAME_RESOLUTION_ERROR CONNECTION_ERROR ' +
    'CONNECTION_REFUSED CONNECTION_RESET UNREACHABLE SERVICE_UNAVAILABLE SYSTEM_UNAVAILABLE SYSTEM_DOWN MAINTENANCE BAD_GATEWAY ' +
    'INTERNAL_SERVER_ERROR CIRCUIT_OPEN INTERNAL ABORTED LOCKED OBJECT_LOCKED RECORD_LOCKED DEADLOCK MC_601 06_001 06_002',
  'technical.rate_limit':
    'RATE_LIMIT RATE_LIMITED RATE_LIMIT_EXCEEDED TOO_MANY_REQUESTS THROTTLED THROTTLINGEXCEPTION QUOTA_EXCEEDED RESOURCE_EXHAUSTED',
  'technical.auth':
    'UNAUTHORIZED UNAUTHENTICATED FORBIDDEN PERMISSION_DENIED ACCESS_DENIED EACCES INVALID_GRANT INVALID_CLIENT INVALID_TOKEN ' +
    'TOKEN_EXPIRED CREDENTIAL_EXPIRED CREDENTIALS_EXPIRED AUTH_FAILED AUTHENTICATION_FAILED CERT_HAS_EXPIRED CERTIFICATE_EXPIRED ' +
    'ERR_TLS_CERT_ALTNAME_INVALID DEPTH_ZERO_SELF_SIGNED_CERT UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'technical.schema_mapping':
    'SCHEMA_MISMATCH SCHEMA_INVALID SCHEMA_ERROR MAPPING_ERROR MAPPING_FAILED FIELD_MAPPING_ERROR PARSE_ERROR JSON_PARSE_ERROR ' +
    'SYNTAXERROR UNEXPECTED_FIELD MISSING_FIELD? DESERIALIZATION_ERROR SERIALIZATION_ERROR UNSUPPORTED_MEDIA_TYPE ' +
    'INVALID_ARGUMENT? ERR_INVALID_ARG_TYPE',
  'technical.connector':
    'CONNECTOR_ERROR INTEGRATION_ERROR WEBHOOK_FAILED DELIVERY_FAILED EMAIL_BOUNCED MAIL_BOUNCED BOUNCED BOUNCE UNDELIVERABLE ' +
    'MAILBOX_FULL SMTP_550 SMTP_552 SMTP_554 550 551 552 553 554 5_1_1 5_2_2 SMTP_ERROR UNIMPLEMENTED NOT_IMPLEMENTED METHOD_NOT_ALLOWED',
  'technical.queue.backlog': 'QUEUE_FULL CONSUMER_LAG BACKLOG LAG_EXCEEDED QUEUE_OVERFLOW',
  'technical.silence': 'FEED_SILENT SOURCE_SILENT HEARTBEAT_MISSED STALE_FEED FEED_STALE',
  'technical.workflow_defect':
    'WORKFLOW_ERROR WORKFLOW_CRASHED NODE_ERROR EXPRESSION_ERROR TYPEERROR REFERENCEERROR RANGEERROR NULLPOINTEREXCEPTION ' +
    'NULLREFERENCEEXCEPTION CRASH CRASHED UNHANDLED_EXCEPTION UNHANDLED_REJECTION NO_RETRIES_LEFT JOB_NO_RETRIES EXTRACT_VALUE_ERROR ' +
    'CONDITION_ERROR IO_MAPPING_ERROR UNHANDLED_ERROR_EVENT',
  'technical.platform': 'ENOSPC ENOMEM EMFILE OUT_OF_MEMORY OUTOFMEMORYERROR OOM_KILLED DISK_FULL',
  'technical.ingest': 'DEAD_LETTER INGEST_ERROR DECODE_ERROR',
}

/** SAP message classes whose every message is about one thing. All soft: a single message may be listed above. */
export const MESSAGE_CLASSES: ReadonlyMap<string, string> = new Map([
  ['M8', 'business.unspecified'],
  ['ME', 'business.master_data'],
  ['06', 'business.master_data'],
  ['F5', 'business.master_data'],
  ['KI', 'business.master_data'],
  ['KS', 'business.master_data'],
  ['M7', 'business.master_data'],
  ['BP', 'business.budget'],
  ['FMAVC', 'business.budget'],
])

/** HTTP statuses that mean the same from every system. Any other 5xx is `technical.unavailable`. */
export const HTTP_STATUSES: ReadonlyMap<number, string> = new Map([
  [401, 'technical.auth'],
  [403, 'technical.auth'],
  [405, 'technical.connector'],
  [407, 'technical.auth'],
  [408, 'technical.timeout'],
  [410, 'technical.connector'],
  [411, 'technical.connector'],
  [413, 'technical.connector'],
  [414, 'technical.connector'],
  [415, 'technical.schema_mapping'],
  [423, 'technical.unavailable'],
  [425, 'technical.unavailable'],
  [429, 'technical.rate_limit'],
  [431, 'technical.connector'],
  [501, 'technical.connector'],
  [504, 'technical.timeout'],
  [507, 'technical.platform'],
  [524, 'technical.timeout'],
])

/** HTTP statuses that a system without business judgement answers when the integration sends something wrong. */
export const HTTP_INTEGRATION: ReadonlyMap<number, string> = new Map([
  [400, 'technical.schema_mapping'],
  [404, 'technical.connector'],
  [422, 'technical.schema_mapping'],
])

/** Phrases of messages, by category. Each is matched at the start of a word; where both classes match, the technical one stands. */
const PHRASES: Readonly<Record<string, string>> = {
  'technical.timeout': 'timed out|timeout|time out|deadline exceeded|etimedout',
  'technical.unavailable':
    'unreachable|econnrefused|econnreset|enotfound|connection refused|connection reset|socket hang up|service unavailable|not reachable|' +
    'temporarily unavailable|bad gateway|could not connect|cannot connect|internal server error|currently locked|locked by user',
  'technical.rate_limit': 'rate limit|too many requests|throttled|quota exceeded',
  'technical.auth':
    'unauthorized|unauthorised|authentication failed|invalid credentials|credential expired|credentials expired|expired credential|' +
    'token expired|expired token|access token|tls certificate|ssl certificate|client certificate|certificate verify failed|cert_has_expired|invalid api key|permission denied',
  'technical.schema_mapping':
    'field map|field mapping|not mapped|unmapped field|mapping error|schema validation|schema mismatch|unknown field|unexpected field|unexpected token|' +
    'malformed|could not parse|cannot parse|failed to parse|invalid json|invalid xml|required property',
  'technical.connector': 'integration error|connector error|bounced|undeliverable|undelivered|mailbox full|mailbox unavailable',
  'technical.queue.backlog': 'queue full|consumer lag|backlog',
  'technical.silence': 'feed silent|feed is silent|no heartbeat',
  'technical.workflow_defect': 'unhandled exception|null pointer|undefined is not|cannot read properties|stack overflow',
  'technical.platform': 'out of memory|no space left|disk full',
  'business.match.price': 'price variance|price mismatch|price difference|price too high|unit price|price deviates',
  'business.match.quantity': 'quantity variance|quantity mismatch|quantity differs|quantity exceeds|over delivery|overdelivery',
  'business.match.receipt':
    'goods receipt missing|missing goods receipt|no goods receipt|receipt missing|receipt not posted|goods receipt not',
  'business.duplicate': 'duplicate invoice|duplicate|already entered|already been entered|already invoiced',
  'business.contract.off': 'off contract|no contract|contract expired|contract ceiling',
  'business.approval.stalled':
    'approver absent|approver on holiday|approver on vacation|approval overdue|approval stalled|out of office',
  'business.approval.rejected': 'rejected by approver|approval rejected|approval denied|request rejected|rejected the request',
  'business.budget': 'budget exceeded|exceeds budget|exceeds the budget|over budget|no budget|insufficient budget',
  'business.sod': 'segregation of duties|sod conflict',
  'business.supplier.onboarding': 'supplier not onboarded|not onboarded|onboarding incomplete|documents missing',
  'business.supplier.blocked': 'supplier blocked|supplier is blocked|vendor blocked|vendor is blocked|sanctions',
  'business.master_data':
    'cost centre|cost center|bank details|bank account|iban|gl account|g/l account|master data|material does not exist|vendor does not|' +
    'supplier does not|unknown supplier|unknown vendor|unknown material|posting period|period closed|unit of measure|company code',
  'business.tax_coding': 'tax amount|tax code|tax rate|tax id|tax differs|vat amount|vat rate|vat code|vat id|vat number',
  'business.payment.terms': 'payment terms|discount terms',
}

/** What a tenant adds to or overrides in the shipped dictionary. Categories are full names: `business.master_data`. */
export const RuleOverrides = z.object({
  version: z.string().min(1).max(100),
  codes: z
    .array(
      z.object({
        code: z.string().min(1).max(200),
        category: z.string().refine((name) => CATEGORIES.has(name), 'is not a category such as business.master_data'),
        /** Only from this system (connector). */
        system: z.string().min(1).max(200).optional(),
        /** Only from systems of this class. */
        system_class: z.enum(SYSTEM_CLASSES).optional(),
      }),
    )
    .max(5000)
    .default([]),
  phrases: z
    .array(
      z.object({
        phrase: z.string().min(3).max(200),
        category: z.string().refine((name) => CATEGORIES.has(name), 'is not a category such as business.master_data'),
      }),
    )
    .max(1000)
    .default([]),
  confidence_floor: z.number().min(0).max(1).optional(),
  cluster_suppliers: z.int().min(2).optional(),
})
export type RuleOverrides = z.output<typeof RuleOverrides>

/** A phrase in lower case with its verdict. */
export type Phrase = { readonly text: string; readonly verdict: Verdict }

/** The dictionary, compiled for lookups. */
export type Dictionary = {
  readonly version: string
  readonly codes: ReadonlyMap<string, Verdict>
  /** Codes of one system or system class, by `system\nCODE` and `class:erp\nCODE`; empty for most tenants. */
  readonly scoped: ReadonlyMap<string, Verdict>
  /** Phrases by their first word, longest first. */
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>
  readonly confidenceFloor: number
  readonly clusterSuppliers: number
}

/** The form in which codes are compared: upper case, everything but letters and digits as one `_`. */
export function codeKey(code: string): string {
  return code
    .toUpperCase()
    .replace(/[^A-Z0-9]+/gu, '_')
    .replace(/^_|_$/gu, '')
}

/** The verdict of a full category name such as `technical.auth`. */
export function verdictOf(name: string): Verdict {
  const verdict = CATEGORIES.get(name)
  if (verdict === undefined) throw new RangeError(`no category ${name}`)
  return verdict
}

/** Content that an AI read too uncertainly: nobody has wrong data to correct, a person decides. */
export const LOW_CONFIDENCE: Verdict = { ...verdictOf('business.master_data'), reaction: 'decide' }

const softened = new Map<Verdict, Verdict>()

/** The same verdict, marked as one that a technical message outranks. */
export function soften(verdict: Verdict): Verdict {
  let soft = softened.get(verdict)
  if (soft === undefined) {
    soft = { ...verdict, soft: true }
    softened.set(verdict, soft)
  }
  return soft
}

const FIRST_WORD = /[a-z0-9]+/u

/** Compiles the shipped dictionary with a tenant's additions; of two entries for one code the tenant's stands. */
export function compileDictionary(overrides?: RuleOverrides): Dictionary {
  const codes = new Map<string, Verdict>()
  const scoped = new Map<string, Verdict>()
  const phrases = new Map<string, Phrase[]>()
  for (const [name, verdict] of CATEGORIES)
    if (verdict.category !== 'unspecified') codes.set(codeKey(verdict.category), verdictOf(name))
  for (const [name, list] of Object.entries(CODES))
    for (const code of list.split(' '))
      if (code.endsWith('?')) codes.set(code.slice(0, -1), soften(verdictOf(name)))
      else codes.set(code, verdictOf(name))
  for (const code of ['LOW_CONFIDENCE', 'EXTRACTION_LOW_CONFIDENCE', 'CONFIDENCE_BELOW_FLOOR']) codes.set(code, LOW_CONFIDENCE)
  const addPhrase = (text: string, name: string) => {
    const first = FIRST_WORD.exec(text)?.[0]
    if (first === undefined) return
    const entry = { text: text.slice(text.indexOf(first)), verdict: verdictOf(name) }
    phrases.set(first, [...(phrases.get(first) ?? []).filter((phrase) => phrase.text !== entry.text), entry])
  }
  for (const [name, list] of Object.entries(PHRASES)) for (const text of list.split('|')) addPhrase(text, name)
  for (const { code, category, system, system_class } of overrides?.codes ?? []) {
    if (system !== undefined) scoped.set(`${system}\n${codeKey(code)}`, verdictOf(category))
    else if (system_class !== undefined) scoped.set(`class:${system_class}\n${codeKey(code)}`, verdictOf(category))
    else codes.set(codeKey(code), verdictOf(category))
  }
  for (const { phrase, category } of overrides?.phrases ?? []) addPhrase(phrase.toLowerCase(), category)
  for (const list of phrases.values()) list.sort((a, b) => b.text.length - a.text.length)
  return {
    version: overrides === undefined ? DICTIONARY_VERSION : `${DICTIONARY_VERSION}+${overrides.version}`,
    codes,
    scoped,
    phrases,
    confidenceFloor: overrides?.confidence_floor ?? AI_CONFIDENCE_FLOOR,
    clusterSuppliers: overrides?.cluster_suppliers ?? CLUSTER_SUPPLIERS,
  }
}
