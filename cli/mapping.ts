import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { MappingDetail, Mappings } from '../api/contract/mappings.ts'
import { FORMATS, formatNamed } from '../ingest/formats.ts'
import { compileMapping } from '../ingest/payload/compile.ts'
import { dryRun, type TriedRecord } from '../ingest/payload/dry-run.ts'
import { payloadPacks } from '../ingest/payload/packs.ts'
import { type PayloadMapping, readMapping } from '../model/payload-mapping.ts'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import { withOptions } from './options.ts'
import { connect, type Connection } from './remote.ts'

type Remote = { data?: string; url?: string; key?: string; tenant?: string }

/** `sightline mapping`: how payloads become events – list, show, try on samples, save. */
export function mappingCommand(): Command {
  return new Command('mapping')
    .description('how payloads become events')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(testCommand())
    .addCommand(saveCommand())
}

function listCommand(): Command {
  return remote(new Command('list').description('mappings that ship, and with --tenant those of a tenant')).action(
    async (options: Remote) => {
      const rows =
        options.tenant === undefined
          ? [...payloadPacks().values()].map(({ name, version, title }) => ({ name, version, title, pack: true }))
          : await withServer(
              options,
              async (connection) => (await call<Mappings>(connection, 'GET', '/v1/mappings', options.tenant ?? null)).mappings,
            )
      const width = Math.max(...rows.map(({ name }) => name.length))
      for (const { name, version, title, pack } of rows)
        process.stdout.write(`${name.padEnd(width)}  ${pack ? 'ships ' : 'own   '} v${version}  ${title}\n`)
    },
  )
}

function showCommand(): Command {
  return remote(new Command('show').description('print a mapping as JSON').argument('<name>', 'name of a mapping'))
    .option('--version <number>', 'its version (default: the newest)', versionOption)
    .action(async (name: string, options: Remote & { version?: number }) => {
      const mapping = await mappingNamed(name, options)
      process.stdout.write(`${JSON.stringify(mapping, null, 2)}\n`)
    })
}

function testCommand(): Command {
  return remote(
    new Command('test')
      .description('read samples as a source would; nothing is stored')
      .argument('<file...>', 'samples: what the source sends, one a file'),
  )
    .option('--mapping <name>', 'a mapping that ships, a JSON file, or with --tenant one of the tenant')
    .option('--format <format>', `one of ${FORMATS.map(({ name }) => name).join(', ')}`, 'mapped-json')
    .option('--header <name=value...>', 'headers that the source sends')
    .option('--json', 'print all that would be kept, as JSON')
    .action(async (files: string[], options: Remote & { mapping?: string; format: string; header?: string[]; json?: true }) => {
      const format = formatNamed(options.format)
      if (format === undefined)
        throw new SightlineError('parameter_invalid', `There is no format "${options.format}".`, {
          next: `Formats are ${FORMATS.map(({ name }) => name).join(', ')}.`,
        })
      const mapping = options.mapping === undefined ? null : compileMapping(await mappingNamed(options.mapping, options))
      const headers = headersOf(options.header ?? [])
      let refused = 0
      for (const file of files) {
        const record = { body: await bytesOf(file), headers, key: null, timestamp: null }
        const result = dryRun(format, mapping, record, { tenant: 'dry-run', now: Date.now() * 1000 })
        refused += result.records.filter(({ outcome }) => outcome === 'reject').length
        if (options.json) process.stdout.write(`${JSON.stringify({ file, ...result }, null, 2)}\n`)
        else for (const tried of result.records) process.stdout.write(`${basename(file)}: ${lineOf(tried)}\n`)
      }
      if (refused > 0) process.exitCode = 1
    })
}

function saveCommand(): Command {
  return remote(new Command('save').description('keep a new version of a mapping').argument('<file>', 'the mapping, as JSON'))
    .option('--name <name>', 'its name (default: the one in the file)')
    .action(async (file: string, options: Remote & { name?: string }) => {
      const { tenant } = options
      if (tenant === undefined)
        throw new SightlineError('parameter_invalid', 'A mapping belongs to a tenant.', { next: 'Add --tenant ID.' })
      const body = await jsonOf(file)
      const name = options.name ?? (typeof body['name'] === 'string' ? body['name'] : '')
      await withServer(options, async (connection) => {
        const path = `/v1/mappings/${encodeURIComponent(name)}`
        const saved = await call<MappingDetail>(connection, 'POST', path, tenant, { body })
        process.stdout.write(`Version ${saved.version} of ${saved.name} is kept.\n`)
      })
    })
}

function remote(command: Command): Command {
  return command
    .option('--tenant <id>', 'tenant')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server')
}

async function withServer<T>(options: Remote, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(readEnv(withOptions(process.env, options)), options)
  try {
    return await work(connection)
  } finally {
    await connection.close()
  }
}

/** A mapping that ships, one in a file, or one of the tenant. */
async function mappingNamed(name: string, options: Remote & { version?: number }): Promise<PayloadMapping> {
  const pack = payloadPacks().get(name)
  if (pack !== undefined) return pack
  const { tenant } = options
  let body: unknown
  if (name.endsWith('.json')) body = { version: 1, ...(await jsonOf(name)) }
  else if (tenant === undefined)
    throw new SightlineError('not_found', `No mapping "${name}" ships.`, {
      next: `Those that ship: ${[...payloadPacks().keys()].join(', ')}. Add --tenant ID for one of a tenant.`,
    })
  else {
    const query = options.version === undefined ? '' : `?version=${options.version}`
    body = await withServer(
      options,
      async (connection) =>
        (await call<MappingDetail>(connection, 'GET', `/v1/mappings/${encodeURIComponent(name)}${query}`, tenant)).body,
    )
  }
  const read = readMapping(body)
  if ('mapping' in read) return read.mapping
  throw new SightlineError(
    'file_invalid',
    `The mapping ${name} is not valid:\n${read.issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
  )
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new SightlineError('file_not_found', `The file ${file} cannot be read.`, { cause: error })
  }
}

async function jsonOf(file: string): Promise<Record<string, unknown>> {
  const text = (await bytesOf(file)).toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new SightlineError('file_invalid', `The file ${file} is not JSON.`, { cause: error })
  }
  throw new SightlineError('file_invalid', `The file ${file} holds no JSON object.`)
}

function headersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const cut = text.indexOf('=')
      if (cut < 1)
        throw new SightlineError('parameter_invalid', `"${text}" is no header.`, { next: 'Write --header name=value.' })
      return [text.slice(0, cut).toLowerCase(), text.slice(cut + 1)]
    }),
  )
}

function lineOf({ outcome, rule, events, code, reason, unread }: TriedRecord): string {
  const by = rule === null ? '' : ` [rule ${rule.index + 1}: ${rule.name}]`
  if (outcome === 'drop') return `left out${by}: ${reason ?? ''}`
  if (outcome === 'reject') return `REFUSED${by}: ${reason ?? ''} (${code ?? ''})`
  const lines = events.map(
    (event) =>
      `${event.activity}${event.canonical ? '' : ' (own name)'} at ${event.time} on ${event.objects.map(({ type, id }) => `${type}/${id}`).join(', ')}`,
  )
  const rest = unread.length === 0 ? '' : `\n    not read: ${unread.slice(0, 12).join(', ')}${unread.length > 12 ? ' …' : ''}`
  return `${lines.join('\n    ')}${by}${rest}`
}

function versionOption(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.')
  return number
}
