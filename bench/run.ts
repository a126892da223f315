import { http } from './http.ts'
import { ingest } from './ingest.ts'
import { kafka } from './kafka.ts'
import { alerts } from './alerts.ts'
import { asText, type Benchmark, writeReport } from './measure.ts'
import { otlp } from './otlp.ts'
import { queries } from './queries.ts'

/**
 * `npm run bench` runs every benchmark, `npm run bench -- NAME` one of them: prints a table and writes the figures as JSON to
 * `bench/results/`.
 */
const BENCHMARKS: readonly Benchmark[] = [ingest, http, kafka, otlp, queries, alerts]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}: choose from ${BENCHMARKS.map(({ name }) => name).join(', ')}.\n`,
  )
  process.exit(1)
}
for (const benchmark of BENCHMARKS) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue
  const report = await benchmark.run()
  process.stdout.write(`${asText(report)}\n`)
  process.stdout.write(`\n${await writeReport(benchmark.name, report)}\n`)
}
