import type { Instant } from '../../../model/instant.ts'
import type { FileEvent, FileRecord } from '../record.ts'
import type { WrittenTime } from '../times.ts'

/** How bad a finding is: `error` spoils numbers, `warning` may, `info` is good to know. */
export type Severity = 'error' | 'warning' | 'info'

/** One thing that is wrong or odd with a file, in words for the person who answers for the process. */
export type Finding = {
  check: string
  severity: Severity
  count: number
  of: number
  /** `count / of`, 0 where `of` is 0. */
  share: number
  message: string
  /** At most ten examples. */
  evidence: { object?: string; ordinal?: number; detail: string }[]
  repair?: { id: string; message: string }
}

/** An event as checks see it. */
export type Seen = {
  event: FileEvent
  instant: Instant | null
  end: Instant | null
  /** The time as written, `null` for epoch numbers and what is no time. */
  written: WrittenTime | null
  /** `type/id` of its objects. */
  objects: string[]
  /** Places of its objects in arrays by object; objects past the cap have none. */
  slots: number[]
  /** How many of the first `slots` the file lists in their order: only the case where it goes case by case. */
  inOrder: number
}

/** One check: it sees every event once, in file order. */
export type Check = {
  name: string
  observe?(seen: Seen): void
  /** Sees what is no event: objects, declared types, problems. */
  other?(record: Exclude<FileRecord, FileEvent>): void
  finish(): Finding[]
}

/** Examples that a finding keeps. */
export const EVIDENCE_LIMIT = 10

/** A finding with its share worked out and its evidence cut. */
export function finding(parts: Omit<Finding, 'share'>): Finding {
  return { ...parts, share: parts.of === 0 ? 0 : parts.count / parts.of, evidence: parts.evidence.slice(0, EVIDENCE_LIMIT) }
}

/** `12.3 %`, `< 0.1 %`. */
export function percent(count: number, of: number): string {
  const share = of === 0 ? 0 : (100 * count) / of
  return count > 0 && share < 0.1
    ? '< 0.1 %'
    : `${share >= 99.95 && count < of ? '99.9' : share.toFixed(share === 100 || share === 0 ? 0 : 1)} %`
}

/** `1,234 events`, `1 event`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** Numbers in an array that grows as places are written. */
export type Column = { read(at: number): number; write(at: number, value: number): void }

/** Makes a column whose unwritten places hold `empty`. */
export function createColumn(empty: number): Column {
  let values = new Float64Array(1024).fill(empty)
  return {
    read: (at) => values[at] ?? empty,
    write(at, value) {
      if (at >= values.length) {
        const larger = new Float64Array(Math.max(at + 1, values.length * 2)).fill(empty)
        larger.set(values)
        values = larger
      }
      values[at] = value
    },
  }
}
