import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EVENT_LIMITS } from '../model/event.ts'
import { ATTRIBUTE_DIMENSIONS } from '../model/vocabulary.ts'
import { sharedServer, type TestServer } from './support/server.ts'

type Verdicts = {
  accepted: number
  duplicates: number
  rejected: { index: number; code: string; message: string }[]
  conflicts: { index: number; event_id: string }[]
  code?: string
}

let server: TestServer
before(async () => {
  server = await sharedServer()
})
after(() => server.close())

function event(id: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id,
    source: '/test',
    type: 'invoice.received',
    time: '2026-03-02T09:30:00Z',
    data: { object: `invoice/${id}`, ...data },
  }
}

/** What would cost a store the whole insert, were it to reach a column as it is. */
const HOSTILE = {
  'half a surrogate pair': '\uD800',
  'the other half': 'a\uDFFFb',
  'a null byte': 'a\u0000b',
  'a noncharacter': '\uFFFF',
}

test('an attribute with a column of its own holds clean text or a scalar; what does not costs its neighbours nothing', async () => {
  const tenant = await server.freshTenant()
  const bad = [...Object.values(HOSTILE), 'x'.repeat(513), ['DE01'], { id: 'DE01' }]
  for (const [at, name] of ATTRIBUTE_DIMENSIONS.entries()) {
    const good = [`before-${at}`, `after-${at}`].map((id) => event(id, { attributes: { [name]: 'DE01' } }))
    const body = [good[0], ...bad.map((value, row) => event(`bad-${at}-${row}`, { attributes: { [name]: value } })), good[1]]
    const { status, body: verdicts } = await server.ask<Verdicts>('POST', '/v1/events', { tenant, body })
    assert.equal(status, 200, JSON.stringify(verdicts))
    assert.equal(verdicts.accepted, 2)
    assert.deepEqual(
      verdicts.rejected.map(({ index, code }) => [index, code]),
      bad.map((_, row) => [row + 1, 'event_invalid']),
    )
    for (const { message } of verdicts.rejected) assert.match(message, new RegExp(`^data\\.attributes\\.${name}: `, 'u'))
  }
  const scalars = ['x'.repeat(512), 'Zürich 😀', '', 7, 0.5, true, null].map((plant, row) =>
    event(`scalar-${row}`, { attributes: { plant } }),
  )
  const { body: kept } = await server.ask<Verdicts>('POST', '/v1/events', { tenant, body: scalars })
  assert.equal(kept.accepted, scalars.length, JSON.stringify(kept))
})

test('hostile text anywhere in an event is stored or refused by name, and what is stored can be read', async () => {
  const tenant = await server.freshTenant()
  const places: Record<string, (text: string) => Record<string, unknown>> = {
    'a field of its own': (text) => ({ note: text }),
    'the name of a field': (text) => ({ [`n${text}`]: 1 }),
    'an attribute': (text) => ({ attributes: { note: text } }),
    'deep in an attribute': (text) => ({ attributes: { note: [{ deep: [text], [`n${text}`]: text }] } }),
    'the name of an attribute': (text) => ({ attributes: { [`n${text}`]: 1 } }),
    'a line': (text) => ({ line: { note: text } }),
    'the name of a line field': (text) => ({ line: { [`n${text}`]: 1 } }),
    terms: (text) => ({ terms: { note: text } }),
    'the name of a term': (text) => ({ terms: { [`n${text}`]: 1 } }),
    'an AI action': (text) => ({ ai: { model: 'm', note: { deep: text } } }),
    'the name of an AI field': (text) => ({ ai: { model: 'm', [`n${text}`]: 1 } }),
    'an object attribute': (text) => ({ object_attributes: { 'invoice/1': { note: text } } }),
    'a dimension of an object': (text) => ({ object_attributes: { 'invoice/1': { plant: text } } }),
    'the name of an object attribute': (text) => ({ object_attributes: { 'invoice/1': { [`n${text}`]: 1 } } }),
    'the object of an object attribute': (text) => ({ object_attributes: { [`invoice/${text}`]: { a: 1 } } }),
    'an object': (text) => ({ object: `invoice/${text}` }),
    'an exchange rate': (text) => ({ money: { amount: '1', currency: 'EUR', rate: text } }),
    'an outcome code': (text) => ({ outcome: { status: 'failed', code: text } }),
    'a message that is cut in the middle of a character': () => ({
      outcome: { status: 'failed', code: `BPMN_ERROR_${'x'.repeat(67)}😀 and more` },
      exception: { id: 'EX', state: 'raised' },
    }),
  }
  for (const [kind, text] of Object.entries(HOSTILE)) {
    for (const [place, data] of Object.entries(places)) {
      const id = `${kind} in ${place}`
      const body = [event(`${id}, before`), event(id, data(text)), event(`${id}, after`)]
      const { status, body: verdicts } = await server.ask<Verdicts>('POST', '/v1/events', { tenant, body })
      assert.equal(status, 200, `${id}: ${JSON.stringify(verdicts)}`)
      assert.equal(verdicts.accepted + verdicts.rejected.length, 3, id)
      assert.ok(
        verdicts.rejected.every(({ index, code }) => index === 1 && code === 'event_invalid'),
        `${id}: ${JSON.stringify(verdicts)}`,
      )
      if (verdicts.rejected.length > 0) continue
      const page = `/v1/objects/invoice/${encodeURIComponent(id)}`
      assert.equal((await server.ask('GET', page, { tenant })).status, 200, id)
    }
  }
})

test('a binary-mode body is held to the limits of every other record', async () => {
  const tenant = await server.freshTenant()
  const { data, ...attributes } = event('binary')
  const headers = {
    'content-type': 'application/json',
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)])),
  }
  const send = (body: string | Uint8Array) => server.ask<Verdicts>('POST', '/v1/events', { tenant, headers, body })
  const bad: [string | Uint8Array, string][] = [
    [JSON.stringify({ ...data, note: 'x'.repeat(EVENT_LIMITS.bytes) }), 'record_too_large'],
    [`{"object":"invoice/1","attributes":{"deep":${'['.repeat(40)}${']'.repeat(40)}}}`, 'too_deep'],
    ['{"object":"invoice/1","object":"invoice/2"}', 'duplicate_key'],
    ['{"object":', 'json_invalid'],
    [`${JSON.stringify(data)}\n${JSON.stringify(data)}`, 'json_invalid'],
    [JSON.stringify([data]), 'event_invalid'],
    ['7', 'event_invalid'],
    [Buffer.from('{"object":"invoice/\xff"}', 'latin1'), 'utf8_invalid'],
  ]
  for (const [body, code] of bad) {
    const answer = await send(body)
    assert.equal(answer.status, 400, code)
    assert.equal(answer.body.code, 'body_invalid')
    assert.deepEqual(
      answer.body.rejected.map((one) => [one.index, one.code]),
      [[0, code]],
    )
  }
  const good = await send(`\n ${JSON.stringify(data, null, 2)}\n`)
  assert.deepEqual([good.status, good.body.accepted], [200, 1])
  const again = await server.ask<Verdicts>('POST', '/v1/events', { tenant, body: event('binary') })
  assert.equal(again.body.duplicates, 1, 'the structured copy is the same event')
})

test('a copy with its keys in another order is a copy, not a conflict', async () => {
  const tenant = await server.freshTenant()
  const first = event('E', {
    attributes: { plant: 'P1', colour: 'red', nested: { a: 1, b: 2 } },
    object_attributes: { 'invoice/E': { entity: 'DE01', total: 10 }, 'po/7': { entity: 'FR01', region: 'EU' } },
  })
  const second = event('E', {
    object_attributes: { 'po/7': { region: 'EU', entity: 'FR01' }, 'invoice/E': { total: 10, entity: 'DE01' } },
    attributes: { nested: { b: 2, a: 1 }, colour: 'red', plant: 'P1' },
  })
  const send = (body: unknown) => server.ask<Verdicts>('POST', '/v1/events', { tenant, body })
  assert.equal((await send(first)).body.accepted, 1)
  const { body: verdicts } = await send(second)
  assert.deepEqual(verdicts, { accepted: 0, duplicates: 1, rejected: [], conflicts: [] })
})

test('an import that is not running takes no events', async () => {
  const tenant = await server.freshTenant()
  const announced = { source: 'file', file_name: 'a.csv', file_sha256: 'a'.repeat(64), bytes: 1, format: 'csv', mapping: null }
  const started = await server.ask<{ id: string }>('POST', '/v1/imports', { tenant, body: announced })
  assert.equal(started.status, 201, JSON.stringify(started.body))
  const { id } = started.body
  const send = (name: string) => server.ask<Verdicts>('POST', `/v1/events?import=${id}`, { tenant, body: event(name) })
  assert.equal((await send('running')).status, 200)
  for (const state of ['done', 'cancelled', 'failed']) {
    await server.ask('PATCH', `/v1/imports/${id}`, { tenant, body: { state } })
    const { status, body } = await send(state)
    assert.deepEqual([status, body.code], [409, 'conflict'], state)
  }
  await server.ask('PATCH', `/v1/imports/${id}`, { tenant, body: { state: 'running' } })
  assert.equal((await send('running again')).status, 200)
  assert.equal((await server.ask('DELETE', `/v1/imports/${id}`, { tenant })).status, 200)
  assert.equal((await send('undone')).status, 409)
})

test('a demo that cannot begin ends the start with its error, and nothing is left running', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-hardening-'))
  try {
    await writeFile(join(folder, 'demo'), 'a file where the demo wants a folder')
    const { PATH = '', HOME = tmpdir() } = process.env
    const command = fileURLToPath(new URL('../cli/sightline.mjs', import.meta.url))
    const start = () =>
      spawn(process.execPath, [command, 'start', '--data', folder], {
        env: { PATH, HOME, SIGHTLINE_PORT: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 120_000,
        killSignal: 'SIGKILL',
      })
    // Twice: the second start finds no lock and no store of the first.
    for (const time of ['first', 'second']) {
      const child = start()
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      const [code] = (await once(child, 'close')) as [number | null]
      assert.notEqual(code, 0, time)
      assert.match(stderr, /EEXIST|ENOTDIR|demo/u, time)
      assert.doesNotMatch(stderr, /folder_in_use|in use/u, time)
      assert.equal(existsSync(join(folder, 'server.json')), false, time)
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
