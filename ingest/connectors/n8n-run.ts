import { type Instant, instantFromIso } from '../../model/instant.ts'
import { isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { type DocumentPath, documentsOf } from './n8n-documents.ts'
import type { ReadContext } from './port.ts'

/** What was told of a run before, so that nothing is told twice. */
export type Told = {
  started: boolean
  /** Ends of the stretches after which it waited. */
  waits: string[]
  /** Runs of each node that were told. */
  steps: Record<string, number>
}

/** Of a run that is new. */
export const NOTHING_TOLD: Told = { started: false, waits: [], steps: {} }

/** How a run of n8n stands. `new` has not begun. */
export type RunStatus = 'new' | 'running' | 'waiting' | 'success' | 'error' | 'crashed' | 'canceled'

const FINAL: ReadonlySet<string> = new Set(['success', 'error', 'crashed', 'canceled'])

/** Steps of one run that are told one by one; a loop may have many more. */
export const MOST_STEPS = 500

/** The status that an execution states, or that its fields imply in versions of n8n before there was one. */
export function statusOfRun(execution: Json): RunStatus {
  const status = text(execution['status'])
  if (FINAL.has(status) || status === 'new' || status === 'waiting' || status === 'running') return status as RunStatus
  if (status === 'failed') return 'error'
  if (status === 'unknown' || status === '') {
    if (execution['finished'] === true) return 'success'
    if (text(execution['waitTill']) !== '') return 'waiting'
    if (text(execution['stoppedAt']) !== '') return 'error'
  }
  return 'running'
}

/** Whether a run is over. */
export function isFinal(status: RunStatus): boolean {
  return FINAL.has(status)
}

/** What is told of a run once this record of it is stored. */
export function toldAfter(execution: Json, told: Told): Told {
  const status = statusOfRun(execution)
  const steps = { ...told.steps }
  for (const [node, runs] of nodeRuns(execution)) steps[node] = Math.max(steps[node] ?? 0, runs.findLastIndex(isOver) + 1)
  return {
    started: told.started || startOf(execution) !== null,
    waits: status === 'waiting' ? [...new Set([...told.waits, text(execution['stoppedAt'])])].slice(-50) : told.waits,
    steps,
  }
}

/** What a run is read with. */
export type RunContext = Pick<ReadContext<unknown>, 'tenant' | 'source' | 'system' | 'resolve' | 'receivedAt' | 'seq'> & {
  documents: readonly DocumentPath[]
  /** Whether nodes are told as calls, too. */
  calls: boolean
}

/** One run of a node, as n8n keeps it. */
export type NodeRun = Json
type Node = { type: string; parameters: Json }
/** A run, read. */
export type Run = {
  execution: Json
  id: string
  /** `<system>:<id>`: the run as an object. */
  name: string
  system: string
  source: string
  status: RunStatus
  started: Instant
  /** When it ended, or when the stretch before a wait did. */
  stopped: Instant
  workflow: string
  workflowId: string
  objects: { type: string; id: string; qualifier?: string }[]
  nodes: Map<string, Node>
  resolve: RunContext['resolve']
}

/** When a run began; `null` where it has not. */
export function startOf(execution: Json): Instant | null {
  return instantFromIso(text(execution['startedAt']), 0)
}

/** Reads what events and calls of a run share. */
export function runOf(execution: Json, id: string, started: Instant, status: RunStatus, context: RunContext): Run {
  const system = context.system ?? 'n8n'
  const name = `${system}:${id}`
  const definition = objectOf(execution['workflowData'])
  const lastNode = nodeRuns(execution).reduce(
    (latest, [, runs]) => runs.filter(isOver).reduce((at, step) => Math.max(at, endOf(step)), latest),
    started,
  )
  const nodes = Array.isArray(definition['nodes']) ? definition['nodes'].filter(isJson) : []
  return {
    execution,
    id,
    name,
    system,
    source: context.source,
    status,
    started,
    stopped: instantFromIso(text(execution['stoppedAt']), 0) ?? lastNode,
    workflow: text(definition['name']).slice(0, 200),
    workflowId: (text(execution['workflowId']) || text(definition['id'])).slice(0, 200),
    objects: [{ type: 'workflow_run', id: name }, ...documentsOf(execution, context.documents)],
    nodes: new Map(
      nodes.map((node) => [text(node['name']), { type: text(node['type']), parameters: objectOf(node['parameters']) }]),
    ),
    resolve: context.resolve,
  }
}

function resultOf(execution: Json): Json {
  return objectOf(objectOf(execution['data'])['resultData'])
}

/** The runs of each node by its name, in the order in which n8n lists them. */
export function nodeRuns(execution: Json): [string, NodeRun[]][] {
  return Object.entries(objectOf(resultOf(execution)['runData'])).flatMap(([node, runs]) =>
    Array.isArray(runs) && node !== '' ? [[node, runs.filter(isJson)] as [string, NodeRun[]]] : [],
  )
}

/** The node that ran last; empty where not told. */
export function lastNodeOf(execution: Json): string {
  return text(resultOf(execution)['lastNodeExecuted'])
}

/** The error that ended a run; empty where none did. */
export function errorOf(execution: Json): Json {
  return objectOf(resultOf(execution)['error'])
}

/** Instants and durations beyond these are none, milliseconds. */
const LATEST_MS = Date.UTC(2200, 0)
const LONGEST_MS = 1e11

/** Whether a run of a node has ended, at an instant that can be. */
export function isOver(step: NodeRun): boolean {
  const status = text(step['executionStatus'])
  const started = step['startTime']
  if (typeof started !== 'number' || started < 0 || started > LATEST_MS) return false
  return status !== 'running' && status !== 'waiting' && status !== 'new'
}

/** How long a node ran, milliseconds. */
export function durationOf(step: NodeRun): number {
  const duration = step['executionTime']
  return typeof duration === 'number' && duration >= 0 && duration < LONGEST_MS ? duration : 0
}

/** When a node ended. */
export function endOf(step: NodeRun): Instant {
  return Math.round((Number(step['startTime']) + durationOf(step)) * 1000)
}

/** How a node ended. */
export function stepStatus(step: NodeRun): 'ok' | 'failed' | 'cancelled' {
  const status = text(step['executionStatus'])
  if (status === 'canceled') return 'cancelled'
  return status === 'error' || status === 'crashed' || isJson(step['error']) ? 'failed' : 'ok'
}

/** HTTP status, type and sentence of an error of n8n. */
export function saidBy(error: Json): { http: number; type: string; message: string } {
  const http = Number(text(error['httpCode']) || text(objectOf(error['context'])['httpCode']))
  const description = text(error['description'])
  const message = text(error['message'])
  return {
    http: Number.isInteger(http) && http >= 100 && http < 600 ? http : 0,
    type: (text(error['code']) || text(error['name'])).slice(0, 200),
    message: (description === '' || description === message ? message : `${message}: ${description}`).slice(0, 2000),
  }
}
