import { readFile } from 'node:fs/promises'
import { buffer, text } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { RegisteredSource, SourceCreated, SourceRotated, SourceTested } from '../api/contract/feeds.ts'
import { SOURCE_KINDS } from '../api/contract/feeds.ts'
import { WEBHOOK_SCHEMES } from '../model/webhook.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import { connected, type Where, withWhere } from './where.ts'

type Create = Where & {
  id?: string
  name: string
  kind: string
  format: string
  mapping?: string
  mappingVersion?: number
  system?: string
  scheme?: string
  config?: Record<string, unknown>
  secretFile?: string
}

/** `sightline source`: registered ways in – webhooks, topics, pulled systems. */
export function sourceCommand(): Command {
  const create = withWhere(new Command('create'))
    .description('register a source and print its address and, this once, its secret')
    .requiredOption('--name <text>', 'what a person calls it')
    .option('--id <slug>', 'its id; made from the name where not given')
    .addOption(new Option('--kind <kind>', 'way in').choices(SOURCE_KINDS).default('webhook'))
    .option('--format <name>', 'how a record is read', 'cloudevents')
    .option('--mapping <name>', 'mapping of the tenant, or pack')
    .option('--mapping-version <n>', 'pins a version of the mapping', wholeNumber)
    .option('--system <id>', 'system of the registry that sends here')
    .addOption(new Option('--scheme <scheme>', 'how a webhook is signed').choices(WEBHOOK_SCHEMES.map(({ id }) => id)))
    .option('--config <json>', 'settings of the kind, such as \'{"header":"x-signature"}\'', jsonObject)
    .option('--secret-file <file>', "the sender's own secret, from a file or - for standard input")
    .action((options: Create) =>
      connected(options, async (connection) => {
        const scheme =
          options.scheme ??
          (options.kind === 'webhook' && options.config?.['scheme'] === undefined ? 'standard-webhooks' : undefined)
        const { source, secret } = await call<SourceCreated>(connection, 'POST', '/v1/sources', options.tenant, {
          id: options.id,
          name: options.name,
          kind: options.kind,
          format: options.format,
          mapping: options.mapping,
          mapping_version: options.mappingVersion,
          system_id: options.system,
          config: { ...options.config, ...(scheme === undefined ? {} : { scheme }) },
          secret: options.secretFile === undefined ? undefined : await secretFrom(options.secretFile),
        })
        print(`source  ${source.id}`)
        if (source.path !== null) print(`address ${new URL(source.path, connection.url).href}`)
        if (secret !== null) print(`secret  ${secret}`)
      }),
    )

  const list = withWhere(new Command('list'))
    .description('list the sources of a tenant')
    .action((options: Where) =>
      connected(options, async (connection) => {
        const { registered } = await call<{ registered: RegisteredSource[] }>(connection, 'GET', '/v1/sources', options.tenant)
        if (registered.length === 0) print('No source is registered.')
        for (const { id, kind, state, format, mapping, path } of registered)
          print([id, kind, state, mapping === null ? format : `${format} (${mapping})`, path ?? ''].join('  ').trimEnd())
      }),
    )

  const rotate = withWhere(new Command('rotate'))
    .description('give a source a new secret; the old one is taken until the overlap ends')
    .argument('<id>', 'id of the source')
    .option('--overlap <seconds>', 'how long the old secret is still taken; 0 ends it at once', wholeNumber, 86_400)
    .option('--secret-file <file>', "the sender's own secret, from a file or - for standard input")
    .action((id: string, options: Where & { overlap: number; secretFile?: string }) =>
      connected(options, async (connection) => {
        const path = `/v1/sources/${encodeURIComponent(id)}/rotate`
        const { secret, old_until: until } = await call<SourceRotated>(connection, 'POST', path, options.tenant, {
          overlap_s: options.overlap,
          secret: options.secretFile === undefined ? undefined : await secretFrom(options.secretFile),
        })
        if (options.secretFile === undefined) print(`secret  ${secret}`)
        print(until === null ? 'The old secret is no longer taken.' : `The old secret is taken until ${until}.`)
      }),
    )

  const test = withWhere(new Command('test'))
    .description('tell what would become of a payload from a source; nothing is stored')
    .argument('<id>', 'id of the source')
    .argument('<file>', 'the payload, or - for standard input')
    .option('--header <name:value...>', 'headers as the sender would set them')
    .action((id: string, file: string, options: Where & { header?: string[] }) =>
      connected(options, async (connection) => {
        const payload = file === '-' ? await buffer(process.stdin) : await readGiven(file)
        const path = `/v1/sources/${encodeURIComponent(id)}/test`
        const { records } = await call<SourceTested>(connection, 'POST', path, options.tenant, {
          payload: payload.toString('base64'),
          encoding: 'base64',
          headers: Object.fromEntries((options.header ?? []).map(headerOf)),
        })
        for (const record of records) printRecord(record)
        if (records.some(({ outcome }) => outcome === 'rejected')) process.exitCode = 1
      }),
    )

  const command = new Command('source').description('registered ways in: webhooks, topics, pulled systems')
  for (const one of [create, list, rotate, test]) command.addCommand(one)
  return command
}

function printRecord({ index, outcome, events, code, message }: SourceTested['records'][number]): void {
  print(`record ${index}: ${outcome}${code === null ? '' : ` ${code}`}${message === null ? '' : `: ${message}`}`)
  for (const event of events) {
    const objects = event.objects.map(({ type, id }) => `${type}/${id}`).join(' ')
    print(`  ${event.occurred_at}  ${event.activity}  ${objects}`)
  }
}

async function secretFrom(file: string): Promise<string> {
  const given = file === '-' ? await text(process.stdin) : (await readGiven(file)).toString('utf8')
  return given.replace(/\r?\n$/u, '')
}

async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new SightlineError('file_not_found', `The file ${file} cannot be read.`, { cause })
  }
}

function headerOf(given: string): [string, string] {
  const colon = given.indexOf(':')
  if (colon < 1) throw new SightlineError('parameter_invalid', `"${given.slice(0, 80)}" is not of the form NAME:VALUE.`)
  return [given.slice(0, colon).trim().toLowerCase(), given.slice(colon + 1).trim()]
}

function wholeNumber(given: string): number {
  const number = Number(given)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It is a whole number.')
  return number
}

function jsonObject(given: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(given)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new InvalidArgumentError('It is a JSON object.')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
