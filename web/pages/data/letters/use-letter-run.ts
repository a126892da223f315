import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import type { LetterReplayed } from '../../../../api/contract/dead-letters.ts'
import { ask } from '../../../api.ts'
import { useScope } from '../../../scope.ts'
import { chosenCount, type Chosen } from './letter-filter.ts'

type Outcome = LetterReplayed['results'][number]['outcome']

/** A replay or its rehearsal: how far it is, and what became of the letters so far. */
export type LetterRun = {
  phase: 'idle' | 'running' | 'done' | 'failed'
  dryRun: boolean
  done: number
  total: number
  counts: Readonly<Record<Outcome, number>>
  /** The first ones only. */
  results: LetterReplayed['results']
  error: unknown
}

const NONE: LetterRun['counts'] = { stored: 0, duplicate: 0, conflict: 0, ignored: 0, rejected: 0, skipped: 0 }
const IDLE: LetterRun = { phase: 'idle', dryRun: true, done: 0, total: 0, counts: NONE, results: [], error: null }
/** Letters of one call: small enough that progress is seen. */
const PART = 100
const MOST_RESULTS = 500

/** Replays letters part by part, or says what a replay would do. `stop` ends it after the part that runs. */
export function useLetterRun(): { run: LetterRun; start: (chosen: Chosen, dryRun: boolean) => void; stop: () => void } {
  const { tenant } = useScope()
  const queries = useQueryClient()
  const [run, setRun] = useState(IDLE)
  const running = useRef<AbortController>(null)
  const stop = useCallback(() => running.current?.abort(), [])
  const start = useCallback(
    (chosen: Chosen, dryRun: boolean) => {
      running.current?.abort()
      const stopping = new AbortController()
      running.current = stopping
      const changed = (next: LetterRun): void => {
        if (running.current === stopping) setRun(next)
      }
      void replayed({ chosen, dryRun, tenant, stopping: stopping.signal, changed }).then(() =>
        dryRun ? undefined : queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === tenant }),
      )
    },
    [queries, tenant],
  )
  return { run, start, stop }
}

type Order = { chosen: Chosen; dryRun: boolean; tenant: string; stopping: AbortSignal; changed: (run: LetterRun) => void }

/** Goes through the parts and says after each how far it is; what fails is told the same way. */
async function replayed({ chosen, dryRun, tenant, stopping, changed }: Order): Promise<void> {
  let now: LetterRun = { ...IDLE, phase: 'running', dryRun, total: chosenCount(chosen) }
  changed(now)
  try {
    for await (const part of parts(chosen, dryRun, tenant)) {
      now = added(now, part)
      changed(now)
      if (stopping.aborted) break
    }
    changed({ ...now, phase: 'done' })
  } catch (error) {
    changed({ ...now, phase: 'failed', error })
  }
}

async function* parts(chosen: Chosen, dryRun: boolean, tenant: string): AsyncGenerator<LetterReplayed> {
  const call = (body: object): Promise<LetterReplayed> =>
    ask('LetterReplayed', '/v1/dead-letters/replay', { method: 'POST', tenant, body: { ...body, dry_run: dryRun } })
  if ('ids' in chosen) {
    for (let at = 0; at < chosen.ids.length; at += PART) yield await call({ ids: chosen.ids.slice(at, at + PART) })
    return
  }
  let after: string | undefined
  do {
    const part = await call({ filter: chosen.filter, limit: PART, ...(after === undefined ? {} : { after }) })
    yield part
    after = part.next ?? undefined
  } while (after !== undefined)
}

function added(run: LetterRun, { counts, results }: LetterReplayed): LetterRun {
  const sum = { ...run.counts }
  for (const outcome of Object.keys(sum) as Outcome[]) sum[outcome] += counts[outcome]
  return {
    ...run,
    done: run.done + results.length,
    counts: sum,
    results: run.results.length >= MOST_RESULTS ? run.results : [...run.results, ...results],
  }
}
