import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { after, test } from 'node:test'
import { z } from 'zod'
import { verifiedTenant } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { NARROWING, type Query, sqlText, tenantReader } from '../queries/run.ts'
import { startClickHouseWay } from './support/clickhouse-way.ts'

const { through, direct, set, close } = await startClickHouseWay()
after(close)

const FEEDS = {
  name: 'read/freshness-sources',
  params: z.object({}),
  row: z.unknown(),
} satisfies Query<z.ZodRawShape, z.ZodType>

test('a read whose connection ends before the answer is asked once more', async () => {
  const reader = tenantReader(through.reader, verifiedTenant('interrupted'))
  assert.deepEqual(await reader.rows(FEEDS, {}), [])
  const before = await asked()
  set('answer lost')
  assert.deepEqual(await reader.rows(FEEDS, {}), [])
  // Twice, and the count itself.
  assert.equal((await asked()) - before, 3)
})

test('a read is refused for now where the connection ends again', async () => {
  const reader = tenantReader(through.reader, verifiedTenant('interrupted'))
  set('broken')
  await assert.rejects(
    reader.rows(FEEDS, {}),
    (error) => error instanceof SightlineError && error.code === 'store_unavailable' && error.retryAfterS === 5,
  )
  set('open')
  assert.deepEqual(await reader.rows(FEEDS, {}), [])
})

test('rows of another shape than stated are our defect, not a mistake of who asks', async () => {
  const reader = tenantReader(direct.reader, verifiedTenant('interrupted'))
  const query = {
    name: 'read/answers',
    params: z.object({ fresh_until: z.number(), settled_until: z.number() }),
    row: z.object({ nothing_like_it: z.string() }),
  }
  await assert.rejects(
    reader.rows(query, { fresh_until: 0, settled_until: 0 }),
    (error) =>
      error instanceof Error &&
      !(error instanceof SightlineError || error instanceof z.ZodError) &&
      /^read\/answers gave rows of another shape: [\s\S]*nothing_like_it/u.test(error.message),
  )
})

test('a line that narrows by a parameter is a whole condition, so that it can be left out', () => {
  const lines = globSync('{read,shared,process}/*.sql', { cwd: 'queries' }).flatMap((file) => {
    // The includes of a file are read as files of their own.
    const text = sqlText(file.replace(/\.sql$/u, ''), PLACES)
    return [...text.matchAll(NARROWING)].map(([line]) => ({ file, line: line.trim() }))
  })
  assert.ok(lines.length > 100, String(lines.length))
  for (const { file, line } of lines) {
    const condition = line.replace(/^AND /u, '')
    let depth = 0
    const closed = Array.from(condition).findIndex((letter) => {
      depth += letter === '(' ? 1 : letter === ')' ? -1 : 0
      return depth === 0
    })
    assert.equal(closed, condition.length - 1, `${file}: ${line}`)
  }
})

/** Any SQL in the places of parts. */
const PLACES = new Proxy<Record<string, string>>({}, { get: () => 'SELECT 1' })

/** How many statements of the reader have begun so far. */
async function asked(): Promise<number> {
  const answer = await direct.writer.query({
    query: `SELECT toUInt32(value) AS count FROM system.events WHERE event = 'SelectQuery'`,
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ count: number }>()
  return row?.count ?? 0
}
