import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, rejected } from '../format.ts'
import { documentOf, type Envelope, type Found, timeOf } from '../payload/cxml-documents.ts'
import { given } from '../payload/fields.ts'
import { at, rootOf, textAt } from '../payload/xml-read.ts'
import { parseXml, type XmlNode } from '../payload/xml.ts'

/** Documents that touch no order, receipt, invoice or payment, and why they are left out. */
const DROPS: Readonly<Record<string, string>> = {
  PunchOutSetupRequest: "A buyer opens a supplier's shop: nothing is ordered yet.",
  PunchOutSetupResponse: "A supplier's shop answers where it opens: nothing is ordered yet.",
  PunchOutOrderMessage: "A shopping cart comes back from a supplier's shop: the requisition or order made of it counts.",
  ProfileRequest: 'Asks what a server can do; no document is exchanged.',
  ProfileResponse: 'Says what a server can do; no document is exchanged.',
  CatalogUploadRequest: 'A catalogue is loaded; no document is ordered, received or invoiced.',
  ProductActivityMessage: 'Stock and consumption of products; no document is ordered, received or invoiced.',
  QuoteMessage: 'A quote: sourcing comes before the documents that are followed here.',
  QuoteRequest: 'A request for a quote: sourcing comes before the documents that are followed here.',
  CopyRequest: 'A copy of another message, which counts where it was sent first.',
  GetPendingRequest: 'Asks for messages that wait; no document is exchanged.',
  SubscriptionChangeMessage: 'Says that a catalogue or supplier list can be fetched anew.',
  AuthRequest: 'Asks who somebody is; no document is exchanged.',
  OrganizationDataRequest: 'Asks for master data; no document is exchanged.',
}
/**
 * cXML as Ariba, Coupa and supplier networks speak it: orders, confirmations, ship notices, receipts, invoices and status updates.
 * A message is told by its payload id and the document in it. Document types are not fetched, and none may declare entities.
 */
export const cxml: Format = {
  name: 'cxml',
  title: 'cXML (Ariba, Coupa, supplier networks)',
  mapping: 'optional',
  media: ['text/xml', 'application/xml'],
  limit: 16 * 1024 * 1024,
  read(record, context) {
    const parsed = parseXml(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    const document = rootOf(parsed.value)
    const body = document === null ? undefined : bodyOf(document.root)
    context.seen?.(body?.name ?? '', parsed.value)
    if (context.mapping !== null)
      return context.mapping.input === 'xml'
        ? context.mapping.read(parsed.value, { ...context, headers: record.headers, key: record.key })
        : rejected('mapping_missing', `the mapping ${context.mapping.name} is for JSON`)
    if (document === null) return rejected('cxml_invalid', 'holds no document')
    if (document.name === 'Index') return { drop: 'A catalogue; no document is ordered, received or invoiced.' }
    if (document.name.toLowerCase() !== 'cxml')
      return rejected('cxml_invalid', `is no cXML message: its root is "${document.name.slice(0, 60)}"`)
    return read(document.root, body, context)
  },
}

/** The one document in a message, with its name and what it stands in. */
function bodyOf(root: XmlNode): { name: string; node: XmlNode; within: string } | undefined {
  for (const within of ['Request', 'Message', 'Response']) {
    const outer = at(root, within)
    if (outer === undefined) continue
    if (typeof outer === 'string') return { name: '', node: outer, within }
    for (const [name, node] of Object.entries(outer)) {
      if (name.startsWith('@') || name === '#text' || name === 'Status') continue
      const first = Array.isArray(node) ? node[0] : node
      if (first !== undefined) return { name, node: first, within }
    }
    return { name: '', node: outer, within }
  }
  return undefined
}

function read(root: XmlNode, body: ReturnType<typeof bodyOf>, context: FormatContext): Outcome {
  if (body === undefined) return rejected('cxml_invalid', 'holds neither a Request nor a Message nor a Response')
  const dropped = DROPS[body.name]
  if (dropped !== undefined) return { drop: dropped }
  if (body.within === 'Response') {
    const code = textAt(root, 'Response', 'Status', '@code')
    return {
      drop: `An answer${code === '' ? '' : ` (${code.slice(0, 10)})`} to a message that it does not name: it touches no document.`,
    }
  }
  const sent = timeOf(textAt(root, '@timestamp'))
  const envelope: Envelope = {
    payloadId: textAt(root, '@payloadID'),
    sentAt: sent,
    from: identity(root, 'From'),
    to: identity(root, 'To'),
    test: textAt(root, body.within, '@deploymentMode') === 'test',
  }
  const found = documentOf(body.name, body.node, envelope)
  if ('drop' in found) return found
  if ('wrong' in found) return rejected('cxml_invalid', found.wrong)
  return eventsOf([cloudOf(found, envelope, context)], context)
}

function cloudOf(found: Found, envelope: Envelope, context: FormatContext): Cloud {
  const known = envelope.payloadId !== ''
  return {
    specversion: '1.0',
    id: known ? `${envelope.payloadId}/${found.kind}/${found.key}` : context.naturalId,
    source: known ? 'cxml' : context.source,
    type: `cxml.${found.kind}`,
    time: found.time,
    data: given({
      activity: found.kind,
      canonical: found.canonical,
      objects: found.objects.filter(({ id }) => id !== ''),
      system: context.system,
      ...found.data,
      attributes: given({ ...found.attributes, payload_id: envelope.payloadId, ...(envelope.test ? { test_mode: true } : {}) }),
    }),
  }
}

function identity(root: XmlNode, side: 'From' | 'To'): string {
  return textAt(root, 'Header', side, 'Credential', 'Identity').slice(0, 200)
}
