import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { askJson } from '../ingest/connectors/ask-json.ts'
import { PullError } from '../ingest/connectors/port.ts'
import { mayAsk } from '../platform/reach.ts'

let url: URL
let visits = 0
const server = createServer((request, response) => {
  visits++
  if (request.url === '/slow') return
  if (request.url === '/large') response.end(`"${'x'.repeat(2_000_000)}"`)
  else if (request.url === '/away') response.writeHead(307, { location: '/' }).end()
  else response.end('{"ok": true}')
})
before(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})
after(() => {
  server.close()
  server.closeAllConnections()
})

const ask = (to: string | URL, options: Partial<Parameters<typeof askJson>[0]> = {}) =>
  askJson({ signal: new AbortController().signal, reach: 'private', ...options })(new URL(to), {})

const refusedWith = (code: PullError['code']) => (error: unknown) => {
  assert.ok(error instanceof PullError, String(error))
  assert.equal(error.code, code, error.message)
  assert.ok(error.next.length > 0)
  return true
}

test('addresses behind which clouds keep credentials are never asked, in whatever way they are written', async () => {
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[::ffff:169.254.169.254]',
    '[::169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '0.0.0.0',
    '[::]',
    '224.0.0.1',
    '255.255.255.255',
  ])
    await assert.rejects(ask(`http://${host}/latest/meta-data`), refusedWith('address_refused'), host)
  for (const other of ['file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,{}'])
    await assert.rejects(ask(other), refusedWith('address_refused'), other)
})

test('private networks are asked unless the operator keeps connectors to the internet', async () => {
  assert.deepEqual(await ask(url), { ok: true })
  await assert.rejects(ask(url, { reach: 'public' }), refusedWith('address_refused'))
  const before = visits
  await assert.rejects(ask(`http://localhost:${url.port}/`, { reach: 'public' }), refusedWith('address_refused'))
  assert.equal(visits, before, 'a name that leads to a refused address is not connected to')
  assert.deepEqual(await ask(`http://localhost:${url.port}/`), { ok: true })
  for (const address of ['10.1.2.3', '172.31.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1', '100.64.0.1'])
    assert.deepEqual([mayAsk(address, 'private'), mayAsk(address, 'public')], [true, false], address)
  for (const address of ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '172.32.0.1'])
    assert.ok(mayAsk(address, 'public'), address)
  assert.equal(mayAsk('not an address', 'private'), false)
})

test('an answer that is too large, too slow or elsewhere is given up with a reason', async () => {
  await assert.rejects(ask(new URL('/large', url), { bytes: 1024 * 1024 }), refusedWith('answer_invalid'))
  await assert.rejects(ask(new URL('/slow', url), { ms: 50 }), refusedWith('unavailable'))
  await assert.rejects(ask(new URL('/away', url)), refusedWith('answer_invalid'))
  await assert.rejects(ask('http://127.0.0.1:1/'), refusedWith('unavailable'))
  await assert.rejects(ask('http://no-such-host.invalid/'), refusedWith('unavailable'))
})

test('a question that is no longer wanted ends at once', async () => {
  const control = new AbortController()
  const asking = ask(new URL('/slow', url), { signal: control.signal })
  setTimeout(() => control.abort(new Error('stopping')), 20)
  await assert.rejects(asking, /stopping/u)
})
