import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { CloudEvent } from '../model/event.ts'
import { ERROR_STATUS } from '../platform/errors.ts'
import { Session, SignIn } from './contract/admin.ts'
import { Problem } from './contract/common.ts'
import { IngestAnswer } from './contract/data.ts'
import { WebhookAnswer } from './contract/feeds.ts'
import { OTLP_PATHS } from './otlp.ts'
import type { Route } from './route.ts'

const problem = {
  description: `A problem document (RFC 9457) with a stable code: ${Object.keys(ERROR_STATUS).join(', ')}`,
  content: { 'application/problem+json': { schema: Problem } },
}

/** The OpenAPI 3.1 document, made of the very schemas that validate requests. */
export function openApiDocument(routes: readonly Route[], version: string): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {
    '/v1/events': { post: EVENTS },
    '/v1/webhooks/{address}': { post: WEBHOOK },
    ...Object.fromEntries(Object.entries(OTLP_PATHS).map(([path, signal]) => [path, { post: otlp(signal) }])),
    '/v1/session': { post: SIGN_IN, delete: SIGN_OUT },
  }
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method] = operation(route)
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sightline',
      version,
      description:
        'Operational intelligence for finance procurement. Times are ISO 8601, windows half-open, errors problem documents. ' +
        'The tenant comes from the credential; `x-tenant-id` chooses among those that it may see.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths,
  })
}

function operation(route: Route): ZodOpenApiOperationObject {
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(route.scope === null ? { security: [] } : { description: `Scope: ${route.scope}` }),
    requestParams: {
      ...(route.params === null ? {} : { path: route.params }),
      ...(route.query === null ? {} : { query: route.query }),
    },
    ...(route.tenant ? { parameters: [TENANT_HEADER] } : {}),
    ...(route.body === null ? {} : { requestBody: { content: { 'application/json': { schema: route.body } } } }),
    responses: {
      [String(route.status)]:
        route.status === 204
          ? { description: 'Done' }
          : { description: 'The answer', content: { [MEDIA[route.media]]: { schema: route.response } } },
      default: problem,
    },
  }
}

const MEDIA = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  yaml: 'application/yaml',
  lines: 'application/x-ndjson',
} as const

const TENANT_HEADER = {
  in: 'header',
  name: 'x-tenant-id',
  description: 'One of the tenants that the credential sees; not needed when it sees only one',
  schema: { type: 'string' },
} as const

const EVENTS: ZodOpenApiOperationObject = {
  tags: ['Ingestion'],
  summary: 'Send CloudEvents: one, a batch, or NDJSON; gzip welcome',
  description:
    'Answers when the good records are durable. Scope: ingest. Sending the same events again changes nothing. At most 32 MiB and 50,000 records.',
  parameters: [TENANT_HEADER],
  requestBody: {
    content: {
      'application/cloudevents+json': { schema: CloudEvent },
      'application/cloudevents-batch+json': { schema: { type: 'array', items: { type: 'object' } } },
      'application/x-ndjson': { schema: { type: 'string' } },
    },
  },
  responses: {
    '200': { description: 'Verdicts', content: { 'application/json': { schema: IngestAnswer } } },
    '400': {
      description: 'No record was good; the verdicts come inside the problem',
      content: { 'application/problem+json': { schema: Problem } },
    },
    default: problem,
  },
}

const WEBHOOK: ZodOpenApiOperationObject = {
  tags: ['Ingestion'],
  summary: 'Send a delivery of a registered webhook, signed as its source says',
  description:
    'The address comes from POST /v1/sources and the signature takes the place of a token. Answers when all is durable; records that cannot be read are kept as dead letters and named in the answer. At most 1 MiB; gzip is signed as sent.',
  security: [],
  parameters: [{ in: 'path', name: 'address', required: true, schema: { type: 'string' } }],
  requestBody: {
    content: {
      'application/json': { schema: {} },
      'application/xml': { schema: { type: 'string' } },
      'application/x-ndjson': { schema: { type: 'string' } },
      'application/x-www-form-urlencoded': { schema: { type: 'object' } },
    },
  },
  responses: {
    '200': { description: 'Verdicts', content: { 'application/json': { schema: WebhookAnswer } } },
    default: problem,
  },
}

function otlp(signal: (typeof OTLP_PATHS)[keyof typeof OTLP_PATHS]): ZodOpenApiOperationObject {
  const body = { schema: { type: 'object' as const } }
  const answer = { 'application/x-protobuf': { schema: { type: 'string' as const, format: 'binary' } }, 'application/json': body }
  return {
    tags: ['Ingestion'],
    summary: `Send ${signal} by OTLP/HTTP: protobuf or JSON, gzip welcome`,
    description:
      'Answers in the encoding of the request when the good records are durable; rejected ones are counted in partial_success. Errors carry ' +
      'a google.rpc.Status. Scope: ingest. 429 and 503 say when to send again. Documents are named by attributes: app.case.invoice = "INV-1". ' +
      'At most 16 MiB decompressed.',
    parameters: [TENANT_HEADER],
    requestBody: { content: answer },
    responses: {
      '200': { description: 'Taken, whole or in part', content: answer },
      default: { description: 'google.rpc.Status', content: answer },
    },
  }
}

const SIGN_IN: ZodOpenApiOperationObject = {
  tags: ['Administration'],
  summary: 'Sign a browser in with a token; sets an HttpOnly cookie',
  security: [],
  requestBody: { content: { 'application/json': { schema: SignIn } } },
  responses: { '200': { description: 'Signed in', content: { 'application/json': { schema: Session } } }, default: problem },
}

const SIGN_OUT: ZodOpenApiOperationObject = {
  tags: ['Administration'],
  summary: 'Sign the browser out',
  responses: { '204': { description: 'Signed out' }, default: problem },
}
