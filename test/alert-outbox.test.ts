import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { and, asc, eq, sql, isNotNull } from 'drizzle-orm'
import { Registry } from 'prom-client'
import { createOutbox } from '../alerts/outbox.ts'
import { claimNotes, finishNote } from '../alerts/outbox-store.ts'
import { isGivenUp, retryAt } from '../alerts/retry.ts'
import { sendAgain } from '../alerts/note-store.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { createChannel, updateChannel } from '../platform/alert-channels.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertNotes } from '../platform/postgres/schema.ts'
import { openSecretBox, type SecretBox } from '../platform/secrets.ts'
import { openLog } from '../platform/log.ts'
import { aNote } from './support/notes.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { sharedStores, type TestStores } from './support/stores.ts'

const T0: Instant = Date.UTC(2026, 2, 2, 9) * 1000
const SECOND = 1e6
const log = openLog({ level: 'silent', human: true })

let stores: TestStores
let db: Db
let secrets: SecretBox
let receiver: Receiver
before(async () => {
  ;[stores, receiver] = await Promise.all([sharedStores(), startReceiver()])
  ;({ db } = stores.stores.postgres)
  secrets = await openSecretBox({ key: 'k'.repeat(40), folder: null })
})
after(async () => {
  await receiver.close()
  await stores.close()
})
afterEach(async () => {
  await db.update(alertNotes).set({ state: 'dropped' }).where(eq(alertNotes.state, 'queued'))
  receiver.received.length = 0
  Object.assign(receiver.answer, { status: 202, headers: {}, text: 'taken' })
})

/** An outbox with a clock of its own. */
function anOutbox(from: Instant = T0) {
  const registry = new Registry()
  const clock = { now: from }
  const outbox = createOutbox({
    stores: stores.stores,
    secrets,
    now: () => clock.now,
    log,
    registry,
    reach: 'private',
    smtpUrl: undefined,
    random: () => 0.5,
  })
  return { outbox, clock, registry }
}

async function aChannel(tenant: TenantId, path: string, more: { id?: string; perMinute?: number } = {}): Promise<string> {
  const { id = 'hook', perMinute = 6000 } = more
  await createChannel(
    db,
    secrets,
    { tenant, id, title: id, kind: 'slack', config: {}, secrets: { url: `${receiver.url}${path}` }, perMinute },
    'test',
  )
  return id
}

async function queue(
  tenant: TenantId,
  note: { id: string; alert?: string | null; channel?: string; at?: Instant; about?: Instant },
): Promise<number> {
  const { id, alert = randomUUID(), channel = 'hook', at = T0, about } = note
  const [row] = await db
    .insert(alertNotes)
    .values({
      tenantId: tenant,
      key: `${tenant}/${id}`,
      alertId: alert,
      channelId: channel,
      kind: 'firing',
      body: aNote({ id, title: id }),
      nextAt: new Date(at / 1000),
      createdAt: new Date(at / 1000),
      aboutAt: about === undefined ? null : new Date(about / 1000),
    })
    .returning({ id: alertNotes.id })
  return row?.id ?? assert.fail()
}

const kept = (tenant: TenantId) => db.select().from(alertNotes).where(eq(alertNotes.tenantId, tenant)).orderBy(asc(alertNotes.id))
/** Titles of messages in the order in which they arrived. */
const arrived = () =>
  receiver.received.map(({ body }) => /\*High\* {2}([\w-]+)/u.exec((JSON.parse(body) as { text: string }).text)?.[1])

test('messages of one alert arrive in order: a later one waits for the earlier, those of other alerts do not', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/changing')
  const { outbox, clock } = anOutbox()
  const alert = randomUUID()
  await queue(tenant, { id: 'first', alert })
  receiver.answer.status = 500
  assert.deepEqual(await outbox.drainOnce(), { sent: 0, retried: 1, dead: 0 })
  await queue(tenant, { id: 'second', alert })
  await queue(tenant, { id: 'third', alert })
  await queue(tenant, { id: 'other' })
  receiver.answer.status = 202
  receiver.received.length = 0
  assert.deepEqual(await outbox.drainOnce(), { sent: 1, retried: 0, dead: 0 })
  assert.deepEqual(arrived(), ['other'])
  clock.now += 3 * SECOND
  assert.deepEqual(await outbox.drainOnce(), { sent: 3, retried: 0, dead: 0 })
  assert.deepEqual(arrived(), ['other', 'first', 'second', 'third'])
  const [first] = await kept(tenant)
  assert.deepEqual(
    [first?.state, first?.attempts, first?.receipt, first?.error, first?.owner],
    ['sent', 2, '202 taken', null, null],
  )
})

test('attempts are spread from two seconds to a quarter of an hour, later where the receiver wants it, and end after a day', () => {
  const waits = [1, 2, 3, 8, 9, 10, 60].map((attempts) => (retryAt(attempts, null, T0, 0.5) - T0) / SECOND)
  assert.deepEqual(waits, [2, 4, 8, 256, 512, 900, 900])
  assert.deepEqual([retryAt(1, null, T0, 0), retryAt(1, null, T0, 1)], [T0 + 1.6 * SECOND, T0 + 2.4 * SECOND])
  assert.equal(retryAt(1, 120, T0, 0.5), T0 + 120 * SECOND)
  const day = 86_400 * SECOND
  assert.deepEqual(
    [isGivenUp({ attempts: 90, createdAt: T0 }, T0 + day - 1), isGivenUp({ attempts: 90, createdAt: T0 }, T0 + day)],
    [false, true],
  )
})

test('a channel that is down for a day: tried again and again, then given up, seen, and sent again by hand', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/changing')
  const { outbox, clock, registry } = anOutbox()
  const id = await queue(tenant, { id: 'lost' })
  receiver.answer.status = 503
  const waits: number[] = []
  for (let round = 0; round < 200; round++) {
    const { dead } = await outbox.drainOnce()
    const [note] = await kept(tenant)
    if (dead === 1) break
    const next = (note?.nextAt.getTime() ?? 0) * 1000
    waits.push(Math.round((next - clock.now) / SECOND))
    clock.now = next
  }
  assert.deepEqual(waits.slice(0, 5), [2, 4, 8, 16, 32])
  assert.equal(Math.max(...waits), 900)
  assert.ok(clock.now - T0 >= 86_400 * SECOND && clock.now - T0 < 87_400 * SECOND)
  const [dead] = await kept(tenant)
  assert.deepEqual(
    [dead?.state, dead?.error],
    ['dead', `Given up after a day of attempts. ${new URL(receiver.url).host} answered 503: taken`],
  )
  receiver.answer.status = 200
  await sendAgain(db, { tenant, id, now: clock.now }, 'somebody')
  assert.equal((await outbox.drainOnce()).sent, 1)
  await assert.rejects(
    sendAgain(db, { tenant, id, now: clock.now }, 'somebody'),
    (error) => error instanceof SightlineError && error.code === 'conflict',
  )
  const figures = await registry.metrics()
  for (const line of [
    'sightline_alert_notes_total{kind="slack",outcome="sent"} 1',
    'sightline_alert_notes_total{kind="slack",outcome="dead"} 1',
  ])
    assert.ok(figures.includes(line), line)
  assert.match(figures, new RegExp(`outcome="retried"\\} ${waits.length}\\n`, 'u'))
})

test('a receiver that asks to be left alone is left alone by all of its messages', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/changing')
  const { outbox, clock } = anOutbox()
  await queue(tenant, { id: 'one' })
  Object.assign(receiver.answer, { status: 429, headers: { 'retry-after': '60' } })
  assert.equal((await outbox.drainOnce()).retried, 1)
  await queue(tenant, { id: 'two', at: T0 - SECOND })
  receiver.answer.status = 200
  clock.now += 61 * SECOND
  assert.equal((await outbox.drainOnce()).sent, 2)
  await queue(tenant, { id: 'three' })
  await queue(tenant, { id: 'four', at: clock.now })
  receiver.answer.status = 429
  assert.ok((await outbox.drainOnce()).retried >= 1)
  const waiting = (await kept(tenant)).filter(({ state }) => state === 'queued').map(({ nextAt }) => nextAt.getTime() * 1000)
  assert.deepEqual(waiting, [clock.now + 60 * SECOND, clock.now + 60 * SECOND])
})

test('what is refused is dead at once, and so is a message to a channel that does not exist', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/gone')
  const { outbox } = anOutbox()
  await queue(tenant, { id: 'refused' })
  await queue(tenant, { id: 'nowhere', channel: 'nobody' })
  assert.deepEqual(await outbox.drainOnce(), { sent: 0, retried: 0, dead: 2 })
  assert.deepEqual(
    (await kept(tenant)).map(({ state, error }) => [state, /refused it with 404|"nobody" does not exist/u.test(error ?? '')]),
    [
      ['dead', true],
      ['dead', true],
    ],
  )
})

test('an alert that the receiver knows to be over is not opened again by hand', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/gone')
  const { outbox, clock } = anOutbox()
  const alert = randomUUID()
  const id = await queue(tenant, { id: 'firing', alert })
  await outbox.drainOnce()
  const over = await queue(tenant, { id: 'resolved', alert })
  await db.update(alertNotes).set({ kind: 'resolved', state: 'sent' }).where(eq(alertNotes.id, over))
  await assert.rejects(sendAgain(db, { tenant, id, now: clock.now }, 'somebody'), /was told so since/u)
})

test('two dispatchers at once send each message once, and of one channel a few at a time', { timeout: 60_000 }, async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/slow')
  const alerts = Array.from({ length: 20 }, () => randomUUID())
  for (let number = 0; number < 60; number++) await queue(tenant, { id: `n${number}`, alert: alerts[number % 20] ?? null })
  const [a, b] = [anOutbox(), anOutbox()]
  a.outbox.start()
  b.outbox.start()
  for (;;) {
    const left = await db.$count(alertNotes, and(eq(alertNotes.tenantId, tenant), eq(alertNotes.state, 'queued')))
    if (left === 0) break
    await sleep(50)
  }
  await Promise.all([a.outbox.stop(), b.outbox.stop()])
  const titles = arrived()
  assert.deepEqual([titles.length, new Set(titles).size], [60, 60])
  for (const lane of alerts.keys())
    assert.deepEqual(
      titles.filter((title) => Number(title?.slice(1)) % 20 === lane),
      [0, 1, 2].map((turn) => `n${lane + 20 * turn}`),
    )
  assert.ok(receiver.most() <= 8, `${receiver.most()} at once`)
  assert.equal((await sentBy(a.registry)) + (await sentBy(b.registry)), 60)
})

test('two dispatchers share what one alone does not take at once', { timeout: 60_000 }, async () => {
  const tenant = await stores.freshTenant()
  const channels = ['one', 'two', 'three', 'four', 'five']
  for (const id of channels) await aChannel(tenant, '/held', { id })
  // Eight of a channel are on their way at once, and thirty-two of a process.
  for (const channel of channels)
    for (let number = 0; number < 8; number++) await queue(tenant, { id: `${channel}-${number}`, channel })
  const [a, b] = [anOutbox(), anOutbox()]
  a.outbox.start()
  const owned = () => db.$count(alertNotes, and(eq(alertNotes.tenantId, tenant), isNotNull(alertNotes.owner)))
  // Two that look at the very same moment choose alike, and one of them comes back later.
  while ((await owned()) < 32) await sleep(5)
  b.outbox.start()
  while ((await owned()) < 40) await sleep(5)
  receiver.release()
  while ((await db.$count(alertNotes, and(eq(alertNotes.tenantId, tenant), eq(alertNotes.state, 'queued')))) > 0) await sleep(50)
  await Promise.all([a.outbox.stop(), b.outbox.stop()])
  const shares = [await sentBy(a.registry), await sentBy(b.registry)]
  assert.equal((shares[0] ?? 0) + (shares[1] ?? 0), 40)
  assert.ok(
    shares.every((share) => share > 0),
    `both took their share: ${shares.join(', ')}`,
  )
})

async function sentBy(registry: Registry): Promise<number> {
  return Number(/outcome="sent"\} (\d+)/u.exec(await registry.metrics())?.[1] ?? 0)
}

test('a dispatcher whose ownership ran out cannot mark a message that another one took over', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/ok')
  await queue(tenant, { id: 'contested' })
  const [mine] = await claimNotes(db, { owner: 'paused', now: T0, limit: 5 })
  assert.ok(mine !== undefined)
  assert.deepEqual(await claimNotes(db, { owner: 'other', now: T0, limit: 5 }), [], 'it is owned')
  await db
    .update(alertNotes)
    .set({ until: sql`clock_timestamp() - interval '1 second'` })
    .where(eq(alertNotes.id, mine.id))
  const [theirs] = await claimNotes(db, { owner: 'other', now: T0, limit: 5 })
  assert.deepEqual([theirs?.id, theirs?.attempts], [mine.id, 2])
  assert.equal(await finishNote(db, mine, 'paused', { state: 'dead', error: 'old news' }), false)
  assert.equal(await finishNote(db, mine, 'other', { state: 'dead', error: 'old attempt' }), false)
  assert.ok(theirs !== undefined)
  assert.equal(await finishNote(db, theirs, 'other', { state: 'sent', at: T0, receipt: 'ok' }), true)
  assert.equal((await kept(tenant))[0]?.state, 'sent')
  assert.equal(await finishNote(db, theirs, 'other', { state: 'queued', nextAt: T0, error: 'again' }), false)
})

test('a channel takes no more in a minute than it may, also from two dispatchers', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/ok', { perMinute: 3 })
  for (let number = 0; number < 8; number++) await queue(tenant, { id: `n${number}` })
  const [a, b] = [anOutbox(), anOutbox()]
  const both = async () => {
    const drained = await Promise.all([a.outbox.drainOnce(), b.outbox.drainOnce()])
    return drained.reduce((sum, { sent }) => sum + sent, 0)
  }
  assert.equal(await both(), 3)
  a.clock.now = b.clock.now = T0 + 59 * SECOND
  assert.equal(await both(), 0)
  a.clock.now = b.clock.now = T0 + 61 * SECOND
  assert.equal(await both(), 3)
  a.clock.now = b.clock.now = T0 + 122 * SECOND
  assert.equal(await both(), 2)
  assert.deepEqual(new Set(arrived()), new Set([0, 1, 2, 3, 4, 5, 6, 7].map((number) => `n${number}`)))
})

test('what comes for a paused channel waits, and what is not due waits', async () => {
  const tenant = await stores.freshTenant()
  const id = await aChannel(tenant, '/ok')
  await queue(tenant, { id: 'now' })
  await queue(tenant, { id: 'later', at: T0 + 10 * SECOND })
  await updateChannel(db, secrets, { tenant, id, change: { state: 'paused' } }, 'test')
  const { outbox, clock } = anOutbox()
  assert.equal((await outbox.drainOnce()).sent, 0)
  await updateChannel(db, secrets, { tenant, id, change: { state: 'active' } }, 'test')
  assert.equal((await outbox.drainOnce()).sent, 1)
  clock.now += 10 * SECOND
  assert.equal((await outbox.drainOnce()).sent, 1)
  assert.deepEqual(arrived(), ['now', 'later'])
})

test('the delay from what a message is about, and from when it was written, to its acceptance is measured', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/ok')
  await queue(tenant, { id: 'measured', about: T0 - 4 * SECOND })
  const { outbox, registry } = anOutbox(T0 + SECOND)
  await outbox.drainOnce()
  const figures = await registry.metrics()
  for (const line of [
    'sightline_alert_delivery_seconds_sum{kind="slack",since="created"} 1',
    'sightline_alert_delivery_seconds_sum{kind="slack",since="about"} 5',
    'sightline_alert_delivery_seconds_bucket{le="5",kind="slack",since="about"} 1',
  ])
    assert.ok(figures.includes(line), `${line}\n${figures}`)
})

test('a channel whose secrets were sealed with another key waits, and says so', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/ok')
  await queue(tenant, { id: 'sealed' })
  const other = await openSecretBox({ key: 'o'.repeat(40), folder: null })
  const outbox = createOutbox({
    stores: stores.stores,
    secrets: other,
    now: () => T0,
    log,
    registry: new Registry(),
    reach: 'private',
    smtpUrl: undefined,
  })
  assert.equal((await outbox.drainOnce()).retried, 1)
  assert.match((await kept(tenant))[0]?.error ?? '', /sealed with another key/u)
})

test('nothing that the database keeps of channels and messages holds a secret', async () => {
  const tenant = await stores.freshTenant()
  await aChannel(tenant, '/gone/T0P53CRET-HOOK')
  await queue(tenant, { id: 'leaky' })
  await anOutbox().outbox.drainOnce()
  for (const table of ['alert_channels', 'alert_notes', 'audit']) {
    const { rows } = await db.execute<{ text: string }>(sql`SELECT line::text AS text FROM ${sql.identifier(table)} AS line`)
    assert.ok(rows.length > 0 && !rows.some(({ text }) => text.includes('T0P53CRET')), table)
  }
  assert.equal(receiver.received.at(-1)?.path, '/gone/T0P53CRET-HOOK')
})
