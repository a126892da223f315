import { readExecution } from '../connectors/n8n-execution.ts'
import { NOTHING_TOLD } from '../connectors/n8n-run.ts'
import { type Format, rejected } from '../format.ts'
import { objectOf } from '../payload/fields.ts'
import { parseJson } from '../payload/json.ts'

/** One execution as n8n's API answers it: what the n8n connector pulls, and how a record that it could not read is read again. */
export const n8nExecution: Format = {
  name: 'n8n-execution',
  title: 'n8n execution (API)',
  mapping: 'none',
  media: ['application/json'],
  limit: 32 * 1024 * 1024,
  read(record, context) {
    const parsed = parseJson(record.body)
    if (!('value' in parsed)) return rejected('json_invalid', 'is no JSON')
    const { data: _data, workflowData: _workflow, ...shape } = objectOf(parsed.value)
    context.seen?.('execution', shape)
    const read = readExecution(parsed.value, NOTHING_TOLD, {
      ...context,
      documents: [],
      calls: false,
      resolve: () => null,
    })
    return 'reject' in read ? read : { events: read.events }
  },
}
