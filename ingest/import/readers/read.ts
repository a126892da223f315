import type { Input } from '../input.ts'
import type { Format, Mapping } from '../mapping.ts'
import type { FileRecord } from '../record.ts'
import { readCloudEvents } from './cloudevents.ts'
import { type CsvDialect, readCsv } from './csv.ts'
import { readOcel1Json } from './ocel1-json.ts'
import { readOcel2Json } from './ocel2-json.ts'
import { readOcel2Sqlite } from './ocel2-sqlite.ts'
import { readOcel2Xml } from './ocel2-xml.ts'
import { readXes } from './xes.ts'

/** How often a reader goes through the file: formats that may keep objects behind events take two passes. */
export const PASSES: Record<Format, number> = {
  xes: 1,
  csv: 1,
  cloudevents: 1,
  'ocel2-json': 2,
  'ocel2-xml': 2,
  'ocel1-json': 2,
  'ocel2-sqlite': 1,
}

/** Reads a file of any format, in file order. `dialect` is needed for CSV. */
export function readRecords(
  input: Input,
  format: Format,
  mapping: Mapping,
  dialect: CsvDialect | undefined,
): AsyncGenerator<FileRecord> {
  switch (format) {
    case 'xes':
      return readXes(input, {
        // `case:concept:name` is what the name of a trace is called where traces are rows.
        ...(mapping.case === undefined || mapping.case.column === 'case'
          ? {}
          : { case: mapping.case.column.replace(/^case:/u, '') }),
        activity: mapping.activity.column,
        time: mapping.time.column,
        ...(mapping.end === undefined ? {} : { end: mapping.end.column }),
        ...(mapping.id === undefined ? {} : { id: mapping.id.column }),
        ...(mapping.lifecycle === undefined ? {} : { lifecycle: mapping.lifecycle.column }),
      })
    case 'ocel2-json':
      return readOcel2Json(input)
    case 'ocel2-xml':
      return readOcel2Xml(input)
    case 'ocel2-sqlite':
      return readOcel2Sqlite(input)
    case 'ocel1-json':
      return readOcel1Json(input)
    case 'cloudevents':
      return readCloudEvents(input)
    case 'csv':
      return readCsv(input, mapping, dialect ?? { delimiter: ',', quote: '"', encoding: 'utf-8' })
  }
}
