import { request as httpRequest } from 'node:http'
import protobuf from 'protobufjs'

export type Attributes = Record<string, unknown>

/** A value as OTLP/JSON writes it. */
function anyValue(value: unknown): Record<string, unknown> {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value === 'object' && value !== null) return { kvlistValue: { values: keyValues(value as Attributes) } }
  return {}
}

/** Attributes as OTLP/JSON writes them. */
export function keyValues(attributes: Attributes): { key: string; value: Record<string, unknown> }[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

export type SpanSketch = {
  name?: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind?: number
  trace?: string
  id?: string
  parent?: string
  /** Milliseconds since 1970. */
  at?: number
  ms?: number
  attributes?: Attributes
  status?: { code?: number; message?: string }
  events?: { name: string; attributes: Attributes }[]
  links?: { trace: string; id: string; attributes?: Attributes }[]
}

/** Hex of a length from a number: ids that a reader can tell apart. */
export function hexId(number: number, length: number): string {
  return number.toString(16).padStart(length, '0')
}

/** A span in OTLP/JSON; what is left out is taken from its position. */
export function spanJson(sketch: SpanSketch, position = 0): Record<string, unknown> {
  const at = BigInt(sketch.at ?? Date.now() - 60_000) * 1_000_000n
  return {
    traceId: sketch.trace ?? hexId(position + 1, 32),
    spanId: sketch.id ?? hexId(position + 1, 16),
    ...(sketch.parent === undefined ? {} : { parentSpanId: sketch.parent }),
    name: sketch.name ?? 'call',
    kind: sketch.kind ?? 3,
    startTimeUnixNano: String(at),
    endTimeUnixNano: String(at + BigInt(Math.round((sketch.ms ?? 20) * 1e6))),
    attributes: keyValues(sketch.attributes ?? {}),
    ...(sketch.status === undefined ? {} : { status: sketch.status }),
    ...(sketch.events === undefined
      ? {}
      : {
          events: sketch.events.map(({ name, attributes }) => ({
            name,
            timeUnixNano: String(at),
            attributes: keyValues(attributes),
          })),
        }),
    ...(sketch.links === undefined
      ? {}
      : {
          links: sketch.links.map(({ trace, id, attributes = {} }) => ({
            traceId: trace,
            spanId: id,
            attributes: keyValues(attributes),
          })),
        }),
  }
}

/** A request of traces in OTLP/JSON: the spans of one service. */
export function tracesJson(service: string, spans: readonly SpanSketch[], resource: Attributes = {}): Record<string, unknown> {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': service, ...resource }) },
        scopeSpans: [{ scope: { name: 'test' }, spans: spans.map(spanJson) }],
      },
    ],
  }
}

/** What a raw request was answered. */
export type RawAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }

/** Sends bytes; resolves with the answer even where the server answers before it has read all. */
export function sendRaw(
  url: string,
  options: { headers: Record<string, string>; body: Uint8Array | null; announced?: number },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let answered = false
    const request = httpRequest(url, { method: 'POST', headers: options.headers, agent: false }, (response) => {
      answered = true
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
      response.on('error', reject)
    })
    // A server that has answered may close while the rest is still being sent.
    request.on('error', (error) => {
      if (!answered) reject(error)
    })
    if (options.body === null) request.flushHeaders()
    else request.end(options.body)
  })
}

const ANSWERS = protobuf.parse(`
syntax = "proto3";
message Answer { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message Status { int32 code = 1; string message = 2; }
`).root

/** The partial success that an answer in protobuf tells; null where all was taken. */
export function partialSuccess(body: Buffer): { rejected: number; message: string } | null {
  const type = ANSWERS.lookupType('Answer')
  const { partialSuccess: partial } = type.toObject(type.decode(body), { longs: Number, defaults: true }) as {
    partialSuccess: { rejected: number; errorMessage: string } | null
  }
  return partial === null ? null : { rejected: partial.rejected, message: partial.errorMessage }
}

/** The `google.rpc.Status` of an error in protobuf. */
export function rpcStatus(body: Buffer): { code: number; message: string } {
  const type = ANSWERS.lookupType('Status')
  return type.toObject(type.decode(body), { defaults: true }) as { code: number; message: string }
}
