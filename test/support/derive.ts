import type { TenantId } from '../../model/tenant.ts'
import { deriveTenant } from '../../queries/derive/derive.ts'
import type { StepName } from '../../queries/derive/run.ts'
import type { TestStores } from './stores.ts'

/** Computes the answers of a tenant from all that is stored of it, as the process that keeps them up to date would within seconds; where steps are named, those alone. */
export async function derive(
  { stores }: Pick<TestStores, 'stores'>,
  tenant: TenantId,
  now: number = Date.now() * 1000,
  only?: readonly StepName[],
): Promise<void> {
  await deriveTenant(
    { clickhouse: stores.clickhouse.writer, db: stores.postgres.db },
    tenant,
    'all',
    now,
    only === undefined ? {} : { only },
  )
}
