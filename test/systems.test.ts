import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { System, Systems } from '../api/contract/systems.ts'
import { documentLink, linkTemplateProblem } from '../model/system-link.ts'
import { systemResolver } from '../platform/systems.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
let tenant: string
before(async () => {
  server = await sharedServer()
  tenant = await server.freshTenant()
})
after(() => server.close())

const SAP = {
  id: 'sap-eu',
  name: 'SAP S/4HANA Europe',
  class: 'erp',
  owner: 'Finance IT',
  vendor: 'SAP',
  runbook_url: 'https://wiki.example.com/sap',
  link_template: 'https://sap.example.com/ui?type={type}&id={id}#top',
  aliases: ['sap-connector', 'SAP-CONNECTOR', 'sap.internal:44300'],
}

const post = (body: unknown, inTenant = tenant) => server.ask<System>('POST', '/v1/systems', { tenant: inTenant, body })

test('a system is registered, listed, changed, found by its names and taken off again', async () => {
  const made = await post(SAP)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.deepEqual(made.body.aliases, ['SAP-CONNECTOR', 'sap.internal:44300'])
  const listed = await server.ask<Systems>('GET', '/v1/systems', { tenant })
  assert.deepEqual(listed.body.systems, [made.body])

  const { db } = server.stores.postgres
  const find = await systemResolver(db, tenant)
  for (const name of ['sap-eu', 'Sap-Connector', 'SAP S/4HANA Europe', 'sap.internal:44300'])
    assert.deepEqual(find(name), { system: 'sap-eu', class: 'erp' }, name)
  assert.equal(find('sap'), null)

  const changed = await server.ask<System>('PATCH', '/v1/systems/sap-eu', { tenant, body: { owner: null, aliases: ['r3'] } })
  assert.deepEqual([changed.body.owner, changed.body.aliases, changed.body.vendor], [null, ['r3'], 'SAP'])
  const afterwards = await systemResolver(db, tenant)
  assert.deepEqual([afterwards('r3')?.system, afterwards('sap-connector')], ['sap-eu', null])

  assert.equal((await server.ask('DELETE', '/v1/systems/sap-eu', { tenant })).status, 200)
  assert.equal((await server.ask('DELETE', '/v1/systems/sap-eu', { tenant })).status, 404)
  assert.equal((await server.ask('PATCH', '/v1/systems/sap-eu', { tenant, body: { owner: 'x' } })).status, 404)
  const audit = await server.stores.postgres.pool.query(
    `SELECT action FROM audit WHERE tenant_id = $1 AND subject = 'sap-eu' ORDER BY id`,
    [tenant],
  )
  assert.deepEqual(
    audit.rows.map((row: { action: string }) => row.action),
    ['system.created', 'system.changed', 'system.deleted'],
  )
})

test('no two systems of a tenant share a name, also when registered at once; other tenants are free', async () => {
  const one = await server.freshTenant()
  const results = await Promise.all(
    [1, 2, 3, 4].map(() => post({ id: 'n8n', name: 'n8n', class: 'workflow', aliases: ['flows'] }, one)),
  )
  assert.deepEqual(
    results.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 409, 409, 409],
  )
  assert.equal((await post({ id: 'FLOWS', name: 'x', class: 'workflow' }, one)).status, 409)
  assert.equal((await post({ id: 'n8n', name: 'n8n', class: 'workflow' }, await server.freshTenant())).status, 201)
})

test('a link that would not lead to a document over https is refused', async () => {
  const bad: Record<string, unknown>[] = [
    { runbook_url: 'javascript:alert(1)' },
    { runbook_url: 'http://wiki.example.com' },
    { runbook_url: 'https://user:secret@wiki.example.com' },
    { link_template: 'https://sap.example.com/doc' },
    { link_template: 'http://sap.example.com/{id}' },
    { link_template: 'javascript:{id}' },
    { link_template: ' https://sap.example.com/{id}' },
    { link_template: 'https://{id}.example.com/' },
    { link_template: 'https://sap.example.com:{id}/' },
    { link_template: 'https://sap.example.com{id}' },
    { link_template: 'https://sap.example.com/{id}/{tenant}' },
    { class: 'spaceship' },
    { name: 'two\nlines' },
    { id: '' },
    { surprise: true },
  ]
  for (const [at, more] of bad.entries()) {
    const answer = await post({ id: `bad-${at}`, name: 'x', class: 'erp', ...more })
    assert.equal(answer.status, 400, JSON.stringify(more))
  }
})

test('whatever a document is called, its link stays on the host and names the document', () => {
  const system = { link_template: 'https://sap.example.com/{type}/{id}' }
  assert.equal(documentLink(system, 'invoice', 'INV 1/2'), 'https://sap.example.com/invoice/INV%201%2F2')
  assert.equal(documentLink({ link_template: null }, 'invoice', '1'), null)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
      if (id === '.' || id === '..') return assert.equal(documentLink(system, 'invoice', id), null)
      const link = new URL(documentLink(system, 'invoice', id) ?? '')
      assert.equal(link.host, 'sap.example.com')
      assert.equal(decodeURIComponent(link.pathname.slice('/invoice/'.length)), id)
    }),
    { seed: 11 },
  )
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['https'] }), (url) => {
      const template = `${url}${url.endsWith('/') ? '' : '/'}{id}`
      assert.equal(linkTemplateProblem(template), null, template)
    }),
    { seed: 12 },
  )
})
