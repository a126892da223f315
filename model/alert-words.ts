import type { AlertRule } from './alert-rule.ts'
import { FOLLOW_UP, type Page } from './alert-page.ts'
import { plural } from './plural.ts'

/**
 * The one line of an alert: what, how many of how many, how much money.
 *
 * @param money sum in words; empty where none is known
 */
export function titleOf(
  page: Page,
  rule: AlertRule | undefined,
  { of, money, n }: { of: number | null; money: string; n: number },
): string {
  const { noun } = page.body.scope
  const count = `${n}${of === null || of < n ? '' : ` of ${of}`} ${plural(noun, of !== null && of >= n ? of : n)}`
  const cost = money === '' ? '' : `, ${money}`
  if (page.rule === FOLLOW_UP) return `${count} still late after the outage${cost}`
  if (rule !== undefined && rule.summary !== '')
    return filled(rule.summary, {
      rule: rule.title,
      count: `${n} ${plural(noun, n)}`,
      n: String(n),
      of: of === null ? '' : String(of),
      money,
      key: page.group,
      ...page.fields,
      severity: page.severity,
      ...page.labels,
      ...unknownOf(page, rule),
    })
  switch (rule?.watch.kind) {
    case 'clock': {
      const near = rule.watch.steps.find(({ severity }) => severity === page.severity)
      const place = typeof near?.at === 'object' && 'warn' in near.at ? 'near' : 'past'
      return `${count} ${place} the deadline of ${page.body.sla === '' ? rule.title : page.body.sla}${cost}`
    }
    case 'control':
      return `${rule.title}: ${count}${cost}`
    case 'incident':
      return `${page.body.system} fails: ${n === 0 ? 'no document is blocked' : `${count} ${n === 1 ? 'is' : 'are'} blocked`}${cost}`
    default:
      return `${rule?.title ?? page.rule}: ${page.body.cause === '' ? count : page.body.cause}`
  }
}

/** What pages are told apart by, where it is not known: without a word for it a summary would have a hole. */
function unknownOf({ labels }: Page, { group_by }: AlertRule): Record<string, string> {
  const unknown = group_by.filter((name) => name !== 'key' && (labels[name] ?? '') === '')
  return Object.fromEntries(unknown.map((name) => [name, `unknown ${name.replaceAll('_', ' ')}`]))
}

/** Fills the fields of a summary; unknown ones are refused when the rule is kept. */
function filled(summary: string, fields: Readonly<Record<string, string>>): string {
  const text = summary.replace(/\{([a-z_]+)\}/gu, (_all, name: string) => fields[name] ?? '')
  return text.replaceAll(/\s+/gu, ' ').replace(/[\s,;:]+$/u, '')
}
