import type { z } from 'zod'
import type { TenantId } from '../model/tenant.ts'
import type { TenantReader } from '../queries/run.ts'
import type { Access, Scope } from './auth.ts'
import type { Services } from './services.ts'

type Schema = z.ZodType

/** Largest JSON body of most operations. */
export const JSON_LIMIT = 2 * 1024 * 1024

/** Lines of text with their media type, as they come. */
export type Lines = { type: 'application/x-ndjson' | 'text/csv'; lines: AsyncIterable<string> }

/** What a handler gets: validated input, who asks, and – where the route needs a tenant – reads bound to it. */
export type Call<P, Q, B> = {
  params: P
  query: Q
  body: B
  access: Access
  services: Services
  tenant: TenantId
  reader: TenantReader
}

/**
 * One operation of the API as a value: the same schemas validate its input, type its handler and appear in the OpenAPI document.
 * `path` has `{name}` for parameters.
 */
export type Route = {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: `/${string}`
  tag: string
  summary: string
  /** Scope that the credential must have; null for anybody. */
  scope: Scope | null
  /** Whether the call is bound to one tenant (header `x-tenant-id`, or the only tenant of the credential). */
  tenant: boolean
  status: number
  /**
   * How the answer is written: one JSON value; of a handler that returns an async iterable one a line, as they come; the text of a table
   * or of YAML; or lines of text that say their own type ({@link Lines}).
   */
  media: 'json' | 'ndjson' | 'csv' | 'yaml' | 'lines'
  /** Largest body, bytes. */
  bodyLimit: number
  params: z.ZodObject | null
  query: z.ZodObject | null
  body: Schema | null
  response: Schema
  handle(call: Call<unknown, unknown, unknown>): Promise<unknown>
}

type Parsed<S> = S extends Schema ? z.output<S> : undefined

/** Declares a route with a handler typed by its schemas. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends Schema | undefined = undefined,
>(definition: {
  method: Route['method']
  path: Route['path']
  tag: string
  summary: string
  scope?: Scope | null
  tenant?: boolean
  status?: number
  media?: Route['media']
  bodyLimit?: number
  params?: P
  query?: Q
  body?: B
  response: Schema
  handle(call: Call<Parsed<P>, Parsed<Q>, Parsed<B>>): Promise<unknown>
}): Route {
  const { handle } = definition
  return {
    method: definition.method,
    path: definition.path,
    tag: definition.tag,
    summary: definition.summary,
    scope: definition.scope === undefined ? 'read' : definition.scope,
    tenant: definition.tenant ?? true,
    status: definition.status ?? 200,
    media: definition.media ?? 'json',
    bodyLimit: definition.bodyLimit ?? JSON_LIMIT,
    params: definition.params ?? null,
    query: definition.query ?? null,
    body: definition.body ?? null,
    response: definition.response,
    handle: (call) => handle(call as Call<Parsed<P>, Parsed<Q>, Parsed<B>>),
  }
}
