import type { Instant } from '../../model/instant.ts'
import type { FileObjectRecord, Scalar } from './record.ts'

/** Objects whose attributes are held until an event names them. */
const HELD_OBJECTS = 300_000
/** Objects whose attributes one event brings; the rest come with the next event that names them. */
const PER_EVENT = 300

/** What a file says of objects that events could not bring. */
export type Loss = {
  /** Relations between objects, which the store does not keep. */
  object_relations: number
  /** Objects with attributes that no event names, or past the cap on held objects. */
  objects_without_event: number
  /** Attribute changes later than the last event of their object, without a time, or without a value. */
  changes_not_kept: number
}

type Held = { attributes: Record<string, Scalar>; changes: { at: Instant; name: string; value: Scalar }[] }

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
  const held = new Map<string, Held>()
  let relations = 0
  let lostObjects = 0
  let lostChanges = 0
  return {
    relate: (count) => void (relations += count),
    hold(key, record) {
      const changes: Held['changes'] = []
      for (const change of record.changes ?? []) {
        const at = readTime(change.time)
        if (at === null || change.value === null || change.value === '') lostChanges++
        else changes.push({ at, name: change.name, value: change.value })
      }
      if (changes.length === 0 && Object.keys(record.attributes).length === 0) return
      if (held.size >= HELD_OBJECTS) {
        lostObjects++
        lostChanges += changes.length
        return
      }
      held.set(key, { attributes: record.attributes, changes: changes.toSorted((a, b) => a.at - b.at) })
    },
    bring(keys, at) {
      if (held.size === 0 || at === null) return undefined
      let brought: Record<string, Record<string, Scalar>> | undefined
      let count = 0
      for (const key of keys) {
        const state = held.get(key)
        if (state === undefined) continue
        const values = state.attributes
        state.attributes = {}
        while (state.changes[0] !== undefined && state.changes[0].at <= at) {
          const change = state.changes.shift()
          if (change !== undefined) values[change.name] = change.value
        }
        if (state.changes.length === 0) held.delete(key)
        if (Object.keys(values).length === 0) continue
        ;(brought ??= {})[key] = values
        if (++count >= PER_EVENT) break
      }
      return brought
    },
    loss() {
      let without = lostObjects
      let changes = lostChanges
      for (const state of held.values()) {
        if (Object.keys(state.attributes).length > 0) without++
        changes += state.changes.length
      }
      return { object_relations: relations, objects_without_event: without, changes_not_kept: changes }
    },
  }
}

/** What is lost, for the report. */
export function lossSentences(loss: Loss): string[] {
  const sentences: string[] = []
  if (loss.object_relations > 0) sentences.push(`${loss.object_relations.toLocaleString('en-US')} relations between objects are not kept`)
  if (loss.objects_without_event > 0)
    sentences.push(`attributes of ${loss.objects_without_event.toLocaleString('en-US')} objects are not kept: no event names these objects`)
  if (loss.changes_not_kept > 0)
    sentences.push(`${loss.changes_not_kept.toLocaleString('en-US')} attribute changes are not kept: they have no value, or come after the last event of their object`)
  return sentences
}
