import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import type { CodeApplied, RulesImported } from '../api/contract/rules.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import type { Connection } from './remote.ts'
import { connected, type Where, withWhere } from './where.ts'

/** `sightline rules`: alert rules and routing as code. */
export function rulesCommand(): Command {
  const get = withWhere(new Command('get'))
    .description('print the rules and the routing of a tenant as YAML')
    .action((options: Where) =>
      connected(options, async (connection) => {
        process.stdout.write(await call<string>(connection, 'GET', '/v1/rules/code', options.tenant))
      }),
    )

  const diff = withWhere(new Command('diff'))
    .description('tell what applying a file would change; ends with 1 where it would')
    .argument('<file>', 'YAML, or - for standard input')
    .option('--prune', 'take away what the file does not state')
    .action((file: string, options: Where & { prune?: true }) =>
      connected(options, async (connection) => {
        const applied = await send(connection, options, file, { dry_run: true, prune: options.prune === true })
        printApplied(applied, options.prune === true)
        if (applied.changes.length > 0) process.exitCode = 1
      }),
    )

  const apply = withWhere(new Command('apply'))
    .description('make what holds what a file says, all of it or nothing')
    .argument('<file>', 'YAML, or - for standard input')
    .option('--prune', 'take away what the file does not state')
    .option('--note <text>', 'why; kept in the history', '')
    .action((file: string, options: Where & { prune?: true; note: string }) =>
      connected(options, async (connection) => {
        const { note } = options
        printApplied(
          await send(connection, options, file, { dry_run: false, prune: options.prune === true, note }),
          options.prune === true,
        )
      }),
    )

  const take = withWhere(new Command('import'))
    .description('take OpenSLO documents or Prometheus alerting rules as far as they can be said here')
    .argument('<file>', 'YAML, or - for standard input')
    .addOption(new Option('--format <format>', 'what the file is').choices(['openslo', 'prometheus']).makeOptionMandatory())
    .option('--dry-run', 'tell what would become of it and keep nothing')
    .action((file: string, options: Where & { format: string; dryRun?: true }) =>
      connected(options, async (connection) => {
        const body = { text: await given(file), format: options.format, dry_run: options.dryRun === true }
        const { report } = await call<RulesImported>(connection, 'POST', '/v1/rules/import', options.tenant, body)
        for (const { name, outcome, reason } of report)
          print(`${outcome.padEnd(6)}  ${name}${reason === '' ? '' : `: ${reason}`}`)
      }),
    )

  const command = new Command('rules').description('alert rules and routing as code')
  for (const one of [get, diff, apply, take]) command.addCommand(one)
  return command
}

async function send(
  connection: Connection,
  { tenant }: Where,
  file: string,
  how: { dry_run: boolean; prune: boolean; note?: string },
): Promise<CodeApplied> {
  return call<CodeApplied>(connection, 'POST', '/v1/rules/code', tenant, { code: await given(file), ...how })
}

function printApplied({ dry_run, changes, unstated, problems }: CodeApplied, prune: boolean): void {
  for (const { diff } of changes) process.stdout.write(diff)
  for (const { code, message, level } of problems) print(`${level}: ${message} (${code})`)
  if (!prune && unstated.length > 0) print(`Not in the file, and left as it is: ${unstated.join(', ')}.`)
  const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`
  print(changes.length === 0 ? 'Nothing changes.' : dry_run ? `${count} would be made.` : `${count} made.`)
}

async function given(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new SightlineError('file_not_found', `The file ${file} cannot be read.`, { cause })
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
