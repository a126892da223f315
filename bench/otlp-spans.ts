import protobuf from 'protobufjs'

/** The messages of opentelemetry-proto that a trace needs, for the client of the benchmark and for the decoder that it is compared with. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; repeated Event events = 11;
  Status status = 15; fixed32 flags = 16; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Status { string message = 2; int32 code = 3; }
`

/** `ExportTraceServiceRequest` as protobufjs reads and writes it. */
export const TraceRequest = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('ExportTraceServiceRequest')

type KeyValue = { key: string; value: Record<string, unknown> }

function text(key: string, value: string): KeyValue {
  return { key, value: { string_value: value } }
}

function whole(key: string, value: number): KeyValue {
  return { key, value: { int_value: value } }
}

/** A small generator with a seed: every run sends the same spans. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}

/**
 * Bodies of spans as the SDKs of a procurement flow send them: traces of a workflow run, its nodes, and what these call – HTTP, queues,
 * databases – with ten attributes a span, a document on each trace, and four calls in a hundred that fail.
 *
 * @param endedUs the instant near which they lie, microseconds
 */
export function traceBodies(options: { bodies: number; spans: number; seed: number; endedUs: number }): Buffer[] {
  const draw = random(options.seed)
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => draw(255) + 1))
  return Array.from({ length: options.bodies }, () => {
    const spans: Record<string, unknown>[] = []
    while (spans.length < options.spans) {
      const traceId = bytes(16)
      const started = BigInt(options.endedUs - draw(600_000_000)) * 1000n
      const invoice = `INV-${draw(1_000_000)}`
      let parent = Buffer.alloc(0)
      for (let depth = 0; depth < 5 && spans.length < options.spans; depth++) {
        const spanId = bytes(8)
        const begun = started + BigInt(depth * 1_000_000)
        const failing = draw(100) < 4
        spans.push({
          trace_id: traceId,
          span_id: spanId,
          parent_span_id: parent,
          name: depth === 0 ? 'workflow.execute' : depth === 1 ? 'node.execute' : 'POST',
          kind: depth < 2 ? 1 : 3,
          start_time_unix_nano: begun.toString(),
          end_time_unix_nano: (begun + BigInt(1_000_000 + draw(400_000_000))).toString(),
          attributes: attributesAt(depth, invoice, failing, draw),
          status: failing ? { code: 2, message: 'Request failed with status code 503' } : {},
          flags: 257,
        })
        parent = spanId
      }
    }
    const message = {
      resource_spans: [
        {
          resource: {
            attributes: [
              text('service.name', 'n8n'),
              text('service.version', '2.42.0'),
              text('deployment.environment.name', 'production'),
            ],
          },
          scope_spans: [{ scope: { name: 'n8n', version: '1' }, spans }],
        },
      ],
    }
    return Buffer.from(TraceRequest.encode(TraceRequest.fromObject(message)).finish())
  })
}

function attributesAt(depth: number, invoice: string, failing: boolean, draw: (below: number) => number): KeyValue[] {
  if (depth === 0)
    return [
      text('n8n.workflow.id', 'wf-7'),
      text('n8n.workflow.name', 'Post invoices'),
      text('n8n.execution.id', String(draw(1e9))),
      text('n8n.execution.mode', 'trigger'),
      text('n8n.execution.status', failing ? 'error' : 'success'),
      text('app.case.invoice', invoice),
      whole('n8n.workflow.node_count', 6),
      text('n8n.workflow.version_id', 'a1b2c3'),
      text('app.entity', 'DE01'),
      text('app.region', 'EMEA'),
    ]
  if (depth === 1)
    return [
      text('n8n.node.id', 'node-3'),
      text('n8n.node.name', 'Post to ERP'),
      text('n8n.node.type', 'n8n-nodes-base.httpRequest'),
      whole('n8n.node.type_version', 4),
      whole('n8n.node.items.input', 1),
      whole('n8n.node.items.output', failing ? 0 : 1),
      text('app.entity', 'DE01'),
      text('app.region', 'EMEA'),
      text('app.batch', `B-${draw(1000)}`),
      { key: 'app.dry_run', value: { bool_value: false } },
    ]
  return [
    text('http.request.method', 'POST'),
    text('url.full', `https://erp.example.com/api/v1/invoices/${invoice}/lines/${draw(50)}`),
    text('server.address', 'erp.example.com'),
    whole('server.port', 443),
    whole('http.response.status_code', failing ? 503 : 201),
    text('network.protocol.version', '1.1'),
    text('user_agent.original', 'n8n/2.42.0'),
    whole('http.request.resend_count', draw(3)),
    text('app.entity', 'DE01'),
    failing ? text('error.type', '503') : text('network.peer.address', `10.0.0.${draw(200)}`),
  ]
}
