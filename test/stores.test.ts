import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedClickHouse } from '../platform/clickhouse/embedded.ts'
import { openDataFolder } from '../platform/data-folder.ts'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { ensureAdministrator, createSession, findKey, findSession, mintKey, revokeKey } from '../platform/keys.ts'
import { openLog } from '../platform/log.ts'
import { type Stores, openStores } from '../platform/stores.ts'
import { createTenant } from '../platform/tenants.ts'
import { migrateClickHouse, migrateStores } from '../queries/migrate.ts'
import { splitStatements } from '../queries/split-statements.ts'
import { sharedStores } from './support/stores.ts'

const log = openLog({ level: 'silent', human: false })
const { stores, close } = await sharedStores()
after(close)

const scratch = await mkdtemp(join(tmpdir(), 'sightline-stores-'))
after(() => rm(scratch, { recursive: true, force: true, maxRetries: 5 }))

const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

test('a second start on one data folder says which process holds it', async () => {
  const error = await failure(openStores({ env: readEnv({ SIGHTLINE_DATA: folderOf(stores) }), log }))
  assert.equal(error.code, 'folder_in_use')
  assert.match(error.message, new RegExp(`in use by process ${process.pid}\\.`))
})

test('of several processes that start at once on one folder exactly one gets it', async () => {
  const dir = join(scratch, 'race')
  const script = `
    import { openDataFolder } from '${new URL('../platform/data-folder.ts', import.meta.url).href}'
    const start = Number(process.argv[1])
    await new Promise((resolve) => setTimeout(resolve, start - Date.now()))
    const said = await openDataFolder(process.argv[2]).then(() => 'got', (error) => error.code)
    console.log(said)
    // Whoever got it keeps it until all have tried.
    process.stdin.resume()`
  const at = String(Date.now() + 700)
  const racing = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, at, dir], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  children.push(...racing)
  const said = await Promise.all(
    racing.map(async ({ stdout }) => {
      const [line] = (await once(stdout, 'data')) as [Buffer]
      return line.toString().trim()
    }),
  )
  const gone = racing.map((child) => once(child, 'exit'))
  for (const child of racing) child.stdin.end()
  await Promise.all(gone)
  assert.deepEqual(said.toSorted(), ['folder_in_use', 'folder_in_use', 'folder_in_use', 'got'])
  const folder = await openDataFolder(dir)
  folder.release()
})

test('a folder stays taken though nobody keeps what opening it gave', async () => {
  const dir = join(scratch, 'forgotten')
  const module = new URL('../platform/data-folder.ts', import.meta.url).href
  const holder = `
    import { openDataFolder } from '${module}'
    await openDataFolder(process.argv[1])
    for (let turn = 0; turn < 10; turn++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)) }
    console.log('collected')
    process.stdin.resume()`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', holder, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  await assert.rejects(openDataFolder(dir), { code: 'folder_in_use' })
  child.stdin.end()
  await once(child, 'exit')
  const folder = await openDataFolder(dir)
  folder.release()
})

test('a secret is made once and stays', async () => {
  const dir = join(scratch, 'secrets')
  const folder = await openDataFolder(dir)
  const secrets = await Promise.all([folder.secret('one'), folder.secret('one'), folder.secret('two')])
  folder.release()
  assert.equal(secrets[0], secrets[1])
  assert.notEqual(secrets[0], secrets[2])
  const again = await openDataFolder(dir)
  assert.equal(await again.secret('one'), secrets[0])
  again.release()
})

test('a data folder that cannot be written is one sentence', async () => {
  const file = join(scratch, 'a-file')
  await writeFile(file, '')
  for (const dir of [join(file, 'data'), '/sys/sightline']) {
    const error = await failure(openStores({ env: readEnv({ SIGHTLINE_DATA: dir }), log }))
    assert.equal(error.code, 'folder_not_writable')
    assert.match(error.message, /^The data folder .* cannot be written \(E\w+\)\.$/)
    assert.match(error.next ?? '', /--data DIR/)
  }
})

test('a port that another program holds is one sentence', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const error = await failure(startEmbeddedClickHouse({ dir: join(scratch, 'port'), log, port }))
  server.close()
  assert.equal(error.code, 'port_in_use')
  assert.match(
    error.message,
    new RegExp(`^Port ${port} of 127\\.0\\.0\\.1, meant for ClickHouse, is in use by another program\\.$`),
  )
})

test('a server that cannot be reached is one sentence', async () => {
  const clickhouse = await failure(
    openStores({ env: readEnv({ SIGHTLINE_DATA: join(scratch, 'far'), CLICKHOUSE_URL: 'http://w:p@127.0.0.1:9' }), log }),
  )
  assert.equal(clickhouse.code, 'server_unreachable')
  assert.match(clickhouse.message, /^No ClickHouse answers at 127\.0\.0\.1:9 \(.*\)\.$/)
  const postgres = await failure(
    openStores({ env: readEnv({ SIGHTLINE_DATA: join(scratch, 'far'), DATABASE_URL: 'postgres://w:p@127.0.0.1:9/x' }), log }),
  )
  assert.equal(postgres.code, 'server_unreachable')
  assert.match(postgres.message, /^No PostgreSQL answers at 127\.0\.0\.1:9 \(.*\)\.$/)
  for (const { message } of [clickhouse, postgres]) assert.doesNotMatch(message, /w:p|\n|\bat .*\.ts/)
})

test('a server that is too old is one sentence', async () => {
  // No old server comes from npm: this one knows its version only.
  const server = createHttpServer((_, response) => response.end('["24.8.4.13"]\n')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const env = readEnv({ SIGHTLINE_DATA: join(scratch, 'old'), CLICKHOUSE_URL: `http://w:p@127.0.0.1:${port}` })
  const error = await failure(openStores({ env, log }))
  server.close()
  assert.equal(error.code, 'server_too_old')
  assert.equal(error.message, `ClickHouse at 127.0.0.1:${port} is version 24.8.4.13; 25.8 or later is needed.`)
})

test('servers given by address take the place of the embedded stores, and a wrong password is one sentence', async () => {
  const engine = await startEmbeddedClickHouse({ dir: join(scratch, 'server'), log })
  try {
    const url = engine.url.replace('//', `//${engine.writer.username}:${engine.writer.password}@`)
    const variables = {
      CLICKHOUSE_URL: url,
      CLICKHOUSE_READER_PASSWORD: engine.reader.password,
      DATABASE_URL: stores.postgres.url,
    }
    const dataFolder = join(scratch, 'unused')
    const servers = await openStores({ env: readEnv({ ...variables, SIGHTLINE_DATA: dataFolder }), log })
    await migrateClickHouse(servers.clickhouse.writer, log)
    const rows = await servers.clickhouse.reader.query({ query: 'SELECT count() AS n FROM events', format: 'JSONEachRow' })
    assert.deepEqual(await rows.json(), [{ n: 0 }])
    assert.equal(servers.folder, null)
    await servers.close()
    await assert.rejects(readFile(join(dataFolder, 'lock')))

    const refused = await failure(openStores({ env: readEnv({ ...variables, CLICKHOUSE_READER_PASSWORD: 'wrong' }), log }))
    assert.equal(refused.code, 'server_misconfigured')
    assert.match(refused.message, /refuses user sightline_reader or the password\.$/)
    const strangers = stores.postgres.url.replace(/:[^:@]+@/, ':wrong@')
    const postgres = await failure(openStores({ env: readEnv({ ...variables, DATABASE_URL: strangers }), log }))
    assert.equal(postgres.code, 'server_misconfigured')
  } finally {
    await engine.stop()
  }
})

test('the reader sees the rows of the tenant in the header and nothing else', async () => {
  const { writer, reader } = stores.clickhouse
  const [mine, other] = ['reader-mine', 'reader-other']
  await writer.insert({
    table: 'events',
    values: [mine, other, other].map((tenant_id, row) => ({ tenant_id, event_id: uuid(0, 0, row) })),
    format: 'JSONEachRow',
  })
  const read = async (sql: string, headers: Record<string, string> = {}) => {
    const result = await reader.query({ query: sql, format: 'JSONEachRow', http_headers: headers })
    return result.json()
  }
  const count = 'SELECT tenant_id, count() AS n FROM events GROUP BY tenant_id'
  assert.deepEqual(await read(count, { 'x-tenant-id': mine }), [{ tenant_id: mine, n: 1 }])
  assert.deepEqual(await read(count), [])
  assert.deepEqual(await read(count, { 'x-tenant-id': `${mine}' OR 1=1 --` }), [])
  for (const forbidden of [
    `INSERT INTO events (tenant_id) VALUES ('${mine}')`,
    `ALTER TABLE events DELETE WHERE 1`,
    'DROP TABLE events',
    'CREATE TABLE x (a Int8) ENGINE = Memory',
    'SELECT * FROM events SETTINGS readonly = 0',
    'SELECT * FROM events SETTINGS max_execution_time = 0',
    'SELECT * FROM system.parts',
    'SELECT * FROM system.row_policies',
    'SELECT * FROM sightline.schema_migrations',
    `SELECT * FROM file('/etc/passwd', 'LineAsString')`,
    `SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')`,
  ]) {
    await assert.rejects(reader.command({ query: forbidden, http_headers: { 'x-tenant-id': mine } }), forbidden)
  }
})

test('every table that the reader may read confines it to one tenant', async () => {
  const tables = await stores.clickhouse.writer.query({
    query: `
      SELECT
        t.name AS name,
        t.engine AS engine,
        has((SELECT groupArray(table) FROM system.columns WHERE database = 'sightline' AND name = 'tenant_id'), t.name) AS owned,
        has((SELECT groupArray(table) FROM system.grants WHERE user_name = 'sightline_reader' AND database = 'sightline'), t.name) AS granted,
        has((SELECT groupArray(table) FROM system.row_policies WHERE database = 'sightline'
          AND select_filter = 'tenant_id = getClientHTTPHeader(''x-tenant-id'')' AND has(apply_to_list, 'sightline_reader')), t.name) AS confined
      FROM system.tables AS t
      WHERE database = 'sightline'`,
    format: 'JSONEachRow',
  })
  const wrong = (await tables.json<{ name: string; engine: string; owned: number; granted: number; confined: number }>()).filter(
    ({ engine, owned, granted, confined }) =>
      // A readable table has tenants and a policy; a view never is readable, because its name leaks past the policy of its target.
      (granted === 1 &&
        (owned === 0 || confined === 0 || engine.endsWith('View') || engine === 'Buffer' || engine === 'Dictionary')) ||
      (granted === 0 && confined === 1),
  )
  assert.deepEqual(wrong, [])
  const whole = await stores.clickhouse.writer.query({
    query: `SELECT access_type, database, table FROM system.grants WHERE user_name = 'sightline_reader' AND table IS NULL`,
    format: 'JSONEachRow',
  })
  assert.deepEqual(await whole.json(), [])
})

test('SIGKILL of the program leaves no process behind, and the next start works at once', async (t) => {
  const dir = join(scratch, 'killed')
  const { child, pids } = await startProgram(dir)
  for (const pid of pids) assert.ok(alive(pid), `${pid} runs`)
  child.kill('SIGKILL')
  await opened(t, dir)
  await until(() => pids.every((pid) => !alive(pid)), 5_000)
})

test('a database server whose keeper was killed is cleared away by the next start, with its rows kept', async (t) => {
  const dir = join(scratch, 'orphan')
  const { child, pids } = await startProgram(dir)
  const [, keeper = 0, server = 0] = pids
  process.kill(keeper, 'SIGKILL')
  child.kill('SIGKILL')
  await until(() => !alive(keeper), 5_000)
  assert.ok(alive(server), 'the server outlived its keeper')
  const again = await opened(t, dir)
  assert.ok(!alive(server))
  const { rows } = await again.postgres.pool.query<{ id: string }>('SELECT id FROM tenants')
  assert.deepEqual(rows, [{ id: 'kept' }])
})

test('rows that were acknowledged survive SIGKILL of ClickHouse, and its death is one sentence', async (t) => {
  const dir = join(scratch, 'crash')
  const before = await opened(t, dir)
  await migrateClickHouse(before.clickhouse.writer, log)
  let acknowledged = 0
  const killed = new AbortController()
  const { pid } = await engineOf(before.clickhouse.writer)
  const writing = Array.from({ length: 4 }, async (_, lane) => {
    for (let batch = 0; !killed.signal.aborted; batch += 1) {
      const values = Array.from({ length: 500 }, (__, row) => ({ tenant_id: 'crash', event_id: uuid(lane, batch, row) }))
      try {
        await before.clickhouse.writer.insert({ table: 'events', values, format: 'JSONEachRow' })
        acknowledged += values.length
      } catch {
        return
      }
    }
  })
  await until(() => acknowledged >= 10_000, 20_000)
  process.kill(pid, 'SIGKILL')
  const died = await before.failed
  killed.abort()
  assert.equal(died.code, 'store_unavailable')
  assert.match(died.message, /^The embedded ClickHouse ended by itself\.$/)
  await Promise.all(writing)
  await before.close()

  const { clickhouse } = await opened(t, dir)
  const result = await clickhouse.writer.query({ query: 'SELECT uniqExact(event_id) AS n FROM events', format: 'JSONEachRow' })
  const [{ n } = { n: 0 }] = await result.json<{ n: number }>()
  assert.ok(n >= acknowledged, `${acknowledged} acknowledged, ${n} kept`)
})

test('what each source sent is counted whole after the migration, from what was counted by activity before', async (t) => {
  const { writer } = (await opened(t, join(scratch, 'totals'))).clickhouse
  const all = new URL('../queries/migrations/', import.meta.url)
  const earlier = await mkdtemp(join(scratch, 'earlier-'))
  for (const name of await readdir(all)) if (name < '0021') await copyFile(new URL(name, all), join(earlier, name))
  const send = async (numbers: readonly number[]): Promise<void> => {
    const values = numbers.map((n) => ({
      tenant_id: 'totals',
      event_id: uuid(0, 0, n),
      source: n % 2 === 0 ? '/erp' : '/portal',
      activity: n % 3 === 0 ? 'their own' : `invoice.${n % 5}`,
      mapped: n % 3 !== 0,
      import_id: n % 7 === 0 ? 'i1' : '',
      object_types: ['invoice', 'supplier'],
      object_ids: [`I${n}`, `S${n % 10}`],
      object_qualifiers: ['', ''],
      occurred_at: `2026-03-01 00:00:${String(n).padStart(2, '0')}`,
    }))
    await writer.insert({ table: 'events', values, format: 'JSONEachRow' })
  }
  const numbersUpTo = (end: number) => Array.from({ length: end }, (_, n) => n)
  await migrateClickHouse(writer, log, earlier)
  await send(numbersUpTo(40))
  await migrateClickHouse(writer, log)
  // A copy is counted once, whichever of the two counted the first.
  await send(numbersUpTo(50))
  const answer = await writer.query({
    query: `SELECT source, import_id, uniqCombined64Merge(15)(sent.events) AS events, uniqCombined64ArrayMerge(15)(sent.objects) AS objects,
        uniqCombined64MergeIf(15)(sent.events, NOT mapped) AS unmapped, toSecond(min(sent.first_at)) AS first, toSecond(max(sent.last_at)) AS last
      FROM source_totals AS sent GROUP BY source, import_id ORDER BY source, import_id`,
    format: 'JSONEachRow',
  })
  const expected = ['/erp', '/portal'].flatMap((source, odd) =>
    ['', 'i1'].map((import_id) => {
      const sent = numbersUpTo(50).filter((n) => n % 2 === odd && (n % 7 === 0) === (import_id === 'i1'))
      return {
        source,
        import_id,
        events: sent.length,
        objects: sent.length + new Set(sent.map((n) => n % 10)).size,
        unmapped: sent.filter((n) => n % 3 === 0).length,
        first: sent[0],
        last: sent.at(-1),
      }
    }),
  )
  assert.deepEqual(await answer.json(), expected)
  const kept = await writer.query({
    query: 'SELECT DISTINCT activity, mapped FROM source_activities ORDER BY activity',
    format: 'JSONEachRow',
  })
  assert.deepEqual(await kept.json(), [{ activity: 'their own', mapped: false }])
})

test('traces of documents, and when their calls were, are known from before their tables were there, and once', async (t) => {
  const { writer } = (await opened(t, join(scratch, 'traces'))).clickhouse
  const all = new URL('../queries/migrations/', import.meta.url)
  const earlier = await mkdtemp(join(scratch, 'earlier-'))
  for (const name of await readdir(all)) if (name < '0022') await copyFile(new URL(name, all), join(earlier, name))
  const send = async (numbers: readonly number[]): Promise<void> => {
    await writer.insert({
      table: 'integration_calls',
      values: numbers.map((n) => ({
        tenant_id: 'traces',
        system: 'erp',
        started_at: `2026-03-01 0${n}:59:00`,
        trace_id: `trace-${n}`,
        span_id: `span-${n}`,
        first_arrival: 0,
      })),
      format: 'JSONEachRow',
    })
    await writer.insert({
      table: 'events',
      values: numbers.map((n) => ({
        tenant_id: 'traces',
        event_id: uuid(0, 0, n),
        trace_id: n % 2 === 0 ? '' : `trace-${n}`,
        object_types: ['invoice', 'supplier'],
        object_ids: [`I${n}`, 'S'],
        object_qualifiers: ['', ''],
        occurred_at: '2026-03-01 00:00:00',
      })),
      format: 'JSONEachRow',
    })
  }
  await migrateClickHouse(writer, log, earlier)
  await send([1, 2, 3])
  await migrateClickHouse(writer, log)
  await send([3, 4, 5])
  const answer = await writer.query({
    query: `SELECT object_type, object_id, trace_id FROM object_traces FINAL WHERE tenant_id = 'traces' ORDER BY ALL`,
    format: 'JSONCompactEachRow',
  })
  assert.deepEqual(
    await answer.json(),
    [1, 3, 5].map((n) => ['invoice', `I${n}`, `trace-${n}`]).concat([1, 3, 5].map((n) => ['supplier', 'S', `trace-${n}`])),
  )
  const hours = await writer.query({
    query: `SELECT trace_id, toHour(hour) FROM trace_hours FINAL WHERE tenant_id = 'traces' ORDER BY ALL`,
    format: 'JSONCompactEachRow',
  })
  assert.deepEqual(
    await hours.json(),
    [1, 2, 3, 4, 5].map((n) => [`trace-${n}`, n]),
  )
})

test('migrations run once, side by side too, and a changed one is refused', async () => {
  const { writer } = stores.clickhouse
  const dir = await mkdtemp(join(scratch, 'migrations-'))
  const file = join(dir, '9001_probe.sql')
  await writeFile(
    file,
    `-- a; b
     CREATE TABLE IF NOT EXISTS probe (a String COMMENT 'x;y') ENGINE = MergeTree ORDER BY a;
     INSERT INTO probe VALUES (';');
     /* ; */ ;`,
  )
  await Promise.all([migrateStores(stores, log, dir), migrateStores(stores, log, dir)])
  await migrateStores(stores, log, dir)
  const probed = await writer.query({ query: 'SELECT a FROM probe', format: 'JSONEachRow' })
  assert.deepEqual(await probed.json(), [{ a: ';' }])
  await writeFile(file, 'CREATE TABLE IF NOT EXISTS probe (b String) ENGINE = MergeTree ORDER BY b')
  const changed = await failure(migrateClickHouse(writer, log, dir))
  assert.equal(changed.code, 'migration_failed')
  assert.match(changed.message, /9001_probe\.sql was changed after it had been applied/)
  await writeFile(join(dir, '9000_wrong.sql'), 'SELECT 1; CREATE TABEL x (a String)')
  const wrong = await failure(migrateClickHouse(writer, log, dir))
  assert.match(wrong.message, /^Statement 2 of the ClickHouse migration 9000_wrong\.sql failed: /)
  await writer.command({ query: 'DROP TABLE probe' })
  await writer.command({ query: `DELETE FROM schema_migrations WHERE name LIKE '900%'` })
})

test('statements end at semicolons only where SQL ends them', () => {
  assert.deepEqual(splitStatements(`a 'x;''y\\';' ; -- c;\n b "q;" \`r;\`; # n;\n/* ; */;;$t$ ; $t$ # d`), [
    `a 'x;''y\\';'`,
    '-- c;\n b "q;" `r;`',
    '$t$ ; $t$ # d',
  ])
})

test('a key works until it is revoked or over, and only its hash is kept', async () => {
  const { db, pool } = stores.postgres
  await createTenant(db, { id: 'keys', name: 'Keys' })
  const { key, token } = await mintKey(db, { name: 'reader', scopes: ['read'], tenantIds: ['keys'] })
  assert.match(token, /^slk_[\w-]{43}$/)
  assert.deepEqual((await findKey(db, token))?.tenantIds, ['keys'])
  assert.equal(await findKey(db, `${token}x`), null)
  const { session } = await createSession(db, key.id)
  assert.equal((await findSession(db, session))?.id, key.id)
  const { rows } = await pool.query(
    `SELECT to_jsonb(k)::text || (SELECT jsonb_agg(s)::text FROM sessions s) AS kept FROM api_keys k`,
  )
  assert.ok(!JSON.stringify(rows).includes(token) && !JSON.stringify(rows).includes(session))
  await revokeKey(db, key.id)
  assert.equal(await findKey(db, token), null)
  assert.equal(await findSession(db, session), null)
  const over = await mintKey(db, { name: 'over', scopes: ['read'], tenantIds: null, expiresAt: new Date(Date.now() - 1_000) })
  assert.equal(await findKey(db, over.token), null)
})

test("the administrator's token stays over restarts and follows SIGHTLINE_ADMIN_TOKEN", async () => {
  const { db } = stores.postgres
  const { folder } = stores
  const kept = (make: () => string) => folder?.secret('administrator-token', make) ?? Promise.reject(new Error('no folder'))
  const [first, twin] = await Promise.all([ensureAdministrator(db, { kept }), ensureAdministrator(db, { kept })])
  assert.equal(first.token, twin.token)
  assert.deepEqual((await findKey(db, first.token ?? ''))?.scopes, ['admin'])
  assert.equal((await ensureAdministrator(db, { fixedToken: 'fixed-token' })).token, 'fixed-token')
  assert.equal(await findKey(db, first.token ?? ''), null)
  assert.equal((await findKey(db, 'fixed-token'))?.id, 'administrator')
  assert.equal((await ensureAdministrator(db, {})).token, null)
  assert.equal((await findKey(db, 'fixed-token'))?.id, 'administrator')
})

test('a setting that is wrong is named with what is wrong', () => {
  for (const [variables, said] of [
    [{ SIGHTLINE_PORT: 'abc' }, /SIGHTLINE_PORT/],
    [{ SIGHTLINE_PORT: '70000' }, /SIGHTLINE_PORT/],
    [{ CLICKHOUSE_URL: 'localhost:8123' }, /CLICKHOUSE_URL is not valid: must be http/],
    [{ CLICKHOUSE_URL: 'http://localhost:8123/db' }, /CLICKHOUSE_URL/],
    [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL is not valid: must be postgres/],
    [{ KAFKA_BROKERS: 'broker' }, /KAFKA_BROKERS/],
    [{ SIGHTLINE_ADMIN_TOKEN: 'two words' }, /SIGHTLINE_ADMIN_TOKEN/],
  ] as const) {
    assert.throws(
      () => readEnv(variables),
      (error) => error instanceof SightlineError && error.code === 'env_invalid' && said.test(error.message),
    )
  }
  const env = readEnv({ SIGHTLINE_PORT: '', KAFKA_BROKERS: 'a:1,b:2' })
  assert.deepEqual([env.port, env.host, env.kafkaBrokers, env.clickHouseUrl], [4600, '127.0.0.1', ['a:1', 'b:2'], undefined])
})

function folderOf({ folder }: Stores): string {
  assert.ok(folder)
  return folder.path
}

/** Stores on a folder of their own, closed with the test however it ends. */
async function opened(t: TestContext, dir: string): Promise<Stores> {
  const one = await openStores({ env: readEnv({ SIGHTLINE_DATA: dir }), log })
  t.after(one.close)
  return one
}

async function failure(task: Promise<unknown>): Promise<SightlineError> {
  try {
    await task
  } catch (error) {
    assert.ok(error instanceof SightlineError, String(error))
    return error
  }
  assert.fail('it did not fail')
}

/** A program that opens stores and then waits; the pids of the engine, of PostgreSQL's keeper and of PostgreSQL. */
async function startProgram(dir: string): Promise<{ child: ChildProcess; pids: number[] }> {
  const from = (path: string) => new URL(`../platform/${path}`, import.meta.url).href
  const script = `
    import { openStores } from '${from('stores.ts')}'
    import { openLog } from '${from('log.ts')}'
    import { createTenant } from '${from('tenants.ts')}'
    const log = openLog({ level: 'debug', human: false })
    const stores = await openStores({ env: { dataFolder: process.argv[1] }, log })
    await createTenant(stores.postgres.db, { id: 'kept', name: 'Kept' })
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  await Promise.race([once(child.stdout, 'data'), once(child, 'close').then(() => assert.fail(said))])
  const pidOf = (message: string) => {
    const line = said.split('\n').find((one) => one.includes(message))
    assert.ok(line, said)
    return (JSON.parse(line) as { pid: number }).pid
  }
  const server = Number((await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
  return { child, pids: [pidOf('embedded ClickHouse ready'), pidOf('embedded PostgreSQL ready'), server] }
}

async function engineOf(writer: typeof stores.clickhouse.writer): Promise<{ pid: number }> {
  const result = await writer.query({ query: `SELECT path FROM system.disks WHERE name = 'default'`, format: 'JSONEachRow' })
  const [{ path } = { path: '' }] = await result.json<{ path: string }>()
  const status = await readFile(join(path, 'status'), 'utf8')
  return { pid: Number(/^PID: (\d+)/m.exec(status)?.[1]) }
}

/** Whether a process runs; one whose exit status nobody has asked for yet does not. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
  } catch {
    return false
  }
}

async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const limit = Date.now() + limitMs
  while (!condition()) {
    assert.ok(Date.now() < limit, 'it did not happen in time')
    await sleep(20)
  }
}

function uuid(lane: number, batch: number, row: number): string {
  return `00000000-0000-4000-8000-${(lane * 2 ** 40 + batch * 2 ** 20 + row).toString(16).padStart(12, '0')}`
}
