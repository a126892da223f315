import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Quality } from '../api/contract/data.ts'
import type { ProcessSummary, ProcessTypes } from '../api/contract/process.ts'
import { SightlineError } from '../platform/errors.ts'
import { DATA, type Figures, loadInto, meets, skip, truth, view } from './support/ground-truth.ts'
import { sharedServer, type TestServer } from './support/server.ts'

const COMMAND = fileURLToPath(new URL('../cli/sightline.mjs', import.meta.url))

let server: TestServer
let folder: string
before(async () => {
  server = await sharedServer()
  folder = await mkdtemp(join(tmpdir(), 'sightline-import-test-'))
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** Swaps day and month of every date of a log wherever both are at most 12, as a spreadsheet of the wrong country would. */
function swapped(text: string): string {
  return text.replaceAll(/(\d{4})-(\d{2})-(\d{2})T/gu, (date, year: string, month: string, day: string) =>
    Number(month) <= 12 && Number(day) <= 12 ? `${year}-${day}-${month}T` : date,
  )
}

const clusters = ['01_01_01', '01_01_02', '01_02_01', '01_02_03', '02_01', '02_02_02', '03']
for (const cluster of clusters)
  test(
    `purchase orders ${cluster} with day and month swapped are named, not loaded; the repair restores the ground truth`,
    { skip },
    async () => {
      const { per_file } = truth<{ per_file: Record<string, Figures> }>('bpic2019-clusters/ground-truth.json')
      const expected = per_file[cluster]
      assert.ok(expected !== undefined)
      const path = join(folder, `swapped-${cluster}.xes.gz`)
      await writeFile(
        path,
        gzipSync(swapped(gunzipSync(readFileSync(`${DATA}bpic2019-clusters/${cluster}.xes.gz`)).toString('utf8'))),
      )
      const tenant = await server.freshTenant()

      await assert.rejects(loadInto(server, { path, tenant }), (error: unknown) => {
        assert.ok(error instanceof SightlineError)
        assert.equal(error.code, 'file_invalid')
        assert.match(error.message, /day and month/iu)
        assert.match(error.next ?? '', /--repair swap-day-month/u)
        return true
      })
      assert.deepEqual((await view<ProcessTypes>(server, tenant, '/v1/process')).types, [])

      const repaired = await loadInto(server, { path, tenant, repair: 'swap-day-month' })
      assert.equal(repaired.rejected, 0)
      await server.derived(tenant, ['processes'])
      await meets(server, tenant, 'case', expected)
    },
  )

test(
  'a swapped log can be loaded as it stands; its report stays, with the evidence and the offer; undo takes it out again',
  { skip },
  async () => {
    const tenant = await server.freshTenant()
    const path = join(folder, 'as-is.xes')
    await writeFile(path, swapped(gunzipSync(readFileSync(`${DATA}bpic2019-clusters/01_01_02.xes.gz`)).toString('utf8')))
    const loaded = await loadInto(server, { path, tenant, asIs: true })
    assert.ok(loaded.accepted > 0)
    const { imports } = await view<Quality>(server, tenant, '/v1/quality')
    const finding = imports[0]?.report?.findings.find(({ repair }) => repair?.id === 'swap-day-month')
    assert.equal(finding?.severity, 'error')
    assert.ok((finding?.evidence.length ?? 0) > 0)

    const undone = await server.ask('DELETE', `/v1/imports/${loaded.id}`, { tenant })
    assert.equal(undone.status, 200)
    await server.derived(tenant, ['processes'])
    assert.deepEqual((await view<ProcessTypes>(server, tenant, '/v1/process')).types, [])
    const again = await loadInto(server, { path, tenant, repair: 'swap-day-month' })
    assert.equal(again.accepted, loaded.accepted)
  },
)

/** Runs the command as a user would; interrupts it when `interruptAt` says so of what it has printed. */
async function run(
  args: string[],
  interruptAt?: (stderr: string) => boolean,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(COMMAND, [...args, '--url', server.url, '--key', server.token], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let interrupted = false
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    if (!interrupted && interruptAt?.(stderr) === true) {
      interrupted = true
      child.kill('SIGINT')
    }
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

test('the command prints the guessed mapping, the report and the counts', { skip }, async () => {
  const tenant = await server.freshTenant()
  const { code, stdout, stderr } = await run(['import', `${DATA}samples-small/running-example.csv`, '--tenant', tenant])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /42 records: 42 stored, 0 known before, 0 rejected/u)
  assert.match(stderr, /"activity"/u)
  assert.match(stderr, /Data quality: 42 events of 6 objects/u)
})

test('bad files, tenants and mappings are one clear sentence and a non-zero exit', async () => {
  const tenant = await server.freshTenant()
  const files = {
    'truncated.xes.gz': gzipSync('<log>'.repeat(1000)).subarray(0, 40),
    'broken.xes': Buffer.from('<?xml version="1.0"?><log><trace><event></trace></log>'),
    'nothing.bin': Buffer.from([0, 1, 2, 3]),
    'empty.csv': Buffer.alloc(0),
  }
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const { code, stderr } = await run(['import', path, '--tenant', tenant])
    assert.equal(code, 1, `${name}: ${stderr}`)
    assert.match(stderr, /^sightline: .+/mu)
    assert.doesNotMatch(stderr, /\n\s+at /u, name)
  }
  const missing = await run(['import', join(folder, 'not-there.xes'), '--tenant', tenant])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /There is no file/u)
  const path = join(folder, 'one.csv')
  await writeFile(path, 'case,activity,time\n1,a,2026-01-01T00:00:00Z\n')
  const stranger = await run(['import', path, '--tenant', 'nobody'])
  assert.equal(stranger.code, 1)
  assert.match(stranger.stderr, /There is no tenant "nobody"/u)
})

test('an import that Ctrl-C stopped goes on where it was, and ends as if it had never stopped', async () => {
  const path = join(folder, 'long.csv')
  const file = createWriteStream(path)
  file.write('case,activity,time\n')
  const rows = 90_000
  for (let row = 0; row < rows; row++)
    file.write(`c${Math.floor(row / 6)},step ${row % 6},${new Date(Date.UTC(2026, 0, 1) + row * 60_000).toISOString()}\n`)
  file.end()
  await once(file, 'finish')
  const tenant = await server.freshTenant()
  const args = ['import', path, '--tenant', tenant]
  const stopped = await run(args, (stderr) => /loading .*[1-9][\d,]* records/u.test(stderr))
  assert.equal(stopped.code, 130, stopped.stderr)
  const { imports } = await view<Quality>(server, tenant, '/v1/quality')
  const [first] = imports
  assert.equal(first?.state, 'cancelled')
  assert.ok((first?.records_read ?? 0) > 0 && (first?.records_read ?? rows) < rows, `stopped after ${first?.records_read}`)

  const resumed = await run(args)
  assert.equal(resumed.code, 0, resumed.stderr)
  await server.derived(tenant, ['processes'])
  const summary = await view<ProcessSummary>(server, tenant, '/v1/process/case/summary')
  assert.deepEqual([summary.events, summary.objects], [rows, rows / 6])
  const [only, ...others] = (await view<Quality>(server, tenant, '/v1/quality')).imports
  assert.deepEqual(others, [])
  assert.deepEqual([only?.state, only?.records_read, only?.accepted], ['done', rows, rows])
})

test('standard input is loaded like a file', { skip }, async () => {
  const tenant = await server.freshTenant()
  const child = spawn(COMMAND, ['import', '-', '--tenant', tenant, '--url', server.url, '--key', server.token], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stderr.resume()
  child.stdout.resume()
  child.stdin.end(await readFile(`${DATA}samples-small/running-example.xes`))
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0)
  await server.derived(tenant, ['processes'])
  assert.equal((await view<ProcessSummary>(server, tenant, '/v1/process/case/summary')).events, 42)
})
