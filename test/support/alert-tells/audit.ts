import { listAudit } from '../../../platform/audit.ts'
import type { Played } from '../alert-tells.ts'
import { numbered } from '../numbered.ts'

/** Who did what, to what and why, the earliest first; what the case was set up with is left out. */
export async function tellAudit({ tests, tenant }: Played): Promise<string[]> {
  const entries = await listAudit(tests.stores.postgres.db, { tenantIds: [tenant], limit: 1000 })
  return numbered(
    entries
      .toReversed()
      .filter(({ actor }) => actor !== 'setup')
      .map(({ actor, action, subject, detail }) => [actor, action, subjectOf(subject, tenant), ...detailOf(detail)].join(' ')),
  )
}

/** A tenant's id and a message's number are other ones each time. */
function subjectOf(subject: string, tenant: string): string {
  if (subject === tenant) return 'the tenant'
  return /^\d+$/u.test(subject) ? 'a message' : subject
}

function detailOf(detail: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(detail).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? [] : [JSON.stringify(Object.fromEntries(entries))]
}
