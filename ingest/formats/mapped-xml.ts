import { type Format, rejected } from '../format.ts'
import { parseXml } from '../payload/xml.ts'

/** Any XML, turned into events by a mapping that speaks of elements by their local names. */
export const mappedXml: Format = {
  name: 'mapped-xml',
  title: 'XML with a mapping',
  mapping: 'needed',
  media: ['application/xml', 'text/xml'],
  limit: 8 * 1024 * 1024,
  read(record, context) {
    const { mapping } = context
    if (mapping === null) return rejected('mapping_missing', 'needs a mapping that says what the payload means')
    if (mapping.input !== 'xml') return rejected('mapping_missing', `the mapping ${mapping.name} is for JSON`)
    const parsed = parseXml(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    context.seen?.(mapping.kindOf(parsed.value, record.headers), parsed.value)
    return mapping.read(parsed.value, { ...context, headers: record.headers, key: record.key })
  },
}
