import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { ReferenceSaved } from '../api/contract/reference.ts'
import { readTable } from '../api/reference-table.ts'
import type { ReferenceKind } from '../model/reference.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import type { Connection } from './remote.ts'

const SHOWN = 20
/** Bytes of a file of reference data, unpacked. */
const LARGEST = 64 * 1024 * 1024

/**
 * Loads reference data of a kind, all rows or none – or with `partial` those that fit: CSV (a column a field of the body, cells that are JSON read as JSON), a JSON array or
 * NDJSON of `{key, valid_from?, valid_to?, body}`.
 *
 * @throws SightlineError `file_invalid` for what cannot be read or kept
 */
export async function importReference(
  connection: Connection,
  order: { path: string; kind: ReferenceKind; tenant: string; supersede: boolean; partial: boolean },
): Promise<void> {
  const bytes = await readFile(order.path)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: LARGEST }) : bytes).toString('utf8')
  const rows = rowsOf(order.kind, text)
  const path = `/v1/reference/${order.kind}`
  const asked = { rows, supersede: order.supersede, partial: order.partial }
  const state = (more: object) => call<ReferenceSaved>(connection, 'POST', path, order.tenant, { ...asked, ...more })
  const tried = order.kind === 'systems' ? await importSystems(connection, order.tenant, rows) : await state({ dry_run: true })
  const { problems } = tried
  for (const { row, message } of problems.slice(0, SHOWN)) process.stderr.write(`  row ${row + 1}: ${message}\n`)
  if (problems.length > SHOWN) process.stderr.write(`  and ${problems.length - SHOWN} more\n`)
  if (problems.length > 0 && !order.partial)
    throw new SightlineError('file_invalid', `${problems.length} of ${rows.length} rows cannot be kept; nothing was.`, {
      next: 'Mend them and run the same command again, or keep the others with --partial.',
    })
  const saved = order.kind === 'systems' ? tried : await state({})
  process.stdout.write(
    `${rows.length} rows of ${order.kind}: ${saved.added} kept, ${saved.unchanged} known before, ${saved.ended} earlier ones ended, ${saved.problems.length} refused.\n`,
  )
}

async function importSystems(connection: Connection, tenant: string, rows: readonly unknown[]): Promise<ReferenceSaved> {
  const { systems } = await call<{ systems: { id: string }[] }>(connection, 'GET', '/v1/systems', tenant)
  const known = new Set(systems.map(({ id }) => id))
  let [added, unchanged] = [0, 0]
  for (const row of rows) {
    const { key, body } = row as { key: string; body: Record<string, unknown> }
    if (known.has(key)) {
      await call(connection, 'PATCH', `/v1/systems/${encodeURIComponent(key)}`, tenant, body)
      unchanged++
    } else {
      await call(connection, 'POST', '/v1/systems', tenant, { name: key, ...body, id: key })
      added++
    }
  }
  return { added, unchanged, ended: 0, problems: [], recorded_at: null }
}

/** The rows of a file, whatever of the three forms it has. */
function rowsOf(kind: ReferenceKind, text: string): unknown[] {
  const start = text.trimStart()[0]
  if (start === '[') return asArray(parsed(text))
  if (start !== '{') return readTable(kind, text)
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsed)
}

function asArray(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new SightlineError('file_invalid', 'The file holds no array of rows.')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SightlineError('file_invalid', `"${text.slice(0, 60)}" is not JSON.`, { cause })
  }
}
