import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Import, IngestAnswer, QualityReport } from '../api/contract/data.ts'
import { analyse, openImport, type ImportOptions } from '../ingest/import/import.ts'
import { SightlineError } from '../platform/errors.ts'
import { call } from './call.ts'
import type { Connection } from './remote.ts'

/** What is loaded, and how. */
export type ImportOrder = ImportOptions & {
  path: string
  tenant: string
  /** Name under which the file is known; default its base name. */
  name?: string | undefined
  /** Loads a file although its report names an error that a repair would mend. */
  asIs?: boolean | undefined
  /** Ends the import after what is on its way; running it again goes on from there. */
  signal?: AbortSignal | undefined
}

/** How far an import is. */
export type ImportProgress = { phase: 'analysing' | 'loading'; bytes: number; totalBytes: number; records: number }

/** What an import did. */
export type ImportResult = {
  id: string
  format: string
  reasons: string[]
  mapping: unknown
  report: QualityReport
  records: number
  accepted: number
  duplicates: number
  rejected: number
  conflicts: number
  firstRejections: { ordinal: number; code: string; message: string }[]
  cancelled: boolean
}

/** Events of one request, requests on their way at once, and how often progress is kept on the server. */
const BATCH_EVENTS = 2000
const IN_FLIGHT = 3
const KEEP_PROGRESS_MS = 3000
const SHOWN_REJECTIONS = 20

/**
 * Loads a file into a server: looks at the whole of it first, refuses one that is plainly not what it says unless a repair or `asIs`
 * is given, then sends it in order. Idempotent by the identity of its rows; an interrupted import goes on where it stopped.
 *
 * @throws SightlineError `file_not_found`, `file_invalid` (with the evidence and the repair on offer), or the server's own
 */
export async function importFile(
  connection: Connection,
  order: ImportOrder,
  onProgress: (progress: ImportProgress) => void = () => undefined,
  onAnalysed: (analysis: { format: string; mapping: unknown; reasons: string[]; report: QualityReport }) => void = () =>
    undefined,
): Promise<ImportResult> {
  const { path, tenant } = order
  const name = order.name ?? basename(path)
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new SightlineError('file_not_found', `There is no file ${path}.`, { cause })
  })
  const sha256 = await fileHash(path)
  const analysis = await analyse(path, { ...order, fileName: name }, (bytes, records) =>
    onProgress({ phase: 'analysing', bytes, totalBytes: size, records }),
  )
  onAnalysed(analysis)
  const mendable = analysis.report.findings.find((finding) => finding.severity === 'error' && finding.repair !== undefined)
  if (mendable?.repair !== undefined && order.repair === undefined && order.asIs !== true) {
    throw new SightlineError('file_invalid', `Nothing was loaded. ${mendable.message}`, {
      next: `${mendable.repair.message} Run it again with --repair ${mendable.repair.id}, or with --as-is to load it as it stands.`,
    })
  }

  const { mapping, format } = analysis
  const announced = await call<Import>(connection, 'POST', '/v1/imports', tenant, {
    source: analysis.source,
    file_name: name,
    file_sha256: sha256,
    bytes: size,
    format,
    mapping,
    repair: order.repair ?? null,
  })
  const totals = { accepted: announced.accepted, duplicates: announced.duplicates, rejected: announced.rejected, conflicts: 0 }
  const firstRejections: ImportResult['firstRejections'] = []
  const sent = createSender(connection, `/v1/events?import=${announced.id}`, tenant)
  const done = announced.records_read
  let read = 0
  let keptAt = Date.now()
  let cancelled = false
  const keep = (state?: Import['state'], report?: QualityReport) =>
    call(connection, 'PATCH', `/v1/imports/${announced.id}`, tenant, {
      records_read: sent.durable(done),
      accepted: totals.accepted,
      duplicates: totals.duplicates,
      rejected: totals.rejected,
      ...(state === undefined ? {} : { state }),
      ...(report === undefined ? {} : { report }),
    })

  const take = (answer: IngestAnswer, ordinals: readonly number[]) => {
    totals.accepted += answer.accepted
    totals.duplicates += answer.duplicates
    totals.conflicts += answer.conflicts.length
    totals.rejected += answer.rejected.length
    for (const { index, code, message } of answer.rejected)
      if (firstRejections.length < SHOWN_REJECTIONS) firstRejections.push({ ordinal: ordinals[index] ?? index, code, message })
  }

  try {
    let lines: string[] = []
    let ordinals: number[] = []
    for await (const record of openImport(path, { ...order, mapping, format, fileName: name }).records()) {
      if (order.signal?.aborted === true) {
        cancelled = true
        break
      }
      read++
      if (read <= done) continue
      lines.push(JSON.stringify(record.event))
      ordinals.push(record.ordinal)
      if (lines.length < BATCH_EVENTS) continue
      await sent.send(lines, ordinals, take)
      lines = []
      ordinals = []
      onProgress({ phase: 'loading', bytes: record.bytesRead, totalBytes: size, records: read })
      if (Date.now() - keptAt < KEEP_PROGRESS_MS) continue
      keptAt = Date.now()
      await keep()
    }
    if (lines.length > 0 && !cancelled) await sent.send(lines, ordinals, take)
    await sent.finish()
    await keep(cancelled ? 'cancelled' : 'done', analysis.report)
  } catch (error) {
    await keep('failed', analysis.report)
    throw error
  }
  onProgress({ phase: 'loading', bytes: size, totalBytes: size, records: read })
  return {
    id: announced.id,
    format,
    reasons: analysis.reasons,
    mapping,
    report: analysis.report,
    records: read,
    ...totals,
    firstRejections,
    cancelled,
  }
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

type Take = (answer: IngestAnswer, ordinals: readonly number[]) => void

/** Sends batches, a few at a time, each until it is durable; knows how many records are durable without a gap. */
function createSender(connection: Connection, path: string, tenant: string) {
  const underWay = new Set<Promise<void>>()
  const sizes: { events: number; durable: boolean }[] = []
  let failure: unknown
  return {
    async send(lines: readonly string[], ordinals: readonly number[], take: Take): Promise<void> {
      if (failure !== undefined) throw failure
      while (underWay.size >= IN_FLIGHT) await Promise.race(underWay)
      const entry = { events: lines.length, durable: false }
      sizes.push(entry)
      const deliver = async () => {
        try {
          take(await post(connection, path, tenant, lines.join('\n')), ordinals)
          entry.durable = true
        } catch (error) {
          failure ??= error
        }
      }
      const sending: Promise<void> = deliver().finally(() => underWay.delete(sending))
      underWay.add(sending)
    },
    async finish(): Promise<void> {
      await Promise.all(underWay)
      if (failure !== undefined) throw failure
    },
    /** Records that are durable without a gap before them, counted from `start`. */
    durable(start: number): number {
      let records = start
      for (const { events, durable } of sizes) {
        if (!durable) break
        records += events
      }
      return records
    },
  }
}

/** Posts one body until it is taken; waits as told while the server is busy or away, for at most ten minutes. */
async function post(connection: Connection, path: string, tenant: string, body: string): Promise<IngestAnswer> {
  const giveUpAt = Date.now() + 600_000
  for (;;) {
    const response = await fetch(new URL(path, connection.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${connection.token}`, 'x-tenant-id': tenant, 'content-type': 'application/x-ndjson' },
      body,
    }).catch((cause: unknown) => {
      if (Date.now() > giveUpAt)
        throw new SightlineError('server_unreachable', `No server answers at ${connection.url}.`, { cause })
      return null
    })
    if (response !== null && response.status !== 429 && response.status !== 503) {
      const answer: unknown = await response.json()
      if (response.ok || (answer !== null && typeof answer === 'object' && 'rejected' in answer)) return answer as IngestAnswer
      throw new SightlineError('bad_request', `The server answered ${response.status}: ${JSON.stringify(answer).slice(0, 300)}`)
    }
    if (Date.now() > giveUpAt)
      throw new SightlineError('store_unavailable', 'The server was busy for ten minutes.', {
        next: 'Run the same command to go on.',
      })
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response?.headers.get('retry-after') ?? 1)))
  }
}
