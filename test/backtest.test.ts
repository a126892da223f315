import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test, { after } from 'node:test'
import { asc, eq } from 'drizzle-orm'
import { replay } from '../alerts/replay.ts'
import { alertTransitions } from '../platform/postgres/schema.ts'
import { playCase } from './support/alert-case.ts'
import { readCase } from './support/alert-case-setup.ts'
import { sharedStores } from './support/stores.ts'

const FOLDER = fileURLToPath(new URL('alert-cases', import.meta.url))
const tests = await sharedStores()
after(() => tests.close())

/** Cases in which people act or rules change meanwhile, which a replay of one rule does not repeat. */
const played = readdirSync(FOLDER).toSorted()

test('what a rule is told to have found as it was known, is what the engine found, transition by transition', async (t) => {
  let transitions = 0
  for (const name of played) {
    const one = readCase(`${FOLDER}/${name}`)
    const tenant = await tests.freshTenant()
    await playCase(tests, tenant, one)
    const rows = await tests.stores.postgres.db
      .select()
      .from(alertTransitions)
      .where(eq(alertTransitions.tenantId, tenant))
      .orderBy(asc(alertTransitions.tick), asc(alertTransitions.key), asc(alertTransitions.epoch), asc(alertTransitions.number))
    const decided = rows.map(({ decidedAt }) => decidedAt)
    if (decided.length === 0) continue
    const [from, to] = [Math.min(...decided) - 1, Math.max(...decided) + 1]
    for (const rule of one.setup.rules) {
      const live = rows
        .filter((row) => row.rule === rule.id)
        .map((row) =>
          [row.key, row.epoch, row.number, row.from, row.to, row.at, row.reason, row.severity, row.decidedAt].join(' '),
        )
      const found = await replay(tests.stores, tenant, { rule, from, to, mode: 'as_known' })
      const told = found.transitions.map(({ key, transition, decidedAt }) =>
        [
          key,
          transition.epoch,
          transition.number,
          transition.from,
          transition.to,
          transition.at,
          transition.reason,
          transition.severity,
          decidedAt,
        ].join(' '),
      )
      assert.deepEqual(told.toSorted(), live.toSorted(), `${name} ${rule.id}`)
      transitions += live.length
    }
  }
  t.diagnostic(`${transitions} transitions of ${played.length} cases`)
  assert.ok(transitions > 0)
})
