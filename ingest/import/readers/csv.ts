import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { SightlineError } from '../../../platform/errors.ts'
import { type Input, headOf, textChunks } from '../input.ts'
import type { Mapping } from '../mapping.ts'
import { type FileEvent, type FileObject, type FileRecord, type Scalar, scalarFromText } from '../record.ts'

/** How the text of a CSV file is to be taken apart. */
export type CsvDialect = { delimiter: string; quote: string; encoding: string }

const MAX_RECORD = 4 * 1024 * 1024
const CASE_PREFIX = /^(?:case:|\(case\)[_ ])/u

/** Finds delimiter, quote and encoding from the first 256 kB. */
export async function csvDialect(input: Input): Promise<CsvDialect> {
  const head = await headOf(input, 256 * 1024)
  let encoding = 'utf-8'
  try {
    // The cut may split a character: the decoder in stream mode does not mind.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    if (!(head[0] === 0xff && head[1] === 0xfe) && !(head[0] === 0xfe && head[1] === 0xff)) encoding = 'windows-1252'
  }
  const utf16 = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined
  const text = new TextDecoder(utf16 ?? encoding).decode(head, { stream: true })
  const quote =
    (text.match(/(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n])/gmu)?.length ?? 0) > (text.match(/"/gu)?.length ?? 0) ? "'" : '"'
  let best = { delimiter: ',', score: 0 }
  for (const delimiter of [',', ';', '\t', '|']) {
    const counts = fieldCounts(text, delimiter, quote)
    const header = counts[0] ?? 1
    const score = header < 2 ? 0 : (counts.filter((count) => count === header).length / counts.length) * Math.log(header + 1)
    if (score > best.score) best = { delimiter, score }
  }
  return { delimiter: best.delimiter, quote, encoding }
}

function fieldCounts(text: string, delimiter: string, quote: string): number[] {
  const counts: number[] = []
  let fields = 1
  let quoted = false
  for (let i = 0; i < text.length && counts.length < 50; i++) {
    const character = text[i]
    if (character === quote) quoted = !quoted
    else if (quoted) continue
    else if (character === delimiter) fields++
    else if (character === '\n') {
      counts.push(fields)
      fields = 1
    }
  }
  if (counts.length === 0) counts.push(fields)
  return counts
}

/** One row: its position among the data rows, from 0, its line in the file, and its fields. */
export type CsvRow = { ordinal: number; line: number; fields: string[] }

/**
 * Reads the rows of a CSV file; the first one is the header (ordinal −1).
 *
 * @throws SightlineError `file_invalid` with the line, for a quote that does not close or stands inside a field
 */
export async function* csvRows(input: Input, dialect: CsvDialect): AsyncGenerator<CsvRow> {
  const parser = parse({
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: MAX_RECORD,
  })
  const source = Readable.from(textChunks(input.bytes(), dialect.encoding))
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let ordinal = -1
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { ordinal: ordinal++, line: info.lines, fields: record }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : parser.info.lines
    throw new SightlineError('file_invalid', `${input.name} is not valid CSV at line ${line}: ${sentenceOf(error)}.`, {
      next: 'Repair the quotes at that line, or export the file again.',
      cause: error,
    })
  } finally {
    source.destroy()
    parser.destroy()
  }
}

function sentenceOf(error: CsvError): string {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote opens and never closes'
  if (error.code === 'CSV_MAX_RECORD_SIZE') return 'one record is longer than 4 MB, so a quote is probably not closed'
  if (error.code === 'INVALID_OPENING_QUOTE') return 'a quote stands inside a field that is not quoted'
  if (error.code === 'CSV_INVALID_CLOSING_QUOTE') return 'text follows a closing quote'
  return error.message.split(/[:,] /u)[0] ?? error.code
}

/** Reads a CSV event log by a mapping: one event a row, with its end where the mapping names one. */
export async function* readCsv(input: Input, mapping: Mapping, dialect: CsvDialect): AsyncGenerator<FileRecord> {
  let header: string[] | undefined
  let plan: Plan | undefined
  let lastCase: string | undefined
  let lastAttributes = ''
  for await (const row of csvRows(input, dialect)) {
    if (header === undefined || plan === undefined) {
      header = row.fields.map((name) => name.trim())
      plan = planOf(header, mapping, input.name)
      continue
    }
    const { ordinal, fields } = row
    if (fields.length > header.length && fields.slice(header.length).some((field) => field !== '')) {
      yield {
        kind: 'problem',
        ordinal,
        code: 'columns_mismatch',
        message: `line ${row.line} has ${fields.length} fields, the header ${header.length}`,
      }
      continue
    }
    const activity = (fields[plan.activity] ?? '').trim()
    if (activity === '') {
      yield { kind: 'problem', ordinal, code: 'activity_missing', message: `line ${row.line} has no ${header[plan.activity]}` }
      continue
    }
    const record: FileEvent = { kind: 'event', ordinal, activity, time: (fields[plan.time] ?? '').trim(), attributes: {} }
    const end = plan.end === undefined ? '' : (fields[plan.end] ?? '').trim()
    if (end !== '') record.end = end
    const id = plan.id === undefined ? '' : (fields[plan.id] ?? '').trim()
    if (id !== '') record.id = id
    const lifecycle = plan.lifecycle === undefined ? '' : (fields[plan.lifecycle] ?? '').trim()
    if (lifecycle !== '') record.lifecycle = lifecycle
    if (plan.case !== undefined) record.case = (fields[plan.case] ?? '').trim()
    if (plan.objects.length > 0) {
      const objects: FileObject[] = []
      for (const { at, type, split, qualifier } of plan.objects)
        for (const one of listOf(fields[at] ?? '', split))
          objects.push({ type, id: one, ...(qualifier === undefined ? {} : { qualifier }) })
      record.objects = objects
    }
    const ofCase: Record<string, Scalar> = {}
    for (const { at, name, case: isCase } of plan.attributes) {
      const field = fields[at]
      if (field === undefined || field === '') continue
      ;(isCase ? ofCase : record.attributes)[name] = scalarFromText(field)
    }
    if (plan.caseAttributes) {
      record.context = ofCase
      const text = JSON.stringify(ofCase)
      if (text !== '{}' && (record.case !== lastCase || text !== lastAttributes)) record.caseAttributes = ofCase
      lastCase = record.case
      lastAttributes = text
    }
    yield record
  }
  if (header === undefined) throw new SightlineError('file_invalid', `${input.name} is empty.`)
}

type Plan = {
  activity: number
  time: number
  end: number | undefined
  id: number | undefined
  lifecycle: number | undefined
  case: number | undefined
  objects: { at: number; type: string; split: string | undefined; qualifier: string | undefined }[]
  attributes: { at: number; name: string; case: boolean }[]
  caseAttributes: boolean
}

function planOf(header: string[], mapping: Mapping, name: string): Plan {
  const need = (column: string, what: string): number => {
    const at = header.indexOf(column)
    if (at === -1)
      throw new SightlineError('file_invalid', `${name} has no column "${column}", which the mapping names for ${what}.`, {
        next: `Its columns are: ${header.join(', ').slice(0, 400)}. Give a mapping with --mapping.`,
      })
    return at
  }
  const optional = (column: string | undefined, what: string): number | undefined =>
    column === undefined ? undefined : need(column, what)
  const activity = need(mapping.activity.column, 'the activity')
  const time = need(mapping.time.column, 'the time')
  const end = optional(mapping.end?.column, 'the end')
  const id = optional(mapping.id?.column, 'the id')
  const lifecycle = optional(mapping.lifecycle?.column, 'the lifecycle')
  const ofCase = optional(mapping.case?.column, 'the case')
  // Objects that come of the case's column or of case attributes are found by the mapping; columns of lists are taken apart here.
  const objects = mapping.objects
    .filter((object) => object.split !== undefined)
    .map((object) => ({
      at: need(object.column, `objects of type ${object.type}`),
      type: object.type,
      split: object.split,
      qualifier: object.qualifier,
    }))
  const used = new Set([activity, time, end, id, lifecycle, ofCase, ...objects.map((object) => object.at)])
  const attributes = header.flatMap((column, at) => {
    if (used.has(at) || column === '') return []
    return [{ at, name: column.replace(CASE_PREFIX, ''), case: CASE_PREFIX.test(column) }]
  })
  return {
    activity,
    time,
    end,
    id,
    lifecycle,
    case: ofCase,
    objects,
    attributes,
    caseAttributes: attributes.some((attribute) => attribute.case),
  }
}

/** `a,b,c`, or a list as Python writes it: `['a', 'b']`. */
function listOf(text: string, split: string | undefined): string[] {
  const bare =
    text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1).replace(/(^|,)\s*['"]|['"]\s*(?=,|$)/gu, '$1') : text
  const parts = split === undefined ? [bare] : bare.split(split)
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
