import { SightlineError } from '../../platform/errors.ts'
import { headOf, type Input } from './input.ts'
import type { Format } from './mapping.ts'

const NEXT =
  'Formats that can be read: XES, OCEL 2.0 (JSON, XML, SQLite), OCEL 1.0 (JSON), CSV with a header, CloudEvents (NDJSON), each plain or gzip.'

/**
 * Finds the format of a log by what it holds, never by its name.
 *
 * @throws SightlineError `file_invalid` where it is none of {@link Format}
 */
export async function detectFormat(input: Input): Promise<Format> {
  const head = await headOf(input, 64 * 1024)
  if (Buffer.from(head.subarray(0, 16)).toString('latin1') === 'SQLite format 3\0') return 'ocel2-sqlite'
  const utf16 = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined
  const text = new TextDecoder(utf16 ?? 'utf-8').decode(head, { stream: true }).trimStart()
  if (text === '') throw new SightlineError('file_invalid', `${input.name} is empty.`, { next: NEXT })
  // oxlint-disable-next-line no-control-regex -- control characters are what tells binary files from text
  if (/[\u0000-\u0008\u000e-\u001a]/u.test(text)) throw notALog(input, 'is a binary file')
  if (text.startsWith('<')) return xmlFormat(text, input)
  if (text.startsWith('{') || text.startsWith('[')) return jsonFormat(text, input)
  return 'csv'
}

function xmlFormat(text: string, input: Input): Format {
  const body = text.replace(/<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>]*>/giu, '').trimStart()
  const root = /^<(?:[\w.-]+:)?([\w.-]+)/u.exec(body)?.[1]
  if (root !== 'log') throw notALog(input, `is XML, but its root is <${root ?? '?'}>, not <log>`)
  return /<(?:[\w.-]+:)?(?:object-types|event-types|objects|events)[\s/>]/u.test(body) ? 'ocel2-xml' : 'xes'
}

function jsonFormat(text: string, input: Input): Format {
  const start = text.replace(/^\[\s*/u, '')
  if (
    /^\{[^\n]{0,20000}?"specversion"\s*:/u.test(start) ||
    /^\{\s*"(?:specversion|id|source|type|time|data|subject)"\s*:/u.test(start)
  )
    return 'cloudevents'
  if (text.startsWith('{')) {
    if (/^\{\s*"ocel:/u.test(text)) return 'ocel1-json'
    if (/^\{\s*"(?:objectTypes|eventTypes|objects|events)"\s*:/u.test(text)) return 'ocel2-json'
  }
  throw notALog(input, 'is JSON, but neither OCEL nor CloudEvents')
}

function notALog(input: Input, what: string): SightlineError {
  return new SightlineError('file_invalid', `${input.name} ${what}: it is no event log.`, { next: NEXT })
}
