import { replay } from '../../../alerts/replay.ts'
import { instantToIso } from '../../../model/instant.ts'
import type { Played } from '../alert-tells.ts'

const WEEK_US = 7 * 86_400e6

/** What hindsight finds that the rules in force, and those that nobody saved yet, tell in the window of a case: a line a rule, and one a page. */
export async function tellBacktests({ tests, tenant, setup, window }: Played): Promise<string[]> {
  const { from, to } = window
  const lines: string[] = []
  for (const rule of [...setup.rules, ...setup.drafts]) {
    const { pages } = await replay(tests.stores, tenant, { rule, from, to, mode: 'hindsight' })
    const aWeek = ((pages.length * WEEK_US) / (to - from)).toFixed(1)
    lines.push(
      `${setup.drafts.includes(rule) ? 'draft of ' : ''}${rule.id}: ${pages.length === 1 ? '1 page' : `${pages.length} pages`}, ${aWeek} a week`,
    )
    for (const { at, title, n, severity, resolvedAt } of pages)
      lines.push(
        `${instantToIso(at)} ${title} (n ${n}, ${severity}, ${resolvedAt === null ? 'open' : `resolved ${instantToIso(resolvedAt)}`})`,
      )
  }
  return lines
}
