import type { z } from 'zod'
import type { ViolationExported } from './contract/controls.ts'
import type { Lines } from './route.ts'

type Exported = z.output<typeof ViolationExported>

const COLUMNS = [
  'id',
  'control',
  'control_version',
  'title',
  'category',
  'severity',
  'state',
  'detected_at',
  'known_from',
  'document_type',
  'document_id',
  'subject_id',
  'policy_id',
  'policy_version',
  'amount',
  'currency',
  'offender',
  'detail',
] as const
const EVENT_COLUMNS = [
  'id',
  'natural_id',
  'source',
  'occurred_at',
  'received_at',
  'activity',
  'system',
  'actor_id',
  'actor_kind',
  'on_behalf_of',
  'status',
  'code',
  'message',
  'amount',
  'currency',
] as const

/** An evidence pack as lines: NDJSON with a violation a line, or CSV with a row a violation and event. */
export function exported(rows: AsyncIterable<Exported>, format: 'ndjson' | 'csv'): Lines {
  return format === 'csv' ? { type: 'text/csv', lines: csvLines(rows) } : { type: 'application/x-ndjson', lines: jsonLines(rows) }
}

async function* jsonLines(rows: AsyncIterable<Exported>): AsyncIterable<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

async function* csvLines(rows: AsyncIterable<Exported>): AsyncIterable<string> {
  yield csvLine([...COLUMNS, ...EVENT_COLUMNS.map((name) => `event_${name}`)])
  for await (const row of rows) {
    const own = COLUMNS.map((name) => row[name])
    if (row.events.length === 0) yield csvLine([...own, ...EVENT_COLUMNS.map(() => null)])
    for (const event of row.events) yield csvLine([...own, ...EVENT_COLUMNS.map((name) => event[name])])
  }
}

/** A row as RFC 4180 wants it. A leading `=`, `+`, `-` or `@` is defused, since spreadsheets would run it. */
function csvLine(cells: readonly (string | null)[]): string {
  return `${cells
    .map((cell) => {
      if (cell === null) return ''
      const safe = /^[=+\-@\t\r]/u.test(cell) && !/^-?\d+(?:\.\d+)?$/u.test(cell) ? `'${cell}` : cell
      return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
    })
    .join(',')}\r\n`
}
