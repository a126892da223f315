import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An execution as n8n keeps it. */
export type Execution = {
  id: number
  workflowId: string
  workflow: string
  mode?: string
  status: 'new' | 'running' | 'waiting' | 'success' | 'error' | 'crashed' | 'canceled'
  startedAt: string | null
  stoppedAt: string | null
  waitTill?: string | null
  retryOf?: string | null
  customData?: Record<string, string>
  nodes?: { name: string; type: string; parameters?: Record<string, unknown> }[]
  runData?: Record<string, unknown[]>
  error?: Record<string, unknown>
}

/** What goes wrong with one answer: a status with headers, silence, or an answer that breaks off. */
export type Fault = { status: number; headers?: Record<string, string> } | 'truncated' | 'hang' | { body: string }

/** A server that speaks n8n's public API as its source does: newest first, by id, a cursor of the last id, hidden runs. */
export type N8nServer = {
  url: string
  key: string
  executions: Map<number, Execution>
  /** How the version behaves: which runs its list leaves out, and whether it knows `status=running`. */
  behaviour: { hides: 'running' | 'active'; listsRunning: boolean }
  /** Faults of the next answers to paths that contain the text, in order. */
  fail(part: string, ...faults: Fault[]): void
  /** Paths with queries that were asked, in order. */
  asked: string[]
  put(...executions: Execution[]): void
  close(): Promise<void>
}

const PAGE_MOST = 250

export async function startN8n(): Promise<N8nServer> {
  const executions = new Map<number, Execution>()
  const faults: { part: string; fault: Fault }[] = []
  const asked: string[] = []
  const behaviour: N8nServer['behaviour'] = { hides: 'running', listsRunning: true }
  const key = 'n8n_api_test_key'

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://n8n')
    asked.push(url.pathname + url.search)
    const at = faults.findIndex(({ part }) => (url.pathname + url.search).includes(part))
    const fault = at === -1 ? undefined : faults.splice(at, 1)[0]?.fault
    if (fault === 'hang') return
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      const text = JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      if (fault === 'truncated') response.end(text.slice(0, text.length / 2))
      else response.end(text)
    }
    if (fault !== undefined && typeof fault === 'object') {
      if ('body' in fault) {
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end(fault.body)
      } else send(fault.status, { message: 'fault' }, fault.headers)
      return
    }
    if (request.headers['x-n8n-api-key'] !== key) return send(401, { message: 'unauthorized' })
    const single = /^\/api\/v1\/executions\/(\d+)$/u.exec(url.pathname)
    if (single !== null) {
      const found = executions.get(Number(single[1]))
      return found === undefined
        ? send(404, { message: 'Not Found' })
        : send(200, shown(found, url.searchParams.get('includeData') === 'true'))
    }
    if (url.pathname !== '/api/v1/executions') return send(404, { message: 'not found' })
    const status = url.searchParams.get('status')
    if (status === 'running' && !behaviour.listsRunning)
      return send(400, { message: 'request/query/status must be equal to one of the allowed values: error, success, waiting' })
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 100), PAGE_MOST)
    const cursor = url.searchParams.get('cursor')
    const lastId =
      cursor === null ? Infinity : Number((JSON.parse(Buffer.from(cursor, 'base64').toString()) as { lastId: string }).lastId)
    const rows = [...executions.values()]
      .filter((one) => (status === null ? !isHidden(one) : one.status === status))
      .toSorted((a, b) => b.id - a.id)
      .filter((one) => one.id < lastId)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const nextCursor =
      rows.length > limit && last !== undefined
        ? Buffer.from(JSON.stringify({ lastId: String(last.id), limit })).toString('base64')
        : null
    send(200, { data: page.map((one) => shown(one, url.searchParams.get('includeData') === 'true')), nextCursor })
  }

  const isHidden = ({ status }: Execution): boolean =>
    status === 'running' || status === 'new' || (behaviour.hides === 'active' && status === 'waiting')

  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    executions,
    behaviour,
    asked,
    fail(part, ...more) {
      faults.push(...more.map((fault) => ({ part, fault })))
    },
    put(...more) {
      for (const one of more) executions.set(one.id, one)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function shown(one: Execution, data: boolean): Record<string, unknown> {
  const { workflow, customData = {}, nodes = [], runData = {}, error, ...rest } = one
  return {
    mode: 'trigger',
    retryOf: null,
    retrySuccessId: null,
    waitTill: null,
    ...rest,
    id: String(one.id),
    finished: one.status === 'success',
    ...(data
      ? {
          customData,
          workflowData: { id: one.workflowId, name: workflow, nodes, connections: {} },
          data: {
            resultData: { runData, lastNodeExecuted: Object.keys(runData).at(-1), ...(error === undefined ? {} : { error }) },
          },
        }
      : {}),
  }
}
