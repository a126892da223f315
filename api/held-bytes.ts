import type { RequestHandler } from 'express'
import { SightlineError } from '../platform/errors.ts'

/** Bytes that a body of unknown length, or a compressed one, is reckoned with for each of its own. */
const UNKNOWN_BYTES = 4 * 1024 * 1024
const INFLATION = 12

/**
 * Bounds the bodies that are held at once over all requests. A body is reckoned with its announced length before it is read – a compressed
 * one with a multiple of it – and given back when the answer has gone.
 *
 * @param limit bytes of one body after decompression, and of all together
 * @throws SightlineError `overloaded` when there is no room now
 */
export function heldBytes(limit: { body: number; all: number }): RequestHandler {
  let held = 0
  return (request, response, next) => {
    const announced = Number(request.headers['content-length'] ?? UNKNOWN_BYTES)
    const compressed = (request.headers['content-encoding'] ?? 'identity') !== 'identity'
    const bytes = Math.min(limit.body, compressed ? announced * INFLATION : announced)
    if (held + bytes > limit.all)
      throw new SightlineError('overloaded', 'More is being taken in than fits into memory right now.', {
        next: 'Send the same request again after the time in Retry-After.',
        retryAfterS: 1,
      })
    held += bytes
    response.once('close', () => {
      held -= bytes
    })
    next()
  }
}
