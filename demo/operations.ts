import { afterWork, HOUR, MINUTE, SECOND } from './calendar.ts'
import { anyOf, type Case, human, machine } from './case.ts'
import { type Open, raiseFailure, resolve } from './exceptions.ts'
import type { Detail, Doc, System } from './recorder.ts'

/** What a code of a failed attempt means. */
const TECHNICAL: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'timeout',
  'HTTP 504': 'timeout',
  'HTTP 503': 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  'HTTP 429': 'rate_limit',
  'HTTP 401': 'auth',
  'HTTP 422': 'schema_mapping',
}

/** Minutes from one attempt to the next. */
const BACKOFF = [2, 8, 30, 90, 240, 480, 960, 1440] as const
const STRAY = [
  { code: 'ETIMEDOUT', status: 'timeout', message: 'no answer within 30 s' },
  { code: 'HTTP 503', status: 'failed', message: 'service unavailable' },
  { code: 'HTTP 429', status: 'failed', message: 'too many requests' },
  { code: 'ECONNRESET', status: 'failed', message: 'connection reset by peer' },
] as const

/**
 * Calls a system until it answers, or gives up. The documents are blocked from the first failed attempt to the answer, or to the
 * giving up; then a person does the step by hand.
 *
 * @returns when the effect is there, and who brought it about: `by` is empty for the connector itself
 */
export function operate(
  c: Case,
  call: { docs: readonly Doc[]; system: System; step: string; at: number; id: string },
): { at: number; by: string } {
  const { docs, system: target, step } = call
  const doc = docs[0]
  const trace = c.random.hex(4)
  const last = c.random.chance(0.7) ? BACKOFF.length + 1 : 6
  let at = call.at
  let firstFailure = 0
  let category = ''
  let open: Open | null = null
  for (let attempt = 1; ; attempt++) {
    const disturbance = c.world.disturbance(target.id, step, at)
    const fails = disturbance === null ? c.random.chance(0.02) : c.random.chance(disturbance.probability)
    const shared: Detail = { step, workflow_run: c.workflow_run, actor: machine(target.id), operation: { id: call.id, attempt } }
    const span = `00-${trace}-${c.random.hex(2)}-01`
    if (!fails) {
      const done = at + c.random.int(200, 2400)
      c.rec.attempted(docs, call, done, null)
      c.rec.emit(done, 'operation.succeeded', docs, target, { ...shared, outcome: { status: 'ok' } }, [], span)
      const held = firstFailure > 0
      if (held) c.rec.block(docs, { from: firstFailure, to: done, cause: 'technical', holder: target.id, step })
      if (open !== null) resolve(c, open, done, machine('n8n'))
      doc?.operations.push({ id: call.id, attempts: attempt, final: 'succeeded', class: held ? 'technical' : 'none', category })
      return { at: done, by: '' }
    }
    const failure = disturbance?.codes[c.random.weighted(disturbance.codes.map((one) => one.weight))] ?? c.random.pick(STRAY)
    category = TECHNICAL[failure.code] ?? ''
    const permanent = category === 'auth' || category === 'schema_mapping'
    const outcome = { status: failure.status, code: failure.code, message: failure.message, retryable: !permanent }
    const failed = Math.round(at + (failure.status === 'timeout' ? 30 * SECOND : c.random.int(80, 900)))
    c.rec.emit(failed, 'operation.failed', docs, target, { ...shared, outcome }, [], span)
    c.rec.attempted(docs, call, failed, { category, cause: disturbance })
    if (firstFailure === 0) firstFailure = failed
    if (attempt === 3) open = raiseFailure(c, docs, failed + SECOND, outcome, category)
    if (attempt === last) {
      const given = failed + 2 * SECOND
      c.rec.emit(given, 'operation.abandoned', docs, target, { ...shared, outcome }, [], span)
      c.rec.block(docs, { from: firstFailure, to: given, cause: 'technical', holder: target.id, step })
      doc?.operations.push({ id: call.id, attempts: attempt, final: 'abandoned', class: 'technical', category })
      const by = c.world.person(anyOf(c, 'ap_clerk', 4)).id
      const fixed = afterWork(c.unit, Math.max(given, disturbance?.to ?? given), c.random.between(0.5, 5) * HOUR)
      if (open !== null) resolve(c, open, fixed, human(by))
      return { at: fixed + MINUTE, by }
    }
    at = failed + (BACKOFF[attempt - 1] ?? 1440) * MINUTE * c.random.between(0.9, 1.1)
  }
}
