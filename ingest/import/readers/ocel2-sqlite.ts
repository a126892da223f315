import { setImmediate } from 'node:timers/promises'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import type { FileEvent, FileObject, FileRecord, Scalar } from '../record.ts'
import { objectFromValues, UNKNOWN_TYPE } from './ocel.ts'

type Row = Record<string, SQLOutputValue>
type ObjectDraft = { id: string; values: { name: string; time: string; value: Scalar }[] }

const TABLES = ['event', 'object', 'event_object', 'event_map_type', 'object_map_type']
const FIXED = new Set(['ocel_id', 'ocel_time', 'ocel_type', 'ocel_changed_field'])

/** Sorts and indexes go to temporary files; memory stays small whatever the size of the log. */
const PRAGMAS = 'PRAGMA query_only = 1; PRAGMA temp_store = FILE; PRAGMA cache_size = -2000; PRAGMA soft_heap_limit = 25165824'

/** Reads OCEL 2.0 SQLite: objects, then events in the order of the table `event`. */
export async function* readOcel2Sqlite(input: Input): AsyncGenerator<FileRecord> {
  const path = await input.plainPath()
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true })
    db.exec(PRAGMAS)
    const tables = new Map<string, string[]>()
    for (const row of db.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").all())
      tables.set(
        String(row['name']),
        db
          .prepare(`PRAGMA table_info(${quoted(String(row['name']))})`)
          .all()
          .map((column) => String(column['name'])),
      )
    for (const table of TABLES)
      if (!tables.has(table))
        throw new SightlineError(
          'file_invalid',
          `${input.name} is a SQLite file without the table ${table}: it is no OCEL 2.0 log.`,
        )
    let rows = 0
    for (const part of [objects(db, tables), events(db, tables)])
      for (const record of part) {
        yield record
        // SQLite answers at once, always: without a pause nothing else, Ctrl-C among it, would get a turn.
        if (++rows % 2000 === 0) await setImmediate()
      }
  } catch (error) {
    if (error instanceof SightlineError) throw error
    throw new SightlineError(
      'file_invalid',
      `${input.name} cannot be read as SQLite: ${error instanceof Error ? error.message : String(error)}.`,
      {
        next: 'The file may be truncated: export it again.',
        cause: error,
      },
    )
  } finally {
    db?.close()
  }
}

/** How many events the table `event` holds; 0 where it cannot be read. */
export async function sqliteEvents(input: Input): Promise<number> {
  const path = await input.plainPath()
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true })
    return Number(db.prepare('SELECT count(*) AS n FROM event').get()?.['n'] ?? 0)
  } catch {
    return 0
  } finally {
    db?.close()
  }
}

function mapped(db: DatabaseSync, of: 'event' | 'object'): { type: string; table: string }[] {
  return db
    .prepare(`SELECT ocel_type, ocel_type_map FROM ${of}_map_type ORDER BY ocel_type`)
    .all()
    .map((row) => ({ type: String(row['ocel_type']), table: `${of}_${String(row['ocel_type_map'] ?? '')}` }))
}

function* objects(db: DatabaseSync, tables: Map<string, string[]>): Generator<FileRecord> {
  for (const { type, table } of mapped(db, 'object')) {
    yield { kind: 'declared', of: 'object', type }
    const columns = (tables.get(table) ?? []).filter((column) => !FIXED.has(column))
    const has = (column: string): boolean => tables.get(table)?.includes(column) ?? false
    const values = columns.map((column) => `, t.${quoted(column)}`).join('')
    // Ids of one object may be numbers in one table and text in the other; cast once, the join can still be indexed.
    const details = tables.has(table)
      ? `WITH t AS MATERIALIZED (SELECT rowid AS place, CAST(ocel_id AS TEXT) AS id, ${has('ocel_time') ? 'ocel_time' : 'NULL AS ocel_time'},
           ${has('ocel_changed_field') ? 'ocel_changed_field' : 'NULL AS ocel_changed_field'}${columns.map((column) => `, ${quoted(column)}`).join('')}
         FROM ${quoted(table)})`
      : ''
    const rows = db
      .prepare(
        `${details}
         SELECT CAST(o.ocel_id AS TEXT) AS ocel_id${tables.has(table) ? `, t.ocel_time AS ocel_time, t.ocel_changed_field AS ocel_changed_field${values}` : ''}
         FROM object o ${tables.has(table) ? 'LEFT JOIN t ON t.id = CAST(o.ocel_id AS TEXT)' : ''}
         WHERE o.ocel_type = ? ORDER BY o.rowid${tables.has(table) ? ', t.place' : ''}`,
      )
      .iterate(type)
    let current: ObjectDraft | undefined
    for (const row of rows as Iterable<Row>) {
      const id = String(row['ocel_id'])
      if (current === undefined || current.id !== id) {
        if (current !== undefined) yield objectFromValues(type, current.id, current.values)
        current = { id, values: [] }
      }
      const time = text(row['ocel_time'])
      const changed = text(row['ocel_changed_field'])
      for (const column of columns) {
        const value = scalar(row[column])
        // A row that says which field changed speaks of that field alone; one that does not holds all that are not null.
        if (changed === '' ? value !== null : changed === column) current.values.push({ name: column, time, value })
      }
    }
    if (current !== undefined) yield objectFromValues(type, current.id, current.values)
  }
  const count = tables.has('object_object') ? Number(db.prepare('SELECT count(*) AS n FROM object_object').get()?.['n'] ?? 0) : 0
  if (count > 0) yield { kind: 'relations', count }
}

function* events(db: DatabaseSync, tables: Map<string, string[]>): Generator<FileRecord> {
  const types = mapped(db, 'event')
  const selects: string[] = []
  for (const { type, table } of types) {
    yield { kind: 'declared', of: 'event', type }
    const columns = tables.get(table)
    if (columns === undefined) continue
    const own = columns.filter((column) => !FIXED.has(column))
    const pairs = own.map((column) => `${literal(column)}, t.${quoted(column)}`).join(', ')
    selects.push(
      `SELECT e.rowid AS place, e.ocel_id AS id, e.ocel_type AS type, t.ocel_time AS time, json_object(${pairs}) AS attributes
       FROM event e JOIN ${quoted(table)} t ON t.ocel_id = e.ocel_id WHERE e.ocel_type = ${literal(type)}`,
    )
  }
  if (selects.length === 0) return
  // An event without a row in the table of its type has no time; it is named as unreadable, not dropped.
  const details = `SELECT place, time, attributes FROM (${selects.join('\nUNION ALL\n')})`
  const rows = db
    .prepare(
      `SELECT e.rowid AS place, e.ocel_id AS id, e.ocel_type AS type, d.time AS time, d.attributes AS attributes
       FROM event e LEFT JOIN (${details}) d ON d.place = e.rowid ORDER BY e.rowid`,
    )
    .iterate() as Iterable<Row>
  const links = db
    .prepare(
      `SELECT e.rowid AS place, r.ocel_object_id AS id, r.ocel_qualifier AS qualifier, o.ocel_type AS type
       FROM event_object r JOIN event e ON e.ocel_id = r.ocel_event_id LEFT JOIN object o ON o.ocel_id = r.ocel_object_id
       ORDER BY e.rowid, r.rowid`,
    )
    .iterate()
  // At the end node:sqlite hands out null where the protocol has undefined.
  const following = (): Row | null => links.next().value ?? null
  let link = following()
  let ordinal = 0
  for (const row of rows) {
    const place = Number(row['place'])
    const touched: FileObject[] = []
    for (; link !== null && Number(link['place']) <= place; link = following()) {
      if (Number(link['place']) < place) continue
      const qualifier = text(link['qualifier'])
      touched.push({ type: text(link['type']) || UNKNOWN_TYPE, id: text(link['id']), ...(qualifier === '' ? {} : { qualifier }) })
    }
    const attributes: FileEvent['attributes'] = {}
    const all = JSON.parse(text(row['attributes']) || '{}') as Record<string, Scalar>
    for (const [name, value] of Object.entries(all)) if (value !== null) attributes[name] = value
    yield {
      kind: 'event',
      ordinal: ordinal++,
      id: text(row['id']),
      activity: text(row['type']),
      time: text(row['time']),
      objects: touched,
      attributes,
    }
  }
}

function text(value: SQLOutputValue | undefined): string {
  return value === null || value === undefined || value instanceof Uint8Array ? '' : String(value)
}

function scalar(value: SQLOutputValue | undefined): Scalar {
  if (value === undefined || value instanceof Uint8Array) return null
  return typeof value === 'bigint' ? String(value) : value
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
