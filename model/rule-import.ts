import { AlertRule, type Severity, Slug } from './alert-rule.ts'

/** What became of one thing that was imported, and why; `rule` is the id of the rule that it became. */
export type ImportLine = { name: string; outcome: 'taken' | 'partly' | 'not'; reason: string; rule?: string }

/** Rules that a foreign document can be expressed as, and what became of everything in it. */
export type RuleImport = { rules: AlertRule[]; report: ImportLine[] }

const UNIT_S: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400, y: 365 * 86_400 }

/** Reads a duration such as `5m`, `1h30m` or `28d`; null where it is none. Seconds. */
export function durationS(text: unknown): number | null {
  if (typeof text !== 'string' || !/^(?:\d+(?:ms|[smhdwy]))+$/u.test(text)) return text === '0' || text === 0 ? 0 : null
  let sum = 0
  for (const [, number, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/gu)) sum += Number(number) * (UNIT_S[unit] ?? 0)
  return sum
}

const SEVERITY: Record<string, Severity> = {
  critical: 'critical',
  page: 'critical',
  sev1: 'critical',
  p1: 'critical',
  high: 'high',
  error: 'high',
  sev2: 'high',
  p2: 'high',
  medium: 'medium',
  warning: 'medium',
  warn: 'medium',
  ticket: 'medium',
  sev3: 'medium',
  p3: 'medium',
  low: 'low',
  info: 'low',
  sev4: 'low',
  p4: 'low',
}

/** Our word for another system's severity; null where it has none. */
export function severityOf(word: unknown): Severity | null {
  return typeof word === 'string' ? (SEVERITY[word.toLowerCase()] ?? null) : null
}

/** A short name made of any text; null where nothing of it remains. */
export function slugOf(text: string): string | null {
  const slug = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z\d])([A-Z])/gu, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/gu, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/gu, '')
  return Slug.safeParse(slug).success ? slug : null
}

/** Takes a rule if its schema does, and writes the line of the report; what could not be said is named. */
export function takeRule(into: RuleImport, name: string, rule: unknown, lost: readonly string[]): void {
  const parsed = AlertRule.safeParse(rule)
  if (!parsed.success) {
    const reason = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ')
    into.report.push({ name, outcome: 'not', reason })
  } else if (into.rules.some(({ id }) => id === parsed.data.id))
    into.report.push({ name, outcome: 'not', reason: `another rule of the document is called "${parsed.data.id}", too` })
  else {
    into.rules.push(parsed.data)
    into.report.push({ name, outcome: lost.length === 0 ? 'taken' : 'partly', reason: lost.join('; '), rule: parsed.data.id })
  }
}

/** Cuts a text to what fits. */
export function cut(text: unknown, most: number): string {
  return typeof text === 'string' ? text.replaceAll(/\s+/gu, ' ').trim().slice(0, most) : ''
}
