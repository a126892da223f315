import { hash } from 'node:crypto'
import type { Instant } from '../../../model/instant.ts'
import type { KeptVersions } from '../../../platform/kafka/claim-versions.ts'

/** A range of a partition that is about to be stored, with all that makes storing it again give the same rows. */
export type Claim = {
  epoch: number
  /** First and last offset; the first one is the committed offset. */
  first: number
  last: number
  /** Arrival of the range, microseconds. */
  at: Instant
  /** Versions of the mappings that it is read with, by `tenant/feed`. */
  versions: ReadonlyMap<string, number>
}

/** What the metadata of a committed offset says; `claim` is null where nothing was under way. */
export type Note = {
  epoch: number
  claim: Claim | null
  /** Where the versions of the claim are kept under a name instead: they are too many, and none of them is in it. */
  versionsId?: string
}

/** Longest list of versions in metadata: brokers take 4096 bytes of it by default. */
const VERSIONS_LENGTH = 3000

const NOTE = /^v1;(\d{1,9})(?:;(\d{1,16})-(\d{1,16});(\d{1,17});(?:@([0-9a-f]{64})|([a-z0-9\-/:,]*)))?$/u

/** Metadata of an offset with nothing under way: only the epoch that the offset belongs to. */
export function idleNote(epoch: number): string {
  return `v1;${epoch}`
}

/** Metadata of an offset whose following range is about to be stored; {@link longVersions} are only named in it. */
export function claimNote({ epoch, first, last, at, versions }: Claim): string {
  const long = longVersions(versions)
  return `v1;${epoch};${first}-${last};${at};${long === null ? listOf(versions) : `@${long.id}`}`
}

/** Versions that are too many for metadata, as they are kept elsewhere; null where they fit. */
export function longVersions(versions: Claim['versions']): KeptVersions | null {
  const listed = listOf(versions)
  return listed.length <= VERSIONS_LENGTH ? null : { id: hash('sha256', listed), listed }
}

function listOf(versions: Claim['versions']): string {
  return [...versions].map(([feed, version]) => `${feed}:${version}`).join(',')
}

/** Reads a list of versions. */
export function readVersions(listed: string): Map<string, number> {
  const versions = new Map<string, number>()
  for (const entry of listed.split(',')) {
    const colon = entry.lastIndexOf(':')
    if (colon > 0) versions.set(entry.slice(0, colon), Number(entry.slice(colon + 1)))
  }
  return versions
}

/** Reads metadata; null where it is not ours. */
export function readNote(metadata: string): Note | null {
  const match = NOTE.exec(metadata)
  if (match === null) return null
  const [, epochText, first, last, at, versionsId, listed = ''] = match
  const epoch = Number(epochText)
  if (first === undefined) return { epoch, claim: null }
  const claim = { epoch, first: Number(first), last: Number(last), at: Number(at), versions: readVersions(listed) }
  return { epoch, claim, ...(versionsId === undefined ? {} : { versionsId }) }
}

/** Records that a consumer will never see. */
export type Gap = {
  partition: number
  /** Offsets, `to` exclusive. */
  from: number
  to: number
  /** `expired`: deleted by retention before they were read; `recreated`, `truncated`: the topic was made again or lost its end. */
  reason: 'expired' | 'recreated' | 'truncated'
}

/** Where reading a partition begins. */
export type Start = {
  position: number
  /** Range to be stored again with the same bounds and arrival. */
  claim: Claim | null
  gap: Gap | null
  /** The offsets from here on are new identities: a new epoch is needed. */
  renewed: boolean
}

/**
 * Decides where reading a partition begins. Pure.
 *
 * @param known what is committed, or what this process last read where the commit was lost; null for nothing
 * @param low first offset of the partition; `high` the offset after its last record
 * @param epoch of the topic, where its id tells incarnations apart (`identified`)
 */
export function startOf(options: {
  partition: number
  known: number | null
  metadata: string
  low: number
  high: number
  epoch: number
  identified: boolean
}): Start {
  const { partition, known, low, high, epoch, identified } = options
  const note = readNote(options.metadata)
  const begin = { position: low, claim: null, gap: null, renewed: false }
  if (known === null) return begin
  const unread = (from: number, to: number, reason: Gap['reason']): Gap | null =>
    to > from ? { partition, from, to, reason } : null
  if (note !== null && note.epoch < epoch) {
    // What was under way when the topic went is gone with it, unless it had been stored.
    const lost = note.claim === null ? null : unread(note.claim.first, note.claim.last + 1, 'recreated')
    return { ...begin, gap: lost }
  }
  if (known > high) {
    // The same topic that lost its end: what is left has been read. Otherwise it is another topic of that name.
    if (identified) return { position: high, claim: null, gap: unread(high, known, 'truncated'), renewed: true }
    return { ...begin, gap: unread(high, known, 'recreated'), renewed: true }
  }
  if (known < low) return { ...begin, gap: unread(known, low, 'expired') }
  return { ...begin, position: known, claim: note?.claim?.first === known ? note.claim : null }
}
