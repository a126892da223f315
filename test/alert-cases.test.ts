import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test, { after } from 'node:test'
import { stringify } from 'yaml'
import { playCase, readCase } from './support/alert-case.ts'
import { sharedStores } from './support/stores.ts'

const FOLDER = fileURLToPath(new URL('alert-cases', import.meta.url))
const only = process.env['CASE']
const tests = await sharedStores()
after(() => tests.close())

for (const name of readdirSync(FOLDER).toSorted()) {
  if (only !== undefined && !name.includes(only)) continue
  const one = readCase(`${FOLDER}/${name}`)
  test(`${name}: ${one.setup.shows}`, async () => {
    const found = await playCase(tests, await tests.freshTenant(), one)
    if (process.env['WRITE'] === '1') writeFileSync(`${FOLDER}/${name}/expected.yaml`, stringify(found, { lineWidth: 200 }))
    assert.deepEqual(found, one.expected)
  })
}
