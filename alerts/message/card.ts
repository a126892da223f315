import type { Note } from '../../model/alert-note.ts'
import { type MemberLine, type Message, messageOf, type Tone } from './message.ts'
import { memberFacts } from './text.ts'

/** Teams takes messages of up to 28 KB; this leaves room for what its connector adds. */
const MOST_BYTES = 27 * 1024
const MOST_MEMBERS = 20

type Color = 'default' | 'attention' | 'warning' | 'good' | 'accent'
const COLORS: Readonly<Record<Tone, Color>> = {
  critical: 'attention',
  high: 'warning',
  medium: 'warning',
  low: 'accent',
  good: 'good',
  unknown: 'default',
  plain: 'accent',
}

type Run = {
  type: 'TextRun'
  text: string
  weight?: 'Bolder'
  size?: 'Large'
  color?: Color
  isSubtle?: true
  selectAction?: { type: 'Action.OpenUrl'; url: string }
}
type Line = { type: 'RichTextBlock'; inlines: Run[]; spacing?: 'Small' | 'None' | 'Medium'; separator?: true }

/** A message for Teams. */
export type TeamsMessage = { type: 'message'; attachments: [{ contentType: string; contentUrl: null; content: unknown }] }

/**
 * A message as an Adaptive Card (https://adaptivecards.io/explorer/): of as many members as fit. All text is in text runs, which know no
 * markdown, so that it stands as itself.
 */
export function asCard(note: Note): TeamsMessage {
  for (let most = MOST_MEMBERS; ; most = Math.floor(most / 2)) {
    const card = cardOf(messageOf(note, most))
    if (most === 0 || Buffer.byteLength(JSON.stringify(card)) <= MOST_BYTES) return card
  }
}

function cardOf(message: Message): TeamsMessage {
  const { brand, tone, tag, title, lead, facts, heading, members, more, actions, footer } = message
  const body = [
    line([{ ...run(brand.name), isSubtle: true }]),
    line(
      [
        { ...run(`${tag}  `), weight: 'Bolder', size: 'Large', color: COLORS[tone] },
        { ...run(title), weight: 'Bolder', size: 'Large' },
      ],
      'Small',
    ),
    line([run(lead)], 'Small'),
    ...facts.map(({ label, value }, at) =>
      line([{ ...run(`${label}: `), isSubtle: true }, run(value)], at === 0 ? 'Medium' : 'None'),
    ),
    ...(members.length === 0 ? [] : [{ ...line([{ ...run(heading), weight: 'Bolder' }], 'Medium'), separator: true as const }]),
    ...members.map(memberLine),
    ...(more > 0 ? [line([{ ...run(`and ${more} more`), isSubtle: true }], 'Small')] : []),
    line([{ ...run(footer), isSubtle: true }], 'Medium'),
  ]
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    fallbackText: `${tag}: ${title}`,
    body,
    actions: actions.map(({ text, url }) => ({ type: 'Action.OpenUrl', title: text, url })),
  }
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }] }
}

function memberLine(member: MemberLine): Line {
  const source = member.source_url === null ? [] : [run(' · '), { ...run('source'), ...leading(member.source_url) }]
  return line(
    [{ ...run(member.label), ...leading(member.url) }, { ...run(` · ${memberFacts(member)}`), isSubtle: true }, ...source],
    'Small',
  )
}

function line(inlines: Run[], spacing?: Line['spacing']): Line {
  return { type: 'RichTextBlock', inlines, ...(spacing === undefined ? {} : { spacing }) }
}

function run(text: string): Run {
  return { type: 'TextRun', text }
}

function leading(url: string | null): Pick<Run, 'selectAction'> {
  return url === null ? {} : { selectAction: { type: 'Action.OpenUrl', url } }
}
