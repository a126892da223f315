import type { Silences } from '../../../../api/contract/silences.ts'
import type { Matcher } from '../../../../model/alert-routing.ts'
import { DIMENSIONS } from '../../../../model/vocabulary.ts'
import { words } from '../../../format.ts'

/** What a silence matches, in words. */
export function matcherText(of: Matcher, titles: ReadonlyMap<string, string>): string {
  const where = DIMENSIONS.flatMap((name) => {
    const values = of.where[name]
    return values === undefined ? [] : [`${words(name).toLowerCase()} ${values.join(' or ')}`]
  })
  const parts = [
    ...(of.rules.length === 0 ? [] : [of.rules.map((id) => titles.get(id) ?? id).join(' or ')]),
    ...(of.class === null ? [] : [of.class]),
    ...(of.severity_to === null ? [] : [`up to ${of.severity_to}`]),
    ...where,
  ]
  const text = parts.length === 0 ? 'everything' : parts.join(' · ')
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** A matcher that states nothing yet. */
export const EMPTY_MATCHER: Matcher = { rules: [], class: null, severity_to: null, where: {} }

/** What silences an alert and those like it: its rule, and the dimensions that it is grouped by. */
export function matcherFor({ rule, labels }: { rule: string; labels: Readonly<Record<string, string>> }): Matcher {
  const where = DIMENSIONS.flatMap((name) => {
    const value = labels[name]
    return value === undefined || value === '' ? [] : [[name, [value]]]
  })
  return { ...EMPTY_MATCHER, rules: [rule], where: Object.fromEntries(where) as Matcher['where'] }
}

/** Whether a silence holds. */
export type Holds = Silences['silences'][number]['holds']
