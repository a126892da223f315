import { ALERT_PACK } from '../../model/alert-pack.ts'
import { Routing } from '../../model/alert-routing.ts'
import { readReferenceRows } from '../../model/reference.ts'
import type { TenantId } from '../../model/tenant.ts'
import { saveRouting } from '../../platform/alert-routing.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { createSilence } from '../../platform/alert-silences.ts'
import { saveReference } from '../../platform/reference.ts'
import { saveSla } from '../../platform/slas.ts'
import { mirrorReference } from '../../queries/reference-mirror.ts'
import type { Setup } from './alert-case-setup.ts'
import type { TestStores } from './stores.ts'

/** The tenant of a case, served by a provider where that states rules. */
export async function caseTenant(tests: TestStores, { provider, brand }: Setup): Promise<TenantId> {
  if (provider.length === 0) return tests.freshTenant({ brand: brand ?? null })
  const serving = await tests.freshTenant({ kind: 'msp' })
  const changes = provider.map((rule) => ({ kind: 'save' as const, rule }))
  await tests.stores.postgres.db.transaction((tx) => changeRules(tx, { tenant: serving, actor: 'setup', changes }))
  return tests.freshTenant({ brand: brand ?? null, parentId: serving })
}

/** States what holds before a case begins. */
export async function prepareCase({ stores }: TestStores, tenant: TenantId, setup: Setup): Promise<void> {
  const { db } = stores.postgres
  for (const sla of setup.slas) await saveSla(db, { tenant, sla, actor: 'setup' })
  for (const [kind, rows] of Map.groupBy(setup.reference, (row) => row.kind)) {
    const read = readReferenceRows(
      kind,
      rows.map(({ kind: _kind, ...row }) => row),
    )
    if (read.problems.length > 0) throw new Error(`reference data of the case is refused: ${JSON.stringify(read.problems)}`)
    await saveReference(db, { tenant, kind, rows: read.rows.map(({ stated }) => stated), actor: 'setup' })
  }
  if (setup.reference.length > 0) await mirrorReference({ clickhouse: stores.clickhouse.writer, db }, tenant, Date.now() * 1000)
  const own = new Set(setup.rules.map(({ id }) => id))
  await db.transaction(async (tx) => {
    await changeRules(tx, {
      tenant,
      actor: 'setup',
      changes: [
        ...ALERT_PACK.rules.filter(({ id }) => !setup.pack && !own.has(id)).map(({ id }) => ({ kind: 'retire' as const, id })),
        ...setup.rules.map((rule) => ({ kind: 'save' as const, rule })),
      ],
    })
    await saveRouting(tx, { tenant, routing: setup.routing ?? USUAL, actor: 'setup', expected: null })
  })
  for (const silence of setup.silences) await createSilence(db, { tenant, ...silence, reason: 'setup', actor: 'setup', now: 0 })
}

/** Business alerts to the channel `owners`, technical ones to `on-call`, at any time. */
const USUAL = Routing.parse({
  routes: [
    { class: 'business', parties: ['owners'] },
    { class: 'technical', parties: ['on-call'] },
  ],
  parties: ['owners', 'on-call'].map((id) => ({ id, title: id, steps: [{ after_s: 0, to: [{ channel: id }] }] })),
})
