import type { ClickHouseClient } from '@clickhouse/client'
import { v5 as uuidv5 } from 'uuid'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { asStoreError, sqlText } from '../queries/run.ts'
import type { Batch, Coordinates, DeadLetter } from './batch.ts'
import { insertValues, type Patience } from './rows.ts'
import { inParts } from './settle.ts'

const COLUMNS = [
  'tenant_id',
  'letter_id',
  'feed',
  'received_at',
  'coordinates',
  'headers',
  'raw',
  'raw_bytes',
  'format',
  'code',
  'reason',
  'mapping',
  'mapping_version',
  'state',
  'replays',
  'note',
  'version',
] as const

const NAMESPACE = '7a1b6f0e-92d7-5c43-8a36-54f7b1f0c2de'

/** Bytes of a record that a dead letter keeps; of larger ones it keeps the beginning, and says how many there were. */
export const LETTER_BYTES = 1024 * 1024

/**
 * The identity of a dead letter: a record that is read again is the same letter. A request is named by its sender, and two senders may
 * choose one name: it is told apart by the way in.
 */
function letterId(tenant: string, feed: string, coordinates: Coordinates): string {
  const place =
    'topic' in coordinates
      ? [coordinates.cluster, coordinates.topic, coordinates.epoch, coordinates.partition, coordinates.offset]
      : [feed, coordinates.request, coordinates.index]
  return uuidv5([tenant, ...place].join('\n'), NAMESPACE)
}

/** Credentials that must never lie in a store. */
const SECRET_HEADER = /authorization|cookie|token|secret|api-?key|signature/iu

/** A letter with the tenant and the way it came by. */
export type Addressed = { tenant: TenantId; feed: string; at: Instant; letter: DeadLetter }

/** The letters of a batch, those of a request in their order in it. */
export function addressed(
  { tenant, feed, at }: Pick<Batch, 'tenant' | 'feed' | 'at'>,
  letters: readonly DeadLetter[],
): Addressed[] {
  return letters.map((letter) => {
    const { coordinates } = letter
    return { tenant, feed, at: 'index' in coordinates ? at + coordinates.index : at, letter }
  })
}

/** The letter of a record that was read, and that the store refused for a value: it keeps what was read. */
export function refusedLetter(
  read: { format: 'event' | 'telemetry'; record: object },
  coordinates: Extract<Coordinates, { request: string }>,
  reason: string,
): DeadLetter {
  return {
    coordinates,
    headers: {},
    raw: Buffer.from(JSON.stringify(read.record, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))),
    format: read.format,
    code: 'store_refused',
    reason,
    mapping: '',
    mappingVersion: 0,
  }
}

/** Stores dead letters. Storing one again changes nothing, whatever has been done with it since. */
export async function insertDeadLetters(
  clickhouse: ClickHouseClient,
  letters: readonly Addressed[],
  patience: Patience,
): Promise<void> {
  const rows = letters.map(({ tenant, feed, at, letter }): unknown[] => {
    const headers = Object.fromEntries(Object.entries(letter.headers).filter(([name]) => !SECRET_HEADER.test(name)))
    return [
      tenant,
      letterId(tenant, feed, letter.coordinates),
      feed,
      at,
      JSON.stringify(letter.coordinates),
      JSON.stringify(headers),
      withoutSecrets(letter.raw.subarray(0, LETTER_BYTES)).toString('base64'),
      letter.raw.byteLength,
      letter.format,
      letter.code,
      letter.reason.slice(0, 1000),
      letter.mapping,
      letter.mappingVersion,
      'open',
      0,
      '',
      0,
    ]
  })
  for (const part of byBytes(rows)) {
    const refused = await insertValues(clickhouse, { table: 'dead_letters', columns: COLUMNS }, part, '', patience)
    if (refused.length > 0) throw new Error(`a dead letter could not be kept: ${refused[0]?.reason ?? ''}`)
  }
}

/** cXML carries its password in the body: it is blotted out, length kept. */
function withoutSecrets(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw)
  if (!bytes.includes('<SharedSecret')) return bytes
  const text = bytes.toString('latin1')
  return Buffer.from(
    text.replaceAll(/(<SharedSecret[^>]*>)([^<]*)/gu, (_all, open: string, secret: string) => open + '*'.repeat(secret.length)),
    'latin1',
  )
}

/**
 * Gives letters a new state: replayed, open again, or purged (its bytes go, the letter stays). A purged one stays as it is.
 *
 * @param change.note who did it and why
 * @throws SightlineError `store_unavailable`
 */
export async function changeLetters(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  ids: readonly string[],
  change: { state: 'open' | 'replayed' | 'purged'; note: string; replayed: boolean; now: Instant },
): Promise<void> {
  try {
    for (const part of inParts(ids, (id) => id))
      await clickhouse.command({
        query: sqlText('settle/dead-letter-states'),
        query_params: {
          tenant_id: tenant,
          ids: part,
          state: change.state,
          note: change.note.slice(0, 500),
          replayed: change.replayed ? 1 : 0,
          version: change.now,
        },
      })
  } catch (error) {
    throw asStoreError(error, 'the change of dead letters')
  }
}

const PART_BYTES = 8 * 1024 * 1024

/** Rows in parts whose bytes an insert takes well. */
function byBytes(rows: readonly unknown[][]): unknown[][][] {
  const parts: unknown[][][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
    if (bytes + size > PART_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(row)
    bytes += size
  }
  return parts
}
