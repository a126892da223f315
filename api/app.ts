import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import compression from 'compression'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import helmet from 'helmet'
import { collectDefaultMetrics, Counter, Gauge, Histogram } from 'prom-client'
import swaggerUi from 'swagger-ui-dist'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { findKey, findSession } from '../platform/keys.ts'
import { tenantExists } from '../platform/tenants.ts'
import { tenantReader } from '../queries/run.ts'
import { acknowledgePages } from './acknowledge-page.ts'
import { type Access, credentialOf, refuseForeignOrigin, requireScope, type Scope, tenantOf } from './auth.ts'
import { EVENTS_BODY_LIMIT, postEvents, readEventsBody } from './events.ts'
import { heldBytes } from './held-bytes.ts'
import { openApiDocument } from './openapi.ts'
import { OTLP_OPERATIONS, OTLP_PATHS, postOtlp } from './otlp.ts'
import { problemHandler } from './problem.ts'
import { readiness } from './readiness.ts'
import { JSON_LIMIT, type Lines, type Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { postSession, deleteSession } from './session.ts'
import type { Services } from './services.ts'
import { postWebhook } from './webhooks.ts'

/** The application of a process that serves no API: whether it lives, whether it is ready, and its figures. */
export function createOperationsApp(services: Services): Express {
  const app = createOperations(services)
  app.use(missing)
  app.use(problemHandler(services.log))
  return app
}

/**
 * The HTTP application: API, documentation, operations endpoints, and the built dashboard where `webFolder` is given.
 */
export function createApp(services: Services, webFolder: string | null): Express {
  const app = createOperations(services)
  const access = (request: Request): Promise<Access> => authenticate(services, request)
  const tenantFor = async (request: Request, scope: Scope): Promise<TenantId> => {
    const who = await access(request)
    requireScope(who, scope)
    return tenantOf(who, headerText(request, 'x-tenant-id'), (tenant) => tenantExists(services.stores.postgres.db, tenant))
  }

  let document: ReturnType<typeof openApiDocument> | undefined
  app.get('/openapi.json', (_request, response) => {
    response.json((document ??= openApiDocument(ROUTES, services.version)))
  })
  app.use('/docs', docs())

  app.post(
    '/v1/events',
    guardIngest(tenantFor),
    heldBytes({ body: EVENTS_BODY_LIMIT, all: 8 * EVENTS_BODY_LIMIT }),
    readEventsBody,
    postEvents(services, (request) => Promise.resolve(boundTenant(request))),
  )
  for (const [path, signal] of Object.entries(OTLP_PATHS))
    app.post(
      path,
      postOtlp(signal, services, (request) => tenantFor(request, 'ingest')),
    )
  app.post('/v1/webhooks/:address', postWebhook(services))
  app.post('/v1/session', express.json({ limit: JSON_LIMIT }), postSession(services))
  app.delete('/v1/session', deleteSession(services))

  // A path without parameters before those with some: `/v1/keys/mine` is no key of the id `mine`, whatever the method.
  const paths = Map.groupBy<Route['path'], Operation>([...OPERATIONS, ...ROUTES], ({ path }) => path)
  for (const [path, operations] of [...paths].toSorted(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))) {
    for (const route of operations) {
      if (route.handle === undefined) continue
      const body = route.body === null ? [] : [express.json({ limit: route.bodyLimit })]
      app[route.method](expressPath(path), admit(route, services, access), ...body, serve(route, services))
    }
    app.all(expressPath(path), refuseMethod(operations.map(({ method }) => method.toUpperCase())))
  }

  const acknowledge = acknowledgePages(services)
  app.route('/a/:token').get(acknowledge.ask).post(acknowledge.take)

  app.use(['/v1', '/healthz', '/readyz'], missing)
  if (webFolder !== null) app.use(dashboard(webFolder))
  app.use(missing)
  app.use(problemHandler(services.log))
  return app
}

/** What every process serves. */
function createOperations(services: Services): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')

  app.use(
    identify(services),
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          fontSrc: ["'self'", 'data:'],
          upgradeInsecureRequests: null,
        },
      },
      // The dashboard is also reached by plain HTTP on loopback; a proxy that terminates TLS sets this header itself.
      strictTransportSecurity: false,
    }),
    measure(services),
    compression(),
  )

  app.use(['/v1', '/healthz', '/readyz', '/metrics'], (_request, response, next) => {
    response.setHeader('cache-control', 'no-store')
    next()
  })
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version: services.version })
  })
  app.get('/readyz', async (_request, response) => {
    const state = await readiness(services)
    response.status(state.ready ? 200 : 503).json(state)
  })
  app.get('/metrics', async (request, response) => {
    const who = await authenticate(services, request)
    requireScope(who, 'read')
    if (who.tenantIds !== null)
      throw new SightlineError('forbidden', 'These figures are over all tenants, and this credential sees some only.')
    response.type(services.registry.contentType).send(await services.registry.metrics())
  })
  return app
}

const missing: RequestHandler = (request) => {
  throw new SightlineError('not_found', `There is no ${request.method} ${request.originalUrl.split('?')[0]}.`, {
    next: 'See /docs.',
  })
}

/** An operation, with its route where it has one. */
type Operation = Route | (Pick<Route, 'method' | 'path'> & { handle?: never })

/** Operations that are no {@link ROUTES}. */
const OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/healthz' },
  { method: 'get', path: '/readyz' },
  { method: 'get', path: '/metrics' },
  { method: 'get', path: '/openapi.json' },
  { method: 'post', path: '/v1/events' },
  { method: 'post', path: '/v1/webhooks/{address}' },
  ...OTLP_OPERATIONS,
  { method: 'post', path: '/v1/session' },
  { method: 'delete', path: '/v1/session' },
]

function expressPath(path: Route['path']): string {
  return path.replaceAll(/\{(\w+)\}/gu, ':$1')
}

function refuseMethod(taken: readonly string[]): RequestHandler {
  const allow = [...taken, ...(taken.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  return (request, response) => {
    response.setHeader('allow', allow)
    if (request.method !== 'OPTIONS')
      throw new SightlineError('method_not_allowed', `This address takes ${allow}.`, { next: 'See /docs.' })
    response.status(204).end()
  }
}

function identify(services: Services): RequestHandler {
  return (request, response, next) => {
    const given = headerText(request, 'x-request-id')
    const requestId = given !== undefined && /^[\w.-]{1,100}$/u.test(given) ? given : randomUUID()
    response.locals['requestId'] = requestId
    response.setHeader('x-request-id', requestId)
    // A kept connection would bring more requests to a process that takes no more.
    if (services.draining()) response.setHeader('connection', 'close')
    next()
  }
}

/** Authenticates before the body is read, so that a stranger's bytes are never taken in. */
function guardIngest(tenantFor: (request: Request, scope: Scope) => Promise<TenantId>): RequestHandler {
  return async (request, response, next) => {
    response.locals['tenant'] = await tenantFor(request, 'ingest')
    if (Number(request.headers['content-length'] ?? 0) > EVENTS_BODY_LIMIT) {
      // What is announced is too large already: the rest is not waited for.
      response.setHeader('connection', 'close')
      throw new SightlineError('body_too_large', `The body is larger than ${EVENTS_BODY_LIMIT / 1024 / 1024} MiB.`, {
        next: 'Split it.',
      })
    }
    next()
  }
}

function boundTenant(request: Request): TenantId {
  return request.res?.locals['tenant'] as TenantId
}

async function authenticate(services: Services, request: Request): Promise<Access> {
  const credential = credentialOf(request)
  if (credential === null)
    throw new SightlineError('unauthenticated', 'This needs a credential.', {
      next: 'Send "Authorization: Bearer <token>" or sign in.',
    })
  const { db } = services.stores.postgres
  const key = 'token' in credential ? await findKey(db, credential.token) : await findSession(db, credential.session)
  if (key === null)
    throw new SightlineError('unauthenticated', 'The token is unknown, expired or revoked.', {
      next: 'Sign in again, or use another key.',
    })
  if ('session' in credential) refuseForeignOrigin(request)
  return {
    keyId: key.id,
    name: key.name,
    scopes: key.scopes,
    tenantIds: key.tenantIds,
    session: 'session' in credential,
  }
}

function headerText(request: Request, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

const NO_TENANT = null as unknown as TenantId

/** Authenticates and chooses the tenant, before a body is read. */
function admit(route: Route, services: Services, access: (request: Request) => Promise<Access>): RequestHandler {
  return async (request, response, next) => {
    if (route.scope !== null) {
      const who = await access(request)
      requireScope(who, route.scope)
      response.locals['access'] = who
      if (route.tenant)
        response.locals['tenant'] = await tenantOf(who, headerText(request, 'x-tenant-id'), (id) =>
          tenantExists(services.stores.postgres.db, id),
        )
    }
    next()
  }
}

function serve(route: Route, services: Services): RequestHandler {
  return async (request, response) => {
    const tenant = route.tenant ? boundTenant(request) : NO_TENANT
    const answer = await route.handle({
      params: route.params?.parse(request.params),
      query: route.query?.parse(request.query),
      body: route.body === null ? undefined : route.body.parse(request.body ?? null),
      access: response.locals['access'] as Access,
      services,
      tenant,
      reader: route.tenant ? tenantReader(services.stores.clickhouse.reader, tenant) : (null as never),
    })
    if (route.status === 204) response.status(204).end()
    else if (route.media === 'ndjson') await sendLines(response, 'application/x-ndjson', asJson(answer as AsyncIterable<unknown>))
    else if (route.media === 'lines') await sendLines(response, (answer as Lines).type, (answer as Lines).lines)
    else if (route.media === 'csv') response.status(route.status).type('text/csv').send(answer)
    else if (route.media === 'yaml') response.status(route.status).type('application/yaml').send(answer)
    else response.status(route.status).json(answer)
  }
}

/** Writes lines as they come; a failure in the middle breaks the connection off, so that a part never passes as the whole. */
async function sendLines(response: Response, type: string, lines: AsyncIterable<string>): Promise<void> {
  response.type(type)
  await pipeline(Readable.from(lines), response)
}

async function* asJson(values: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

function docs(): RequestHandler {
  const router = express.Router()
  router.get('/', (_request, response) => {
    response.type('html').send(DOCS_PAGE)
  })
  router.get('/start.js', (_request, response) => {
    response.type('js').send(DOCS_START)
  })
  router.use(express.static(swaggerUi.getAbsoluteFSPath(), { index: false }))
  return router
}

const DOCS_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sightline API</title><meta name="viewport" content="width=device-width">
<base href="/docs/"><link rel="stylesheet" href="swagger-ui.css"></head>
<body><div id="ui"></div><script src="swagger-ui-bundle.js"></script><script src="start.js"></script></body></html>`

const DOCS_START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, validatorUrl: null })`

/** The built dashboard: assets by name for ever, and the page itself for every other address. */
function dashboard(folder: string): RequestHandler {
  const router = express.Router()
  router.use('/assets', express.static(`${folder}/assets`, { immutable: true, maxAge: '365d', fallthrough: false }))
  router.use(express.static(folder, { index: false, maxAge: 0 }))
  router.get('/{*path}', (_request, response) => {
    response.setHeader('cache-control', 'no-cache')
    response.sendFile('index.html', { root: folder })
  })
  return router
}

function measure(services: Services): RequestHandler {
  const { registry } = services
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'sightline_http_request_duration_seconds',
    help: 'Requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const failures = new Counter({
    name: 'sightline_http_failures_total',
    help: 'Requests answered with 5xx',
    registers: [registry],
  })
  const pending = new Gauge({
    name: 'sightline_ingest_pending_rows',
    help: 'Rows taken and not yet durable',
    registers: [registry],
    collect() {
      pending.set(services.writer.pending() + services.telemetry.pending())
    },
  })
  return (request, response, next) => {
    const done = requests.startTimer()
    response.on('finish', () => {
      const route = typeof request.route?.path === 'string' ? request.route.path : 'other'
      done({ method: request.method, route, status: response.statusCode })
      if (response.statusCode < 500) return
      failures.inc()
      trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR })
    })
    next()
  }
}
