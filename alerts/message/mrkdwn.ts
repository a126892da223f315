import type { MemberLine, Message, Tone } from './message.ts'
import { memberFacts } from './text.ts'
import { oneLine } from './words.ts'

const DOTS: Readonly<Record<Tone, string>> = {
  critical: '🔴',
  high: '🟠',
  medium: '🟡',
  low: '🔵',
  good: '🟢',
  unknown: '⚪',
  plain: '⚪',
}

/** A section's text has at most 3000 characters, a field's 2000; a character that is escaped counts as up to five. */
const SECTION = 2900
const FIELD = 350
const LABEL = 150
const LINK = 1000

type Text = { type: 'mrkdwn'; text: string; verbatim: true }
export type SlackBlock =
  | { type: 'section'; text: Text }
  | { type: 'section'; fields: Text[] }
  | { type: 'context'; elements: Text[] }
  | {
      type: 'actions'
      elements: { type: 'button'; text: { type: 'plain_text'; text: string }; url: string; style?: 'primary' }[]
    }

/** A message for Slack: blocks, and the line of the notification. https://docs.slack.dev/reference/block-kit/blocks */
export function asSlack(message: Message): { text: string; blocks: SlackBlock[] } {
  const { tone, tag, title, lead, facts, heading, members, more, actions, footer } = message
  const line = `${DOTS[tone]} *${escapeMrkdwn(tag)}*  ${escapeMrkdwn(title)}`
  const lines = [...members.map(memberLine), ...(more > 0 ? [`and ${more} more`] : [])]
  return {
    text: line,
    blocks: [
      { type: 'section', text: mrkdwn(`${line}\n${escapeMrkdwn(lead)}`) },
      ...chunks(facts, 10).map((some): SlackBlock => ({
        type: 'section',
        fields: some.map(({ label, value }) => mrkdwn(`*${label}*\n${escapeMrkdwn(oneLine(value, FIELD))}`)),
      })),
      ...(members.length === 0 ? [] : paragraphs([`*${escapeMrkdwn(heading)}*`, ...lines])),
      ...(actions.length === 0 ? [] : [buttons(actions)]),
      { type: 'context', elements: [mrkdwn(escapeMrkdwn(footer))] },
    ],
  }
}

/**
 * Text that stands as itself in mrkdwn: no tag, no mention, no bold. Slack has no way to write its formatting characters as themselves, so
 * they are replaced by ones that look alike; underscores stay, as ids have them and `verbatim` text within words is left alone.
 */
export function escapeMrkdwn(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
    .replaceAll(/@(?=channel|here|everyone)/giu, '@\u200B')
}

function memberLine(member: MemberLine): string {
  const source = member.source_url === null ? '' : ` · ${link('source', member.source_url)}`
  return `• ${link(member.label, member.url)} · ${escapeMrkdwn(memberFacts(member))}${source}`
}

/** A link; one that would be too long for a line is the text alone. */
function link(text: string, url: string | null): string {
  const label = escapeMrkdwn(oneLine(text, LABEL))
  if (url === null) return label
  const whole = `<${url.replaceAll('&', '&amp;')}|${label}>`
  return whole.length > LINK ? label : whole
}

function mrkdwn(text: string): Text {
  return { type: 'mrkdwn', text, verbatim: true }
}

function buttons(actions: Message['actions']): SlackBlock {
  return {
    type: 'actions',
    elements: actions.map(({ text, url }, at) => ({
      type: 'button' as const,
      text: { type: 'plain_text' as const, text },
      url,
      ...(at === 0 ? { style: 'primary' as const } : {}),
    })),
  }
}

/** Lines in as few section blocks as hold them. */
function paragraphs(lines: readonly string[]): SlackBlock[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + 1 + line.length <= SECTION) texts[texts.length - 1] = `${last}\n${line}`
    else texts.push(line)
  }
  return texts.map((text) => ({ type: 'section', text: mrkdwn(text) }))
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size))
}
