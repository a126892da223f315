import { z } from 'zod'
import { labelsOf } from './alert-labels.ts'
import { SUMMARY_FIELDS, Watched } from './alert-rule.ts'
import { cut, durationS, type RuleImport, severityOf, slugOf, takeRule } from './rule-import.ts'
import { DIMENSIONS } from './vocabulary.ts'
import { yamlDocuments } from './yaml-text.ts'

const texts = z.record(z.string(), z.coerce.string()).default({})
const Rule = z.looseObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.coerce.string(),
  for: z.unknown().optional(),
  keep_firing_for: z.unknown().optional(),
  labels: texts,
  annotations: texts,
})
const Group = z.looseObject({ name: z.string(), interval: z.unknown().optional(), rules: z.array(z.unknown()).default([]) })
const Groups = z.looseObject({ groups: z.array(z.unknown()) })

type Kpis = ReadonlyMap<string, { topic: string }>
type Read = { watch: object; where: Record<string, string[]>; technical: boolean; lost: string[] }

/**
 * Reads alerting rules of Prometheus, also inside a PrometheusRule of its operator. What can be told here becomes a rule: a KPI of ours
 * (`sightline_kpi_exception_rate{entity="DE01"} > 0.2`), dead letters (`sightline_dead_letters{source="…"} > 0`), and a source that is
 * gone (`up{job="…"} == 0`, `absent(…{source="…"})`). The report has a line for every rule of every group.
 *
 * @param kpis the KPIs by id
 */
export function importPrometheus(text: string, kpis: Kpis): RuleImport {
  const into: RuleImport = { rules: [], report: [] }
  for (const [index, document] of yamlDocuments(text).entries()) {
    const name = `document ${index + 1}`
    const content = 'content' in document ? document.content : undefined
    if (content === null) continue
    const inner = z.looseObject({ kind: z.literal('PrometheusRule'), spec: z.unknown().optional() }).safeParse(content)
    const groups = Groups.safeParse(inner.success ? inner.data.spec : content)
    if ('problem' in document) into.report.push({ name, outcome: 'not', reason: document.problem })
    else if (!groups.success) into.report.push({ name, outcome: 'not', reason: 'it has no groups of rules' })
    else
      for (const [at, one] of groups.data.groups.entries()) {
        const group = Group.safeParse(one)
        if (!group.success)
          into.report.push({ name: `${name}, group ${at + 1}`, outcome: 'not', reason: 'it is no group of rules' })
        else for (const [number, rule] of group.data.rules.entries()) importRule(rule, number, group.data, kpis, into)
      }
  }
  return into
}

const KNOWN = {
  group: new Set(['name', 'interval', 'rules']),
  rule: new Set(['alert', 'record', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations']),
}

function importRule(given: unknown, number: number, group: z.output<typeof Group>, kpis: Kpis, into: RuleImport): void {
  const parsed = Rule.safeParse(given)
  const name = `${group.name}/${parsed.data?.alert ?? parsed.data?.record ?? `rule ${number + 1}`}`
  const not = (reason: string) => into.report.push({ name, outcome: 'not', reason })
  if (!parsed.success) return void not('it is no rule: it has no expr')
  const { alert, record, expr, labels, annotations } = parsed.data
  if (alert === undefined)
    return void not(record === undefined ? 'it names no alert' : 'it records a series and alerts on nothing')
  const read = readExpression(expr, kpis)
  if (typeof read === 'string') return void not(read)
  const lost = [
    ...read.lost,
    ...Object.keys(group)
      .filter((key) => !KNOWN.group.has(key))
      .map((key) => `${key} of its group is not known here`),
    ...Object.keys(parsed.data)
      .filter((key) => !KNOWN.rule.has(key))
      .map((key) => `${key} is not known here`),
  ]
  const times: [string, number][] = []
  for (const [field, text] of [
    ['for_s', parsed.data.for],
    ['keep_firing_s', parsed.data.keep_firing_for],
  ] as const) {
    if (text === undefined) continue
    const seconds = durationS(text)
    if (seconds === null) return void not(`${JSON.stringify(text)} is no duration`)
    times.push([field, Math.ceil(seconds)])
  }
  const every = group.interval === undefined ? null : durationS(group.interval)
  const timed = 'kpi' in read.watch || ('kind' in read.watch && read.watch.kind === 'dead_letters')
  const watch = timed && every !== null ? { ...read.watch, every_s: Math.max('kpi' in read.watch ? 60 : 10, every) } : read.watch
  const severity = labels['severity'] === undefined ? 'high' : severityOf(labels['severity'])
  if (severity === null) lost.push(`severity "${labels['severity']}" is read as high`)
  const kind = labels['class'] === 'business' || labels['class'] === 'technical' ? labels['class'] : null
  for (const label of Object.keys(labels))
    if (label !== 'severity' && !(label === 'class' && kind !== null))
      lost.push(`the label ${label} is left out: who is told is stated by the routing`)
  for (const annotation of Object.keys(annotations))
    if (!['summary', 'description', 'runbook_url'].includes(annotation)) lost.push(`the annotation ${annotation} is left out`)
  takeRule(
    into,
    name,
    {
      id: slugOf(alert),
      title: cut(alert, 200),
      description: cut(annotations['description'], 2000),
      class: kind ?? (read.technical ? 'technical' : 'business'),
      severity: severity ?? 'high',
      watch,
      where: read.where,
      ...Object.fromEntries(times),
      group_by: ['key'],
      summary: summaryOf(annotations['summary'] ?? '', watch, lost),
      runbook: runbookOf(annotations['runbook_url'], lost),
    },
    lost,
  )
}

const OPERATOR = '(==|!=|>=|<=|>|<)'
const SERIES = '([a-zA-Z_:][\\w:]*)\\s*(?:\\{([^{}]*)\\})?'
const NUMBER = '([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)'
const COMPARED = new RegExp(`^${SERIES}\\s*${OPERATOR}\\s*${NUMBER}$`, 'iu')
const TURNED = new RegExp(`^${NUMBER}\\s*${OPERATOR}\\s*${SERIES}$`, 'iu')
const ABSENT = new RegExp(`^absent(?:_over_time)?\\s*\\(\\s*${SERIES}\\s*(\\[\\w+\\])?\\s*\\)$`, 'iu')
const MIRRORED: Record<string, string> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==', '!=': '!=' }

/** What an expression looks at, or why that cannot be told here. */
function readExpression(expression: string, kpis: Kpis): Read | string {
  const text = expression
    .replaceAll(/#[^\n]*/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim()
  const absent = ABSENT.exec(text)
  if (absent !== null) {
    const lost = absent[3] === undefined ? [] : ['when a source is silent is learned from its pace, not a fixed time']
    return sourceRule(absent[2], lost)
  }
  const compared = COMPARED.exec(text)
  const turned = compared === null ? TURNED.exec(text) : null
  const [name, matchers, operator, number] =
    compared !== null
      ? [compared[1], compared[2], compared[3], compared[4]]
      : [turned?.[3], turned?.[4], MIRRORED[turned?.[2] ?? ''], turned?.[1]]
  if (name === undefined || operator === undefined || number === undefined)
    return 'its expression is more than one of our figures compared with a number'
  const value = Number(number)
  if (name === 'up') {
    const isDown = (operator === '==' && value === 0) || (operator === '<' && value === 1) || (operator === '!=' && value === 1)
    return isDown ? sourceRule(matchers, []) : 'of "up" only that it is 0 can be told'
  }
  if (operator === '==' || operator === '!=') return 'a figure is above or below a number here, never exactly that number'
  const lost = operator.endsWith('=') ? [`${operator} is read as ${operator[0]}`] : []
  if (/^sightline(?:_watch_open)?_dead_letters$/u.test(name)) {
    const where = matchersOf(matchers, new Set(['source', 'code']))
    if (typeof where === 'string') return where
    if (!operator.startsWith('>') || value < 0) return 'of dead letters only that there are more than so many can be told'
    const more = operator === '>' ? Math.floor(value) : Math.ceil(value) - 1
    if (more < 0) return 'there are always 0 dead letters or more'
    const watch = { kind: 'dead_letters', sources: where['source'] ?? [], codes: where['code'] ?? [], more_than: more }
    return { watch, where: {}, technical: true, lost: [] }
  }
  const kpi = name.replace(/^sightline[_:](?:kpi[_:])?/u, '').replaceAll(/[_:]/gu, '-')
  const known = kpis.get(kpi)
  if (known === undefined) return `"${name}" is no figure of ours`
  const where = matchersOf(matchers, new Set(DIMENSIONS))
  if (typeof where === 'string') return where
  const when = { kind: 'threshold', ...(operator.startsWith('>') ? { above: value } : { below: value }), confident: false }
  return { watch: { kind: 'kpi', kpi, when }, where, technical: known.topic === 'technology', lost }
}

function sourceRule(matchers: string | undefined, lost: string[]): Read | string {
  const where = matchersOf(matchers, new Set(['source', 'job', 'instance']))
  if (typeof where === 'string') return where
  const sources = where['source'] ?? where['job'] ?? []
  if (sources.length === 0) return 'it names no source: give the series a label "source" or "job"'
  const also = where['instance'] === undefined ? [] : ['a source has no instances: the label is left out']
  return { watch: { kind: 'source', sources, state: 'silent' }, where: {}, technical: true, lost: [...lost, ...also] }
}

/** Reads `a="x",b=~"y|z"` as values by label, or says why not. */
function matchersOf(text: string | undefined, labels: ReadonlySet<string>): Record<string, string[]> | string {
  const where: Record<string, string[]> = {}
  for (const part of (text ?? '').match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/gu) ?? []) {
    const [, label = '', operator = '', value = ''] = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*$/u.exec(part) ?? []
    if (label === '') return part.trim() === '' ? 'a matcher is missing' : `"${part.trim().slice(0, 80)}" is no matcher`
    if (operator.startsWith('!')) return `"${label}${operator}" leaves values out, which a rule cannot`
    if (!labels.has(label)) return `"${label}" is no dimension of it`
    const plain = value.replaceAll(/\\(.)/gu, '$1')
    if (operator === '=') where[label] = [plain]
    else if (/^[\w\s/:-]+(?:\|[\w\s/:-]+)*$/u.test(value)) where[label] = value.split('|')
    else return `"${label}=~" holds a pattern that is more than several values`
  }
  return where
}

/** A summary with the fields that there are in place of Go's templates. */
function summaryOf(template: string, watch: object, lost: string[]): string {
  const parsed = Watched.safeParse(watch)
  const labels = parsed.success ? labelsOf(parsed.data) : new Set<string>()
  const fields = new Set<string>(SUMMARY_FIELDS)
  let left = false
  const text = template.replaceAll(/[{}]+[^{}]*[{}]*/gu, (part) => {
    const inner = /^\{\{-?\s*(.*?)\s*-?\}\}$/su.exec(part)?.[1]
    if (inner === undefined) {
      left = true
      return part.replaceAll(/[{}]/gu, '')
    }
    if (/^\$value\b|^printf .*\$value$|^humanize\w* \$value$/u.test(inner)) return '{value}'
    const label = /^\$labels\.(\w+)$/u.exec(inner)?.[1]
    if (label !== undefined && fields.has(label) && labels.has(label as never)) return `{${label}}`
    if (label === 'source' || label === 'job') return '{key}'
    left = true
    return ''
  })
  if (left) lost.push('a part of the summary is left out: it names what there is not here')
  return cut(text, 500)
}

function runbookOf(url: string | undefined, lost: string[]): string | null {
  if (url === undefined) return null
  if (/^https?:\/\/\S+$/u.test(url) && URL.canParse(url) && !url.includes('{')) return url
  lost.push('its runbook_url is no http(s) address')
  return null
}
