import { DAY, SECOND } from './calendar.ts'
import { hash } from './random.ts'
import type { DemoEvent } from './recorder.ts'

/** Tenants whose workflow engine sends traces. */
export const TRACED: ReadonlySet<string> = new Set(['kestrel', 'nb-cedar'])

/** How much of the history tracing systems keep. */
export const TRACES_KEPT = 14 * DAY

const TIMEOUT_MS = 30 * SECOND
const NANOS = 1_000_000n

const said = (key: string, value: string) => ({ key, value: { stringValue: value } })

/**
 * The calls behind events of operations, as the workflow engine would trace them: an OTLP/JSON request of one client span for each
 * attempt, with the trace and span of its event; `null` where there is none.
 */
export function tracesOf(events: readonly DemoEvent[]): unknown {
  const spans = events.flatMap((event) => {
    const { operation, step = '', outcome, system, objects } = event.data
    const [, traceId, spanId] = event.traceparent?.split('-') ?? []
    if (operation === undefined || event.type === 'operation.abandoned' || traceId === undefined || spanId === undefined)
      return []
    const code = outcome?.code ?? ''
    const ended = Date.parse(event.time)
    const lasted = outcome?.status === 'timeout' ? TIMEOUT_MS : 60 + (hash(spanId) % 900)
    const answered = outcome?.status === 'ok' ? '200' : code.startsWith('HTTP ') ? code.slice(5) : null
    const failed = outcome?.status !== 'ok'
    return {
      traceId,
      spanId,
      name: `POST /${step}`,
      kind: 3,
      startTimeUnixNano: String(BigInt(ended - lasted) * NANOS),
      endTimeUnixNano: String(BigInt(ended) * NANOS),
      attributes: [
        said('http.request.method', 'POST'),
        said('url.full', `https://${system}/${step}`),
        said('server.address', system),
        { key: 'http.request.resend_count', value: { intValue: String(operation.attempt - 1) } },
        ...(answered === null ? [] : [{ key: 'http.response.status_code', value: { intValue: answered } }]),
        ...(failed ? [said('error.type', answered ?? code)] : []),
        ...objects.filter((one) => one.type !== 'approval').map((one) => said(`app.case.${one.type}`, one.id)),
      ],
      status: failed ? { code: 2, message: outcome?.message ?? '' } : {},
    }
  })
  if (spans.length === 0) return null
  const resource = { attributes: [said('service.name', 'n8n')] }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'n8n' }, spans }] }] }
}
