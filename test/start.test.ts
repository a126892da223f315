import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { openLog } from '../platform/log.ts'
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts'

const COMMAND = fileURLToPath(new URL('../cli/sightline.mjs', import.meta.url))
const STACK = /\n\s+at |node_modules|\.ts\b|Error:/u

const scratch = await mkdtemp(join(tmpdir(), 'sightline-start-'))
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await until('processes end', () => processesOn(scratch).length === 0)
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
})

/** A run of the command. */
type Run = { child: ChildProcess; stdout(): string; stderr(): string; ended: Promise<number | NodeJS.Signals> }

function sightline(args: string[], variables: Record<string, string> = {}, node = process.execPath): Run {
  const { PATH = '', HOME = tmpdir() } = process.env
  const child = spawn(node, [COMMAND, ...args], {
    cwd: scratch,
    env: { PATH, HOME, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? -1)
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

type Started = Run & { url: string; token: string; ask(method: string, path: string, body?: unknown): Promise<Response> }

/** Starts the whole product, and waits for the address and token that it prints. */
async function started(args: string[], variables: Record<string, string> = {}, node?: string): Promise<Started> {
  const run = sightline(['start', '--no-demo', ...args], { SIGHTLINE_PORT: '0', ...variables }, node)
  await Promise.race([
    until('the address is printed', () => run.stdout().includes('/docs'), 120_000),
    run.ended.then((code) => assert.fail(`${code} ${run.stderr()}`)),
  ])
  const [, url = '', token = ''] = /(http:\/\/127\.0\.0\.1:\d+)\/#token=(\S+)/u.exec(run.stdout()) ?? []
  assert.ok(url !== '', run.stdout())
  const ask: Started['ask'] = (method, path, body) =>
    fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { ...run, url, token, ask }
}

/** A run that must fail with one sentence, whole, and leave nothing running on its folder. */
async function refusal(args: string[], variables: Record<string, string>, sentence: RegExp): Promise<void> {
  const run = sightline(args, { SIGHTLINE_PORT: '0', ...variables })
  const code = await run.ended
  assert.equal(code, 1, run.stderr())
  assert.match(run.stderr(), sentence)
  assert.doesNotMatch(run.stderr(), STACK)
  assert.equal(run.stderr().trim().split('\n').length, 1, run.stderr())
  assert.equal(run.stdout(), '')
}

/** Runs tasks two at a time. */
async function together(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = tasks.values()
  const lane = async () => {
    for (const task of waiting) await task()
  }
  await Promise.all([lane(), lane()])
}

/** Processes whose command line names a folder; those of which only the exit status is left do not count. */
function processesOn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProcess(pid, 'cmdline').includes(folder))
    .map(Number)
}

/** A process with everything below it. */
function tree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => [Number(pid), Number(/^PPid:\s*(\d+)/mu.exec(readProcess(pid, 'status'))?.[1])] as const)
  const found = [root]
  for (const parent of found) for (const [pid, above] of parents) if (above === parent) found.push(pid)
  return found
}

function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It ended between the listing and here.
    return ''
  }
}

function runs(pid: number): boolean {
  return readProcess(String(pid), 'cmdline') !== ''
}

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const limit = Date.now() + limitMs
  while (!(await condition())) {
    assert.ok(Date.now() < limit, `not in time: ${what}`)
    await sleep(30)
  }
}

let batches = 0
function batch(): { ids: string[]; body: unknown[] } {
  const ids = Array.from({ length: 20 }, (_, row) => `INV-${String((batches += row === 0 ? 1 : 0)).padStart(5, '0')}-${row}`)
  return {
    ids,
    body: ids.map((id) => ({
      specversion: '1.0',
      id,
      source: '/erp',
      type: 'invoice.received',
      time: '2026-03-02T09:30:00Z',
      data: { object: `invoice/${id}` },
    })),
  }
}

/** Posts in several lanes until told to stop or until the server is gone; what was acknowledged, and what else was answered. */
function posting(server: Started): { acknowledged: Set<string>; answers: Map<string, number>; stop(): Promise<void> } {
  const acknowledged = new Set<string>()
  const answers = new Map<string, number>()
  let stopped = false
  const lanes = Array.from({ length: 4 }, async () => {
    for (let failures = 0; !stopped && failures < 5;) {
      const { ids, body } = batch()
      const answer = await server.ask('POST', '/v1/events', body).then(
        async (response) => {
          const { accepted, code } = (await response.json()) as { accepted?: number; code?: string }
          if (response.status === 200 && accepted === ids.length) for (const id of ids) acknowledged.add(id)
          return `${response.status} ${code ?? ''}`
        },
        () => 'gone',
      )
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      if (answer === 'gone') failures++
    }
  })
  return {
    acknowledged,
    answers,
    async stop() {
      stopped = true
      await Promise.all(lanes)
    },
  }
}

/** Every invoice that the server knows, as soon as its lists hold all that it has stored. */
async function invoices(server: Started): Promise<Set<string>> {
  const found = new Set<string>()
  await until(
    'the answers are computed',
    async () => {
      const state = (await (await server.ask('GET', '/v1/answers')).json()) as { changed: number }
      return state.changed === 0
    },
    60_000,
  )
  for (let after = ''; ;) {
    const response = await server.ask(
      'GET',
      `/v1/objects/invoice?limit=500${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    )
    const { objects, next } = (await response.json()) as { objects: { id: string }[]; next: string | null }
    for (const { id } of objects) found.add(id)
    if (next === null) return found
    after = next
  }
}

test('one folder from the first start to the last: commands, a drain, a kill', async (t) => {
  const dir = join(scratch, 'data')
  const first = await started(['--data', dir])

  await t.test('it prints where it is and how to sign in, and both are right', async () => {
    assert.match(first.stdout(), /Sightline is ready at http:\/\/127\.0\.0\.1:\d+\n/u)
    assert.equal((await fetch(new URL('/readyz', first.url))).status, 200)
    const session = (await (await first.ask('GET', '/v1/session')).json()) as { scopes: string[] }
    assert.deepEqual(session.scopes, ['admin'])
  })

  await t.test('a second start on the folder or on the port says so', async () => {
    const { port } = new URL(first.url)
    await Promise.all([
      refusal(
        ['start', '--no-demo', '--data', dir],
        {},
        new RegExp(`^sightline: The data folder ${dir} is in use by process ${first.child.pid}\\. .*--data DIR`, 'u'),
      ),
      refusal(
        ['start', '--no-demo', '--port', port, '--data', join(scratch, 'other')],
        {},
        new RegExp(`^sightline: Port ${port} on 127\\.0\\.0\\.1 is in use\\. .*--port N`, 'u'),
      ),
    ])
    assert.equal(existsSync(join(scratch, 'other')), false)
  })

  await t.test('the other commands talk to the server that runs', async () => {
    const commands = [
      [['doctor', '--data', dir], /^ok {4}server {8}runs at http[\s\S]*^ok {4}clickhouse[\s\S]*^ok {4}postgres/mu],
      [['migrate', '--data', dir], /http:\/\/127\.0\.0\.1/u],
      [['tenant', 'create', 'acme', '--name', 'Acme', '--data', dir], /^Tenant acme is there\.$/mu],
    ] as const
    await together(
      commands.map(([args, said]) => async () => {
        const run = sightline([...args])
        assert.equal(await run.ended, 0, run.stderr())
        assert.match(run.stdout(), said)
      }),
    )
    await together([
      () => refusal(['tenant', 'create', 'acme', '--data', dir], {}, /^sightline: The tenant "acme" exists already\.$/mu),
      () =>
        refusal(['key', 'create', '--name', 'k', '--tenant', 'no', '--data', dir], {}, /^sightline: There is no tenant "no"\./u),
    ])
    const key = sightline(['key', 'create', '--name', 'feed', '--scope', 'read', '--tenant', 'acme', '--data', dir])
    assert.equal(await key.ended, 0, key.stderr())
    const token = key.stdout().trim()
    assert.match(token, /^slk_[\w-]{43}$/u)
    const as = (path: string, method = 'GET') =>
      fetch(new URL(path, first.url), { method, headers: { authorization: `Bearer ${token}` } })
    assert.equal((await as('/v1/process')).status, 200)
    assert.equal((await as('/v1/events', 'POST')).status, 403)
  })

  const acknowledged = new Set<string>()
  await t.test('SIGTERM while events come in: a clean end, and nothing acknowledged is lost', async () => {
    const before = tree(first.child.pid ?? 0)
    const lanes = posting(first)
    await until('events are acknowledged', () => lanes.acknowledged.size > 400)
    first.child.kill('SIGTERM')
    assert.equal(await first.ended, 0, first.stderr())
    await lanes.stop()
    for (const answer of lanes.answers.keys()) assert.match(answer, /^(?:200 |503 draining|gone)$/u)
    assert.equal(before.some(runs), false)
    assert.deepEqual(processesOn(dir), [])
    assert.equal(existsSync(join(dir, 'server.json')), false)
    for (const id of lanes.acknowledged) acknowledged.add(id)
  })

  const second = await started(['--data', dir])
  assert.equal(second.token, first.token)
  const kept = await invoices(second)
  assert.deepEqual(
    [...acknowledged].filter((id) => !kept.has(id)),
    [],
  )

  await t.test('SIGKILL while events come in leaves no process, and nothing acknowledged is lost', async () => {
    const before = tree(second.child.pid ?? 0)
    assert.ok(before.length >= 4, `${before.length} processes`)
    const lanes = posting(second)
    await until('events are acknowledged', () => lanes.acknowledged.size > 400)
    second.child.kill('SIGKILL')
    assert.equal(await second.ended, 'SIGKILL')
    await lanes.stop()
    await until('the processes below are gone', () => !before.some(runs), 10_000)
    assert.deepEqual(processesOn(dir), [])
    for (const id of lanes.acknowledged) acknowledged.add(id)
  })

  const third = await started(['--data', dir])
  const all = await invoices(third)
  assert.deepEqual(
    [...acknowledged].filter((id) => !all.has(id)),
    [],
  )

  await t.test('Ctrl-C reaches the process twice under npm and still ends in order', async () => {
    third.child.kill('SIGINT')
    await sleep(20)
    third.child.kill('SIGINT')
    assert.equal(await third.ended, 0, third.stderr())
    assert.deepEqual(processesOn(dir), [])
  })

  await t.test('the other commands work alone, too, and end what they started', async () => {
    const key = sightline(['key', 'create', '--name', 'alone', '--data', dir])
    assert.equal(await key.ended, 0, key.stderr())
    assert.match(key.stdout().trim(), /^slk_[\w-]{43}$/u)
    const doctor = sightline(['doctor', '--data', dir])
    assert.equal(await doctor.ended, 0, doctor.stderr())
    assert.match(
      doctor.stdout(),
      /^ok {4}clickhouse[^\n]*\(embedded\)[\s\S]*^ok {4}postgres[^\n]*\(embedded\)\n[^\n]*tenants {7}1$/mu,
    )
    assert.deepEqual(processesOn(dir), [])
  })
})

test('alone on a new folder, tenant create and migrate make it', async () => {
  await Promise.all(
    [['migrate'], ['tenant', 'create', 'acme']].map(async (args, number) => {
      const dir = join(scratch, `new-${number}`)
      const run = sightline([...args, '--data', dir])
      assert.equal(await run.ended, 0, run.stderr())
      assert.doesNotMatch(run.stderr(), STACK)
      assert.deepEqual(processesOn(dir), [])
    }),
  )
})

test('what cannot start says why in one sentence, and leaves nothing behind', async () => {
  const file = join(scratch, 'a-file')
  await writeFile(file, '')
  const at = (name: string) => ['start', '--no-demo', '--data', join(scratch, name)]
  await together([
    () =>
      refusal(
        ['start', '--no-demo', '--data', join(file, 'data')],
        {},
        /^sightline: The data folder \S+ cannot be written \(ENOTDIR\)\. .*--data DIR/u,
      ),
    () =>
      refusal(
        at('env'),
        { SIGHTLINE_PORT: 'abc' },
        /^sightline: The environment variable SIGHTLINE_PORT is not valid: must be a whole number from 0 to 65535\. .*README/u,
      ),
    () =>
      refusal(
        at('env'),
        { CLICKHOUSE_URL: 'localhost:8123' },
        /^sightline: The environment variable CLICKHOUSE_URL is not valid/u,
      ),
    () =>
      refusal(at('host'), { SIGHTLINE_HOST: '192.0.2.1' }, /^sightline: This machine has no address 192\.0\.2\.1 to listen on/u),
    () =>
      refusal(
        at('far'),
        { CLICKHOUSE_URL: 'http://w:secret@127.0.0.1:9' },
        /^sightline: No ClickHouse answers at 127\.0\.0\.1:9 .*CLICKHOUSE_URL/u,
      ),
    () =>
      refusal(
        at('far-too'),
        { DATABASE_URL: 'postgres://w:secret@127.0.0.1:9/x' },
        /^sightline: No PostgreSQL answers at 127\.0\.0\.1:9 .*DATABASE_URL/u,
      ),
    () =>
      refusal(
        ['key', 'create', '--name', 'k', '--url', 'http://127.0.0.1:9', '--key', 't'],
        {},
        /^sightline: No server answers at http:\/\/127\.0\.0\.1:9\./u,
      ),
    () =>
      refusal(
        ['key', 'create', '--name', 'k', '--url', 'nonsense', '--key', 't'],
        {},
        /^sightline: "nonsense" is no http\(s\) address\./u,
      ),
  ])
  const usage = sightline(['start', '--port', 'abc'])
  assert.equal(await usage.ended, 1)
  assert.match(usage.stderr(), /^error: option '--port <n>' argument 'abc' is invalid\./u)
  assert.deepEqual(processesOn(scratch), [])
})

/** A network that can be cut: what listens in front of a server. */
async function network(target: number): Promise<{ port: number; cut(): Promise<void>; mend(): Promise<void> }> {
  const open = new Set<Socket>()
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(one)
        one
          .on('error', () => other.destroy())
          .on('close', () => {
            open.delete(one)
            other.destroy()
          })
        one.pipe(other)
      }
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    async cut() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
    async mend() {
      server = await listen(port)
    },
  }
}

test('servers given by address take the place of the embedded stores, may go away, and come back', async (t) => {
  const log = openLog({ level: 'warn', human: true })
  const [clickhouse, postgres] = await Promise.all([
    startEmbeddedClickHouse({ dir: join(scratch, 'servers', 'clickhouse'), log }),
    startEmbeddedPostgres({ dir: join(scratch, 'servers', 'postgres'), password: 'pw', log }),
  ])
  t.after(() => Promise.all([clickhouse.stop(), postgres.stop()]))
  const [nearClickHouse, nearPostgres] = await Promise.all([
    network(Number(new URL(clickhouse.url).port)),
    network(Number(new URL(postgres.url).port)),
  ])
  t.after(() => Promise.all([nearClickHouse.cut(), nearPostgres.cut()]))
  const { username, password } = clickhouse.writer
  const variables = {
    CLICKHOUSE_URL: `http://${username}:${password}@127.0.0.1:${nearClickHouse.port}`,
    CLICKHOUSE_READER_PASSWORD: clickhouse.reader.password,
    DATABASE_URL: `postgres://sightline:pw@127.0.0.1:${nearPostgres.port}/sightline`,
    SIGHTLINE_DATA: join(scratch, 'unused'),
  }
  const wrong = [
    [
      { CLICKHOUSE_URL: variables.CLICKHOUSE_URL.replace(password, 'wrong') },
      /^sightline: ClickHouse at 127\.0\.0\.1:\d+ is not set up for Sightline: it refuses user sightline_writer/u,
    ],
    [{ CLICKHOUSE_READER_PASSWORD: 'wrong' }, /^sightline: ClickHouse at .* it refuses user sightline_reader/u],
    [
      { DATABASE_URL: variables.DATABASE_URL.replace(':pw@', ':wrong@') },
      /^sightline: PostgreSQL at 127\.0\.0\.1:\d+ refuses us: .*DATABASE_URL/u,
    ],
    [
      { DATABASE_URL: variables.DATABASE_URL.replace(/sightline$/u, 'nowhere') },
      /^sightline: PostgreSQL at .*database "nowhere" does not exist/u,
    ],
  ] as const
  await together(
    wrong.map(
      ([other, sentence]) =>
        () =>
          refusal(['start', '--no-demo'], { ...variables, ...other }, sentence),
    ),
  )

  const server = await started([], variables)
  assert.equal((await server.ask('POST', '/v1/tenants', { id: 'acme', name: 'Acme' })).status, 201)
  const status = async (path: string) => (await fetch(new URL(path, server.url))).status
  const unavailable = async (method: string, path: string, body?: unknown) => {
    const answer = await server.ask(method, path, body)
    const { code } = (await answer.json()) as { code: string }
    assert.deepEqual([answer.status, code], [503, 'store_unavailable'], path)
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/u, path)
  }
  const sent = batch()
  assert.equal((await server.ask('POST', '/v1/events', sent.body)).status, 200)
  for (const [near, paths] of [
    [nearClickHouse, ['/v1/process', '/v1/exceptions']],
    [nearPostgres, ['/v1/process', '/v1/tenants', '/v1/quality']],
  ] as const) {
    await near.cut()
    await unavailable('POST', '/v1/events', batch().body)
    for (const path of paths) await unavailable('GET', path)
    assert.equal(await status('/readyz'), 503)
    assert.equal(await status('/healthz'), 200)
    await near.mend()
    await until('it is ready again', async () => (await status('/readyz')) === 200)
    const again = batch()
    assert.equal((await server.ask('POST', '/v1/events', again.body)).status, 200)
    const there = await invoices(server)
    for (const id of [...sent.ids, ...again.ids]) assert.ok(there.has(id), id)
  }
  assert.equal(existsSync(variables.SIGHTLINE_DATA), false)
  const doctor = sightline(['doctor'], variables)
  assert.equal(await doctor.ended, 0, doctor.stderr())
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.stderr())
  assert.doesNotMatch(server.stderr(), STACK)
})

/** The node of this machine, not the one of this package. */
function hostNode(): { path: string; major: number } | null {
  const folder = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((one) => !one.includes('node_modules') && existsSync(join(one, 'node')))
  if (folder === undefined) return null
  const path = join(folder, 'node')
  return { path, major: Number(/^v(\d+)/u.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) }
}

test('an older Node of the machine starts the one of the package, and takes it along when it ends', async (t) => {
  const node = hostNode()
  if (node === null || node.major >= 24) {
    t.skip(node === null ? 'there is no node outside node_modules' : `the node of this machine is ${node.major} already`)
    return
  }
  const dir = join(scratch, 'older')
  const first = await started(['--data', dir], {}, node.path)
  assert.equal((await first.ask('GET', '/v1/session')).status, 200)
  await refusalUnder(node.path, dir)
  first.child.kill('SIGTERM')
  assert.equal(await first.ended, 0, first.stderr())
  assert.deepEqual(processesOn(dir), [])
  const second = await started(['--data', dir], {}, node.path)
  const before = tree(second.child.pid ?? 0)
  assert.ok(before.length >= 5, `${before.length} processes`)
  second.child.kill('SIGKILL')
  await until('the processes below are gone', () => !before.some(runs), 15_000)
})

async function refusalUnder(node: string, dir: string): Promise<void> {
  const run = sightline(['start', '--no-demo', '--data', dir], { SIGHTLINE_PORT: '0' }, node)
  assert.equal(await run.ended, 1)
  assert.match(run.stderr(), /^sightline: The data folder .* is in use by process \d+\./u)
}
