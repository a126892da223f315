import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { CloudEvent } from '../model/event.ts'
import { ERROR_STATUS } from '../platform/errors.ts'
import { Session, SignIn } from './contract/admin.ts'
import { Problem } from './contract/common.ts'
import { IngestAnswer } from './contract/data.ts'
import type { Route } from './route.ts'

const problem = {
  description: `A problem document (RFC 9457) with a stable code: ${Object.keys(ERROR_STATUS).join(', ')}`,
  content: { 'application/problem+json': { schema: Problem } },
}

/** The OpenAPI 3.1 document, made of the very schemas that validate requests. */
export function openApiDocument(routes: readonly Route[], version: string): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {
    '/v1/events': { post: EVENTS },
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
          : { description: 'The answer', content: { 'application/json': { schema: route.response } } },
      default: problem,
    },
  }
}

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
