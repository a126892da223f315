import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../demo/random.ts'
import type { Supervised } from '../support/supervise.ts'

/** What was struck, and how often. */
export type Struck = { kills: number; freezes: number; restarts: number }

/** Faults that strike while a plan is played. */
export type Faults = {
  /** Strikes with a step: kills at most steps, freezes at some, and restarts PostgreSQL once in the middle. */
  strike(step: number): void
  /** Lets what is under way end, all processes running again. */
  over(): Promise<Struck>
}

/** @param options.frozenMs how long a process stands still: longer than what it leased */
export function startFaults(options: {
  processes: readonly Supervised[]
  random: Random
  steps: number
  freezes: number
  frozenMs: number
  /** Kills of a step come within this time, ms. */
  withinMs: number
  restartPostgres: () => Promise<void>
  tell: (line: string) => void
}): Faults {
  const { processes, random, steps, freezes, frozenMs, withinMs, restartPostgres, tell } = options
  const struck: Struck = { kills: 0, freezes: 0, restarts: 0 }
  const busy = new Set<Supervised>()
  const underWay = new Set<Promise<void>>()
  const restartAt = random.int(Math.floor(steps / 3), Math.floor((steps * 2) / 3))
  const frozenAt = new Set<number>()
  while (frozenAt.size < freezes) frozenAt.add(random.int(1, Math.max(freezes, steps - 4)))

  const upon = (work: (process: Supervised) => Promise<void>): void => {
    const idle = processes.filter((process) => !busy.has(process))
    if (idle.length === 0) return
    const process = random.pick(idle)
    busy.add(process)
    const done = work(process).finally(() => {
      busy.delete(process)
      underWay.delete(done)
    })
    underWay.add(done)
  }
  const kill = async (process: Supervised): Promise<void> => {
    await sleep(random.uniform() * withinMs)
    await process.kill()
    struck.kills++
    for (let tries = 0; process.pid() === 0; tries++)
      await process.start().catch(async (error: unknown) => {
        // It cannot start while PostgreSQL is away.
        if (tries > 20) throw error
        await sleep(500)
      })
  }
  const freeze = async (process: Supervised): Promise<void> => {
    await sleep(random.uniform() * withinMs)
    process.freeze()
    struck.freezes++
    await sleep(frozenMs)
    process.thaw()
  }
  const restart = async (step: number): Promise<void> => {
    await sleep(random.uniform() * withinMs)
    await restartPostgres()
    struck.restarts++
    tell(`step ${step}: PostgreSQL was restarted`)
  }
  return {
    strike(step) {
      if (step === restartAt) {
        const done = restart(step).finally(() => underWay.delete(done))
        underWay.add(done)
      }
      if (frozenAt.has(step)) upon(freeze)
      if (random.chance(0.8)) upon(kill)
      if (random.chance(0.5)) upon(kill)
    },
    async over() {
      while (underWay.size > 0) await Promise.all(underWay)
      return struck
    },
  }
}
