import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { Instant } from '../model/instant.ts'
import { openSecrets } from '../platform/alert-channels.ts'
import { SightlineError } from '../platform/errors.ts'
import { logged } from '../platform/logged.ts'
import type { Log } from '../platform/log.ts'
import type { Reach } from '../platform/reach.ts'
import type { SecretBox } from '../platform/secrets.ts'
import type { Stores } from '../platform/stores.ts'
import type { Sent } from './channel.ts'
import { deliver } from './deliver.ts'
import { type ClaimedNote, claimNotes, type Finish, finishNote, holdChannel, OWNED_S } from './outbox-store.ts'
import { isGivenUp, retryAt } from './retry.ts'

/** What became of messages. */
export type Drained = { sent: number; retried: number; dead: number }

/** Sends what waits in the outbox. Several may run, in one process or in many. */
export type Outbox = {
  /** Sends from now on what comes due. */
  start(): void
  /** Sends all that is due now, and what becomes due by that; comes back when nothing is. */
  drainOnce(): Promise<Drained>
  checks(): { name: string; ok: boolean; detail: string }[]
  /** Claims no more, and lets what is on its way arrive. */
  stop(): Promise<void>
}

const MOST_UNDER_WAY = 32
/** Time between two looks while nothing is due, ms: what a message waits at most before it is on its way. */
const LOOK_MS = 250
const AFTER_FAILURE_MS = 1000
/** A message that was claimed longer ago, as a share of how long it is owned, is not sent any more: another process may own it by then. */
const SEND_WITHIN = 2 / 3
/** How long it is tried to write down what became of a message, ms. */
const FINISH_WITHIN_MS = 600_000

export function createOutbox(options: {
  stores: Pick<Stores, 'postgres'>
  secrets: SecretBox
  /** The clock of all processes, so that one whose own is wrong sends neither early nor late: PostgreSQL's, but in tests. */
  now: () => Instant | Promise<Instant>
  log: Log
  registry: Registry
  reach: Reach
  smtpUrl: string | undefined
  /** How long a message is owned once it is claimed, seconds. */
  ownedS?: number
  /** From 0 to 1, by which attempts are scattered. */
  random?: () => number
}): Outbox {
  const { secrets, now, log, reach, smtpUrl, ownedS = OWNED_S, random = Math.random } = options
  const { db } = options.stores.postgres
  const owner = randomUUID()
  const measure = figures(options.registry)
  const ending = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  let failure: string | null = null
  let running: Promise<void> | undefined

  const send = async (claimed: ClaimedNote, claim: { at: Instant; started: number }): Promise<keyof Drained | null> => {
    // A process that was stopped after it claimed does not send what another has sent since.
    if (performance.now() - claim.started > SEND_WITHIN * ownedS * 1000) return null
    const sent = await sentWith(claimed, claim.at)
    const at = await attempt(async () => now())
    if (at === null) return null
    const finish = finishOf(claimed, sent, at)
    if (sent.outcome === 'retry' && sent.after_s !== null)
      await attempt(() => holdChannel(db, claimed, at + (sent.after_s ?? 0) * 1e6))
    const isWritten = await attempt(() => finishNote(db, claimed, owner, finish))
    if (isWritten !== true) {
      log.warn({ note: claimed.id }, 'what became of a message is not written down, as another process owns it by now')
      return null
    }
    const outcome = finish.state === 'queued' ? 'retried' : finish.state
    measure(claimed, outcome, at)
    if (outcome === 'dead')
      log.warn(
        {
          note: claimed.id,
          tenant: claimed.tenantId,
          channel: claimed.channelId,
          reason: finish.state === 'dead' ? finish.error : '',
        },
        'a message of an alert is given up',
      )
    return outcome
  }

  const sentWith = async ({ tenantId, channelId, channel, note }: ClaimedNote, at: Instant): Promise<Sent> => {
    if (channel === null) return { outcome: 'dead', reason: `The channel "${channelId}" does not exist.` }
    const { kind, config, sealed } = channel
    try {
      const opened = { kind, config, secrets: openSecrets(secrets, { tenantId, id: channelId, sealed }) }
      return await deliver(opened, note, { signal: new AbortController().signal, reach, smtpUrl, now: at }, log)
    } catch (error) {
      if (error instanceof SightlineError) return { outcome: 'retry', reason: error.message, after_s: null }
      throw error
    }
  }

  const finishOf = (claimed: ClaimedNote, sent: Sent, at: Instant): Finish => {
    if (sent.outcome === 'sent') return { state: 'sent', at, receipt: sent.receipt }
    if (sent.outcome === 'dead') return { state: 'dead', error: sent.reason }
    if (isGivenUp(claimed, at)) return { state: 'dead', error: `Given up after a day of attempts. ${sent.reason}` }
    return { state: 'queued', nextAt: retryAt(claimed.attempts, sent.after_s, at, random()), error: sent.reason }
  }

  /** What was sent must be known as sent: while PostgreSQL is away it is tried again. Null where it cannot be written at all. */
  const attempt = async <T>(write: () => Promise<T>): Promise<T | null> => {
    const started = performance.now()
    for (;;) {
      try {
        return await write()
      } catch (error) {
        log.warn(logged(error), 'what became of a message could not be written down; it is tried again')
        const patience = ending.signal.aborted ? 10 * AFTER_FAILURE_MS : FINISH_WITHIN_MS
        if (performance.now() - started > patience) return null
      }
      await sleep(AFTER_FAILURE_MS)
    }
  }

  const launch = async (): Promise<Promise<keyof Drained | null>[]> => {
    const claim = { at: await now(), started: performance.now() }
    const claimed = await claimNotes(db, { owner, now: claim.at, limit: Math.max(0, MOST_UNDER_WAY - underWay.size), ownedS })
    return claimed.map((one) => {
      const sending = send(one, claim).catch((error: unknown) => {
        log.error(logged(error), 'a message could not be handled; it is tried again when its ownership has run out')
        return null
      })
      underWay.add(sending)
      void sending.finally(() => underWay.delete(sending))
      return sending
    })
  }

  const look = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      let wait = LOOK_MS
      try {
        if (underWay.size < MOST_UNDER_WAY) void Promise.all(await launch())
        failure = null
      } catch (error) {
        failure = error instanceof Error ? error.message.slice(0, 200) : String(error)
        log.warn(logged(error), 'the outbox could not be read; it is tried again')
        wait = AFTER_FAILURE_MS
      }
      const pause = new AbortController()
      // When a message has arrived, the next of its alert may go at once.
      await Promise.race([
        ...underWay,
        sleep(wait, undefined, { signal: AbortSignal.any([ending.signal, pause.signal]) }).catch(() => undefined),
      ])
      pause.abort()
    }
  }

  return {
    start() {
      running ??= look()
    },
    async drainOnce() {
      const drained: Drained = { sent: 0, retried: 0, dead: 0 }
      for (;;) {
        const outcomes = await Promise.all(await launch())
        if (outcomes.length === 0) return drained
        for (const outcome of outcomes) if (outcome !== null) drained[outcome]++
      }
    },
    checks: () => [
      {
        name: 'outbox',
        ok: failure === null,
        detail: failure ?? (underWay.size === 0 ? 'nothing is on its way' : `${underWay.size} messages are on their way`),
      },
    ],
    async stop() {
      ending.abort()
      await running
      await Promise.all(underWay)
    },
  }
}

function figures(registry: Registry): (claimed: ClaimedNote, outcome: keyof Drained, at: Instant) => void {
  const notes = new Counter({
    name: 'sightline_alert_notes_total',
    help: 'Attempts to deliver messages of alerts, by kind of channel and what became of them',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  const delay = new Histogram({
    name: 'sightline_alert_delivery_seconds',
    help: 'Time until the receiver accepted a message: since it was written, and since what it is about came to be',
    labelNames: ['kind', 'since'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400],
    registers: [registry],
  })
  return ({ channel, createdAt, aboutAt }, outcome, at) => {
    const kind = channel?.kind ?? 'none'
    notes.inc({ kind, outcome })
    if (outcome !== 'sent') return
    delay.observe({ kind, since: 'created' }, Math.max(0, (at - createdAt) / 1e6))
    if (aboutAt !== null) delay.observe({ kind, since: 'about' }, Math.max(0, (at - aboutAt) / 1e6))
  }
}
