import type { Instant } from '../../model/instant.ts'
import type { FileObjectRecord, Scalar } from './record.ts'

/** Objects whose attributes are held until an event names them, and the letters that these may take. */
const HELD_OBJECTS = 500_000
const HELD_LETTERS = 60_000_000
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
  // As text, which takes a third of the memory of objects.
  const held = new Map<string, string>()
  let letters = 0
  let relations = 0
  let pastCap = 0
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
      const text = JSON.stringify({ attributes: record.attributes, changes: changes.toSorted((a, b) => a.at - b.at) } satisfies Held)
      if (held.size >= HELD_OBJECTS || letters + text.length > HELD_LETTERS) {
        pastCap++
        return
      }
      letters += text.length
      held.set(key, text)
    },
    bring(keys, at) {
      if (held.size === 0 || at === null) return undefined
      let brought: Record<string, Record<string, Scalar>> | undefined
      let count = 0
      for (const key of keys) {
        const text = held.get(key)
        if (text === undefined) continue
        const { attributes: values, changes } = JSON.parse(text) as Held
        const due = changes.filter((change) => change.at <= at)
        for (const change of due) values[change.name] = change.value
        const rest = changes.slice(due.length)
        if (rest.length === 0) held.delete(key)
        else if (rest.length < changes.length || Object.keys(values).length > 0)
          held.set(key, JSON.stringify({ attributes: {}, changes: rest } satisfies Held))
        if (Object.keys(values).length === 0) continue
        ;(brought ??= {})[key] = values
        if (++count >= PER_EVENT) break
      }
      return brought
    },
    loss() {
      let without = 0
      let changes = lostChanges
      for (const text of held.values()) {
        const state = JSON.parse(text) as Held
        if (Object.keys(state.attributes).length > 0) without++
        changes += state.changes.length
      }
      return { object_relations: relations, objects_without_event: without, objects_past_cap: pastCap, changes_not_kept: changes }
    },
  }
}

/** What is lost, for the report. */
export function lossSentences(loss: Loss): string[] {
  const sentences: string[] = []
  if (loss.object_relations > 0) sentences.push(`${loss.object_relations.toLocaleString('en-US')} relations between objects are not kept`)
  if (loss.objects_without_event > 0)
    sentences.push(`attributes of ${loss.objects_without_event.toLocaleString('en-US')} objects are not kept: no event names these objects`)
  if (loss.objects_past_cap > 0)
    sentences.push(`attributes of ${loss.objects_past_cap.toLocaleString('en-US')} objects are not kept: the file lists too many objects before its events`)
  if (loss.changes_not_kept > 0)
    sentences.push(`${loss.changes_not_kept.toLocaleString('en-US')} attribute changes are not kept: they have no value, or come after the last event of their object`)
  return sentences
}
