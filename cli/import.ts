import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import { Command, Option } from 'commander'
import type { Finding, QualityReport } from '../api/contract/data.ts'
import { FORMATS, Mapping } from '../ingest/import/import.ts'
import { REFERENCE_KINDS, type ReferenceKind } from '../model/reference.ts'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import { importReference } from './import-reference.ts'
import { importFile, type ImportProgress, type ImportResult } from './import-file.ts'
import { withOptions } from './options.ts'
import { connect } from './remote.ts'

type Options = {
  tenant: string
  kind?: ReferenceKind
  supersede: boolean
  partial: boolean
  format?: (typeof FORMATS)[number]
  mapping?: string
  zone?: string
  repair?: string
  asIs: boolean
  undo?: string
  data?: string
  url?: string
  key?: string
}

/** `sightline import`: loads a file, plain or gzip, or standard input. */
export function importCommand(): Command {
  return new Command('import')
    .description('load XES, OCEL 1.0 and 2.0, CSV or CloudEvents; running it twice changes nothing')
    .argument('<file>', 'a file, plain or gzip, or - for standard input')
    .requiredOption('--tenant <id>', 'whose events these are')
    .addOption(new Option('--format <name>', 'what it is (default: found out)').choices([...FORMATS]))
    .addOption(
      new Option(
        '--kind <kind>',
        'reference data rather than events: CSV, JSON or NDJSON with key, valid_from, valid_to and fields',
      ).choices(Object.keys(REFERENCE_KINDS)),
    )
    .option('--supersede', 'with --kind: end earlier rows of a key where a new one begins', false)
    .option('--partial', 'with --kind: keep the rows that fit and tell of the others, rather than all or none', false)
    .option('--mapping <file>', 'a mapping (JSON), or the name of a pack; default: guessed and printed')
    .option('--zone <offset>', 'zone of times that name none, such as +01:00 (default UTC)')
    .option('--repair <id>', 'apply a repair that the report offers, such as swap-day-month')
    .option('--as-is', 'load it although the report offers a repair', false)
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server with scope ingest')
    .action(run)
}

async function run(file: string, options: Options): Promise<void> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const spooled = file === '-' ? await spool() : null
  const connection = await connect(readEnv(withOptions(process.env, options)), options)
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130)
    say('\nStopping after what is on its way; once more to stop at once.')
    stop.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const bar = new SingleBar({
    format: '{phase} {bar} {percentage}%  {records} records  {rate}/s  {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
    etaBuffer: 50,
    noTTYOutput: true,
    notTTYSchedule: 500,
  })
  try {
    await ensureTenant(options.tenant)
    if (options.kind !== undefined) {
      const { kind, tenant, supersede, partial } = options
      await importReference(connection, { path: spooled?.path ?? file, kind, tenant, supersede, partial })
      return
    }
    const started = Date.now()
    let phase = ''
    const result = await importFile(
      connection,
      {
        path: spooled?.path ?? file,
        name: spooled === null ? undefined : 'stdin',
        tenant: options.tenant,
        format: options.format,
        mapping: await mappingOption(options.mapping),
        zone: options.zone,
        repair: options.repair,
        asIs: options.asIs,
        signal: stop.signal,
      },
      (progress: ImportProgress) => {
        if (progress.phase !== phase) {
          if (phase !== '') bar.stop()
          phase = progress.phase
          bar.start(progress.totalBytes, 0, { phase: phase.padEnd(9), records: 0, rate: 0 })
        }
        const rate = Math.round(progress.records / Math.max(0.001, (Date.now() - started) / 1000))
        bar.update(progress.bytes, {
          phase: phase.padEnd(9),
          records: progress.records.toLocaleString('en'),
          rate: rate.toLocaleString('en'),
        })
      },
      ({ format, mapping, reasons, report }) => {
        bar.stop()
        phase = ''
        say(`Format   ${format}`)
        for (const reason of reasons) say(`         ${reason}`)
        if (options.mapping === undefined)
          say(`Mapping  guessed; save it, edit it and give it with --mapping:\n${JSON.stringify(mapping, null, 2)}`)
        printReport(report)
      },
    )
    bar.stop()
    printResult(result, options.tenant, connection.url)
    if (result.cancelled) throw new SightlineError('cancelled', 'Stopped.', { next: 'Run the same command to go on from here.' })
  } finally {
    bar.stop()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    await connection.close()
    if (spooled !== null) await rm(spooled.folder, { recursive: true, force: true })
  }

  async function ensureTenant(tenant: string): Promise<void> {
    const { tenants } = await call<{ tenants: { id: string }[] }>(connection, 'GET', '/v1/tenants', null)
    if (tenants.some(({ id }) => id === tenant)) return
    throw new SightlineError('not_found', `There is no tenant "${tenant}".`, {
      next: `Create it with: npx sightline tenant create ${tenant}. Known: ${tenants.map(({ id }) => id).join(', ') || 'none'}.`,
    })
  }
}

async function mappingOption(given: string | undefined): Promise<Mapping | string | undefined> {
  if (given === undefined || !given.endsWith('.json')) return given
  const text = await readFile(given, 'utf8').catch((cause: unknown) => {
    throw new SightlineError('file_not_found', `There is no mapping file ${given}.`, { cause })
  })
  const parsed = Mapping.safeParse(parsedJson(text, given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new SightlineError('file_invalid', `The mapping ${given} is not valid: ${issue?.path.join('.')} ${issue?.message}.`)
}

function parsedJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SightlineError('file_invalid', `${name} is not JSON.`, { cause })
  }
}

/** Keeps standard input in a file, since a file is looked at before it is loaded. */
async function spool(): Promise<{ path: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-import-'))
  const path = join(folder, 'stdin')
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
  return { path, folder }
}

const MARK: Record<Finding['severity'], string> = { error: 'ERROR  ', warning: 'WARNING', info: 'INFO   ' }

function printReport(report: QualityReport): void {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  say(
    `\nData quality: ${report.events.toLocaleString('en')} events of ${report.objects.toLocaleString('en')} objects, ` +
      `${report.activities} activities, ${report.first_at ?? '–'} to ${report.last_at ?? '–'}`,
  )
  if (report.findings.length === 0) say(`  Nothing to report; ${report.checked.length} checks.`)
  for (const finding of report.findings) {
    say(`  ${MARK[finding.severity]} ${finding.message}`)
    for (const { object, detail } of finding.evidence.slice(0, 3))
      say(`            ${object === undefined ? '' : `${object}: `}${detail}`)
    if (finding.repair !== undefined) say(`            Repair: ${finding.repair.message} (--repair ${finding.repair.id})`)
  }
  for (const note of report.notes) say(`  Note: ${note}`)
  say('')
}

function printResult(result: ImportResult, tenant: string, url: string): void {
  const count = (n: number) => n.toLocaleString('en')
  process.stdout.write(
    `${count(result.records)} records: ${count(result.accepted)} stored, ${count(result.duplicates)} known before, ` +
      `${count(result.rejected)} rejected${result.conflicts > 0 ? `, ${count(result.conflicts)} in conflict with what is stored` : ''}.\n`,
  )
  for (const { ordinal, code, message } of result.firstRejections)
    process.stdout.write(`  record ${ordinal}: ${code} – ${message}\n`)
  if (!result.cancelled) process.stdout.write(`The report stays at ${url}/data?tenant=${tenant}\n`)
}
