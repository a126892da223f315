import type { CallStatus } from '../../model/call.ts'
import { type Classification, classify } from '../../model/classify.ts'

/** What a span says of how it ended. Empty and 0 where it does not. */
export type Told = {
  /** The span's own status: 0 unset, 1 ok, 2 error. */
  spanStatus: number
  http: number
  /** gRPC status as a number or its name. */
  rpc: string
  /** `app.outcome.status`: ok, rejected, failed, timeout, cancelled, skipped. */
  outcome: string
  /** Status of a run: success, error, crashed, canceled … */
  run: string
  errorType: string
  /** Whether `error.type` was told, and not only an exception recorded on the way. */
  hasErrorType: boolean
  message: string
}

const RPC_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** The name of a gRPC status that was given as a number or a name; empty for none. */
export function rpcName(status: string): string {
  if (status === '') return ''
  return RPC_NAMES[Number(status)] ?? status.toUpperCase()
}

/** The number of a gRPC status; 0 for none, for OK and for what is no gRPC status. */
export function rpcNumber(name: string): number {
  return Math.max(0, RPC_NAMES.indexOf(name))
}

const RPC_STATUS: Readonly<Record<string, CallStatus>> = {
  OK: 'ok',
  CANCELLED: 'cancelled',
  DEADLINE_EXCEEDED: 'timeout',
  RESOURCE_EXHAUSTED: 'throttled',
  PERMISSION_DENIED: 'refused',
  UNAUTHENTICATED: 'unauthenticated',
}

const HTTP_STATUS: ReadonlyMap<number, CallStatus> = new Map([
  [401, 'unauthenticated'],
  [403, 'refused'],
  [407, 'unauthenticated'],
  [408, 'timeout'],
  [429, 'throttled'],
  [499, 'cancelled'],
  [504, 'timeout'],
  [524, 'timeout'],
])

const OUTCOME_STATUS: Readonly<Record<string, CallStatus>> = {
  ok: 'ok',
  skipped: 'ok',
  failed: 'failed',
  timeout: 'timeout',
  cancelled: 'cancelled',
}

const RUN_STATUS: Readonly<Record<string, CallStatus>> = {
  error: 'failed',
  crashed: 'failed',
  failed: 'failed',
  canceled: 'cancelled',
  cancelled: 'cancelled',
}

const WORDS: readonly (readonly [RegExp, CallStatus])[] = [
  [/time.?out|timed.?out|deadline.?exceeded/iu, 'timeout'],
  [/throttl|rate.?limit|too.?many.?requests|quota.?exceeded/iu, 'throttled'],
  [/unauthenticated|unauthorized|unauthorised|invalid.?credential|token.?expired/iu, 'unauthenticated'],
  [/forbidden|permission.?denied|access.?denied/iu, 'refused'],
  [/cancel|abort(?:ed|error)/iu, 'cancelled'],
]

/**
 * How a call ended. What the producer says outright (`app.outcome.status`, a status "Ok") stands; then the code of the protocol, the status
 * of the run, and the words of the error.
 */
export function statusOf(told: Told): CallStatus {
  const outright = OUTCOME_STATUS[told.outcome]
  if (outright !== undefined) return outright
  if (told.spanStatus === 1) return 'ok'
  if (told.http >= 400) return HTTP_STATUS.get(told.http) ?? 'failed'
  const rpc = told.rpc === '' ? 'ok' : (RPC_STATUS[told.rpc] ?? 'failed')
  if (rpc !== 'ok') return rpc
  const run = RUN_STATUS[told.run]
  if (told.spanStatus !== 2 && !told.hasErrorType) return run ?? 'ok'
  if (run === 'cancelled') return run
  for (const text of [told.errorType, told.message.slice(0, 200)])
    if (text !== '') for (const [words, status] of WORDS) if (words.test(text)) return status
  return 'failed'
}

/** Codes of 4xx that may be a verdict or a fault: an error type that the dictionary knows says more. */
const AMBIGUOUS: ReadonlySet<number> = new Set([400, 404, 409, 412, 422])
const CODE_IN_MESSAGE = /\bstatus(?: code)?:? ([45]\d\d)\b/iu

/**
 * Classifies how a call ended: business where a verdict was reached that policy rejects, technical where none could be. The codes are
 * tried from the most telling one on; where no code is known and nothing answered, the failure itself is technical.
 */
export function classifyCall(
  status: CallStatus,
  told: Told,
  call: { code: string; system: string; systemClass: string; step: string; kind: string },
): Classification {
  const outcome =
    told.outcome === 'rejected'
      ? 'rejected'
      : status === 'timeout'
        ? 'timeout'
        : status === 'ok' || status === 'cancelled'
          ? ''
          : 'failed'
  const of = (code: string): Classification =>
    classify({
      activity: call.kind === 'workflow' && outcome !== '' ? 'workflow_run.failed' : '',
      step: call.step,
      outcome: { status: outcome, code, message: told.message },
      system: call.system,
      system_class: call.systemClass,
    })
  if (outcome === '') return of('')
  const http = told.http >= 400 ? `HTTP ${told.http}` : ''
  const said = CODE_IN_MESSAGE.exec(told.message)?.[1]
  const codes = [
    call.code,
    AMBIGUOUS.has(told.http) ? told.errorType : '',
    http,
    told.rpc === 'OK' ? '' : told.rpc,
    told.errorType,
    said === undefined ? '' : `HTTP ${said}`,
  ].filter((code) => code !== '')
  // Where somebody answered with a code of ours to judge, not knowing it is no failure to reach a verdict.
  if (outcome === 'rejected' || (call.code === '' && http === '')) codes.push('')
  let found: Classification | undefined
  for (const code of codes) {
    const verdict = of(code)
    if (verdict.class !== 'unknown') return verdict
    found ??= verdict
  }
  return found ?? of('')
}
