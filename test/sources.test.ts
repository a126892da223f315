import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { and, eq } from 'drizzle-orm'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { audit, sources } from '../platform/postgres/schema.ts'
import { openSecretBox, type SecretBox } from '../platform/secrets.ts'
import {
  createSource,
  findByAddress,
  findSource,
  listSources,
  type NewSource,
  openSource,
  removeSource,
  rotateSecret,
  updateSource,
} from '../platform/sources.ts'
import type { TenantId } from '../model/tenant.ts'
import { sharedStores, type TestStores } from './support/stores.ts'

const KEY = 'k'.repeat(40)
const HOUR = 3600e6
let shared: TestStores
let box: SecretBox
before(async () => {
  shared = await sharedStores()
  box = await openSecretBox({ key: KEY, folder: null })
})
after(() => shared.close())

const now = (): number => Date.now() * 1000
const db = () => shared.stores.postgres.db

function make(tenantId: TenantId, more: Partial<NewSource> = {}) {
  const source: NewSource = { tenantId, name: 'My ERP', kind: 'webhook', format: 'cloudevents', secret: 'whsec_old', ...more }
  return createSource(db(), box, source, 'tester')
}

async function failure(promise: Promise<unknown>): Promise<SightlineError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof SightlineError, String(error))
  return error
}

test('a secret opens with its key, in its place and unchanged only', async () => {
  const sealed = box.seal('whsec_text', 'a/b')
  assert.doesNotMatch(sealed, /whsec/u)
  assert.notEqual(sealed, box.seal('whsec_text', 'a/b'))
  assert.equal(box.open(sealed, 'a/b'), 'whsec_text')
  const bytes = Buffer.from(sealed.split('.')[2] ?? '', 'base64url')
  bytes[20] = (bytes[20] ?? 0) ^ 1
  const changed = [...sealed.split('.').slice(0, 2), bytes.toString('base64url')].join('.')
  const other = await openSecretBox({ key: 'o'.repeat(40), folder: null })
  const none = await openSecretBox({ key: undefined, folder: null })
  for (const open of [
    () => box.open(sealed, 'a/c'),
    () => box.open(changed, 'a/b'),
    () => box.open('', 'a/b'),
    () => box.open('v1.00000000.', 'a/b'),
    () => other.open(sealed, 'a/b'),
    () => none.open(sealed, 'a/b'),
    () => none.seal('x', 'a/b'),
  ])
    assert.throws(
      open,
      (error) =>
        error instanceof SightlineError && error.code === 'secret_key_missing' && /SIGHTLINE_SECRET_KEY/u.test(error.next ?? ''),
    )
})

test('what the data folder’s key sealed opens after an own key was set', async () => {
  const { folder } = shared.stores
  assert.ok(folder !== null)
  const sealed = (await openSecretBox({ key: undefined, folder })).seal('old', 'a/b')
  const both = await openSecretBox({ key: KEY, folder })
  assert.equal(both.open(sealed, 'a/b'), 'old')
  assert.equal(box.open(both.seal('new', 'a/b'), 'a/b'), 'new')
})

test('a short key is refused at start with what to do', () => {
  assert.throws(() => readEnv({ SIGHTLINE_SECRET_KEY: 'short' }), /SIGHTLINE_SECRET_KEY is not valid: must have 32 characters/u)
  assert.equal(readEnv({ SIGHTLINE_SECRET_KEY: KEY }).secretKey, KEY)
})

test('a source gets an id of its name and an address that nobody guesses; its secret is nowhere to be read', async () => {
  const tenant = await shared.freshTenant()
  const [first, second] = [
    await make(tenant, { name: 'Café & Söhne: Einkauf' }),
    await make(tenant, { name: 'café & söhne einkauf' }),
  ]
  assert.equal(first.id, 'cafe-sohne-einkauf')
  assert.equal(second.id, 'cafe-sohne-einkauf-2')
  assert.equal((await make(tenant, { name: '採購' })).id, 'source')
  assert.equal((await make(tenant, { name: 'HTTP' })).id, 'source-http')
  assert.match(first.address ?? '', /^[\w-]{32}$/u)
  assert.notEqual(first.address, second.address)
  assert.equal((await make(tenant, { kind: 'kafka', secret: null })).address, null)
  const rows = await db().select().from(sources).where(eq(sources.tenantId, tenant))
  assert.doesNotMatch(JSON.stringify(rows), /whsec_old/u)
  assert.doesNotMatch(JSON.stringify(await listSources(db(), tenant)), /sealed|whsec/u)
  assert.deepEqual((await findByAddress(db(), box, first.address ?? '', now()))?.secrets, ['whsec_old'])
  for (const address of ['', 'x', `${first.address}x`, 'a'.repeat(32), "' OR 1=1 --", '\u0000'.repeat(32)])
    assert.equal(await findByAddress(db(), box, address, now()), null)
})

test('an id that is taken, reserved or no slug is refused', async () => {
  const tenant = await shared.freshTenant()
  await make(tenant, { id: 'erp' })
  assert.equal((await failure(make(tenant, { id: 'erp' }))).code, 'conflict')
  for (const id of ['http', 'otlp', 'import', 'A', 'a b', '-a', ''])
    assert.equal((await failure(make(tenant, { id }))).code, 'parameter_invalid', id)
})

test('sources that are made at the same time get ids of their own', async () => {
  const tenant = await shared.freshTenant()
  const made = await Promise.all(Array.from({ length: 8 }, () => make(tenant, { name: 'same' })))
  assert.equal(new Set(made.map(({ id }) => id)).size, 8)
})

test('a tenant neither sees nor changes the source of another', async () => {
  const [mine, other] = [await shared.freshTenant(), await shared.freshTenant()]
  await make(mine, { id: 'erp' })
  assert.equal(await findSource(db(), other, 'erp'), null)
  assert.equal(await openSource(db(), box, other, 'erp', now()), null)
  assert.deepEqual(await listSources(db(), other), [])
  const rotation = { tenantId: other, id: 'erp', secret: 'x', overlapS: 0, now: now() }
  for (const refused of [
    () => updateSource(db(), other, 'erp', { state: 'paused' }, 'x'),
    () => removeSource(db(), other, 'erp', 'x'),
    () => rotateSecret(db(), box, rotation, 'x'),
  ])
    assert.equal((await failure(refused())).code, 'not_found')
  assert.equal((await findSource(db(), mine, 'erp'))?.state, 'active')
  const all = await listSources(db(), null)
  assert.ok(all.some(({ tenantId }) => tenantId === mine))
})

test('after a rotation the old secret is taken until the overlap ends', async () => {
  const tenant = await shared.freshTenant()
  await make(tenant, { id: 'erp', secret: 'one' })
  const start = now()
  const secretsAt = async (at: number) => (await openSource(db(), box, tenant, 'erp', at))?.secrets
  const rotate = (secret: string, overlapS: number, at: number) =>
    rotateSecret(db(), box, { tenantId: tenant, id: 'erp', secret, overlapS, now: at }, 'tester')
  await rotate('two', 7200, start)
  assert.deepEqual(await secretsAt(start + 2 * HOUR - 1e6), ['two', 'one'])
  assert.deepEqual(await secretsAt(start + 2 * HOUR + 1e6), ['two'])
  // A second rotation does not lengthen the life of the first secret.
  await rotate('three', 7200, start + HOUR)
  assert.deepEqual(await secretsAt(start + HOUR), ['three', 'two', 'one'])
  assert.deepEqual(await secretsAt(start + 2 * HOUR + 1e6), ['three', 'two'])
  assert.deepEqual(await secretsAt(start + 3 * HOUR + 1e6), ['three'])
  await rotate('four', 0, start + HOUR)
  assert.deepEqual(await secretsAt(start + HOUR), ['four'])
})

test('what is done with a source is in the audit, without its secrets', async () => {
  const tenant = await shared.freshTenant()
  await make(tenant, { id: 'erp' })
  await updateSource(db(), tenant, 'erp', { name: 'ERP of Berlin', mapping: null }, 'tester')
  await updateSource(db(), tenant, 'erp', { state: 'paused' }, 'tester')
  await updateSource(db(), tenant, 'erp', { state: 'active' }, 'tester')
  await rotateSecret(db(), box, { tenantId: tenant, id: 'erp', secret: 'new-secret', overlapS: 60, now: now() }, 'tester')
  await removeSource(db(), tenant, 'erp', 'tester')
  const rows = await db()
    .select()
    .from(audit)
    .where(and(eq(audit.tenantId, tenant), eq(audit.subject, 'erp')))
    .orderBy(audit.id)
  assert.deepEqual(
    rows.map(({ action }) => action),
    ['source.created', 'source.changed', 'source.paused', 'source.resumed', 'source.rotated', 'source.removed'],
  )
  assert.deepEqual(rows[1]?.detail, { changed: ['name', 'mapping'] })
  assert.doesNotMatch(JSON.stringify(rows), /secret":|whsec|new-secret/u)
  assert.equal(await findSource(db(), tenant, 'erp'), null)
  assert.equal((await failure(removeSource(db(), tenant, randomUUID(), 'x'))).code, 'not_found')
})
