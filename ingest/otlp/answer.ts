import type { OtlpEncoding, OtlpReceipt } from './receive.ts'
import type { Signal } from './telemetry.ts'

const REJECTED = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const

/** The answer to a request that was taken, whole or in part: `Export…ServiceResponse`. Empty where nothing was rejected. */
export function answerBody(signal: Signal, encoding: OtlpEncoding, receipt: Pick<OtlpReceipt, 'rejected' | 'message'>): Buffer {
  const { rejected, message } = receipt
  if (encoding === 'json')
    return Buffer.from(
      rejected === 0 ? '{}' : JSON.stringify({ partialSuccess: { [REJECTED[signal]]: String(rejected), errorMessage: message } }),
    )
  return rejected === 0 ? Buffer.alloc(0) : field(1, Buffer.concat([varint(8), varint(rejected), field(2, Buffer.from(message))]))
}

/** The body of an error: `google.rpc.Status`. */
export function statusBody(encoding: OtlpEncoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([varint(8), varint(code), field(2, Buffer.from(message))])
}

/** Codes of `google.rpc.Status` by HTTP status. */
const RPC_CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 5],
  [405, 12],
  [409, 10],
  [413, 3],
  [415, 3],
  [429, 8],
  [500, 13],
  [503, 14],
])

/** The code of `google.rpc.Status` for an HTTP status; UNKNOWN for one that is not told. */
export function rpcCode(status: number): number {
  return RPC_CODES.get(status) ?? 2
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
