import { type Instant, instantToIso } from '../../model/instant.ts'
import { type Mapping, objectsOf } from './mapping.ts'
import { type Check, type Finding, plural, type Seen } from './quality/check.ts'
import { createDuplicateCheck, createReferenceCheck, createSpellingCheck } from './quality/content.ts'
import { createHashMap, createHashSet } from './hash.ts'
import { createLocalAsUtcCheck } from './quality/local-as-utc.ts'
import { createOrderCheck } from './quality/order.ts'
import { createSwapCheck } from './quality/swap.ts'
import { createTimeChecks } from './quality/times.ts'
import type { FileRecord } from './record.ts'
import { parseTime, swapDayMonth, type TimeFormat, writtenTime } from './times.ts'

/** What is known of a file before a number is computed from it. */
export type QualityReport = {
  findings: Finding[]
  events: number
  objects: number
  activities: number
  first_at: string | null
  last_at: string | null
  /** Checks that ran, those without a finding among them. */
  checked: string[]
  /** Limits of the report, such as a cap on tracked objects. */
  notes: string[]
}

/** Objects whose order and span are followed; what comes later is counted only. */
const TRACKED_OBJECTS = 100_000
const COUNTED_OBJECTS = 3_000_000
/** Objects of one event that are followed: an event that touches thousands says little about any of them. */
const FOLLOWED_PER_EVENT = 50

/** Every check by name, in the order of the report. */
export const CHECKS = [
  'day_month_swapped',
  'runs_backwards',
  'ends_before_start',
  'time_unreadable',
  'dates_far_outside',
  'dates_isolated',
  'no_zone',
  'local_time_as_utc',
  'dates_without_time',
  'gaps',
  'duplicate_events',
  'duplicate_ids',
  'spelling',
  'events_without_object',
  'dangling_references',
  'changes_without_value',
  'empty_event_types',
  'empty_object_types',
  'unreadable_records',
] as const

const SEVERITY = { error: 0, warning: 1, info: 2 }

/**
 * Watches a file go by, once, in file order, in bounded memory.
 *
 * `observe` takes every record of the file with its instant (µs; `null` for records that are no events or whose time cannot be
 * read). `swapped` says that times are read with day and month changed back, as a repair does.
 */
export function createQualityReport(options: {
  mapping: Mapping
  timeFormat: TimeFormat
  zone: string
  zoneGiven: boolean
  now: Instant
  swapped?: boolean
}): { observe(record: FileRecord, instant: Instant | null): void; finish(): QualityReport } {
  const notes: string[] = []
  const note = (text: string): void => void (notes.includes(text) || notes.push(text))
  const spelling = createSpellingCheck()
  const checks: Check[] = [
    createSwapCheck(),
    createOrderCheck(),
    createTimeChecks({ now: options.now, zone: options.zone, zoneGiven: options.zoneGiven }),
    createLocalAsUtcCheck(),
    createDuplicateCheck(note),
    spelling,
    createReferenceCheck(note),
  ]
  const slots = createHashMap(TRACKED_OBJECTS)
  const known = createHashSet(COUNTED_OBJECTS)
  let events = 0
  let first = Infinity
  let last = -Infinity

  function observe(record: FileRecord, instant: Instant | null): void {
    if (record.kind !== 'event') {
      if (record.kind === 'object') known.add(`${record.type}/${record.id}`)
      for (const check of checks) check.other?.(record)
      return
    }
    events++
    const end =
      record.end === undefined ? null : parseTime(record.end, options.timeFormat, options.zone, options.swapped === true)
    if (instant !== null) {
      first = Math.min(first, instant)
      last = Math.max(last, instant, end ?? -Infinity)
    }
    const objects = objectsOf(record, options.mapping).map((object) => `${object.type}/${object.id}`)
    const places: number[] = []
    for (const [index, object] of objects.entries()) {
      const slot = slots.get(object)
      if (slot === undefined) known.add(object)
      if (index >= FOLLOWED_PER_EVENT) continue
      if (slot !== undefined) places.push(slot)
      else if (slots.size() < TRACKED_OBJECTS) {
        places.push(slots.size())
        slots.set(object, slots.size())
      } else note(`order and duration were followed for the first ${plural(TRACKED_OBJECTS, 'object')} only`)
    }
    const text = writtenTime(record.time, options.timeFormat)
    const written = text !== null && options.swapped === true ? swapDayMonth(text) : text
    const seen: Seen = {
      event: record,
      instant,
      end,
      written,
      objects,
      slots: places,
      inOrder: record.case === undefined ? places.length : Math.min(1, places.length),
    }
    for (const check of checks) check.observe?.(seen)
  }

  function finish(): QualityReport {
    const findings = checks
      .flatMap((check) => check.finish())
      .toSorted((a, b) => SEVERITY[a.severity] - SEVERITY[b.severity] || rank(a) - rank(b))
    if (known.full()) note(`objects were counted up to ${plural(COUNTED_OBJECTS, 'object')}`)
    return {
      findings,
      events,
      objects: known.size(),
      activities: spelling.count(),
      first_at: first === Infinity ? null : instantToIso(first),
      last_at: last === -Infinity ? null : instantToIso(last),
      checked: [...CHECKS],
      notes,
    }
  }

  return { observe, finish }
}

function rank(found: Finding): number {
  const at = (CHECKS as readonly string[]).indexOf(found.check)
  return at === -1 ? CHECKS.length : at
}
