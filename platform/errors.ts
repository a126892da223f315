/** Every stable error code of the product with the HTTP status it answers with. Codes never change meaning. */
export const ERROR_STATUS = {
  bad_request: 400,
  body_invalid: 400,
  parameter_invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  tenant_forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  sla_invalid: 422,
  rule_invalid: 422,
  routing_invalid: 422,
  silence_invalid: 422,
  reference_invalid: 422,
  reference_overlap: 409,
  channel_invalid: 422,
  body_too_large: 413,
  media_type_unsupported: 415,
  encoding_unsupported: 415,
  overloaded: 429,
  webhook_unknown: 404,
  signature_missing: 401,
  signature_invalid: 401,
  signature_stale: 401,
  webhook_replayed: 409,
  source_paused: 503,
  secret_key_missing: 503,
  internal: 500,
  store_unavailable: 503,
  draining: 503,
  // Start-up and command line: reported on stderr with a non-zero exit, never over HTTP.
  folder_in_use: 500,
  folder_not_writable: 500,
  port_in_use: 500,
  server_unreachable: 500,
  server_too_old: 500,
  server_misconfigured: 500,
  platform_unsupported: 500,
  env_invalid: 500,
  migration_failed: 500,
  file_invalid: 400,
  file_not_found: 404,
  cancelled: 499,
} as const

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_STATUS

/**
 * The one error type that crosses module borders: a stable code, one clear sentence that says what happened, and the next step
 * where there is one. Anything else that is thrown is a defect.
 */
export class SightlineError extends Error {
  readonly code: ErrorCode
  /** What the reader can do about it. */
  readonly next: string | undefined
  /** Seconds to wait before trying again, for `overloaded`, `store_unavailable` and `draining`. */
  readonly retryAfterS: number | undefined
  /** Members of the problem document beside those that every one has. */
  readonly more: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { next?: string; retryAfterS?: number; cause?: unknown; more?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SightlineError'
    this.code = code
    this.next = options.next
    this.retryAfterS = options.retryAfterS
    this.more = options.more ?? {}
  }

  /** The HTTP status of this error's code. */
  get status(): number {
    return ERROR_STATUS[this.code]
  }
}
