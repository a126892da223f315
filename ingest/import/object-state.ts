import type { Instant } from '../../model/instant.ts'
import { createHashMap } from './hash.ts'
import type { FileObjectRecord, Scalar } from './record.ts'

/** Bytes of attributes that are held until an event names their object. */
const HELD_BYTES = 64 * 1024 * 1024
const PAGE_BYTES = 1024 * 1024
const HELD_OBJECTS = 2_000_000

/** Objects whose attributes one event brings; the rest come with the next event that names them. */
const PER_EVENT = 300

/** What a file says of objects that events could not bring. */
export type Loss = {
  /** Relations between objects, which the store does not keep. */
  object_relations: number
  /** Objects with attributes that no event names. */
  objects_without_event: number
  /** Objects with attributes past what can be held until their first event. */
  objects_past_cap: number
  /** Attribute changes later than the last event of their object, without a time, or without a value. */
  changes_not_kept: number
}

type Held = { key: string; attributes: Record<string, Scalar>; changes: { at: Instant; name: string; value: Scalar }[] }

/**
 * Holds attributes of objects until events can bring them: initial values with the first event that names the object, a change
 * with the first event at or after its time.
 */
export function createObjectState(readTime: (text: string) => Instant | null): {
  hold(key: string, record: FileObjectRecord): void
  /** Counts relations between objects. */
  relate(count: number): void
  /** The attributes that an event at this instant brings for the objects that it names; `undefined` for none. */
  bring(keys: readonly string[], at: Instant | null): Record<string, Record<string, Scalar>> | undefined
  loss(): Loss
} {
  const places = createHashMap(HELD_OBJECTS)
  const shelf = createShelf()
  let relations = 0
  let pastCap = 0
  let lostChanges = 0
  let waiting = 0
  let waitingChanges = 0
  return {
    relate: (count) => void (relations += count),
    hold(key, record) {
      const changes: Held['changes'] = []
      for (const change of record.changes ?? []) {
        const at = readTime(change.time)
        if (at === null || change.value === null || change.value === '') lostChanges++
        else changes.push({ at, name: change.name, value: change.value })
      }
      const some = Object.keys(record.attributes).length > 0
      if (changes.length === 0 && !some) return
      const at = shelf.put({ key, attributes: record.attributes, changes: changes.toSorted((a, b) => a.at - b.at) })
      // An object that is listed twice keeps what was said first.
      if (at === null || places.set(key, at) !== true) {
        pastCap++
        return
      }
      if (some) waiting++
      waitingChanges += changes.length
    },
    bring(keys, at) {
      if (at === null || waiting + waitingChanges === 0) return undefined
      let brought: Record<string, Record<string, Scalar>> | undefined
      let count = 0
      for (const key of keys) {
        const place = places.get(key)
        if (place === undefined || place === DONE) continue
        const held = shelf.take(place)
        if (held.key !== key) continue
        const values = held.attributes
        const due = held.changes.filter((change) => change.at <= at)
        const rest = held.changes.slice(due.length)
        const some = Object.keys(values).length > 0
        if (!some && due.length === 0) continue
        if (some) waiting--
        waitingChanges -= due.length
        for (const change of due) values[change.name] = change.value
        const next = rest.length === 0 ? DONE : shelf.put({ key, attributes: {}, changes: rest })
        if (next === null) {
          lostChanges += rest.length
          waitingChanges -= rest.length
        }
        places.change(key, next ?? DONE)
        ;(brought ??= {})[key] = values
        if (++count >= PER_EVENT) break
      }
      return brought
    },
    loss: () => ({
      object_relations: relations,
      objects_without_event: waiting,
      objects_past_cap: pastCap,
      changes_not_kept: lostChanges + waitingChanges,
    }),
  }
}

/** Place of an object whose attributes have all been brought. */
const DONE = -1

/** Keeps records as bytes outside the heap of JavaScript, where a million of them cost the collector nothing. */
function createShelf(): { put(held: Held): number | null; take(place: number): Held } {
  const pages: Buffer[] = []
  let used = PAGE_BYTES
  return {
    put(held) {
      const bytes = Buffer.from(JSON.stringify(held))
      if (bytes.length + 4 > PAGE_BYTES) return null
      if (used + bytes.length + 4 > PAGE_BYTES) {
        if ((pages.length + 1) * PAGE_BYTES > HELD_BYTES) return null
        pages.push(Buffer.allocUnsafeSlow(PAGE_BYTES))
        used = 0
      }
      const page = pages.at(-1)
      if (page === undefined) return null
      const place = (pages.length - 1) * PAGE_BYTES + used
      page.writeUInt32LE(bytes.length, used)
      bytes.copy(page, used + 4)
      used += bytes.length + 4
      return place
    },
    take(place) {
      const page = pages[Math.floor(place / PAGE_BYTES)]
      const at = place % PAGE_BYTES
      const length = page?.readUInt32LE(at) ?? 0
      return JSON.parse(page?.toString('utf8', at + 4, at + 4 + length) ?? 'null') as Held
    },
  }
}

/** What is lost, for the report. */
export function lossSentences(loss: Loss): string[] {
  const sentences: string[] = []
  if (loss.object_relations > 0)
    sentences.push(`${loss.object_relations.toLocaleString('en-US')} relations between objects are not kept`)
  if (loss.objects_without_event > 0)
    sentences.push(
      `attributes of ${loss.objects_without_event.toLocaleString('en-US')} objects are not kept: no event names these objects`,
    )
  if (loss.objects_past_cap > 0)
    sentences.push(
      `attributes of ${loss.objects_past_cap.toLocaleString('en-US')} objects are not kept: the file lists too many objects before its events`,
    )
  if (loss.changes_not_kept > 0)
    sentences.push(
      `${loss.changes_not_kept.toLocaleString('en-US')} attribute changes are not kept: they have no value, or come after the last event of their object`,
    )
  return sentences
}
