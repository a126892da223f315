import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Log } from '../platform/log.ts'
import type { Outcome } from './batch.ts'
import { type RecordIn, rejected } from './format.ts'
import { formatNamed } from './formats.ts'
import type { Mappings } from './payload/catalogue.ts'

/** What the judge needs to know of a registered source. */
export type JudgedSource = {
  tenantId: TenantId
  id: string
  format: string
  mapping: string | null
  mappingVersion: number | null
  systemId: string | null
  /** Tenant whose mappings apply, where a trusted producer names another tenant than the source's own for a record. */
  mappingsOf?: TenantId
}

/** Told of parsed payloads, so that a source that changes what it sends is noticed. */
export type Observer = {
  observe(tenant: string, feed: string, kind: string, payload: unknown, usedPaths?: ReadonlySet<string>): void
}

/** Reads the records of one source with one version of its mapping. */
export type Reader = {
  readonly format: string
  /** Empty where the format says all. */
  readonly mapping: string
  /** 0 without a mapping. */
  readonly mappingVersion: number
  /** Takes a body that holds several records apart; their natural ids are then to differ. Throws nothing either. */
  split(record: RecordIn): RecordIn[]
  /** What becomes of a record. Throws nothing, whatever the record holds; a format that fails refuses it with `format_failed`. */
  read(record: RecordIn, at: { receivedAt: Instant; seq: number; naturalId: string }): Outcome
}

/** Judges records of registered sources: the same way for a webhook, a topic and a replay. */
export type Judge = {
  /**
   * A reader of a source's records. Whatever is wrong with the source itself – no such format, no such mapping – is told by every
   * record, so that none is lost and all can be replayed.
   *
   * @param options.mappingVersion the version to read with, for a replay of what was read before
   * @param options.mapping another mapping than that of the source
   * @param options.observe false for a replay: what is old says nothing of what a source sends
   */
  open(
    source: JudgedSource,
    options?: {
      mappingVersion?: number | undefined
      mapping?: { name: string; version?: number | undefined } | undefined
      observe?: boolean
    },
  ): Promise<Reader>
}

/**
 * Creates the judge. A format or mapping that throws all the same – a defect of ours, which a repetition meets again – refuses its record
 * with `format_failed`, and is in the log with its stack.
 */
export function createJudge(services: { mappings: Mappings; shapes?: Observer | undefined; log: Log }): Judge {
  return {
    async open(source, options = {}) {
      const format = formatNamed(source.format)
      if (format === undefined)
        return refusing(source, '', 'format_unknown', `the source says format "${source.format}", which there is none of`)
      const wanted =
        options.mapping ??
        (source.mapping === null
          ? null
          : { name: source.mapping, version: options.mappingVersion ?? source.mappingVersion ?? undefined })
      const mapping =
        wanted === null || format.mapping === 'none'
          ? null
          : await services.mappings.find(source.mappingsOf ?? source.tenantId, wanted.name, wanted.version ?? null)
      if (mapping === null && format.mapping !== 'none' && (wanted !== null || format.mapping === 'needed')) {
        const which =
          wanted === null
            ? 'no mapping'
            : `the mapping "${wanted.name}"${wanted.version === undefined ? '' : ` version ${wanted.version}`}`
        return refusing(
          source,
          wanted?.name ?? '',
          'mapping_missing',
          wanted === null
            ? 'the source has no mapping, and its format needs one'
            : `the source says ${which}, which there is none of`,
        )
      }
      const { shapes } = services
      const paths = mapping?.paths
      const context = {
        tenant: source.tenantId as string,
        source: source.systemId === null ? `feed/${source.id}` : `system/${source.systemId}`,
        mapping,
        ...(shapes === undefined || options.observe === false
          ? {}
          : {
              seen: (kind: string, payload: unknown) => shapes.observe(source.tenantId, source.id, kind, payload, paths),
            }),
      }
      const reading = { format: format.name, mapping: mapping?.name ?? '', mappingVersion: mapping?.version ?? 0 }
      const failed = (error: unknown): Outcome => {
        services.log.error({ err: error, tenant: source.tenantId, source: source.id, ...reading }, 'a format failed on a record')
        return rejected('format_failed', `the format itself failed: ${error instanceof Error ? error.message : String(error)}`)
      }
      /** Bodies that could not be taken apart: the whole is refused then, whatever a format would make of it. */
      const whole = new WeakMap<RecordIn, Outcome>()
      return {
        ...reading,
        split(record) {
          if (record.body.byteLength > format.limit) return [record]
          try {
            return format.split?.(record) ?? [record]
          } catch (error) {
            whole.set(record, failed(error))
            return [record]
          }
        },
        read(record, at) {
          if (record.body.byteLength > format.limit)
            return rejected(
              'record_too_large',
              `is ${record.body.byteLength} bytes long, where ${format.title} takes at most ${format.limit}`,
            )
          try {
            return (
              whole.get(record) ??
              format.read(record, {
                tenant: context.tenant,
                receivedAt: at.receivedAt,
                seq: at.seq,
                naturalId: at.naturalId,
                source: context.source,
                system: source.systemId,
                mapping,
                ...('seen' in context ? { seen: context.seen } : {}),
              })
            )
          } catch (error) {
            return failed(error)
          }
        },
      }
    },
  }
}

function refusing(source: JudgedSource, mapping: string, code: string, message: string): Reader {
  return {
    format: source.format,
    mapping,
    mappingVersion: 0,
    split: (record) => [record],
    read: () => rejected(code, message),
  }
}
