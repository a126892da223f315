import { plural } from '../../model/plural.ts'
import type { Note, NoteMember } from '../../model/alert-note.ts'
import { between, dateTime, duration, leadOf, oneLine, SEVERITY_WORDS, safeUrl, tagOf } from './words.ts'

/** A stated fact: `Cause`, `Affected`, … */
export type Fact = { label: string; value: string }

/** A document that is concerned. Empty texts are not known. */
export type MemberLine = {
  label: string
  url: string | null
  source_url: string | null
  since: string
  severity: string
  money: string
  technical: string
}

/** What the reader can do, the first before the others. */
export type Action = { text: string; url: string }

/** How a message looks: bad news, good news, news of not knowing, or none of these. */
export type Tone = 'critical' | 'high' | 'medium' | 'low' | 'good' | 'unknown' | 'plain'

/** A message in parts, each one line of plain text: a channel escapes them for its markup and puts them in place. */
export type Message = {
  brand: { name: string; color: string; ink: string; mark: string }
  tone: Tone
  tag: string
  /** The same through the alert's life but for the tag, so that mail programs keep it in one thread. */
  subject: string
  title: string
  lead: string
  facts: Fact[]
  /** Over the list of members. */
  heading: string
  members: MemberLine[]
  more: number
  actions: Action[]
  footer: string
}

const DEFAULT_COLOR = '#0d5a47'
const SHORT = 150
const LONG = 600

/**
 * The parts of a message.
 *
 * @param most members that are listed; the others are counted
 */
export function messageOf(note: Note, most: number): Message {
  const shown = note.members.slice(0, most)
  const tag = tagOf(note)
  const group = Object.values(note.labels).slice(0, 3).join(', ')
  const rule = oneLine(note.rule.title, SHORT)
  return {
    brand: brandOf(note),
    tone: toneOf(note),
    tag,
    subject: oneLine(`[${tag}] ${rule}${group === '' ? '' : `: ${group}`}`, 200),
    title: oneLine(note.title, 300),
    lead: oneLine(leadOf(note), LONG),
    facts: factsOf(note),
    heading: oneLine(headingOf(note), SHORT),
    members: shown.map((member) => memberLine(member, note)),
    more: note.members.length - shown.length + Math.max(0, note.more),
    actions: actionsOf(note),
    footer: oneLine(`${note.brand.name} · ${note.tenant} · Sightline`, 200),
  }
}

/** What the alert is about in numbers: `12 of 340 invoices, EUR 84,200`; empty where nothing is counted. */
function scopeOf({ scope }: Note): string {
  const noun = plural(scope.noun === '' ? 'document' : scope.noun, scope.of ?? scope.n)
  const count = scope.n > 0 ? `${counted(scope.n)}${scope.of === null ? '' : ` of ${counted(scope.of)}`} ${noun}` : ''
  return [count, scope.money].filter((part) => part !== '').join(', ')
}

function factsOf(note: Note): Fact[] {
  const { kind, started_at: started, ended_at: ended } = note
  const over = kind === 'resolved' && ended !== null
  const lasted = over ? between(started, ended) : ''
  const open = over ? '' : between(started, note.at)
  const technical = note.members.reduce((sum, member) => sum + (member.technical_s ?? 0), 0)
  const labels = Object.entries(note.labels)
    .slice(0, 6)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
  const fact = (label: string, value: string): Fact => ({ label, value: oneLine(value, LONG) })
  return [
    fact('Cause', note.cause),
    fact('Affected', scopeOf(note)),
    fact('Service level', note.sla),
    fact('Since', dateTime(started) + (open === '' ? '' : ` (${open})`)),
    fact('Over since', over ? dateTime(ended) + (lasted === '' ? '' : ` (after ${lasted})`) : ''),
    fact('Data missing', kind === 'stale' ? `since ${dateTime(ended ?? note.at)}` : ''),
    fact('Technical delay', technical > 0 ? `${duration(technical)} in all, apart from the business’s own time` : ''),
    fact('Severity', `${SEVERITY_WORDS[note.severity]}, ${note.rule.class}`),
    fact('Where', labels.join(' · ')),
    fact('Rule', note.rule.title),
    fact('Trace', note.trace_id ?? ''),
  ].filter(({ value }) => value !== '')
}

function headingOf(note: Note): string {
  const total = note.members.length + Math.max(0, note.more)
  if (note.kind === 'follow_up') return `Still late: ${counted(total)} ${note.scope.noun}`
  if (note.kind === 'resolved') return `What it was about: ${counted(total)} ${note.scope.noun}`
  return `${counted(total)} ${note.scope.noun === '' ? 'affected' : note.scope.noun}`
}

function memberLine(member: NoteMember, note: Note): MemberLine {
  const technical = member.technical_s
  return {
    label: oneLine(member.label, 200),
    url: safeUrl(member.url),
    source_url: safeUrl(member.source_url),
    since: dateTime(member.since),
    severity: member.severity === note.severity ? '' : SEVERITY_WORDS[member.severity],
    money: oneLine(member.money, 60),
    technical: technical === null || technical <= 0 ? '' : duration(technical),
  }
}

function actionsOf({ kind, links, rule }: Note): Action[] {
  const isOpen = kind !== 'resolved' && kind !== 'test'
  const action = (text: string, address: string | null): Action[] => {
    const url = safeUrl(address)
    return url === null ? [] : [{ text, url }]
  }
  return [
    ...(isOpen && kind !== 'acknowledged' ? action('Acknowledge', links.acknowledge) : []),
    ...action('Open in Sightline', links.alert),
    ...(isOpen ? action('Silence', links.silence) : []),
    ...(kind === 'resolved' ? [] : action('Runbook', rule.runbook)),
  ]
}

function toneOf({ kind, severity }: Note): Tone {
  if (kind === 'resolved') return 'good'
  if (kind === 'stale') return 'unknown'
  return kind === 'test' || kind === 'acknowledged' ? 'plain' : severity
}

/** The brand as messages show it: a colour that is one, and an ink that can be read on it. */
export function brandOf({ brand }: Pick<Note, 'brand'>): Message['brand'] {
  const color = /^#[0-9a-f]{6}$/iu.test(brand.color) ? brand.color : DEFAULT_COLOR
  const name = oneLine(brand.name, 80)
  const mark = oneLine(brand.logo_text, 12)
  return { name, color, ink: luminance(color) > 0.32 ? '#10161b' : '#ffffff', mark: mark === '' ? name.slice(0, 1) : mark }
}

/** Relative luminance (WCAG 2) of a `#rrggbb` colour. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function counted(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',')
}
