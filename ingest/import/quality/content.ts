import { instantToIso } from '../../../model/instant.ts'
import { type Check, type Finding, finding, percent, plural } from './check.ts'
import { createHashSet } from '../hash.ts'

/** Texts that a set of this report remembers. */
const REMEMBERED = 800_000

/** Events that are the same in objects, activity, time and attributes, and ids that two events share. */
export function createDuplicateCheck(notes: (note: string) => void): Check {
  const contents = createHashSet(REMEMBERED)
  const ids = createHashSet(REMEMBERED)
  let events = 0
  let same = 0
  let sameId = 0
  const evidence: Finding['evidence'] = []
  const idEvidence: Finding['evidence'] = []
  return {
    name: 'duplicate_events',
    observe({ event, instant, end, objects }) {
      events++
      const object = objects[0] === undefined ? {} : { object: objects[0] }
      if (event.id !== undefined && ids.add(event.id) === false) {
        sameId++
        if (idEvidence.length < 10) idEvidence.push({ ...object, ordinal: event.ordinal, detail: `id "${event.id}" again` })
      }
      if (instant === null) return
      const attributes = Object.entries(event.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))
      if (contents.add(JSON.stringify([objects, event.activity, instant, end, event.lifecycle, attributes])) === false) {
        same++
        if (evidence.length < 10)
          evidence.push({ ...object, ordinal: event.ordinal, detail: `${event.activity} at ${instantToIso(instant)} again` })
      }
    },
    finish() {
      if (contents.full() || ids.full())
        notes(`duplicates were looked for among the first ${REMEMBERED.toLocaleString('en-US')} events only`)
      const findings: Finding[] = []
      if (sameId > 0)
        findings.push(
          finding({
            check: 'duplicate_ids',
            severity: 'error',
            count: sameId,
            of: events,
            message: `${plural(sameId, 'event')} ${sameId === 1 ? 'has' : 'have'} an id that an earlier event has: only the first of each is kept.`,
            evidence: idEvidence,
          }),
        )
      if (same > 0)
        findings.push(
          finding({
            check: 'duplicate_events',
            severity: same / events >= 0.05 ? 'warning' : 'info',
            count: same,
            of: events,
            message: `${plural(same, 'event')} (${percent(same, events)}) ${same === 1 ? 'repeats' : 'repeat'} an earlier one in every field. ${same === 1 ? 'It counts' : 'They count'} as ${same === 1 ? 'an event of its' : 'events of their'} own; if the export doubled ${same === 1 ? 'it' : 'them'}, counts and rework are too high.`,
            evidence,
          }),
        )
      return findings
    },
  }
}

/** Names of activities that a report tells apart. */
const ACTIVITIES = 5000

/** Activities whose names differ only in case, spaces or punctuation, or, if long, in one letter. */
export function createSpellingCheck(): Check & { count(): number } {
  const names = new Map<string, number>()
  return {
    name: 'spelling',
    count: () => names.size,
    observe({ event }) {
      const known = names.get(event.activity)
      if (known !== undefined || names.size < ACTIVITIES) names.set(event.activity, (known ?? 0) + 1)
    },
    finish() {
      const pairs: { a: string; b: string; count: number }[] = []
      const list = [...names].map(([name, count]) => ({
        name,
        count,
        words: name
          .toLowerCase()
          .replace(/[^\p{L}\p{N}]+/gu, ' ')
          .trim(),
      }))
      let events = 0
      for (const { count } of list) events += count
      if (list.length <= 1000)
        for (const [i, a] of list.entries())
          for (const b of list.slice(i + 1))
            if (a.words.replaceAll(' ', '') === b.words.replaceAll(' ', '') || isOneLetterApart(a.words, b.words)) {
              const [more, fewer] = a.count >= b.count ? [a, b] : [b, a]
              pairs.push({ a: more.name, b: fewer.name, count: fewer.count })
            }
      if (pairs.length === 0) return []
      const count = pairs.reduce((sum, pair) => sum + pair.count, 0)
      return [
        finding({
          check: 'spelling',
          severity: 'warning',
          count,
          of: events,
          message: `${plural(pairs.length, 'pair')} of activities ${pairs.length === 1 ? 'differs' : 'differ'} only in spelling: they count as different activities until a mapping joins them.`,
          evidence: pairs.map(({ a, b, count: n }) => ({ detail: `"${b}" (${n.toLocaleString('en-US')}) beside "${a}"` })),
        }),
      ]
    },
  }
}

/** Letters of a name, and of the word that differs, below which one letter makes another meaning. */
const LONG_NAME = 10
const LONG_WORD = 5

/** One letter of one word replaced, added or left out. Digits, first and last letters make other words: plurals, endings, codes. */
function isOneLetterApart(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < LONG_NAME) return false
  const [left, right] = [a.split(' '), b.split(' ')]
  if (left.length !== right.length) return false
  const different = left.flatMap((word, index) => (word === right[index] ? [] : [{ one: word, other: right[index] ?? '' }]))
  const [pair] = different
  if (pair === undefined || different.length > 1) return false
  const [long, short] = pair.one.length >= pair.other.length ? [pair.one, pair.other] : [pair.other, pair.one]
  if (short.length < LONG_WORD || long.length - short.length > 1) return false
  let start = 0
  while (start < short.length && long[start] === short[start]) start++
  const same = long.length === short.length
  if (start === 0 || start >= long.length - 1) return false
  return long.slice(start + 1) === short.slice(same ? start + 1 : start) && !/\p{N}/u.test(`${long[start]}${short[start] ?? ''}`)
}

/** Objects and relations: events without one, relations that lead nowhere, changes without a value, types that nothing has. */
export function createReferenceCheck(notes: (note: string) => void): Check {
  const listed = createHashSet(REMEMBERED)
  const missing = new Map<string, { ordinal: number; count: number }>()
  let objects = 0
  let events = 0
  let relations = 0
  let alone = 0
  let dangling = 0
  const aloneEvidence: Finding['evidence'] = []
  let changes = 0
  let empty = 0
  const emptyEvidence: Finding['evidence'] = []
  const declared = { event: new Set<string>(), object: new Set<string>() }
  const present = { event: new Set<string>(), object: new Set<string>() }
  let problems = 0
  const problemEvidence: Finding['evidence'] = []
  return {
    name: 'references',
    observe({ event, objects: touched }) {
      events++
      present.event.add(event.activity)
      if (touched.length === 0) {
        alone++
        if (aloneEvidence.length < 10) aloneEvidence.push({ ordinal: event.ordinal, detail: event.activity })
      }
      if (objects === 0) return
      for (const object of event.objects ?? []) {
        relations++
        if (object.type !== 'unknown') continue
        dangling++
        const known = missing.get(object.id)
        if (known !== undefined) known.count++
        else if (missing.size < 100_000) missing.set(object.id, { ordinal: event.ordinal, count: 1 })
      }
    },
    other(record) {
      if (record.kind === 'problem') {
        problems++
        if (problemEvidence.length < 10) problemEvidence.push({ ordinal: record.ordinal, detail: record.message })
        return
      }
      if (record.kind === 'declared') {
        declared[record.of].add(record.type)
        return
      }
      if (record.kind === 'relations') return
      objects++
      present.object.add(record.type)
      listed.add(record.id)
      for (const change of record.changes ?? []) {
        changes++
        if (change.value !== null && change.value !== '') continue
        empty++
        if (emptyEvidence.length < 10)
          emptyEvidence.push({
            object: `${record.type}/${record.id}`,
            detail: `${change.name} changes at ${change.time} to nothing`,
          })
      }
    },
    finish() {
      if (listed.full()) notes(`objects past the first ${REMEMBERED.toLocaleString('en-US')} were not counted`)
      const findings: Finding[] = []
      if (problems > 0)
        findings.push(
          finding({
            check: 'unreadable_records',
            severity: 'error',
            count: problems,
            of: events + problems,
            message: `${plural(problems, 'record')} cannot be read as ${problems === 1 ? 'an event' : 'events'} and will not be loaded.`,
            evidence: problemEvidence,
          }),
        )
      if (alone > 0)
        findings.push(
          finding({
            check: 'events_without_object',
            severity: 'error',
            count: alone,
            of: events,
            message: `${plural(alone, 'event')} ${alone === 1 ? 'belongs' : 'belong'} to no object and cannot stand on any timeline.`,
            evidence: aloneEvidence,
          }),
        )
      if (dangling > 0)
        findings.push(
          finding({
            check: 'dangling_references',
            severity: 'warning',
            count: dangling,
            of: relations,
            message: `${plural(dangling, 'relation')} of events ${dangling === 1 ? 'leads' : 'lead'} to ${plural(missing.size, 'object')} that the file does not list: their type is unknown.`,
            evidence: [...missing].slice(0, 10).map(([id, { ordinal, count }]) => ({
              object: `unknown/${id}`,
              ordinal,
              detail: `named ${plural(count, 'time')}, listed nowhere`,
            })),
          }),
        )
      if (empty > 0)
        findings.push(
          finding({
            check: 'changes_without_value',
            severity: 'warning',
            count: empty,
            of: changes,
            message: `${plural(empty, 'attribute change')} ${empty === 1 ? 'has' : 'have'} no value: what the attribute became is not known.`,
            evidence: emptyEvidence,
          }),
        )
      for (const kind of ['event', 'object'] as const) {
        const none = [...declared[kind]].filter((type) => !present[kind].has(type))
        if (none.length === 0) continue
        findings.push(
          finding({
            check: `empty_${kind}_types`,
            severity: 'warning',
            count: none.length,
            of: declared[kind].size,
            message: `${plural(none.length, `${kind} type`)} ${none.length === 1 ? 'is' : 'are'} declared and ${none.length === 1 ? 'has' : 'have'} not one ${kind}: the export may have lost them.`,
            evidence: none.map((type) => ({ detail: `"${type}": 0 ${kind}s` })),
          }),
        )
      }
      return findings
    },
  }
}
