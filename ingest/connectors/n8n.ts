import { z } from 'zod'
import { type Instant, instantFromIso } from '../../model/instant.ts'
import { parsePath } from '../../model/payload-path.ts'
import { isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { readExecution } from './n8n-execution.ts'
import { isFinal, NOTHING_TOLD, statusOfRun, type Told, toldAfter } from './n8n-run.ts'
import { connector, type PollContext, PullError, type PulledPart, type PulledRecord } from './port.ts'

const path = z
  .string()
  .max(500)
  .refine((value) => value.startsWith('$') && typeof parsePath(value) !== 'string', 'is no path such as $.customData.invoice')

/** Settings of a source that pulls the executions of an n8n. */
export const N8nConfig = z.looseObject({
  base_url: z
    .string()
    .max(500)
    .refine((value) => /^https?:\/\//iu.test(value) && URL.canParse(value), 'is no http(s) address')
    .refine(
      (value) => !URL.canParse(value) || (new URL(value).username === '' && new URL(value).password === ''),
      'holds a password',
    )
    .describe('address of n8n, such as https://n8n.example.com'),
  interval_s: z.number().min(1).max(86_400).default(30),
  backfill_days: z.number().min(0).max(400).default(7).describe('how far back the first poll goes'),
  data: z.boolean().default(true).describe('whether runs are read with the results of their nodes'),
  calls: z.boolean().default(true).describe('whether nodes are told as calls, too; not where n8n also sends its spans'),
  documents: z
    .array(z.object({ type: z.string().min(1).max(100), path, qualifier: z.string().max(100).optional() }))
    .max(50)
    .default([])
    .describe('where an execution names documents; custom data such as invoice or invoice_id is known'),
  workflows: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        every_s: z
          .number()
          .min(60)
          .max(366 * 86_400),
      }),
    )
    .max(200)
    .default([])
    .describe('workflows that should run so often; the pace of others is learned'),
})
export type N8nConfig = z.output<typeof N8nConfig>

const Told = z.object({ started: z.boolean(), waits: z.array(z.string()), steps: z.record(z.string(), z.number()) })

const OpenRun = z.object({ told: Told, tries: z.number(), seen: z.number() })
type OpenRun = z.output<typeof OpenRun>

const State = z.object({
  v: z.literal(1),
  /** Highest execution id that was listed; everything up to it was seen or is among `open` and `gaps`. */
  high: z.string(),
  /** A walk down the list that is under way: where it goes on, the top it began at, and how far down it goes. */
  walk: z.object({ cursor: z.string(), top: z.string() }).nullable(),
  /** Earliest start that the first walk goes back to, microseconds. */
  since: z.number(),
  /** Runs that are not over, by id. */
  open: z.record(z.string(), OpenRun),
  /** Ids that the list left out and that may be runs under way: n8n hides those. */
  gaps: z.array(z.string()),
  /** Latest runs that are done. */
  done: z.array(z.string()),
  /** Whether this n8n lists runs under way when asked for them. */
  lists_running: z.boolean(),
})
type State = z.output<typeof State>

type Context = PollContext<N8nConfig>
type Work = { execution: Json; told: Told }

const PAGE = 250
const PART = 50
/** Runs asked for one by one in a poll, of those that are open and of gaps. */
const MOST_CHECKS = 200
const MOST_OPEN = 5000
const MOST_GAPS = 500
const MOST_DONE = 1000
const MOST_PAGES = 40
/** Times that the details of a run are asked for before it is told without them. */
const MOST_TRIES = 3
const AT_ONCE = 4

/**
 * Pulls executions from n8n's public API (`GET /api/v1/executions`, newest first, with a cursor).
 *
 * n8n leaves runs that are under way out of its list – in many versions those that wait, too – so that a run may appear later with an id
 * below those that were seen. Therefore runs that wait and runs that go on are asked for separately, every id that the list skips is
 * looked up once, and what is open is looked up until it is over.
 */
export const n8n = connector<N8nConfig, State>({
  name: 'n8n',
  title: 'n8n executions',
  format: 'n8n-execution',
  config: N8nConfig,
  state: State,
  intervalS: (config) => config.interval_s,
  start: (config, now) => ({
    v: 1,
    high: '',
    walk: null,
    since: now - config.backfill_days * 86_400e6,
    open: {},
    gaps: [],
    done: [],
    lists_running: true,
  }),
  poll,
  read(record, { config, ...context }) {
    return readExecution(record.value, record.before as Told, { ...context, documents: config.documents, calls: config.calls })
  },
  observed(record) {
    const { data: _data, workflowData: _workflow, ...execution } = record.value as Json
    return { kind: 'execution', payload: execution }
  },
})

/** A poll at work: what it has changed, and what it has seen of which run. */
type Poll = {
  state: State
  context: Context
  listed: Map<string, Json>
  handled: Set<string>
}

async function* poll(kept: State, context: Context): AsyncIterable<PulledPart<State>> {
  const work: Poll = { state: structuredClone(kept), context, listed: new Map(), handled: new Set() }
  yield* walkDown(work)
  for (const status of ['waiting', 'running'] as const)
    for (const execution of await listWith(work, status)) {
      const id = idOf(execution)
      work.listed.set(id, execution)
      if (!isDone(work.state, id)) keepOpen(work, id)
    }
  yield* checkOpen(work)
}

/** Walks the list from the newest run down to what is known, and tells what is over. Progress is kept page by page. */
async function* walkDown(work: Poll): AsyncIterable<PulledPart<State>> {
  const { state, context, listed } = work
  const isFirst = state.high === ''
  let above = ''
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await nextPage(work)
    state.walk ??= { cursor: '', top: idOf(page.executions[0] ?? NO_RUN) }
    const over: Work[] = []
    for (const execution of page.executions) {
      const id = idOf(execution)
      if (!isFirst) noteGaps(state, id, above)
      above = id
      listed.set(id, execution)
      const told = state.open[id]?.told
      if (isDone(state, id) || (told === undefined && isBefore(execution, state.since))) continue
      if (isFinal(statusOfRun(execution))) over.push({ execution, told: told ?? NOTHING_TOLD })
      else keepOpen(work, id)
    }
    yield* tell(work, over)
    const lowest = page.executions.at(-1)
    const reached = lowest === undefined || isBefore(lowest, state.since) || (!isFirst && !isAfter(idOf(lowest), state.high))
    if (page.next === '' || reached) {
      if (isAfter(state.walk.top, state.high)) state.high = state.walk.top
      state.walk = null
    } else state.walk.cursor = page.next
    yield { records: [], state: structuredClone(state) }
    if (state.walk === null) return
    context.signal.throwIfAborted()
  }
}

/** The page at which the walk is; one that n8n no longer knows starts the walk anew. */
async function nextPage(work: Poll): Promise<Page> {
  const { state, context } = work
  const cursor = state.walk?.cursor ?? ''
  try {
    return await list(context, cursor === '' ? {} : { cursor })
  } catch (error) {
    if (cursor === '' || !(error instanceof PullError) || error.code !== 'refused') throw error
    state.walk = null
    return list(context, {})
  }
}

/** Looks up what the lists left out: ids that they skip, and runs that are open. */
async function* checkOpen(work: Poll): AsyncIterable<PulledPart<State>> {
  const { state, context, listed, handled } = work
  const due = Object.entries(state.open)
    .filter(([id, { told }]) => {
      const known = listed.get(id)
      return !handled.has(id) && (known === undefined || hasNews(known, told))
    })
    .toSorted(([, a], [, b]) => a.seen - b.seen)
    .map(([id]) => id)
  const gaps = state.gaps.filter((id) => !isDone(state, id) && !(id in state.open) && !listed.has(id))
  const asked = [...gaps.slice(0, MOST_CHECKS / 2), ...due].slice(0, MOST_CHECKS)
  const found: Work[] = []
  for (const id of asked) {
    const known = listed.get(id) ?? (await detail(context, id, false))
    if (known === null) {
      delete state.open[id]
      continue
    }
    const told = state.open[id]?.told ?? NOTHING_TOLD
    if (!isFinal(statusOfRun(known))) keepOpen(work, id)
    if (hasNews(known, told)) found.push({ execution: known, told })
  }
  const looked = new Set(asked)
  state.gaps = gaps.filter((id) => !looked.has(id))
  yield* tell(work, found)
  yield { records: [], state: structuredClone(state) }
}

/** Whether a run says more than was told of it. */
function hasNews(execution: Json, told: Told): boolean {
  const status = statusOfRun(execution)
  if (isFinal(status)) return true
  if (text(execution['startedAt']) === '') return false
  return !told.started || (status === 'waiting' && !told.waits.includes(text(execution['stoppedAt'])))
}

/** Tells runs, with their details where these are wanted, a part at a time. */
async function* tell(work: Poll, runs: readonly Work[]): AsyncIterable<PulledPart<State>> {
  const { state, context, handled } = work
  // The oldest first, as they happened.
  const ordered = runs.toSorted((a, b) => (isAfter(idOf(a.execution), idOf(b.execution)) ? 1 : -1))
  for (let from = 0; from < ordered.length; from += PART) {
    const records: PulledRecord[] = []
    const part = ordered.slice(from, from + PART)
    const detailed = context.config.data ? await inTurns(part, (one) => withDetails(work, one)) : part
    for (const one of detailed) {
      if (one === null) continue
      const id = idOf(one.execution)
      handled.add(id)
      records.push({ id, value: one.execution, before: one.told })
      const told = toldAfter(one.execution, one.told)
      if (isFinal(statusOfRun(one.execution))) {
        delete state.open[id]
        noteDone(state, id)
      } else state.open[id] = { told, tries: 0, seen: context.now() }
    }
    yield { records, state: structuredClone(state) }
  }
}

/**
 * A run with the results of its nodes. Where n8n cannot give these – too large, or a fault of its own – they are asked for again at
 * later polls (`null`: not yet), and after some tries the run is told without them.
 */
async function withDetails(work: Poll, one: Work): Promise<Work | null> {
  const { state, context } = work
  const id = idOf(one.execution)
  try {
    const details = await detail(context, id, true)
    return details === null ? one : { ...one, execution: details }
  } catch (error) {
    if (
      !(error instanceof PullError) ||
      error.status === undefined ||
      error.code === 'unauthorized' ||
      error.code === 'throttled'
    )
      throw error
    const tries = (state.open[id]?.tries ?? 0) + 1
    if (tries >= MOST_TRIES) return one
    state.open[id] = { told: one.told, tries, seen: context.now() }
    return null
  }
}

async function inTurns<T, R>(items: readonly T[], step: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(step))))
  return results
}

type Page = { executions: Json[]; next: string }

async function list(context: Context, query: Readonly<Record<string, string>>): Promise<Page> {
  const answer = objectOf(await ask(context, 'executions', { limit: String(PAGE), ...query }))
  const { data } = answer
  if (!Array.isArray(data))
    throw new PullError('answer_invalid', `${new URL(context.config.base_url).host} answers, but not as n8n does.`, {
      next: 'Check the address; the API must be enabled in n8n.',
    })
  return { executions: data.filter((one) => isJson(one) && idOf(one) !== ''), next: text(answer['nextCursor']) }
}

/** All runs of a status. An n8n that does not know the question is not asked it again. */
async function listWith({ state, context }: Poll, status: 'waiting' | 'running'): Promise<Json[]> {
  if (status === 'running' && !state.lists_running) return []
  const found: Json[] = []
  let cursor = ''
  for (let pages = 0; pages < MOST_OPEN / PAGE; pages++) {
    try {
      const page = await list(context, { status, ...(cursor === '' ? {} : { cursor }) })
      found.push(...page.executions.filter((execution) => !isFinal(statusOfRun(execution))))
      cursor = page.next
    } catch (error) {
      if (!(error instanceof PullError) || error.code !== 'refused') throw error
      if (status === 'running') state.lists_running = false
      return found
    }
    if (cursor === '') break
  }
  return found
}

/** One run; `null` where n8n has none of that id, or shows none. */
async function detail(context: Context, id: string, data: boolean): Promise<Json | null> {
  try {
    const execution = await ask(context, `executions/${encodeURIComponent(id)}`, data ? { includeData: 'true' } : {})
    return isJson(execution) && idOf(execution) === id ? execution : null
  } catch (error) {
    if (error instanceof PullError && error.status === 404) return null
    throw error
  }
}

function ask(context: Context, what: string, query: Readonly<Record<string, string>>): Promise<unknown> {
  const url = new URL(`${context.config.base_url.replace(/\/+$/u, '')}/api/v1/${what}`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return context.ask(url, context.secret === null ? {} : { 'x-n8n-api-key': context.secret })
}

const NO_RUN: Json = {}

function idOf(execution: Json): string {
  const id = text(execution['id'])
  return /^[\w-]{1,64}$/u.test(id) ? id : ''
}

const NUMBER = /^\d{1,18}$/u

/** Whether a run came after another one: by number, as n8n counts. */
function isAfter(id: string, other: string): boolean {
  return NUMBER.test(id) && NUMBER.test(other) ? BigInt(id) > BigInt(other) : id > other
}

function isBefore(execution: Json, since: Instant): boolean {
  const started = instantFromIso(text(execution['startedAt']), 0)
  return started !== null && started < since
}

/** What was done long ago is not remembered one by one: of what was known before this walk, all below the lowest that is. */
function isDone(state: State, id: string): boolean {
  if (state.done.includes(id)) return true
  const lowest = state.done[0]
  const isFull = state.done.length >= MOST_DONE && lowest !== undefined
  return isFull && !isAfter(id, state.high) && !(id in state.open) && isAfter(lowest, id)
}

function noteDone(state: State, id: string): void {
  if (state.done.includes(id)) return
  const at = state.done.findLastIndex((other) => isAfter(id, other))
  state.done.splice(at + 1, 0, id)
  if (state.done.length > MOST_DONE) state.done.shift()
}

function keepOpen({ state, context }: Poll, id: string): void {
  const known = state.open[id]
  if (known !== undefined) known.seen = context.now()
  else if (Object.keys(state.open).length < MOST_OPEN) state.open[id] = { told: NOTHING_TOLD, tries: 0, seen: context.now() }
}

/** Notes the ids between two neighbours of the list that are above what is known. */
function noteGaps(state: State, id: string, above: string): void {
  if (!NUMBER.test(id) || !NUMBER.test(above) || !NUMBER.test(state.high)) return
  const floor = isAfter(id, state.high) ? BigInt(id) : BigInt(state.high)
  let taken = 0
  for (let gap = BigInt(above) - 1n; gap > floor && taken < MOST_CHECKS; gap--, taken++) {
    const name = gap.toString()
    if (!state.gaps.includes(name) && !(name in state.open)) state.gaps.push(name)
  }
  if (state.gaps.length > MOST_GAPS) state.gaps.splice(0, state.gaps.length - MOST_GAPS)
}
