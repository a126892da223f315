import { createHash } from 'node:crypto'
import type { Note, NoteKind } from '../../model/alert-note.ts'
import type { Severity } from '../../model/alert-rule.ts'

/** How grave an alert is, in words. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}

/** What a message is, in a word or two: it stands before its subject. */
export function tagOf({ kind, severity }: Pick<Note, 'kind' | 'severity'>): string {
  const tags: Readonly<Record<NoteKind, string>> = {
    firing: SEVERITY_WORDS[severity],
    more: 'More affected',
    raised: `Now ${severity}`,
    again: 'Still open',
    escalated: 'Escalated',
    follow_up: 'Follow-up',
    stale: 'No data',
    resolved: 'Resolved',
    handed_over: 'Handed over',
    acknowledged: 'Acknowledged',
    test: 'Test',
  }
  return tags[kind]
}

/** Why the message is sent, in a sentence. */
export function leadOf({ kind, severity, rule, at, ended_at }: Note): string {
  const technical = rule.class === 'technical'
  const leads: Readonly<Record<NoteKind, string>> = {
    firing: technical
      ? 'A technical failure needs somebody. Nobody has acknowledged it yet.'
      : 'A business exception needs somebody. Nobody has acknowledged it yet.',
    more: 'It now affects more than you were last told.',
    raised: `It has become graver: it is now ${severity}.`,
    again: 'It is still open.',
    escalated: 'Nobody has acknowledged it in time, so it comes to you.',
    follow_up: 'The outage is over. What is listed here is still late; the time that technical failures took is shown apart.',
    stale: `Its data is missing since ${dateTime(ended_at ?? at)}, so nobody can tell whether it is over. It stays open.`,
    resolved: 'It is over.',
    handed_over: 'It was handed over to you.',
    acknowledged: 'Somebody has taken it on.',
    test: 'This is a test of the channel. Nothing is wrong, and nothing needs to be done.',
  }
  return leads[kind]
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** An ISO instant as people write it, in UTC: `2 Mar 2026, 09:30 UTC`; the text itself where it is no instant. */
export function dateTime(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return oneLine(iso, 40)
  const time = date.toISOString().slice(11, 16)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}, ${time} UTC`
}

/** The time between two ISO instants in words; empty where there is none. */
export function between(from: string, to: string): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isFinite(seconds) && seconds >= 60 ? duration(seconds) : ''
}

/** Seconds in the two largest units: `2 d 4 h`, `3 h 20 min`, `45 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`
  const minutes = Math.round(seconds / 60)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`
  return `${rest} min`
}

/** Control characters, and those that turn the direction of writing, with which a text could look like another. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u200E\u200F\uFEFF]+|\p{Surrogate}/gu

/** A text in one line without control characters, cut at `max` UTF-16 units between characters. */
export function oneLine(text: string, max: number): string {
  const line = text.replaceAll(UNSEEN, ' ').replaceAll(/ {2,}/gu, ' ').trim()
  if (line.length <= max) return line
  const cut = line.slice(0, max - 1)
  return `${/[\uD800-\uDBFF]$/u.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** An address that a message may lead to; null for anything but http(s), so that no text becomes a script. */
export function safeUrl(text: string | null): string | null {
  if (text === null || !/^https?:\/\//iu.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  // A name before the host makes an address look like another one.
  if (url.username !== '' || url.password !== '' || url.href.length > 2000) return null
  return url.href.replaceAll(/[|<>"'`()[\]\\]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A message's id as headers take it: itself, or where it has other characters its SHA-256. */
export function headerId(id: string): string {
  return /^[\w-]{1,120}$/u.test(id) ? id : createHash('sha256').update(id).digest('hex')
}
