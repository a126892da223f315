import { createTwoFilesPatch } from 'diff'
import { type Document, isMap, isSeq, stringify, Document as YamlDocument } from 'yaml'
import type { z } from 'zod'
import { Routing } from './alert-routing.ts'
import { AlertRule, Condition, Watched } from './alert-rule.ts'
import { equalJson } from './merge-patch.ts'
import { RulesCode } from './rules-code.ts'
import { yamlDocuments } from './yaml-text.ts'

/** Who reads the code: whose it is, and what an inherited rule is called and where it comes from. */
export type CodeOrigins = {
  tenant: string
  inherited: ReadonlyMap<string, { title: string; from: string }>
  defaultRouting: Routing
}

/**
 * Reads code.
 *
 * @returns the code, or what is wrong with it, line by line
 */
export function readCode(text: string): { code: RulesCode } | { problems: string[] } {
  const [document = { content: null }, ...more] = yamlDocuments(text)
  if ('problem' in document) return { problems: [document.problem] }
  if (more.length > 0) return { problems: ['There is more than one document.'] }
  const parsed = RulesCode.safeParse(document.content ?? {})
  if (!parsed.success)
    return { problems: parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`) }
  const { rules, overrides, retired } = parsed.data
  const ids = [...rules.map(({ id }) => id), ...Object.keys(overrides), ...retired]
  const twice = new Set(ids.filter((id, at) => ids.indexOf(id) < at))
  if (twice.size > 0) return { problems: [...twice].map((id) => `${id}: is stated more than once.`) }
  return { code: parsed.data }
}

/** Code as YAML, always in the same order and without what is the default, with comments that say where things come from. */
export function printCode(code: RulesCode, { tenant, inherited, defaultRouting }: CodeOrigins): string {
  const document: Document = new YamlDocument(codeContent(code))
  document.commentBefore = ` Alert rules and routing of ${tenant}. Defaults are left out; GET /v1/rules tells all that is in force.`
  const comment = (name: string, text: string) => {
    const pair = isMap(document.contents) ? document.contents.items.find(({ key }) => keyText(key) === name) : undefined
    if (pair !== undefined && typeof pair.key === 'object' && pair.key !== null)
      // The comment of the document ends with an empty line of its own.
      Object.assign(pair.key, { commentBefore: text, spaceBefore: name !== 'rules' })
    return pair?.value
  }
  comment('rules', ' Own rules.')
  const overrides = comment(
    'overrides',
    ' Differences from inherited rules, as JSON merge patches: null is none, or the default.',
  )
  if (isMap(overrides))
    for (const { key } of overrides.items) {
      const from = inherited.get(keyText(key))
      if (from !== undefined) Object.assign(key as object, { commentBefore: ` ${from.from}: ${from.title}` })
    }
  const retired = comment('retired', ' Inherited rules that do not hold here.')
  if (isSeq(retired))
    for (const item of retired.items) {
      const from = inherited.get(keyText(item))
      if (from !== undefined) Object.assign(item as object, { comment: ` ${from.from}: ${from.title}` })
    }
  comment('routing', ' Who is told of what.')
  const text = document.toString({ lineWidth: 0 })
  if (code.routing !== undefined) return text
  const shown = stringify({ routing: routingContent(defaultRouting) }, { lineWidth: 0 })
  return `${text}\n# The routing that ships holds, as none is stated:\n${shown.replaceAll(/^/gmu, '# ').replace(/# $/u, '')}`
}

/** What changes from one code to another: unified diffs of the YAML of each thing. */
export type CodeChange = { kind: 'created' | 'changed' | 'removed'; what: string; diff: string }

/** The difference between two codes, thing by thing. */
export function diffCode(before: RulesCode, after: RulesCode): CodeChange[] {
  const [had, has] = [pieces(before), pieces(after)]
  return [...new Set([...had.keys(), ...has.keys()])].toSorted().flatMap((what): CodeChange[] => {
    const [old, now] = [had.get(what), has.get(what)]
    if (old === now) return []
    const kind = old === undefined ? 'created' : now === undefined ? 'removed' : 'changed'
    const diff = createTwoFilesPatch(`a/${what}`, `b/${what}`, old ?? '', now ?? '', undefined, undefined, { context: 3 })
    return [{ kind, what, diff: diff.replace(/^=+\n/u, '') }]
  })
}

/** What code states that another does not, such as `rule/late-invoices`. */
export function unstated(there: RulesCode, code: RulesCode): string[] {
  const stated = pieces(code)
  const ids = new Set([...stated.keys()].map((what) => what.split('/')[1]))
  return [...pieces(there).keys()].filter((what) => !stated.has(what) && !ids.has(what.split('/')[1])).toSorted()
}

/** A value without what a schema would say by itself. */
function withoutDefaults(schema: z.ZodObject, value: object): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const stated = (value as Record<string, unknown>)[name]
      const silent = (schema.shape[name] as z.ZodType | undefined)?.safeParse(undefined)
      return stated === undefined || (silent?.success === true && equalJson(silent.data, stated)) ? [] : [[name, stated] as const]
    }),
  )
}

function ruleContent(rule: AlertRule): object {
  const content = withoutDefaults(AlertRule, rule)
  const option = Watched.options.find(({ shape }) => shape.kind.value === rule.watch.kind)
  if (option === undefined) return content
  const watch = withoutDefaults(option, rule.watch)
  if (rule.watch.kind === 'kpi') {
    const { when } = rule.watch
    const condition = Condition.options.find(({ shape }) => shape.kind.value === when.kind)
    if (condition !== undefined) watch['when'] = withoutDefaults(condition, when)
  }
  return { ...content, watch, ...('where' in content ? { where: sortedMembers(content['where'] as object) } : {}) }
}

function routingContent({ routes, parties, rotas }: Routing): object {
  const [route, party, rota] = [Routing.shape.routes.element, Routing.shape.parties.element, Routing.shape.rotas.unwrap().element]
  return {
    routes: routes.map((one) => {
      const content = withoutDefaults(route, one)
      return 'where' in content ? { ...content, where: sortedMembers(content['where'] as object) } : content
    }),
    parties: parties.map((one) => withoutDefaults(party, one)),
    ...(rotas.length === 0 ? {} : { rotas: rotas.map((one) => withoutDefaults(rota, one)) }),
  }
}

function codeContent({ rules, overrides, retired, routing }: RulesCode): object {
  return {
    rules: rules.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(ruleContent),
    overrides: deepSorted(overrides),
    retired: retired.toSorted(),
    ...(routing === undefined ? {} : { routing: routingContent(routing) }),
  }
}

function pieces({ rules, overrides, retired, routing }: RulesCode): Map<string, string> {
  const yaml = (value: unknown) => stringify(value, { lineWidth: 0 })
  return new Map([
    ...rules.map((rule): [string, string] => [`rule/${rule.id}`, yaml(ruleContent(rule))]),
    ...Object.entries(overrides).map(([id, patch]): [string, string] => [`override/${id}`, yaml(deepSorted(patch))]),
    ...retired.map((id): [string, string] => [`retired/${id}`, `${id}\n`]),
    ...(routing === undefined ? [] : [['routing', yaml(routingContent(routing))] as [string, string]]),
  ])
}

function sortedMembers(value: object): object {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function deepSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepSorted)
  if (typeof value !== 'object' || value === null) return value
  return sortedMembers(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, deepSorted(inner)])))
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : String(key)
}
