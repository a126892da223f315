import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/**
 * Runs the test files – all of them, or those whose names contain one of the arguments – two at a time, prints them as they go, and ends
 * with one line of totals.
 */
const wanted = process.argv.slice(2)
const files = globSync('test/*.test.ts').filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
const totals = { passed: 0, failed: 0, skipped: 0 }
const skips: string[] = []

const stream = run({ files: files.toSorted(), concurrency: 2, timeout: 25 * 60_000 })
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
stream.on('end', () => {
  for (const skip of skips) process.stdout.write(`skipped  ${skip}\n`)
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
})
stream.compose(spec).pipe(process.stdout)
