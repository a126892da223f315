import type { ErrorRequestHandler, Response } from 'express'
import { z } from 'zod'
import { type ErrorCode, SightlineError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { isPostgresUnavailable } from '../platform/postgres/client.ts'

/** Sends an RFC 9457 problem document. `more` adds members of its own. */
export function sendProblem(response: Response, error: SightlineError, more: Record<string, unknown> = {}): void {
  if (error.retryAfterS !== undefined) response.setHeader('retry-after', String(error.retryAfterS))
  if (error.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer')
  response
    .status(error.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `/docs#${error.code}`,
        title: error.code.replaceAll('_', ' '),
        status: error.status,
        code: error.code,
        detail: error.next === undefined ? error.message : `${error.message} ${error.next}`,
        request_id: response.locals['requestId'],
        ...error.more,
        ...more,
      }),
    )
}

/** The one error handler: every failure becomes a problem document; what is no {@link SightlineError} is a defect and is logged. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    const known = knownError(error)
    if (known === null)
      log.error({ err: error, path: request.path, request_id: response.locals['requestId'] }, 'a request failed')
    sendProblem(
      response,
      known ?? new SightlineError('internal', 'This should not have happened; it is in the log under the request id.'),
    )
  }
}

/** The error that a failure means to the caller; null for a defect. */
export function knownError(error: unknown): SightlineError | null {
  if (error instanceof SightlineError) return error
  if (error instanceof z.ZodError) {
    const [issue] = error.issues
    const where = issue === undefined ? '' : `"${issue.path.map(String).join('.')}" `
    return new SightlineError('parameter_invalid', `${where}${issue?.message ?? 'is invalid'}`.slice(0, 400))
  }
  if (isPostgresUnavailable(error))
    return new SightlineError('store_unavailable', 'PostgreSQL does not answer right now.', {
      next: 'Try again in a few seconds.',
      retryAfterS: 5,
      cause: error,
    })
  return fromBodyReader(error)
}

/** Errors of Express and its body reader carry a `type` or a 4xx status. */
function fromBodyReader(error: unknown): SightlineError | null {
  if (!(error instanceof Error)) return null
  const type = 'type' in error ? error.type : undefined
  if (type === 'entity.too.large')
    return new SightlineError('body_too_large', 'The body is larger than this endpoint takes.', { next: 'Split it.' })
  if (type === 'encoding.unsupported')
    return new SightlineError('encoding_unsupported', 'The Content-Encoding is not known.', { next: 'Use gzip or none.' })
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 0
  if (status >= 400 && status < 500 && status in STATUS_CODE)
    return new SightlineError(STATUS_CODE[status] ?? 'bad_request', error.message.slice(0, 200))
  return null
}

const STATUS_CODE: Record<number, ErrorCode> = {
  400: 'bad_request',
  404: 'not_found',
  413: 'body_too_large',
  415: 'media_type_unsupported',
}
