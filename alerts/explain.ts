import { causeText } from '../model/alert-cause.ts'
import type { Looked, World } from '../model/alert-look.ts'
import type { AlertRule } from '../model/alert-rule.ts'
import type { Instant } from '../model/instant.ts'
import { logged } from '../platform/logged.ts'
import type { TenantReader } from '../queries/run.ts'
import { timeSpent } from '../queries/time-spent.ts'
import type { EngineParts } from './engine.ts'

/**
 * Says of pages of clocks what the time of their documents went to: when they are opened, and again whenever somebody is told. A page is told
 * without, rather than not at all.
 */
export async function explain(
  { log }: Pick<EngineParts, 'log'>,
  reader: TenantReader,
  { world, looked, rule, at }: { world: World; looked: Looked; rule: (id: string) => AlertRule | undefined; at: Instant },
): Promise<void> {
  const told = new Set(looked.turned.notes.map(({ page }) => page))
  const pages = [...looked.turned.touched].flatMap((id) => {
    const page = world.pages.get(id)
    if (page === undefined || rule(page.rule)?.watch.kind !== 'clock') return []
    return told.has(id) || page.body.cause === '' ? [page] : []
  })
  const documentsOf = (page: (typeof pages)[number]) =>
    page.body.members.flatMap(({ object, ended_at }) => (object === null || ended_at !== null ? [] : [object]))
  try {
    const spent = await timeSpent(reader, pages.flatMap(documentsOf), at)
    for (const page of pages) {
      const cause = causeText(documentsOf(page).flatMap(({ type, id }) => [spent.get(`${type}/${id}`) ?? []]))
      if (cause !== '') page.body.cause = cause
    }
  } catch (error) {
    log.warn({ ...logged(error), tenant: reader.tenant }, 'what the time of late documents went to could not be read')
  }
}
