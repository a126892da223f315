import { existsSync, globSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { basename } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/**
 * Runs the test files – all of them, or those whose names contain one of the arguments – two at a time, then those that want the machine to
 * themselves, prints them as they go, and ends with one line of totals.
 */
const wanted = process.argv.slice(2)
const files = globSync('test/*.test.ts').filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
/** They say how fast a backlog is caught up: whatever runs beside them would be in the figure. */
const ALONE = new Set(['test/outage.test.ts'])
const totals = { passed: 0, failed: 0, skipped: 0 }
const skips: string[] = []
/** How long each file took; the slowest are named at the end. */
const took: { file: string; ms: number }[] = []
const SLOWEST = 15

/** Stores make every insert durable before they answer; in memory that costs nothing, and the stores of a test end with it. */
const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 8 * 2 ** 30
if (process.env['TMPDIR'] === undefined && existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize >= ENOUGH_BYTES && freemem() >= 2 * ENOUGH_BYTES) process.env['TMPDIR'] = MEMORY
}

for (const [together, concurrency] of [
  [files.filter((file) => !ALONE.has(file)), 2],
  [files.filter((file) => ALONE.has(file)), 1],
] as const)
  if (together.length > 0) await runAll(together.toSorted(), concurrency)
for (const { file, ms } of took.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST))
  process.stdout.write(`${(ms / 1000).toFixed(0).padStart(5)} s  ${basename(file)}\n`)
for (const skip of skips) process.stdout.write(`skipped  ${skip}\n`)
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

/** Runs files, so many at a time, prints them as they go, and adds them to the totals. */
async function runAll(together: string[], concurrency: number): Promise<void> {
  const stream = run({ files: together, concurrency, timeout: 25 * 60_000 })
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return
    if (event.skip === undefined) totals.passed++
    else {
      totals.skipped++
      skips.push(`${event.name}: ${String(event.skip)}`)
    }
  })
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') totals.failed++
  })
  stream.on('test:summary', ({ file, duration_ms: ms }) => {
    if (file !== undefined) took.push({ file, ms })
  })
  for await (const text of stream.compose(spec)) process.stdout.write(String(text))
}
