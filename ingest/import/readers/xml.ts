import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { SightlineError } from '../../../platform/errors.ts'
import type { Input } from '../input.ts'
import { headOf, textChunks } from '../input.ts'

/** What a reader does with the tags of a document. */
export type XmlHandlers = {
  open(name: string, attributes: Record<string, string>, depth: number): void
  close(name: string, depth: number): void
  text?(text: string): void
}

const MAX_DEPTH = 200
/** Characters without a single finished tag: far beyond any real document. */
const MAX_SILENCE = 64 * 1024 * 1024

/**
 * Runs a document through handlers and yields after each chunk, so that the caller can pass on what the handlers have gathered.
 * Names come without a namespace prefix. The generator may be left early.
 *
 * @throws SightlineError `file_invalid` with line and column
 */
export async function* parseXml(input: Input, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = new SaxesParser({ xmlns: false, position: true, fileName: '' })
  const fail = (message: string): never => {
    throw new SightlineError(
      'file_invalid',
      `${input.name} is not well-formed XML at line ${parser.line}, column ${parser.columnIndex + 1}: ${message}.`,
      {
        next: 'Export the file again, or repair it at that line.',
      },
    )
  }
  let depth = 0
  let silence = 0
  parser.on('error', (error) => fail(error.message.replace(/^\d*:?\d+:\d+: /u, '').replace(/\.$/u, '')))
  parser.on('opentag', (tag: SaxesTagPlain) => {
    silence = 0
    if (depth >= MAX_DEPTH) fail(`tags are nested deeper than ${MAX_DEPTH}`)
    handlers.open(local(tag.name), tag.attributes, depth)
    depth++
  })
  parser.on('closetag', (tag) => {
    depth--
    handlers.close(local(tag.name), depth)
  })
  if (handlers.text !== undefined) {
    const text = handlers.text
    parser.on('text', (piece) => text(piece))
    parser.on('cdata', (piece) => text(piece))
  }
  for await (const chunk of textChunks(input.bytes(), await declaredEncoding(input))) {
    silence += chunk.length
    parser.write(chunk)
    if (silence > MAX_SILENCE) fail('one tag or text is longer than 64 MB')
    yield
  }
  parser.close()
  yield
}

function local(name: string): string {
  const colon = name.indexOf(':')
  return colon === -1 ? name : name.slice(colon + 1)
}

async function declaredEncoding(input: Input): Promise<string | undefined> {
  const head = Buffer.from(await headOf(input, 200)).toString('latin1')
  const encoding = /^\s*(?:\u00ef\u00bb\u00bf)?<\?xml[^>]*encoding=["']([\w.-]+)["']/u.exec(head)?.[1]
  if (encoding === undefined || /^utf-?16/iu.test(encoding)) return undefined
  try {
    return new TextDecoder(encoding).encoding
  } catch {
    throw new SightlineError('file_invalid', `${input.name} says that it is written in ${encoding}, which cannot be read here.`, {
      next: 'Convert it to UTF-8.',
    })
  }
}
