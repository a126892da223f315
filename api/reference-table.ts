import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { REFERENCE_KINDS, type ReferenceKind } from '../model/reference.ts'
import { SightlineError } from '../platform/errors.ts'

/** Columns of a table that are not part of a row's body. */
const FRAME = ['key', 'valid_from', 'valid_to'] as const
const IS_FRAME: ReadonlySet<string> = new Set(FRAME)
/** A cell that is read as JSON. */
const JSON_CELL = /^(?:[[{"]|(?:true|false|null)$)/u
/** A text that a spreadsheet would run, which is written with an apostrophe before it. */
const FORMULA = /^[=+@\t\r]|^-(?![\d.])/u

/**
 * Reads a table of reference data: CSV with the columns key, valid_from, valid_to and one for each field of the body. Empty cells are left
 * out; cells that are JSON are read as JSON.
 *
 * @throws SightlineError `file_invalid` for what is no table
 */
export function readTable(kind: ReferenceKind, text: string): unknown[] {
  const numbers = numberFields(kind)
  return tableRecords(text).map((record) => {
    const cell = (column: string) => (record[column] === '' ? undefined : record[column])
    const fields = Object.entries(record)
      .filter(([column, value]) => !IS_FRAME.has(column) && value !== '')
      .map(([column, value]) => [column, cellValue(value, numbers.has(column))])
    return {
      key: keyOf(record['key']),
      ...(cell('valid_from') === undefined ? {} : { valid_from: cell('valid_from') }),
      ...(cell('valid_to') === undefined ? {} : { valid_to: cell('valid_to') }),
      body: Object.fromEntries(fields),
    }
  })
}

/** Writes rows of a kind as the table that {@link readTable} reads. */
export function writeTable(
  kind: ReferenceKind,
  rows: readonly { key: string; valid_from: string; valid_to: string | null; body: unknown }[],
): string {
  const fields = bodyFields(kind)
  const lines = rows.map(({ key, valid_from, valid_to, body }) => [
    cellText(key),
    valid_from,
    valid_to ?? '',
    ...fields.map((field) => cellText((body as Record<string, unknown>)[field])),
  ])
  return [[...FRAME, ...fields], ...lines].map((line) => `${line.map(quoted).join(',')}\r\n`).join('')
}

function tableRecords(text: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true })
  } catch (cause) {
    throw new SightlineError(
      'file_invalid',
      `The table cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    )
  }
}

function cellValue(cell: string, numeric: boolean): unknown {
  if (numeric && /^-?\d+(?:\.\d+)?$/u.test(cell)) return Number(cell)
  if (cell.startsWith("'") && FORMULA.test(cell.slice(1))) return cell.slice(1)
  if (!JSON_CELL.test(cell)) return cell
  try {
    return JSON.parse(cell)
  } catch (error) {
    if (error instanceof SyntaxError) return cell
    throw error
  }
}

/** A key is a text, whatever it looks like. */
function keyOf(cell: string | undefined): string | undefined {
  const value = cell === undefined ? undefined : cellValue(cell, false)
  return typeof value === 'string' ? value : cell
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value !== 'string') return JSON.stringify(value)
  if (JSON_CELL.test(value) || value.trim() !== value || (value.startsWith("'") && FORMULA.test(value.slice(1))))
    return JSON.stringify(value)
  return FORMULA.test(value) ? `'${value}` : value
}

function quoted(cell: string): string {
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

type Property = { type?: string }

function properties(kind: ReferenceKind): Record<string, Property> {
  const schema = z.toJSONSchema(REFERENCE_KINDS[kind].body, { io: 'input', unrepresentable: 'any' })
  return (schema.properties ?? {}) as Record<string, Property>
}

function bodyFields(kind: ReferenceKind): string[] {
  return Object.keys(properties(kind))
}

function numberFields(kind: ReferenceKind): ReadonlySet<string> {
  return new Set(
    Object.entries(properties(kind))
      .filter(([, { type }]) => type === 'integer' || type === 'number')
      .map(([name]) => name),
  )
}
