import type { Format } from './format.ts'
import { camunda } from './formats/camunda.ts'
import { cloudevents } from './formats/cloudevents.ts'
import { cxml } from './formats/cxml.ts'
import { debeziumOutbox } from './formats/debezium-outbox.ts'
import { einvoice } from './formats/einvoice.ts'
import { mappedJson } from './formats/mapped-json.ts'
import { mappedXml } from './formats/mapped-xml.ts'
import { n8nExecution } from './formats/n8n-execution.ts'
import { n8nLog } from './formats/n8n-log.ts'

/** Every format, each one file in `formats/`. */
export const FORMATS: readonly Format[] = [
  cloudevents,
  debeziumOutbox,
  camunda,
  n8nLog,
  n8nExecution,
  cxml,
  einvoice,
  mappedJson,
  mappedXml,
]

const byName: ReadonlyMap<string, Format> = new Map(FORMATS.map((format) => [format.name, format]))

/** The format of a name, such as `cloudevents`. */
export function formatNamed(name: string): Format | undefined {
  return byName.get(name)
}
