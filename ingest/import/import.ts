import type { Instant } from '../../model/instant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { detectFormat } from './detect.ts'
import { guessMapping, type Sample } from './guess-mapping.ts'
import { fileInput, type Input } from './input.ts'
import { type Format, type ImportedEvent, Mapping, objectsOf, toCloudEvents, unreadableEvent } from './mapping.ts'
import { createObjectState, type Loss, lossSentences } from './object-state.ts'
import { mappingByName, suggestPack } from './packs.ts'
import { createQualityReport, type QualityReport } from './quality.ts'
import { type CsvDialect, csvDialect, csvRows } from './readers/csv.ts'
import { sqliteEvents } from './readers/ocel2-sqlite.ts'
import { PASSES, readRecords } from './readers/read.ts'
import type { FileEvent } from './record.ts'
import { isZone, parseTime, type TimeFormat } from './times.ts'

export { FORMATS, Mapping } from './mapping.ts'

/** Repairs that an import can do on the way. */
export const REPAIRS: readonly string[] = ['swap-day-month']

/** How a file is to be read, where it should not be guessed. */
export type ImportOptions = {
  format?: Format | undefined
  /** A mapping, the name of a pack, or the path of a JSON file. */
  mapping?: Mapping | string | undefined
  /** What times without a zone mean: `UTC`, `+02:00` or an IANA zone such as `Europe/Berlin`. */
  zone?: string | undefined
  /** One of {@link REPAIRS}. */
  repair?: string | undefined
  /** Name of the file where its path does not say it. */
  fileName?: string | undefined
  /** The clock (µs) against which dates lie in the future. */
  now?: Instant | undefined
}

/** What an analysis found, before anything is loaded. */
export type Analysis = {
  format: Format
  /** Complete: given back to {@link openImport}, nothing is guessed again. */
  mapping: Mapping
  /** Why format and mapping are what they are, one sentence each. */
  reasons: string[]
  /** A pack that knows the activities, where no mapping was given. */
  suggestedPack: string | null
  /** CloudEvents source of every event: `/import/<file name without .gz>`. */
  source: string
  report: QualityReport
  /** What the store does not keep of the file. */
  loss: Loss
}

/** One event on its way. Both events of a row with start and end share its ordinal. */
export type ImportedRecord = { ordinal: number; bytesRead: number; event: ImportedEvent }

/** A file whose format and mapping are settled. */
type Opened = {
  input: Input
  format: Format
  mapping: Mapping
  timeFormat: TimeFormat
  zone: string
  zoneGiven: boolean
  swapped: boolean
  dialect: CsvDialect | undefined
  reasons: string[]
  suggestedPack: string | null
  guessed: boolean
}

const SAMPLE_ROWS = 20_000
const SAMPLE_EVENTS = 5_000

/**
 * Looks at the whole of a file before anything is loaded: format, mapping and why, and a report on its quality.
 *
 * @param progress gets bytes of the file and events read so far, now and then
 * @throws SightlineError `file_not_found`, `file_invalid` (no log, broken, or columns that a guess cannot name),
 *   `parameter_invalid` (zone, repair)
 */
export async function analyse(
  path: string,
  options: ImportOptions = {},
  progress: (bytesRead: number, events: number) => void = () => undefined,
): Promise<Analysis> {
  const opened = await open(path, options)
  const { input, format, timeFormat, zone, swapped } = opened
  try {
    let { mapping } = opened
    const reasons = [...opened.reasons]
    const readTime = timeReader(opened)
    const quality = createQualityReport({
      mapping,
      timeFormat,
      zone,
      zoneGiven: opened.zoneGiven,
      now: options.now ?? Date.now() * 1000,
      swapped,
    })
    const state = createObjectState(readTime)
    const position = await positions(opened)
    let events = 0
    const activities = new Set<string>()
    for await (const record of readRecords(input, format, mapping, opened.dialect)) {
      if (record.kind !== 'event') {
        quality.observe(record, null)
        if (record.kind === 'object') state.hold(objectKey(record, mapping), record)
        else if (record.kind === 'relations') state.relate(record.count)
        continue
      }
      const instant = readTime(record.time)
      quality.observe(record, instant)
      state.bring(objectKeys(record, mapping), instant)
      if (activities.size < 1000) activities.add(record.activity)
      if (++events % 5000 === 0) progress(position(record.ordinal), events)
    }
    const report = quality.finish()
    const loss = state.loss()
    report.notes.push(...lossSentences(loss))
    const doubled = report.findings.find((finding) => finding.check === 'duplicate_ids')
    if (doubled !== undefined && opened.guessed && format === 'csv') {
      // A guess that the whole file disproves is taken back: ids by position lose nothing.
      const { id, ...rest } = mapping
      mapping = rest
      reasons.push(
        `"${id?.column ?? ''}" is not the id after all, rows repeat it: they are told apart by their place in the file`,
      )
      report.findings = report.findings.filter((finding) => finding !== doubled)
    }
    const suggestedPack = opened.guessed ? suggestPack(activities) : null
    if (suggestedPack !== null)
      reasons.push(
        `the pack "${suggestedPack}" knows these activities: --mapping ${suggestedPack} gives them the canonical names that KPIs speak`,
      )
    progress(input.totalBytes, events)
    return { format, mapping, reasons, suggestedPack, source: sourceOf(input), report, loss }
  } finally {
    await input.close()
  }
}

/**
 * A file as events, in file order. With the format and the mapping of an analysis it is read once.
 *
 * What cannot be read as an event is passed on as far as it goes, so that the server refuses it, counts it and keeps it as a dead
 * letter. The generator throws what {@link analyse} throws.
 */
export function openImport(path: string, options: ImportOptions = {}): { records(): AsyncGenerator<ImportedRecord> } {
  return {
    async *records() {
      const opened = await open(path, options)
      try {
        yield* importedRecords(opened)
      } finally {
        await opened.input.close()
      }
    },
  }
}

async function* importedRecords(opened: Opened): AsyncGenerator<ImportedRecord> {
  const { input, format, mapping, swapped, zone } = opened
  const readTime = timeReader(opened)
  const state = createObjectState(readTime)
  const position = await positions(opened)
  const source = sourceOf(input)
  for await (const record of readRecords(input, format, mapping, opened.dialect)) {
    if (record.kind === 'object') state.hold(objectKey(record, mapping), record)
    else if (record.kind === 'problem')
      yield { ordinal: record.ordinal, bytesRead: position(record.ordinal), event: unreadableEvent(record, source) }
    else if (record.kind === 'event') {
      const objectAttributes = state.bring(objectKeys(record, mapping), readTime(record.time))
      const context = {
        source,
        format: opened.timeFormat,
        zone,
        swapped,
        ...(objectAttributes === undefined ? {} : { objectAttributes }),
      }
      const bytesRead = position(record.ordinal)
      for (const event of toCloudEvents(record, mapping, context)) yield { ordinal: record.ordinal, bytesRead, event }
    }
  }
}

async function open(path: string, options: ImportOptions): Promise<Opened> {
  if (options.zone !== undefined && !isZone(options.zone))
    throw new SightlineError('parameter_invalid', `"${options.zone}" is no time zone.`, {
      next: 'Give UTC, an offset such as +02:00, or a name such as Europe/Berlin.',
    })
  if (options.repair !== undefined && !REPAIRS.includes(options.repair))
    throw new SightlineError('parameter_invalid', `There is no repair "${options.repair}".`, {
      next: `Repairs: ${REPAIRS.join(', ')}.`,
    })
  const input = await fileInput(path, options.fileName)
  try {
    return await settle(input, options)
  } catch (error) {
    await input.close()
    throw error
  }
}

/** Finds out what is not given: format, dialect, mapping, time format. */
async function settle(input: Input, options: ImportOptions): Promise<Opened> {
  const given = typeof options.mapping === 'string' ? await mappingByName(options.mapping) : options.mapping
  const format = options.format ?? given?.format ?? (await detectFormat(input))
  const dialect = format === 'csv' ? await csvDialect(input) : undefined
  const swapped = options.repair === 'swap-day-month'
  const reasons: string[] = []
  if (dialect !== undefined)
    reasons.push(
      `CSV with ${dialect.delimiter === '\t' ? 'tabs' : `"${dialect.delimiter}"`} between fields${dialect.encoding === 'utf-8' ? '' : `, in ${dialect.encoding}`}`,
    )
  if (given !== undefined) reasons.push(`mapping "${given.name}", version ${given.version}, as given`)
  let mapping = given
  if (mapping?.time.format === undefined) {
    const sample = await sampleOf(input, format, dialect, given)
    if ('events' in sample && sample.events.length === 0)
      throw new SightlineError('file_invalid', `${input.name} holds no event.`)
    const guess = guessMapping(sample, format, input.name)
    if (given === undefined) reasons.push(...guess.reasons)
    mapping ??= guess.mapping ?? undefined
    if (mapping === undefined)
      throw new SightlineError(
        'file_invalid',
        `The columns of ${input.name} do not say what they are: ${guess.reasons.join('; ')}.`,
        {
          next: 'If it is an event log, name them in a mapping file and give it with --mapping.',
        },
      )
    mapping = { ...mapping, time: { ...mapping.time, format: guess.timeFormat } }
  }
  const zone = options.zone ?? mapping.time.zone
  if (swapped) reasons.push('day and month are changed back wherever both are at most 12')
  return {
    input,
    format,
    mapping: zone === undefined ? mapping : { ...mapping, time: { ...mapping.time, zone } },
    timeFormat: mapping.time.format ?? 'iso',
    zone: zone ?? 'UTC',
    zoneGiven: zone !== undefined,
    swapped,
    dialect,
    reasons,
    suggestedPack: null,
    guessed: given === undefined,
  }
}

/** Header and first rows, or first events: enough to guess from. */
async function sampleOf(
  input: Input,
  format: Format,
  dialect: CsvDialect | undefined,
  given: Mapping | undefined,
): Promise<Sample> {
  if (dialect !== undefined) {
    const rows: string[][] = []
    for await (const row of csvRows(input, dialect)) {
      rows.push(row.fields)
      if (rows.length > SAMPLE_ROWS) break
    }
    const header = rows.shift()?.map((name) => name.trim())
    if (header === undefined || header.length < 2)
      throw new SightlineError(
        'file_invalid',
        `${input.name} is no event log: its first line does not hold the names of columns.`,
      )
    return { header, rows }
  }
  const events: FileEvent[] = []
  const standard =
    given ??
    Mapping.parse({ name: 'standard', version: 1, activity: { column: 'concept:name' }, time: { column: 'time:timestamp' } })
  for await (const record of readRecords(input, format, standard, dialect)) {
    if (record.kind !== 'event') continue
    events.push(record)
    if (events.length >= SAMPLE_EVENTS) break
  }
  return { events }
}

/** How many bytes of the file stand for the events up to an ordinal, over all passes of its reader. */
async function positions({ input, format }: Opened): Promise<(ordinal: number) => number> {
  if (format === 'ocel2-sqlite') {
    const events = Math.max(1, await sqliteEvents(input))
    return (ordinal) => Math.min(input.totalBytes, Math.round((input.totalBytes * (ordinal + 1)) / events))
  }
  const start = input.position()
  return () => Math.min(input.totalBytes, Math.round((input.position() - start) / PASSES[format]))
}

function timeReader({ timeFormat, zone, swapped }: Opened): (text: string) => Instant | null {
  return (text) => (text === '' ? null : parseTime(text, timeFormat, zone, swapped))
}

function sourceOf(input: Input): string {
  return `/import/${input.name}`
}

function objectKeys(record: FileEvent, mapping: Mapping): string[] {
  return objectsOf(record, mapping).map(({ type, id }) => `${type}/${id}`)
}

function objectKey(record: { type: string; id: string }, mapping: Mapping): string {
  return `${(mapping.types[record.type] ?? record.type).replaceAll('/', '_')}/${record.id}`
}
