import type { Fact, MemberLine, Message, Tone } from './message.ts'

/** Ink and tint of each tone on light ground, and on dark. */
const TONES: Readonly<Record<Tone, readonly [ink: string, tint: string, darkInk: string, darkTint: string]>> = {
  critical: ['#b32424', '#fdecea', '#ff9a92', '#3a1c1a'],
  high: ['#8a4505', '#fdf1df', '#f6b255', '#35260f'],
  medium: ['#745a00', '#fbf4d9', '#e3c565', '#302808'],
  low: ['#3349b8', '#ecefff', '#a9b8ff', '#1e2648'],
  good: ['#226b35', '#e4f3e8', '#77c98c', '#15301d'],
  unknown: ['#515a63', '#eff0f1', '#b6bdc4', '#282d32'],
  plain: ['#0d5a47', '#e5f1ed', '#76cdb2', '#16302a'],
}
const FONT = "font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const DIGITS = 'font-variant-numeric:tabular-nums'

/** A message as an HTML mail: tables and inline styles, as mail programs know them; the dark look for those that know media queries. */
export function asHtml(message: Message): string {
  const { brand, tag, title, lead, facts, actions, footer, subject } = message
  const [ink, tint, darkInk, darkTint] = TONES[message.tone]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (max-width:600px){.pad{padding-left:20px!important;padding-right:20px!important}.wide{display:none!important}}
@media (prefers-color-scheme:dark){.page{background:#111417!important}.panel{background:#191d21!important;border-color:#2a3036!important}
.ink{color:#edf0f2!important}.ink2{color:#bcc4cb!important}.ink3{color:#9aa4ad!important}.line{border-color:#2a3036!important}
.tone{color:${darkInk}!important;background:${darkTint}!important}.link{color:#edf0f2!important}
.button{border-color:#424a52!important}.other{color:#edf0f2!important;border-color:#424a52!important}}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f6f5f2;${FONT}">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escapeHtml(`${title} ${lead}`)}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f6f5f2"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="panel" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #e6e3dd;border-radius:10px;border-collapse:separate;overflow:hidden">
<tr><td class="pad" style="background:${brand.color};padding:14px 32px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>
<td style="${FONT};font-size:15px;line-height:20px;font-weight:700;color:${brand.ink};letter-spacing:.01em">${escapeHtml(brand.name)}</td>
<td align="right" style="${FONT};font-size:13px;line-height:20px;font-weight:700;color:${brand.ink};opacity:.85">${escapeHtml(brand.mark)}</td></tr></table></td></tr>
<tr><td class="pad" style="padding:26px 32px 0">
<span class="tone" style="${FONT};display:inline-block;padding:3px 10px;border-radius:999px;background:${tint};color:${ink};font-size:12px;line-height:18px;font-weight:700">${escapeHtml(tag)}</span>
<h1 class="ink" style="${FONT};margin:12px 0 0;font-size:22px;line-height:29px;font-weight:650;letter-spacing:-.01em;color:#15202b">${escapeHtml(unbroken(title))}</h1>
<p class="ink2" style="${FONT};margin:8px 0 0;font-size:15px;line-height:22px;color:#44505b">${escapeHtml(lead)}</p></td></tr>
${actions.length === 0 ? '' : `<tr><td class="pad" style="padding:18px 32px 0">${actions.map((action, at) => button(action, at === 0 ? brand : null)).join('\n')}</td></tr>`}
<tr><td class="pad" style="padding:20px 32px 0"><table role="presentation" width="100%" cellpadding="0" cellspacing="0">${facts.map(factRow).join('\n')}</table></td></tr>
${memberTable(message)}
<tr><td class="pad" style="padding:24px 32px"><p class="ink3 line" style="${FONT};margin:0;padding-top:14px;border-top:1px solid #e6e3dd;font-size:12px;line-height:18px;color:#5f6973">${escapeHtml(footer)}</p></td></tr>
</table></td></tr></table></body></html>
`
}

/** Text that stands as itself in HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function button({ text, url }: { text: string; url: string }, brand: Message['brand'] | null): string {
  const [name, look] =
    brand === null
      ? ['other', 'color:#15202b;border-color:#cfcbc3']
      : ['button', `background:${brand.color};color:${brand.ink};border-color:${brand.color}`]
  return `<a class="${name}" href="${escapeHtml(url)}" style="${FONT};display:inline-block;margin:0 6px 6px 0;padding:8px 16px;border:1px solid;border-radius:7px;font-size:14px;line-height:20px;font-weight:600;text-decoration:none;${look}">${escapeHtml(text)}</a>`
}

function factRow({ label, value }: Fact): string {
  return `<tr><td class="ink3" valign="top" width="118" style="${FONT};padding:5px 14px 5px 0;font-size:13px;line-height:20px;color:#5f6973;white-space:nowrap">${escapeHtml(label)}</td>
<td class="ink" valign="top" style="${FONT};padding:5px 0;font-size:14px;line-height:20px;color:#15202b;word-break:break-word;${DIGITS}">${escapeHtml(unbroken(value))}</td></tr>`
}

function memberTable({ heading, members, more, actions }: Message): string {
  if (members.length === 0) return ''
  const columns = [
    { title: 'Since', cell: ({ since }: MemberLine) => since, align: 'left' },
    { title: 'At risk', cell: ({ money }: MemberLine) => money, align: 'right' },
    { title: 'Technical delay', cell: ({ technical }: MemberLine) => technical, align: 'right' },
  ].filter(({ cell }) => members.some((member) => cell(member) !== ''))
  const last = (at: number) => (at === columns.length - 1 ? '' : 'padding-right:14px;')
  const head = columns.map(
    ({ title, align }, at) =>
      `<td class="ink3 line${title === 'Since' ? ' wide' : ''}" align="${align}" style="${FONT};${last(at)}padding-bottom:6px;border-bottom:1px solid #cfcbc3;font-size:12px;line-height:18px;color:#5f6973;white-space:nowrap">${title}</td>`,
  )
  const rows = members.map(
    (
      member,
    ) => `<tr><td class="ink line" style="${FONT};padding:8px 14px 8px 0;border-bottom:1px solid #e6e3dd;font-size:14px;line-height:20px;color:#15202b;word-break:break-word">${linked(member.label, member.url)}${aside(member)}</td>
${columns
  .map(
    ({ title, cell, align }, at) =>
      `<td class="ink2 line${title === 'Since' ? ' wide' : ''}" align="${align}" valign="top" style="${FONT};${last(at)}padding-top:8px;padding-bottom:8px;border-bottom:1px solid #e6e3dd;font-size:13px;line-height:20px;color:#44505b;white-space:nowrap;${DIGITS}">${escapeHtml(cell(member))}</td>`,
  )
  .join('')}</tr>`,
  )
  const all = actions.find(({ text }) => text === 'Open in Sightline')
  const rest =
    more > 0
      ? `<p class="ink2" style="${FONT};margin:10px 0 0;font-size:14px;line-height:20px;color:#44505b">and ${linked(`${more} more`, all?.url ?? null)}</p>`
      : ''
  return `<tr><td class="pad" style="padding:22px 32px 0"><h2 class="ink" style="${FONT};margin:0 0 10px;font-size:15px;line-height:20px;font-weight:650;color:#15202b">${escapeHtml(heading)}</h2>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td class="line" style="border-bottom:1px solid #cfcbc3"></td>${head.join('')}</tr>${rows.join('\n')}</table>${rest}</td></tr>`
}

function aside({ severity, source_url }: MemberLine): string {
  const parts = [severity === '' ? '' : escapeHtml(severity), source_url === null ? '' : linked('source', source_url)].filter(
    (part) => part !== '',
  )
  return parts.length === 0 ? '' : ` <span class="ink3" style="color:#5f6973;font-size:13px">· ${parts.join(' · ')}</span>`
}

function linked(text: string, url: string | null): string {
  if (url === null) return escapeHtml(text)
  return `<a class="link" href="${escapeHtml(url)}" style="color:#15202b;text-decoration:underline;text-decoration-color:#9aa4ad;text-underline-offset:2px">${escapeHtml(text)}</a>`
}

/** Keeps a number with its currency or unit in one line. */
function unbroken(text: string): string {
  return text.replaceAll(/\b(?:([A-Z]{3}) (?=\d)|(\d) (?=(?:d|h|min|s|UTC)\b))/gu, '$1$2\u00A0')
}
