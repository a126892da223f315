import { type Format, rejected } from '../format.ts'
import { parseForm, parseJson } from '../payload/json.ts'

const FORM = 'application/x-www-form-urlencoded'

/** Any JSON, or a form as some vendors post it, turned into events by a mapping. */
export const mappedJson: Format = {
  name: 'mapped-json',
  title: 'JSON with a mapping',
  mapping: 'needed',
  media: ['application/json', FORM],
  limit: 4 * 1024 * 1024,
  read(record, context) {
    const { mapping } = context
    if (mapping === null) return rejected('mapping_missing', 'needs a mapping that says what the payload means')
    if (mapping.input !== 'json') return rejected('mapping_missing', `the mapping ${mapping.name} is for XML`)
    const isForm = (record.headers['content-type'] ?? '').toLowerCase().startsWith(FORM)
    const parsed = isForm ? parseForm(record.body) : parseJson(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    context.seen?.(mapping.kindOf(parsed.value, record.headers), parsed.value)
    return mapping.read(parsed.value, { ...context, headers: record.headers, key: record.key })
  },
}
