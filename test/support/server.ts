import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Part, type RunningServer, runServer } from '../../cli/run-server.ts'
import { readEnv } from '../../platform/env.ts'
import { verifiedTenant } from '../../model/tenant.ts'
import { openLog } from '../../platform/log.ts'
import type { StepName } from '../../queries/derive/run.ts'
import { derive } from './derive.ts'

/** What the API answered. */
export type Answer<T> = { status: number; headers: Headers; body: T }

/** A real server on real stores in a temporary folder, asked over HTTP. Answers are computed when a test asks for it, and not beside. */
export type TestServer = RunningServer & {
  /** The administrator's token. */
  token: string
  /** A tenant that nobody else has, made through the API. */
  freshTenant(): Promise<string>
  /** Calls the API as the administrator; `body` is sent as JSON unless it is bytes or text. */
  ask<T = unknown>(
    method: string,
    path: string,
    options?: { tenant?: string; body?: unknown; headers?: Record<string, string>; token?: string | null },
  ): Promise<Answer<T>>
  /** Comes back when the answers of a tenant are computed from all that it was sent so far; where steps are named, those alone. */
  derived(tenant: string, only?: readonly StepName[]): Promise<void>
  /** Ends the server and removes its folder. */
  close(): Promise<void>
}

let shared: Promise<TestServer> | undefined
let tenants = 0

/** The server of this test process, started once. Close it in `after`. */
export function sharedServer(): Promise<TestServer> {
  return (shared ??= startServer())
}

/** Starts a server of its own. Alerts are evaluated and sent where `parts` says so only: what comes by itself is in no test's way. */
export async function startServer(
  options: { folder?: string; webFolder?: string | null; parts?: readonly Part[] } = {},
): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sightline-test-')))
  const env = readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' })
  const log = openLog({ level: 'error', human: true })
  const server = await runServer({
    env,
    log,
    webFolder: options.webFolder ?? null,
    computes: false,
    parts: options.parts ?? ['api', 'ingest'],
  })
  const token = server.adminToken ?? ''
  const ask: TestServer['ask'] = async <T>(
    method: string,
    path: string,
    {
      tenant,
      body,
      headers = {},
      token: other,
    }: { tenant?: string; body?: unknown; headers?: Record<string, string>; token?: string | null } = {},
  ): Promise<Answer<T>> => {
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const credential = other === undefined ? token : other
    const response = await fetch(new URL(path, server.url), {
      method,
      headers: {
        ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
        ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }),
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: (text === '' ? null : parsed(text)) as T }
  }
  return {
    ...server,
    token,
    ask,
    async freshTenant() {
      const id = `t${process.pid}-${++tenants}-${Date.now().toString(36)}`
      const made = await ask('POST', '/v1/tenants', { body: { id, name: id } })
      if (made.status !== 201) throw new Error(`the tenant was not made: ${JSON.stringify(made.body)}`)
      return id
    },
    derived: (tenant, only) => derive(server, verifiedTenant(tenant), undefined, only),
    async close() {
      await server.stop()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
