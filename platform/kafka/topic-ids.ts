import { connect } from 'node:net'

const METADATA = 3
/** First version whose answer has topic ids (Kafka 2.8). */
const VERSION = 10
const MOST_BYTES = 64 * 1024 * 1024

/** The broker answers, and does not know the request. */
export class NoTopicIds extends Error {}

/**
 * The ids of all topics of a cluster: a topic that was deleted and made again has another id. kafkajs speaks only versions of the
 * protocol that do not carry them, so one request is written out here.
 *
 * @param broker `host:port`
 * @returns id by name, hexadecimal
 * @throws NoTopicIds where the broker is older than 2.8; Error where it does not answer in time
 */
export async function topicIds(broker: string, timeoutMs: number): Promise<Map<string, string>> {
  const colon = broker.lastIndexOf(':')
  const socket = connect({
    host: broker.slice(0, colon).replace(/^\[|\]$/gu, ''),
    port: Number(broker.slice(colon + 1)),
    signal: AbortSignal.timeout(timeoutMs),
  })
  socket.write(request())
  const chunks: Buffer[] = []
  let have = 0
  let wanted = Infinity
  // Leaving the loop destroys the socket.
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    have += chunk.byteLength
    if (wanted === Infinity && have >= 4) wanted = 4 + Buffer.concat(chunks).readUInt32BE(0)
    if (wanted < Infinity && wanted > MOST_BYTES) throw new Error('the broker answered something else than Kafka would')
    if (have >= wanted) return parse(Buffer.concat(chunks).subarray(4, wanted))
  }
  throw new NoTopicIds('the broker does not tell the ids of its topics; Kafka 2.8 and later do')
}

function request(): Buffer {
  const client = Buffer.from('sightline')
  const head = Buffer.alloc(14)
  head.writeInt16BE(METADATA, 4)
  head.writeInt16BE(VERSION, 6)
  head.writeInt32BE(1, 8)
  head.writeInt16BE(client.byteLength, 12)
  // No tagged fields; topics: null, which means all; no creation, no authorised operations; no tagged fields.
  const bytes = Buffer.concat([head, client, Buffer.from([0, 0, 0, 0, 0, 0])])
  bytes.writeInt32BE(bytes.byteLength - 4, 0)
  return bytes
}

function parse(bytes: Buffer): Map<string, string> {
  let at = 4
  const skip = (count: number): void => void (at += count)
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  const text = (): string => {
    const length = varint() - 1
    if (length <= 0) return ''
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const times = (count: number, read: () => void): void => {
    for (let index = 0; index < count; index++) read()
  }
  const tags = (): void =>
    times(varint(), () => {
      varint()
      skip(varint())
    })
  const integers = (): void => skip(4 * (varint() - 1))

  const ids = new Map<string, string>()
  tags()
  skip(4)
  times(varint() - 1, () => {
    skip(4)
    text()
    skip(4)
    text()
    tags()
  })
  text()
  skip(4)
  times(varint() - 1, () => {
    skip(2)
    const name = text()
    ids.set(name, bytes.toString('hex', at, at + 16))
    skip(17)
    times(varint() - 1, () => {
      skip(14)
      integers()
      integers()
      integers()
      tags()
    })
    skip(4)
    tags()
  })
  return ids
}
