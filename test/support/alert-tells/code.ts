import { printedCode } from '../../../platform/alert-code.ts'
import { tenantCalendars } from '../../../queries/derive/tenant-calendars.ts'
import type { Played } from '../alert-tells.ts'

/** The rules and the routing of a tenant as code, as they are exported at the end. */
export async function tellCode({ tests, tenant, window }: Played): Promise<string> {
  const { db } = tests.stores.postgres
  const text = await printedCode(db, tenant, (await tenantCalendars(db, tenant, window.to)).fallback)
  return text.replaceAll(tenant, 'the tenant')
}
