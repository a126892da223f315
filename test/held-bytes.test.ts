import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type ClientRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import express from 'express'
import { heldBytes } from '../api/held-bytes.ts'
import { problemHandler } from '../api/problem.ts'
import { openLog } from '../platform/log.ts'

const app = express()
app.post('/', heldBytes({ body: 1000, all: 2000 }), express.raw({ type: () => true }), (_request, response) => {
  response.json('taken')
})
app.use(problemHandler(openLog({ level: 'fatal', human: false })))
const server = createServer(app).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
after(() => {
  server.closeAllConnections()
  server.close()
})

/** A request that has said how much will come, and sends nothing yet. */
function announced(bytes: number): ClientRequest {
  const one = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': bytes } })
  one.flushHeaders()
  one.on('error', () => undefined)
  return one
}

async function status(one: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(one, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

test('bodies beyond what fits into memory are told to come back, and are taken when the others have gone', async () => {
  const first = announced(1000)
  const second = announced(1000)
  await new Promise((resolve) => {
    setTimeout(resolve, 100)
  })
  const third = announced(10)
  assert.equal(await status(third), 429)
  third.destroy()
  first.end(Buffer.alloc(1000))
  assert.equal(await status(first), 200)
  const fourth = announced(10)
  fourth.end(Buffer.alloc(10))
  assert.equal(await status(fourth), 200)
  // One that breaks off gives its room back.
  second.destroy()
  const fifth = announced(1000)
  const sixth = announced(1000)
  fifth.end(Buffer.alloc(1000))
  sixth.end(Buffer.alloc(1000))
  assert.deepEqual(await Promise.all([status(fifth), status(sixth)]), [200, 200])
})
