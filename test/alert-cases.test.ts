import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { after, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { asKnown } from './support/as-known.ts'
import { playCase } from './support/alert-case.ts'
import { type AlertCase, readCase } from './support/alert-case-setup.ts'
import { caseTenant } from './support/prepare-case.ts'
import { sharedStores } from './support/stores.ts'

const FOLDER = fileURLToPath(new URL('alert-cases', import.meta.url))
const only = process.env['CASE']
const tests = await sharedStores()
after(() => tests.close())
const cases = readdirSync(FOLDER)
  .toSorted()
  .map((name) => ({ name, one: readCase(`${FOLDER}/${name}`) }))

/** Rows of both tables of the specification of service levels and alerts. */
const ROWS = [
  'definition',
  'calendar',
  'zone and calendar',
  'states',
  'pause',
  'targets',
  'at risk',
  'breach instant',
  'late events',
  'thresholds',
  'what to alert on',
  'state machine',
  'evaluation',
  'missing data',
  'low volume',
  'burn rate',
  'expectation',
  'grouping',
  'inhibition',
  'silences, maintenance',
  'escalation',
  'routing',
  'money',
  'backtest',
  'delivery',
  'channels',
  'rules as code',
  'quality',
  'audit',
]

test('every behaviour of clocks and alerts has a case', () => {
  const covered = new Set(cases.flatMap(({ one }) => one.setup.covers))
  assert.deepEqual(
    ROWS.filter((row) => !covered.has(row)),
    [],
  )
  assert.deepEqual(
    [...covered].filter((row) => !ROWS.includes(row)),
    [],
  )
})

/** Cases that send go one by one and first: an outbox sends whatever waits, of whichever tenant. */
const [sending, others] = [cases.filter(({ one }) => sends(one)), cases.filter(({ one }) => !sends(one))]
describe('alert cases that send', () => play(sending))
// Each case has a tenant of its own, so that several may be played at once.
describe('alert cases', { concurrency: 4 }, () => play(others))

function sends({ setup }: AlertCase): boolean {
  return setup.channels.length > 0
}

function play(some: typeof cases): void {
  for (const { name, one } of some) {
    if (only !== undefined && !new RegExp(only, 'u').test(name)) continue
    test(`${name}: ${one.setup.shows}`, async (t) => {
      const tenant = await caseTenant(tests, one.setup)
      const found = await playCase(tests, tenant, one)
      if (process.env['WRITE'] === '1') writeFileSync(`${FOLDER}/${name}/expected.yaml`, stringify(found, { lineWidth: 200 }))
      assert.deepEqual(found, one.expected)
      // A rule that changes in between is not replayed by the rule that it became.
      if (one.setup.acts.some(({ save, retire, apply }) => (save ?? retire ?? apply) !== undefined)) return
      const { live, replayed } = await asKnown(tests, tenant, one.setup.rules)
      assert.deepEqual(replayed, live, 'what a backtest finds as it was known')
      t.diagnostic(`${live.length} transitions, replayed as they were`)
    })
  }
}
