import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { logged } from './logged.ts'
import type { Log } from './log.ts'
import type { Db } from './postgres/client.ts'
import { settings } from './postgres/schema.ts'

/** Work that one process of all does, and another takes up when that one is gone. */
export type Leadership = {
  /** Whether this process does it now. */
  leading(): boolean
  /** Ends the work and gives the lease back, so that another process need not wait for it. */
  stop(): Promise<void>
}

/** How long a lease holds without being renewed, ms. */
const HOLD_MS = 15_000
const RENEW_MS = 5000

/**
 * Does work while this process holds a lease in PostgreSQL, by PostgreSQL's clock. While PostgreSQL is away nobody can take the lease
 * over, so the work goes on; it may overlap with another process's for a moment, so it must bear that.
 *
 * @param options.work runs until its signal aborts; should it end or fail before, it is started again
 */
export function lead(options: { db: Db; name: string; log: Log; work(signal: AbortSignal): Promise<void> }): Leadership {
  const { db, name, log } = options
  const owner = randomUUID()
  const ending = new AbortController()
  let term: { end: AbortController; done: Promise<void> } | undefined

  const work = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await options.work(signal).catch((error: unknown) => {
        if (!signal.aborted)
          log.warn({ ...logged(error), lease: name }, 'work that one process does for all broke off; it is taken up again')
      })
      await pause(1000, signal)
    }
  }
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const holds = await takeLease(db, name, owner).catch((error: unknown) => {
        log.warn({ ...logged(error), lease: name }, 'the lease could not be renewed')
        return term !== undefined
      })
      if (holds && term === undefined) {
        const end = new AbortController()
        term = { end, done: work(end.signal) }
      } else if (!holds && term !== undefined) {
        const former = term
        former.end.abort()
        await former.done
        term = undefined
      }
      await pause(RENEW_MS, ending.signal)
    }
  }
  const watching = watch()
  return {
    leading: () => term !== undefined,
    async stop() {
      ending.abort()
      term?.end.abort()
      await watching
      // A term may have begun while the lease was being taken.
      term?.end.abort()
      await term?.done
      if (term === undefined) return
      term = undefined
      await giveBack(db, name, owner).catch((error: unknown) => {
        log.debug({ err: error, lease: name }, 'the lease was not given back; it runs out by itself')
      })
    },
  }
}

async function takeLease(db: Db, name: string, owner: string): Promise<boolean> {
  const until = sql`jsonb_build_object('owner', ${owner}::text, 'until', now() + ${HOLD_MS} * interval '1 millisecond')`
  const taken = await db
    .insert(settings)
    .values({ key: keyOf(name), value: until })
    .onConflictDoUpdate({
      target: settings.key,
      set: { value: until },
      setWhere: sql`${settings.value} ->> 'owner' = ${owner} OR (${settings.value} ->> 'until')::timestamptz < now()`,
    })
    .returning({ key: settings.key })
  return taken.length > 0
}

async function giveBack(db: Db, name: string, owner: string): Promise<void> {
  await db.delete(settings).where(sql`${settings.key} = ${keyOf(name)} AND ${settings.value} ->> 'owner' = ${owner}`)
}

function keyOf(name: string): string {
  return `lease.${name}`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  // What ends the pause early is the signal only.
  return sleep(ms, undefined, { signal }).catch(() => undefined)
}
