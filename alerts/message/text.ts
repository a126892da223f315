import type { MemberLine, Message } from './message.ts'

/** A message as plain text. */
export function asText(message: Message): string {
  const { tag, title, lead, facts, heading, members, more, actions, footer } = message
  const width = Math.max(...facts.map(({ label }) => label.length)) + 2
  const rest = more > 0 ? [`- and ${more} more`] : []
  return [
    `${tag.toUpperCase()}: ${title}`,
    '',
    lead,
    '',
    ...facts.map(({ label, value }) => `${`${label}:`.padEnd(width)}${value}`),
    '',
    ...(members.length === 0 ? [] : [heading, ...members.flatMap(memberText), ...rest, '']),
    ...actions.map(({ text, url }) => `${text}: ${url}`),
    '',
    footer,
    '',
  ].join('\n')
}

/** What is known of a member beside its name, in a line. */
export function memberFacts({ since, severity, money, technical }: MemberLine): string {
  return [`since ${since}`, money, technical === '' ? '' : `technical delay ${technical}`, severity]
    .filter((part) => part !== '')
    .join(' · ')
}

function memberText(member: MemberLine): string[] {
  return [
    `- ${member.label}, ${memberFacts(member)}`,
    ...(member.url === null ? [] : [`  ${member.url}`]),
    ...(member.source_url === null ? [] : [`  source: ${member.source_url}`]),
  ]
}
