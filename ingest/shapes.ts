import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../model/instant.ts'
import {
  type Drift,
  driftOf,
  emptyShape,
  learnShape,
  type PayloadShape,
  type RecordShape,
  shapeOf,
} from '../model/payload-shape.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { logged } from '../platform/logged.ts'
import type { Log } from '../platform/log.ts'
import type { Db } from '../platform/postgres/client.ts'
import { changeShape, type ShapeKey } from '../platform/shapes.ts'
import { keepFindings, type SeenFinding } from '../queries/findings.ts'

/** What keeps observing cheap and its memory bounded. */
export const SAMPLING = {
  /** Records of a kind that are looked at, a second and process. */
  perSecond: 20,
  /** Records of a kind that wait to be learned. */
  waiting: 400,
  /** Kinds of record of one source, and of all sources, that are told apart between two flushes. */
  kinds: 50,
  all: 2000,
} as const

const FLUSH_MS = 10_000
/** A finding that stands is written again so often, so that it says when it was seen last. */
const RENEW_US = 60e6

/** Learns the shapes of payloads and notices when a source changes what it sends: contract drift. */
export type Shapes = {
  /**
   * Looks at a parsed payload before it is mapped. Cheap – most records are not even looked at – and never throws.
   *
   * @param kind kind of record within the source: a type, a topic, a name of a document; empty where it has one
   * @param usedPaths paths that the mapping reads (`order.lines[].price`): a change there is an error
   */
  observe(tenant: string, feed: string, kind: string, payload: unknown, usedPaths?: ReadonlySet<string>): void
  /** Learns what waits, and keeps what was found. */
  flush(): Promise<void>
  /** Flushes for the last time. */
  stop(): Promise<void>
}

type Waiting = {
  key: ShapeKey
  used: ReadonlySet<string>
  records: RecordShape[]
  second: number
  inSecond: number
}

/** What is kept of a kind of record: its shape, and the findings that stand with when they were last written. */
type Kept = { shape: PayloadShape; standing: Record<string, Instant> }

/** Creates the observer of payload shapes; one a process. `flushMs` 0 leaves flushing to the caller. */
export function createShapes(services: {
  db: Db
  clickhouse: ClickHouseClient
  now: () => Instant
  log: Log
  flushMs?: number
}): Shapes {
  const { db, clickhouse, now, log } = services
  const waiting = new Map<string, Waiting>()
  const kindsOf = new Map<string, number>()
  let busy: Promise<void> = Promise.resolve()

  const waitingFor = (tenant: string, source: string, kind: string): Waiting | null => {
    const id = `${tenant}\n${source}\n${kind}`
    const known = waiting.get(id)
    if (known !== undefined) return known
    const kinds = kindsOf.get(`${tenant}\n${source}`) ?? 0
    if (kinds >= SAMPLING.kinds || waiting.size >= SAMPLING.all) return null
    kindsOf.set(`${tenant}\n${source}`, kinds + 1)
    const fresh = { key: { tenant, source, recordType: kind }, used: new Set<string>(), records: [], second: 0, inSecond: 0 }
    waiting.set(id, fresh)
    return fresh
  }

  const learn = async (one: Waiting): Promise<void> => {
    const records = one.records.splice(0)
    if (records.length === 0) return
    try {
      await changeShape(db, one.key, async (kept) => {
        const at = now()
        const before = readKept(kept)
        const shape = learnShape(before.shape, records, at)
        const standing = await tellDrift(clickhouse, one.key, driftOf(shape, one.used), before.standing, at)
        return { shape: { shape, standing }, samples: shape.records }
      })
    } catch (error) {
      one.records.unshift(...records.slice(0, SAMPLING.waiting - one.records.length))
      log.warn({ ...logged(error), source: one.key.source }, 'the shape of payloads was not kept; it is tried again')
    }
  }

  const flushAll = async (): Promise<void> => {
    for (const one of waiting.values()) await learn(one)
    // What has nothing waiting is forgotten here; it is kept in PostgreSQL.
    for (const [id, { key, records }] of waiting) {
      if (records.length > 0) continue
      waiting.delete(id)
      const source = `${key.tenant}\n${key.source}`
      kindsOf.set(source, (kindsOf.get(source) ?? 1) - 1)
      if (kindsOf.get(source) === 0) kindsOf.delete(source)
    }
  }

  const flush = (): Promise<void> => (busy = busy.then(flushAll))
  const flushMs = services.flushMs ?? FLUSH_MS
  const timer = flushMs === 0 ? undefined : setInterval(() => void flush(), flushMs)
  timer?.unref()

  return {
    observe(tenant, feed, kind, payload, usedPaths) {
      const one = waitingFor(tenant, feed, cleanKind(kind))
      if (one === null || one.records.length >= SAMPLING.waiting) return
      const second = Math.floor(performance.now() / 1000)
      if (one.second !== second) Object.assign(one, { second, inSecond: 0 })
      if (one.inSecond >= SAMPLING.perSecond) return
      one.inSecond++
      if (usedPaths !== undefined) one.used = usedPaths
      try {
        one.records.push(shapeOf(payload))
      } catch (error) {
        // A payload that cannot be walked must not cost its record; the judge says what is wrong with it.
        log.debug({ err: error, feed }, 'a payload has no shape')
      }
    },
    flush,
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** PostgreSQL keeps no null character, and no half of a pair. */
const UNKEPT = /\p{Cc}|\p{Surrogate}/gu

function cleanKind(kind: string): string {
  return kind.slice(0, 100).replaceAll(UNKEPT, '')
}

function readKept(kept: unknown): Kept {
  const { shape, standing } = (kept ?? {}) as Partial<Kept>
  return { shape: shape?.v === 1 ? shape : emptyShape(), standing: standing ?? {} }
}

/** Writes findings that began, ended, or were not written for a while. @returns those that stand */
async function tellDrift(
  clickhouse: ClickHouseClient,
  key: ShapeKey,
  drifts: readonly Drift[],
  before: Readonly<Record<string, Instant>>,
  now: Instant,
): Promise<Record<string, Instant>> {
  const standing: Record<string, Instant> = {}
  const seen: SeenFinding[] = []
  for (const drift of drifts) {
    const subject = key.recordType === '' ? drift.path : `${key.recordType}: ${drift.path}`
    const id = `${drift.check} ${subject}`
    const written = before[id]
    const due = written === undefined || now - written >= RENEW_US
    standing[id] = due ? now : written
    const { check, severity, message, since } = drift
    if (due)
      seen.push({
        check,
        subject,
        severity,
        message,
        evidence: { ...drift.evidence, kind: key.recordType, path: drift.path },
        since,
      })
  }
  const gone = Object.keys(before)
    .filter((id) => !(id in standing))
    .map((id) => ({ check: id.slice(0, id.indexOf(' ')), subject: id.slice(id.indexOf(' ') + 1) }))
  await keepFindings(clickhouse, verifiedTenant(key.tenant), key.source, { seen, gone }, now)
  return standing
}
