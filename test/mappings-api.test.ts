import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { DryRunResult, MappingDetail, Mappings } from '../api/contract/mappings.ts'
import { FORMATS } from '../ingest/formats.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
let folder: string

before(async () => {
  server = await sharedServer()
  folder = await mkdtemp(join(tmpdir(), 'sightline-mapping-'))
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const MAPPING = {
  title: 'Own invoices',
  id: '$.id',
  time: '$.at',
  rules: [
    {
      name: 'posted',
      when: { value: '$.kind', is: 'posted' },
      events: [
        { activity: '$.kind', canonical: 'invoice.posted', objects: [{ type: 'invoice', id: '$.number', required: true }] },
      ],
    },
  ],
  otherwise: { drop: 'Only postings count.' },
}

async function save(tenant: string, name: string, body: unknown, more: Record<string, unknown> = {}) {
  return server.ask<MappingDetail>('POST', `/v1/mappings/${name}`, { tenant, body: { body, ...more } })
}

test('those that ship are listed beside the own ones, and cannot be changed', async () => {
  const tenant = await server.freshTenant()
  const { body } = await server.ask<Mappings>('GET', '/v1/mappings', { tenant })
  const names = new Set(body.mappings.map(({ name }) => name))
  for (const name of ['stripe', 'paypal', 'coupa-style', 'ariba-style', 'n8n-error', 'camunda-8-alerts'])
    assert.ok(names.has(name), name)
  assert.deepEqual(
    body.formats.map(({ name }) => name),
    FORMATS.map(({ name }) => name),
  )
  assert.equal((await save(tenant, 'stripe', MAPPING)).status, 409)
  const stripe = await server.ask<MappingDetail>('GET', '/v1/mappings/stripe', { tenant })
  assert.equal(stripe.body.pack, true)
  const copy = await save(tenant, 'our-stripe', {
    ...stripe.body.body,
    based_on: { name: 'stripe', version: stripe.body.version },
  })
  assert.equal(copy.status, 201)
  const listed = await server.ask<Mappings>('GET', '/v1/mappings', { tenant })
  assert.deepEqual(listed.body.mappings[0]?.based_on, { name: 'stripe', version: 1 })
})

test('a change is a new version, old ones stay, and two who edit at once do not overwrite each other', async () => {
  const tenant = await server.freshTenant()
  const first = await save(tenant, 'invoices', MAPPING, { expected_version: 0 })
  assert.deepEqual([first.status, first.body.version], [201, 1])
  const second = await save(tenant, 'invoices', { ...MAPPING, title: 'Better' }, { expected_version: 1 })
  assert.deepEqual([second.body.version, second.body.versions.map(({ version }) => version)], [2, [2, 1]])
  assert.equal((await save(tenant, 'invoices', MAPPING, { expected_version: 1 })).status, 409)
  const old = await server.ask<MappingDetail>('GET', '/v1/mappings/invoices?version=1', { tenant })
  assert.equal(old.body.body['title'], 'Own invoices')
  assert.equal((await server.ask('GET', '/v1/mappings/invoices?version=9', { tenant })).status, 404)
  const both = await Promise.all([save(tenant, 'race', MAPPING), save(tenant, 'race', MAPPING)])
  assert.deepEqual(
    both.map(({ body }) => body.version).toSorted((a, b) => a - b),
    [1, 2],
  )
  const based = await Promise.all(
    [1, 2, 3, 4].map((n) => save(tenant, 'race', { ...MAPPING, title: `Edit ${n}` }, { expected_version: 2 })),
  )
  assert.deepEqual(
    based.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 409, 409, 409],
  )
})

test('a tenant neither sees nor tries the mappings of another', async () => {
  const [one, other] = [await server.freshTenant(), await server.freshTenant()]
  await save(one, 'secret-mapping', MAPPING)
  const { body } = await server.ask<Mappings>('GET', '/v1/mappings', { tenant: other })
  assert.ok(!body.mappings.some(({ name }) => name === 'secret-mapping'))
  assert.equal((await server.ask('GET', '/v1/mappings/secret-mapping', { tenant: other })).status, 404)
  const tried = await server.ask('POST', '/v1/mappings/dry-run', {
    tenant: other,
    body: { mapping: { name: 'secret-mapping' }, sample: '{}' },
  })
  assert.equal(tried.status, 404)
})

test('a mapping that cannot work is not kept, and every mistake is told with its place', async () => {
  const tenant = await server.freshTenant()
  const wrong = { ...MAPPING, rules: [{ events: [{ canonical: 'invoice.payed', objects: [{ type: 'invoice', id: '$..x' }] }] }] }
  assert.equal((await save(tenant, 'wrong', wrong)).status, 400)
  const check = await server.ask<{ issues: { path: string }[] }>('POST', '/v1/mappings/check', {
    tenant,
    body: { body: { name: 'wrong', ...wrong } },
  })
  assert.deepEqual(
    check.body.issues.map(({ path }) => path),
    ['rules[0].events[0].canonical', 'rules[0].events[0].objects[0].id'],
  )
  const tried = await server.ask<DryRunResult>('POST', '/v1/mappings/dry-run', {
    tenant,
    body: { mapping: { body: wrong }, sample: '{}' },
  })
  assert.deepEqual([tried.body.records.length, tried.body.issues.length], [0, 2])
})

test('a dry run tells the events, the rule that fired, why others are left out, and what was not read', async () => {
  const tenant = await server.freshTenant()
  const run = async (body: Record<string, unknown>): Promise<DryRunResult> => {
    const answer = await server.ask<DryRunResult>('POST', '/v1/mappings/dry-run', { tenant, body })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const sample = JSON.stringify({
    id: '1',
    kind: 'posted',
    at: '2026-03-02T09:30:00Z',
    number: 'I-1',
    lines: [{ price: 3 }],
    note: '',
  })
  const { records } = await run({ mapping: { body: MAPPING }, sample })
  assert.equal(records.length, 1)
  assert.deepEqual(records[0]?.rule, { index: 0, name: 'posted' })
  assert.equal(records[0].events[0]?.activity, 'invoice.posted')
  assert.deepEqual(records[0].events[0].objects, [{ type: 'invoice', id: 'I-1', qualifier: null }])
  assert.deepEqual(records[0].unread, ['lines[].price'])
  const encoded = await run({ mapping: { body: MAPPING }, sample: Buffer.from(sample).toString('base64'), encoding: 'base64' })
  assert.deepEqual(encoded.records[0]?.events, records[0].events)
  const dropped = await run({ mapping: { body: MAPPING }, sample: '{"kind":"parked"}' })
  assert.deepEqual([dropped.records[0]?.outcome, dropped.records[0]?.reason], ['drop', 'Only postings count.'])
  const refused = await run({ mapping: { body: MAPPING }, sample: sample.replace('"number":"I-1",', '') })
  assert.match(
    refused.records[0]?.reason ?? '',
    /the id of the object \(invoice\) \(\$\.number\) is missing \(rule 1, "posted"\)/u,
  )
  assert.match((await run({ mapping: { body: MAPPING }, sample: 'no json' })).records[0]?.reason ?? '', /is not JSON/u)
  const header = await run({ mapping: { name: 'github' }, sample: '{}', headers: { 'X-GitHub-Event': 'ping' } })
  assert.equal(header.records[0]?.reason, 'GitHub checks the address once when a webhook is made.')
  const lines = await run({ format: 'n8n-log', sample: '{"__type":"$$EventMessageConfirm"}\n{"__type":"x"}' })
  assert.deepEqual([lines.total, lines.records.map(({ outcome }) => outcome)], [2, ['drop', 'reject']])
  const unknown = await server.ask('POST', '/v1/mappings/dry-run', { tenant, body: { format: 'paper', sample: '' } })
  assert.equal(unknown.status, 400)
})

test('a key that only reads does not save a mapping', async () => {
  const tenant = await server.freshTenant()
  const { body } = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: [tenant] },
  })
  const answer = await server.ask('POST', '/v1/mappings/mine', { tenant, body: { body: MAPPING }, token: body.token })
  assert.equal(answer.status, 403)
  assert.equal((await server.ask('GET', '/v1/mappings', { tenant, token: body.token })).status, 200)
})

test('by command: a sample is tried against a mapping in a file, and a mapping is saved and shown', async () => {
  const tenant = await server.freshTenant()
  const [mapping, good, bad] = ['own.json', 'good.json', 'bad.json'].map((file) => join(folder, file)) as [string, string, string]
  await writeFile(mapping, JSON.stringify({ name: 'own', ...MAPPING }))
  await writeFile(good, JSON.stringify({ id: '1', kind: 'posted', at: '2026-03-02T09:30:00Z', number: 'I-1' }))
  await writeFile(bad, JSON.stringify({ id: '1', kind: 'posted', number: 'I-1' }))
  const tried = await sightline('mapping', 'test', good, bad, '--mapping', mapping)
  assert.match(
    tried.out,
    /^good\.json: invoice\.posted at 2026-03-02T09:30:00\.000Z on invoice\/I-1 \[rule 1: posted\]\nbad\.json: REFUSED .*time \(\$\.at\) is missing/u,
  )
  assert.equal(tried.code, 1)
  const remote = ['--tenant', tenant, '--url', server.url, '--key', server.token]
  assert.match((await sightline('mapping', 'save', mapping, ...remote)).out, /Version 1 of own is kept/u)
  const shown = await sightline('mapping', 'show', 'own', ...remote)
  assert.equal((JSON.parse(shown.out) as { title: string }).title, 'Own invoices')
  assert.match((await sightline('mapping', 'list', ...remote)).out, /^own +own +v1 {2}Own invoices$/mu)
  const pack = await sightline('mapping', 'show', 'stripe')
  const file = new URL('../ingest/mappings/payload/stripe.json', import.meta.url)
  const shipped = JSON.parse(await readFile(file, 'utf8')) as { rules: unknown[] }
  assert.equal((JSON.parse(pack.out) as { rules: unknown[] }).rules.length, shipped.rules.length)
})

function sightline(...args: string[]): Promise<{ out: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL('../cli/main.ts', import.meta.url).pathname, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ out, code }))
  })
}
