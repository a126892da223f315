import { SaxesParser, type SaxesTagNS } from 'saxes'
import type { Parsed } from './json.ts'

/** An element: its text where it has nothing else, or its parts – attributes as `@name`, own text as `#text`, children by local name. */
export type XmlElement = { [name: string]: XmlNode | XmlNode[] }
/** Text, or an element with parts. */
export type XmlNode = string | XmlElement

const LIMITS = { depth: 64, nodes: 200_000 } as const
const ENCODINGS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'iso-8859-1',
  'iso-8859-15',
  'windows-1252',
  'utf-16',
])

type Open = { name: string; parts: XmlElement; text: string }

class Refused extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Reads a body as XML, by local names: what its prefixes are makes no difference. All texts stay texts, so that no amount is changed.
 *
 * Nothing outside of the document is ever read: a document type with an address is accepted and not followed; one that declares
 * anything itself (entities that expand, or that name files) is refused.
 *
 * @returns an object with the root element under its name
 */
export function parseXml(body: Uint8Array): Parsed {
  try {
    return { value: tree(decoded(body)) }
  } catch (error) {
    if (error instanceof Refused) return { code: error.code, message: error.message }
    return {
      code: 'xml_invalid',
      message: `is not XML: ${error instanceof Error ? error.message.slice(0, 160) : 'syntax error'}`,
    }
  }
}

function decoded(body: Uint8Array): string {
  const wide = body[0] === 0xff || body[0] === 0xfe
  const head = new TextDecoder(wide ? (body[0] === 0xfe ? 'utf-16be' : 'utf-16le') : 'latin1').decode(body.subarray(0, 200))
  const declared = /^[^<]{0,3}<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.-]{1,40})["']/u.exec(head)?.[1]?.toLowerCase() ?? 'utf-8'
  if (!ENCODINGS.has(declared)) throw new Refused('xml_invalid', `is written in ${declared}: use UTF-8`)
  const label = wide ? (body[0] === 0xfe ? 'utf-16be' : 'utf-16le') : declared === 'utf-16' ? 'utf-8' : declared
  try {
    return new TextDecoder(label, { fatal: true }).decode(body)
  } catch {
    throw new Refused('utf8_invalid', `is not valid ${label.toUpperCase()}`)
  }
}

function tree(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: true })
  const top: XmlElement = Object.create(null) as XmlElement
  const stack: Open[] = []
  let nodes = 0
  const count = (): void => {
    if (++nodes > LIMITS.nodes) throw new Refused('xml_refused', `holds more than ${LIMITS.nodes} elements and attributes`)
  }
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[') || /<!ENTITY/iu.test(doctype))
      throw new Refused('xml_refused', 'declares entities of its own in its document type, which is refused')
  })
  parser.on('opentag', (tag: SaxesTagNS) => {
    count()
    if (stack.length >= LIMITS.depth) throw new Refused('xml_refused', `is nested deeper than ${LIMITS.depth} levels`)
    const parts = Object.create(null) as XmlElement
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix === 'xmlns' || attribute.name === 'xmlns') continue
      count()
      parts[`@${attribute.local}`] = attribute.value
    }
    stack.push({ name: tag.local, parts, text: '' })
  })
  const addText = (chunk: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += chunk
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const open = stack.pop()
    if (open === undefined) return
    const own = open.text.trim()
    let plain = true
    for (const _ in open.parts) {
      plain = false
      break
    }
    let node: XmlNode = own
    if (!plain) {
      if (own !== '') open.parts['#text'] = own
      node = open.parts
    }
    const parent = stack.at(-1)?.parts ?? top
    const before = parent[open.name]
    if (before === undefined) parent[open.name] = node
    else if (Array.isArray(before)) before.push(node)
    else parent[open.name] = [before, node]
  })
  parser.write(text).close()
  return top
}
