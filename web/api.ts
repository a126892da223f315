import type { Problem } from '../api/contract/common.ts'
import type { Schemas } from './schemas.ts'

/** A failed call: the API's problem document, or a stand-in with the code `unreachable` where nothing answered. */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ApiError'
    this.problem = problem
  }
}

/** The value of one path's answer. */
export type Answer<Name extends keyof Schemas> = Schemas[Name]['_zod']['output']

/** Parameters of a request; undefined ones are left out. */
export type Parameters = Readonly<Record<string, string | number | undefined>>

type Call = {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  tenant?: string | undefined
  parameters?: Parameters | undefined
  body?: unknown
  signal?: AbortSignal | undefined
  /** Statuses besides 2xx whose body is the answer. */
  also?: readonly number[]
}

const unauthenticated = new Set<() => void>()

/** Calls back whenever an answer says that nobody is signed in; returns how to stop that. */
export function onUnauthenticated(callback: () => void): () => void {
  unauthenticated.add(callback)
  return () => unauthenticated.delete(callback)
}

/**
 * Asks the API.
 *
 * @param schema name of the contract's schema that the answer has; checked in development
 * @throws {@link ApiError} for every answer that is not a success, and where there is none
 */
export async function ask<Name extends keyof Schemas>(schema: Name, path: string, call: Call = {}): Promise<Answer<Name>> {
  const answer = await request(path, call)
  if (import.meta.env.DEV) {
    const { SCHEMAS } = await import('./schemas.ts')
    const checked = SCHEMAS[schema].safeParse(answer)
    if (!checked.success) throw new Error(`${path} does not answer by its contract: ${checked.error.message}`)
  }
  return answer as Answer<Name>
}

/** Sends a request whose answer has no body that matters. */
export async function tell(path: string, call: Call): Promise<void> {
  await request(path, call)
}

/** Asks for a text, such as a table. */
export async function askText(path: string, call: Call): Promise<string> {
  return send(path, call)
}

async function request(path: string, call: Call): Promise<unknown> {
  const text = await send(path, call)
  return text === '' ? undefined : parsed(text)
}

async function send(path: string, { method = 'GET', tenant, parameters, body, signal, also = [] }: Call): Promise<string> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters ?? {})) if (value !== undefined) search.set(name, String(value))
  const headers: Record<string, string> = { accept: 'application/json' }
  if (tenant !== undefined) headers['x-tenant-id'] = tenant
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(search.size === 0 ? path : `${path}?${search}`, {
    method,
    headers,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(
      standIn(0, 'unreachable', 'The server does not answer. Check that it runs and that this machine reaches it.'),
    )
  })
  const text = await response.text()
  if (response.ok || also.includes(response.status)) return text
  const answer = parsed(text)
  if (response.status === 401 && path !== '/v1/session') for (const callback of unauthenticated) callback()
  const problem = isProblem(answer) ? answer : standIn(response.status, 'unexpected', `The server answered ${response.status}.`)
  throw new ApiError(problem)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value
}

function standIn(status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: 'No answer', status, code, detail, request_id: '' }
}
